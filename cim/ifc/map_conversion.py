"""How a file places itself on the map, exactly as written; `cim.frame` judges it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from cim.building import MapConversion

UnitScale = Callable[[Any], float | None]


def read_map_conversion(
    model: Any,
    *,
    length_unit: float,
    scale_of: UnitScale,
    property_sets: Mapping[str, Mapping[str, Any]],
) -> MapConversion | None:
    """The file's map conversion, or None.

    Args:
        model: the open file.
        length_unit: metres per project length unit.
        scale_of: metres per IfcNamedUnit.
        property_sets: of project and sites together, for the ePSet convention of IFC2X3.
    """
    if model.schema != "IFC2X3":
        for entity in model.by_type("IfcMapConversion"):
            return _from_entity(entity, length_unit, scale_of)
    return _from_property_set(property_sets, length_unit)


def _from_entity(entity: Any, length_unit: float, scale_of: UnitScale) -> MapConversion:
    crs = entity.TargetCRS
    return MapConversion(
        source="IfcMapConversion",
        eastings=float(entity.Eastings),
        northings=float(entity.Northings),
        orthogonal_height=float(entity.OrthogonalHeight),
        x_axis_abscissa=_number(entity.XAxisAbscissa),
        x_axis_ordinate=_number(entity.XAxisOrdinate),
        scale=_number(entity.Scale),
        projected_crs=getattr(crs, "Name", None),
        vertical_datum=getattr(crs, "VerticalDatum", None),
        map_unit=scale_of(getattr(crs, "MapUnit", None)),
        length_unit=length_unit,
    )


def _from_property_set(
    property_sets: Mapping[str, Mapping[str, Any]], length_unit: float
) -> MapConversion | None:
    """ePset_MapConversion and ePset_ProjectedCRS, found in any letter case."""
    sets = {
        name.lower(): {key.lower(): value for key, value in values.items()}
        for name, values in property_sets.items()
    }
    conversion = sets.get("epset_mapconversion")
    if conversion is None or not {"eastings", "northings"} <= set(conversion):
        return None
    crs = sets.get("epset_projectedcrs", {})
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
        map_unit=None,
        length_unit=length_unit,
    )


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
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
