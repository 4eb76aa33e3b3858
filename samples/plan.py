"""Where everything of the sample city stands, and the figures planted in its submissions.

All coordinates are EPSG:4548 (easting, northing) in metres and heights above EPSG:5737. The planted
figures are derived here from this geometry, by formulas that share nothing with the checks.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from shapely.affinity import rotate, translate
from shapely.geometry import LineString, Polygon, box

# The district: 3 km x 3 km near 118.09 E, 24.45 N.
WEST, SOUTH, SIDE = 609_000.0, 2_704_000.0, 3_000.0
EAST, NORTH = WEST + SIDE, SOUTH + SIDE
SEPARATION = 10.2  # m, ellipsoidal minus orthogonal height, a constant for the sample city

# The tower's parcel lies north of the boulevard; the restricted zone cuts a triangle off its corner.
PARCEL = box(610_440.0, 2_705_440.0, 610_560.0, 2_705_560.0)
CORNER_ALONG_NORTH, CORNER_ALONG_EAST = 15.5, 8.0  # m, legs of that triangle: 15.5 x 8 / 2 = 62 m2
BOULEVARD_NORTH_EDGE = 2_705_440.0
TUNNEL_NORTH_FACE = 2_705_397.5
RAIL_ZONE = 50.0  # m beyond the tunnel's outer face
HEIGHT_LIMIT = 100.0  # m above datum, around the tower

ZERO_LEVEL = 5.30  # m above datum, the tower's +-0.000
GROUND_LEVEL = 5.00  # m above datum, level ground around the tower
ROTATION_DEGREES = 12.0  # from grid east to the tower's long side
PODIUM = (60.0, 40.0)  # m, plan of the lower four storeys
SHAFT = (28.0, 28.0)  # m, plan of the storeys above, on the same centre
PODIUM_STOREYS = (5.0, 4.5, 4.5, 4.5)  # m
STOREYS = 26

EYE_HEIGHT = 1.6
VIEWPOINT = (610_500.0, 2_704_715.0)
# The pagoda stands on the slope of the ridge behind the tower, as the top of Egret Island sees it: above the roof line of a tower
# that keeps the height limit. Its foot is sunk, so that on the steep ground no part of it hangs in the air.
PAGODA = (610_985.0, 2_706_189.0)
PAGODA_HEIGHT, PAGODA_WIDTH = 28.0, 6.0  # m, from its foot; of the upright prism that stands for it
PAGODA_SUNK = 4.0  # m below the ground at its middle
PAGODA_SIDES = 24
RIDGE_SHARE = 0.20
BASE_ELEVATION = 0.0
REFRACTION = 0.13
EARTH_RADIUS = 6_371_000.0


@dataclass(frozen=True, slots=True)
class Design:
    """What differs between the submitted towers.

    Attributes:
        name: of the file, without suffix.
        setback: metres from the podium's nearest corner to the boulevard.
        typical_storey: metres, storeys 5 to 26.
        parapet: metres above the roof slab's top.
        whole_parcel: whether the site takes the whole parcel, corner included.
        exchanged_axes: whether easting and northing are written the wrong way round.
    """

    name: str
    setback: float
    typical_storey: float
    parapet: float
    whole_parcel: bool = False
    exchanged_axes: bool = False

    @property
    def roof(self) -> float:
        """Top of the highest slab above the zero level, metres."""
        return sum(PODIUM_STOREYS) + (STOREYS - len(PODIUM_STOREYS)) * self.typical_storey

    @property
    def top(self) -> float:
        """Elevation of the highest point, the parapet's top, metres above datum."""
        return ZERO_LEVEL + self.roof + self.parapet

    @property
    def centre(self) -> tuple[float, float]:
        """Easting and northing of the engineering origin, the podium's centre."""
        angle = math.radians(ROTATION_DEGREES)
        reach = PODIUM[0] / 2.0 * math.sin(angle) + PODIUM[1] / 2.0 * math.cos(angle)
        return 610_500.0, BOULEVARD_NORTH_EDGE + self.setback + reach

    @property
    def footprint(self) -> Polygon:
        """The podium in plan; the shaft stands wholly above it."""
        return self._rectangle(PODIUM)

    @property
    def site(self) -> Polygon:
        """The IfcSite in plan."""
        return PARCEL if self.whole_parcel else PARCEL.difference(cut_corner())

    def roof_corners(self) -> list[tuple[float, float]]:
        """Easting and northing of the shaft's four corners."""
        return list(self._rectangle(SHAFT).exterior.coords)[:4]

    def _rectangle(self, size: tuple[float, float]) -> Polygon:
        plain = box(-size[0] / 2.0, -size[1] / 2.0, size[0] / 2.0, size[1] / 2.0)
        return translate(rotate(plain, ROTATION_DEGREES, origin=(0.0, 0.0)), *self.centre)


