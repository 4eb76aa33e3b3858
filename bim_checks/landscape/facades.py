"""Points along the outlines of buildings whose windows nobody has drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.landscape.sunshine import SunPoints

OFF_WALL = 0.05  # m; points stand this far in front of a wall, so that it does not shade itself


def facade_points(
    footprints: Sequence[BaseGeometry], heights: NDArray[np.float64], spacing: float
) -> SunPoints:
    """Points along outlines and around courtyards, in the middle of equal pieces of each edge.

    Args:
        footprints: polygons of each building, metres, projected frame; the index of each owns its points.
        heights: shape (B,), orthogonal height of the points of each, metres.
        spacing: pieces are at most this long, metres.
    """
    polygons, buildings = shapely.get_parts(np.asarray(footprints, dtype=object), return_index=True)
    flat = shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON
    polygons, buildings = shapely.orient_polygons(polygons[flat]), buildings[flat]
    rings, polygon = shapely.get_rings(polygons, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    start = np.flatnonzero(ring[:-1] == ring[1:])  # the next corner is of the same ring
    along = corners[start + 1] - corners[start]
    length = np.hypot(*along.T)
    start, along, length = start[length > 0.0], along[length > 0.0], length[length > 0.0]
    # With the inside to the left of every ring, holes too, the outside is to the right.
    outward = np.column_stack([along[:, 1], -along[:, 0]]) / length[:, None]
    pieces = np.maximum(np.ceil(length / spacing), 1.0).astype(np.int64)
    edge = np.repeat(np.arange(len(start)), pieces)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    share = (number + 0.5) / pieces[edge]
    owners = buildings[polygon[ring[start]]][edge]
    plan = corners[start][edge] + share[:, None] * along[edge] + OFF_WALL * outward[edge]
    places = np.column_stack([plan, heights[owners]])
    normals = np.column_stack([outward[edge], np.zeros(len(edge))])
    return SunPoints(
        places[None], normals, owners.astype(np.int64), np.zeros(len(edge), dtype=np.bool_)
    )
