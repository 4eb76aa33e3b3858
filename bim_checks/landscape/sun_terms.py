"""What every rule about sunlight states: the day, the hours and their clock, and which intervals count."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bim_checks.finding import Unit
from bim_checks.landscape.sun import Clock, Day, SunPath, sun_path
from bim_checks.landscape.sunshine import Count
from bim_checks.parameters import parameter, parameters
from cim.city_frame import CityFrame
from cim.text import Text

CLOCKS = {
    "solar": Text(zh="真太阳时", en="true solar time"),
    "clock": Text(zh="钟表时", en="clock time"),
}
COUNTS = {
    "cumulative": Text(zh="累计", en="in all"),
    "longest": Text(zh="最长连续", en="at a stretch"),
}
BAND = Text(
    zh="{day}，{clock} {first:g}–{last:g} 时（当地钟表 {start}–{end}）",
    en="{day}, {first:g} to {last:g} hours {clock} ({start} to {end} on the clock)",
)


@parameters
class SunTerms:
    """What every rule about sunlight states."""

    day: Day = parameter(
        zh="great_cold 大寒，winter_solstice 冬至",
        en="great_cold: the day the sun reaches 300 degrees of longitude; winter_solstice: 270",
    )
    year: int = parameter(zh="计算年份", en="year of that day", unit=Unit.COUNT)
    hours: tuple[float, float] = parameter(zh="有效时段（时）", en="hours that count, from and to")
    clock: Clock = parameter(
        zh="时段按真太阳时 solar 或钟表时 clock",
        en="whether the hours are true solar time or clock time",
    )
    limit: float = parameter(zh="最少日照", en="least sunlight", unit=Unit.MINUTE)
    count: Count = parameter(
        zh="累计 cumulative 或最长连续 longest",
        en="all intervals together, or the longest one",
        default="cumulative",
    )
    shortest: float = parameter(
        zh="短于此的时段不计",
        en="an interval shorter than this does not count",
        unit=Unit.MINUTE,
        default=5.0,
    )
    sweep: float = parameter(
        zh="最小扫掠角：阳光与墙面的水平夹角小于此不计",
        en="sun that falls along the wall at less than this angle to it, in plan, does not count",
        unit=Unit.DEGREE,
        default=0.0,
    )
    utc_offset: float = parameter(
        zh="时区（时）", en="time zone of the clock, hours from UTC", default=8.0
    )
    step: float = parameter(
        zh="采样步长；时段两端再求至 0.5 s，短于步长的日照与遮挡可能漏计",
        en="time between two looks at the sun; ends of intervals are then found to half a second, but sun or shade shorter than this may be missed",
        unit=Unit.MINUTE,
        default=1.0,
    )
    accuracy: float = parameter(
        zh="既有建筑外轮廓与高度的精度",
        en="how well outlines and heights of existing buildings are known",
        unit=Unit.METRE,
        default=0.0,
    )
    ground_accuracy: float = parameter(
        zh="地形高程的精度",
        en="how well heights of the terrain are known",
        unit=Unit.METRE,
        default=0.0,
    )

    def __post_init__(self) -> None:
        """Refuse terms under which nothing can be counted."""
        if not 0.0 <= self.hours[0] < self.hours[1] <= 24.0:
            raise ValueError("hours must be from and to, within 0 and 24")
        if self.step <= 0.0:
            raise ValueError("step must be more than 0")
        if not 0.0 <= self.sweep < 90.0:
            raise ValueError("sweep must be 0 or more and less than 90")
        if min(self.limit, self.shortest, self.accuracy, self.ground_accuracy) < 0.0:
            raise ValueError("limit, shortest and accuracies must be 0 or more")

    def path(self, frame: CityFrame, point: NDArray[np.float64]) -> SunPath:
        """The sun's over a place, shape (2,), metres, projected frame."""
        return sun_path(
            frame,
            point,
            day=self.day,
            year=self.year,
            hours=self.hours,
            clock=self.clock,
            utc_offset=self.utc_offset,
            step=self.step,
        )

    def band(self, path: SunPath) -> Text:
        """Day and hours for people, in the rule's clock and on the wall's."""
        return BAND.format(
            day=path.day.isoformat(),
            clock=CLOCKS[self.clock],
            first=self.hours[0],
            last=self.hours[1],
            start=path.clock(float(path.seconds[0])),
            end=path.clock(float(path.seconds[-1])),
        )
