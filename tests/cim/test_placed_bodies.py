from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cim.placed_bodies import placed_bodies
from tests.support.cities import ORIGIN
from tests.support.models import box, element, model_of
from tests.support.solids import ring_with_a_hole

MIRRORED = np.diag([1.0, -1.0, 1.0, 1.0])
numbers = st.floats(-50.0, 50.0)


def moved(x: float, y: float, z: float, angle: float) -> np.ndarray:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0, x], [s, c, 0, y], [0, 0, 1, z], [0, 0, 0, 1]], dtype=np.float64)


@given(st.lists(st.tuples(st.integers(0, 2), numbers, numbers, numbers, numbers, st.booleans()), max_size=6))  # fmt: skip
def test_bodies_stand_where_each_mesh_stands_moved_alone(
    placed: list[tuple[int, float, float, float, float, bool]],
) -> None:
    places = [moved(*at) @ (MIRRORED if mirror else np.eye(4)) for _, *at, mirror in placed]
    model = model_of(
        [
            element(f"E{n}", mesh, placement=place)
            for n, ((mesh, *_), place) in enumerate(zip(placed, places, strict=True))
        ],
        [ring_with_a_hole(), box((0, 0, 0), (3, 2, 1)), box((1, 1, 1), (2, 5, 9))],
    )
    stand = moved(*ORIGIN, 4.0, 0.3)
    bodies = placed_bodies(model, stand)
    assert len(bodies) == len(placed)
    for i, ((mesh, *_), place) in enumerate(zip(placed, places, strict=True)):
        wanted = model.meshes[mesh].transformed(stand @ place)
        np.testing.assert_allclose(bodies.mesh(i).vertices, wanted.vertices, rtol=0, atol=2e-9)
        np.testing.assert_array_equal(bodies.mesh(i).faces, wanted.faces)
        triangles, owners = bodies.triangles_of(np.array([i]))
        np.testing.assert_array_equal(triangles, bodies.mesh(i).triangles())
        np.testing.assert_array_equal(bodies.triangles[bodies.owners == i], triangles)
        assert set(owners) == {i}
    low, high = bodies.boxes
    np.testing.assert_array_equal(low, bodies.triangles.min(axis=1))
    np.testing.assert_array_equal(high, bodies.triangles.max(axis=1))


def test_bodies_are_chosen_in_the_order_asked_for() -> None:
    model = model_of(
        [element("A", 0), element("none", None), element("B", 1)],
        [box((0, 0, 0), (1, 1, 1)), ring_with_a_hole()],
    )
    bodies = placed_bodies(model, np.eye(4))
    assert len(bodies) == 2
    triangles, owners = bodies.triangles_of(np.array([1, 0]))
    assert owners.tolist() == [1] * len(bodies.mesh(1).faces) + [0] * 12
    np.testing.assert_array_equal(triangles[-12:], bodies.mesh(0).triangles())
