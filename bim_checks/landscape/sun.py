"""Where the sun stands over a city: by the NREL solar position algorithm, in the city's own grid.

Chinese sunlight rules name a day by its solar term (大寒: apparent solar longitude 300 degrees; 冬至: 270), and a band of hours that is
true solar time in GB/T 50947 and clock time elsewhere; in Xiamen the two differ by 19 minutes on 大寒. Both are parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
        day: the local calendar day.
        seconds: shape (N,), middle of each step, seconds since the Unix epoch.
        solar_hours: shape (N,), the same in true solar time, hours.
        step: length of a step, minutes.
        directions: shape (N, 3), unit vectors to the sun: grid east, grid north, up.
    """

    day: datetime
    seconds: NDArray[np.float64]
    solar_hours: NDArray[np.float64]
    step: float
    directions: NDArray[np.float64]


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

    Args:
        frame: the city's; tells longitude, latitude and the turn of grid north.
        point: shape (2,), easting and northing, metres.
        day: which solar term.
        year: of the day.
        hours: from and to, true solar time or clock time.
        clock: which of the two they are.
        utc_offset: of the clock, hours; 8 in China.
        step: minutes.
    """
    longitude, latitude = frame.degrees(point.reshape(1, 2))[0]
    convergence, _ = frame.grid_at(point)
    midnight = _midnight(moment_of(day, year), utc_offset)
    noon = midnight + 43_200.0
    offset = utc_offset
    if clock == "solar":
        equation = float(_position(np.array([noon]), latitude, longitude)[2][0])  # minutes
        offset = longitude / 15.0 + equation / 60.0
    start = midnight + 3600.0 * (hours[0] + utc_offset - offset)
    count = round((hours[1] - hours[0]) * 60.0 / step)
    seconds = np.asarray(start + (np.arange(count) + 0.5) * 60.0 * step, dtype=np.float64)
    elevation, azimuth, equation_of_time = _position(seconds, latitude, longitude)
    turned = np.radians(azimuth) - convergence
    level = np.cos(np.radians(elevation))
    directions = np.column_stack(
        [level * np.sin(turned), level * np.cos(turned), np.sin(np.radians(elevation))]
    )
    universal = (seconds - (midnight + 3600.0 * utc_offset)) / 3600.0
    return SunPath(
        day=datetime.fromtimestamp(midnight, UTC) + timedelta(hours=utc_offset),
        seconds=seconds,
        solar_hours=universal + longitude / 15.0 + equation_of_time / 60.0,
        step=step,
        directions=directions,
    )


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
