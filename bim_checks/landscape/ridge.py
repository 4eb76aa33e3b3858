"""A ridge line as an eye sees it, and how much of it a scheme hides.

The ridge is the stored legal polyline: metres taken from the apparent skyline instead grow without limit as the step
shrinks, for it jumps from spur to spur.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.eye import Columns, Eye, sector
from bim_checks.landscape.skyline import Skyline


@dataclass(frozen=True, slots=True, eq=False)
class RidgeLine:
    """A polyline looked at along columns.

    Attributes:
        columns: where.
        tangents: shape (count,), tangent of its elevation angle; NaN where no column meets it.
        distances: shape (count,), horizontal metres from the eye.
        metres: shape (count,), metres of the polyline that lie within each column.
    """

    columns: Columns
    tangents: NDArray[np.float64]
    distances: NDArray[np.float64]
    metres: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class HiddenRidge:
    """What a scheme hides of a ridge.

    Attributes:
        columns: looked along.
        seen_before: shape (count,), where the ridge is seen before the scheme.
        hidden: shape (count,), where it is seen before and not after.
        degrees_before, degrees: azimuth seen before, and newly hidden, degrees.
        metres_before, metres: along the polyline, the same.
    """

    columns: Columns
    seen_before: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    degrees_before: float
    degrees: float
    metres_before: float
    metres: float

    @property
    def share(self) -> float:
        """Of the metres seen before, hidden, 0..1; 0 when none were seen."""
        return self.metres / self.metres_before if self.metres_before > 0.0 else 0.0


def columns_over(eye: Eye, vertices: NDArray[np.float64], step: float) -> Columns:
    """Columns over a polyline, less than a half-circle wide.

    Args:
        eye: looked from.
        vertices: shape (K, 3), metres, projected frame.
        step: from one column to the next, radians.
    """
    offset = vertices[:, :2] - np.array(eye.position[:2])
    azimuth = np.arctan2(offset[:, 0], offset[:, 1])
    turned = np.angle(np.exp(1j * (azimuth - azimuth[0])))
    low, high = float(turned.min()), float(turned.max())
    return sector(float(azimuth[0]) + (low + high) / 2.0, high - low, step)


def ridge_line(eye: Eye, vertices: NDArray[np.float64], columns: Columns) -> RidgeLine:
    """Where columns meet a polyline first.

    Args:
        eye: looked from.
        vertices: shape (K, 3), metres, projected frame; K at least 2.
        columns: looked along.
    """
    seen = eye.apparent(vertices.astype(np.float64))
    azimuths = columns.azimuths
    sines, cosines = np.sin(azimuths), np.cos(azimuths)
    tangents = np.full(columns.count, np.nan)
    distances = np.full(columns.count, np.inf)
    metres = np.zeros(columns.count)
    for p, q in itertools.pairwise(seen):
        aside_p, aside_q = (v[0] * cosines - v[1] * sines for v in (p, q))
        ahead_p, ahead_q = (v[0] * sines + v[1] * cosines for v in (p, q))
        crossing = aside_p * aside_q <= 0.0
        span = np.where(aside_p == aside_q, 1.0, aside_p - aside_q)
        share = np.clip(aside_p / span, 0.0, 1.0)
        distance = ahead_p + share * (ahead_q - ahead_p)
        nearer = crossing & (distance > 0.0) & (distance < distances)
        distances = np.where(nearer, distance, distances)
        with np.errstate(divide="ignore", invalid="ignore"):
            tangents = np.where(nearer, (p[2] + share * (q[2] - p[2])) / distance, tangents)
        # d/d(azimuth) of the crossing point, along the segment in plan.
        length = float(np.hypot(*(q[:2] - p[:2])))
        moment = abs(float(p[0] * q[1] - p[1] * q[0]))
        if moment > 0.0:
            metres = np.where(nearer, distance**2 * length / moment * columns.step, metres)
    distances = np.where(np.isfinite(distances), distances, np.nan)
    return RidgeLine(columns, tangents, distances, metres)


def hidden_ridge(ridge: RidgeLine, before: Skyline, scheme: Skyline) -> HiddenRidge:
    """How much of a ridge a scheme hides.

    Args:
        ridge: looked at along the columns of both skylines.
        before: of what stands in front of the ridge, without the ridge's own hill.
        scheme: of the scheme's bodies in front of the ridge.
    """
    there = np.isfinite(ridge.tangents)
    seen = there & (before.tangents < ridge.tangents)
    hidden = seen & (scheme.tangents >= ridge.tangents)
    step = np.degrees(ridge.columns.step)
    return HiddenRidge(
        columns=ridge.columns,
        seen_before=seen,
        hidden=hidden,
        degrees_before=float(seen.sum() * step),
        degrees=float(hidden.sum() * step),
        metres_before=float(ridge.metres[seen].sum()),
        metres=float(ridge.metres[hidden].sum()),
    )