COMPLIANT = Design("compliant", setback=8.6, typical_storey=3.3, parapet=1.5)
VIOLATING = Design("violating", setback=6.5, typical_storey=3.6, parapet=1.8, whole_parcel=True)
MISPLACED = replace(COMPLIANT, name="misplaced", exchanged_axes=True)
REVISION = Design("revision", setback=8.4, typical_storey=3.3, parapet=1.2)
DESIGNS = (COMPLIANT, VIOLATING, MISPLACED, REVISION)


def cut_corner() -> Polygon:
    """The triangle of the parcel that the restricted construction zone takes."""
    _, _, east, north = PARCEL.bounds
    return Polygon(
        [(east - CORNER_ALONG_NORTH, north), (east, north - CORNER_ALONG_EAST), (east, north)]
    )


@dataclass(frozen=True, slots=True)
class Planted:
    """What a design breaks, as figures; zero or positive room where it keeps a rule.

    Attributes:
        restricted_m2: site inside the restricted construction zone.
        above_limit_m: highest point above the height limit; negative is room.
        road_distance_m: podium to boulevard.
        rail_m2: podium inside the rail protection zone.
        ridge_intrusion_m: rise into the ridge band at its worst corner; negative is room.
        pagoda_hidden_percent: of the pagoda's solid angle that is seen from the top of Egret Island, hidden by the tower.
    """

    restricted_m2: float
    above_limit_m: float
    road_distance_m: float
    rail_m2: float
    ridge_intrusion_m: float
    pagoda_hidden_percent: float


@dataclass(frozen=True, slots=True)
class Scenery:
    """What of the city the figures depend on.

    Attributes:
        ridge: the ridge polyline, easting, northing, height.
        eye: elevation of the eye at the shore lookout, metres above datum.
        island: easting, northing and elevation of the eye on the top of Egret Island.
        ground: elevation of the ground at easting and northing.
    """

    ridge: list[tuple[float, float, float]]
    eye: float
    island: tuple[float, float, float]
    ground: Callable[[float, float], float]


def planted(design: Design, scenery: Scenery) -> Planted:
    """Derive the figures of a design."""
    return Planted(
        restricted_m2=CORNER_ALONG_NORTH * CORNER_ALONG_EAST / 2.0 if design.whole_parcel else 0.0,
        above_limit_m=design.top - HEIGHT_LIMIT,
        road_distance_m=design.setback,
        rail_m2=_corner_in_strip(
            TUNNEL_NORTH_FACE + RAIL_ZONE - BOULEVARD_NORTH_EDGE - design.setback
        ),
        ridge_intrusion_m=max(
            design.top - ridge_limit(corner, scenery.ridge, scenery.eye)
            for corner in _roof_outline(design)
        ),
        pagoda_hidden_percent=_pagoda_hidden(design, scenery),
    )


def _corner_in_strip(depth: float) -> float:
    """Area of the podium's right-angled corner that reaches `depth` into a strip: d^2 / sin(2 a)."""
    return max(depth, 0.0) ** 2 / math.sin(2.0 * math.radians(ROTATION_DEGREES))


def _roof_outline(design: Design) -> list[tuple[float, float]]:
    """The shaft's outline every 0.1 m: the nearest point to the eye is not always a corner."""
    ring = Polygon(design.roof_corners()).exterior
    return [ring.interpolate(s).coords[0] for s in np.arange(0.0, ring.length, 0.1)]


