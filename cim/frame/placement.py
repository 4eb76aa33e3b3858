"""Engineering CRS to the city's frame, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim.city_frame import CityFrame
from cim.mesh import transform_points


@dataclass(frozen=True, slots=True)
class Placement:
    """Engineering CRS -> the city's projected frame: rotate, scale, shift (ISO 19111 / IFC4 8.18.3.10).

    Attributes:
        eastings, northings, orthogonal_height: where the engineering origin lands, metres.
        rotation: from grid east to the engineering x axis, radians, counter-clockwise.
        scale: map metres per engineering metre in plan (heights are never scaled).
        frame: the city's frame.
    """

    eastings: float
    northings: float
    orthogonal_height: float
    rotation: float
    scale: float
    frame: CityFrame

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Shape (4, 4), engineering metres -> easting, northing, orthogonal height."""
        c, s = math.cos(self.rotation) * self.scale, math.sin(self.rotation) * self.scale
        return np.array(
            [
                [c, -s, 0.0, self.eastings],
                [s, c, 0.0, self.northings],
                [0.0, 0.0, 1.0, self.orthogonal_height],
                [0.0, 0.0, 0.0, 1.0],
            ],
            dtype=np.float64,
        )

    def to_projected(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Engineering points, shape (N, 3), to easting, northing, orthogonal height, metres."""
        return transform_points(self.matrix, points)

    def to_engineering(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inverse of `to_projected`."""
        return transform_points(np.linalg.inv(self.matrix).astype(np.float64), points)

    def to_ecef(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Engineering points, shape (N, 3), to EPSG:4978, metres."""
        return self.frame.to_ecef(self.to_projected(points))
