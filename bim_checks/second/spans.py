"""The least distance between two sets of triangles in space, and between two sets of edges along one direction."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled

SHARED = 1.5e-7  # m; edges that share less of the line across the direction only pass each other


def least_span(ours: NDArray[np.float64], theirs: NDArray[np.float64], reach: float) -> float:
    """Least distance of two sets of triangles, metres; zero where they meet.

    Args:
        ours: shape (M, 3, 3), metres.
        theirs: shape (N, 3, 3), metres.
        reach: metres; what is farther apart is told as this.
    """
    if not len(ours) or not len(theirs):
        return reach
    middle = theirs.reshape(-1, 3).mean(axis=0)
    return float(_least_span(ours - middle, theirs - middle, reach))


def least_along(ours: NDArray[np.float64], theirs: NDArray[np.float64], reach: float) -> float:
    """Least distance of two sets of edges along the second axis, metres, where they stand over one another.

    Args:
        ours: shape (M, 2, 2), metres.
        theirs: shape (N, 2, 2), metres.
        reach: metres; what is farther apart is told as this.
    """
    if not len(ours) or not len(theirs):
        return reach
    return float(_least_along(np.ascontiguousarray(ours), np.ascontiguousarray(theirs), reach))


@compiled
def _least_along(ours: NDArray[np.float64], theirs: NDArray[np.float64], reach: float) -> float:
    best = reach
    for m in range(ours.shape[0]):
        for n in range(theirs.shape[0]):
            west = max(min(ours[m, 0, 0], ours[m, 1, 0]), min(theirs[n, 0, 0], theirs[n, 1, 0]))
            east = min(max(ours[m, 0, 0], ours[m, 1, 0]), max(theirs[n, 0, 0], theirs[n, 1, 0]))
            if east - west > SHARED:
                first = _rise(theirs[n], west) - _rise(ours[m], west)
                last = _rise(theirs[n], east) - _rise(ours[m], east)
                if first * last <= 0.0:
                    return 0.0
                best = min(best, abs(first), abs(last))
    return best


@compiled
def _rise(edge: NDArray[np.float64], x: float) -> float:
    share = (x - edge[0, 0]) / (edge[1, 0] - edge[0, 0])
    found: float = edge[0, 1] + share * (edge[1, 1] - edge[0, 1])
    return found


@compiled
def _least_span(ours: NDArray[np.float64], theirs: NDArray[np.float64], reach: float) -> float:
    best = reach
    for m in range(ours.shape[0]):
        for n in range(theirs.shape[0]):
            gap = 0.0
            for k in range(3):
                apart = max(
                    theirs[n, :, k].min() - ours[m, :, k].max(),
                    ours[m, :, k].min() - theirs[n, :, k].max(),
                )
                gap += max(apart, 0.0) ** 2
            if gap < best * best:
                best = min(best, _span(ours[m], theirs[n]))
                if best == 0.0:
                    return 0.0
    return best


@compiled
def _span(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Of two triangles: a side of one pierces the other, or they are nearest at two sides, or at a corner over the other's face."""
    best = math.inf
    for i in range(3):
        j = (i + 1) % 3
        if _pierces(a[i], a[j], b) or _pierces(b[i], b[j], a):
            return 0.0
        for k in range(3):
            best = min(best, _between(a[i], a[j], b[k], b[(k + 1) % 3]))
        best = min(best, _over_face(a[i], b), _over_face(b[i], a))
    return best


@compiled
def _normal(t: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.cross(t[1] - t[0], t[2] - t[0])
    return found


@compiled
def _is_over(
    point: NDArray[np.float64], t: NDArray[np.float64], normal: NDArray[np.float64]
) -> bool:
    """Whether a point, moved along the normal, lies in a triangle."""
    for i in range(3):
        way, to = t[(i + 1) % 3] - t[i], point - t[i]
        if np.dot(np.cross(way, to), normal) < 0.0:
            return False
    return True


@compiled
def _over_face(point: NDArray[np.float64], t: NDArray[np.float64]) -> float:
    normal = _normal(t)
    length = math.sqrt(np.dot(normal, normal))
    if length == 0.0 or not _is_over(point, t, normal):
        return math.inf
    found: float = abs(np.dot(point - t[0], normal)) / length
    return found


@compiled
def _pierces(p: NDArray[np.float64], q: NDArray[np.float64], t: NDArray[np.float64]) -> bool:
    normal = _normal(t)
    first, last = np.dot(p - t[0], normal), np.dot(q - t[0], normal)
    if first * last >= 0.0:
        return False
    found: bool = _is_over(p + (first / (first - last)) * (q - p), t, normal)
    return found


@compiled
def _between(
    p: NDArray[np.float64], q: NDArray[np.float64], r: NDArray[np.float64], s: NDArray[np.float64]
) -> float:
    """Of two straight sides: where both lines are nearest, else from an end of one to the other."""
    u, v, w = q - p, s - r, p - r
    uu, uv, vv = np.dot(u, u), np.dot(u, v), np.dot(v, v)
    uw, vw = np.dot(u, w), np.dot(v, w)
    square = uu * vv - uv * uv
    if square > 1e-12 * uu * vv:
        x, y = (uv * vw - vv * uw) / square, (uu * vw - uv * uw) / square
        if 0.0 <= x <= 1.0 and 0.0 <= y <= 1.0:
            apart = w + x * u - y * v
            return math.sqrt(np.dot(apart, apart))
    found: float = min(
        min(_from_side(p, r, s), _from_side(q, r, s)), min(_from_side(r, p, q), _from_side(s, p, q))
    )
    return found


@compiled
def _from_side(x: NDArray[np.float64], p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    way = q - p
    squared = np.dot(way, way)
    along = 0.0 if squared == 0.0 else min(max(np.dot(x - p, way) / squared, 0.0), 1.0)
    apart = p + along * way - x
    return math.sqrt(np.dot(apart, apart))
