from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.scene import prism as scene_prism
from cim import projection
from cim.core_band import split_core
from cim.mesh import Mesh
from cim.projection import flat_triangles, project_mesh, project_triangles
from cim.section import project_between
from cim.solid import welded
from tests.support.models import box
from tests.support.solids import (
    damaged,
    disc,
    inside_out,
    moved,
    prism,
    quartered,
    regular_area,
    ring_with_a_hole,
    side_by_side,
    sphere,
    torus,
    twisted_tower,
    unwelded,
)

EXACT = 1e-6  # m2; Manifold places corners on a grid of 1e-8 m
L_SHAPE = [(0.0, 0.0), (6.0, 0.0), (6.0, 2.0), (2.0, 2.0), (2.0, 5.0), (0.0, 5.0)]


def union_of_all(mesh: Mesh) -> BaseGeometry:
    """What every method must give: the plain union of all triangles, however long it takes."""
    triangles = shapely.polygons(mesh.triangles()[:, :, :2])
    return shapely.union_all(triangles[shapely.area(triangles) > 1e-12])


def turned(mesh: Mesh, angles: tuple[float, float, float]) -> Mesh:
    matrix = np.eye(4)
    for axis, angle in enumerate(angles):
        c, s = math.cos(angle), math.sin(angle)
        i, j = [k for k in range(3) if k != axis]
        turn = np.eye(4)
        turn[i, i], turn[i, j], turn[j, i], turn[j, j] = c, -s, s, c
        matrix = turn @ matrix
    return mesh.transformed(matrix)


@pytest.mark.parametrize(
    ("mesh", "area", "holes"),
    [
        (disc(5.0, 90, 0.0, 3.0), regular_area(5.0, 90), 0),
        (ring_with_a_hole(), 84.0, 1),
        (prism(L_SHAPE, 0.0, 3.0), 18.0, 0),
        (torus(10.0, 2.0, 120, 40), regular_area(12.0, 120) - regular_area(8.0, 120), 1),
        (sphere(3.0, 60, 59), regular_area(3.0, 60), 0),
    ],
    ids=["disc", "ring", "L", "torus", "sphere"],
)
def test_outlines_of_known_bodies(mesh: Mesh, area: float, holes: int) -> None:
    for same in (mesh, inside_out(mesh), unwelded(mesh), quartered(mesh)):
        outline = project_mesh(same)
        assert outline.geom_type == "Polygon"
        assert outline.area == pytest.approx(area, abs=EXACT)
        assert len(outline.interiors) == holes


def test_an_outline_has_no_corners_on_straight_lines() -> None:
    for body in (prism(L_SHAPE, 0.0, 3.0), quartered(prism(L_SHAPE, 0.0, 3.0))):
        outline = project_mesh(body)
        assert {tuple(p) for p in outline.exterior.coords} == set(L_SHAPE)
        assert len(outline.exterior.coords) == len(L_SHAPE) + 1


@given(st.tuples(*[st.floats(-math.pi, math.pi)] * 3))
def test_a_tilted_box_covers_what_its_three_faces_cover(
    angles: tuple[float, float, float],
) -> None:
    sides = np.array([2.0, 3.0, 5.0])
    tilted = turned(box((0, 0, 0), (2, 3, 5)), angles)
    axes = turned(Mesh(np.eye(3), np.zeros((0, 3), np.int32)), angles).vertices
    areas = np.prod(sides) / sides
    wanted = float((np.abs(axes[:, 2]) * areas).sum())
    assert project_mesh(tilted).area == pytest.approx(wanted, abs=EXACT)


def test_a_piece_that_faces_inward_beside_another_is_covered_too() -> None:
    pair = side_by_side(box((0, 0, 0), (2, 2, 2)), inside_out(box((5, 0, 0), (6, 1, 1))))
    assert project_mesh(pair).area == pytest.approx(5.0, abs=EXACT)


def test_an_open_mesh_covers_what_its_triangles_cover() -> None:
    closed = ring_with_a_hole()
    torn = Mesh(closed.vertices, np.delete(closed.faces, [4, 5], axis=0))
    assert project_mesh(torn).area == pytest.approx(84.0, abs=1e-9)


