"""Volumes above surfaces against closed forms, within what is stated of how well they are known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from bim_checks.measures.limit_surface import InclinedPlane, LimitSurface, RisingSurface
from bim_checks.measures.volume_above import VolumeAbove, volume_above
from bim_checks.scene import ORIGIN, read_scene
from bim_checks.scheme import Scheme
from cim.frame import decide_frame

FOOT = 5.0  # m, of the ground of scenes


def above(
    model: dict[str, Any], surface: LimitSurface, region: shapely.Polygon | None = None
) -> VolumeAbove:
    scene = read_scene({"model": model})
    ledger = decide_frame(scene.model, scene.city.frame, scene.city.terrain, place=scene.place)
    scheme = Scheme(scene.model, ledger)
    return volume_above(scheme, surface, list(range(len(scheme.outlines))), region)


def level(height: float) -> InclinedPlane:
    return InclinedPlane((*ORIGIN, FOOT + height))


def test_a_block_above_a_level() -> None:
    found = above({"boxes": {"A": [[0, 0, 0], [20, 10, 30]]}}, level(26.8))
    assert found.volume == pytest.approx(20 * 10 * 3.2, abs=1e-6)
    assert 0.0 < found.half < 0.02 * found.volume


@given(
    turn=st.floats(0.0, math.pi),
    east=st.floats(-0.05, 0.05),
    north=st.floats(-0.05, 0.05),
    height=st.floats(10.0, 29.0),
)
def test_a_turned_block_above_any_plane_within_the_stated_half_width(
    turn: float, east: float, north: float, height: float
) -> None:
    cos, sin = math.cos(turn), math.sin(turn)
    corners = [(x * cos - y * sin, x * sin + y * cos) for x, y in ((-9, -4), (9, -4), (9, 4), (-9, 4))]  # fmt: skip
    plane = InclinedPlane((*ORIGIN, FOOT + height), (east, north))
    found = above({"elements": [{"id": "A", "prism": {"polygon": corners, "low": 0, "high": 40}}]}, plane)  # fmt: skip
    # About the middle of the block the plane is as much above as below its height there.
    assert found.volume == pytest.approx(18 * 8 * (40 - height), abs=found.half)


def test_a_block_above_a_cone_round_its_middle() -> None:
    found = above(
        {"boxes": {"A": [[-50, -50, 0], [50, 50, 20]]}},
        RisingSurface(shapely.Point(ORIGIN), FOOT + 10.0, 0.1),
    )
    # Mean distance from the middle of a square of side 1: (sqrt 2 + ln(1 + sqrt 2)) / 6.
    mean = 100.0 * (math.sqrt(2.0) + math.log(1.0 + math.sqrt(2.0))) / 6.0
    assert found.volume == pytest.approx(100.0 * 100.0 * (10.0 - 0.1 * mean), rel=1e-4)


def test_rooms_count_and_what_is_hidden_below_does_not_count_twice() -> None:
    walls = {
        "W": [[0, 0, 0], [0.2, 10, 30]],
        "E": [[19.8, 0, 0], [20, 10, 30]],
        "ROOF": [[0, 0, 29.8], [20, 10, 30]],
        "INSIDE": [[5, 2, 0], [8, 5, 29]],
    }
    found = above({"boxes": walls}, level(20.0))
    assert found.volume == pytest.approx(20 * 10 * 10.0, abs=1e-6)


def test_only_what_stands_in_the_region_counts() -> None:
    east, north = ORIGIN
    half = shapely.box(east + 5.0, north - 10.0, east + 90.0, north + 90.0)
    found = above({"boxes": {"A": [[0, 0, 0], [20, 10, 30]]}}, level(25.0), half)
    assert found.volume == pytest.approx(15 * 10 * 5.0, abs=1e-6)
    beside = shapely.box(east + 50.0, north, east + 60.0, north + 10.0)
    assert above({"boxes": {"A": [[0, 0, 0], [20, 10, 30]]}}, level(25.0), beside).volume == 0.0


def test_below_a_surface_there_is_nothing() -> None:
    found = above({"boxes": {"A": [[0, 0, 0], [20, 10, 30]]}}, level(31.0))
    assert (found.volume, found.half) == (0.0, 0.0)


def test_the_sample_tower_rises_into_its_height_zone_by_plan_times_height() -> None:
    model = {"boxes": {"A": [[0, 0, 0], [10, 10, 99.8]]}}
    found = above(model, InclinedPlane((0.0, 0.0, 100.0)))
    assert found.volume == pytest.approx(100.0 * 4.8, abs=1e-6)
    assert np.isfinite(found.half)
