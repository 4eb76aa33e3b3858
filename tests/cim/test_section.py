from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cim.mesh import Mesh
from cim.section import Section, project_between, section_meshes
from cim.solid import to_manifold, welded
from tests.support.models import box
from tests.support.solids import (
    damaged,
    disc,
    inside_out,
    moved,
    quartered,
    regular_area,
    ring_with_a_hole,
    side_by_side,
    sphere,
    torus,
    twisted_tower,
)

EXACT = 1e-6  # m2; several rings go through Manifold's grid of 1e-8 m
CUBE = box((0, 0, 0), (2, 2, 2))


def cut(mesh: Mesh, height: float) -> Section:
    (section,) = section_meshes([mesh], [height])
    return section


def between(mesh: Mesh, low: float, high: float) -> Section:
    (section,) = project_between([mesh], [low], [high])
    return section


def test_a_ring_keeps_its_hole() -> None:
    section = cut(ring_with_a_hole(), 1.5)
    assert section.geometry.area == pytest.approx(84.0, abs=EXACT)
    assert len(section.geometry.interiors) == 1


@given(st.floats(-2.9, 2.9))
def test_a_sphere_is_cut_in_circles(height: float) -> None:
    ball = sphere(3.0, 64, 63)
    levels = np.unique(ball.vertices[:, 2])
    radius = float(np.interp(height, levels, [_reach(ball, z) for z in levels]))
    assert cut(ball, height).geometry.area == pytest.approx(regular_area(radius, 64), abs=1e-5)


def _reach(mesh: Mesh, height: float) -> float:
    level = mesh.vertices[mesh.vertices[:, 2] == height]
    return float(np.hypot(level[:, 0], level[:, 1]).max())


@pytest.mark.parametrize("height", [0.0, 0.5, 1.9])
def test_a_torus_is_cut_in_rings(height: float) -> None:
    section = cut(torus(10.0, 2.0, 400, 400), height).geometry
    half = math.sqrt(4.0 - height**2)
    assert section.area == pytest.approx(math.pi * 4.0 * 10.0 * half, rel=1e-3)
    assert len(section.interiors) == 1


def test_a_body_in_the_hole_of_another_is_kept() -> None:
    nested = side_by_side(ring_with_a_hole(), moved(CUBE, 4.0, 4.0, 0.0))
    section = cut(nested, 1.0).geometry
    assert section.area == pytest.approx(84.0 + 4.0, abs=EXACT)
    assert len(shapely.get_parts(section)) == 2


def test_pieces_that_overlap_count_once() -> None:
    section = cut(side_by_side(CUBE, moved(CUBE, 1.0, 1.0, 0.0)), 1.0)
    assert section.geometry.area == pytest.approx(7.0, abs=EXACT)


def test_a_cavity_is_a_hole() -> None:
    hollow = side_by_side(CUBE, inside_out(box((0.5, 0.5, 0.5), (1.5, 1.5, 1.5))))
    assert cut(hollow, 1.0).geometry.area == pytest.approx(3.0, abs=EXACT)


@pytest.mark.parametrize(
    ("height", "area"), [(-0.1, 0.0), (0.0, 4.0), (1.0, 4.0), (2.0, 0.0), (2.1, 0.0)]
)
@pytest.mark.parametrize("error", [0.0, 1e-9, -1e-9, 1e-12])
def test_a_plane_at_a_level_face_shows_what_lies_above_it(
    height: float, area: float, error: float
) -> None:
    shaken = CUBE.vertices.copy()
    shaken[::3, 2] += error
    section = cut(Mesh(shaken, CUBE.faces), height)
    assert section.geometry.area == pytest.approx(area, abs=EXACT)
    assert section.gap == 0.0


@given(st.integers(1, 39), st.floats(-math.pi, math.pi))
def test_planes_through_corners_give_what_planes_beside_them_give(level: int, turn: float) -> None:
    tower = twisted_tower(12, 41, height=40.0)
    c, s = math.cos(turn), math.sin(turn)
    matrix = np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=np.float64)
    tower = tower.transformed(matrix)
    at, above = cut(tower, float(level)).geometry.area, cut(tower, level + 1e-6).geometry.area
    assert at == pytest.approx(above, abs=0.003)


@given(st.floats(0.01, 119.9))
def test_sections_agree_with_manifold(height: float) -> None:
    tower = twisted_tower(24, 30)
    solid = to_manifold(tower)
    assert solid is not None
    assert cut(tower, height).geometry.area == pytest.approx(solid.slice(height).area(), abs=1e-4)


