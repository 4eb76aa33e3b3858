"""A level camera: where directions fall, and what it is turned on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bim_checks.landscape.camera import COLUMNS, LOW, Camera, camera_on

cameras = st.builds(
    Camera,
    bearing=st.floats(-math.pi, 2.0 * math.pi),
    field_of_view=st.floats(math.radians(20.0), math.radians(100.0)),
    columns=st.integers(2, 60),
    rows=st.integers(2, 60),
    horizon=st.floats(-30.0, 90.0),
)


@given(cameras, st.integers(1, 3))
def test_a_pixel_looks_where_its_direction_falls(camera: Camera, times: int) -> None:
    azimuths, tangents = camera.directions(times)
    for row in range(0, camera.rows * times, 7):
        x, y = camera.place(azimuths, tangents[row])
        assert x == pytest.approx((np.arange(camera.columns * times) + 0.5) / times, abs=1e-6)
        assert y == pytest.approx(np.full(camera.columns * times, (row + 0.5) / times), abs=1e-6)


@given(cameras, st.lists(st.floats(-300.0, 300.0), min_size=6, max_size=6))
def test_straight_lines_stay_straight_and_upright_ones_upright(
    camera: Camera, ends: list[float]
) -> None:
    axis = np.array([math.sin(camera.bearing), math.cos(camera.bearing), 0.0])
    p, q = np.array(ends[:3]) + 900.0 * axis, np.array(ends[3:]) + 900.0 * axis
    points = p + np.linspace(0.0, 1.0, 5)[:, None] * (q - p)
    x, y = _placed(camera, points)
    cross = (x[1:] - x[0]) * (y[-1] - y[0]) - (y[1:] - y[0]) * (x[-1] - x[0])
    assert cross == pytest.approx(np.zeros(4), abs=1e-3)
    upright = np.repeat(p[None, :], 5, axis=0)
    upright[:, 2] += np.linspace(0.0, 50.0, 5)
    across, _ = _placed(camera, upright)
    assert across == pytest.approx(np.full(5, across[0]), abs=1e-9)


def test_what_stands_behind_falls_nowhere() -> None:
    camera = Camera(0.0, math.radians(60.0), 100, 50, 25.0)
    x, y = camera.place(np.radians([0.0, 90.0, 180.0]), np.zeros(3))
    assert x[0] == 50.0
    assert y[0] == 25.0
    assert np.isnan(x[1:]).all()


@given(
    st.floats(0.0, 2.0 * math.pi),
    st.floats(30.0, 4_000.0),
    st.floats(10.0, 60.0),
    st.floats(5.0, 250.0),
)
def test_a_camera_shows_the_scheme_with_room_beside_it(
    azimuth: float, distance: float, width: float, height: float
) -> None:
    across = np.array([math.cos(azimuth), -math.sin(azimuth), 0.0]) * width / 2.0
    foot = np.array([math.sin(azimuth), math.cos(azimuth), 0.0]) * distance
    points = np.array([foot + s * across + [0.0, 0.0, z] for s in (-1, 1) for z in (0.0, height)])
    camera = camera_on(points, np.array([azimuth]), np.array([0.05]))
    assert math.degrees(camera.bearing) == pytest.approx(round(math.degrees(camera.bearing)))
    fives = math.degrees(camera.field_of_view) / 5.0
    assert fives == pytest.approx(round(fives))
    assert camera.columns == COLUMNS
    x, y = _placed(camera, points)
    assert x.min() > 0.0
    assert x.max() < camera.columns
    low, top = camera.tangents_of_edges
    assert low == pytest.approx(-LOW)
    # Its top is in the picture, unless the picture ends at 45 degrees.
    assert y.min() > 0.0 or top == pytest.approx(1.0, abs=0.02)


def test_a_wider_field_is_taken_before_a_picture_grows_tall() -> None:
    points = np.array([[-10.0, 60.0, 0.0], [10.0, 60.0, 55.0]])
    camera = camera_on(points, np.zeros(1), np.zeros(1))
    assert math.degrees(camera.field_of_view) > 50.0
    assert camera.rows <= 0.7 * camera.columns


def _placed(camera: Camera, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    away = np.hypot(points[:, 0], points[:, 1])
    return camera.place(np.arctan2(points[:, 0], points[:, 1]), points[:, 2] / away)
