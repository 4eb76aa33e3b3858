"""What an upright plane through an eye cuts: ground, buildings that stand, the scheme, and the limit above them.

Distances are metres along the plane from the eye, heights orthogonal metres above datum: the datum, which is curved, is drawn
straight, so that lines of sight, which are straight but for refraction, are the ones that bend.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.landscape.eye import Eye
from bim_checks.landscape.scheme_view import replaced_buildings, surface_of
from bim_checks.landscape.sight_limit import SightLimit
from bim_checks.landscape.skyline import NEAREST
from bim_checks.landscape.surface import Surface
from bim_checks.rule import Surroundings
from bim_checks.scheme import Scheme
from cim.mesh import Mesh, transform_points
from cim.section import section_meshes
from cim.solid import welded

INSIDE = 5.0  # m; the worst point is often a corner, so the scheme is cut this far from it towards its middle
BEYOND = 1.06  # of the way to what is looked at, that is drawn
BEHIND = 1.35  # of the way to the scheme's far side, where nothing is looked at
FLAT = 5.8  # times the height of the scheme above the eye; so far at least, for a section is a broad strip
SAMPLES = 700  # places along a limit


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A section from an eye through a point of the scheme.

    Attributes:
        eye: looked from.
        azimuth: of the plane, radians.
        reach: how far it is drawn, metres.
        point: shape (2,), distance and height of the point that controls.
        distances, ground: shape (K,), places along the plane and the height of the ground there; NaN where it is not known.
        existing: what the plane cuts of buildings that stand and will, (distance, height).
        scheme: what it cuts of the scheme, so.
        outline: the scheme seen from the side, each element as an upright block, so.
        limit_distances, limit: shape (L,), the limit along the line of sight through the point; NaN where there is none.
        target: distance and height of what is looked at; None where there is nothing.
        is_broken: whether the point is above the limit.
    """

    eye: Eye
    azimuth: float
    reach: float
    point: NDArray[np.float64]
    distances: NDArray[np.float64]
    ground: NDArray[np.float64]
    existing: BaseGeometry
    scheme: BaseGeometry
    outline: BaseGeometry
    limit_distances: NDArray[np.float64]
    limit: NDArray[np.float64]
    target: tuple[float, float] | None
    is_broken: bool

    def sight(
        self, distances: NDArray[np.float64], through: tuple[float, float]
    ) -> NDArray[np.float64]:
        """Height above datum of the line of sight through a point, bent by curvature and refraction.

        Args:
            distances: metres from the eye.
            through: distance and height of the point.
        """
        start = self.eye.position[2]
        fall = float(self.eye.drop(np.array([through[0]]))[0])
        slope = (through[1] - fall - start) / through[0]
        found: NDArray[np.float64] = start + slope * distances + self.eye.drop(distances)
        return found


def profile_through(
    scheme: Scheme,
    around: Surroundings,
    eye: Eye,
    point: NDArray[np.float64],
    limit: SightLimit | None,
) -> Profile:
    """The section from an eye through a point of the scheme.

    Args:
        scheme: placed.
        around: the city.
        eye: looked from.
        point: shape (3,), metres, projected frame.
        limit: drawn above; None where no rule looks from there.
    """
    azimuth = _azimuth(eye, point)
    outline = _side(scheme, eye, azimuth)
    target = None if limit is None else _target(eye, azimuth, limit)
    far = float(outline.bounds[2]) if not outline.is_empty else 0.0
    away = max(math.hypot(point[0] - eye.position[0], point[1] - eye.position[1]), NEAREST)
    tall = abs(float(point[2]) - eye.position[2])
    least = BEHIND * max(far, away) if target is None else max(BEYOND * target[0], 1.05 * far)
    reach = max(least, FLAT * tall)
    distances = np.linspace(
        0.0, reach, max(2, min(4_000, math.ceil(reach / around.city.terrain.cell)))
    )
    along = np.linspace(0.0, reach if target is None else target[0], SAMPLES)
    return Profile(
        eye=eye,
        azimuth=azimuth,
        reach=reach,
        point=np.array([away, point[2]]),
        distances=distances,
        ground=around.city.terrain.height_at(_places(eye, azimuth, distances)),
        existing=_existing(scheme, around, eye, azimuth, reach),
        scheme=_cut(scheme, eye, point),
        outline=outline,
        limit_distances=along,
        limit=np.full(SAMPLES, np.nan) if limit is None else _limit(eye, azimuth, along, limit),
        target=target,
        is_broken=limit is not None and limit.is_broken,
    )


def _azimuth(eye: Eye, point: NDArray[np.float64]) -> float:
    return math.atan2(point[0] - eye.position[0], point[1] - eye.position[1])


def _places(eye: Eye, azimuth: float, distances: NDArray[np.float64]) -> NDArray[np.float64]:
    east, north, _ = eye.position
    return np.stack(
        [east + distances * math.sin(azimuth), north + distances * math.cos(azimuth)], axis=1
    )


