"""The fire class of a building: high-rise by its height and use, else the fire resistance it states."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from cim.text import Text

FireClass = Literal["high_rise", "I", "II", "III", "IV"]
FIRE_CLASSES = {
    "high_rise": Text(zh="高层", en="high-rise"),
    "I": Text(zh="一级", en="class I"),
    "II": Text(zh="二级", en="class II"),
    "III": Text(zh="三级", en="class III"),
    "IV": Text(zh="四级", en="class IV"),
}
SPELLINGS: tuple[tuple[FireClass, re.Pattern[str]], ...] = (
    ("IV", re.compile(r"四级?|Ⅳ|(class\s*)?(iv|4)", re.IGNORECASE)),
    ("III", re.compile(r"三级?|Ⅲ|(class\s*)?(iii|3)", re.IGNORECASE)),
    ("II", re.compile(r"二级?|Ⅱ|(class\s*)?(ii|2)", re.IGNORECASE)),
    ("I", re.compile(r"一级?|Ⅰ|(class\s*)?(i|1)", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class Classified:
    """The classes a building may be of.

    Attributes:
        classes: one; two where its height is too near to the threshold to tell; none where nothing says.
        assumed: whether the class is the rulebook's assumption.
    """

    classes: tuple[FireClass, ...]
    assumed: bool = False


def classify(
    height: float,
    uncertainty: float,
    *,
    threshold: float,
    stated: Any,
    assumed: FireClass | None,
) -> Classified:
    """The fire class of a building.

    Args:
        height: metres above its ground.
        uncertainty: of it, metres.
        threshold: metres; higher buildings are high-rise.
        stated: the class of fire resistance as written, or None.
        assumed: the class of a building that states none; None to assume nothing.
    """
    if height > threshold + uncertainty:
        return Classified(("high_rise",))
    low = spelled(stated)
    found = low or assumed
    is_assumed = low is None and assumed is not None
    if height > threshold - uncertainty:
        return Classified(("high_rise", found) if found else (), is_assumed)
    return Classified((found,) if found else (), is_assumed)


def spelled(stated: Any) -> FireClass | None:
    """The class that a word or number means; None for all others.

    >>> [spelled(word) for word in ("二级", "II", "class 3", 1, "F30", None)]
    ['II', 'II', 'III', 'I', None, None]
    """
    word = str(stated).strip()
    return next((found for found, spelling in SPELLINGS if spelling.fullmatch(word)), None)


def is_residential(uses: Iterable[Any], words: Collection[str]) -> bool:
    """Whether one of the stated uses holds one of the words, whatever its case."""
    said = [str(use).casefold() for use in uses if use is not None]
    return any(word.casefold() in use for word in words for use in said)
