"""How a file places itself on the map, exactly as written; `cim.frame` judges it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cim.building import MapConversion

UnitScale = Callable[[Any], float | None]

UNIT_NAMES: Mapping[str, float] = {
    "m": 1.0, "metre": 1.0, "meter": 1.0, "metres": 1.0, "meters": 1.0, "米": 1.0,
    "mm": 0.001, "millimetre": 0.001, "millimeter": 0.001, "millimetres": 0.001, "毫米": 0.001,
    "cm": 0.01, "centimetre": 0.01, "centimeter": 0.01,
    "ft": 0.3048, "foot": 0.3048, "feet": 0.3048,
    "us survey foot": 1200.0 / 3937.0, "us-ft": 1200.0 / 3937.0,
}  # fmt: skip
"""Metres per map unit that a property set names in words, in lower case."""


def read_map_conversions(
    model: Any,
    *,
    length_unit: float,
    scale_of: UnitScale,
    property_sets: Sequence[Mapping[str, Mapping[str, Any]]],
) -> tuple[MapConversion, ...]:
    """Every map conversion of the file: entities first, then property sets, each once.

    Args:
        model: the open file.
        length_unit: metres per project length unit.
        scale_of: metres per IfcNamedUnit.
        property_sets: of the project and of each site, for the ePSet convention of IFC2X3; lengths in them are in metres.
    """
    found = []
    if model.schema != "IFC2X3":
        for entity in model.by_type("IfcCoordinateOperation"):
            operation = _from_entity(entity, length_unit, scale_of)
            if operation is not None:
                found.append(operation)
    for sets in property_sets:
        stated = _from_property_set(sets, property_sets, model, length_unit)
        if stated is not None:
            found.append(stated)
    return tuple(dict.fromkeys(found))


def _from_entity(entity: Any, length_unit: float, scale_of: UnitScale) -> MapConversion | None:
    if entity.is_a("IfcMapConversion"):
        return _from_map_conversion(entity, length_unit, scale_of)
    if entity.is_a("IfcRigidOperation"):
        return _from_rigid_operation(entity, length_unit, scale_of)
    return None


def _from_map_conversion(entity: Any, length_unit: float, scale_of: UnitScale) -> MapConversion:
    crs = entity.TargetCRS
    factors = (1.0, 1.0, 1.0)
    if entity.is_a() == "IfcMapConversionScaled":
        factors = (float(entity.FactorX), float(entity.FactorY), float(entity.FactorZ))
    return MapConversion(
        source=entity.is_a(),
        eastings=_number(entity.Eastings) or 0.0,
        northings=_number(entity.Northings) or 0.0,
        orthogonal_height=_number(entity.OrthogonalHeight) or 0.0,
        x_axis_abscissa=_number(entity.XAxisAbscissa),
        x_axis_ordinate=_number(entity.XAxisOrdinate),
        scale=_number(entity.Scale),
        projected_crs=getattr(crs, "Name", None),
        vertical_datum=getattr(crs, "VerticalDatum", None),
        map_unit=scale_of(getattr(crs, "MapUnit", None)),
        length_unit=length_unit,
        factors=factors,
    )


def _from_rigid_operation(entity: Any, length_unit: float, scale_of: UnitScale) -> MapConversion:
    """A shift alone (IFC4x3 8.18.3.13): no turn, no scale but the change of unit."""
    crs = entity.TargetCRS
    first, second = entity.FirstCoordinate, entity.SecondCoordinate
    return MapConversion(
        source="IfcRigidOperation",
        eastings=_number(getattr(first, "wrappedValue", first)) or 0.0,
        northings=_number(getattr(second, "wrappedValue", second)) or 0.0,
        orthogonal_height=_number(entity.Height) or 0.0,
        x_axis_abscissa=None,
        x_axis_ordinate=None,
        scale=None,
        projected_crs=getattr(crs, "Name", None),
        vertical_datum=getattr(crs, "VerticalDatum", None),
        map_unit=scale_of(getattr(crs, "MapUnit", None)),
        length_unit=length_unit,
        angular=any(_is_angle(coordinate) for coordinate in (first, second)),
    )


def _is_angle(coordinate: Any) -> bool:
    """Whether a measure is one of an angle; a bare number, which the schema forbids and some write, is a length."""
    if isinstance(coordinate, int | float | str | None):
        return False
    return "Angle" in str(coordinate.is_a())


def _from_property_set(
    sets: Mapping[str, Mapping[str, Any]],
    everywhere: Sequence[Mapping[str, Mapping[str, Any]]],
    model: Any,
    length_unit: float,
) -> MapConversion | None:
    """ePset_MapConversion with ePset_ProjectedCRS beside it or elsewhere, found in any letter case."""
    if _set_named(sets, "epset_mapconversion") is None:
        return None
    # As written: the reader has turned IfcLengthMeasure into metres, but which unit was meant is open.
    conversion = _raw_set(model, "epset_mapconversion", _set_named(sets, "epset_mapconversion"))
    if not {"eastings", "northings"} <= set(conversion):
        return None
    beside = (_set_named(found, "epset_projectedcrs") for found in (sets, *everywhere))
    crs = next((found for found in beside if found is not None), {})
    return MapConversion(
        source="ePSet_MapConversion",
        eastings=_number(conversion["eastings"]) or 0.0,
        northings=_number(conversion["northings"]) or 0.0,
        orthogonal_height=_number(conversion.get("orthogonalheight")) or 0.0,
        x_axis_abscissa=_number(conversion.get("xaxisabscissa")),
        x_axis_ordinate=_number(conversion.get("xaxisordinate")),
        scale=_number(conversion.get("scale")),
        projected_crs=_word(crs.get("name")) or _word(conversion.get("targetcrs")),
        vertical_datum=_word(crs.get("verticaldatum")),
        map_unit=UNIT_NAMES.get((_word(crs.get("mapunit")) or "").strip().lower()),
        length_unit=length_unit,
    )


def _set_named(sets: Mapping[str, Mapping[str, Any]], wanted: str) -> Mapping[str, Any] | None:
    """A set by its name in lower case, keys in lower case; None when absent."""
    for name, values in sets.items():
        if name.lower() == wanted:
            return {key.lower(): value for key, value in values.items()}
    return None


def _raw_set(model: Any, wanted: str, read: Mapping[str, Any] | None) -> dict[str, Any]:
    """The values of a property set as the file writes them, by keys in lower case.

    Args:
        model: the open file.
        wanted: the set's name in lower case.
        read: the same set as it was read; tells which of several sets of the name is meant.
    """
    raw: dict[str, Any] = dict(read or {})
    for definition in model.by_type("IfcPropertySet"):
        if (definition.Name or "").lower() != wanted:
            continue
        values = {
            entry.Name.lower(): entry.NominalValue.wrappedValue
            for entry in definition.HasProperties or ()
            if entry.is_a("IfcPropertySingleValue") and entry.NominalValue is not None
        }
        if set(values) <= set(raw) and _same_ratio(values, raw):
            return raw | values
    return raw


def _same_ratio(values: Mapping[str, Any], read: Mapping[str, Any]) -> bool:
    """Whether two sets state the same, but for one unit common to easting and northing."""
    east, north = _number(values.get("eastings")), _number(values.get("northings"))
    east_read, north_read = _number(read.get("eastings")), _number(read.get("northings"))
    if east is None or north is None or east_read is None or north_read is None:
        return False
    return math.isclose(east * north_read, north * east_read, rel_tol=1e-9, abs_tol=1e-9)


def read_true_north(model: Any) -> float | None:
    """Angle from the engineering y axis to true north, radians, counter-clockwise; None when absent."""
    for context in model.by_type("IfcGeometricRepresentationContext", include_subtypes=False):
        if context.TrueNorth is not None:
            x, y = (float(ratio) for ratio in context.TrueNorth.DirectionRatios[:2])
            return math.atan2(-x, y)
    return None


def read_latitude_longitude(site: Any) -> tuple[float | None, float | None]:
    """Latitude and longitude of an IfcSite in degrees, from degrees, minutes, seconds and millionths of a second."""
    return _degrees(site.RefLatitude), _degrees(site.RefLongitude)


def _degrees(parts: Any) -> float | None:
    if not parts:
        return None
    degrees, minutes, seconds, millionths = (*(float(part) for part in parts), 0.0, 0.0, 0.0)[:4]
    # All parts of a southern or western angle are negative (IFC4 8.11.2.2); some exporters sign the first only.
    sign = -1.0 if min(degrees, minutes, seconds, millionths) < 0.0 else 1.0
    size = abs(degrees) + abs(minutes) / 60.0 + (abs(seconds) + abs(millionths) * 1e-6) / 3600.0
    return sign * size


def _number(value: Any) -> float | None:
    try:
        number = None if value is None else float(value)
    except (TypeError, ValueError):
        return None
    return number if number is not None and math.isfinite(number) else None


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
