"""Every physical value in SI, whatever unit the project or the property itself gives it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from cim.ifc.units import assigned_units, project_scale, scale_of, unit_name

CELSIUS_ZERO = 273.15  # K
NAMES = re.compile(r"^Ifc(?:Quantity|(?:Positive|NonNegative)?)(?P<kind>\w+?)(?:Measure)?$")
QUANTITIES = {"Weight": "MASSUNIT"}  # IfcQuantityWeight is the one quantity not named by its unit
UNNAMED = (
    "?"  # a project's unit that cannot be converted is not the value's own: it is not put beside it
)


@dataclass(frozen=True, slots=True)
class Scale:
    """SI = value * factor + offset."""

    factor: float = 1.0
    offset: float = 0.0

    def si(self, value: float) -> float:
        """A value of this scale in SI."""
        return value * self.factor + self.offset


PLAIN = Scale()


class Measures:
    """The units of one file, as `cim.ifc.units` reads them, for single values.

    Args:
        model: the open file.

    Attributes:
        unknown: name of a unit that has no way to SI (IfcContextDependentUnit, money, a derived unit of one) -> values in it;
            such a value is text, number and unit, so that nobody takes it for metres.
    """

    def __init__(self, model: Any) -> None:
        self.unknown: Counter[str] = Counter()
        self._assigned = assigned_units(model)
        self._own: dict[int, Scale | None] = {}
        self._of_class: dict[str, Scale | None] = {}

    def si(self, value: float, ifc_class: str, unit: Any = None) -> float | str:
        """A value in SI; number and unit as text when the unit has no way there.

        Args:
            value: as written.
            ifc_class: of the measure or quantity, e.g. ``IfcThermalTransmittanceMeasure``, ``IfcQuantityArea``.
            unit: the property's own, which outranks the project's; None when it has none.
        """
        scale = self._of_measure(ifc_class) if unit is None else self.scale_of(unit)
        if scale is not None:
            return scale.si(value)
        name = UNNAMED if unit is None else unit_name(unit)
        self.unknown[name] += 1
        return f"{value} {name}"

    def scale_of(self, unit: Any) -> Scale | None:
        """The scale of an IfcUnit; None when it has no way to SI."""
        number = unit.id()
        if number not in self._own:
            self._own[number] = _with_offset(unit, scale_of(unit))
        return self._own[number]

    def _of_measure(self, ifc_class: str) -> Scale | None:
        """Scale of a measure; measures the project assigns no unit are plain: SI, ratios, counts, money."""
        if ifc_class not in self._of_class:
            kind = _unit_type(ifc_class)
            unit = self._assigned.get(kind)
            self._of_class[ifc_class] = (
                PLAIN if unit is None else _with_offset(unit, project_scale(unit, kind))
            )
        return self._of_class[ifc_class]


def _with_offset(unit: Any, factor: float | None) -> Scale | None:
    """The scale of a unit whose factor is known, so that its chain of conversions has an end."""
    if factor is None:
        return None
    base, offset = unit, 0.0
    while base.is_a("IfcConversionBasedUnit"):
        # IFC4 8.11.3.3: the offset is added after the factor was applied.
        if base.is_a("IfcConversionBasedUnitWithOffset"):
            offset += float(base.ConversionOffset or 0.0)
        base = base.ConversionFactor.UnitComponent
    if base.is_a("IfcSIUnit") and base.Name == "DEGREE_CELSIUS":
        offset += CELSIUS_ZERO
    return Scale(factor, offset)


def _unit_type(ifc_class: str) -> str:
    """The unit that goes with a measure or quantity.

    >>> _unit_type("IfcPositiveLengthMeasure"), _unit_type("IfcQuantityVolume"), _unit_type("IfcQuantityWeight")
    ('LENGTHUNIT', 'VOLUMEUNIT', 'MASSUNIT')
    >>> _unit_type("IfcThermalTransmittanceMeasure")
    'THERMALTRANSMITTANCEUNIT'
    """
    found = NAMES.match(ifc_class)
    kind = found["kind"] if found else ifc_class
    return QUANTITIES.get(kind, f"{kind.upper()}UNIT")
