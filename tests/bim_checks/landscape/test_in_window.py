"""What is left out of a window is never seen in it."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bim_checks.landscape.eye import Eye, sector
from bim_checks.landscape.in_window import faces_in
from bim_checks.landscape.picture import Window, picture_of
from bim_checks.landscape.surface import of_triangles

EYE = Eye((0.0, 0.0, 10.0), 0.13)


@given(
    st.integers(0, 2**32 - 1),
    st.floats(-math.pi, math.pi),
    st.floats(-0.6, 0.6),
    st.sampled_from([0.002, 0.02]),
)
def test_a_window_shows_the_same_without_what_lies_outside_it(
    seed: int, middle: float, low: float, step: float
) -> None:
    random = np.random.default_rng(seed)
    # Small and large ones, near and far, round the eye, behind it and above it.
    size = 10.0 ** random.uniform(-1.0, 2.5, (60, 1, 1))
    triangles = random.uniform(-200.0, 200.0, (60, 1, 3)) + size * random.normal(size=(60, 3, 3))
    surface = of_triangles(triangles, np.arange(60))
    window = Window(sector(middle, 40 * step, step), low, step, 30)
    left = faces_in(surface, EYE, window)
    whole, found = (picture_of(each, EYE, window) for each in (surface, left))
    np.testing.assert_array_equal(found.owners, whole.owners)
    np.testing.assert_array_equal(found.distances, whole.distances)
    np.testing.assert_array_equal(found.light, whole.light)


def test_most_of_a_tower_before_a_small_window_is_left_out() -> None:
    z = np.arange(100.0)
    corners = np.array([[-1.0, 100.0, 0.0], [1.0, 100.0, 0.0], [0.0, 100.0, 1.0]])
    surface = of_triangles(corners + z[:, None, None] * [0.0, 0.0, 1.0], np.arange(100))
    window = Window(sector(0.0, 0.01, 0.001), math.atan(0.3), 0.001, 10)
    # Of heights 30 m to 31.1 m above the eye, at 100 m.
    assert set(faces_in(surface, EYE, window).owners.tolist()) <= set(range(37, 43))
    assert {40, 41} <= set(faces_in(surface, EYE, window).owners.tolist())
