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
    # Overlay is exact to 1e-10 m only where coordinates are small.
    middle = np.array([*shapely.get_coordinates(zone).mean(axis=0), 0.0])
    moved = triangles - middle
    zone = shapely.transform(zone, lambda xy: xy - middle[:2])
    u, v = moved[:, 1] - moved[:, 0], moved[:, 2] - moved[:, 0]
    normals = np.cross(u, v)
    lying = np.abs(normals[:, 2]) > VERTICAL_TRIANGLE
    heights = [_over_lying(moved[lying], normals[lying], zone), _over_upright(moved[~lying], zone)]
    found = np.concatenate(heights)
    return (float(found.min()), float(found.max())) if len(found) else None


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
    triangles: NDArray[np.float64], normals: NDArray[np.float64], zone: BaseGeometry
) -> NDArray[np.float64]:
    shapes = shapely.polygons(triangles[:, :, :2])
    points, owner = shapely.get_coordinates(shapely.intersection(shapes, zone), return_index=True)
    base, normal = triangles[owner, 0], normals[owner]
    heights: NDArray[np.float64] = (
        base[:, 2] - ((points - base[:, :2]) * normal[:, :2]).sum(axis=1) / normal[:, 2]
    )
    return heights


def _over_upright(triangles: NDArray[np.float64], zone: BaseGeometry) -> NDArray[np.float64]:
    sides = np.concatenate([triangles[:, side] for side in SIDES])
    upright = (np.linalg.norm(sides[:, 1, :2] - sides[:, 0, :2], axis=1)) <= NEAREST
    lines = shapely.linestrings(sides[~upright])
    shared: NDArray[np.float64] = shapely.get_coordinates(
        shapely.intersection(lines, zone), include_z=True
    )[:, 2]
    feet = shapely.points(sides[upright, 0, :2])
    standing = sides[upright][shapely.intersects(feet, zone)]
    return np.concatenate([shared, standing[:, :, 2].reshape(-1)])
