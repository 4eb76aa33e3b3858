from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cim.mesh import Mesh
from tests.support.models import box
from tiles.surface import closed, crease, volumes, weld

UNIT_BOX = box((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def unwelded(mesh: Mesh) -> Mesh:
    """Every triangle with corners of its own, as many exporters write it."""
    return Mesh(
        mesh.vertices[mesh.faces].reshape(-1, 3),
        np.arange(mesh.faces.size, dtype=np.int32).reshape(-1, 3),
    )


def cylinder(sides: int) -> Mesh:
    """A closed prism of radius and height 1 whose side facets meet at 360 / sides degrees."""
    angles = np.arange(sides) * 2.0 * np.pi / sides
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    vertices = np.concatenate(
        [
            np.column_stack([ring, np.zeros(sides)]),
            np.column_stack([ring, np.ones(sides)]),
            [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
        ]
    )
    here, there = np.arange(sides), (np.arange(sides) + 1) % sides
    faces = np.concatenate(
        [
            np.column_stack([here, there, there + sides]),
            np.column_stack([here, there + sides, here + sides]),
            np.column_stack([there, here, np.full(sides, 2 * sides)]),
            np.column_stack([here + sides, there + sides, np.full(sides, 2 * sides + 1)]),
        ]
    )
    return Mesh(vertices, faces.astype(np.int32))


def test_a_box_is_crisp_each_corner_stands_once_for_each_of_its_three_sides() -> None:
    surface = crease(weld([unwelded(UNIT_BOX)]))
    assert len(surface.positions) == 24
    assert np.abs(surface.normals).sum() == 24.0  # along the axes, every one
    faces = surface.positions[surface.faces]
    across = np.cross(faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 0])
    np.testing.assert_allclose(surface.normals[surface.faces[:, 0]], across, atol=1e-12)


def test_a_fine_cylinder_is_round_at_its_side_and_crisp_at_its_rims() -> None:
    sides = 36
    surface = crease(weld([cylinder(sides)]))
    assert len(surface.positions) == 4 * sides + 2  # each rim twice, each cap's middle once
    side = np.abs(surface.normals[:, 2]) < 0.5
    outward = surface.positions[side][:, :2]
    np.testing.assert_allclose(surface.normals[side][:, :2], outward, atol=0.02)


def test_a_coarse_prism_stays_faceted() -> None:
    sides = 6
    surface = crease(weld([cylinder(sides)]))
    assert len(surface.positions) == 2 * 2 * sides + 2 * sides + 2


def test_vertices_are_welded_within_an_owner_and_never_across() -> None:
    soup = weld([unwelded(UNIT_BOX), unwelded(UNIT_BOX)])
    assert len(soup.positions) == 16
    assert set(soup.faces[soup.owners == 0].ravel()).isdisjoint(
        soup.faces[soup.owners == 1].ravel()
    )


def test_closed_means_watertight_and_facing_outward() -> None:
    inside_out = Mesh(UNIT_BOX.vertices, UNIT_BOX.faces[:, ::-1])
    lidless = Mesh(UNIT_BOX.vertices, UNIT_BOX.faces[2:])
    turned = UNIT_BOX.faces.copy()
    turned[0] = turned[0, ::-1]
    empty = Mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int32))
    meshes = [unwelded(UNIT_BOX), inside_out, lidless, Mesh(UNIT_BOX.vertices, turned), empty]
    assert closed(weld(meshes)).tolist() == [True, False, False, False, False]


@given(
    st.lists(st.tuples(*[st.floats(0.1, 50.0)] * 3), min_size=1, max_size=5),
    st.floats(-1e6, 1e6),
)
def test_volume_is_that_of_the_box_wherever_it_stands(
    sizes: list[tuple[float, float, float]], shift: float
) -> None:
    moved = [box((shift, shift, 0.0), (shift + x, shift + y, z)) for x, y, z in sizes]
    expected = [float(np.prod(size)) for size in sizes]
    assert volumes(weld(moved)) == pytest.approx(expected, rel=1e-4)


@given(st.permutations(range(12)))
def test_shading_does_not_depend_on_the_order_of_faces(order: list[int]) -> None:
    surface = crease(weld([Mesh(UNIT_BOX.vertices, UNIT_BOX.faces[order])]))
    assert _wedges(surface.positions, surface.normals) == _wedges(*_boxed())


def _boxed() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    surface = crease(weld([UNIT_BOX]))
    return surface.positions, surface.normals


def _wedges(positions: NDArray[np.float64], normals: NDArray[np.float64]) -> set[tuple]:
    return {tuple(row) for row in np.round(np.column_stack([positions, normals]) + 0.0, 6).tolist()}
