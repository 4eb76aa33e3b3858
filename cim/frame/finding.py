"""What the ledger finds: a code, how grave it is, a sentence, and the remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cim.text import Text


class FrameCode(StrEnum):
    """Stable names of everything the ledger can find."""

    NONE = "FRAME-NONE"  # no source places the model
    DOUBLE = "FRAME-DOUBLE"  # two sources that disagree
    TOOL_DEFAULT = "FRAME-TOOL-DEFAULT"  # latitude and longitude nobody has set
    APPROXIMATE = "FRAME-APPROXIMATE"  # latitude and longitude prove metres at best
    UNDECLARED = "FRAME-UNDECLARED-CRS"  # map coordinates, but nothing says of which CRS
    CRS_UNKNOWN = "FRAME-CRS-UNKNOWN"
    CRS_NOT_PROJECTED = "FRAME-CRS-NOT-PROJECTED"
    BALLPARK = "FRAME-BALLPARK"  # PROJ would take two datums for one
    MISSING_GRID = "FRAME-MISSING-GRID"
    SWAPPED = "FRAME-SWAPPED"
    ZONE_PREFIX = "FRAME-ZONE-PREFIX"
    UNIT = "FRAME-UNIT"  # metres and millimetres mixed up
    SCALE = "FRAME-SCALE"
    OUTSIDE = "FRAME-OUTSIDE"
    TRUE_NORTH = "FRAME-TRUE-NORTH"  # true north where grid north is meant
    ROTATION = "FRAME-ROTATION"  # true north and map rotation contradict each other
    GROUND = "FRAME-GROUND"  # above or below the terrain
    ELLIPSOIDAL = "FRAME-ELLIPSOIDAL"  # off the terrain by just the separation
    VERTICAL = "FRAME-VERTICAL-DATUM"
    FAR = "FRAME-FAR-GEOMETRY"
    PARCEL = "FRAME-PARCEL"
    PROPOSAL = "FRAME-PROPOSAL"  # a fit to the parcel that a person must confirm
    PLACE_SIZE = "FRAME-PARCEL-SHAPE"  # the site's outline does not fit the parcel's at all


class Severity(StrEnum):
    """What follows from a finding."""

    REFUSE = "refuse"  # the candidate cannot be taken
    DISCUSS = "discuss"  # it can, but a person must look
    NOTE = "note"  # worth knowing


@dataclass(frozen=True, slots=True)
class FrameFinding:
    """One thing the ledger found.

    Attributes:
        code: stable.
        severity: what follows.
        sentence: what was found, with its numbers.
        remedy: what the author should do, whatever the tool.
    """

    code: FrameCode
    severity: Severity
    sentence: Text
    remedy: Text
