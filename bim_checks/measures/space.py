"""The nearest points of triangles and a line in space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Shape (N, 3), metres."""


@dataclass(frozen=True, slots=True, eq=False)
class Witness:
    """The shortest way from triangles to a line.

    Attributes:
        start: on a triangle, shape (3,), metres.
        end: on the line, shape (3,).
        distance: between them, metres; in plan where the line is a vertical surface.
        triangle: which triangle.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    distance: float
    triangle: int


def nearest_in_space(triangles: NDArray[np.float64], line: NDArray[np.float64]) -> Witness:
    """The shortest way from triangles to a line in space.

    Args:
        triangles: shape (M, 3, 3), metres.
        line: segments, shape (K, 2, 3), metres.

    Raises:
        ValueError: there is no triangle or no line.
    """
    middle = line.mean(axis=(0, 1))  # map coordinates are too large to be squared
    found = _nearest(triangles - middle, line - middle)
    return Witness(found.start + middle, found.end + middle, found.distance, found.triangle)


def nearest_in_plan(triangles: NDArray[np.float64], line: NDArray[np.float64]) -> Witness:
    """The shortest level way from triangles to a line that is a vertical surface, at the height where the triangle is nearest.

    Args:
        triangles: shape (M, 3, 3), metres.
        line: segments, shape (K, 2, 3) or (K, 2, 2), metres; heights are ignored.
    """
    flat = triangles.copy()
    flat[:, :, 2] = 0.0
    level = np.concatenate([line[:, :, :2], np.zeros((len(line), 2, 1))], axis=2)
    found = nearest_in_space(flat, level)
    height = _height_on(triangles[found.triangle], found.start[:2])
    start, end = found.start.copy(), found.end.copy()
    start[2] = end[2] = height
    return Witness(start, end, found.distance, found.triangle)


def _nearest(triangles: NDArray[np.float64], line: NDArray[np.float64]) -> Witness:
    best: Witness | None = None
    for segment in line:
        # Only triangles whose box may be nearer than the best so far are looked at.
        gaps = _box_gaps(triangles, segment)
        bound = _corner_distance(triangles[int(gaps.argmin())], segment)
        bound = min(bound, best.distance) if best else bound
        near = np.flatnonzero(gaps <= bound)
        found = _nearest_to_segment(triangles[near], segment) if len(near) else None
        if found is not None and (best is None or found.distance < best.distance):
            best = Witness(found.start, found.end, found.distance, int(near[found.triangle]))
    if best is None:
        raise ValueError("no triangle or no line")
    return best


def _box_gaps(triangles: NDArray[np.float64], segment: Points) -> NDArray[np.float64]:
    """Distance between the boxes of triangles and of a segment, shape (M,)."""
    low, high = triangles.min(axis=1), triangles.max(axis=1)
    apart = np.maximum(low - segment.max(axis=0), segment.min(axis=0) - high)
    return np.asarray(np.linalg.norm(np.maximum(apart, 0.0), axis=1))


def _corner_distance(triangle: Points, segment: Points) -> float:
    """Least distance of a triangle's corners from a segment."""
    a, b = segment
    run = b - a
    along = (triangle - a) @ run / max(float(run @ run), 1e-300)
    feet = a + np.clip(along, 0.0, 1.0)[:, None] * run
    return float(np.linalg.norm(triangle - feet, axis=1).min())


