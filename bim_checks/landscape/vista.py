"""The surface of all lines of sight from an eye to a landmark's threshold, over a curved Earth with refraction.

On the way to a landmark at distance D a line of sight stands, above datum, at
``z(d) = zA + (zL - zA) d / D - (1 - k) d (D - d) / (2 R)``: the chord sinks below the curved datum between its ends. D is taken along
each line, to the straight line between the landmark's left and right points, so with u the share of the way towards that line, x = u H the distance along
its normal and w the one beside it, ``d / D = u`` and ``d (D - d) = x H + w**2 / u - d**2``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.landscape.eye import EARTH_RADIUS

# m; along an edge the limit bends by at most (1 - k) / R, so that between places this far apart it is missed by 0.012 mm at most.
STEP = 25.0
WIDEST = 2.0  # w / x beyond which lines of sight are continued straight: 63 degrees off the landmark's normal


@dataclass(frozen=True, slots=True, eq=False)
class Vista:
    """An eye and the threshold line of a landmark.

    Attributes:
        eye: easting, northing, orthogonal height of the eye, metres.
        left, right: easting and northing of the landmark's ends, as seen from the eye.
        threshold: orthogonal height of the threshold, metres.
        refraction: coefficient k.
    """

    eye: tuple[float, float, float]
    left: tuple[float, float]
    right: tuple[float, float]
    threshold: float
    refraction: float

    @property
    def normal(self) -> NDArray[np.float64]:
        """From the eye's foot toward the landmark's line and square to it, unit vector."""
        along = np.subtract(self.right, self.left)
        normal: NDArray[np.float64] = np.array([-along[1], along[0]]) / np.hypot(*along)
        return normal if self._towards(normal) > 0.0 else -normal

    @property
    def depth(self) -> float:
        """Distance of the landmark's line from the eye, along its normal, metres."""
        return self._towards(self.normal)

    def _towards(self, normal: NDArray[np.float64]) -> float:
        return float(np.dot(np.subtract(self.left, self.eye[:2]), normal))

    def corridor(self) -> shapely.Polygon:
        """The wedge from the eye to the landmark."""
        return shapely.Polygon([self.eye[:2], self.left, self.right])

    def background(self, reach: float) -> shapely.Polygon:
        """The wedge's continuation behind the landmark, as deep as `reach` along its normal."""
        grown = (self.depth + reach) / self.depth
        eye = np.array(self.eye[:2])
        far = [tuple(eye + grown * np.subtract(end, eye)) for end in (self.right, self.left)]
        return shapely.Polygon([self.left, self.right, *far])


@dataclass(frozen=True, eq=False)
class SightSurface:
    """The lines of sight of a vista as a limit surface.

    Exact for points up to `widest` off the normal and up to `reach` from the eye; beyond, it goes on along its tangents, so that its steepness is bounded.

    Attributes:
        vista: eye and landmark.
        widest: the greatest w / x asked for.
        reach: the greatest distance from the eye asked for, metres.
    """

    vista: Vista
    widest: float
    reach: float

    @property
    def bend(self) -> float:
        """(1 - k) / (2 R), per metre."""
        return (1.0 - self.vista.refraction) / (2.0 * EARTH_RADIUS)

    @property
    def steepness(self) -> float:
        """No more than this over a metre."""
        vista, depth, wide = self.vista, self.vista.depth, self.widest
        climb = abs(vista.threshold - vista.eye[2]) / depth
        turn = depth * (1.0 + math.hypot(wide**2, 2.0 * wide)) + 2.0 * self.reach
        return climb + self.bend * turn

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights of the lines of sight above or below points."""
        vista, depth = self.vista, self.vista.depth
        offset = points[:, :2] - np.array(vista.eye[:2])
        normal = vista.normal
        x = offset @ normal
        w = np.abs(offset @ np.array([-normal[1], normal[0]]))
        share = x / depth
        inside = w <= self.widest * x
        with np.errstate(divide="ignore", invalid="ignore"):
            beside = np.where(x > 0.0, w**2 / share, 0.0)
        beyond = depth * (2.0 * self.widest * w - self.widest**2 * x)
        d = np.hypot(offset[:, 0], offset[:, 1])
        squared = np.where(d <= self.reach, d**2, self.reach * (2.0 * d - self.reach))
        product = x * depth + np.where(inside, beside, beyond) - squared
        found: NDArray[np.float64] = (
            vista.eye[2] + (vista.threshold - vista.eye[2]) * share - self.bend * product
        )
        return found

    def lowest_over(self, shapes: NDArray[np.object_]) -> NDArray[np.float64]:
        """The height over the middle of each geometry's box, less what the surface may fall to its corners."""
        west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
        middle = np.stack([(west + east) / 2.0, (south + north) / 2.0], axis=1)
        lowest: NDArray[np.float64] = (
            self.at(middle) - self.steepness * np.hypot(east - west, north - south) / 2.0
        )
        return lowest

    def corners(self) -> NDArray[np.float64]:
        """None; see `sagitta` for what a face may reach above its own edges."""
        return np.zeros((0, 2))

    def peaks(self, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        """The highest of places `STEP` apart along each edge."""
        if not len(edges):
            return edges[:, 0]
        longest = float(np.linalg.norm(edges[:, 1] - edges[:, 0], axis=1).max())
        best, excess = edges[:, 0].copy(), edges[:, 0, 2] - self.at(edges[:, 0])
        for share in np.linspace(0.0, 1.0, math.ceil(longest / STEP) + 2)[1:]:
            points = edges[:, 0] + share * (edges[:, 1] - edges[:, 0])
            here = points[:, 2] - self.at(points)
            higher = here > excess
            best[higher], excess[higher] = points[higher], here[higher]
        return best

    def sagitta(self, length: float) -> float:
        """What a face of a length may rise above the surface inside, more than at its edges: (1 - k) / 2R (length / sqrt 3)^2, metres."""
        return self.bend * length**2 / 3.0


def sight_surface(vista: Vista, regions: list[BaseGeometry]) -> SightSurface:
    """The lines of sight of a vista, exact over regions as far as `WIDEST` allows."""
    points = np.concatenate([shapely.get_coordinates(region) for region in regions])
    offset = points - np.array(vista.eye[:2])
    normal = vista.normal
    x = offset @ normal
    w = np.abs(offset @ np.array([-normal[1], normal[0]]))
    ahead = x > 1.0
    widest = float((w[ahead] / x[ahead]).max(initial=0.0))
    reach = float(np.hypot(offset[:, 0], offset[:, 1]).max(initial=vista.depth))
    return SightSurface(vista, min(widest, WIDEST), reach)
