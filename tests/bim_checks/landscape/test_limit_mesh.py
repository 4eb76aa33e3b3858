"""Surfaces over a city as triangles: on the surface at every vertex, near it between, whole and without cracks."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.landscape.limit_mesh import (
    LEAST_AREA,
    NODE,
    PLAN_TOLERANCE,
    TOLERANCE,
    CityLimit,
    Heights,
    LimitMesh,
    LimitPiece,
    limit_mesh,
)
from bim_checks.landscape.vista import Vista, sight_surface
from bim_checks.measures.limit_surface import InclinedPlane, RisingSurface
from bim_checks.scene import ORIGIN
from cim.text import Text

NAME = Text(zh="面", en="surface")
HALF = 700.0
EXTENT = shapely.box(ORIGIN[0] - HALF, ORIGIN[1] - HALF, ORIGIN[0] + HALF, ORIGIN[1] + HALF)


def at(x: float, y: float) -> tuple[float, float]:
    return (ORIGIN[0] + x, ORIGIN[1] + y)


def drawn(surface: Heights, region: BaseGeometry) -> LimitMesh:
    mesh = limit_mesh(CityLimit.of(NAME, surface, region), EXTENT)
    assert mesh is not None
    return mesh


def plan_areas(mesh: LimitMesh) -> NDArray[np.float64]:
    """Of each face in plan, positive where it is counter-clockwise seen from above."""
    a, b, c = (mesh.vertices[mesh.faces[:, i], :2] for i in range(3))
    u, v = b - a, c - a
    found: NDArray[np.float64] = (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) / 2.0
    return found


def points_of_faces(mesh: LimitMesh, each: int) -> NDArray[np.float64]:
    shares = np.random.default_rng(5).dirichlet((1.0, 1.0, 1.0), (len(mesh.faces), each))
    return np.einsum("mkc,mcd->mkd", shares, mesh.vertices[mesh.faces]).reshape(-1, 3)


def open_sides(mesh: LimitMesh) -> BaseGeometry:
    """Sides that only one face has."""
    sides = Counter(
        (min(a, b), max(a, b))
        for face in mesh.faces.tolist()
        for a, b in zip(face, [*face[1:], face[0]], strict=True)
    )
    assert max(sides.values()) <= 2
    lone = np.array([side for side, count in sides.items() if count == 1])
    return shapely.multilinestrings(mesh.vertices[lone, :2])


VISTA = Vista((*at(-600.0, -600.0), 6.0), at(2500.0, 2600.0), at(2600.0, 2500.0), 70.0, 0.13)
COURT = shapely.Polygon(
    [at(0, 0), at(200, 0), at(200, 80), at(90, 80), at(90, 150), at(0, 150)],
)
SURFACES: dict[str, tuple[Heights, BaseGeometry]] = {
    "a plane beyond the city": (
        InclinedPlane((*at(0, 0), 60.0), (0.02, -0.01)),
        EXTENT.buffer(500.0),
    ),
    "the conical surface of a runway": (
        RisingSurface(shapely.LineString([at(-3000, 3000), at(0, 5000)]), 50.0, 0.05, 4000.0),
        shapely.LineString([at(-3000, 3000), at(0, 5000)])
        .buffer(6000.0, quad_segs=1024)
        .difference(
            shapely.LineString([at(-3000, 3000), at(0, 5000)]).buffer(4000.0, quad_segs=1024)
        ),
    ),
    "a view cone": (
        RisingSurface(shapely.Point(at(-100, 50)), 20.0, 0.1),
        shapely.Point(at(-100, 50)).buffer(200.0, quad_segs=64),
    ),
    "a gradient around a court, capped": (
        RisingSurface(COURT, 12.0, 0.2, 30.0, 22.0),
        COURT.buffer(100.0, quad_segs=64),
    ),
    "lines of sight": (sight_surface(VISTA, [VISTA.corridor()]), VISTA.corridor()),
    "a ring": (
        InclinedPlane((*at(0, 0), 60.0)),
        shapely.Point(at(0, 0)).buffer(300.0).difference(shapely.Point(at(50, 0)).buffer(90.0)),
    ),
}


@cache
def known(name: str) -> LimitMesh:
    return drawn(*SURFACES[name])


@pytest.mark.parametrize("name", SURFACES)
def test_every_vertex_lies_on_the_surface_and_every_face_within_the_stated_sagitta(
    name: str,
) -> None:
    surface, _ = SURFACES[name]
    mesh = known(name)
    np.testing.assert_array_equal(mesh.vertices[:, 2], surface.at(mesh.vertices))
    points = points_of_faces(mesh, 20)
    off = np.abs(points[:, 2] - surface.at(points))
    assert off.max() <= mesh.sagitta <= TOLERANCE


@pytest.mark.parametrize("name", SURFACES)
def test_faces_cover_the_region_inside_the_city_once_and_leave_no_crack(name: str) -> None:
    _, region = SURFACES[name]
    mesh = known(name)
    inside = shapely.intersection(region, EXTENT)
    areas = plan_areas(mesh)
    assert areas.min() > 0.0
    border = inside.boundary.length
    assert areas.sum() == pytest.approx(inside.area, abs=border * (PLAN_TOLERANCE + NODE))
    sides = open_sides(mesh)
    assert sides.hausdorff_distance(inside.boundary) <= PLAN_TOLERANCE + 2.0 * NODE
    assert sides.length == pytest.approx(border, rel=1e-4)


@pytest.mark.parametrize("name", SURFACES)
def test_the_rim_lies_along_the_outline_and_nowhere_else(name: str) -> None:
    _, region = SURFACES[name]
    mesh = known(name)
    inside = shapely.intersection(region, EXTENT)
    width = min(max(0.01 * math.sqrt(inside.area), 0.5), 8.0)
    away = shapely.distance(
        inside.boundary, shapely.points(mesh.vertices[mesh.faces][:, :, :2].mean(axis=1))
    )
    assert away[mesh.rim].max() <= width + PLAN_TOLERANCE + NODE
    assert away[~mesh.rim].min() >= width - PLAN_TOLERANCE - NODE
    assert mesh.rim.any()
    assert not mesh.rim.all()


@given(
    slope=st.floats(0.0, 0.4),
    start=st.floats(0.0, 100.0),
    apex=st.tuples(st.floats(-900.0, 900.0), st.floats(-900.0, 900.0)),
    reach=st.floats(5.0, 80.0),
)
def test_any_cone_is_followed(
    slope: float, start: float, apex: tuple[float, float], reach: float
) -> None:
    centre = shapely.Point(at(*apex))
    surface, region = RisingSurface(centre, start, slope), centre.buffer(reach)
    mesh = limit_mesh(CityLimit.of(NAME, surface, region), EXTENT)
    inside = region.intersection(EXTENT)
    if mesh is None:
        assert inside.area <= LEAST_AREA + inside.length * PLAN_TOLERANCE
        return
    points = points_of_faces(mesh, 5)
    assert np.abs(points[:, 2] - surface.at(points)).max() <= mesh.sagitta <= TOLERANCE


def test_a_steeper_cone_is_drawn_in_more_faces_and_a_plane_in_few() -> None:
    disc = shapely.Point(at(0, 0)).buffer(100.0)
    counts = [
        len(drawn(RisingSurface(shapely.Point(at(0, 0)), 10.0, slope), disc).faces)
        for slope in (0.0, 0.05, 0.2)
    ]
    assert counts == sorted(counts)
    assert counts[2] > 2 * counts[1] > 4 * counts[0]


def test_pieces_are_one_surface() -> None:
    west, east = shapely.box(*at(-100, -50), *at(0, 50)), shapely.box(*at(0, -50), *at(100, 50))
    roof = (
        LimitPiece(InclinedPlane((*at(0, 0), 50.0), (0.1, 0.0)), west),
        LimitPiece(InclinedPlane((*at(0, 0), 50.0), (-0.1, 0.0)), east),
    )
    mesh = limit_mesh(CityLimit(NAME, roof), EXTENT)
    assert mesh is not None
    away = np.abs(mesh.vertices[:, 0] - ORIGIN[0])
    np.testing.assert_allclose(mesh.vertices[:, 2], 50.0 - 0.1 * away, atol=1e-9)
    assert plan_areas(mesh).sum() == pytest.approx(20_000.0, abs=1.0)
    middle = mesh.vertices[mesh.faces].mean(axis=1)
    seam = (np.abs(middle[:, 0] - ORIGIN[0]) < 1.0) & (np.abs(middle[:, 1] - ORIGIN[1]) < 40.0)
    assert not mesh.rim[seam].any()  # where two pieces meet the surface does not end


def test_what_lies_beyond_the_city_is_not_drawn() -> None:
    level = InclinedPlane((0.0, 0.0, 45.0))
    far = shapely.box(*at(HALF + 1.0, 0.0), *at(HALF + 90.0, 50.0))
    assert limit_mesh(CityLimit.of(NAME, level, far), EXTENT) is None
    touching = shapely.box(*at(HALF, 0.0), *at(HALF + 90.0, 50.0))
    assert limit_mesh(CityLimit.of(NAME, level, touching), EXTENT) is None
    across = limit_mesh(CityLimit.of(NAME, level, EXTENT.buffer(90.0)), EXTENT)
    assert across is not None
    low, high = across.vertices.min(axis=0), across.vertices.max(axis=0)
    assert (*low[:2], *high[:2]) == pytest.approx(EXTENT.bounds, abs=NODE)


class HalfKnown:
    """A surface that is known east of the origin only."""

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        away = points[:, 0] - ORIGIN[0]
        return np.where(away >= 0.0, 30.0 + 2e-4 * away**2, np.nan)


def test_where_a_surface_has_no_height_nothing_is_drawn() -> None:
    mesh = drawn(HalfKnown(), shapely.box(*at(-100, -100), *at(300, 100)))
    assert np.isfinite(mesh.vertices).all()
    assert plan_areas(mesh).sum() == pytest.approx(300.0 * 200.0, rel=0.03)
    points = points_of_faces(mesh, 10)
    assert np.abs(points[:, 2] - HalfKnown().at(points)).max() <= mesh.sagitta <= TOLERANCE
