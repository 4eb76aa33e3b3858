from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cim.bodies import bodies_of
from cim.ground import above_ground, ground_range, subdivided
from cim.solid import measure_meshes
from tests.support.models import box, boxes_model
from tests.support.solids import ring_with_a_hole, twisted_tower


def plane(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.1 * points[:, 0] - 0.2 * points[:, 1] + 7.0


@given(st.floats(0.3, 30.0))
def test_a_body_cut_into_smaller_faces_is_the_same_closed_body(step: float) -> None:
    for body in (ring_with_a_hole(), twisted_tower(8, 5)):
        fine = subdivided(body, step)
        coarse_facts, fine_facts = measure_meshes([body, fine])
        assert fine_facts.volume == pytest.approx(coarse_facts.volume, rel=1e-9)
        assert fine_facts.area == pytest.approx(coarse_facts.area, rel=1e-9)
        corners = fine.triangles()[:, :, :2]
        sides = np.linalg.norm(np.roll(corners, -1, axis=1) - corners, axis=2)
        assert sides.max() <= step


def test_faces_short_enough_are_left_as_they_are() -> None:
    body = box((0, 0, 0), (0.5, 0.5, 40.0))
    assert np.array_equal(subdivided(body, 1.0).faces, body.faces)


def test_heights_are_counted_from_the_ground_below_each_corner() -> None:
    body = box((0, 0, 0), (4, 4, 9))
    found = above_ground(body, plane)
    assert found is not None
    fine = subdivided(body, 1.0)
    assert found.vertices[:, 2] == pytest.approx(fine.vertices[:, 2] - plane(fine.vertices))
    (facts,) = measure_meshes([found])
    assert facts.volume == pytest.approx(144.0)


def test_a_body_over_unknown_ground_has_no_height() -> None:
    assert above_ground(box((0, 0, 0), (1, 1, 1)), lambda p: np.full(len(p), np.nan)) is None


def test_the_range_of_the_ground_holds_all_of_it_below_the_bodies() -> None:
    bodies = bodies_of(boxes_model({"A": ((0, 0, 0), (10, 20, 1))}), None)
    low, high = ground_range(bodies, plane)
    assert 2.0 <= low <= 7.0 - 4.0
    assert 8.0 <= high <= 9.0
    assert ground_range(bodies, lambda p: np.where(p[:, 0] > 5, np.nan, 0.0)) == (-np.inf, np.inf)
