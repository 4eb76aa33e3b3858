"""Bodies by their triangles: their boxes, which come near a place, which are closed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bim_checks.scheme import Scheme
from bim_checks.second.slices import starts_of

OPEN = 1e-6  # of the area of all faces, and m2; those of a closed body look as much one way as the other but for rounding

Box = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Lowest and highest corners, shape (B, 3) each, or (3,), metres."""


def body_boxes(scheme: Scheme) -> Box:
    """The box of every body, by the index of its outline."""
    return scheme.once(body_boxes, lambda: _boxes(scheme))


def triangles_near(
    scheme: Scheme, sides: NDArray[np.float64], reach: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Triangles whose boxes come near the box of some sides in plan, and their owners.

    Args:
        scheme: the placed building.
        sides: shape (K, 2, 2), metres.
        reach: metres.
    """
    triangles, owners = scheme.all_triangles
    low, high = scheme.triangle_boxes
    least, most = sides.min(axis=(0, 1)), sides.max(axis=(0, 1))
    aside, ahead = (
        np.maximum(np.maximum(least[k] - high[:, k], low[:, k] - most[k]), 0.0) for k in (0, 1)
    )
    near = np.flatnonzero(aside * aside + ahead * ahead <= reach * reach)
    return triangles[near], owners[near]


def triangles_of(
    scheme: Scheme, bodies: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Triangles of some bodies, by the indices of their outlines, and their owners."""
    triangles, owners = scheme.all_triangles
    chosen = np.zeros(len(scheme.outlines), dtype=np.bool_)
    chosen[bodies] = True
    if chosen.all():
        return triangles, owners
    at = np.flatnonzero(chosen[owners])
    return triangles[at], owners[at]


def are_torn(scheme: Scheme) -> NDArray[np.bool_]:
    """Which bodies are no closed ones, by the index of their outline."""
    return scheme.once(are_torn, lambda: _torn(scheme))


def _boxes(scheme: Scheme) -> Box:
    low, high = scheme.triangle_boxes
    starts = starts_of(scheme.all_triangles[1])
    if not len(starts):
        return low, high
    return np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)


def _torn(scheme: Scheme) -> NDArray[np.bool_]:
    triangles, owners = scheme.all_triangles
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    sums = np.stack([np.bincount(owners, normals[:, k]) for k in range(3)], axis=1)
    total = np.bincount(owners, np.linalg.norm(normals, axis=1))
    return np.asarray(np.linalg.norm(sums, axis=1) > OPEN * (total + 1.0))