def test_a_vertical_sheet_is_a_line() -> None:
    sheet = Mesh(
        np.array([[0, 0, 0], [5, 0, 0], [5, 0, 3], [0, 0, 3]], dtype=np.float64),
        np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32),
    )
    outline = project_mesh(sheet)
    assert outline.area == 0.0
    assert outline.bounds == (0.0, 0.0, 5.0, 0.0)


def test_nothing_covers_nothing() -> None:
    assert project_mesh(Mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int32))).is_empty


@given(
    st.floats(-math.pi, math.pi),
    st.floats(-500, 500),
    st.floats(-500, 500),
    st.sampled_from([0.001, 0.3048, 1.0, 25.0]),
    st.integers(0, 2**31),
)
def test_area_depends_on_neither_motion_nor_unit_nor_order(
    turn: float, x: float, y: float, unit: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    tower = damaged(twisted_tower(12, 7), 3)
    wanted = project_mesh(tower).area
    shuffled = random.permutation(tower.faces)
    body = moved(turned(Mesh(tower.vertices, shuffled), (0.0, 0.0, turn)), x, y, 0.0)
    scaled = Mesh(body.vertices * unit, body.faces)
    assert project_mesh(scaled).area / unit**2 == pytest.approx(wanted, abs=1e-4)


def by_core_band(mesh: Mesh, monkeypatch: pytest.MonkeyPatch) -> BaseGeometry:
    monkeypatch.setattr(projection, "FEW", math.inf)
    monkeypatch.setattr(projection, "DIRECT_UNION", 0)
    return project_triangles(mesh.vertices, mesh.faces)


@pytest.mark.parametrize(
    "mesh",
    [
        twisted_tower(40, 30),
        damaged(twisted_tower(40, 30), 1),
        damaged(twisted_tower(40, 30), 2, torn=0.3, turned=0.5),
        unwelded(damaged(twisted_tower(40, 30), 3)),
        torus(10.0, 2.0, 60, 20),
        side_by_side(ring_with_a_hole(), damaged(sphere(4.0, 40, 39), 4)),
    ],
    ids=["whole", "damaged", "badly damaged", "unwelded", "torus", "two bodies"],
)
def test_the_core_band_gives_the_union_of_all_triangles(
    mesh: Mesh, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, wanted = by_core_band(mesh, monkeypatch), union_of_all(mesh)
    assert found.symmetric_difference(wanted).area < 1e-6


def test_a_slit_narrower_than_a_cell_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    joint = side_by_side(
        quartered(box((0, 0, 0), (10, 10, 1))), quartered(box((10.004, 0, 0), (20, 10, 1)))
    )
    found = by_core_band(joint, monkeypatch)
    assert found.area == pytest.approx(200.0 - 0.04, abs=1e-9)
    assert found.geom_type == "MultiPolygon"


def test_a_hole_smaller_than_a_cell_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    scale = np.array([0.001, 0.001, 1.0])
    pipe = moved(Mesh(ring_with_a_hole().vertices * scale, ring_with_a_hole().faces), 5, 5, 0)
    around = [
        box((0, 0, 0), (5.0, 15, 3)),
        box((5.01, 0, 0), (15, 15, 3)),
        box((5.0, 0, 0), (5.01, 5.0, 3)),
        box((5.0, 5.01, 0), (5.01, 15, 3)),
    ]
    found = by_core_band(side_by_side(pipe, *around), monkeypatch)
    assert 225.0 - found.area == pytest.approx(0.004**2, abs=1e-9)
    assert len(found.interiors) == 1


def test_the_core_is_covered_and_what_is_dropped_lies_in_it() -> None:
    tower = damaged(twisted_tower(60, 40), 5)
    points, flat = tower.vertices[:, :2], flat_triangles(tower.vertices, tower.faces)
    band = split_core(np.ascontiguousarray(points), flat)
    random = np.random.default_rng(0)
    rows, columns = random.permutation(np.argwhere(band.core))[:5000].T
    low = band.corner + np.stack([columns, rows], axis=1) * band.cell
    covered = union_of_all(tower).buffer(1e-9)
    shapely.prepare(covered)
    assert shapely.covers(covered, shapely.box(*low.T, *(low + band.cell).T)).all()
    shares = random.dirichlet((1.0, 1.0, 1.0), 200)
    dropped = np.einsum("sk,fkj->fsj", shares, points[flat[~band.needed]]).reshape(-1, 2)
    column, row = np.floor((dropped - band.corner) / band.cell).astype(np.int64).T
    assert band.core[row, column].all()
    assert band.needed.sum() < 0.6 * len(flat)


@pytest.mark.slow
@pytest.mark.parametrize("broken", [False, True])
def test_a_large_tower_is_within_three_thousandths_of_the_exact_union(broken: bool) -> None:
    tower = twisted_tower(100, 100)
    tower = damaged(tower, 6) if broken else tower
    wanted = union_of_all(tower)
    assert project_mesh(tower).symmetric_difference(wanted).area < 0.003
    by_band = project_triangles(tower.vertices, tower.faces)
    assert by_band.symmetric_difference(wanted).area < 1e-6


def test_triangles_are_united_with_polygons_beside_them() -> None:
    flat: NDArray[np.float64] = np.array([[0, 0], [4, 0], [0, 4]], dtype=np.float64)
    faces = np.array([[0, 1, 2]], dtype=np.int32)
    also = shapely.box(0, -2, 4, 0)
    assert project_triangles(flat, faces, also=[also]).area == pytest.approx(16.0)


@pytest.mark.parametrize("torn", [False, True])
def test_stacked_parts_are_united_as_one(torn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    floor = ring_with_a_hole()
    floors = [moved(floor, 0.0, 0.0, 3.0 * level) for level in range(40)]
    if torn:
        floors = [Mesh(f.vertices, np.delete(f.faces, i % 8, axis=0)) for i, f in enumerate(floors)]
    found = by_core_band(side_by_side(*floors), monkeypatch)
    assert found.area == pytest.approx(84.0, abs=1e-9)
    assert len(found.interiors) == 1


def test_sides_that_adjoin_but_for_rounding_are_united() -> None:
    """Cut above its foot, this prism's section and top made the exact union give up."""
    ring = [
        (-1.6180339887498947, 1.1765705045849464),
        (-6.490743345870204, -4.714801079142511),
        (0.6180339887498945, -1.9011130325903074),
        (2.0, 0.001),
        (0.6180339887498949, 1.903113032590307),
    ]
    body = scene_prism(ring, 0.0, 0.727)
    (cut,) = project_between([welded(body)], [0.001], [math.inf])
    assert cut.geometry.symmetric_difference(shapely.Polygon(ring)).area < EXACT


@given(
    st.lists(
        st.tuples(*[st.tuples(st.integers(0, 6), st.integers(0, 6))] * 3),
        min_size=1,
        max_size=8,
    )
)
def test_triangles_are_one_sheet_only_where_none_lies_on_another(
    corners: list[tuple[tuple[int, int], ...]],
) -> None:
    points = np.array(corners, dtype=np.float64).reshape(-1, 2)
    faces = np.arange(len(points)).reshape(-1, 3)
    flat = flat_triangles(points, faces)
    wanted = shapely.union_all(shapely.polygons(points[flat]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projection, "FEW", 0)
        found = project_triangles(points, faces)
    if len(flat):
        assert found.symmetric_difference(wanted).area < 1e-9


def test_a_surface_cut_fine_is_one_sheet_and_one_that_folds_is_not() -> None:
    x, y = np.meshgrid(np.linspace(0.0, 9.0, 40), np.linspace(0.0, 5.0, 30))
    index = np.arange(x.size).reshape(x.shape)
    a, b, c, d = (i.ravel() for i in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))  # fmt: skip
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    level = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)
    assert project_triangles(level, faces).equals(shapely.box(0, 0, 9, 5))
    spiral = np.stack([(2 + x / 9) * np.cos(x), (2 + x / 9) * np.sin(x), x], axis=-1).reshape(-1, 3)
    spiral[:, :2] *= 1.0 + y.reshape(-1, 1) / 5.0  # more than a turn, so that it lies over itself
    whole = shapely.union_all(shapely.polygons(spiral[flat_triangles(spiral, faces)][:, :, :2]))
    found = project_triangles(spiral, faces)
    assert found.symmetric_difference(whole).area < 1e-9
    assert found.area < shapely.area(shapely.polygons(spiral[faces][:, :, :2])).sum() - 1.0
