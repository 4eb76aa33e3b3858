"""Where the sun stands over a city: by the NREL solar position algorithm, in the city's own grid.

Chinese sunlight rules name a day by its solar term (大寒: apparent solar longitude 300 degrees; 冬至: 270), and a band of hours that is
true solar time in GB/T 50947 and clock time elsewhere; in Xiamen the two differ by 19 minutes on 大寒. Both are parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cim.city_frame import CityFrame

Day = Literal["great_cold", "winter_solstice"]
Clock = Literal["solar", "clock"]

LONGITUDES: dict[Day, float] = {"great_cold": 300.0, "winter_solstice": 270.0}
MONTHS: dict[Day, tuple[int, int]] = {"great_cold": (1, 20), "winter_solstice": (12, 21)}
PRESSURE, TEMPERATURE = 1013.25, 12.0  # hPa, C; they only move a sun that is nearly down
HORIZON_REFRACTION = 0.5667  # degrees, of the algorithm's own sunrise
SEARCH = 5 * 86_400.0  # s before and after the usual day


@dataclass(frozen=True, slots=True, eq=False)
class SunPath:
    """The sun over part of one day.

    Attributes:
        midnight: the local calendar day begins, seconds since the Unix epoch.
        utc_offset: of the clock, hours.
        seconds: shape (T,), the instants looked at, seconds since the Unix epoch: both ends of the band and at most `step` between two.
        directions: shape (T, 3), unit vectors to the sun at those: grid east, grid north, up.
        solar_hours: shape (T,), the same instants in true solar time, hours.
        step: from one instant to the next, minutes.
        table_seconds, table_directions: shapes (M,) and (M, 3), the sun at most a minute apart, which `directions_at` reads between.
    """

    midnight: float
    utc_offset: float
    seconds: NDArray[np.float64]
    directions: NDArray[np.float64]
    solar_hours: NDArray[np.float64]
    step: float
    table_seconds: NDArray[np.float64]
    table_directions: NDArray[np.float64]

    @property
    def day(self) -> date:
        """The local calendar day."""
        return self._local(self.midnight).date()

    @property
    def minutes(self) -> float:
        """Length of the band."""
        return float(self.seconds[-1] - self.seconds[0]) / 60.0

    @property
    def share(self) -> float:
        """Minutes of the band that each instant stands for, where instants are counted."""
        return self.minutes / len(self.seconds)

    @property
    def lowest(self) -> float:
        """Least elevation angle of the sun over the band, radians; no less than 0, below which there is no sun."""
        return max(math.asin(float(self.directions[:, 2].min())), 0.0)

    def directions_at(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Unit vectors to the sun at any moments of the band, shape (K, 3).

        Read between neighbours of the table on the great circle through them; the sun's own way over a minute leaves it by no more than
        1e-6 rad (0.25 degrees squared over eight), which it crosses in 0.02 s.
        """
        found: NDArray[np.float64] = np.column_stack(
            [np.interp(seconds, self.table_seconds, axis) for axis in self.table_directions.T]
        )
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        return found

    def finer(self, times: int) -> SunPath:
        """The same band, looked at so many times as often."""
        seconds = np.linspace(
            self.seconds[0], self.seconds[-1], (len(self.seconds) - 1) * times + 1
        )
        return replace(
            self,
            seconds=seconds,
            directions=self.directions_at(seconds),
            solar_hours=np.interp(seconds, self.seconds, self.solar_hours),
            step=self.step / times,
        )

    def clock(self, seconds: float) -> str:
        """A moment on the local clock, to the second, e.g. ``08:19:04``."""
        return f"{self._local(round(seconds)):%H:%M:%S}"

    def _local(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, timezone(timedelta(hours=self.utc_offset)))


