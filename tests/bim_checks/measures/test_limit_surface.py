from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from bim_checks.measures.limit_surface import InclinedPlane, RisingSurface, plane_through

SAMPLES = 4001


def metres(most: int) -> st.SearchStrategy[float]:
    """Whole millimetres, as plans are drawn: the square of 1e-200 m is no length."""
    return st.integers(-1000 * most, 1000 * most).map(lambda number: number / 1000.0)


places = st.tuples(metres(50), metres(50))
points = st.tuples(metres(80), metres(80), metres(40))


@st.composite
def sources(draw: st.DrawFn) -> shapely.Geometry:
    corners = draw(st.lists(places, min_size=3, max_size=6, unique=True))
    kind = draw(st.sampled_from(["point", "line", "polygon", "several"]))
    if kind == "point":
        return shapely.Point(corners[0])
    if kind == "line":
        return shapely.LineString(corners)
    hull = shapely.convex_hull(shapely.MultiPoint(corners)).buffer(1.0, quad_segs=2)
    return hull if kind == "polygon" else shapely.union_all([hull, shapely.Point(90.0, 90.0)])


@given(source=sources(), slope=st.floats(0.0, 3.0), start=points, end=points)
def test_no_point_of_an_edge_rises_above_its_peak(
    source: shapely.Geometry,
    slope: float,
    start: tuple[float, float, float],
    end: tuple[float, float, float],
) -> None:
    surface = RisingSurface(source, 5.0, slope)
    edge = np.array([start, end])
    candidates = np.concatenate([surface.peaks(edge[None]), edge])
    best = (candidates[:, 2] - surface.at(candidates)).max()
    share = np.linspace(0.0, 1.0, SAMPLES)[:, None]
    along = edge[0] + share * (edge[1] - edge[0])
    sampled = (along[:, 2] - surface.at(along)).max()
    steepest = slope * math.dist(start[:2], end[:2]) + abs(end[2] - start[2])
    assert sampled <= best + 1e-9
    assert best <= sampled + steepest / (SAMPLES - 1) + 1e-9


def test_the_peak_beside_a_point_is_where_the_edge_climbs_like_the_cone() -> None:
    # z = 0.5 y past a point at 30 m: level at y = 30 * 0.5 / sqrt(1 - 0.25).
    surface = RisingSurface(shapely.Point(0.0, 0.0), 0.0, 1.0)
    peak = surface.peaks(np.array([[[30.0, -30.0, -15.0], [30.0, 30.0, 15.0]]]))[0]
    assert peak[1] == pytest.approx(15.0 / math.sqrt(0.75), abs=1e-9)


@given(source=sources(), slope=st.floats(0.0, 3.0), cap=st.none() | st.floats(0.0, 40.0))
def test_lowest_over_a_shape_is_below_the_surface_everywhere_in_it(
    source: shapely.Geometry, slope: float, cap: float | None
) -> None:
    surface = RisingSurface(source, 5.0, slope, offset=3.0, cap=cap)
    shape = shapely.box(10.0, 10.0, 30.0, 20.0)
    x, y = np.meshgrid(np.linspace(10.0, 30.0, 21), np.linspace(10.0, 20.0, 11))
    heights = surface.at(np.stack([x.ravel(), y.ravel()], axis=1))
    lowest = surface.lowest_over(np.array([shape], dtype=object))[0]
    assert lowest <= heights.min() + 1e-9


def test_a_plane_goes_through_its_three_points() -> None:
    corners = np.array(
        [[610000.0, 2705000.0, 10.0], [610100.0, 2705010.0, 30.0], [610020.0, 2705090.0, -4.0]]
    )
    surface = plane_through(corners)
    assert surface.at(corners) == pytest.approx(corners[:, 2], abs=1e-9)
    assert surface.steepness == pytest.approx(math.hypot(*surface.gradient))


def test_points_on_one_line_are_no_plane() -> None:
    line = np.array([[0.0, 0.0, 1.0], [1.0, 1.0, 2.0], [2.0, 2.0, 9.0]])
    with pytest.raises(ValueError, match="one line"):
        plane_through(line)


def test_lowest_over_a_box_is_at_the_plane_s_lowest_corner() -> None:
    surface = InclinedPlane((0.0, 0.0, 10.0), (0.5, -0.25))
    lowest = surface.lowest_over(np.array([shapely.box(0.0, 0.0, 4.0, 8.0)], dtype=object))
    assert lowest == pytest.approx([8.0])