@given(st.integers(0, 2**31), st.floats(1.0, 119.0))
def test_turned_faces_change_no_section(seed: int, height: float) -> None:
    tower = twisted_tower(24, 30)
    flipped = damaged(tower, seed, torn=0.0)
    flipped = Mesh(tower.vertices, flipped.faces)
    wanted, found = cut(tower, height), cut(flipped, height)
    assert found.gap == 0.0
    assert found.geometry.symmetric_difference(wanted.geometry).area < EXACT


def test_a_missing_face_is_bridged_and_told() -> None:
    torn = quartered(CUBE)
    torn = welded(Mesh(torn.vertices, np.delete(torn.faces, 24 + 5, axis=0)))
    whole = cut(welded(quartered(CUBE)), 0.7)
    gaps = [cut(Mesh(torn.vertices, torn.faces), z) for z in (0.3, 0.7, 1.3, 1.7)]
    for section in gaps:
        assert section.geometry.symmetric_difference(whole.geometry).area < EXACT
    assert sum(section.gap for section in gaps) > 0.0


@pytest.mark.parametrize("seed", range(5))
def test_a_damaged_tower_is_cut_near_where_the_whole_one_is(seed: int) -> None:
    tower = twisted_tower(60, 60)
    wanted, found = cut(tower, 50.3), cut(damaged(tower, seed), 50.3)
    assert found.geometry.geom_type == "Polygon"
    # A straight bridge over a missing face cuts off what bulges beyond it.
    assert found.geometry.area == pytest.approx(wanted.geometry.area, abs=0.5 * found.gap + 0.1)


def test_a_sheet_is_cut_in_a_line() -> None:
    bent = Mesh(
        np.array([[0, 0, 0], [5, 0, 0], [5, 4, 0], [0, 0, 3], [5, 0, 3], [5, 4, 3]], dtype=float),
        np.array([[0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4]], dtype=np.int32),
    )
    section = cut(bent, 1.0)
    assert section.geometry.area == 0.0
    assert section.geometry.length == pytest.approx(9.0)
    assert section.gap == 0.0


def test_sections_have_no_corners_on_straight_lines() -> None:
    for body in (CUBE, welded(quartered(quartered(CUBE)))):
        assert len(cut(body, 0.9).geometry.exterior.coords) == 5


def test_many_meshes_at_once_are_what_each_is_alone() -> None:
    meshes = [CUBE, ring_with_a_hole(), damaged(twisted_tower(20, 12), 1), inside_out(CUBE)]
    heights = [1.0, 0.5, 44.0, 7.0]
    for mesh, height, section in zip(meshes, heights, section_meshes(meshes, heights), strict=True):
        alone = cut(mesh, height)
        assert section.geometry.equals(alone.geometry)
        assert section.gap == alone.gap


def test_nothing_is_cut_of_nothing() -> None:
    assert section_meshes([], []) == ()
    empty = Mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int32))
    assert cut(empty, 0.0).geometry.is_empty


@pytest.mark.parametrize(
    ("low", "high", "radius"),
    [
        (-math.inf, math.inf, 4.0),
        (-math.inf, -2.0, 2.0),
        (-math.inf, 0.0, 4.0),
        (1.0, 2.0, 3.0),
        (3.0, math.inf, 1.0),
        (-1.0, 1.0, 4.0),
        (5.0, 6.0, 0.0),
    ],
)
def test_a_double_cone_between_two_planes(low: float, high: float, radius: float) -> None:
    """Two cones base to base at height 0: radius 4 - |z|."""
    ring = disc(4.0, 48, 0.0, 1.0).vertices[:48]
    vertices = np.concatenate([ring, [[0, 0, 4.0], [0, 0, -4.0]]])
    here = np.arange(48)
    ahead = (here + 1) % 48
    up, down = np.full(48, 48), np.full(48, 49)
    faces = np.concatenate([np.stack([here, ahead, up], 1), np.stack([ahead, here, down], 1)])
    section = between(Mesh(vertices, faces.astype(np.int32)), low, high)
    assert section.geometry.area == pytest.approx(regular_area(radius, 48), abs=EXACT)


def test_a_column_that_goes_through_a_band_shows_its_section() -> None:
    assert between(CUBE, 0.5, 1.5).geometry.equals(shapely.box(0, 0, 2, 2))


@given(st.floats(-1.0, 121.0), st.floats(0.0, 130.0))
def test_what_lies_between_planes_is_the_outline_of_the_body_cut_by_them(
    low: float, thickness: float
) -> None:
    tower = twisted_tower(16, 20)
    solid = to_manifold(tower)
    assert solid is not None
    high = low + thickness
    trimmed = solid.trim_by_plane((0, 0, 1), low).trim_by_plane((0, 0, -1), -high)
    wanted = trimmed.project().area()
    if thickness > 1e-3:
        assert between(tower, low, high).geometry.area == pytest.approx(wanted, abs=0.003)
