"""Polygons and lines by their straight sides: what lies inside, and how far off it is, with nothing cut or united."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.compiled import compiled


def sides_of(shape: BaseGeometry) -> NDArray[np.float64]:
    """The straight sides of all lines or rings of a shape, shape (K, 2, 2), metres; a point is a side of no length."""
    lines = []
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            lines += [np.asarray(ring.coords)[:, :2] for ring in (part.exterior, *part.interiors)]
        else:
            corners = np.asarray(part.coords)[:, :2]
            lines.append(corners if len(corners) > 1 else np.repeat(corners, 2, axis=0))
    if not lines:
        return np.zeros((0, 2, 2))
    return np.concatenate([np.stack([line[:-1], line[1:]], axis=1) for line in lines])


def lie_inside(points: NDArray[np.float64], sides: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points lie inside rings, by the even-odd rule.

    Args:
        points: shape (N, 2), metres.
        sides: of all rings, shape (K, 2, 2), metres.

    Returns:
        Shape (N,).
    """
    found = np.zeros(len(points), dtype=np.bool_)
    if len(points) and len(sides):
        south, north = points[:, 1].min(), points[:, 1].max()
        low, high = sides[:, :, 1].min(axis=1), sides[:, :, 1].max(axis=1)
        crossed = (
            (low <= north) & (high >= south) & (sides[:, :, 0].max(axis=1) >= points[:, 0].min())
        )
        _count(np.ascontiguousarray(points), np.ascontiguousarray(sides[crossed]), found)
    return found


def distances(points: NDArray[np.float64], sides: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far points are from the nearest side, shape (N,), metres; infinite without sides."""
    found = np.full(len(points), math.inf)
    if len(points) and len(sides):
        _measure(np.ascontiguousarray(points), np.ascontiguousarray(sides), found)
    return found


def farthest(pieces: NDArray[np.float64], sides: NDArray[np.float64]) -> NDArray[np.float64]:
    """What no point of each edge or triangle is farther than from the nearest side, shape (P,), metres.

    Over a piece the distance from one side is greatest at a corner, and the distance from the nearest is no more than that from any.

    Args:
        pieces: corners in plan, shape (P, C, 2), metres.
        sides: shape (K, 2, 2), metres.
    """
    found = np.full(len(pieces), math.inf)
    if len(pieces) and len(sides):
        _bound(np.ascontiguousarray(pieces), np.ascontiguousarray(sides), found)
    return found


@compiled
def _count(
    points: NDArray[np.float64], sides: NDArray[np.float64], found: NDArray[np.bool_]
) -> None:
    for n in range(points.shape[0]):
        x, y = points[n, 0], points[n, 1]
        for k in range(sides.shape[0]):
            xa, ya, xb, yb = sides[k, 0, 0], sides[k, 0, 1], sides[k, 1, 0], sides[k, 1, 1]
            if (ya > y) != (yb > y) and x < xa + (y - ya) * (xb - xa) / (yb - ya):
                found[n] = not found[n]


@compiled
def _measure(
    points: NDArray[np.float64], sides: NDArray[np.float64], found: NDArray[np.float64]
) -> None:
    for n in range(points.shape[0]):
        for k in range(sides.shape[0]):
            found[n] = min(found[n], _apart(points[n, 0], points[n, 1], sides[k]))


@compiled
def _bound(
    pieces: NDArray[np.float64], sides: NDArray[np.float64], found: NDArray[np.float64]
) -> None:
    for n in range(pieces.shape[0]):
        for k in range(sides.shape[0]):
            most = 0.0
            for i in range(pieces.shape[1]):
                most = max(most, _apart(pieces[n, i, 0], pieces[n, i, 1], sides[k]))
                if most >= found[n]:
                    break
            found[n] = min(found[n], most)


@compiled
def _apart(x: float, y: float, side: NDArray[np.float64]) -> float:
    dx, dy = side[1, 0] - side[0, 0], side[1, 1] - side[0, 1]
    squared = dx * dx + dy * dy
    along = 0.0 if squared == 0.0 else ((x - side[0, 0]) * dx + (y - side[0, 1]) * dy) / squared
    along = min(max(along, 0.0), 1.0)
    return math.hypot(side[0, 0] + along * dx - x, side[0, 1] + along * dy - y)
