from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from bim_checks.landscape.sun import equation_of_time, moment_of
from tests.support.sunlight import path_of

CHINA = timezone(timedelta(hours=8))


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


@pytest.mark.parametrize(
    ("month", "date", "minutes"),
    [
        # Its extremes and two of its zeros, as almanacs print them for this century.
        (2, 11, -14.0 - 14.0 / 60.0),
        (5, 14, 3.0 + 40.0 / 60.0),
        (7, 26, -6.0 - 32.0 / 60.0),
        (11, 3, 16.0 + 26.0 / 60.0),
        (4, 15, 0.0),
        (9, 1, 0.0),
    ],
)
def test_the_equation_of_time_is_the_almanac_s(month: int, date: int, minutes: float) -> None:
    noon = datetime(2026, month, date, 12, tzinfo=UTC).timestamp()
    # The day of an extreme or zero moves by one from year to year: 20 s in the fastest of these months.
    assert equation_of_time(noon) == pytest.approx(minutes, abs=20.0 / 60.0)
    if abs(minutes) > 1.0:
        assert equation_of_time(noon) == pytest.approx(minutes, abs=5.0 / 60.0)


def test_true_solar_time_is_nineteen_minutes_behind_the_clock_in_xiamen() -> None:
    path = path_of()
    begins = datetime.fromtimestamp(float(path.seconds[0]), UTC).astimezone(CHINA)
    assert path.day.isoformat() == "2026-01-20"
    assert abs((begins - begins.replace(hour=8, minute=19, second=0)).total_seconds()) < 60.0
    assert path.clock(float(path.seconds[0])) == f"{begins + timedelta(seconds=0.5):%H:%M:%S}"
    # Within 5 s: true solar time is taken at noon.
    assert path.solar_hours[[0, -1]] == pytest.approx([8.0, 16.0], abs=5.0 / 3600.0)
    assert path_of("clock").solar_hours[0] == pytest.approx(8.0 - 18.5 / 60.0, abs=0.02)
    assert len(path.seconds) == 481
    assert path.minutes == pytest.approx(480.0, abs=1e-6)


def test_the_sun_stands_where_it_should_at_noon() -> None:
    path = path_of()
    altitude = np.degrees(np.arcsin(path.directions[:, 2]))
    assert altitude.max() == pytest.approx(45.4, abs=0.1)  # 90 - 24.44 - 20.1 degrees
    assert altitude[0] == pytest.approx(altitude[-1], abs=0.1)
    assert np.degrees(path.lowest) == pytest.approx(altitude.min(), abs=1e-9)
    noon = path.directions[np.argmin(np.abs(path.solar_hours - 12.0))]
    # South by true north; grid north lies 0.449 degrees east of it here, so the sun is seen as far east of grid south.
    assert np.degrees(np.arctan2(noon[0], -noon[1])) == pytest.approx(0.449, abs=0.03)
    np.testing.assert_allclose(np.linalg.norm(path.directions, axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize("step", [0.25, 1.0, 7.0, 60.0])
def test_between_instants_the_sun_is_read_to_a_microradian(step: float) -> None:
    path, fine = path_of(step=step), path_of(step=0.1)
    assert len(path.seconds) == np.ceil(480.0 / step - 1e-9) + 1
    assert path.step <= step
    apart = np.linalg.norm(path.directions_at(fine.seconds) - fine.directions, axis=1)
    assert apart.max() < 1.2e-6  # 0.00007 degrees: 0.02 s of the sun's way


def test_a_finer_path_is_the_path_of_the_finer_step() -> None:
    finer, fine = path_of(step=5.0).finer(10), path_of(step=0.5)
    assert finer.step == pytest.approx(fine.step)
    np.testing.assert_allclose(finer.seconds, fine.seconds, atol=1e-5)
    np.testing.assert_allclose(finer.directions, fine.directions, atol=1.2e-6)
    np.testing.assert_allclose(finer.solar_hours, fine.solar_hours, atol=1e-4)