def ridge_limit(
    point: tuple[float, float], ridge: list[tuple[float, float, float]], eye: float
) -> float:
    """Elevation the band below the ridge leaves free at a point, metres above datum.

    The ridge runs from west to east, so the sight line meets it where its easting fits.
    """
    east, north = point[0] - VIEWPOINT[0], point[1] - VIEWPOINT[1]
    distance = math.hypot(east, north)
    for (e0, n0, h0), (e1, n1, h1) in itertools.pairwise(ridge):
        # Solve eye + t * (east, north) = start + s * (end - start) by Cramer's rule.
        a, b, c, d = east, e0 - e1, north, n0 - n1
        p, q = e0 - VIEWPOINT[0], n0 - VIEWPOINT[1]
        determinant = a * d - b * c
        t, s = (p * d - b * q) / determinant, (a * q - c * p) / determinant
        if t > 0.0 and 0.0 <= s <= 1.0:
            reach = t * distance
            up = math.atan((h0 + s * (h1 - h0) - _drop(reach) - eye) / reach)
            down = math.atan((BASE_ELEVATION - _drop(reach) - eye) / reach)
            return eye + distance * math.tan(up - RIDGE_SHARE * (up - down)) + _drop(distance)
    raise ValueError(point)


def _pagoda_hidden(design: Design, scenery: Scenery) -> float:
    """Of the pagoda's solid angle, hidden by the tower, in percent.

    In each of many vertical planes through the eye the pagoda is seen from where its near face leaves the ground up to its
    top, and is hidden below the near edge of the tower's roof; a strip between two elevation angles has the solid angle
    (sin e1 - sin e0) times its width.
    """
    eye_east, eye_north, eye = scenery.island
    foot = scenery.ground(*PAGODA) - PAGODA_SUNK
    turns = [2.0 * math.pi * k / PAGODA_SIDES for k in range(PAGODA_SIDES)]
    body = Polygon(
        [
            (PAGODA[0] + PAGODA_WIDTH / 2.0 * math.cos(t), PAGODA[1] + PAGODA_WIDTH / 2.0 * math.sin(t))
            for t in turns
        ]
    )  # fmt: skip
    shaft = Polygon(design.roof_corners())
    azimuths = [math.atan2(e - eye_east, n - eye_north) for e, n in body.exterior.coords]
    seen = hidden = 0.0
    for azimuth in _middles(min(azimuths), max(azimuths), 2_000):
        e, n, away = _nearest(body, eye_east, eye_north, azimuth)
        low = _elevation(max(foot, scenery.ground(e, n)) - eye, away)
        high = _elevation(foot + PAGODA_HEIGHT - eye, away)
        _, _, before = _nearest(shaft, eye_east, eye_north, azimuth)
        roof = min(max(_elevation(design.top - eye, before), low), high)
        seen += math.sin(high) - math.sin(low)
        hidden += math.sin(roof) - math.sin(low)
    return 100.0 * hidden / seen


def _middles(low: float, high: float, count: int) -> list[float]:
    return [low + (k + 0.5) * (high - low) / count for k in range(count)]


def _nearest(
    shape: Polygon, east: float, north: float, azimuth: float
) -> tuple[float, float, float]:
    """Where a ray in plan first meets a shape, and how far that is; at infinity where it does not."""
    far = 10_000.0
    ray = LineString(
        [(east, north), (east + far * math.sin(azimuth), north + far * math.cos(azimuth))]
    )
    met = ray.intersection(shape)
    if met.is_empty:
        return (math.inf, math.inf, math.inf)
    e, n = min(met.coords, key=lambda point: math.dist(point, (east, north)))
    return e, n, math.dist((e, n), (east, north))


def _elevation(rise: float, distance: float) -> float:
    """Elevation angle of what stands so much above the eye, so far away; straight down where it is at infinity."""
    if math.isinf(distance):
        return -math.pi / 2.0
    return math.atan((rise - _drop(distance)) / distance)


def _drop(distance: float) -> float:
    return (1.0 - REFRACTION) * distance**2 / (2.0 * EARTH_RADIUS)
