"""Values of property and quantity sets, in SI: metres, m2, m3, radians, kilograms, seconds, kelvin.

A value is one plain value, a tuple of them (enumerated and list values), a range or a table. A complex property is
written out as ``Whole.Part``, so that a set stays one level deep.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Scalar = str | float | int | bool | None


@dataclass(frozen=True, slots=True)
class BoundedValue:
    """A range (IfcPropertyBoundedValue); a bound that is not set is None."""

    lower: Scalar
    upper: Scalar
    set_point: Scalar = None


@dataclass(frozen=True, slots=True)
class TableValue:
    """Pairs of values (IfcPropertyTableValue); both columns have the same length."""

    defining: tuple[Scalar, ...]
    defined: tuple[Scalar, ...]


PropertyValue = Scalar | tuple[Scalar, ...] | BoundedValue | TableValue
PropertySets = Mapping[str, Mapping[str, PropertyValue]]
NO_SETS: PropertySets = {}


def plain(value: PropertyValue) -> Scalar:
    """A value as one plain value, for tables and pages: lists joined, ranges and tables in words.

    >>> plain((1.5, "a"))
    '1.5, a'
    >>> plain(BoundedValue(1.0, None, 2.0))
    '1.0 .. ∞ (2.0)'
    >>> plain(TableValue((1, 2), ("a", "b")))
    '1: a, 2: b'
    """
    if isinstance(value, tuple):
        return ", ".join(map(_said, value))
    if isinstance(value, BoundedValue):
        lower = "-∞" if value.lower is None else value.lower
        upper = "∞" if value.upper is None else value.upper
        aim = "" if value.set_point is None else f" ({value.set_point})"
        return f"{lower} .. {upper}{aim}"
    if isinstance(value, TableValue):
        pairs = zip(value.defining, value.defined, strict=True)
        return ", ".join(f"{_said(key)}: {_said(told)}" for key, told in pairs)
    return value


def _said(value: Scalar) -> str:
    return "" if value is None else str(value)
