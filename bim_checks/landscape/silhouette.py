"""What rises behind a landmark, as its viewers see it: in the sky above its silhouette, column by column.

A column counts where the scheme stands behind the landmark and rises above it, and above everything else that stands: what a
hill behind already backs is not seen against the sky.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.context import Context
from bim_checks.landscape.eye import Columns, Eye, sector
from bim_checks.landscape.landmark import body_of
from bim_checks.landscape.skyline import Skyline, skyline_of
from bim_checks.landscape.surface import Surface
from cim.city import Landmark

STEP = math.radians(0.001)  # of a column, or a two-hundredth of the landmark where that is less
FEWEST = 200  # columns over a landmark


@dataclass(frozen=True, slots=True, eq=False)
class Silhouette:
    """A landmark's silhouette and what a scheme does behind it.

    Attributes:
        columns: over the landmark.
        limits: shape (count,), tangent of the elevation up to which the scheme may reach: of the landmark, or of what stands behind
            it already where that is higher.
        scheme: of the scheme's bodies behind the landmark.
        excess: shape (count,), metres by which these rise above it; negative is room left; NaN where none of them is.
    """

    columns: Columns
    limits: NDArray[np.float64]
    scheme: Skyline
    excess: NDArray[np.float64]

    @property
    def degrees(self) -> float:
        """Azimuth over which the scheme appears above the silhouette."""
        with np.errstate(invalid="ignore"):
            return float((self.excess > 0.0).sum() * np.degrees(self.columns.step))

    def resolution(self, column: int) -> float:
        """Half of what the limit changes to the columns beside one, metres there: so much lower it may be between them."""
        beside = self.limits[max(column - 1, 0) : column + 2]
        return float(np.ptp(beside) / 2.0 * self.scheme.distances[column])


def silhouette_of(
    landmark: Landmark, eye: Eye, context: Context, scheme: Surface, bodies: int
) -> Silhouette | None:
    """A landmark's silhouette, and the scheme behind it.

    Args:
        landmark: looked at.
        eye: looked from.
        context: what stands around.
        scheme: prepared.
        bodies: how many bodies the scheme has.

    Returns:
        None where nothing of the scheme stands behind the landmark.
    """
    body = body_of(landmark, context)
    columns = _columns(eye, body.vertices)
    own = skyline_of(body, eye, columns)
    nearer = _nearer(scheme, eye, bodies, float(np.nanmax(own.distances)))
    built = skyline_of(scheme, eye, columns, without=nearer)
    behind = np.isfinite(own.tangents) & np.isfinite(built.tangents)
    if not behind.any():
        return None
    limits = np.maximum(own.tangents, context.skyline(eye, columns).tangents)
    with np.errstate(invalid="ignore"):
        excess = np.where(behind, (built.tangents - limits) * built.distances, np.nan)
    return Silhouette(columns, limits, built, excess)


def _columns(eye: Eye, vertices: NDArray[np.float64]) -> Columns:
    points = eye.apparent(vertices)
    azimuth = np.arctan2(points[:, 0], points[:, 1])
    turned = np.angle(np.exp(1j * (azimuth - azimuth[0])))
    width = float(turned.max() - turned.min())
    middle = float(azimuth[0] + (turned.max() + turned.min()) / 2.0)
    return sector(middle, width, min(STEP, width / FEWEST))


def _nearer(scheme: Surface, eye: Eye, bodies: int, landmark: float) -> NDArray[np.bool_]:
    """Which bodies reach nearer to the eye than the landmark's silhouette; shape (bodies,)."""
    away = np.hypot(*(scheme.vertices[:, :2] - np.array(eye.position[:2])).T)
    nearest = np.full(bodies, np.inf)
    np.minimum.at(nearest, scheme.owners, away[scheme.faces].min(axis=1))
    found: NDArray[np.bool_] = nearest <= landmark
    return found
