"""When a value of an IFC file is the one an IDS asks for: simple values, restrictions, and the tolerance of IDS 1.0.

The values of ifctester compare numbers with a relative tolerance alone, take any text for a true boolean, ask for all
patterns of a restriction at once and pass over digits; so values are compared here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from elementpath.regex import RegexError, translate_pattern

TOLERANCE = 1e-6  # relative and absolute at once (IDS 1.0, ImplementersDocumentation/tolerance.md)
LONGEST_PATTERN = 2000  # characters; a naming convention is shorter
TIMES = ("date", "dateTime", "time")  # ISO 8601 sorts as text
BOUNDS = ("minInclusive", "minExclusive", "maxInclusive", "maxExclusive")
LENGTHS = ("length", "minLength", "maxLength")
DIGITS = ("totalDigits", "fractionDigits")
CONSTRAINTS = ("enumeration", "pattern", *BOUNDS, *LENGTHS, *DIGITS)


@dataclass(frozen=True, slots=True, eq=False)
class Exactly:
    """A simple value; equal to every value of a file that fulfils it."""

    text: str

    def __eq__(self, other: object) -> bool:
        return fulfils(other, self.text)

    __hash__ = None  # type: ignore[assignment]  # what is equal to many has no hash

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, eq=False)
class Restricted:
    """A restriction (``xs:restriction``); equal to every value of a file that fulfils it.

    Attributes:
        base: e.g. ``string``, ``double``.
        constraints: name -> the values written, in their order.
    """

    base: str
    constraints: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, node: Mapping[str, Any]) -> Restricted:
        """From the decoded XML.

        Raises:
            ValueError: it restricts in a way IDS does not know, or by something that is no number or no pattern.
        """
        constraints: dict[str, tuple[str, ...]] = {}
        for key, value in node.items():
            if key.startswith("@") or key == "annotation":
                continue
            if key not in CONSTRAINTS:
                raise ValueError(key)
            entries = value if isinstance(value, list) else [value]
            constraints[key] = tuple(str(entry["@value"]) for entry in entries)
        base = str(node.get("@base", "xs:string")).rpartition(":")[2]
        made = cls(base, constraints)
        made.check()
        return made

    def check(self) -> None:
        """Refuse what cannot be compared with anything.

        Raises:
            ValueError: says what.
        """
        for key, values in self.constraints.items():
            for value in values:
                if key == "pattern":
                    compiled(value)
                elif key in (*LENGTHS, *DIGITS) or (key in BOUNDS and self.base not in TIMES):
                    float(value)

    def __eq__(self, other: object) -> bool:
        if other is None or isinstance(other, tuple | list):
            return False
        return all(
            _meets(other, key, values, self.base) for key, values in self.constraints.items()
        )

    __hash__ = None  # type: ignore[assignment]  # what is equal to many has no hash

    def __str__(self) -> str:
        return "; ".join(f"{key} {' | '.join(values)}" for key, values in self.constraints.items())


def fulfils(value: object, text: str) -> bool:
    """Whether a value of a file is the one an IDS writes as a text.

    >>> fulfils(1.0000015, "1"), fulfils(1.0000025, "1"), fulfils(True, "true"), fulfils(True, "TRUE")
    (True, False, True, False)
    """
    if isinstance(value, bool):
        return value is {"true": True, "1": True, "false": False, "0": False}.get(text)
    if isinstance(value, str):
        return value == text
    if isinstance(value, int | float):
        number = _number(text)
        if number is None:
            return False
        return value == number if isinstance(value, int) else equals(value, number)
    return False


def equals(value: float, wanted: float) -> bool:
    """Equality of IDS: within one millionth of the wanted value and one millionth more.

    >>> equals(-0.999998, -1.0), equals(-0.9999979, -1.0)
    (True, False)
    """
    return abs(value - wanted) <= _tolerance(value, wanted)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """An XML Schema pattern as one of Python's, for `fullmatch`.

    Raises:
        ValueError: it is no pattern, or longer than `LONGEST_PATTERN`.
    """
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(pattern[:40] + "…")
    try:
        return re.compile(
            translate_pattern(pattern, back_references=False, lazy_quantifiers=False, anchors=False)
        )
    except (RegexError, re.error, OverflowError, RecursionError) as error:
        raise ValueError(pattern) from error


def _tolerance(value: float, wanted: float) -> float:
    # A value stated to be just at the end of the range counts, though neither number is exact in binary.
    rounding = 4.0 * math.ulp(max(abs(value), abs(wanted), 1.0))
    return abs(wanted) * TOLERANCE + TOLERANCE + rounding


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _meets(value: object, key: str, wanted: tuple[str, ...], base: str) -> bool:
    if key == "enumeration":
        return any(fulfils(value, text) for text in wanted)
    if key == "pattern":
        # Several patterns of one restriction are alternatives (XML Schema Part 2, 4.3.4.3).
        return isinstance(value, str) and any(compiled(text).fullmatch(value) for text in wanted)
    if key in LENGTHS:
        return isinstance(value, str) and _has_length(len(value), key, int(float(wanted[0])))
    if key in DIGITS:
        return _has_digits(value, key, int(float(wanted[0])))
    if isinstance(value, str):
        return base in TIMES and _in_order(value, wanted[0], key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return _is_bounded(float(value), key, float(wanted[0]))


def _has_length(length: int, key: str, wanted: int) -> bool:
    return {
        "length": length == wanted,
        "minLength": length >= wanted,
        "maxLength": length <= wanted,
    }[key]


def _has_digits(value: object, key: str, wanted: int) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    sign_digits_exponent = Decimal(repr(value)).normalize().as_tuple()
    fraction = max(0, -int(sign_digits_exponent.exponent))
    if key == "fractionDigits":
        return fraction <= wanted
    whole = max(len(sign_digits_exponent.digits) + int(sign_digits_exponent.exponent), 0)
    return whole + fraction <= wanted


def _in_order(value: str, bound: str, key: str) -> bool:
    return {
        "minInclusive": value >= bound,
        "minExclusive": value > bound,
        "maxInclusive": value <= bound,
        "maxExclusive": value < bound,
    }[key]


def _is_bounded(value: float, key: str, bound: float) -> bool:
    """Within a bound; a value equal to it within tolerance is on it, inside an inclusive and outside an exclusive one."""
    if equals(value, bound):
        return key.endswith("Inclusive")
    return value > bound if key.startswith("min") else value < bound
