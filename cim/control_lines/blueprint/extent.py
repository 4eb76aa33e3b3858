"""Whether coordinates can be what their CRS says they are, and which slip would explain them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from cim.crs import false_easting

# A city astride the edge of a zone keeps to one zone on both sides: about half the width of a 3-degree zone.
OVERHANG = 150_000.0  # m
OVERHANG_DEGREES = 1.5
ZONE_PREFIX = 1_000_000.0  # m; an easting of zone 39 may be written 39 500 000

Extent = tuple[float, float, float, float]
"""West, south, east, north in the CRS's own unit."""


@lru_cache(maxsize=64)
def extent_of(crs: CRS) -> Extent | None:
    """Where a CRS may be used, easting before northing, with an overhang; None when its register names no area."""
    area = crs.area_of_use
    if area is None:
        return None
    west, south, east, north = area.bounds
    if west > east:  # across the antimeridian: no box of eastings
        return None
    if not crs.is_projected:
        return _wider((west, south, east, north), OVERHANG_DEGREES)
    geographic = crs.geodetic_crs
    if geographic is None:
        return None
    to_map = Transformer.from_crs(geographic, crs, always_xy=True)
    bounds = to_map.transform_bounds(west, south, east, north)
    return _wider(bounds, OVERHANG / crs.axis_info[0].unit_conversion_factor)


def inside(bounds: NDArray[np.float64], extent: Extent) -> NDArray[np.bool_]:
    """Which boxes lie in an extent.

    Args:
        bounds: shape (N, 4), west, south, east, north; NaN is nowhere.
        extent: in the same unit.

    Returns:
        Shape (N,).
    """
    west, south, east, north = extent
    found: NDArray[np.bool_] = (
        (bounds[:, 0] >= west)
        & (bounds[:, 1] >= south)
        & (bounds[:, 2] <= east)
        & (bounds[:, 3] <= north)
    )
    return found


def exchanged(bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxes with easting and northing the other way round, shape (N, 4)."""
    return bounds[:, [1, 0, 3, 2]]


def without_zone(bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxes with the zone number taken off their eastings, shape (N, 4)."""
    moved = bounds.copy()
    moved[:, [0, 2]] -= np.floor(bounds[:, [0]] / ZONE_PREFIX) * ZONE_PREFIX
    return moved


def with_zone(bounds: NDArray[np.float64], crs: CRS) -> NDArray[np.float64]:
    """Boxes with the zone number of a CRS put before their eastings, shape (N, 4)."""
    moved = bounds.copy()
    moved[:, [0, 2]] += np.floor(false_easting(crs) / ZONE_PREFIX) * ZONE_PREFIX
    return moved


def degrees(bounds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which boxes could be longitudes and latitudes, shape (N,)."""
    return inside(bounds, (-180.0, -90.0, 180.0, 90.0))


def _wider(extent: Extent, by: float) -> Extent:
    west, south, east, north = extent
    return west - by, south - by, east + by, north + by