def _nearest_to_segment(triangles: NDArray[np.float64], segment: Points) -> Witness | None:
    """The nearest of: edge to segment, end of the segment to face, and where the segment pierces a face."""
    count = len(triangles)
    owner = np.tile(np.arange(count), 3)
    first = np.concatenate([triangles[:, k] for k in range(3)])
    second = np.concatenate([triangles[:, (k + 1) % 3] for k in range(3)])
    starts, ends = _edges_to_segment(first, second, segment)
    parts = [(starts, ends, owner)]
    normals = np.asarray(
        np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]), np.float64
    )
    for end in segment:
        feet, inside = _feet(triangles, normals, np.broadcast_to(end, (count, 3)))
        parts.append(
            (feet[inside], np.broadcast_to(end, feet.shape)[inside], np.flatnonzero(inside))
        )
    pierced, through = _pierced(triangles, normals, segment)
    parts.append((pierced[through], pierced[through], np.flatnonzero(through)))
    starts, ends, owner = (np.concatenate([part[k] for part in parts]) for k in range(3))
    gaps = np.linalg.norm(starts - ends, axis=1)
    nearest = int(gaps.argmin())
    return Witness(starts[nearest], ends[nearest], float(gaps[nearest]), int(owner[nearest]))


def _edges_to_segment(first: Points, second: Points, segment: Points) -> tuple[Points, Points]:
    """Nearest points of edges and of one segment (Ericson, Real-Time Collision Detection, 5.1.9), shape (N, 3) each."""
    u, (p, q) = second - first, segment
    v, w = q - p, first - p
    a, c = np.einsum("ij,ij->i", u, u), float(v @ v)
    b, d, e = u @ v, np.einsum("ij,ij->i", u, w), w @ v
    a, c = np.maximum(a, 1e-300), max(c, 1e-300)
    across = a * c - b * b
    parallel = across <= 1e-12 * a * c
    s = np.where(parallel, 0.0, (b * e - c * d) / np.where(parallel, 1.0, across))
    s = np.clip(s, 0.0, 1.0)
    t = np.clip((b * s + e) / c, 0.0, 1.0)
    s = np.clip((b * t - d) / a, 0.0, 1.0)
    return first + s[:, None] * u, p + t[:, None] * v


def _feet(
    triangles: NDArray[np.float64], normals: Points, points: Points
) -> tuple[Points, NDArray[np.bool_]]:
    """Feet of points on the planes of triangles, and which of them lie inside."""
    squared = np.einsum("ij,ij->i", normals, normals)
    flat = squared > 0.0
    height = np.einsum("ij,ij->i", points - triangles[:, 0], normals) / np.where(flat, squared, 1.0)
    feet = points - height[:, None] * normals
    return feet, flat & _inside(triangles, normals, feet)


def _inside(triangles: NDArray[np.float64], normals: Points, points: Points) -> NDArray[np.bool_]:
    """Whether points on the planes of triangles lie inside them."""
    inside = np.ones(len(points), dtype=bool)
    for k in range(3):
        edge = triangles[:, (k + 1) % 3] - triangles[:, k]
        inside &= np.einsum("ij,ij->i", np.cross(edge, points - triangles[:, k]), normals) >= 0.0
    return inside


def _pierced(
    triangles: NDArray[np.float64], normals: Points, segment: Points
) -> tuple[Points, NDArray[np.bool_]]:
    """Where a segment meets the planes of triangles, and for which of them inside."""
    p, q = segment
    before = np.einsum("ij,ij->i", p - triangles[:, 0], normals)
    after = np.einsum("ij,ij->i", q - triangles[:, 0], normals)
    crosses = before * after < 0.0
    share = before / np.where(crosses, before - after, 1.0)
    points = p + share[:, None] * (q - p)
    return points, crosses & _inside(triangles, normals, points)


def _height_on(triangle: Points, point: NDArray[np.float64]) -> float:
    """A height of a triangle above a point of its projection; where it stands upright, of its lowest edge there."""
    heights = []
    for k in range(3):
        a, b = triangle[k], triangle[(k + 1) % 3]
        run = b[:2] - a[:2]
        length = float(run @ run)
        along = float((point - a[:2]) @ run) / length if length > 0.0 else 0.0
        along = min(max(along, 0.0), 1.0)
        gap = float(np.linalg.norm(a[:2] + along * run - point))
        heights.append((round(gap, 6), float(a[2] + along * (b[2] - a[2]))))
    return min(heights)[1]
