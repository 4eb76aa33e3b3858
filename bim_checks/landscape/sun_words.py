"""Words that rules about sunlight share."""

from __future__ import annotations

from bim_checks.landscape.sun import SunPath
from bim_checks.landscape.sunshine import Intervals
from cim.text import Text


def intervals_told(found: Intervals, point: int, path: SunPath) -> str:
    """When a point is lit, on the local clock, e.g. ``08:19:04-09:00:30, 13:10:00-15:02:12``; a dash where it never is."""
    told = [f"{path.clock(start)}-{path.clock(end)}" for start, end in found.of(point)]
    return ", ".join(told) or "-"


def with_note(sentence: Text, note: Text | None) -> Text:
    """A sentence and what is to be known beside it."""
    return sentence if note is None else Text(zh=sentence.zh + note.zh, en=f"{sentence.en} {note.en}")  # fmt: skip
