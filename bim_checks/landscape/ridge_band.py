"""The building-free band below a ridge, seen from one viewpoint.

In every vertical plane through the eye the band reaches from the ridge down by a share of the angle
between ridge and base (Hong Kong Planning Standards ch. 11: 20-30 % below selected ridgelines; the
base is a parameter, for the text leaves it open). Earth curvature and refraction lower what is far:
a point at horizontal distance d appears lower by (1 - k) d^2 / 2R.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.eye import EARTH_RADIUS
from bim_checks.landscape.surface import Surface
from cim.compiled import compiled

EDGE_STEP = (
    0.5  # m; edges are sampled this finely, the limit surface bends by less than 1e-4 m in between
)
SEARCH_DEPTH = (
    5.0  # m; an edge whose ends both lie deeper below the limit than this cannot pierce it
)


@dataclass(frozen=True, slots=True)
class RidgeView:
    """One viewpoint and one ridge.

    Attributes:
        eye: shape (3,), easting, northing, orthogonal height of the eye, metres.
        ridge: shape (K, 3), the legal polyline, metres, K >= 2.
        share: part of the angle from base to ridge that must stay free, 0..1.
        base_elevation: orthogonal height of the base, metres, taken at the ridge's distance.
        refraction: coefficient k.
    """

    eye: NDArray[np.float64]
    ridge: NDArray[np.float64]
    share: float
    base_elevation: float
    refraction: float

    def limit_at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The height that may be reached at points in plan.

        Args:
            points: shape (N, 2) or (N, 3), metres, projected frame.

        Returns:
            Shape (N,), orthogonal height in metres; NaN where the ridge does not stand behind the point.
        """
        offset = points[:, :2] - self.eye[:2]
        distance = np.hypot(offset[:, 0], offset[:, 1])
        ridge_distance, ridge_height = self._ridge_behind(offset)
        up = np.arctan2(ridge_height - self.drop(ridge_distance) - self.eye[2], ridge_distance)
        down = np.arctan2(
            self.base_elevation - self.drop(ridge_distance) - self.eye[2], ridge_distance
        )
        limit = up - self.share * (up - down)
        height = self.eye[2] + distance * np.tan(limit) + self.drop(distance)
        return np.where(distance < ridge_distance, height, np.nan)

    def drop(self, distance: NDArray[np.float64]) -> NDArray[np.float64]:
        """How much lower a point appears at a horizontal distance, metres."""
        return (1.0 - self.refraction) * distance**2 / (2.0 * EARTH_RADIUS)

    def _ridge_behind(
        self, offset: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Distance and height where the ray through each offset first meets the ridge in plan; NaN where it does not."""
        start, span = self.ridge[:-1], np.diff(self.ridge, axis=0)
        found: tuple[NDArray[np.float64], NDArray[np.float64]] = _first_crossing(
            offset, start - [*self.eye[:2], 0.0], span
        )
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Intrusion:
    """How the bodies of a scheme stand to the band.

    Attributes:
        excess: shape (B,), metres by which each body's worst point rises into the band; negative is
            room left; NaN for a body of which nothing stands before the ridge.
        points: shape (B, 3), those worst points, metres, projected frame; NaN where excess is.
        width: azimuth interval over which the scheme pierces the band, radians; 0 when it does not.
    """

    excess: NDArray[np.float64]
    points: NDArray[np.float64]
    width: float


def ridge_intrusion(view: RidgeView, surface: Surface, bodies: int) -> Intrusion:
    """Hold bodies against the band, along their edges.

    Args:
        view: viewpoint, ridge and limits.
        surface: the bodies, metres, projected frame.
        bodies: B, how many bodies there are.
    """
    points, body, excess = _edge_samples(view, surface)
    seen = np.isfinite(excess)
    points, body, excess = points[seen], body[seen], excess[seen]
    # The last sample written to a body wins, so writing in rising order of excess leaves its worst.
    order = np.argsort(excess, kind="stable")
    worst = np.full(bodies, np.nan)
    where = np.full((bodies, 3), np.nan)
    worst[body[order]] = excess[order]
    where[body[order]] = points[order]
    return Intrusion(worst, where, _azimuth_width(points[excess > 0.0], view.eye))


def _edge_samples(
    view: RidgeView, surface: Surface
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.float64]]:
    """All corners and, along the edges that come near the limit, points between; each with its body and its excess."""
    vertices, edges = surface.vertices, surface.edges
    excess = vertices[:, 2] - view.limit_at(vertices)
    owner = np.zeros(len(vertices), dtype=np.int32)
    owner[edges[:, 0]] = owner[edges[:, 1]] = surface.edge_owners
    in_use = np.zeros(len(vertices), dtype=np.bool_)
    in_use[edges] = True
    used = np.flatnonzero(in_use)
    near = (excess > -SEARCH_DEPTH)[edges].any(axis=1)
    start, end = vertices[edges[near, 0]], vertices[edges[near, 1]]
    steps = np.ceil(np.linalg.norm(end - start, axis=1) / EDGE_STEP).astype(np.int64)
    samples, bodies = [np.zeros((0, 3))], [np.zeros(0, dtype=np.int32)]
    for count in np.unique(steps[steps > 1]):
        alike = steps == count
        share = (np.arange(1, count) / count)[None, :, None]
        a, b = start[alike][:, None, :], end[alike][:, None, :]
        samples.append((a + share * (b - a)).reshape(-1, 3))
        bodies.append(np.repeat(surface.edge_owners[near][alike], count - 1))
    between = np.concatenate(samples)
    return (
        np.concatenate([vertices[used], between]),
        np.concatenate([owner[used], *bodies]),
        np.concatenate([excess[used], between[:, 2] - view.limit_at(between)]),
    )


def _azimuth_width(points: NDArray[np.float64], eye: NDArray[np.float64]) -> float:
    if not len(points):
        return 0.0
    azimuth = np.arctan2(points[:, 0] - eye[0], points[:, 1] - eye[1])
    # About the first, so that due north is no seam.
    azimuth = np.angle(np.exp(1j * (azimuth - azimuth[0])))
    return float(azimuth.max() - azimuth.min())


@compiled
def _first_crossing(offset, start, span):  # type: ignore[no-untyped-def]
    """Where rays from the origin in plan first cross segments: distance and height there; NaN where they cross none.

    Segments begin at `start`, shape (K, 3), and run by `span`; compiled, for points times segments are tens of millions.
    """
    distance = np.full(len(offset), np.nan)
    height = np.full(len(offset), np.nan)
    for i in range(len(offset)):
        length = np.hypot(offset[i, 0], offset[i, 1])
        if length == 0.0:
            continue
        x, y = offset[i, 0] / length, offset[i, 1] / length
        for k in range(len(start)):
            cross = x * span[k, 1] - y * span[k, 0]
            if cross == 0.0:
                continue
            reach = (start[k, 0] * span[k, 1] - start[k, 1] * span[k, 0]) / cross
            along = (start[k, 0] * y - start[k, 1] * x) / cross
            if reach > 0.0 and 0.0 <= along <= 1.0 and not distance[i] <= reach:
                distance[i] = reach
                height[i] = start[k, 2] + along * span[k, 2]
    return distance, height
