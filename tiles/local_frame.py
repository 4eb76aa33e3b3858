"""The tangent frame a tileset is written in: east, north, up at a point of the city."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim.city_frame import CityFrame


@dataclass(frozen=True, slots=True, eq=False)
class LocalFrame:
    """Metres east, north and up of an origin; the root transform takes them to the globe.

    Attributes:
        frame: the city's projected frame.
        transform: shape (4, 4), local -> EPSG:4978.
        turn: shape (3, 3), directions of the projected frame -> local. It carries the meridian convergence
            at the origin; across a city the rest changes by less than a thousandth, which only normals use.
    """

    frame: CityFrame
    transform: NDArray[np.float64]
    turn: NDArray[np.float64]

    @staticmethod
    def at(frame: CityFrame, origin: NDArray[np.float64]) -> LocalFrame:
        """The frame at a projected point, shape (3,)."""
        transform = frame.east_north_up(origin)
        jacobian = frame.ecef_jacobian(origin[None, :])[0]
        return LocalFrame(frame, transform, transform[:3, :3].T @ jacobian)

    def from_projected(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Projected points, shape (N, 3), to local metres: exactly, vertex by vertex."""
        if not len(points):
            return points
        return (self.frame.to_ecef(points) - self.transform[:3, 3]) @ self.transform[:3, :3]

    def directions(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Directions of the projected frame, shape (N, 3), to local unit vectors."""
        return unit(vectors @ self.turn.T)


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vectors of shape (N, 3) made one long; up where they have no length."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    safe = np.where(lengths > 0.0, lengths, 1.0)
    return np.where(lengths > 0.0, vectors / safe, [0.0, 0.0, 1.0])
