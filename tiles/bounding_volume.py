"""Bounding volumes: boxes along the axes of the tileset's local frame (east, north, up)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Decoding quantized vertices rounds; boxes are drawn this much wider than the exact geometry.
BOX_MARGIN = 1e-3  # m

Corner = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned box, metres, in the local frame of its tileset.

    Attributes:
        low: its lowest corner.
        high: its highest corner.
    """

    low: Corner
    high: Corner

    @staticmethod
    def around(points: NDArray[np.float64], margin: float = 0.0) -> Box:
        """The smallest box around points of shape (N, 3), N > 0, widened by a margin in metres."""
        return Box(_corner(points.min(axis=0) - margin), _corner(points.max(axis=0) + margin))

    @staticmethod
    def union(boxes: Iterable[Box]) -> Box:
        """The smallest box around at least one box."""
        listed = list(boxes)
        return Box(
            _corner(np.min([box.low for box in listed], axis=0)),
            _corner(np.max([box.high for box in listed], axis=0)),
        )

    @staticmethod
    def from_json(numbers: Sequence[float]) -> Box:
        """The inverse of `to_json`.

        Raises:
            ValueError: not twelve numbers, or a box that does not lie along the axes.
        """
        values = np.array(numbers, dtype=np.float64)
        if values.shape != (12,) or not np.isfinite(values).all():
            raise ValueError("a bounding box has twelve finite numbers")
        axes = values[3:].reshape(3, 3)
        if np.any(axes != np.diag(np.diag(axes))):
            raise ValueError("a box of these tilesets lies along the axes of the local frame")
        half = np.abs(np.diag(axes))
        return Box(_corner(values[:3] - half), _corner(values[:3] + half))

    def to_json(self) -> list[float]:
        """As 3D Tiles writes it: centre, then the half-axes x, y, z."""
        half = self.size / 2.0
        return [*self.centre.tolist(), *np.diag(half).ravel().tolist()]

    @property
    def centre(self) -> NDArray[np.float64]:
        """Shape (3,), metres."""
        return (np.array(self.low, np.float64) + np.array(self.high, np.float64)) / 2.0

    @property
    def size(self) -> NDArray[np.float64]:
        """Length of the sides, shape (3,), metres."""
        return np.array(self.high, np.float64) - np.array(self.low, np.float64)

    @property
    def diagonal(self) -> float:
        """Metres."""
        return float(np.linalg.norm(self.size))

    def contains(self, points: NDArray[np.float64], slack: float = 0.0) -> bool:
        """Whether every point of shape (N, 3) lies inside, up to a slack in metres."""
        above = points >= np.array(self.low) - slack
        below = points <= np.array(self.high) + slack
        return bool(above.all() and below.all())

    def encloses(self, other: Box, slack: float = 0.0) -> bool:
        """Whether another box lies inside, up to a slack in metres."""
        return self.contains(np.array([other.low, other.high]), slack)


def _corner(values: NDArray[np.float64]) -> Corner:
    x, y, z = values.tolist()
    return x, y, z
