"""Uncertainty of minutes, and remedies, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bim_checks.landscape.sun import SunPath
from bim_checks.landscape.sun_doubt import Scenery, doubt
from bim_checks.landscape.sun_remedy import enough_from, lowering, moving
from bim_checks.landscape.sun_terms import SunTerms
from bim_checks.landscape.sunshine import obstacles
from cim.frame import EXACT, FrameUncertainty
from tests.support.models import box
from tests.support.sunlight import ORIGIN_3D, facing_south, lit_behind, path_of, placed, wall

NONE = obstacles(np.zeros((0, 3, 3)), ORIGIN_3D)


def terms(**stated: float) -> SunTerms:
    return SunTerms(day="great_cold", year=2026, hours=(8.0, 16.0), clock="solar", **{"limit": 240.0, "shortest": 0.0, **stated})  # type: ignore[arg-type]  # fmt: skip


def behind(triangles: NDArray[np.float64]) -> Scenery:
    return Scenery(obstacles(triangles, ORIGIN_3D), NONE, NONE)


def free_over(path: SunPath, slope: float) -> float:
    """Minutes of the band in which the sun's profile angle over a wall to the south has a greater tangent."""
    _, north, up = path.finer(60).directions.T
    return float((up > -slope * north).mean() * path.minutes)


def test_a_wall_of_uncertain_height_is_uncertain_by_what_the_other_heights_give() -> None:
    path, point = path_of(), facing_south()
    scenery = Scenery(NONE, obstacles(wall(30.0, 28.0), ORIGIN_3D), NONE)
    found = doubt(point, path, terms(accuracy=0.5), scenery, place=EXACT, ends=2, is_own=True)
    now = free_over(path, 28.0 / 30.0)
    by_height = max(abs(free_over(path, h / 30.0) - now) for h in (27.5, 28.5))
    by_distance = max(abs(free_over(path, 28.0 / d) - now) for d in (29.5, 30.5))
    assert found.data == pytest.approx(by_height + by_distance, abs=0.3)
    assert found.frame == 0.0
    assert 0.0 < found.mesh < 0.2


def test_what_is_missed_between_two_looks_is_part_of_the_uncertainty() -> None:
    # A mast 60 cm wide hides the sun for less than looks seven minutes apart can see.
    mast = placed(box((-0.3, -60.0, -10.0), (0.3, -59.9, 100.0)))
    path = path_of(step=7.0)
    missed = doubt(facing_south(), path, terms(step=7.0), behind(mast), place=EXACT, ends=2, is_own=False)  # fmt: skip
    seen = 480.0 - lit_behind(facing_south(), path_of(step=0.1), mast).lengths.sum()
    now = 480.0 - lit_behind(facing_south(), path, mast).lengths.sum()
    assert seen > 1.5
    assert now < 0.1
    assert missed.mesh >= seen - 0.2


def test_the_least_lowering_is_the_height_whose_profile_angle_leaves_enough() -> None:
    path, points = path_of(), facing_south(0.0, 1.0)
    metres = lowering(points, path, terms(limit=240.0), behind(wall(30.0, 35.0)), 35.0)
    assert metres is not None
    # The lower point decides; a centimetre less of lowering is not enough.
    assert free_over(path, (35.0 - metres) / 30.0) >= 240.0 - 0.2
    assert free_over(path, (35.0 - metres + 0.02) / 30.0) <= 240.0 + 0.2
    assert lowering(points, path, terms(limit=481.0), behind(wall(30.0, 35.0)), 35.0) is None


def test_the_least_move_is_the_distance_whose_profile_angle_leaves_enough() -> None:
    path, points = path_of(), facing_south()
    scenery = behind(wall(30.0, 28.0))
    stated = terms(limit=300.0)
    found = moving(points, points, path, stated, scenery, most=8.0, has_room=lambda *_: True)
    assert found is not None
    metres, way = found
    assert way == 6  # south
    assert free_over(path, 28.0 / (30.0 + metres)) >= 300.0 - 0.2
    assert free_over(path, 28.0 / (30.0 + metres - 0.11)) <= 300.0 + 0.2
    assert moving(points, points, path, stated, scenery, most=8.0, has_room=lambda _, north: north >= -1e-9) is None  # fmt: skip
    assert moving(points, points, path, stated, scenery, most=metres - 0.2, has_room=lambda *_: True) is None  # fmt: skip


def test_a_move_that_takes_another_s_sun_is_not_told() -> None:
    path = path_of()
    tower = behind(placed(box((-12.0, -50.0, -10.0), (12.0, -30.0, 60.0))))
    stated = SunTerms(day="great_cold", year=2026, hours=(8.0, 16.0), clock="solar", limit=180.0, count="longest")  # fmt: skip
    everyone = facing_south(0.0, 0.0, 0.0)
    # Two who have enough, and would not with the tower a little west or east.
    everyone.places[0, 1:, 0] += [-1.5, 2.0]
    first = everyone[np.array([0])]

    def found(count: int) -> tuple[float, int] | None:
        protected = everyone[np.arange(count)]
        return moving(first, protected, path, stated, tower, most=12.0, has_room=lambda *_: True)

    assert found(1) == (pytest.approx(1.2), 4)  # west
    west = tower.scheme.moved((-1.2, 0.0, 0.0))
    assert lit_behind(everyone, path, west).minutes(3, "longest", 5.0)[1] < 180.0
    other = found(3)
    assert other is not None
    metres, way = other
    assert metres > 1.2
    angle = way * np.pi / 4.0
    moved = tower.scheme.moved((metres * np.cos(angle), metres * np.sin(angle), 0.0))
    assert (lit_behind(everyone, path, moved).minutes(3, "longest", 5.0) >= 180.0).all()


def test_the_height_from_which_there_is_enough_is_that_of_the_profile_angle() -> None:
    path = path_of()
    scenery = Scenery(NONE, obstacles(wall(30.0, 60.0), ORIGIN_3D), NONE)
    metres = enough_from(facing_south(), path, terms(limit=240.0), scenery, 70.0)
    assert metres is not None
    assert free_over(path, (60.0 - metres) / 30.0) >= 240.0 - 0.2
    assert free_over(path, (60.0 - metres + 0.11) / 30.0) <= 240.0 + 0.2
    assert enough_from(facing_south(), path, terms(limit=240.0), scenery, metres - 0.2) is None


def test_an_uncertain_place_moves_the_scheme_for_neighbours_and_all_else_for_its_own() -> None:
    path, point = path_of(), facing_south()
    place = FrameUncertainty(horizontal=0.5, vertical=0.3)
    scenery = behind(wall(30.0, 28.0))
    neighbour = doubt(point, path, terms(), scenery, place=place, ends=2, is_own=False)
    own = doubt(point, path, terms(), scenery, place=place, ends=2, is_own=True)
    now = free_over(path, 28.0 / 30.0)
    by_height = max(abs(free_over(path, h / 30.0) - now) for h in (27.7, 28.3))
    by_distance = max(abs(free_over(path, 28.0 / d) - now) for d in (29.5, 30.5))
    assert neighbour.frame == pytest.approx(by_height + by_distance, abs=0.3)
    assert own.frame == 0.0  # its own walls move with it
