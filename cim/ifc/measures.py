"""Every physical value in SI, whatever unit the project or the property itself gives it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from cim.ifc.units import scale_of

CELSIUS_ZERO = 273.15  # K
NAMES = re.compile(r"^Ifc(?:Quantity|(?:Positive|NonNegative)?)(?P<kind>\w+?)(?:Measure)?$")
QUANTITIES = {"Weight": "MASSUNIT"}  # IfcQuantityWeight is the one quantity not named by its unit


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
    """The units of one file.

    A unit that has no way to SI (IfcContextDependentUnit, a derived unit of one) is counted in `unknown` by its name; values of
    it stay as written. Money has no SI either, and is not counted.

    Args:
        model: the open file.
    """

    def __init__(self, model: Any) -> None:
        self.unknown: Counter[str] = Counter()
        self._units: dict[str, Any] = {}
        for assignment in model.by_type("IfcUnitAssignment"):
            for unit in assignment.Units or ():
                kind = None if unit.is_a("IfcMonetaryUnit") else unit.UnitType
                if kind is not None:
                    self._units.setdefault(kind, unit)
        self._scales: dict[int, Scale | None] = {}
        self._of_class: dict[str, tuple[Scale | None, Any]] = {}

    def si(self, value: float, ifc_class: str, unit: Any = None) -> float:
        """A value in SI.

        Args:
            value: as written.
            ifc_class: of the measure or quantity, e.g. ``IfcThermalTransmittanceMeasure``, ``IfcQuantityArea``.
            unit: the property's own, which outranks the project's; None when it has none.
        """
        if unit is None:
            scale, unit = self._of_measure(ifc_class)
        elif unit.is_a("IfcMonetaryUnit"):
            return value
        else:
            scale = self.scale_of(unit)
        if scale is None:
            self.unknown[_name(unit)] += 1
            return value
        return scale.si(value)

    def scale_of(self, unit: Any) -> Scale | None:
        """The scale of an IfcNamedUnit or IfcDerivedUnit; None when it has no way to SI."""
        number = unit.id()
        if number not in self._scales:
            derived = unit.is_a("IfcDerivedUnit")
            self._scales[number] = self._derived(unit) if derived else _named(unit)
        return self._scales[number]

    def _of_measure(self, ifc_class: str) -> tuple[Scale | None, Any]:
        """Scale and unit of a measure; measures the project assigns no unit are plain: SI, ratios, counts."""
        known = self._of_class.get(ifc_class)
        if known is None:
            unit = self._units.get(_unit_type(ifc_class))
            known = (PLAIN, None) if unit is None else (self.scale_of(unit), unit)
            self._of_class[ifc_class] = known
        return known

    def _derived(self, unit: Any) -> Scale | None:
        factor = 1.0
        for element in unit.Elements or ():
            scale = self.scale_of(element.Unit)
            if scale is None:
                return None
            factor *= scale.factor ** int(element.Exponent)
        return Scale(factor)


def _named(unit: Any) -> Scale | None:
    factor = scale_of(unit)
    if factor is None:
        return None
    base, offset = unit, 0.0
    while base.is_a("IfcConversionBasedUnit"):
        # IFC4 8.11.3.3: the offset is added after the factor was applied.
        if base.is_a("IfcConversionBasedUnitWithOffset"):
            offset += float(base.ConversionOffset)
        base = base.ConversionFactor.UnitComponent
    if base.Name == "GRAM":  # the SI unit of mass is the kilogram
        factor /= 1000.0
    if base.Name == "DEGREE_CELSIUS":
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


def _name(unit: Any) -> str:
    if unit.is_a("IfcDerivedUnit"):
        return str(unit.UserDefinedType or unit.UnitType)
    return str(unit.Name or unit.UnitType)
