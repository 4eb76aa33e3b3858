"""Airspace surfaces against the same surfaces written once more, point by point, from the tables of Annex 14."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bim_checks.landscape.aerodrome import (
    Aerodrome,
    RunwayEnd,
)
from bim_checks.landscape.airspace import airspace_surfaces, limit_at, outer_surface
from bim_checks.measures.penetration import penetration
from bim_checks.scene import ORIGIN, read_scene
from bim_checks.scheme import Scheme
from cim.frame import decide_frame
from tests.support.aerodromes import precision_code_4

LENGTH = 3400.0
BORDER = 5e-3  # m; a border drawn in pieces, or met by rounding, is asked on both sides


def aerodrome(
    heading: float = 0.0, elevations: tuple[float, float] = (0.0, 0.0), **changes: Any
) -> Aerodrome:
    """A runway of code 4 from `ORIGIN` along a mathematical angle, radians."""
    far = (
        ORIGIN[0] + LENGTH * math.cos(heading),
        ORIGIN[1] + LENGTH * math.sin(heading),
    )
    ends = [
        RunwayEnd(
            name=name,
            easting=place[0],
            northing=place[1],
            elevation=elevation,
            displaced=0.0,
            clearway=0.0,
            landing=True,
            take_off=True,
        )
        for name, place, elevation in zip(("09", "27"), (ORIGIN, far), elevations, strict=True)
    ]
    return replace(precision_code_4(ends), **changes)


def placed(along: float, across: float, heading: float = 0.0) -> NDArray[np.float64]:
    cos, sin = math.cos(heading), math.sin(heading)
    return np.array(
        [[ORIGIN[0] + along * cos - across * sin, ORIGIN[1] + along * sin + across * cos]]
    )


def by_the_tables(along: float, across: float) -> float:
    """The least height over a level runway at elevation 0, infinity below no surface."""
    t, heights = abs(across), [math.inf]
    d = math.hypot(max(-60.0 - along, along - LENGTH - 60.0, 0.0), t)
    if d <= 6000.0:
        heights.append(45.0 + 0.05 * max(d - 4000.0, 0.0))
    if -60.0 <= along <= LENGTH + 60.0 and t >= 140.0:
        heights.append(_flank(0.143 * (t - 140.0)))
    for x in (-along, along - LENGTH):
        a, onward = x - 60.0, -x - 1800.0
        if 0.0 <= a <= 15000.0:
            final = min(90.0 + 0.125 * a, 600.0)
            heights.append(0.02 * a if t <= final else math.inf)
            half = 140.0 + 0.15 * a
            approach = 0.02 * min(a, 3000.0) + 0.025 * min(max(a - 3000.0, 0.0), 3600.0)
            heights.append(approach if t <= half else _flank(approach + 0.143 * (t - half)))
        if 0.0 <= a <= 900.0:
            heights.append(0.02 * a if t <= 60.0 else _flank(0.02 * a + 0.333 * (t - 60.0)))
        if onward >= 0.0:
            half = 60.0 + 0.1 * onward
            heights.append(_flank(0.0333 * onward + 0.333 * max(t - half, 0.0)))
        if a <= 0.0 and onward <= 0.0 and t >= 60.0:
            heights.append(_flank(0.333 * (t - 60.0)))
    return min(heights)


def _flank(height: float) -> float:
    """A surface that ends at the inner horizontal one."""
    return height if height <= 45.0 else math.inf


@given(
    along=st.floats(-16000.0, 19400.0) | st.floats(-3000.0, 500.0),
    across=st.floats(-7000.0, 7000.0) | st.floats(-500.0, 500.0),
    heading=st.sampled_from([0.0, 0.7, 2.9]),
)
@settings(max_examples=300)
def test_the_limit_is_the_least_of_the_surfaces_of_the_tables(
    along: float, across: float, heading: float
) -> None:
    height, _ = limit_at(SURFACES[heading], placed(along, across, heading))
    around = [
        by_the_tables(along + u, across + v)
        for u in (-BORDER, 0.0, BORDER)
        for v in (-BORDER, 0.0, BORDER)
    ]
    assert min(around) - 1e-6 <= height[0] <= max(around) + 1e-6


SURFACES = {heading: airspace_surfaces(aerodrome(heading)) for heading in (0.0, 0.7, 2.9)}


@pytest.mark.parametrize(
    ("along", "across", "height", "name"),
    [
        (1700.0, 3000.0, 45.0, "the inner horizontal surface"),
        (1700.0, -5000.0, 95.0, "the conical surface"),
        (-7060.0, 800.0, 150.0, "the approach surface of 09, section 3"),
        (-6560.0, 800.0, 147.5, "the approach surface of 09, section 2"),
        (-1060.0, 200.0, 20.0, "the approach surface of 09, section 1"),
        (-11060.0, 0.0, 150.0, "the approach surface of 09, section 3"),
        (LENGTH + 6160.0, 0.0, 122.0, "the take-off climb surface over 27"),
        (1700.0, 240.0, 14.3, "the transitional surface beside the strip"),
        (-560.0, 315.0, 10.0 + 0.143 * 100.0, "the transitional surface of 09"),
        (LENGTH + 360.0, 90.0, 6.0, "the approach surface of 27, section 1"),
        (1000.0, 100.0, 0.333 * 40.0, "the inner transitional surface of 09"),
        (2800.0, 0.0, 33.3, "the balked landing surface of 09"),
    ],
)  # fmt: skip
def test_the_surface_that_limits_is_named(
    along: float, across: float, height: float, name: str
) -> None:
    heights, which = limit_at(SURFACES[0.0], placed(along, across))
    assert heights[0] == pytest.approx(height, abs=1e-6)
    assert SURFACES[0.0][which[0]].name.en == name


def test_beyond_all_surfaces_there_is_no_limit() -> None:
    heights, which = limit_at(SURFACES[0.0], placed(1700.0, 6001.0))
    assert (heights[0], which[0]) == (math.inf, -1)


def test_beside_a_sloping_runway_the_flank_starts_at_its_centre_line() -> None:
    surfaces = airspace_surfaces(aerodrome(elevations=(0.0, 34.0)))
    heights, _ = limit_at(surfaces, placed(340.0, 150.0))
    assert heights[0] == pytest.approx(3.4 + 0.143 * 10.0, abs=1e-9)
    heights, _ = limit_at(surfaces, placed(LENGTH + 30.0, 150.0))
    assert heights[0] == pytest.approx(34.0 + 0.143 * 10.0, abs=1e-9)


def test_a_displaced_threshold_takes_its_approach_along_and_leaves_the_climb() -> None:
    plain = aerodrome()
    ends = (replace(plain.ends[0], displaced=300.0, clearway=500.0), plain.ends[1])
    surfaces = airspace_surfaces(replace(plain, ends=ends))
    named = {surface.name.en: surface for surface in surfaces}
    approach = named["the approach surface of 09, section 1"]
    assert approach.surface.at(placed(-760.0, 0.0)) == pytest.approx([0.02 * 1000.0], abs=1e-9)
    climb = named["the take-off climb surface over 09"]
    assert climb.surface.at(placed(-1500.0, 0.0)) == pytest.approx([0.02 * 1000.0], abs=1e-9)
    assert climb.region.bounds[2] == pytest.approx(ORIGIN[0] - 500.0, abs=1e-6)


def test_what_is_not_established_is_not_there() -> None:
    plain = aerodrome(
        approach=None,
        transitional=None,
        take_off_climb=None,
        inner_approach=None,
        inner_transitional=None,
        balked_landing=None,
        outer=None,
    )
    names = [surface.name.en for surface in airspace_surfaces(plain)]
    assert names == ["the inner horizontal surface", "the conical surface"]
    assert outer_surface(plain) is None


def test_an_end_nobody_flies_over_has_neither_approach_nor_climb() -> None:
    plain = aerodrome()
    ends = (replace(plain.ends[0], landing=False, take_off=False), plain.ends[1])
    names = {surface.name.en for surface in airspace_surfaces(replace(plain, ends=ends))}
    assert not any("09" in name for name in names)
    assert "the balked landing surface of 27" in names


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ends": ()}, "ends must be two"),
        ({"inner_approach": None}, "inner_transitional needs"),
    ],
)
def test_an_aerodrome_that_contradicts_itself_is_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        aerodrome(**changes)


def test_a_roof_across_the_edge_of_the_cone_is_highest_between_its_corners() -> None:
    # A right-angled roof with legs of 60 m, its long side along the runway's line and across the cone's inner edge, a inside and
    # b outside: a + b = 60 sqrt 2, and 0.05 a b / (a + b) = 0.966 is what it rises above the line between its corners' excesses.
    side = 60.0 * math.sqrt(2.0)
    half = math.sqrt(side**2 / 4.0 - 0.966 / 0.05 * side)
    a, b = side / 2.0 + half, side / 2.0 - half
    plain = aerodrome()
    ends = tuple(replace(end, easting=end.easting + 4060.0) for end in plain.ends)
    surfaces = airspace_surfaces(replace(plain, ends=ends))  # the cone begins at x = 0
    limit = 45.0 + 0.05 * b
    corners = [
        [a, 0.0, 45.0 + 8.017 - 5.0],
        [-b, 0.0, limit + 8.017 - 5.0],
        [(a - b) / 2.0, side / 2.0, 45.0 + 5.0 - 5.0],
    ]
    roof = {"id": "ROOF", "mesh": {"vertices": corners, "faces": [[0, 1, 2]]}}
    hall = {"id": "HALL", "box": [[-20, 0, 0], [20, 10, 40]]}
    scene = read_scene({"model": {"elements": [roof, hall]}})
    ledger = decide_frame(scene.model, scene.city.frame, scene.city.terrain, place=scene.place)
    scheme = Scheme(scene.model, ledger)
    each = [penetration(scheme, s.surface, s.region) for s in surfaces]
    worst = max(float(np.nanmax(found.excess, initial=-np.inf)) for found in each)
    assert worst == pytest.approx(8.983, abs=1e-4)
    top = scheme.triangles(0).reshape(-1, 3)
    heights, _ = limit_at(surfaces, top)
    assert (top[:, 2] - heights).max() == pytest.approx(8.017, abs=1e-6)
