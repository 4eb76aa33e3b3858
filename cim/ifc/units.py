"""Every length, area, volume and angle of a file in metres and radians, from the door on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

# IfcSIPrefix, IFC4 8.11.2.6
PREFIXES = {
    "EXA": 1e18, "PETA": 1e15, "TERA": 1e12, "GIGA": 1e9, "MEGA": 1e6, "KILO": 1e3, "HECTO": 1e2,
    "DECA": 1e1, "DECI": 1e-1, "CENTI": 1e-2, "MILLI": 1e-3, "MICRO": 1e-6, "NANO": 1e-9,
    "PICO": 1e-12, "FEMTO": 1e-15, "ATTO": 1e-18,
}  # fmt: skip


NESTED = 16  # units defined by units; real files need 1, and a circle has no end
WANTED = {
    "LENGTHUNIT": "METRE",
    "AREAUNIT": "SQUARE_METRE",
    "VOLUMEUNIT": "CUBIC_METRE",
    "PLANEANGLEUNIT": "RADIAN",
}


@dataclass(frozen=True, slots=True)
class ProjectUnits:
    """Factors from project units: metres per length unit, m2 per area unit, m3 per volume unit, radians per angle unit.

    Attributes:
        length, area, volume, angle: the factor; 1 for a unit that is not known.
        unknown: the types (``LENGTHUNIT``) of which the file assigns a unit that cannot be converted.
        unassigned: the types of which it assigns none, so that the SI unit holds (IFC4 8.11.3.10).
    """

    length: float
    area: float
    volume: float
    angle: float
    unknown: frozenset[str] = frozenset()
    unassigned: frozenset[str] = frozenset()


def read_units(model: Any) -> ProjectUnits:
    """The project's units; a unit the file does not assign is the SI unit (IFC4 8.11.3.10)."""
    assigned = assigned_units(model)
    scales = {kind: project_scale(assigned[kind], kind) for kind in WANTED if kind in assigned}
    known = {kind: scale for kind, scale in scales.items() if scale is not None}
    return ProjectUnits(
        length=known.get("LENGTHUNIT", 1.0),
        area=known.get("AREAUNIT", 1.0),
        volume=known.get("VOLUMEUNIT", 1.0),
        angle=known.get("PLANEANGLEUNIT", 1.0),
        unknown=frozenset(scales.keys() - known.keys()),
        unassigned=frozenset(WANTED.keys() - scales.keys()),
    )


def settle_units(model: Any) -> None:
    """State the project's units of length and angle in SI units at once, for the kernel to read what we read.

    The kernel follows one step of a unit that is defined by another and takes the next for SI: a yard of three feet
    would be three metres. It also looks at no assignment but the project's.
    """
    assignments = list(model.by_type("IfcUnitAssignment"))
    for project in model.by_type("IfcProject"):
        if project.UnitsInContext is None and assignments:
            project.UnitsInContext = assignments[0]
    assigned = assigned_units(model)
    for kind in ("LENGTHUNIT", "PLANEANGLEUNIT"):
        unit = assigned.get(kind)
        if unit is None or not unit.is_a("IfcConversionBasedUnit"):
            continue
        scale = project_scale(unit, kind)
        inner: Any = getattr(unit.ConversionFactor, "UnitComponent", None)
        if scale is None or (inner.is_a("IfcSIUnit") and not inner.Prefix):
            continue
        measure = unit.ConversionFactor.ValueComponent.is_a()
        unit.ConversionFactor = model.create_entity(
            "IfcMeasureWithUnit",
            model.create_entity(measure, scale),
            model.create_entity("IfcSIUnit", UnitType=kind, Name=WANTED[kind]),
        )


def assigned_units(model: Any) -> dict[str, Any]:
    """Unit type -> unit, but for money; what the project says outranks what else lies in the file."""
    own = [project.UnitsInContext for project in model.by_type("IfcProject")]
    found: dict[str, Any] = {}
    for assignment in (*own, *model.by_type("IfcUnitAssignment")):
        for unit in (assignment.Units or ()) if assignment is not None else ():
            # Money has no UnitType, and asking for what a class does not have costs 0.4 s.
            if unit.is_a("IfcNamedUnit") or unit.is_a("IfcDerivedUnit"):
                found.setdefault(unit.UnitType or "", unit)
    return found


def project_scale(unit: Any, kind: str) -> float | None:
    """Scale of a project unit, which must be of its kind: a length in square metres is none."""
    if unit.is_a("IfcSIUnit") and unit.Name != WANTED.get(kind, unit.Name):
        return None
    return scale_of(unit)


def scale_of(unit: Any) -> float | None:
    """Metres (or SI units) per unit; None when it is not a unit that can be converted."""
    return _scale_within(unit, NESTED)


def unit_name(unit: Any) -> str:
    """What people call a unit, as far as the file says."""
    if unit.is_a("IfcMonetaryUnit"):
        return str(unit.Currency or "?")
    if unit.is_a("IfcDerivedUnit"):
        return str(unit.UserDefinedType or unit.UnitType or "?")
    return str(unit.Name or unit.UnitType or "?") if unit.is_a("IfcNamedUnit") else "?"


def _scale_within(unit: Any, levels: int) -> float | None:
    if unit is None or levels == 0:
        return None
    if unit.is_a("IfcSIUnit"):
        return _si_scale(unit)
    if unit.is_a("IfcConversionBasedUnit"):
        return _converted(unit.ConversionFactor, levels)
    if unit.is_a("IfcDerivedUnit"):
        return _derived(unit, levels)
    return None


def _si_scale(unit: Any) -> float | None:
    prefix = PREFIXES.get(unit.Prefix) if unit.Prefix else 1.0
    if prefix is None or not unit.Name:
        return None
    # The SI unit of mass is the kilogram, which IFC writes as KILO GRAM.
    base = 1e-3 if unit.Name == "GRAM" else 1.0
    return float(base * prefix ** _power(unit.Name))


def _converted(measure: Any, levels: int) -> float | None:
    value = getattr(measure, "ValueComponent", None)
    number = getattr(value, "wrappedValue", None)
    inner = _scale_within(getattr(measure, "UnitComponent", None), levels - 1)
    if inner is None or not isinstance(number, int | float):
        return None
    scale = float(number) * inner
    return scale if math.isfinite(scale) and scale > 0.0 else None


def _derived(unit: Any, levels: int) -> float | None:
    scale = 1.0
    for element in unit.Elements or ():
        inner = _scale_within(element.Unit, levels - 1)
        if inner is None:
            return None
        scale *= inner**element.Exponent
    return scale


def _power(name: str) -> int:
    if name.startswith("SQUARE"):
        return 2
    return 3 if name.startswith("CUBIC") else 1
