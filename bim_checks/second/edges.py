"""Distances in plan, corner by corner: from the edges of triangles to the edges of a line."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled


def nearest_edges(
    triangles: NDArray[np.float64], segments: NDArray[np.float64], low: float, high: float
) -> float:
    """Least distance in plan between triangles, cut to what lies between two heights, and segments.

    Args:
        triangles: shape (M, 3, 3), metres.
        segments: shape (K, 2, 2), metres.
        low: metres; may be infinite.
        high: the same.

    Returns:
        Metres; zero where they cross; infinite where nothing lies between the heights.
    """
    if not len(triangles) or not len(segments):
        return math.inf
    middle = segments.reshape(-1, 2).mean(axis=0)
    corners = triangles - np.array([*middle, 0.0])
    return float(_nearest(corners, segments - middle, low, high))


@compiled
def _nearest(
    triangles: NDArray[np.float64], segments: NDArray[np.float64], low: float, high: float
) -> float:
    best = math.inf
    ring = np.zeros((8, 3))
    spare = np.zeros((8, 3))
    for m in range(triangles.shape[0]):
        for k in range(3):
            ring[k] = triangles[m, k]
        count = clip(ring, 3, spare, low, 1.0)
        count = clip(spare, count, ring, high, -1.0)
        if count == 0:
            continue
        west, east = ring[:count, 0].min(), ring[:count, 0].max()
        south, north = ring[:count, 1].min(), ring[:count, 1].max()
        for n in range(segments.shape[0]):
            px, py, qx, qy = (
                segments[n, 0, 0],
                segments[n, 0, 1],
                segments[n, 1, 0],
                segments[n, 1, 1],
            )
            aside = max(west - max(px, qx), min(px, qx) - east, 0.0)
            ahead = max(south - max(py, qy), min(py, qy) - north, 0.0)
            if aside * aside + ahead * ahead >= best * best:
                continue
            for k in range(count):
                a, b = ring[k], ring[(k + 1) % count]
                best = min(best, _apart(a[0], a[1], b[0], b[1], px, py, qx, qy))
    return best


@compiled
def clip(
    ring: NDArray[np.float64], count: int, kept: NDArray[np.float64], limit: float, side: float
) -> int:
    """The part of a ring above (side 1) or below (side -1) a height; how many corners it has."""
    if not math.isfinite(limit):
        for k in range(count):
            kept[k] = ring[k]
        return count
    found = 0
    for k in range(count):
        a, b = ring[k], ring[(k + 1) % count]
        da, db = (a[2] - limit) * side, (b[2] - limit) * side
        if da >= 0.0:
            kept[found] = a
            found += 1
        if (da > 0.0 and db < 0.0) or (da < 0.0 and db > 0.0):
            share = da / (da - db)
            kept[found] = a + share * (b - a)
            found += 1
    return found


@compiled
def _apart(
    ax: float, ay: float, bx: float, by: float, px: float, py: float, qx: float, qy: float
) -> float:
    """Distance of two segments in plan; zero where they cross."""
    d1 = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
    d2 = (bx - ax) * (qy - ay) - (by - ay) * (qx - ax)
    d3 = (qx - px) * (ay - py) - (qy - py) * (ax - px)
    d4 = (qx - px) * (by - py) - (qy - py) * (bx - px)
    if d1 * d2 < 0.0 and d3 * d4 < 0.0:
        return 0.0
    ends: float = min(
        min(_to_segment(ax, ay, px, py, qx, qy), _to_segment(bx, by, px, py, qx, qy)),
        min(_to_segment(px, py, ax, ay, bx, by), _to_segment(qx, qy, ax, ay, bx, by)),
    )
    return ends


@compiled
def _to_segment(x: float, y: float, px: float, py: float, qx: float, qy: float) -> float:
    dx, dy = qx - px, qy - py
    squared = dx * dx + dy * dy
    along = 0.0 if squared == 0.0 else ((x - px) * dx + (y - py) * dy) / squared
    along = min(max(along, 0.0), 1.0)
    return math.hypot(px + along * dx - x, py + along * dy - y)
