"""Sunlight of the neighbours: what a new building takes from those that stand.

The sun's position is the NREL algorithm's; day, hours, their clock, the shortest interval that counts and where on the wall it is
looked from are parameters, for codes and cities differ in every one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from bim_checks.finding import Column, Judgement, Measurement, Outcome, Table, Unit
from bim_checks.landscape.facades import facade_points
from bim_checks.landscape.scheme_view import elements_by_weight, replaced_buildings
from bim_checks.landscape.sun import SunPath
from bim_checks.landscape.sun_doubt import Scenery, doubt
from bim_checks.landscape.sun_obstacles import ground, standing
from bim_checks.landscape.sun_remedy import lowering, moving
from bim_checks.landscape.sun_terms import COUNTS, SunTerms
from bim_checks.landscape.sun_words import intervals_told, with_note
from bim_checks.landscape.sunshine import (
    Intervals,
    Obstacles,
    SunPoints,
    hidden,
    in_front,
    intervals,
    obstacles,
)
from bim_checks.measures.floors import lower
from bim_checks.measures.wording import COMPASS
from bim_checks.parameters import parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.sunlight import SunBasis, recount
from bim_checks.tolerance import outcome_of
from cim.existing import ExistingBuilding
from cim.text import Text

LEAST_LOSS = 1.0 / 60.0  # min; ends of intervals are known to half a second each
TOLD_POINTS = (
    12  # rows of the table of points a building, the worst first; the others are counted beside it
)

KEEPS = Text(
    zh="受影响最大的既有建筑 {building} 日照由 {before:.1f} min 变为 {after:.1f} min，不少于 {limit:g} min（{count}）。{band}。",
    en="The neighbour most affected, {building}, keeps {after:.1f} min of sunlight of {before:.1f} min; {limit:g} min {count} are required. {band}.",
)
FALLS = Text(
    zh="既有建筑 {building} 日照由 {before:.1f} min 减为 {after:.1f} min，少于 {limit:g} min（{count}）；共 {buildings} 栋 {points} 个测点因本建筑而不足。{band}。",
    en="{building} falls from {before:.1f} min of sunlight to {after:.1f} min, below {limit:g} min {count}; {points} points of {buildings} buildings fall below because of the building. {band}.",
)
FALLS_PERHAPS = Text(
    zh="既有建筑 {building} 日照由 {before:.1f} min 减为 {after:.1f} min，与限值 {limit:g} min（{count}）之差在 ±{half:.1f} min 的不确定度之内，须会商。{band}。",
    en="{building} goes from {before:.1f} min of sunlight to {after:.1f} min; that is within the uncertainty of ±{half:.1f} min of the {limit:g} min {count} required, to be discussed. {band}.",
)
HAD_TOO_LITTLE = Text(
    zh="{buildings} 栋 {points} 个测点原有日照已不足 {limit:g} min（{count}），建筑使其再减；减少最多的是 {building}，由 {before:.1f} min 减为 {after:.1f} min。{band}。",
    en="{points} points of {buildings} buildings had less than {limit:g} min {count} already, and the building takes more; most from {building}, from {before:.1f} min of sunlight to {after:.1f} min. {band}.",
)
SAME = Text(
    zh="在有效时段内，建筑的阴影不减少 {count} 栋既有建筑的日照。{band}。",
    en="In the hours that count the building takes no sunlight from {count} neighbours. {band}.",
)
NOBODY = Text(
    zh="{reach:g} m 内没有受保护的既有建筑。", en="No protected building stands within {reach:g} m."
)
BURIED = Text(
    zh="{count} 个测点低于地形模型或在其外，未计地形遮挡。",
    en="{count} points lie below the terrain or outside it; shade by terrain is not counted there.",
)
MOVE = Text(zh="或向{way}移 {metres:.1f} m。", en="Or move it {metres:.1f} m {way}.")
NO_LOWERING = Text(
    zh="降低不能使各测点满足；收进投下阴影的部分。",
    en="Lowering it gives not all points enough; set back what throws the shadow.",
)
LESS_SHADOW = Text(
    zh="收进投下阴影的部分，或征得受影响住户与主管部门同意。",
    en="Set back what throws the shadow, or settle it with those concerned.",
)


@parameters
class SunParameters(SunTerms):
    """Parameters of SUN-NEIGHBOURS."""

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
    attribute: str = parameter(
        zh="建筑用途属性名",
        en="attribute of existing buildings that tells their use",
        default="usage",
    )
    usages: tuple[str, ...] = parameter(
        zh="受保护的用途；空为全部", en="uses that are protected; none named: all", default=()
    )
    most_move: float = parameter(
        zh="寻找移位方案的范围（0 为不找）",
        en="a move that clears it is looked for up to this far; 0: not at all",
        unit=Unit.METRE,
        default=10.0,
    )

    def __post_init__(self) -> None:
        """Refuse points that cannot be set."""
        SunTerms.__post_init__(self)
        if self.spacing <= 0.0:
            raise ValueError("spacing must be more than 0")
        if min(self.reach, self.most_move) < 0.0:
            raise ValueError("reach and most_move must be 0 or more")


@dataclass(frozen=True, slots=True, eq=False)
class _Loss:
    """What is found at the points the scheme's shadow falls on.

    Attributes:
        everyone: all points of the neighbours.
        points: those the shadow falls on.
        buildings: the neighbours; owners of points are indices of them.
        path, scenery: the sun's way, and what stands before it.
        had, has: when each point is lit today, and with the scheme.
        before, after: shape (N,), minutes of the two as the rule counts them.
        taken: shape (N, T), the instants at which only the scheme hides the sun.
    """

    everyone: SunPoints
    points: SunPoints
    buildings: list[ExistingBuilding]
    path: SunPath
    scenery: Scenery
    had: Intervals
    has: Intervals
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    taken: NDArray[np.bool_]

    @property
    def loses(self) -> NDArray[np.bool_]:
        """Points that have less than before, because of the scheme."""
        return (self.after < self.before - LEAST_LOSS) & self.taken.any(axis=1)


def check_neighbours(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """SUN-NEIGHBOURS: no point of a neighbour falls below the least sunlight because of the scheme."""
    stated: SunParameters = rule.parameters
    neighbours = _neighbours(stated, scheme, around)
    if not neighbours:
        return [Judgement(Outcome.NOT_APPLICABLE, NOBODY.format(reach=stated.reach))]
    loss = _loss(stated, scheme, around, neighbours)
    enough = loss.before >= stated.limit
    found = []
    if (enough & loss.loses).any():
        found.append(_protected(rule, scheme, loss, np.flatnonzero(enough & loss.loses)))
    if (~enough & loss.loses).any():
        found.append(_short_before(rule, scheme, loss, np.flatnonzero(~enough & loss.loses)))
    if not found:
        sentence = SAME.format(count=len(neighbours), band=stated.band(loss.path))
        found.append(Judgement(Outcome.PASS, with_note(sentence, _note(loss))))
    return found


def _neighbours(
    stated: SunParameters, scheme: Scheme, around: Surroundings
) -> list[ExistingBuilding]:
    west, south, east, north = scheme.footprint.bounds
    reach = stated.reach
    gone = replaced_buildings(scheme, around)
    near = [
        building
        for building in around.existing.near(
            (west - reach, south - reach, east + reach, north + reach)
        )
        if building.identifier not in gone
        and (not stated.usages or building.attributes.get(stated.attribute) in stated.usages)
    ]
    shapes = np.array([building.footprint for building in near], dtype=object)
    shapely.prepare(scheme.footprint)
    kept = shapely.dwithin(scheme.footprint, shapes, reach) & ~shapely.is_empty(shapes)
    return [building for building, keep in zip(near, kept, strict=True) if keep]


def _loss(
    stated: SunParameters,
    scheme: Scheme,
    around: Surroundings,
    neighbours: list[ExistingBuilding],
) -> _Loss:
    path = stated.path(around.city.frame, np.array(scheme.footprint.centroid.coords[0]))
    heights = np.array([b.low + stated.sill for b in neighbours], dtype=np.float64)
    everyone = facade_points([b.footprint for b in neighbours], heights, stated.spacing)
    earth = ground(around.city.terrain, everyone, path)
    everyone = earth.points
    origin = np.array([*scheme.footprint.centroid.coords[0], scheme.lowest])
    shade = obstacles(scheme.all_triangles[0], origin)
    seen = in_front(everyone, path, stated.sweep)
    shaded = hidden(everyone, path, shade, seen)
    hit = np.flatnonzero(shaded.any(axis=1))
    points, seen, shaded = everyone[hit], seen[hit], shaded[hit]
    gone = replaced_buildings(scheme, around)
    rise = float(np.nanmax(around.city.terrain.heights, initial=-np.inf)) - float(heights.min())
    others = standing(around.existing, everyone, path, without=gone, ground_rise=rise).obstacles
    free = _free(points, path, seen, (earth.obstacles, others))
    today: tuple[Obstacles, ...] = (others, earth.obstacles)
    lit = free
    if gone:
        removed = [b.mesh.triangles() for b in around.existing.all if b.identifier in gone]
        going = obstacles(np.concatenate(removed), origin)
        today, lit = (going, *today), _free(points, path, free, (going,))
    scenery = Scenery(shade, others, earth.obstacles)
    had = intervals(points, path, lit, today, stated.sweep)
    has = intervals(points, path, free & ~shaded, scenery.all, stated.sweep)
    before, after = (
        found.minutes(len(points), stated.count, stated.shortest) for found in (had, has)
    )
    taken = free & shaded
    return _Loss(everyone, points, neighbours, path, scenery, had, has, before, after, taken)


def _free(
    points: SunPoints, path: SunPath, where: NDArray[np.bool_], behind: tuple[Obstacles, ...]
) -> NDArray[np.bool_]:
    """Of some instants, those at which no obstacle hides the sun."""
    free = where.copy()
    for by in behind:
        free &= ~hidden(points, path, by, free)
    return free


def _protected(rule: Rule, scheme: Scheme, loss: _Loss, concerned: NDArray[np.intp]) -> Judgement:
    """What is said of points that have enough today and less with the scheme."""
    limit = rule.parameters.limit
    worst = int(concerned[np.argmin(loss.after[concerned])])
    measurement = _measured(rule, scheme, loss, worst)
    outcome = outcome_of(measurement, rule.legal_effect)
    fell = concerned[loss.after[concerned] < limit]
    sentence = {Outcome.PASS: KEEPS, Outcome.DISCUSS: FALLS_PERHAPS}.get(outcome, FALLS)
    fix = None
    if outcome is not Outcome.PASS and len(fell):
        fix = _fix(rule.parameters, scheme, loss, fell[np.argsort(loss.after[fell])])
    return _told(
        rule, scheme, loss, worst, fell, sentence, outcome=outcome, measurement=measurement, fix=fix
    )


def _short_before(
    rule: Rule, scheme: Scheme, loss: _Loss, concerned: NDArray[np.intp]
) -> Judgement:
    """What is said of points that have too little today already, and lose more."""
    lost = loss.before[concerned] - loss.after[concerned]
    worst = int(concerned[np.argmax(lost)])
    return _told(
        rule,
        scheme,
        loss,
        worst,
        concerned,
        HAD_TOO_LITTLE,
        outcome=Outcome.DISCUSS,
        measurement=_measured(rule, scheme, loss, worst),
        fix=LESS_SHADOW,
    )


def _told(
    rule: Rule,
    scheme: Scheme,
    loss: _Loss,
    worst: int,
    counted: NDArray[np.intp],
    sentence: Text,
    *,
    outcome: Outcome,
    measurement: Measurement,
    fix: Text | None,
) -> Judgement:
    stated: SunParameters = rule.parameters
    building = loss.buildings[int(loss.points.owners[worst])].identifier
    filled = sentence.format(
        building=building,
        before=loss.before[worst],
        after=loss.after[worst],
        limit=stated.limit,
        count=COUNTS[stated.count],
        half=measurement.uncertainty.total,
        points=len(counted),
        buildings=len(np.unique(loss.points.owners[counted])),
        band=stated.band(loss.path),
    )
    place = shapely.Point(loss.points.places[0, worst])
    return Judgement(
        outcome,
        with_note(filled, _note(loss)),
        fix=fix,
        measurement=measurement,
        elements=_casting(scheme, loss, worst),
        feature=Text(zh=building, en=building),
        geometry=None if outcome is Outcome.PASS else place,
        tables=(_buildings(loss, stated.limit), _points(loss)),
        basis=SunBasis(loss.points[np.array([worst])], loss.path, stated, loss.scenery),
    )


def _measured(rule: Rule, scheme: Scheme, loss: _Loss, worst: int) -> Measurement:
    after, limit = float(loss.after[worst]), rule.parameters.limit
    uncertainty = doubt(
        loss.points[np.array([worst])],
        loss.path,
        rule.parameters,
        loss.scenery,
        place=scheme.uncertainty,
        ends=2 * max(len(loss.has.of(worst)), 1),
        is_own=False,
    )
    return Measurement(after, limit, after - limit, Unit.MINUTE, uncertainty)


def _casting(scheme: Scheme, loss: _Loss, worst: int) -> tuple[str, ...]:
    """The elements that throw the shadow on a point, those that do so longest first."""
    ways = loss.path.directions[loss.taken[worst]]
    places = np.broadcast_to(loss.points.places[0, worst], ways.shape)
    triangles = loss.scenery.scheme.struck(places, ways)
    owners = scheme.all_triangles[1][triangles[triangles >= 0]].astype(np.int32)
    return elements_by_weight(scheme, owners, np.ones(len(owners)))


def _fix(stated: SunParameters, scheme: Scheme, loss: _Loss, fell: NDArray[np.intp]) -> Text:
    """Metres and floors to come down by, and the move that does as well."""
    fallen, top = loss.points[fell], float(scheme.outline_heights[:, 1].max())
    metres = lowering(fallen, loss.path, stated, loss.scenery, top - scheme.lowest)
    told = NO_LOWERING if metres is None else lower(scheme, top, metres)
    move = moving(
        fallen,
        loss.everyone,
        loss.path,
        stated,
        loss.scenery,
        most=stated.most_move,
        has_room=_room(scheme, loss.buildings),
    )
    if move is None:
        return told
    also = MOVE.format(way=COMPASS[move[1]], metres=move[0])
    return Text(zh=told.zh + also.zh, en=f"{told.en} {also.en}")


def _room(scheme: Scheme, neighbours: list[ExistingBuilding]) -> Callable[[float, float], bool]:
    others = shapely.STRtree([building.footprint for building in neighbours])

    def has_room(east: float, north: float) -> bool:
        """Whether the scheme stays on its site, where that is known, and clear of its neighbours."""
        moved = shapely.affinity.translate(scheme.footprint, east, north)
        inside = scheme.site.is_empty or scheme.site.buffer(1e-3).covers(moved)
        return inside and not len(others.query(moved, predicate="intersects"))

    return has_room


def _note(loss: _Loss) -> Text | None:
    count = int(loss.everyone.buried.sum())
    return BURIED.format(count=count) if count else None


def _buildings(loss: _Loss, limit: float) -> Table:
    """Every building the shadow falls on."""
    owners, rows = loss.points.owners, []
    for owner in np.unique(owners):
        mine = owners == owner
        fell = mine & loss.loses & (loss.before >= limit) & (loss.after < limit)
        short = mine & loss.loses & (loss.before < limit)
        rows.append(
            (
                loss.buildings[int(owner)].identifier,
                int((loss.everyone.owners == owner).sum()),
                int(mine.sum()),
                float(loss.before[mine].min()),
                float(loss.after[mine].min()),
                float((loss.before - loss.after)[mine].max()),
                int(fell.sum()),
                int(short.sum()),
            )
        )
    return Table(
        title=Text(zh="阴影所及的既有建筑", en="Neighbours the shadow falls on"),
        columns=(
            Column("building", Text(zh="建筑", en="building")),
            Column("points", Text(zh="测点", en="points"), Unit.COUNT),
            Column("shaded", Text(zh="阴影所及测点", en="points in its shadow"), Unit.COUNT),
            Column("before", Text(zh="最少（前）", en="least before"), Unit.MINUTE),
            Column("after", Text(zh="最少（后）", en="least after"), Unit.MINUTE),
            Column("lost", Text(zh="最多减少", en="most lost"), Unit.MINUTE),
            Column("fell", Text(zh="因此不足", en="fell below"), Unit.COUNT),
            Column("short", Text(zh="原已不足而再减", en="had too little, lost more"), Unit.COUNT),
        ),
        rows=tuple(rows),
    )


def _points(loss: _Loss) -> Table:
    """Of every building the points that are left least of those that lose any, with their intervals."""
    rows = []
    for owner in np.unique(loss.points.owners[loss.loses]):
        mine = np.flatnonzero((loss.points.owners == owner) & loss.loses)
        order = mine[np.lexsort((-(loss.before - loss.after)[mine], loss.after[mine]))]
        for point in order[:TOLD_POINTS]:
            east, north, up = loss.points.places[0, point]
            rows.append(
                (
                    loss.buildings[int(owner)].identifier,
                    float(east),
                    float(north),
                    float(up),
                    float(loss.before[point]),
                    float(loss.after[point]),
                    intervals_told(loss.had, int(point), loss.path),
                    intervals_told(loss.has, int(point), loss.path),
                )
            )
    return Table(
        title=Text(
            zh=f"测点日照（每栋最不利的至多 {TOLD_POINTS} 个）",
            en=f"Sun at the points, the worst {TOLD_POINTS} of each building at most",
        ),
        columns=(
            Column("building", Text(zh="建筑", en="building")),
            Column("easting", Text(zh="东坐标", en="easting"), Unit.METRE),
            Column("northing", Text(zh="北坐标", en="northing"), Unit.METRE),
            Column("height", Text(zh="高程", en="height above datum"), Unit.METRE),
            Column("before", Text(zh="前", en="before"), Unit.MINUTE),
            Column("after", Text(zh="后", en="after"), Unit.MINUTE),
            Column("had", Text(zh="日照时段（前）", en="sun before")),
            Column("has", Text(zh="日照时段（后）", en="sun after")),
        ),
        rows=tuple(rows),
    )


RULE_TYPES = (
    RuleType(
        code="SUN-NEIGHBOURS",
        title=Text(zh="既有建筑日照", en="Sunlight of the neighbours"),
        explanation=Text(
            zh="在规定日的有效时段内按步长求太阳方位（NREL 算法，精度 0.0003°），自既有建筑外墙（含内院）测点向太阳作射线；日照时段的起止由二分求至 0.5 s。"
            "“前”为现状（既有建筑、拟拆建筑与地形遮挡后）的日照分钟数，“后”为拟拆建筑拆除、本建筑建成后的分钟数；只有本建筑单独挡住阳光才算本建筑所致。"
            "原来满足而因本建筑不足的测点不通过；原已不足而再减少的单独列出，须会商。地形按栅格三角面精确求交，计地球曲率与折光；测点低于地形模型的计数并说明。"
            "不确定度由把各遮挡物按其误差移位后重新计时得出；整改给出最少降低的米数与层数，以及范围内可行的移位。",
            en="On the day and in the hours stated the sun's direction is computed step by step (NREL algorithm, 0.0003 degrees) and rays run towards it from points on "
            "the neighbours' walls, courtyards too; both ends of an interval of sun are then found to half a second by halving. Before is the sunlight of today, behind existing buildings, "
            "those that make way, and terrain; after is what is left once those are gone and the scheme stands. Only what the scheme alone hides counts as taken by it. "
            "A point that had enough and falls below the limit fails; points that had too little before and lose more are a finding of their own, to be discussed. The ground is met exactly as the triangles of its raster, "
            "with Earth curvature and refraction; points below it are counted and told. Uncertainty is found by counting again with each obstacle moved by what it may be off; "
            "the fix tells the least metres and floors to come down by, and a move within a bound that does as well.",
        ),
        parameters=SunParameters,
        check=check_neighbours,
        recheck=recount,
    ),
)
