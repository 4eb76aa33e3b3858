"""Sunlight of the neighbours: what a new building takes from those that stand.

The sun's position is the NREL algorithm's; day, hours, their clock, the shortest interval that counts and where on the wall it is
looked from are parameters, for codes and cities differ in every one of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from bim_checks.finding import Column, Judgement, Measurement, Outcome, Table, Uncertainty, Unit
from bim_checks.landscape.rays import Occluders
from bim_checks.landscape.scheme_view import replaced_buildings
from bim_checks.landscape.sun import Clock, Day, SunPath, sun_path
from bim_checks.landscape.sunshine import (
    Count,
    FacadePoints,
    Sunshine,
    facade_points,
    joined,
    shaded_by,
    sunshine,
)
from bim_checks.parameters import parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.tolerance import LENGTH_UNCERTAINTY, outcome_of
from cim.existing import ExistingBuilding
from cim.text import Text

SUN_SPEED = math.radians(0.25)  # rad a minute: how fast the sun moves
TERRAIN_NOTE = Text(zh="地形遮挡未计入", en="shade by terrain is not counted")


@parameters
class SunParameters:
    """Parameters of SUN-NEIGHBOURS."""

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
    reach: float = parameter(
        zh="考察范围：距建筑不超过", en="neighbours within this distance", unit=Unit.METRE
    )
    sill: float = parameter(
        zh="测点高出首层地面",
        en="height of the points above the lowest floor",
        unit=Unit.METRE,
        default=0.9,
    )
    spacing: float = parameter(
        zh="测点间距",
        en="points along a facade are at most this far apart",
        unit=Unit.METRE,
        default=3.0,
    )
    utc_offset: float = parameter(
        zh="时区（时）", en="time zone of the clock, hours from UTC", default=8.0
    )
    attribute: str = parameter(
        zh="建筑用途属性名",
        en="attribute of existing buildings that tells their use",
        default="usage",
    )
    usages: tuple[str, ...] = parameter(
        zh="受保护的用途；空为全部", en="uses that are protected; none named: all", default=()
    )
    step: float = parameter(zh="时间步长", en="time step", unit=Unit.MINUTE, default=1.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Shade:
    """What is found at the points the scheme's shadow falls on."""

    points: FacadePoints
    sun: Sunshine
    buildings: list[ExistingBuilding]


