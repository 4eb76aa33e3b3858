"""A city's own coordinate grid, by the parameters its survey office has given out.

Such parameters are user data. They are never guessed, and their residuals travel with every position made through them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LocalGrid:
    """Local easting and northing to those of the city's projected CRS.

    Attributes:
        names: what files call it; compared without regard to letter case and outer blanks.
        coefficients: a, b, c, d, e, f of E = a + b x + c y, N = d + e x + f y, metres.
        residual: largest residual of the parameters' check points, metres.
        source: who gave the parameters out.
    """

    names: tuple[str, ...]
    coefficients: tuple[float, float, float, float, float, float]
    residual: float
    source: str

    def is_called(self, name: str) -> bool:
        """Whether a file that says `name` means this grid."""
        return name.strip().casefold() in {own.strip().casefold() for own in self.names}

    def apply(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Local points, shape (N, 2), to the city's projected CRS, metres."""
        a, b, c, d, e, f = self.coefficients
        x, y = points.T
        return np.column_stack([a + b * x + c * y, d + e * x + f * y])


def local_grid(entry: Mapping[str, Any]) -> LocalGrid:
    """One entry of ``local_grids`` in ``city.yaml``.

    It has ``names``, ``residual`` (m), ``source`` and either ``helmert`` (``shift_easting``, ``shift_northing`` in metres,
    ``rotation_degrees`` counter-clockwise, ``scale``) or ``affine`` (the six coefficients).

    Raises:
        KeyError: something is missing.
        ValueError: a number is none, or the parameters fold the plane.
    """
    if "helmert" in entry:
        given = entry["helmert"]
        turn = math.radians(float(given["rotation_degrees"]))
        c, s = (float(given["scale"]) * f(turn) for f in (math.cos, math.sin))
        east, north = float(given["shift_easting"]), float(given["shift_northing"])
        values = (east, c, -s, north, s, c)
    else:
        a, b, c, d, e, f = (float(value) for value in entry["affine"])
        values = (a, b, c, d, e, f)
    if not all(map(math.isfinite, values)) or values[1] * values[5] - values[2] * values[4] <= 0.0:
        reason = f"local grid {entry['names']}: the parameters turn the plane over"
        raise ValueError(reason)
    return LocalGrid(
        names=tuple(str(name) for name in entry["names"]),
        coefficients=values,
        residual=float(entry["residual"]),
        source=str(entry["source"]),
    )
