"""Triangles cut by the border of a region in plan: the edges of what is left of them."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

# m in plan; a triangle narrower than this carries its height on its edges. Heights over a wider one are taken from its plane,
# which a rounding of 5e-10 m in plan moves by less than 0.1 mm for a storey-high face.
SLIVER = 1e-4


def edges_inside(
    triangles: NDArray[np.float64], region: BaseGeometry | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The edges of triangles, and of what a region leaves of those that straddle its border.

    Args:
        triangles: shape (M, 3, 3), metres.
        region: polygon in the same frame; None to leave all of them whole.

    Returns:
        Edges, shape (E, 2, 3), and the triangle each is of, shape (E,).
    """
    sides = np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=2)
    every = np.arange(len(triangles))
    if region is None or not len(triangles):
        return sides.reshape(-1, 2, 3), np.repeat(every, 3)
    lines = shapely.linestrings(triangles[:, [0, 1, 2, 0], :2])
    shapely.prepare(region)
    whole = shapely.covers(region, lines) & ~_around_a_hole(triangles, region)
    narrow = narrowness(triangles) <= SLIVER
    cut = ~whole & shapely.intersects(region, shapely.convex_hull(lines))
    parts = [
        (sides[whole].reshape(-1, 2, 3), np.repeat(every[whole], 3)),
        _cut_sides(sides, every[cut & narrow], region),
        _cut_planes(triangles, every[cut & ~narrow], region),
    ]
    return np.concatenate([p for p, _ in parts]), np.concatenate([owner for _, owner in parts])


def narrowness(triangles: NDArray[np.float64]) -> NDArray[np.float64]:
    """The least width of each triangle seen from above, metres, shape (M,)."""
    plan = triangles[:, :, :2]
    u, v = plan[:, 1] - plan[:, 0], plan[:, 2] - plan[:, 0]
    doubled = np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])
    longest = np.linalg.norm(plan - np.roll(plan, -1, axis=1), axis=2).max(axis=1)
    width: NDArray[np.float64] = doubled / np.where(longest > 0.0, longest, 1.0)
    return width


def _around_a_hole(triangles: NDArray[np.float64], region: BaseGeometry) -> NDArray[np.bool_]:
    """Whether a triangle whose sides lie in a region may surround a hole of it."""
    polygons = shapely.get_parts(region)
    if not shapely.get_num_interior_rings(polygons).sum() and len(polygons) == 1:
        return np.zeros(len(triangles), dtype=np.bool_)
    hulls = shapely.convex_hull(shapely.linestrings(triangles[:, :, :2]))
    outside: NDArray[np.bool_] = ~shapely.covers(region, hulls)
    return outside


def _cut_sides(
    sides: NDArray[np.float64], chosen: NDArray[np.int64], region: BaseGeometry
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sides of upright triangles cut by a region; heights run evenly along a side."""
    three = sides[chosen].reshape(-1, 2, 3)
    owner = np.repeat(chosen, 3)
    way = three[:, 1, :2] - three[:, 0, :2]
    squared = (way**2).sum(axis=1)
    # A side that is upright itself is the end of two others.
    lies = squared > 0.0
    three, owner, way, squared = three[lies], owner[lies], way[lies], squared[lies]
    ends, side = _straight(shapely.intersection(shapely.linestrings(three[:, :, :2]), region))
    shares = np.einsum("eij,ej->ei", ends - three[side, :1, :2], way[side]) / squared[side, None]
    shares = np.clip(shares, 0.0, 1.0)
    heights = three[side, :1, 2] + shares * (three[side, 1:, 2] - three[side, :1, 2])
    return np.concatenate([ends, heights[..., None]], axis=2), owner[side]


def _cut_planes(
    triangles: NDArray[np.float64], chosen: NDArray[np.int64], region: BaseGeometry
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Outlines of what a region leaves of triangles, on their planes."""
    shapes = shapely.polygons(triangles[chosen][:, :, :2])
    ends, index = _straight(shapely.intersection(shapes, region))
    owner = chosen[index]
    heights = np.stack([heights_on(triangles[owner], ends[:, i]) for i in range(2)], axis=1)
    return np.concatenate([ends, heights[..., None]], axis=2), owner


def heights_on(triangles: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height of each triangle's plane at a point in plan, kept between its lowest and highest corner.

    Args:
        triangles: shape (N, 3, 3); not upright.
        points: shape (N, 2).
    """
    a = triangles[:, 0]
    normal = np.cross(triangles[:, 1] - a, triangles[:, 2] - a)
    gap = ((points - a[:, :2]) * normal[:, :2]).sum(axis=1)
    heights = triangles[:, :, 2]
    found: NDArray[np.float64] = np.clip(
        a[:, 2] - gap / normal[:, 2], heights.min(axis=1), heights.max(axis=1)
    )
    return found


def _straight(
    shapes: NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Straight pieces of lines and outlines, shape (E, 2, 2), and the geometry each is of; a lone point is a piece of no length."""
    parts, part_of = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) > shapely.GeometryType.POLYGON).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        part_of = part_of[inner]
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, ring_of = shapely.get_rings(parts[areal], return_index=True)
    lines = np.concatenate([parts[~areal], rings])
    line_of = np.concatenate([part_of[~areal], part_of[areal][ring_of]])
    points, index = shapely.get_coordinates(lines, return_index=True)
    joined = index[1:] == index[:-1]
    lone = np.bincount(index, minlength=len(lines))[index] == 1
    pieces = [
        np.stack([points[:-1][joined], points[1:][joined]], axis=1),
        np.stack([points[lone], points[lone]], axis=1),
    ]
    return np.concatenate(pieces), line_of[np.concatenate([index[1:][joined], index[lone]])]