def check_neighbours(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """SUN-NEIGHBOURS: no point of a neighbour falls below the least sunlight because of the scheme."""
    parameters: SunParameters = rule.parameters
    neighbours = _neighbours(parameters, scheme, around)
    if not neighbours:
        return [_nobody(parameters)]
    shade = _shade(parameters, scheme, around, neighbours)
    if shade is None:
        return [_no_shadow(neighbours)]
    return [_judged(rule, scheme, shade)]


def _neighbours(
    parameters: SunParameters, scheme: Scheme, around: Surroundings
) -> list[ExistingBuilding]:
    west, south, east, north = scheme.footprint.bounds
    box = (
        west - parameters.reach,
        south - parameters.reach,
        east + parameters.reach,
        north + parameters.reach,
    )
    gone = replaced_buildings(scheme, around)
    return [
        building
        for building in around.existing.near(box)
        if building.identifier not in gone
        and (
            not parameters.usages
            or building.attributes.get(parameters.attribute) in parameters.usages
        )
        and building.footprint.distance(scheme.footprint) <= parameters.reach
    ]


def _shade(
    parameters: SunParameters,
    scheme: Scheme,
    around: Surroundings,
    neighbours: list[ExistingBuilding],
) -> _Shade | None:
    """Minutes at every point the scheme's shadow falls on in the hours that count; None when it falls on none."""
    path = _path(parameters, scheme, around)
    points = joined(
        [
            facade_points(b.footprint, b.low + parameters.sill, parameters.spacing, number)
            for number, b in enumerate(neighbours)
        ]
    )
    origin = np.array([*scheme.footprint.centroid.coords[0], scheme.lowest])
    triangles, _ = scheme.all_triangles
    shaded = shaded_by(points, path, Occluders(triangles, origin))
    hit = shaded.any(axis=1)
    if not hit.any():
        return None
    struck = FacadePoints(points.positions[hit], points.normals[hit], points.owners[hit])
    others = Occluders(_standing(parameters, scheme, around), origin)
    sun = sunshine(
        struck,
        path,
        others,
        shaded[hit],
        count=parameters.count,
        shortest=parameters.shortest,
    )
    return _Shade(struck, sun, neighbours)


def _path(parameters: SunParameters, scheme: Scheme, around: Surroundings) -> SunPath:
    centre = np.array(scheme.footprint.centroid.coords[0])
    return sun_path(
        around.city.frame,
        centre,
        day=parameters.day,
        year=parameters.year,
        hours=parameters.hours,
        clock=parameters.clock,
        utc_offset=parameters.utc_offset,
        step=parameters.step,
    )


def _standing(
    parameters: SunParameters, scheme: Scheme, around: Surroundings
) -> NDArray[np.float64]:
    """Triangles of what stands within twice the reach and stays."""
    west, south, east, north = scheme.footprint.bounds
    far = 2.0 * parameters.reach
    gone = replaced_buildings(scheme, around)
    found = [
        building.mesh.triangles()
        for building in around.existing.near((west - far, south - far, east + far, north + far))
        if building.identifier not in gone
    ]
    return np.concatenate(found) if found else np.zeros((0, 3, 3))


def _judged(rule: Rule, scheme: Scheme, shade: _Shade) -> Judgement:
    limit = rule.parameters.limit
    sun = shade.sun
    had = sun.before >= limit
    lost = sun.lost.any(axis=1)
    concerned = had & lost
    worse = ~had & (sun.after < sun.before)
    if not concerned.any() and not worse.any():
        return _no_shadow(shade.buildings)
    chosen = np.flatnonzero(concerned if concerned.any() else worse)
    worst = int(chosen[np.argmin(sun.after[chosen])])
    measurement = Measurement(
        measured=float(sun.after[worst]),
        limit=limit,
        margin=float(sun.after[worst]) - limit,
        unit=Unit.MINUTE,
        uncertainty=_uncertainty(rule.parameters, scheme, shade, worst),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    if not concerned.any():
        outcome = Outcome.DISCUSS  # it was below the limit before; the scheme takes more
    building = shade.buildings[int(shade.points.owners[worst])]
    fell = concerned & (sun.after < limit)
    sentence = _sentence(outcome, had=bool(had[worst])).format(
        building=building.identifier,
        before=sun.before[worst],
        after=sun.after[worst],
        limit=limit,
        points=int(fell.sum()),
        buildings=len(np.unique(shade.points.owners[fell])),
    )
    return Judgement(
        outcome,
        sentence,
        fix=None if outcome is Outcome.PASS else _fix(),
        measurement=measurement,
        feature=Text(zh=building.identifier, en=building.identifier),
        geometry=None if outcome is Outcome.PASS else shapely.Point(shade.points.positions[worst]),
        tables=(_table(shade, limit),),
    )


def _uncertainty(
    parameters: SunParameters, scheme: Scheme, shade: _Shade, worst: int
) -> Uncertainty:
    """Every shadow edge passes a point within a step, earlier or later by what the frame and the meshes may be off."""
    centre = np.array(scheme.footprint.centroid.coords[0])
    distance = max(float(np.hypot(*(shade.points.positions[worst, :2] - centre))), 1.0)
    edges = int(np.abs(np.diff(shade.sun.lost[worst].astype(np.int8))).sum()) or 1
    off = scheme.uncertainty.horizontal + scheme.uncertainty.vertical
    return Uncertainty(
        frame=edges * off / distance / SUN_SPEED,
        mesh=edges * (parameters.step + LENGTH_UNCERTAINTY / distance / SUN_SPEED),
    )


def _sentence(outcome: Outcome, *, had: bool) -> Text:
    if outcome is Outcome.PASS:
        return Text(
            zh="受影响最大的既有建筑 {building} 日照由 {before:.0f} min 变为 {after:.0f} min，不少于 {limit:g} min。",
            en="The neighbour most affected, {building}, keeps {after:.0f} min of sunlight of {before:.0f} min; {limit:g} min are required.",
        )
    if not had:
        return Text(
            zh="既有建筑 {building} 原有日照 {before:.0f} min 已不足 {limit:g} min，建筑使其再减为 {after:.0f} min。",
            en="{building} had {before:.0f} min of sunlight, less than {limit:g} min already; the building takes it to {after:.0f} min.",
        )
    return Text(
        zh="既有建筑 {building} 日照由 {before:.0f} min 减为 {after:.0f} min，少于 {limit:g} min；共 {buildings} 栋 {points} 个测点因本建筑而不足。",
        en="{building} falls from {before:.0f} min of sunlight to {after:.0f} min, below {limit:g} min; {points} points of {buildings} buildings fall below because of the building.",
    )


def _fix() -> Text:
    return Text(
        zh="降低或收进投下阴影的部分，或加大间距。",
        en="Lower or set back what throws the shadow, or move away.",
    )


def _table(shade: _Shade, limit: float) -> Table:
    sun, owners = shade.sun, shade.points.owners
    rows = []
    for owner in np.unique(owners):
        mine = owners == owner
        fell = mine & (sun.before >= limit) & (sun.after < limit)
        rows.append(
            (
                shade.buildings[int(owner)].identifier,
                int(mine.sum()),
                float(sun.before[mine].min()),
                float(sun.after[mine].min()),
                int(fell.sum()),
            )
        )
    return Table(
        title=Text(zh="阴影所及的既有建筑", en="Neighbours the shadow falls on"),
        columns=(
            Column("building", Text(zh="建筑", en="building")),
            Column("points", Text(zh="测点", en="points"), Unit.COUNT),
            Column("before", Text(zh="最少（前）", en="least before"), Unit.MINUTE),
            Column("after", Text(zh="最少（后）", en="least after"), Unit.MINUTE),
            Column("fell", Text(zh="因此不足", en="fell below"), Unit.COUNT),
        ),
        rows=tuple(rows),
    )


def _nobody(parameters: SunParameters) -> Judgement:
    return Judgement(
        Outcome.NOT_APPLICABLE,
        Text(
            zh="{reach:g} m 内没有受保护的既有建筑。",
            en="No protected building stands within {reach:g} m.",
        ).format(reach=parameters.reach),
    )


def _no_shadow(neighbours: list[ExistingBuilding]) -> Judgement:
    return Judgement(
        Outcome.PASS,
        Text(
            zh="在有效时段内，建筑的阴影不减少 {count} 栋既有建筑的日照（{note}）。",
            en="In the hours that count the building takes no sunlight from {count} neighbours ({note}).",
        ).format(count=len(neighbours), note=TERRAIN_NOTE),
    )


RULE_TYPES = (
    RuleType(
        code="SUN-NEIGHBOURS",
        title=Text(zh="既有建筑日照", en="Sunlight of the neighbours"),
        explanation=Text(
            zh="在规定日的有效时段内逐分钟求太阳方位（NREL 算法，精度 0.0003°），自既有建筑外墙测点向太阳作射线。"
            "“前”为既有建筑遮挡后的日照分钟数，“后”为再扣除本建筑单独遮挡的时段。原来满足而因本建筑不足的测点不通过；原已不足而再减少的须会商。地形遮挡不计。",
            en="On the day and in the hours stated the sun's direction is computed minute by minute (NREL algorithm, 0.0003 degrees) and "
            "rays run from points on the neighbours' walls towards it. Before is the sunlight existing buildings leave; after, what is left without the time "
            "the scheme alone stands in the way. A point that had enough and falls below the limit fails; one that had too little before and loses more is to be discussed. "
            "Shade by terrain is not counted.",
        ),
        parameters=SunParameters,
        check=check_neighbours,
    ),
)
