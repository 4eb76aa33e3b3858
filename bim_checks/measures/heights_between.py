"""How high a body stands above places in plan: straight pieces of it between two heights, and what of it is over a zone."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

VERTICAL_TRIANGLE = 1e-9  # m2 in plan; a wall's triangle carries its height on its edges
NEAREST = 1e-6  # m; pieces this much farther away than the nearest are as near
SIDES = ((0, 1), (1, 2), (2, 0))


def pieces_between(triangles: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """The straight pieces that bound triangles between two heights: their sides, and where the planes cut them.

    Args:
        triangles: shape (M, 3, 3), metres.
        low: of the lower plane, metres; minus infinity where nothing bounds.
        high: of the upper plane, or infinity.

    Returns:
        Shape (S, 2, 3), metres.
    """
    sides = np.concatenate([triangles[:, side] for side in SIDES])
    kept = [_clipped(sides, low, high)]
    kept += [_cuts(triangles, height) for height in (low, high) if math.isfinite(height)]
    return np.concatenate(kept)


def nearest_piece_point(
    pieces: NDArray[np.float64], target: BaseGeometry
) -> NDArray[np.float64] | None:
    """The lowest point of pieces that is nearest in plan to a target, shape (3,), metres; None without pieces."""
    if not len(pieces):
        return None
    lines = shapely.linestrings(pieces[:, :, :2])
    shapely.prepare(target)
    gaps = shapely.distance(lines, target)
    near = np.flatnonzero(gaps <= gaps.min() + NEAREST)
    points = shapely.get_coordinates(
        shapely.get_point(shapely.shortest_line(lines[near], target), 0)
    )
    start, way = pieces[near, 0], pieces[near, 1] - pieces[near, 0]
    run = (way[:, :2] ** 2).sum(axis=1)
    along = ((points - start[:, :2]) * way[:, :2]).sum(axis=1) / np.where(run > 0.0, run, 1.0)
    # A piece that stands upright is as near all the way up: its foot is told.
    upright = np.minimum(pieces[near, 0, 2], pieces[near, 1, 2])
    heights = np.where(run > NEAREST**2, start[:, 2] + along * way[:, 2], upright)
    lowest = int(np.argmin(heights))
    return np.array([*points[lowest], heights[lowest]])


def heights_over(triangles: NDArray[np.float64], zone: BaseGeometry) -> tuple[float, float] | None:
    """Lowest and highest height of what triangles have above or below a zone, metres.

    Args:
        triangles: shape (M, 3, 3), metres.
        zone: polygons in plan, same frame.

    Returns:
        None where they have nothing there.
    """
    owners = np.zeros(len(triangles), dtype=np.int64)
    (found,) = heights_over_each(triangles, owners, np.array([zone], dtype=object))
    return None if np.isnan(found).any() else (float(found[0]), float(found[1]))


def heights_over_each(
    triangles: NDArray[np.float64], owners: NDArray[np.int64], zones: NDArray[np.object_]
) -> NDArray[np.float64]:
    """The same for many bodies, each with a zone of its own.

    Args:
        triangles: shape (M, 3, 3), metres.
        owners: shape (M,), which of the zones each is held against.
        zones: shape (K,), polygons in plan, same frame.

    Returns:
        Lowest and highest height, shape (K, 2), metres; NaN where a body has nothing over its zone.
    """
    # Overlay is exact to 1e-10 m only where coordinates are small.
    points, of = shapely.get_coordinates(zones, return_index=True)
    counts = np.bincount(of, minlength=len(zones))
    middles = np.zeros((len(zones), 3))
    for axis in range(2):
        middles[:, axis] = np.bincount(of, points[:, axis], len(zones)) / np.maximum(counts, 1)
    near = shapely.set_coordinates(zones.copy(), points - middles[of, :2])
    moved = triangles - middles[owners][:, None, :]
    u, v = moved[:, 1] - moved[:, 0], moved[:, 2] - moved[:, 0]
    normals = np.cross(u, v)
    lying = np.abs(normals[:, 2]) > VERTICAL_TRIANGLE
    spans = np.stack([np.full(len(zones), np.inf), np.full(len(zones), -np.inf)], axis=1)
    for heights, owner in (
        _over_lying(moved[lying], normals[lying], owners[lying], near),
        _over_upright(moved[~lying], owners[~lying], near),
    ):
        np.minimum.at(spans[:, 0], owner, heights)
        np.maximum.at(spans[:, 1], owner, heights)
    spans[np.isinf(spans[:, 0])] = np.nan
    return spans


def _clipped(sides: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    start, end = sides[:, 0], sides[:, 1]
    rise = end[:, 2] - start[:, 2]
    level = rise == 0.0
    safe = np.where(level, 1.0, rise)
    inside = (start[:, 2] >= low) & (start[:, 2] <= high)
    first, last = (low - start[:, 2]) / safe, (high - start[:, 2]) / safe
    enter = np.where(level, 0.0, np.clip(np.minimum(first, last), 0.0, 1.0))
    leave = np.where(level, 1.0, np.clip(np.maximum(first, last), 0.0, 1.0))
    reach = (np.minimum(start[:, 2], end[:, 2]) <= high) & (
        np.maximum(start[:, 2], end[:, 2]) >= low
    )
    kept = np.where(level, inside, reach)
    way = end - start
    clipped = np.stack([start + enter[:, None] * way, start + leave[:, None] * way], axis=1)
    found: NDArray[np.float64] = clipped[kept]
    return found


def _cuts(triangles: NDArray[np.float64], height: float) -> NDArray[np.float64]:
    """Where a level plane crosses triangles, shape (S, 2, 3)."""
    above = triangles[:, :, 2] > height
    crossed = triangles[above.any(axis=1) & ~above.all(axis=1)]
    if not len(crossed):
        return np.zeros((0, 2, 3))
    above = crossed[:, :, 2] > height
    # The corner that is alone on its side of the plane comes first.
    alone = np.argmax(np.where((above.sum(axis=1) == 1)[:, None], above, ~above), axis=1)
    row = np.arange(len(crossed))
    tip = crossed[row, alone]
    ends = []
    for step in (1, 2):
        other = crossed[row, (alone + step) % 3]
        share = (height - tip[:, 2]) / (other[:, 2] - tip[:, 2])
        ends.append(tip + share[:, None] * (other - tip))
    return np.stack(ends, axis=1)


def _over_lying(
    triangles: NDArray[np.float64],
    normals: NDArray[np.float64],
    owners: NDArray[np.int64],
    zones: NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Heights of the corners of what triangles share with their zones, and whose they are."""
    shapes = shapely.polygons(triangles[:, :, :2])
    shared = shapely.intersection(shapes, zones[owners])
    points, of = shapely.get_coordinates(shared, return_index=True)
    base, normal = triangles[of, 0], normals[of]
    heights = base[:, 2] - ((points - base[:, :2]) * normal[:, :2]).sum(axis=1) / normal[:, 2]
    return heights, owners[of]


def _over_upright(
    triangles: NDArray[np.float64], owners: NDArray[np.int64], zones: NDArray[np.object_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Heights of the ends of what sides of walls have over their zones, and whose they are."""
    sides = np.concatenate([triangles[:, side] for side in SIDES])
    owners = np.tile(owners, len(SIDES))
    upright = (np.linalg.norm(sides[:, 1, :2] - sides[:, 0, :2], axis=1)) <= NEAREST
    lines, own = shapely.linestrings(sides[~upright]), owners[~upright]
    shared = shapely.intersection(lines, zones[own])
    points, of = shapely.get_coordinates(shared, include_z=True, return_index=True)
    feet = shapely.points(sides[upright, 0, :2])
    there = shapely.intersects(feet, zones[owners[upright]])
    standing, standing_own = sides[upright][there], owners[upright][there]
    return (
        np.concatenate([points[:, 2], standing[:, :, 2].reshape(-1)]),
        np.concatenate([own[of], np.repeat(standing_own, 2)]),
    )
