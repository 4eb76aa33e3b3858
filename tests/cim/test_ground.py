from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cim.ground import (
    GROUND_STEP,
    STRAIGHT,
    above_ground,
    ground_below,
    position_of,
    straight_step,
    subdivided,
)
from cim.solid import measure_meshes
from tests.support.models import box
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


def test_the_range_of_the_ground_below_a_box_holds_all_of_it_and_little_more() -> None:
    boxes = np.array([[0.0, 0.0, 10.0, 20.0], [2.0, 3.0, 2.5, 3.5], [0.0, 0.0, 0.0, 0.0]])
    low, high = ground_below(boxes, plane).T
    for i, (west, south, east, north) in enumerate(boxes.tolist()):
        corners = np.array([[west, south], [west, north], [east, south], [east, north]])
        assert low[i] <= plane(corners).min()
        assert high[i] >= plane(corners).max()
    assert (high - low <= np.array([5.0, 0.15, 0.0]) + 2.0 * 0.3).all()


def test_ground_unknown_below_one_box_says_nothing_of_the_others() -> None:
    boxes = np.array([[0.0, 0.0, 4.0, 4.0], [4.0, 0.0, 9.0, 4.0], [np.nan] * 4])
    found = ground_below(boxes, lambda p: np.where(p[:, 0] > 5.5, np.nan, 1.0))
    assert found[0].tolist() == [1.0, 1.0]
    assert np.isnan(found[1:]).all()
    position = position_of(np.insert(boxes, [2, 4], [0.0, 1.5], axis=1), plane, -np.inf, 2.0)
    assert (position.inside | position.crossing).tolist() == [True, True, True]


@given(st.floats(0.02, 0.3), st.floats(-8.0, 12.0), st.floats(0.1, 6.0))
def test_only_bodies_that_the_ground_crosses_are_followed(
    slope: float, foot: float, height: float
) -> None:
    boxes = np.array([[x, 0.0, foot, x + 3.0, 4.0, foot + height] for x in range(0, 30, 3)])
    position = position_of(boxes, lambda p: slope * p[:, 0], -0.5, 0.5)
    ends = boxes[:, [0, 3]] * slope
    lows, highs = boxes[:, 2] - ends[:, 1], boxes[:, 5] - ends[:, 0]  # above the ground
    crossed = (lows <= 0.5) & (highs >= -0.5)
    wholly = (boxes[:, 2] - ends[:, 1] >= -0.5) & (boxes[:, 5] - ends[:, 0] <= 0.5)
    assert (position.inside | position.crossing)[crossed].all()
    assert not position.inside[~wholly].any()
    assert not (position.inside & position.crossing).any()


def test_a_plane_is_followed_without_cutting_and_a_bend_in_steps_that_keep_to_it() -> None:
    body = box((0, 0, 0), (40, 12, 1))
    assert straight_step(body, plane) == np.inf
    for radius in (20.0, 2_000.0, 200_000.0, 20_000_000.0):

        def bowl(points: NDArray[np.float64], r: float = radius) -> NDArray[np.float64]:
            return (points[:, 0] - 17.0) ** 2 / (2.0 * r)

        step = straight_step(body, bowl)
        longest = np.sqrt(8.0 * STRAIGHT * radius)  # along which an arc bends by so much
        if longest > 40.0:
            assert step == np.inf
        else:
            assert max(longest / 3.0, GROUND_STEP) <= step <= max(longest, GROUND_STEP)
    kink = straight_step(body, lambda p: 0.2 * np.abs(p[:, 0] - 20.0))
    twist = straight_step(body, lambda p: 0.01 * p[:, 0] * p[:, 1])
    assert (kink, twist) == (GROUND_STEP, GROUND_STEP)
    assert straight_step(body, lambda p: np.full(len(p), np.nan)) == GROUND_STEP
