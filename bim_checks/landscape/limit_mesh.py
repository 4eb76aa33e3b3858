"""The surfaces that limit heights over a city, as triangles that follow them.

A surface is cut into squares, each halved until the triangles of its corners keep within `BEND` of the surface at 25 places; squares,
region and rim are then noded together, so that neighbours meet corner to corner and no crack is left where squares of two sizes meet. Every
vertex lies on the surface itself. A cone bends by slope / r across its radius, so that a diagonal of length c at the distance r from the apex is
off by slope c^2 / 8r: 64 m squares on the conical surface of a runway, 1 m a metre from the apex of 1 in 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.landscape.eye import EARTH_RADIUS
from cim.text import Text

TOLERANCE = 0.05  # m; half the accuracy of a good height datum, and a pixel at a hundred metres
BEND = (
    0.6 * TOLERANCE
)  # m; the rest is for a crease between two places, and the chord of the largest square over the Earth
PLAN_TOLERANCE = 0.02  # m; an outline is drawn no further from where the region ends
NODE = 1e-4  # m; corners of the drawing lie on this grid in plan
LARGEST = 512.0  # m; the Earth sinks below a chord of that square's diagonal by 10 mm
LEAST = 0.0625  # m; a surface may leap somewhere, and squares would be halved there for ever
PARTLY_KNOWN = (
    8.0  # m; a square over which the surface ends is halved down to this, whatever is known of it
)
SAMPLES = 5  # a side of a square
LATTICE = 4  # pieces of a triangle's side, where it is held against the surface once more
BETWEEN = (
    4.0 / 3.0
)  # a surface with a crease between two of those places may be off by so much more there
RIM_SHARE, RIM_LEAST, RIM_MOST = 0.01, 0.5, 8.0  # of the root of the area; m
LEAST_AREA = 1e-2  # m2; a region smaller than this is not drawn


class Heights(Protocol):
    """A height a point in plan."""

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights, shape (N,), at points, shape (N, 2), metres, projected frame; NaN where there is none."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class LimitPiece:
    """A part of a limit that bends smoothly, or nearly so: along a crease squares become small.

    Attributes:
        surface: orthogonal heights.
        region: polygons where it holds, metres, projected frame.
    """

    surface: Heights
    region: BaseGeometry


@dataclass(frozen=True, slots=True, eq=False)
class CityLimit:
    """A surface that a rule sets over a city, whatever is submitted.

    Attributes:
        name: what limits, for people.
        pieces: what it consists of.
    """

    name: Text
    pieces: tuple[LimitPiece, ...]

    @classmethod
    def of(cls, name: Text, surface: Heights, region: BaseGeometry) -> CityLimit:
        """A limit of one piece."""
        return cls(name, (LimitPiece(surface, region),))


@dataclass(frozen=True, slots=True, eq=False)
class LimitMesh:
    """A limit as triangles.

    Attributes:
        vertices: shape (N, 3), easting, northing, orthogonal height, metres; all on the surface.
        faces: shape (M, 3), counter-clockwise seen from above.
        rim: shape (M,), whether a face lies along the outline.
        sagitta: how far a triangle is off the surface at most, its chord over the Earth included; metres.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    rim: NDArray[np.bool_]
    sagitta: float


def limit_mesh(limit: CityLimit, extent: BaseGeometry) -> LimitMesh | None:
    """Draw a limit inside an extent; None where nothing of it lies there.

    Args:
        limit: the surface.
        extent: polygon, metres, projected frame.
    """
    regions = [_inside(piece.region, extent) for piece in limit.pieces]
    whole = shapely.union_all(regions, grid_size=NODE)
    width = float(np.clip(RIM_SHARE * np.sqrt(whole.area), RIM_LEAST, RIM_MOST))
    core = whole.buffer(-width, join_style="mitre")
    drawn = [
        _draw(piece.surface, region, core)
        for piece, region in zip(limit.pieces, regions, strict=True)
        if region.area >= LEAST_AREA
    ]
    drawn = [mesh for mesh in drawn if len(mesh.faces)]
    if not drawn:
        return None
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in drawn)])
    return LimitMesh(
        np.concatenate([mesh.vertices for mesh in drawn]),
        np.concatenate([mesh.faces + first for mesh, first in zip(drawn, starts, strict=False)]),
        np.concatenate([mesh.rim for mesh in drawn]),
        max(mesh.sagitta for mesh in drawn),
    )


def _inside(region: BaseGeometry, extent: BaseGeometry) -> BaseGeometry:
    """The part of a region in an extent, its outline drawn with as few corners as `PLAN_TOLERANCE` allows."""
    part = _areas(shapely.intersection(region, extent))
    return _areas(shapely.simplify(part, PLAN_TOLERANCE))


def _draw(surface: Heights, region: BaseGeometry, core: BaseGeometry) -> LimitMesh:
    """One piece; what of it lies in `core` is no rim."""
    inner = _areas(shapely.intersection(region, core))
    triangles = _triangles(_noded(region, inner, _squares(surface, region)))
    heights = surface.at(triangles.reshape(-1, 2)).reshape(-1, 3)
    # A region may end where its surface does, and be drawn a little beyond.
    known = np.isfinite(heights).all(axis=1)
    corners = np.concatenate([triangles[known], heights[known][:, :, None]], axis=2)
    shapely.prepare(inner)
    rim = ~shapely.intersects_xy(inner, *corners[:, :, :2].mean(axis=1).T)
    vertices, faces = _shared(corners.reshape(-1, 3))
    return LimitMesh(vertices, faces, rim, _sagitta(surface, corners))


