from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cim.frame import Placement
from cim.mesh import Mesh
from cim.outline import element_outlines, mesh_outline
from tests.support.cities import FRAME, ORIGIN
from tests.support.models import box, element, model_of

UPRIGHT = Placement(*ORIGIN, 5.0, 0.0, 1.0, FRAME)


def ring_with_a_hole() -> Mesh:
    """A closed square ring: outer side 10 m, inner side 4 m, 3 m high."""
    outer = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], dtype=np.float64)
    inner = np.array([[3, 3], [7, 3], [7, 7], [3, 7]], dtype=np.float64)
    plan = np.concatenate([outer, inner])
    vertices = np.concatenate([np.c_[plan, np.zeros(8)], np.c_[plan, np.full(8, 3.0)]])
    faces = []
    for i in range(4):
        j = (i + 1) % 4
        faces += [(i, 4 + i, j), (j, 4 + i, 4 + j)]  # underside
        faces += [(8 + i, 8 + j, 12 + i), (8 + j, 12 + j, 12 + i)]  # top
        faces += [(i, j, 8 + i), (j, 8 + j, 8 + i)]  # outer wall
        faces += [(4 + i, 12 + i, 4 + j), (4 + j, 12 + i, 12 + j)]  # inner wall
    return Mesh(vertices, np.array(faces, dtype=np.int32))


def test_a_hole_stays_a_hole() -> None:
    outline = mesh_outline(ring_with_a_hole())
    assert outline.area == pytest.approx(84.0, abs=1e-9)
    assert len(outline.interiors) == 1


def test_an_open_mesh_covers_what_its_triangles_cover() -> None:
    closed = ring_with_a_hole()
    torn = Mesh(closed.vertices, np.delete(closed.faces, [4, 5], axis=0))
    assert mesh_outline(torn).area == pytest.approx(84.0, abs=1e-9)


def test_flipped_faces_change_nothing() -> None:
    closed = ring_with_a_hole()
    faces = closed.faces.copy()
    faces[::3] = faces[::3, ::-1]
    assert mesh_outline(Mesh(closed.vertices, faces)).area == pytest.approx(84.0, abs=1e-9)


def test_a_vertical_sheet_is_a_line() -> None:
    sheet = Mesh(
        np.array([[0, 0, 0], [5, 0, 0], [5, 0, 3], [0, 0, 3]], dtype=np.float64),
        np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32),
    )
    outline = mesh_outline(sheet)
    assert outline.area == 0.0
    assert outline.bounds == (0.0, 0.0, 5.0, 0.0)


@given(st.floats(-math.pi, math.pi), st.floats(-500, 500), st.floats(-500, 500))
def test_area_does_not_depend_on_where_and_how_it_stands(
    rotation: float, dx: float, dy: float
) -> None:
    placement = Placement(ORIGIN[0] + dx, ORIGIN[1] + dy, 5.0, rotation, 1.0, FRAME)
    model = model_of([element("A", 0)], [ring_with_a_hole()])
    (outline,) = element_outlines(model, placement)
    assert outline.geometry.area == pytest.approx(84.0, abs=1e-6)
    assert (outline.low, outline.high) == (5.0, 8.0)


def test_a_tilted_body_is_projected_after_it_is_tilted() -> None:
    quarter = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], dtype=np.float64)
    model = model_of([element("A", 0, placement=quarter)], [box((0, 0, 0), (5, 2, 7))])
    (outline,) = element_outlines(model, UPRIGHT)
    assert outline.geometry.area == pytest.approx(35.0)
    assert (outline.low, outline.high) == (5.0, 7.0)


def test_a_mirrored_body_keeps_its_area_and_turns_its_side() -> None:
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    wedge = Mesh(
        np.array([[0, 0, 0], [4, 0, 0], [0, 3, 0], [0, 0, 2]], dtype=np.float64),
        np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]], dtype=np.int32),
    )
    model = model_of([element("A", 0), element("B", 0, placement=mirror)], [wedge])
    first, second = element_outlines(model, UPRIGHT)
    assert first.geometry.area == second.geometry.area == pytest.approx(6.0)
    both = shapely.union_all([first.geometry, second.geometry])
    assert both.bounds == pytest.approx((ORIGIN[0] - 4, ORIGIN[1], ORIGIN[0] + 4, ORIGIN[1] + 3))