def sun_path(
    frame: CityFrame,
    point: NDArray[np.float64],
    *,
    day: Day,
    year: int,
    hours: tuple[float, float],
    clock: Clock,
    utc_offset: float,
    step: float,
) -> SunPath:
    """The sun's way over a place on the day of a solar term.

    True solar time is that of the day's noon: within a day the equation of time moves by 30 s at most, so the ends of
    an eight-hour band are off by 5 s at most, both the same way.

    Args:
        frame: the city's; tells longitude, latitude and the turn of grid north.
        point: shape (2,), easting and northing, metres.
        day: which solar term.
        year: of the day.
        hours: from and to, true solar time or clock time.
        clock: which of the two they are.
        utc_offset: of the clock, hours; 8 in China.
        step: minutes; taken a little shorter where the band is no multiple of it.
    """
    longitude, latitude = frame.degrees(point.reshape(1, 2))[0]
    convergence, _ = frame.grid_at(point)
    midnight = _midnight(moment_of(day, year), utc_offset)
    offset = utc_offset
    if clock == "solar":
        offset = longitude / 15.0 + equation_of_time(midnight + 43_200.0) / 60.0
    start = midnight + 3600.0 * (hours[0] + utc_offset - offset)
    steps = max(math.ceil((hours[1] - hours[0]) * 60.0 / step - 1e-9), 1)
    between = max(
        math.ceil(step - 1e-9), 1
    )  # pieces of the table in a step: no longer than a minute
    seconds = np.linspace(start, start + 3600.0 * (hours[1] - hours[0]), steps * between + 1)
    elevation, azimuth, equation = _position(seconds, latitude, longitude)
    turned = np.radians(azimuth) - convergence
    level = np.cos(np.radians(elevation))
    directions = np.column_stack(
        [level * np.sin(turned), level * np.cos(turned), np.sin(np.radians(elevation))]
    )
    universal = (seconds - (midnight + 3600.0 * utc_offset)) / 3600.0
    solar_hours = universal + longitude / 15.0 + equation / 60.0
    return SunPath(
        midnight=midnight,
        utc_offset=utc_offset,
        seconds=seconds[::between],
        directions=directions[::between],
        solar_hours=solar_hours[::between],
        step=(hours[1] - hours[0]) * 60.0 / steps,
        table_seconds=seconds,
        table_directions=directions,
    )


def equation_of_time(moment: float) -> float:
    """By how many minutes a sundial is ahead of mean solar time at a moment, seconds since the Unix epoch."""
    return float(_position(np.array([moment]), 0.0, 0.0)[2][0])


@cache
def moment_of(day: Day, year: int) -> float:
    """When the sun reaches a solar term's longitude, seconds since the Unix epoch; to a second."""
    month, date = MONTHS[day]
    middle = datetime(year, month, date, 12, tzinfo=UTC).timestamp()
    low, high = middle - SEARCH, middle + SEARCH
    while high - low > 0.5:
        centre = (low + high) / 2.0
        ahead = (_apparent_longitude(centre, year, month) - LONGITUDES[day] + 180.0) % 360.0 - 180.0
        low, high = (low, centre) if ahead > 0.0 else (centre, high)
    return (low + high) / 2.0


def _midnight(moment: float, utc_offset: float) -> float:
    """Start of the local calendar day of a moment, seconds since the Unix epoch."""
    local = moment + 3600.0 * utc_offset
    return local - local % 86_400.0 - 3600.0 * utc_offset


def _apparent_longitude(moment: float, year: int, month: int) -> float:
    """Of the sun, degrees: geocentric longitude with nutation and aberration."""
    from pvlib import spa

    ephemeris_day = spa.julian_ephemeris_day(
        spa.julian_day(np.array([moment])), spa.calculate_deltat(year, month)
    )
    century = spa.julian_ephemeris_century(ephemeris_day)
    millennium = spa.julian_ephemeris_millennium(century)
    nutation = np.zeros((2, 1))
    spa.longitude_obliquity_nutation(
        century,
        spa.mean_elongation(century),
        spa.mean_anomaly_sun(century),
        spa.mean_anomaly_moon(century),
        spa.moon_argument_latitude(century),
        spa.moon_ascending_longitude(century),
        nutation,
    )
    longitude = spa.geocentric_longitude(spa.heliocentric_longitude(millennium))
    aberration = spa.aberration_correction(spa.heliocentric_radius_vector(millennium))
    return float(spa.apparent_sun_longitude(longitude, nutation[0], aberration)[0])


def _position(
    seconds: NDArray[np.float64], latitude: float, longitude: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Apparent elevation and azimuth from true north, degrees, and the equation of time, minutes."""
    from pvlib import spa

    moment = datetime.fromtimestamp(float(seconds[0]), UTC)
    rows = spa.solar_position(
        seconds,
        latitude,
        longitude,
        0.0,
        PRESSURE,
        TEMPERATURE,
        spa.calculate_deltat(moment.year, moment.month),
        HORIZON_REFRACTION,
    )
    return np.asarray(rows[3]), np.asarray(rows[4]), np.asarray(rows[5])
