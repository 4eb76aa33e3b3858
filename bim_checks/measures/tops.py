"""How high each element rises above a region in plan, elements that straddle its edge cut by it."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.measures.cut_faces import edges_inside
from bim_checks.scheme import Scheme


def tops_inside(scheme: Scheme, zone: BaseGeometry) -> NDArray[np.float64]:
    """Highest point of each element within a zone.

    Exact for elements that straddle the zone's edge: their triangles are cut by it.

    Args:
        scheme: the placed building.
        zone: polygon, metres, projected frame.

    Returns:
        Shape (number of outlines,), orthogonal height in metres; NaN for elements outside.
    """
    return tops_of(scheme, np.arange(len(scheme.outlines)), zone)


def tops_of(scheme: Scheme, chosen: NDArray[np.int64], zone: BaseGeometry) -> NDArray[np.float64]:
    """The same for some of the outlines, shape (number of chosen,)."""
    shapes = scheme.outline_shapes[chosen]
    shapely.prepare(zone)
    highs = scheme.outline_heights[chosen, 1]
    tops = np.where(shapely.covers(zone, shapes), highs, np.nan)
    straddling = np.flatnonzero(shapely.intersects(zone, shapes) & np.isnan(tops))
    for i in straddling:
        tops[i] = _highest_of_cut(scheme.triangles(int(chosen[i])), zone)
    return tops


def _highest_of_cut(triangles: NDArray[np.float64], zone: BaseGeometry) -> float:
    """Highest point of triangles, shape (M, 3, 3), above a polygon; NaN when none lies above it.

    Taken from the top down, so that it ends at the first triangles the rest cannot beat.
    """
    highest = triangles[:, :, 2].max(axis=1)
    order = np.argsort(-highest, kind="stable")
    best, first, count = math.nan, 0, 1
    while first < len(order) and not best >= highest[order[first]]:
        edges, _ = edges_inside(triangles[order[first : first + count]], zone)
        best = float(np.fmax(best, edges[:, :, 2].max(initial=-math.inf)))
        first, count = first + count, count * 4
    return best if math.isfinite(best) else math.nan
