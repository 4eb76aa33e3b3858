"""The exact least distance between two sets of triangles, and where it is.

Two triangles are nearest at two edges, at a corner of one over the face of the other, or they meet. Pairs are looked at in the
order of the distance of their boxes, until boxes are farther apart than what was found.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BATCH = 4096  # pairs of triangles measured at a time
CHUNK = 2_000_000  # pairs of boxes compared at a time
PARALLEL = 1e-14  # relative; edges whose directions differ less have no single nearest pair
EDGES = ((0, 1), (1, 2), (2, 0))


def triangle_gap(
    ours: NDArray[np.float64], theirs: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """The least distance between two sets of triangles.

    Args:
        ours: shape (M, 3, 3), metres, M at least 1.
        theirs: shape (N, 3, 3), metres, N at least 1.

    Returns:
        The distance, metres, and the nearest points, ours first, shape (2, 3).
    """
    middle = theirs.reshape(-1, 3).mean(axis=0)
    a, b = ours - middle, theirs - middle
    best, points = np.inf, np.zeros((2, 3))
    rows = max(CHUNK // len(b), 1)
    bounds = _box_gaps(_boxes(a), _whole(b))[:, 0]
    order = np.argsort(bounds, kind="stable")
    for first in range(0, len(order), rows):
        chunk = order[first : first + rows]
        if bounds[chunk[0]] >= best:
            break
        best, points = _least(a[chunk], b, best, points)
    return float(best), points + middle


def _least(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    best: float,
    points: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64]]:
    bounds = _box_gaps(_boxes(a), _boxes(b)).reshape(-1)
    near = np.flatnonzero(bounds < best)
    near = near[np.argsort(bounds[near], kind="stable")]
    for first in range(0, len(near), BATCH):
        pairs = near[first : first + BATCH]
        if bounds[pairs[0]] >= best:
            break
        gaps, ends = _pair_gaps(a[pairs // len(b)], b[pairs % len(b)])
        nearest = int(np.argmin(gaps))
        if gaps[nearest] < best:
            best, points = float(gaps[nearest]), ends[nearest]
    return best, points


def _boxes(triangles: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([triangles.min(axis=1), triangles.max(axis=1)], axis=1)


def _whole(triangles: NDArray[np.float64]) -> NDArray[np.float64]:
    corners = triangles.reshape(-1, 3)
    return np.stack([corners.min(axis=0), corners.max(axis=0)])[None]


def _box_gaps(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances of boxes, shapes (M, 2, 3) and (N, 2, 3), as (M, N)."""
    apart = np.maximum(a[:, None, 0] - b[None, :, 1], b[None, :, 0] - a[:, None, 1])
    gaps: NDArray[np.float64] = np.sqrt((np.maximum(apart, 0.0) ** 2).sum(axis=2))
    return gaps


def _pair_gaps(
    a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances of P pairs of triangles, and their nearest points, shape (P, 2, 3)."""
    ends = [_edge_edge(a[:, [i, j]], b[:, [k, m]]) for i, j in EDGES for k, m in EDGES]
    ends += [_corner_face(a[:, i], b) for i in range(3)]
    ends += [_corner_face(b[:, i], a)[:, ::-1] for i in range(3)]
    ends += [_edge_through(a[:, [i, j]], b) for i, j in EDGES]
    ends += [_edge_through(b[:, [i, j]], a) for i, j in EDGES]
    points = np.stack(ends, axis=1)
    gaps = np.linalg.norm(points[:, :, 1] - points[:, :, 0], axis=2)
    gaps = np.where(np.isnan(gaps), np.inf, gaps)
    row, least = np.arange(len(a)), gaps.argmin(axis=1)
    return gaps[row, least], points[row, least]


def _edge_edge(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nearest points of pairs of segments, shapes (P, 2, 3)."""
    u, v, w = a[:, 1] - a[:, 0], b[:, 1] - b[:, 0], a[:, 0] - b[:, 0]
    uu, vv, uv, uw, vw = (_dot(u, u), _dot(v, v), _dot(u, v), _dot(u, w), _dot(v, w))
    determinant = uu * vv - uv * uv
    slanting = determinant > PARALLEL * uu * vv
    s = np.where(slanting, (uv * vw - vv * uw) / np.where(slanting, determinant, 1.0), 0.0)
    s = np.clip(s, 0.0, 1.0)
    t = np.clip((uv * s + vw) / np.where(vv > 0.0, vv, 1.0), 0.0, 1.0)
    s = np.clip((uv * t - uw) / np.where(uu > 0.0, uu, 1.0), 0.0, 1.0)
    return np.stack([a[:, 0] + s[:, None] * u, b[:, 0] + t[:, None] * v], axis=1)


def _corner_face(points: NDArray[np.float64], faces: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points and their feet on the planes of faces, shape (P, 2, 3); NaN where the foot is outside."""
    normals = _normals(faces)
    height = _dot(points - faces[:, 0], normals)
    feet = points - height[:, None] * normals
    outside = ~_inside(feet, faces, normals)
    return np.stack([points, np.where(outside[:, None], np.nan, feet)], axis=1)


def _edge_through(edges: NDArray[np.float64], faces: NDArray[np.float64]) -> NDArray[np.float64]:
    """The point where segments go through faces, twice, shape (P, 2, 3); NaN where they do not."""
    normals = _normals(faces)
    first, last = (_dot(edges[:, i] - faces[:, 0], normals) for i in (0, 1))
    crossing = first * last < 0.0
    share = first / np.where(crossing, first - last, 1.0)
    hit = edges[:, 0] + share[:, None] * (edges[:, 1] - edges[:, 0])
    through = crossing & _inside(hit, faces, normals)
    hit = np.where(through[:, None], hit, np.nan)
    return np.stack([hit, hit], axis=1)


def _normals(faces: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit normals; zero for faces without an area."""
    normals = np.cross(faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    unit: NDArray[np.float64] = normals / np.where(lengths > 0.0, lengths, 1.0)[:, None]
    return unit


def _inside(
    points: NDArray[np.float64], faces: NDArray[np.float64], normals: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether points on the planes of faces lie within them; never for a face without an area."""
    inside = _dot(normals, normals) > 0.0
    for i, j in EDGES:
        side: NDArray[np.float64] = np.cross(
            faces[:, j] - faces[:, i], points - faces[:, i]
        ).astype(np.float64)
        inside &= _dot(side, normals) >= 0.0
    return inside


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    product: NDArray[np.float64] = np.einsum("ij,ij->i", a, b)
    return product
