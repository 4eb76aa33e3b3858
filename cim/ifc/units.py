"""Every length, area, volume and angle of a file in metres and radians, from the door on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# IfcSIPrefix, IFC4 8.11.2.6
PREFIXES = {
    "EXA": 1e18, "PETA": 1e15, "TERA": 1e12, "GIGA": 1e9, "MEGA": 1e6, "KILO": 1e3, "HECTO": 1e2,
    "DECA": 1e1, "DECI": 1e-1, "CENTI": 1e-2, "MILLI": 1e-3, "MICRO": 1e-6, "NANO": 1e-9,
    "PICO": 1e-12, "FEMTO": 1e-15, "ATTO": 1e-18,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProjectUnits:
    """Factors from project units: metres per length unit, m2 per area unit, m3 per volume unit, radians per angle unit."""

    length: float
    area: float
    volume: float
    angle: float

    def factor(self, ifc_type: str) -> float:
        """Factor for a value of an IFC measure or quantity class; 1 for values without a unit we convert."""
        return {
            "IfcLengthMeasure": self.length,
            "IfcPositiveLengthMeasure": self.length,
            "IfcNonNegativeLengthMeasure": self.length,
            "IfcQuantityLength": self.length,
            "IfcAreaMeasure": self.area,
            "IfcQuantityArea": self.area,
            "IfcVolumeMeasure": self.volume,
            "IfcQuantityVolume": self.volume,
            "IfcPlaneAngleMeasure": self.angle,
            "IfcPositivePlaneAngleMeasure": self.angle,
        }.get(ifc_type, 1.0)


def read_units(model: Any) -> ProjectUnits:
    """The project's units; a unit the file does not assign is the SI unit (IFC4 8.11.3.10)."""
    length = _scale(model, "LENGTHUNIT")
    return ProjectUnits(
        length=length,
        area=_scale(model, "AREAUNIT"),
        volume=_scale(model, "VOLUMEUNIT"),
        angle=_scale(model, "PLANEANGLEUNIT"),
    )


def scale_of(unit: Any) -> float | None:
    """Metres (or SI units) per named unit; None when it is not a unit that can be converted."""
    if unit is None:
        return None
    factor = 1.0
    while unit.is_a("IfcConversionBasedUnit"):
        measure = unit.ConversionFactor
        factor *= float(measure.ValueComponent.wrappedValue)
        unit = measure.UnitComponent
    if not unit.is_a("IfcSIUnit"):
        return None
    prefix = PREFIXES[unit.Prefix] if unit.Prefix else 1.0
    return factor * prefix ** _power(unit.Name)


def _power(name: str) -> int:
    if name.startswith("SQUARE"):
        return 2
    return 3 if name.startswith("CUBIC") else 1


def _scale(model: Any, unit_type: str) -> float:
    for assignment in model.by_type("IfcUnitAssignment"):
        for unit in assignment.Units or ():
            if getattr(unit, "UnitType", None) == unit_type:
                return scale_of(unit) or 1.0
    return 1.0
