from __future__ import annotations

import math

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from bim_checks.landscape.corridor import long_side, worst_slice

CORRIDOR = shapely.box(0.0, 0.0, 400.0, 100.0)
NOTHING = shapely.Polygon()


def test_the_widest_place_of_a_slanted_building_decides() -> None:
    # A lozenge, 40 m across at its corners of x = 50: that slice alone is blocked by 40 m.
    lozenge = shapely.Polygon([(30, 50), (50, 30), (70, 50), (50, 70)])
    found = worst_slice(CORRIDOR, None, scheme=lozenge, existing=NOTHING)
    assert found is not None
    assert (found.width, found.before) == (pytest.approx(100.0), 0.0)
    assert found.after == pytest.approx(40.0, abs=1e-5)
    assert shapely.get_coordinates(found.line)[:, 0] == pytest.approx([50.0, 50.0], abs=1e-5)


def test_a_narrowing_corridor_is_blocked_most_where_it_is_narrow() -> None:
    # From 100 m to 50 m over 400 m: at x = 300 it is 62.5 m wide, of which the block takes 20 m.
    funnel = shapely.Polygon([(0, 0), (400, 25), (400, 75), (0, 100)])
    block = shapely.box(100.0, 40.0, 300.0, 60.0)
    found = worst_slice(funnel, math.pi / 2.0, scheme=block, existing=NOTHING)
    assert found is not None
    assert found.share == pytest.approx(20.0 / 62.5, abs=1e-6)


def test_what_stands_counts_before_and_what_overlaps_counts_once() -> None:
    stands = shapely.union_all([shapely.box(90, 0, 110, 30), shapely.box(150, 0, 170, 90)])
    scheme = shapely.box(80.0, 20.0, 120.0, 60.0)
    found = worst_slice(CORRIDOR, None, scheme=scheme, existing=stands)
    assert found is not None
    assert (found.before, found.after) == (pytest.approx(30.0), pytest.approx(60.0))


@pytest.mark.parametrize(
    "scheme", [shapely.box(150, 0, 160, 40), shapely.box(500, 0, 600, 40), NOTHING]
)
def test_what_takes_no_open_width_has_no_slice(scheme: shapely.Geometry) -> None:
    stands = shapely.box(140.0, 0.0, 170.0, 50.0)
    assert worst_slice(CORRIDOR, None, scheme=scheme, existing=stands) is None


def test_the_long_side_is_a_bearing() -> None:
    assert long_side(CORRIDOR) == pytest.approx(math.pi / 2.0)
    # 30 degrees counter-clockwise from east: a bearing of 60 degrees.
    turned = affinity.rotate(CORRIDOR, 30.0)
    assert math.degrees(long_side(turned)) == pytest.approx(60.0)


@given(
    angle=st.floats(0.0, 360.0),
    corners=st.lists(
        st.tuples(st.integers(0, 390), st.integers(0, 100)), min_size=3, max_size=7, unique=True
    ),
    stands=st.tuples(st.integers(0, 350), st.integers(0, 60)),
)
@settings(max_examples=50)
def test_the_worst_slice_does_not_turn_with_the_map_and_no_other_is_worse(
    angle: float, corners: list[tuple[int, int]], stands: tuple[int, int]
) -> None:
    scheme = shapely.convex_hull(shapely.MultiPoint(corners)).buffer(1.0, quad_segs=1)
    existing = shapely.box(stands[0], stands[1], stands[0] + 40, stands[1] + 30)
    found = worst_slice(CORRIDOR, math.pi / 2.0, scheme=scheme, existing=existing)
    turned = [
        affinity.rotate(shape, -angle, origin=(0.0, 0.0)) for shape in (CORRIDOR, scheme, existing)
    ]
    again = worst_slice(
        turned[0], math.pi / 2.0 + math.radians(angle), scheme=turned[1], existing=turned[2]
    )
    if found is None or again is None:
        assert found is again
        return
    assert again.share == pytest.approx(found.share, abs=1e-4)
    whole = shapely.union_all([scheme, existing])
    for x in range(401):
        line = shapely.LineString([(x + 0.123, -1.0), (x + 0.123, 101.0)])
        built = whole.intersection(CORRIDOR).intersection(line).length
        before = existing.intersection(CORRIDOR).intersection(line).length
        if built - before > 0.01:
            assert built / 100.0 <= found.share + 1e-5
