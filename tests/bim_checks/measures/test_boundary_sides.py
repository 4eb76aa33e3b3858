from __future__ import annotations

import math

import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.measures.boundary_sides import parcel_sides
from cim.control_lines.feature import ControlFeature
from cim.text import Text

SOUTH = shapely.box(-100.0, -30.0, 200.0, -4.0)
EAST = shapely.box(64.0, -100.0, 90.0, 200.0)


def feature(name: str, shape: BaseGeometry) -> ControlFeature:
    return ControlFeature(0, "layer", Text(zh=name, en=name), shape, {})


def kinds(parcel: BaseGeometry, *roads: BaseGeometry) -> dict[tuple[float, float], str]:
    """Kind of each edge by the middle of its chord."""
    near = [feature(f"R{i}", road) for i, road in enumerate(roads)]
    sides = parcel_sides(feature("P", parcel), near, 5.0)
    found = {}
    for side in sides:
        points = shapely.get_coordinates(side.line)
        middle = (points[0] + points[-1]) / 2.0
        found[round(float(middle[0]), 3), round(float(middle[1]), 3)] = side.kind
    return found


def test_one_road_makes_a_front_a_rear_and_two_sides() -> None:
    assert kinds(shapely.box(0.0, 0.0, 60.0, 50.0), SOUTH) == {
        (30.0, 0.0): "front",
        (30.0, 50.0): "rear",
        (0.0, 25.0): "side",
        (60.0, 25.0): "side",
    }


def test_a_corner_parcel_has_two_fronts_and_a_cut_corner_is_one_too() -> None:
    parcel = shapely.Polygon([(0, 0), (56, 0), (60, 4), (60, 50), (0, 50)])
    assert kinds(parcel, SOUTH, EAST) == {
        (28.0, 0.0): "front",
        (58.0, 2.0): "front",
        (60.0, 27.0): "front",
        (30.0, 50.0): "rear",
        (0.0, 25.0): "rear",
    }


def test_the_sides_between_two_parallel_roads_are_no_fronts() -> None:
    north = shapely.box(-100.0, 54.0, 200.0, 80.0)
    assert kinds(shapely.box(0.0, 0.0, 60.0, 50.0), SOUTH, north) == {
        (30.0, 0.0): "front",
        (30.0, 50.0): "front",
        (0.0, 25.0): "side",
        (60.0, 25.0): "side",
    }


def test_a_road_at_the_end_of_an_edge_makes_it_no_front() -> None:
    # Five metres of the east edge are beside the southern road, of fifty.
    assert kinds(shapely.box(0.0, 0.0, 60.0, 50.0), SOUTH)[60.0, 25.0] == "side"


def test_points_of_a_survey_on_a_straight_edge_do_not_cut_it() -> None:
    parcel = shapely.Polygon(
        [(0, 0), (20, 0.0004), (41, -0.0003), (60, 0), (60, 50), (30, 50.0005), (0, 50)]
    )
    sides = parcel_sides(feature("P", parcel), [feature("R", SOUTH)], 5.0)
    assert sorted(side.line.length for side in sides) == pytest.approx([50, 50, 60, 60], abs=1e-3)


def test_a_bent_boundary_is_one_edge_while_it_bends_little() -> None:
    # An arc of 60 degrees in 120 chords: each turns by half a degree.
    arc = [(100.0 * math.sin(a), 100.0 - 100.0 * math.cos(a)) for a in (math.radians(d / 2.0) for d in range(-60, 61))]  # fmt: skip
    parcel = shapely.Polygon([*arc, (50.0, 90.0), (-50.0, 90.0)])
    sides = parcel_sides(feature("P", parcel), [], None)
    assert len(sides) == 4
    assert {side.kind for side in sides} == {"any"}


def test_without_roads_all_edges_are_sides_and_all_of_the_outline_is_told() -> None:
    parcel = shapely.box(0.0, 0.0, 60.0, 50.0)
    sides = parcel_sides(feature("P", parcel), [], 5.0)
    assert {side.kind for side in sides} == {"side"}
    assert sum(side.line.length for side in sides) == pytest.approx(parcel.length)
    assert all(side.inside is parcel for side in sides)
