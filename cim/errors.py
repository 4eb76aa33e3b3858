"""What can go wrong with an input, as facts with data.

CimError                      the input is at fault; says which file, where, and what to do
├── UnreadableIfcError        the file is not an IFC model this program can read
│   └── IfcLimitError         reading it exceeded a limit (memory, CPU, wall clock) or crashed the reader
├── CityError                 the city folder is incomplete or contradicts itself
│   ├── ControlLineError      a control-line source cannot be read
│   └── TerrainError          the terrain cannot be read or does not cover a place
├── FrameError                coordinates cannot be taken from one frame to another
├── ParcelError               the boundary points of a parcel cannot be read, or contradict themselves
└── SnapshotError             a stored building model is damaged or of another version

A *bad model* is not an error but a finding; a bug of ours is left to crash.
"""

from __future__ import annotations

from pathlib import Path

from cim.text import Language, Text


class CimError(Exception):
    """An input is at fault.

    Attributes:
        reason: what is wrong, in both languages.
        path: the file, when the fault lies in one.
        place: where in it (a line, an entity ``#12``, a layer, a key), when known.
        remedy: what the person can do about it, when something can be done.
    """

    def __init__(
        self,
        reason: Text,
        *,
        path: Path | None = None,
        place: str | None = None,
        remedy: Text | None = None,
    ) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.path = path
        self.place = place
        self.remedy = remedy

    def sentence(self, language: Language) -> str:
        """File, place, reason and remedy as one readable line."""
        where = ":".join(str(part) for part in (self.path, self.place) if part is not None)
        told = self.reason.in_language(language)
        if self.remedy is not None:
            gap = "" if language == "zh" else " "
            told = f"{told}{gap}{self.remedy.in_language(language)}"
        return f"{where}: {told}" if where else told

    def __str__(self) -> str:
        return self.sentence("en")


class UnreadableIfcError(CimError):
    """The file is not an IFC model this program can read."""


class IfcLimitError(UnreadableIfcError):
    """Reading the file exceeded a limit, or crashed the reading process."""


class CityError(CimError):
    """The city folder is incomplete or contradicts itself."""


class ControlLineError(CityError):
    """A control-line source cannot be read."""


class TerrainError(CityError):
    """The terrain cannot be read, or does not cover a place."""


class FrameError(CimError):
    """Coordinates cannot be taken from one frame to another."""


class ParcelError(CimError):
    """The boundary points of a parcel cannot be read, or contradict themselves."""


class SnapshotError(CimError):
    """A stored building model is damaged or was written by another version."""