def _limit(
    eye: Eye, azimuth: float, along: NDArray[np.float64], limit: SightLimit
) -> NDArray[np.float64]:
    places = _places(eye, azimuth, along)
    found = np.full(len(along), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        found[1:] = limit.heights(places[1:])
    return found


def _target(eye: Eye, azimuth: float, limit: SightLimit) -> tuple[float, float] | None:
    """Distance and height where the plane first meets what is looked at."""
    turned = transform_points(_into_plane(eye, azimuth), limit.target)
    met = []
    for p, q in itertools.pairwise(turned):  # distance, height, metres beside the plane
        if p[2] * q[2] <= 0.0 and p[2] != q[2]:
            distance, height, _ = p + p[2] / (p[2] - q[2]) * (q - p)
            if distance > 0.0:
                met.append((float(distance), float(height)))
    return min(met, default=None)


def _into_plane(eye: Eye, azimuth: float, beside: float = 0.0) -> NDArray[np.float64]:
    """The matrix that takes the projected frame to distance along the plane, height, and metres beside it."""
    sine, cosine = math.sin(azimuth), math.cos(azimuth)
    east, north, _ = eye.position
    return np.array(
        [
            [sine, cosine, 0.0, -(sine * east + cosine * north)],
            [0.0, 0.0, 1.0, 0.0],
            [cosine, -sine, 0.0, -(cosine * east - sine * north) - beside],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )


def _sections(meshes: Iterable[Mesh], matrix: NDArray[np.float64]) -> BaseGeometry:
    """What the plane cuts of meshes that it goes through."""
    cut = [welded(mesh.transformed(matrix)) for mesh in meshes]
    found = [section.geometry for section in section_meshes(cut, np.zeros(len(cut)))]
    # What encloses nothing is a sheet; a line of it has no area to fill.
    return shapely.union_all([shape for shape in found if shape.area > 0.0])


def _goes_through(points: NDArray[np.float64], matrix: NDArray[np.float64]) -> bool:
    beside = points @ matrix[2, :3] + matrix[2, 3]
    return bool(beside.min(initial=0.0) < 0.0 < beside.max(initial=0.0))


def _bodies_through(surface: Surface, matrix: NDArray[np.float64]) -> Iterator[Mesh]:
    """The bodies of a surface that the plane goes through."""
    beside = (surface.vertices @ matrix[2, :3] + matrix[2, 3])[surface.faces]
    crossing = (beside.min(axis=1, initial=np.inf) < 0.0) & (
        beside.max(axis=1, initial=-np.inf) > 0.0
    )
    order = np.argsort(surface.owners, kind="stable")
    owners = surface.owners[order]
    for owner in np.unique(surface.owners[crossing]):
        first, last = np.searchsorted(owners, [owner, owner + 1])
        used, faces = np.unique(surface.faces[order[first:last]], return_inverse=True)
        yield Mesh(surface.vertices[used], faces.reshape(-1, 3).astype(np.int32))


def _existing(
    scheme: Scheme, around: Surroundings, eye: Eye, azimuth: float, reach: float
) -> BaseGeometry:
    line = shapely.LineString(_places(eye, azimuth, np.array([0.0, reach])))
    gone = replaced_buildings(scheme, around)
    matrix = _into_plane(eye, azimuth)
    near = [
        building.mesh
        for building in around.existing.near(line.bounds)
        if building.identifier not in gone and _goes_through(building.mesh.vertices, matrix)
    ]
    found = _sections(near, matrix)
    return found.intersection(shapely.box(0.0, -1e5, reach, 1e5))


def _cut(scheme: Scheme, eye: Eye, point: NDArray[np.float64]) -> BaseGeometry:
    """What the plane cuts of the scheme; moved a little from a corner towards the middle."""
    azimuth = _azimuth(eye, point)
    middle = shapely.get_coordinates(scheme.footprint.centroid)[0]
    aside = (middle[0] - point[0]) * math.cos(azimuth) - (middle[1] - point[1]) * math.sin(azimuth)
    beside = math.copysign(min(INSIDE, abs(aside)), aside)
    matrix = _into_plane(eye, azimuth, beside)
    return _sections(_bodies_through(surface_of(scheme), matrix), matrix)


def _side(scheme: Scheme, eye: Eye, azimuth: float) -> BaseGeometry:
    """The scheme seen from the side: every element from its nearest to its farthest place and from its lowest to its highest."""
    places, which = shapely.get_coordinates(scheme.outline_shapes, return_index=True)
    if not len(places):
        return shapely.Polygon()
    east, north, _ = eye.position
    along = (places[:, 0] - east) * math.sin(azimuth) + (places[:, 1] - north) * math.cos(azimuth)
    kept, first = np.unique(which, return_index=True)
    near, far = np.minimum.reduceat(along, first), np.maximum.reduceat(along, first)
    low, high = scheme.outline_heights[kept].T
    return shapely.union_all(shapely.box(near, low, far, high))
