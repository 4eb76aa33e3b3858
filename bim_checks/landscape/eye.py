"""The eye of a viewpoint, and how the Earth's curve and the air's refraction lower what is far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS = 6_371_000.0  # m, mean
REFRACTION = 0.13  # coefficient k of terrestrial refraction, the value surveyors take by day


@dataclass(frozen=True, slots=True)
class Eye:
    """Where somebody looks from.

    Attributes:
        position: easting, northing, orthogonal height of the eye itself, metres.
        refraction: coefficient k; 0 for straight light over a curved Earth.
    """

    position: tuple[float, float, float]
    refraction: float = REFRACTION

    def drop(self, distance: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much lower a point appears at a horizontal distance: (1 - k) d^2 / 2R, metres."""
        per_square = (1.0 - self.refraction) / (2.0 * EARTH_RADIUS)
        lowered: NDArray[np.float64] = per_square * distance**2
        return lowered

    def apparent(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points as they appear from the eye, as if light ran straight over a flat Earth.

        Args:
            points: shape (N, 3), easting, northing, orthogonal height, metres.

        Returns:
            Shape (N, 3), east, north and up from the eye, metres.
        """
        seen = points - np.array(self.position, dtype=np.float64)
        seen[:, 2] -= self.drop(np.hypot(seen[:, 0], seen[:, 1]))
        return seen


@dataclass(frozen=True, slots=True)
class Columns:
    """Vertical half-planes through the eye, evenly spaced in azimuth.

    Attributes:
        start: azimuth of the left edge of the first column, radians clockwise from grid north.
        step: from one column to the next, radians.
        count: how many.
    """

    start: float
    step: float
    count: int

    @property
    def azimuths(self) -> NDArray[np.float64]:
        """Of the middle of each column, shape (count,), radians clockwise from grid north."""
        return np.asarray(self.start + (np.arange(self.count) + 0.5) * self.step, dtype=np.float64)

    @property
    def is_circle(self) -> bool:
        """Whether they go all the way round."""
        return abs(self.count * self.step - 2.0 * np.pi) < 1e-9


def all_round(count: int) -> Columns:
    """So many columns over the whole horizon, the first beginning at grid north."""
    return Columns(0.0, 2.0 * np.pi / count, count)


def sector(centre: float, width: float, step: float) -> Columns:
    """Columns over a part of the horizon.

    Args:
        centre: azimuth of its middle, radians.
        width: at least this wide, radians.
        step: from one column to the next, radians.
    """
    count = max(int(np.ceil(width / step - 1e-9)), 1)
    return Columns(centre - count * step / 2.0, step, count)
