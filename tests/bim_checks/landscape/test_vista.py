from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from bim_checks.landscape.eye import EARTH_RADIUS
from bim_checks.landscape.vista import SightSurface, Vista, sight_surface

EYE = (610_000.0, 2_705_000.0, 20.0)


def vista(distance: float, refraction: float = 0.0, wide: float = 100.0) -> Vista:
    """Toward the east."""
    east = EYE[0] + distance
    return Vista(EYE, (east, EYE[1] + wide), (east, EYE[1] - wide), 52.0, refraction)


def surface(view: Vista) -> SightSurface:
    return sight_surface(view, [view.corridor(), view.background(2000.0)])


@pytest.mark.parametrize(
    ("refraction", "sunk"), [(0.0, 5.02276), (1.0 / 7.0, 5.02276 * 6.0 / 7.0), (1.0, 0.0)]
)
def test_a_line_of_sight_of_16_km_sinks_5_metres_at_mid_span(
    refraction: float, sunk: float
) -> None:
    # 8,000^2 / (2 x 6,371,000) = 5.0228 m below the straight 36 m.
    view = vista(16_000.0, refraction)
    middle = np.array([[EYE[0] + 8000.0, EYE[1]]])
    assert surface(view).at(middle) == pytest.approx([36.0 - sunk], abs=1e-4)


@given(
    share=st.floats(0.01, 1.1),
    beside=st.floats(-1.0, 1.0),
    distance=st.floats(200.0, 20_000.0),
    wide=st.floats(1.0, 150.0),
    refraction=st.sampled_from([0.0, 0.13, 1.0 / 7.0]),
)
def test_heights_are_those_of_each_line_of_sight(
    share: float, beside: float, distance: float, wide: float, refraction: float
) -> None:
    view = vista(distance, refraction, wide)
    whole = math.hypot(distance, beside * wide)
    d = share * whole
    point = np.array([[EYE[0] + share * distance, EYE[1] + share * beside * wide]])
    expected = 20.0 + 32.0 * share - (1.0 - refraction) * d * (whole - d) / (2.0 * EARTH_RADIUS)
    assert surface(view).at(point) == pytest.approx([expected], abs=1e-6)


def test_the_threshold_holds_all_along_the_landmark() -> None:
    view = vista(900.0, wide=300.0)
    line = np.array([[EYE[0] + 900.0, EYE[1] + w] for w in (-300.0, -120.0, 0.0, 300.0)])
    assert surface(view).at(line) == pytest.approx(np.full(4, 52.0), abs=1e-6)


def test_left_and_right_may_be_exchanged() -> None:
    view = vista(5000.0)
    other = Vista(view.eye, view.right, view.left, view.threshold, view.refraction)
    points = np.array([[EYE[0] + 100.0, EYE[1] + 1.0], [EYE[0] + 4000.0, EYE[1] - 50.0]])
    assert surface(other).at(points) == pytest.approx(surface(view).at(points), abs=1e-9)


@given(
    ends=st.tuples(*(st.floats(-900.0, 4000.0) for _ in range(4))),
    wide=st.sampled_from([50.0, 500.0, 1500.0]),
)
def test_it_is_nowhere_steeper_than_it_says(
    ends: tuple[float, float, float, float], wide: float
) -> None:
    limit = surface(vista(3000.0, wide=wide))
    points = np.array(ends).reshape(2, 2) + np.array(EYE[:2])
    first, second = limit.at(points)
    assert abs(first - second) <= limit.steepness * math.dist(*points.tolist()) + 1e-6


@given(
    start=st.tuples(st.floats(100, 3000), st.floats(-90, 90), st.floats(0, 60)),
    end=st.tuples(st.floats(100, 3000), st.floats(-90, 90), st.floats(0, 60)),
)
def test_no_point_of_an_edge_rises_above_its_peak(
    start: tuple[float, float, float], end: tuple[float, float, float]
) -> None:
    limit = surface(vista(3000.0))
    edge = np.array([start, end]) + np.array([EYE[0], EYE[1], 0.0])
    peak = limit.peaks(edge[None])
    along = edge[0] + np.linspace(0.0, 1.0, 4001)[:, None] * (edge[1] - edge[0])
    best = float(peak[0, 2] - limit.at(peak)[0])
    assert (along[:, 2] - limit.at(along)).max() <= best + 2e-5


def test_lowest_over_a_shape_is_below_the_surface_everywhere_in_it() -> None:
    limit = surface(vista(3000.0))
    box = shapely.box(EYE[0] + 400.0, EYE[1] - 40.0, EYE[0] + 700.0, EYE[1] + 60.0)
    x, y = np.meshgrid(np.linspace(400.0, 700.0, 31), np.linspace(-40.0, 60.0, 11))
    heights = limit.at(np.stack([EYE[0] + x.ravel(), EYE[1] + y.ravel()], axis=1))
    lowest = float(limit.lowest_over(np.array([box], dtype=object))[0])
    assert lowest <= heights.min() + 1e-9
    assert heights.max() <= lowest + limit.steepness * math.hypot(300.0, 100.0) + 1e-9


def test_the_background_continues_the_wedge() -> None:
    view = vista(1000.0, wide=100.0)
    # Half widths 100 m and 150 m, 500 m deep.
    assert view.background(500.0).area == pytest.approx(500.0 * (200.0 + 300.0) / 2.0)
    assert view.corridor().intersection(view.background(500.0)).area == pytest.approx(0.0, abs=1e-6)
