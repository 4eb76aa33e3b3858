from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from bim_checks.landscape.rays import Occluders
from bim_checks.landscape.sun import SunPath, moment_of, sun_path
from bim_checks.landscape.sunshine import FacadePoints, facade_points, shaded_by, sunshine
from bim_checks.scene import FRAME, ORIGIN
from cim.mesh import Mesh
from tests.support.models import box

CHINA = timezone(timedelta(hours=8))
HERE = np.array(ORIGIN)


def great_cold(clock: str = "solar", hours: tuple[float, float] = (8.0, 16.0)) -> SunPath:
    return sun_path(
        FRAME, HERE, day="great_cold", year=2026, hours=hours, clock=clock, utc_offset=8.0, step=1.0
    )


@pytest.mark.parametrize(
    ("day", "year", "moment"),
    [
        # The minutes at which published almanacs let the terms begin, Beijing time.
        ("great_cold", 2025, datetime(2025, 1, 20, 4, 0, tzinfo=CHINA)),
        ("great_cold", 2026, datetime(2026, 1, 20, 9, 45, tzinfo=CHINA)),
        ("winter_solstice", 2026, datetime(2026, 12, 22, 4, 50, tzinfo=CHINA)),
    ],
)
def test_solar_terms_begin_when_the_almanac_says(day: str, year: int, moment: datetime) -> None:
    assert abs(moment_of(day, year) - moment.timestamp()) < 60.0


def test_true_solar_time_is_nineteen_minutes_behind_the_clock_in_xiamen() -> None:
    path = great_cold()
    begins = datetime.fromtimestamp(float(path.seconds[0]) - 30.0, UTC).astimezone(CHINA)
    assert begins.date().isoformat() == "2026-01-20"
    assert abs((begins - begins.replace(hour=8, minute=19, second=0)).total_seconds()) < 60.0
    assert path.solar_hours[[0, -1]] == pytest.approx([8.0, 16.0], abs=0.02)
    assert great_cold("clock").solar_hours[0] == pytest.approx(8.0 - 18.5 / 60.0, abs=0.02)
    assert len(path.seconds) == 480


def test_the_sun_stands_where_it_should_at_noon() -> None:
    path = great_cold()
    altitude = np.degrees(np.arcsin(path.directions[:, 2]))
    assert altitude.max() == pytest.approx(45.4, abs=0.1)  # 90 - 24.44 - 20.1 degrees
    assert altitude[0] == pytest.approx(altitude[-1], abs=0.1)
    around_noon = np.argsort(np.abs(path.solar_hours - 12.0))[:2]
    noon = path.directions[around_noon].mean(axis=0)
    # South by true north; grid north lies 0.449 degrees east of it here, so the sun is seen as far east of grid south.
    assert np.degrees(np.arctan2(noon[0], -noon[1])) == pytest.approx(0.449, abs=0.03)
    np.testing.assert_allclose(np.linalg.norm(path.directions, axis=1), 1.0, atol=1e-12)


def wall(distance: float, height: float) -> np.ndarray:
    """Triangles of a wall 4 km long from east to west, that far south of the origin and that high above it."""
    mesh = box((-2000.0, -distance - 1.0, -10.0), (2000.0, -distance, height))
    return Mesh(mesh.vertices + np.array([*ORIGIN, 0.0]), mesh.faces).triangles()


def facing_south() -> FacadePoints:
    return FacadePoints(np.array([[*ORIGIN, 0.0]]), np.array([[0.0, -1.0]]), np.zeros(1, np.int64))


@pytest.mark.parametrize(("distance", "height"), [(30.0, 20.0), (30.0, 29.0), (50.0, 30.0)])
def test_minutes_of_a_wall_are_those_of_the_analytic_shadow(distance: float, height: float) -> None:
    path = great_cold()
    none = Occluders(np.zeros((0, 3, 3)), np.array([*ORIGIN, 0.0]))
    points = facing_south()
    shaded = shaded_by(points, path, Occluders(wall(distance, height), np.array([*ORIGIN, 0.0])))
    found = sunshine(points, path, none, shaded, count="cumulative", shortest=0.0)
    # A long wall hides the sun while the sun's height over its southward reach is below height over distance.
    _, north, up = path.directions.T
    free = (up / -north >= height / distance) & (north < 0.0)
    assert found.before[0] == 480.0
    assert found.after[0] == pytest.approx(free.sum(), abs=1.0)
    assert 0.0 < found.after[0] < 480.0


def test_what_was_shaded_before_is_not_taken_by_the_scheme() -> None:
    path, points, origin = great_cold(), facing_south(), np.array([*ORIGIN, 0.0])
    standing = Occluders(wall(30.0, 29.0), origin)
    shaded = shaded_by(points, path, Occluders(wall(60.0, 40.0), origin))
    found = sunshine(points, path, standing, shaded, count="cumulative", shortest=0.0)
    assert found.after[0] == found.before[0]
    assert not found.lost.any()


def test_short_intervals_do_not_count_and_the_longest_may() -> None:
    path, points, origin = great_cold(), facing_south(), np.array([*ORIGIN, 0.0])
    # Posts every 8 m: sun and shade take turns.
    posts = [box((x, -31.0, -10.0), (x + 4.0, -30.0, 90.0)) for x in range(-200, 200, 8)]
    triangles = np.concatenate([Mesh(p.vertices + origin, p.faces).triangles() for p in posts])
    shaded = shaded_by(points, path, Occluders(triangles, origin))
    none = Occluders(np.zeros((0, 3, 3)), origin)
    every = sunshine(points, path, none, shaded, count="cumulative", shortest=0.0).after[0]
    most = sunshine(points, path, none, shaded, count="longest", shortest=0.0).after[0]
    none_long = sunshine(points, path, none, shaded, count="cumulative", shortest=most + 1.0).after[
        0
    ]
    assert 0.0 < most < every < 480.0
    assert none_long == 0.0


def test_facade_points_lie_in_front_of_every_wall() -> None:
    import shapely

    square = shapely.box(0.0, 0.0, 12.0, 6.0)
    points = facade_points(square, 5.9, 3.0, 7)
    assert len(points.positions) == 2 * (4 + 2)
    assert set(points.owners) == {7}
    plan = shapely.points(points.positions[:, :2])
    assert shapely.distance(plan, square) == pytest.approx(0.05, abs=1e-12)
    inward = points.positions[:, :2] - 0.1 * points.normals
    assert shapely.contains(square, shapely.points(inward)).all()
