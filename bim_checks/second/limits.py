"""Limit surfaces written anew from their definitions: their height at a point, and what a triangle cannot rise above them by."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.second.rings import distances, lie_inside, sides_of
from cim.compiled import compiled


class Surface(Protocol):
    """A height a point in plan, orthogonal, metres."""

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights, shape (N,), at points, shape (N, 2) or (N, 3)."""
        ...

    def roughly(self, pieces: NDArray[np.float64]) -> NDArray[np.float64]:
        """What no point of each triangle, shape (P, 3, 3), rises above it by; cheap."""
        ...

    def closely(self, pieces: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same, the nearer to the truth the smaller the triangles."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Inclined:
    """The plane through three points, shape (3, 3): easting, northing, height, metres."""

    points: NDArray[np.float64]

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """As for `Surface`."""
        a, b, c = self.points
        normal = np.cross(b - a, c - a)
        found: NDArray[np.float64] = a[2] - (points[:, :2] - a[:2]) @ normal[:2] / normal[2]
        return found

    def roughly(self, pieces: NDArray[np.float64]) -> NDArray[np.float64]:
        """Exact: over a plane a corner rises highest."""
        corners = pieces.reshape(-1, 3)
        return np.asarray((corners[:, 2] - self.at(corners)).reshape(-1, 3).max(axis=1))

    def closely(self, pieces: NDArray[np.float64]) -> NDArray[np.float64]:
        """As `roughly`."""
        return self.roughly(pieces)


def level(height: float) -> Inclined:
    """The same height everywhere, metres."""
    return Inclined(np.array([[0.0, 0.0, height], [1.0, 0.0, height], [0.0, 1.0, height]]))


@dataclass(frozen=True, eq=False)
class Rising:
    """Height ``start + slope (distance - offset)``, at most `cap`, over the plan distance from something; that is 0 inside a polygon.

    Attributes:
        source: point, line or polygon, metres.
        start, offset, cap: metres; `cap` None where nothing caps it.
        slope: metres a metre, 0 or more.
    """

    source: BaseGeometry
    start: float
    slope: float
    offset: float = 0.0
    cap: float | None = None

    @cached_property
    def _sides(self) -> NDArray[np.float64]:
        return sides_of(self.source)

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """As for `Surface`."""
        flat = points[:, :2]
        return self._height(np.where(self._holds(flat), 0.0, distances(flat, self._sides)))

    def roughly(self, pieces: NDArray[np.float64]) -> NDArray[np.float64]:
        """The top of each triangle above the height where its box is nearest to that of the source."""
        corners, plan = self._sides.reshape(-1, 2), pieces[:, :, :2]
        low, high = corners.min(axis=0), corners.max(axis=0)
        gap = np.maximum(np.maximum(low - plan.max(axis=1), plan.min(axis=1) - high), 0.0)
        top: NDArray[np.float64] = pieces[:, :, 2].max(axis=1)
        return top - self._height(np.hypot(gap[:, 0], gap[:, 1]))

    def closely(self, pieces: NDArray[np.float64]) -> NDArray[np.float64]:
        """The highest corner above a tangent plane: the distance from a straight side nowhere grows less than its tangent."""
        top = pieces[:, :, 2].max(axis=1)
        middles = pieces[:, :, :2].mean(axis=1)
        found = np.full(len(pieces), -math.inf)
        if len(pieces):
            _over_tangents(np.ascontiguousarray(pieces), middles, self._sides, self.slope, found)
        found -= self.start - self.slope * self.offset
        if self.source.area > 0.0:
            reach = np.linalg.norm(pieces[:, :, :2] - middles[:, None], axis=2).max(axis=1)
            may = self._holds(middles) | (distances(middles, self._sides) <= reach)
            found[may] = np.maximum(found, top - self.start + self.slope * self.offset)[may]
        return found if self.cap is None else np.maximum(found, top - self.cap)

    def _holds(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        if self.source.area == 0.0:
            return np.zeros(len(points), dtype=np.bool_)
        return lie_inside(points, self._sides)

    def _height(self, away: NDArray[np.float64]) -> NDArray[np.float64]:
        height: NDArray[np.float64] = self.start + self.slope * (away - self.offset)
        return height if self.cap is None else np.minimum(height, self.cap)


@compiled
def _over_tangents(
    pieces: NDArray[np.float64],
    middles: NDArray[np.float64],
    sides: NDArray[np.float64],
    slope: float,
    found: NDArray[np.float64],
) -> None:
    for n in range(pieces.shape[0]):
        x, y = middles[n, 0], middles[n, 1]
        for k in range(sides.shape[0]):
            px, py = sides[k, 0, 0], sides[k, 0, 1]
            dx, dy = sides[k, 1, 0] - px, sides[k, 1, 1] - py
            squared = dx * dx + dy * dy
            along = 0.0 if squared == 0.0 else ((x - px) * dx + (y - py) * dy) / squared
            along = min(max(along, 0.0), 1.0)
            ex, ey = x - px - along * dx, y - py - along * dy
            away = math.hypot(ex, ey)
            for i in range(3):
                more = 0.0
                if away > 0.0:
                    more = (ex * (pieces[n, i, 0] - x) + ey * (pieces[n, i, 1] - y)) / away
                found[n] = max(found[n], pieces[n, i, 2] - slope * (away + more))
