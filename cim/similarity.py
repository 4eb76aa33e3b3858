"""The turn, scale and shift in the plane that fits pairs of points best (Helmert, four parameters)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Similarity:
    """Target = shift + scale * R(rotation) * source.

    Attributes:
        shift: shape (2,), where the source's origin lands, metres.
        rotation: radians, counter-clockwise.
        scale: target metres per source metre.
        residuals: shape (N,), distance of each pair's target from where its source lands, metres.
    """

    shift: NDArray[np.float64]
    rotation: float
    scale: float
    residuals: NDArray[np.float64]

    def apply(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Source points, shape (N, 2), to target."""
        c, s = self.scale * np.cos(self.rotation), self.scale * np.sin(self.rotation)
        turned: NDArray[np.float64] = points @ np.array([[c, s], [-s, c]]) + self.shift
        return turned


def fit_similarity(
    source: NDArray[np.float64], target: NDArray[np.float64], *, scale: float | None = None
) -> Similarity:
    """Least squares over all pairs.

    Args:
        source: shape (N, 2), N >= 2, not all the same point, metres.
        target: shape (N, 2), where each should land, metres.
        scale: hold the scale at this; None fits it too.

    Raises:
        ValueError: all source points are the same.

    >>> fit = fit_similarity(np.array([[0.0, 0.0], [10.0, 0.0]]), np.array([[5.0, 5.0], [5.0, 15.0]]))
    >>> round(float(np.degrees(fit.rotation)), 9), round(fit.scale, 9)
    (90.0, 1.0)
    """
    source_middle, target_middle = source.mean(axis=0), target.mean(axis=0)
    a = (source - source_middle) @ np.array([1.0, 1.0j])
    b = (target - target_middle) @ np.array([1.0, 1.0j])
    spread = float(np.vdot(a, a).real)
    if spread == 0.0:
        raise ValueError("all source points are the same")
    factor = np.vdot(a, b) / spread
    rotation = float(np.angle(factor))
    fitted = float(abs(factor)) if scale is None else scale
    factor = fitted * np.exp(1j * rotation)
    turned = factor * complex(source_middle[0], source_middle[1])
    shift = target_middle - np.array([turned.real, turned.imag])
    return Similarity(
        shift=shift,
        rotation=rotation,
        scale=fitted,
        residuals=np.abs(b - factor * a),
    )
