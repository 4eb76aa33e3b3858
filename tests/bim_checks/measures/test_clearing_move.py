"""The smallest move that clears an obstacle, against closed forms and against trying moves out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity

from bim_checks.measures.clearing_move import clearing_move, outside_of

FAR = (610_000.0, 2_705_000.0)


def at(shape: shapely.Geometry) -> shapely.Geometry:
    return affinity.translate(shape, *FAR)


def test_a_box_leaves_a_half_plane_the_short_way() -> None:
    move = clearing_move(at(shapely.box(0, 0, 10, 10)), at(shapely.box(8, -50, 60, 50)))
    assert move is not None
    assert (move.east, move.north) == pytest.approx((-2.0, 0.0), abs=1e-6)
    assert move.bearing == pytest.approx(270.0)
    assert move.towards.en == "west"


def test_the_corner_of_a_slanting_zone_is_left_at_a_right_angle() -> None:
    """The zone lies beyond x + y = 18; the corner (10, 10) is 2 / sqrt 2 = 1.4142 m past it, 1.42 in whole centimetres."""
    zone = shapely.Polygon([(18, 0), (100, 0), (100, 100), (0, 100), (0, 18)])
    move = clearing_move(at(shapely.box(0, 0, 10, 10)), at(zone))
    assert move is not None
    assert move.length == pytest.approx(1.42, abs=1e-6)
    assert (move.east, move.north) == pytest.approx(
        (-1.42 / math.sqrt(2), -1.42 / math.sqrt(2)), abs=1e-6
    )
    assert move.towards.en == "south-west"


def test_a_house_over_a_parcel_line_is_brought_back() -> None:
    home = at(shapely.box(-5, -5, 30, 11))
    house = at(shapely.Polygon([(0, 0), (10, 0), (10, 4), (4, 4), (4, 14), (0, 14)]))
    move = clearing_move(house, outside_of(home, house))
    assert move is not None
    assert (move.east, move.north) == pytest.approx((0.0, -3.0), abs=1e-6)


def test_a_shape_fits_into_a_court_of_the_obstacle() -> None:
    """A ring of 30 m with a court of 12 m: a box that reaches half a metre into the ring goes back into the court."""
    ring = shapely.box(-15, -15, 15, 15).difference(shapely.box(-6, -6, 6, 6))
    move = clearing_move(at(shapely.box(-4.5, -5, 6.5, 5)), at(ring))
    assert move is not None
    assert (move.east, move.north) == pytest.approx((-0.5, 0.0), abs=1e-6)


def test_where_no_move_within_the_bound_is_enough_there_is_none() -> None:
    house = at(shapely.box(0, 0, 10, 10))
    assert clearing_move(house, at(shapely.box(-200, -200, 200, 200))) is None
    parcel = at(shapely.box(0, 0, 8, 8))
    assert clearing_move(house, outside_of(parcel, house)) is None
    assert clearing_move(house, at(shapely.box(7, -50, 60, 50)), bound=2.9) is None


def test_a_shape_of_very_many_corners_is_still_moved_far_enough() -> None:
    turns = np.linspace(0.0, 2.0 * math.pi, 20_000, endpoint=False)
    radius = 10.0 + 0.2 * np.sin(40.0 * turns)
    shape = shapely.Polygon(np.column_stack([radius * np.cos(turns), radius * np.sin(turns)]))
    move = clearing_move(at(shape), at(shapely.box(8, -50, 60, 50)))
    least = shape.bounds[2] - 8.0
    assert move is not None
    assert least <= move.length <= least + 1.5
    moved = affinity.translate(at(shape), move.east, move.north)
    assert moved.intersection(at(shapely.box(8, -50, 60, 50))).area < 1e-6


@st.composite
def outlines(draw: st.DrawFn) -> shapely.Polygon:
    count = draw(st.integers(3, 8))
    turns = np.linspace(0.0, 2.0 * math.pi, count, endpoint=False)
    radii = np.array(draw(st.lists(st.floats(2.0, 9.0), min_size=count, max_size=count)))
    return shapely.Polygon(np.column_stack([radii * np.cos(turns), radii * np.sin(turns)]))


@given(outlines(), outlines(), st.floats(-6.0, 6.0), st.floats(-6.0, 6.0))
def test_it_clears_and_nothing_shorter_does(
    shape: shapely.Polygon, other: shapely.Polygon, east: float, north: float
) -> None:
    obstacle = affinity.translate(other, east, north)
    if shape.intersection(obstacle).area < 0.01:
        return
    move = clearing_move(at(shape), at(obstacle))
    assert move is not None
    moved = affinity.translate(at(shape), move.east, move.north)
    assert moved.intersection(at(obstacle)).area < 1e-6
    # Every move a little shorter, in 720 directions, still overlaps.
    shorter = max(move.length - 0.02, 0.0)
    for turn in np.linspace(0.0, 2.0 * math.pi, 720, endpoint=False):
        tried = affinity.translate(shape, shorter * math.cos(turn), shorter * math.sin(turn))
        assert tried.intersection(obstacle).area > 0.0