def _areas(shape: BaseGeometry) -> BaseGeometry:
    """Only what has an area."""
    parts = shapely.get_parts(shapely.make_valid(shape))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def _squares(surface: Heights, region: BaseGeometry) -> NDArray[np.object_]:
    """Squares over a region, each small enough for what the surface does in it."""
    west, south, east, north = region.bounds
    longest = max(east - west, north - south)
    side = float(np.clip(2.0 ** np.floor(np.log2(longest / 4.0)), LEAST, LARGEST))
    x, y = np.meshgrid(
        np.arange(np.floor(west / side), np.ceil(east / side)) * side,
        np.arange(np.floor(south / side), np.ceil(north / side)) * side,
    )
    corners = np.column_stack([x.ravel(), y.ravel()])
    shapely.prepare(region)
    found = []
    while len(corners):
        squares = shapely.box(*corners.T, *(corners + side).T)
        touched = shapely.intersects(region, squares)
        corners, squares = corners[touched], squares[touched]
        bend, whole = _deviations(surface, corners, side)
        fine = (bend <= BEND) & (whole | (side <= PARTLY_KNOWN))
        if side / 2.0 < LEAST:
            fine[:] = True
        found.append(squares[fine])
        side /= 2.0
        quarters = side * np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=np.float64)
        corners = (corners[~fine][:, None, :] + quarters).reshape(-1, 2)
    return np.concatenate(found)


def _deviations(
    surface: Heights, corners: NDArray[np.float64], side: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """How far both ways of cutting each square into two triangles are off the surface, shape (N,), metres; and whether it is known all over."""
    share = np.linspace(0.0, 1.0, SAMPLES)
    u, v = (part.ravel() for part in np.meshgrid(share, share))
    points = corners[:, None, :] + side * np.column_stack([u, v])
    truth = surface.at(points.reshape(-1, 2)).reshape(len(corners), -1)
    low_left, low_right = truth[:, :1], truth[:, SAMPLES - 1 : SAMPLES]
    top_left, top_right = truth[:, -SAMPLES : 1 - SAMPLES], truth[:, -1:]
    rising = np.where(
        u >= v,
        low_left + u * (low_right - low_left) + v * (top_right - low_right),
        low_left + u * (top_right - top_left) + v * (top_left - low_left),
    )
    falling = np.where(
        u + v <= 1.0,
        low_left + u * (low_right - low_left) + v * (top_left - low_left),
        top_right + (1.0 - u) * (top_left - top_right) + (1.0 - v) * (low_right - top_right),
    )
    off = np.maximum(np.abs(rising - truth), np.abs(falling - truth))
    worst: NDArray[np.float64] = np.nan_to_num(off, nan=0.0).max(axis=1, initial=0.0)
    known: NDArray[np.bool_] = np.isfinite(truth.min(axis=1))
    return worst, known


def _noded(
    region: BaseGeometry, core: BaseGeometry, squares: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Faces that squares, region and core cut one another into, with every corner of a neighbour."""
    parts = np.concatenate([_cut(core, squares), _cut(region.difference(core), squares)])
    lines = shapely.boundary(parts[shapely.area(parts) > 0.0])
    noded = shapely.union_all(lines, grid_size=NODE)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    kept: NDArray[np.object_] = faces[shapely.intersects(region, shapely.point_on_surface(faces))]
    return kept


def _cut(shape: BaseGeometry, squares: NDArray[np.object_]) -> NDArray[np.object_]:
    """The part of each square inside a shape; those that lie wholly inside as they are."""
    shapely.prepare(shape)
    whole = shapely.covers(shape, squares)
    crossing = squares[~whole & shapely.intersects(shape, squares)]
    return np.concatenate([squares[whole], shapely.intersection(shape, crossing)])


def _triangles(faces: NDArray[np.object_]) -> NDArray[np.float64]:
    """Triangles of faces in plan, counter-clockwise, shape (M, 3, 2)."""
    parts = shapely.get_parts(shapely.constrained_delaunay_triangles(faces))
    rings: NDArray[np.float64] = shapely.get_coordinates(shapely.orient_polygons(parts))
    return rings.reshape(-1, 4, 2)[:, :3]


def _shared(corners: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Corners that coincide in plan as one vertex."""
    keys = np.round(corners[:, :2] / NODE).astype(np.int64)
    _, first, which = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return corners[first], which.reshape(-1, 3).astype(np.int64)


def _sagitta(surface: Heights, corners: NDArray[np.float64]) -> float:
    """How far triangles, shape (M, 3, 3), are off the surface at most, from 12 places of each; metres."""
    shares = np.array(
        [
            (i, j, LATTICE - i - j)
            for i in range(LATTICE + 1)
            for j in range(LATTICE + 1 - i)
            if LATTICE not in (i, j, LATTICE - i - j)
        ]
    )
    places = np.einsum("kc,mcd->mkd", shares / LATTICE, corners)
    truth = surface.at(places[:, :, :2].reshape(-1, 2)).reshape(places.shape[:2])
    off = np.nan_to_num(np.abs(places[:, :, 2] - truth), nan=0.0).max(initial=0.0)
    length = np.linalg.norm((np.roll(corners, -1, axis=1) - corners)[:, :, :2], axis=2)
    chord = length.max(initial=0.0) ** 2 / (8.0 * EARTH_RADIUS)
    return float(off * BETWEEN + chord)
