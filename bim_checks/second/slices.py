"""Triangles cut to what lies between two heights, as rings of corners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bim_checks.second.edges import clip
from cim.compiled import compiled

CORNERS = 5  # most that a triangle has between two planes


@dataclass(frozen=True, slots=True, eq=False)
class Slices:
    """What is left of triangles between two heights.

    Attributes:
        rings: shape (R, 5, 3), metres; the last corner is repeated where there are fewer.
        owners: which body each is of, shape (R,).
    """

    rings: NDArray[np.float64]
    owners: NDArray[np.int64]

    @property
    def corners(self) -> NDArray[np.float64]:
        """Of all rings, shape (5 R, 3), some repeated."""
        return self.rings.reshape(-1, 3)

    @property
    def edges(self) -> NDArray[np.float64]:
        """Of all rings, shape (5 R, 2, 3); those of no length are left in."""
        return np.stack([self.rings, np.roll(self.rings, -1, axis=1)], axis=2).reshape(-1, 2, 3)

    def of(self, chosen: NDArray[np.bool_]) -> Slices:
        """Some of them, by a mask of shape (R,)."""
        return Slices(self.rings[chosen], self.owners[chosen])


def slices_between(
    triangles: NDArray[np.float64], owners: NDArray[np.int64], low: float, high: float
) -> Slices:
    """What of triangles lies between two heights.

    Args:
        triangles: shape (M, 3, 3), metres.
        owners: which body each is of, shape (M,).
        low: metres; may be infinite.
        high: the same.
    """
    bottom, top = reaches(triangles[:, :, 2])
    there = np.flatnonzero((top >= low) & (bottom <= high))
    cut = (bottom[there] < low) | (top[there] > high)
    triangles, owners = triangles[there], owners[there]
    rings = triangles[:, [0, 1, 2, 2, 2]]
    kept = np.ones(len(triangles), dtype=np.bool_)
    if cut.any():
        found, still = rings[cut], kept[cut]
        _slice(np.ascontiguousarray(triangles[cut]), low, high, found, still)
        rings[cut], kept[cut] = found, still
    return Slices(rings, owners) if kept.all() else Slices(rings[kept], owners[kept])


def reaches(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and greatest of each row, shape (M,), of a few columns; several times as fast as along a short axis."""
    least, most = values[:, 0], values[:, 0]
    for k in range(1, values.shape[1]):
        least, most = np.minimum(least, values[:, k]), np.maximum(most, values[:, k])
    return least, most


def starts_of(owners: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each body begins, where those of one follow each other."""
    return np.flatnonzero(np.diff(owners, prepend=-1))


@compiled
def _slice(
    triangles: NDArray[np.float64],
    low: float,
    high: float,
    rings: NDArray[np.float64],
    kept: NDArray[np.bool_],
) -> None:
    ring, spare = np.zeros((8, 3)), np.zeros((8, 3))
    for m in range(triangles.shape[0]):
        for k in range(3):
            ring[k] = triangles[m, k]
        count = clip(ring, 3, spare, low, 1.0)
        count = clip(spare, count, ring, high, -1.0)
        kept[m] = count > 0
        for k in range(rings.shape[1]):
            if count > 0:
                rings[m, k] = ring[min(k, count - 1)]
