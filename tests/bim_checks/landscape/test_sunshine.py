"""Minutes and intervals of sun against shadows in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bim_checks.landscape.facades import OFF_WALL, facade_points
from bim_checks.landscape.sun import SunPath
from bim_checks.landscape.sunshine import SunPoints, hidden, in_front, obstacles
from tests.support.models import box
from tests.support.sunlight import ORIGIN_3D, facing_south, lit_behind, path_of, placed, wall


def analytic(path: SunPath, free: NDArray[np.bool_], over: NDArray[np.float64]) -> tuple[float, float]:  # fmt: skip
    """First and last moment at which a smooth function of the sun is positive, from its values at the instants."""
    assert free.any()
    first, last = np.flatnonzero(free)[[0, -1]]
    times = path.seconds

    def crossing(i: int) -> float:
        return float(times[i] + over[i] / (over[i] - over[i + 1]) * (times[i + 1] - times[i]))

    start = times[0] if first == 0 else crossing(first - 1)
    end = times[-1] if last == len(times) - 1 else crossing(last)
    return float(start), float(end)


@pytest.mark.parametrize(("distance", "height"), [(30.0, 20.0), (30.0, 29.0), (50.0, 45.0)])
@pytest.mark.parametrize("step", [1.0, 5.0])
def test_a_long_wall_hides_the_sun_while_its_profile_angle_is_low(
    distance: float, height: float, step: float
) -> None:
    fine = path_of(step=0.1)
    _, north, up = fine.directions.T
    over = np.where(north < 0.0, up + height / distance * north, -1.0)
    start, end = analytic(fine, over > 0.0, over)
    found = lit_behind(facing_south(), path_of(step=step), wall(distance, height))
    assert len(found.points) == 1
    assert found.starts[0] == pytest.approx(start, abs=1.0)
    assert found.ends[0] == pytest.approx(end, abs=1.0)
    assert 0.0 < found.lengths[0] < 480.0


def test_a_tower_hides_the_sun_between_the_azimuths_of_its_edges() -> None:
    # 100 m high, 40 m south: over the point it always reaches above the sun; its edges decide, in plan.
    path, fine = path_of(), path_of(step=0.1)
    found = lit_behind(
        facing_south(), path, placed(box((-10.0, -60.0, -10.0), (15.0, -40.0, 100.0)))
    )
    bearing = np.degrees(np.arctan2(fine.directions[:, 0], -fine.directions[:, 1]))  # east of south
    # The east edge is seen at its nearer corner, the west edge at its farther one or nearer: both nearest corners.
    east, west = np.degrees(np.arctan2([15.0, -10.0], 40.0))
    first = float(np.interp(-east, -bearing, fine.seconds))
    last = float(np.interp(-west, -bearing, fine.seconds))
    assert found.starts == pytest.approx([fine.seconds[0], last], abs=1.0)
    assert found.ends == pytest.approx([first, fine.seconds[-1]], abs=1.0)


def test_a_slit_between_two_towers_is_its_angle_over_the_sun_s_speed() -> None:
    path, fine = path_of(), path_of(step=0.1)
    both = np.concatenate(
        [
            placed(box((-900.0, -60.0, -10.0), (-4.0, -40.0, 600.0))),
            placed(box((4.0, -60.0, -10.0), (900.0, -40.0, 600.0))),
        ]
    )
    found = lit_behind(facing_south(), path, both)
    bearing = np.degrees(np.arctan2(fine.directions[:, 0], -fine.directions[:, 1]))
    edge = np.degrees(np.arctan2(4.0, 60.0))  # the far corners stand in the way
    start, end = (float(np.interp(x, -bearing, fine.seconds)) for x in (-edge, edge))
    assert found.starts == pytest.approx([start], abs=1.0)
    assert found.ends == pytest.approx([end], abs=1.0)


def test_a_sweep_angle_takes_the_sun_that_falls_along_the_wall() -> None:
    path = path_of()
    # A wall that looks east: the sun leaves it when it stands in the south, and 15 degrees earlier with a sweep of 15.
    east = SunPoints(ORIGIN_3D[None, None], np.array([[1.0, 0.0, 0.0]]), np.zeros(1, np.int64), np.zeros(1, np.bool_))  # fmt: skip
    bearing = np.degrees(np.arctan2(path.directions[:, 0], -path.directions[:, 1]))
    for sweep in (0.0, 15.0):
        found = lit_behind(east, path, sweep=sweep)
        end = float(np.interp(-sweep, -bearing, path.seconds))
        assert found.starts == pytest.approx([path.seconds[0]])
        assert found.ends == pytest.approx([end], abs=1.0)


def test_a_window_in_a_roof_sees_every_sun_that_is_up() -> None:
    path = path_of("clock", (0.0, 24.0), step=2.0)
    flat = SunPoints(ORIGIN_3D[None, None], np.array([[0.0, 0.0, 1.0]]), np.zeros(1, np.int64), np.zeros(1, np.bool_))  # fmt: skip
    found = lit_behind(flat, path, sweep=30.0)
    rises, sets = (path.directions_at(np.array([t]))[0, 2] for t in (found.starts[0], found.ends[0]))  # fmt: skip
    assert (rises, sets) == pytest.approx((0.0, 0.0), abs=1e-4)
    # The day of great cold in Xiamen, from almanacs of sunrise: about 10 h 50 min.
    assert found.lengths[0] == pytest.approx(650.0, abs=8.0)


def test_both_ends_of_a_sill_must_be_lit_at_once() -> None:
    path = path_of()
    tower = placed(box((-10.0, -60.0, -10.0), (15.0, -40.0, 100.0)))
    ends = [facing_south() for _ in range(2)]
    left, right = (e.places[0] + np.array([x, 0.0, 0.0]) for e, x in zip(ends, (-1.5, 1.5), strict=True))  # fmt: skip
    whole = SunPoints(
        np.stack([left, right]), ends[0].normals, ends[0].owners, np.zeros(1, np.bool_)
    )
    one, other = (
        lit_behind(SunPoints(p[None], ends[0].normals, ends[0].owners, np.zeros(1, np.bool_)), path, tower)
        for p in (left, right)
    )  # fmt: skip
    both = lit_behind(whole, path, tower)
    assert both.starts == pytest.approx(np.maximum(one.starts, other.starts), abs=1.0)
    assert both.ends == pytest.approx(np.minimum(one.ends, other.ends), abs=1.0)
    assert both.lengths.sum() < min(one.lengths.sum(), other.lengths.sum()) - 5.0


def test_short_intervals_do_not_count_and_the_longest_may() -> None:
    # Posts every 8 m: sun and shade take turns.
    posts = np.concatenate(
        [placed(box((x, -31.0, -10.0), (x + 4.0, -30.0, 90.0))) for x in range(-200, 200, 8)]
    )
    found = lit_behind(facing_south(), path_of(), posts)
    every, most = (float(found.minutes(1, kind, 0.0)[0]) for kind in ("cumulative", "longest"))
    assert 0.0 < most < every < 480.0
    assert every == pytest.approx(found.lengths.sum(), abs=1e-9)
    assert most == found.lengths.max()
    assert found.minutes(1, "cumulative", most + 0.01)[0] == 0.0
    assert found.minutes(1, "cumulative", most)[0] == pytest.approx(most)


def test_half_the_step_finds_the_same_ends() -> None:
    tower = placed(box((-10.0, -60.0, -10.0), (15.0, -40.0, 30.0)))
    points = facing_south(0.0, 8.0, 16.0, 24.0)
    coarse, fine = (lit_behind(points, path_of(step=s), tower) for s in (4.0, 0.5))
    assert coarse.points.tolist() == fine.points.tolist()
    assert coarse.starts == pytest.approx(fine.starts, abs=1.0)
    assert coarse.ends == pytest.approx(fine.ends, abs=1.0)


@given(
    st.floats(-80.0, 80.0),
    st.floats(-90.0, -25.0),
    st.floats(2.0, 40.0),
    st.floats(2.0, 80.0),
    st.floats(-3.0, 3.0),
)
def test_rays_that_pass_the_box_round_obstacles_by_would_not_have_met_them(
    east: float, north: float, width: float, height: float, shift: float
) -> None:
    path, points = path_of(step=5.0), facing_south(0.0, 3.0, 30.0)
    block = obstacles(
        placed(box((east, north, 0.0), (east + width, north + width, height))), ORIGIN_3D
    ).moved((shift, 0.0, shift))
    seen = in_front(points, path)
    found = hidden(points, path, block, seen)
    for n, t in zip(*np.nonzero(seen), strict=True):
        places = points.places[0, n][None]
        assert found[n, t] == block.hide(places, path.directions[t][None])[0]


def test_facade_points_lie_in_front_of_every_wall_and_round_courtyards() -> None:
    square = shapely.box(0.0, 0.0, 12.0, 6.0)
    court = shapely.box(100.0, 0.0, 120.0, 20.0) - shapely.box(106.0, 6.0, 114.0, 12.0)
    points = facade_points([square, court], np.array([5.9, 7.0]), 3.0)
    counts = np.bincount(points.owners)
    assert counts.tolist() == [2 * (4 + 2), 4 * 7 + 2 * (3 + 2)]
    assert points.places[0, :, 2].tolist() == [5.9] * counts[0] + [7.0] * counts[1]
    for owner, shape in enumerate((square, court)):
        mine = points.owners == owner
        plan = shapely.points(points.places[0, mine, :2])
        assert shapely.distance(plan, shape) == pytest.approx(OFF_WALL, abs=1e-12)
        inward = points.places[0, mine, :2] - 2.0 * OFF_WALL * points.normals[mine, :2]
        assert shapely.contains(shape, shapely.points(inward)).all()
