"""Plane regions: what of a shape counts as area, and what is only the width of a rounding."""

from __future__ import annotations

from collections.abc import Iterable

import shapely
from shapely.geometry.base import BaseGeometry

NOTHING = shapely.Polygon()
SLIVER = 2e-3  # m; twice the kernel's deflection: two outlines that follow one face differ by less


def polygons(shape: BaseGeometry) -> list[shapely.Polygon]:
    """The polygons of a shape, from west to east; lines and points beside them are left out."""
    found = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 0.0]
    return sorted(found, key=lambda part: part.bounds)


def areal(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a shape as one shape."""
    return shapely.union_all(polygons(shape)) if shape.geom_type != "Polygon" else shape


def united(shapes: Iterable[BaseGeometry]) -> BaseGeometry:
    """The union of the polygons among shapes; empty without any."""
    return shapely.union_all([part for shape in shapes for part in polygons(shape)])


def wide(shape: BaseGeometry, narrowest: float = SLIVER) -> BaseGeometry:
    """The polygons of a shape that are somewhere wider than `narrowest` metres."""
    return shapely.union_all(
        [part for part in polygons(shape) if not part.buffer(-narrowest / 2.0).is_empty]
    )
