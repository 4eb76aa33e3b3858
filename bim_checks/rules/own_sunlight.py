"""Sunlight of the scheme's own windows: window by window, room by room, or dwelling by dwelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from bim_checks.finding import Column, Judgement, Measurement, Outcome, Table, Unit
from bim_checks.landscape.sun_doubt import doubt
from bim_checks.landscape.sun_remedy import enough_from
from bim_checks.landscape.sun_terms import COUNTS
from bim_checks.landscape.sun_units import (
    UNITS,
    OwnSunParameters,
    SunUnit,
    counted_windows,
    needs_sun,
    units_of,
)
from bim_checks.landscape.sun_words import intervals_told, with_note
from bim_checks.landscape.window_light import WindowLight, light_at, takers
from bim_checks.landscape.window_points import Windows, windows_of
from bim_checks.rule import Need, Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.sunlight import SunBasis, recount
from bim_checks.tolerance import outcome_of
from cim.building import Element
from cim.recognition import dwellings
from cim.text import Text

ENOUGH = Text(
    zh="{total} {unit}均满足：最少的 {name} 日照 {measured:.1f} min，不少于 {limit:g} min（{count}）。{band}。",
    en="All {total} {unit} have enough sun: the least, {name}, has {measured:.1f} min; {limit:g} min {count} are required. {band}.",
)
TOO_LITTLE = Text(
    zh="{total} {unit}中 {short} {unit}日照少于 {limit:g} min（{count}）；最少的 {name} 为 {measured:.1f} min。{band}。",
    en="{short} of {total} {unit} have less than {limit:g} min of sun {count}; the least, {name}, has {measured:.1f} min. {band}.",
)
PERHAPS = Text(
    zh="{total} {unit}中日照最少的 {name} 为 {measured:.1f} min，与限值 {limit:g} min（{count}）之差在 ±{half:.1f} min 的不确定度之内，须会商。{band}。",
    en="Of {total} {unit} the one with least sun, {name}, has {measured:.1f} min; that is within the uncertainty of ±{half:.1f} min of the {limit:g} min {count} required, to be discussed. {band}.",
)
NO_WINDOWS = Text(
    zh="模型没有{classes}，无法计算窗的日照。",
    en="The model has no {classes}; the sun of its windows cannot be computed.",
)
NO_ROOM = Text(
    zh="没有名称含{rooms}的房间，不要求日照。",
    en="No room is called {rooms}; none needs sun.",
)
NO_DWELLING = Text(
    zh="模型中找不到住宅套型，无法按套判断。",
    en="The model tells of no dwelling, so none can be judged.",
)
NAME_DWELLINGS = Text(
    zh="每套住宅提交一个 IfcZone（ObjectType 为“住宅”），包含其各 IfcSpace。",
    en="Deliver an IfcZone for each dwelling (ObjectType “dwelling”) that holds its IfcSpaces.",
)
UNMEASURED = Text(
    zh="{count} 个窗未计入：{reasons}。", en="{count} windows are not counted: {reasons}."
)
NO_UNITS = Text(zh="没有一{unit}可判断。", en="There are no {unit} that could be judged.")
REASONS = {
    "body": Text(zh="{n} 个没有几何", en="{n} draw no body"),
    "untold": Text(zh="{n} 个看不出朝向", en="of {n} nobody can tell which way they look"),
    "room": Text(zh="{n} 个后面没有 IfcSpace", en="behind {n} there is no IfcSpace"),
}
REDRAW = Text(
    zh="为窗导出几何与所在墙体，并为房间导出 IfcSpace。",
    en="Export windows with their bodies and the walls they are in, and the rooms as IfcSpace.",
)
INSIDE = Text(
    zh="另有 {n} 个窗不朝外，不计。", en="Another {n} windows do not look outside and do not count."
)
ELSEWHERE = Text(
    zh="{n} 个窗的房间不属于任何一套，不计。",
    en="{n} windows light rooms of no dwelling and do not count.",
)
NO_HOST = Text(
    zh="{n} 个窗没有所在墙体，取窗自身外表面。",
    en="{n} windows have no wall they are in; the outer face is taken from the window itself.",
)
BURIED = Text(
    zh="{n} 个测点低于地形模型或在其外，未计地形遮挡。",
    en="{n} windows lie below the terrain or outside it; shade by terrain is not counted there.",
)
UNLIT_ROOMS = Text(
    zh="{n} 个房间没有可计算的外窗，按 0 计。",
    en="{n} rooms have no window that could be measured and count as 0.",
)
HIGHER = Text(
    zh="最不利窗在其上 {metres:.1f} m（高程 {height:.1f} m）起日照足够：低于此的楼层改作不要求日照的用途，或改变朝向、加大间距。",
    en="Above the least-lit window there is enough sun from {metres:.1f} m up ({height:.1f} m above datum): give the floors below that to uses that need none, turn the rooms, or keep more distance.",
)
TURN = Text(
    zh="该面墙自下而上日照均不足：改变房间朝向或加大间距。",
    en="This wall has too little sun at every height: turn the rooms or keep more distance.",
)
TAKEN_BY = Text(zh="其阳光主要被 {who} 遮挡。", en="Its sun is mostly taken by {who}.")


def check_own_windows(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """SUN-OWN-WINDOWS: the scheme's own windows, rooms or dwellings have the least sunlight."""
    stated: OwnSunParameters = rule.parameters
    spaces = {space.global_id: space for space in scheme.model.spaces}
    if stated.rooms and spaces and not any(needs_sun(s, stated) for s in spaces.values()):
        return [Judgement(Outcome.NOT_APPLICABLE, NO_ROOM.format(rooms=_either(stated.rooms)))]
    homes = {room: d.global_id for d in dwellings(scheme.model) for room in d.spaces}
    if stated.judged == "dwelling" and not homes:
        return [Judgement(Outcome.NOT_CHECKABLE, NO_DWELLING, fix=NAME_DWELLINGS)]
    if not any(e.ifc_class in stated.classes for e in scheme.model.elements):
        sentence = NO_WINDOWS.format(classes=", ".join(stated.classes))
        return [Judgement(Outcome.NOT_CHECKABLE, sentence, fix=REDRAW)]
    found = windows_of(scheme, stated.classes, stated.sill)
    counted, left_out = counted_windows(found, stated, spaces, homes)
    light = light_at(stated, scheme, around, counted, stated.window_part) if counted else None
    units = units_of(stated, scheme, light, spaces)
    elsewhere = (
        sum(w.room not in homes for w in found.outside if w.room)
        if stated.judged == "dwelling"
        else 0
    )
    judgements = []
    if light is not None and units:
        judgements.append(_judged(rule, scheme, light, units, (len(found.inside), elsewhere)))
    if left_out:
        judgements.append(_unmeasured(left_out))
    return judgements or [Judgement(Outcome.NOT_CHECKABLE, _nothing(stated, found), fix=REDRAW)]


def _judged(
    rule: Rule, scheme: Scheme, light: WindowLight, units: list[SunUnit], uncounted: tuple[int, int]
) -> Judgement:
    """What is said of all units; `uncounted` are the windows that look inside, and those of rooms elsewhere."""
    stated: OwnSunParameters = rule.parameters
    worst = min(units, key=lambda unit: unit.minutes)
    measurement = _measured(rule, scheme, light, worst)
    outcome = outcome_of(measurement, rule.legal_effect)
    short = sorted((u for u in units if u.minutes < stated.limit), key=lambda u: u.minutes)
    sentence = {Outcome.PASS: ENOUGH, Outcome.DISCUSS: PERHAPS}.get(outcome, TOO_LITTLE).format(
        total=len(units),
        short=len(short),
        unit=UNITS[stated.judged],
        name=worst.name,
        measured=worst.minutes,
        limit=stated.limit,
        count=COUNTS[stated.count],
        half=measurement.uncertainty.total,
        band=stated.band(light.path),
    )
    for note in _notes(light, units, *uncounted):
        sentence = with_note(sentence, note)
    told = short if outcome is not Outcome.PASS and short else [worst]
    return Judgement(
        outcome,
        sentence,
        fix=None if outcome is Outcome.PASS else _fix(stated, scheme, light, worst),
        measurement=measurement,
        elements=tuple(dict.fromkeys(member for unit in told for member in unit.members)),
        feature=Text(zh=worst.name, en=worst.name),
        geometry=None if outcome is Outcome.PASS else _place(light, told),
        tables=(_window_table(scheme, light),),
        basis=_basis(stated, light, worst),
    )


def _basis(stated: OwnSunParameters, light: WindowLight, worst: SunUnit) -> SunBasis | None:
    if worst.window is None:
        return None
    point = light.points[np.array([worst.window])]
    return SunBasis(point, light.path, stated, light.scenery)


def _measured(rule: Rule, scheme: Scheme, light: WindowLight, worst: SunUnit) -> Measurement:
    limit = rule.parameters.limit
    if worst.window is None:
        return Measurement(worst.minutes, limit, worst.minutes - limit, Unit.MINUTE)
    uncertainty = doubt(
        light.points[np.array([worst.window])],
        light.path,
        rule.parameters,
        light.scenery,
        place=scheme.uncertainty,
        ends=2 * max(len(light.lit.of(worst.window)), 1),
        is_own=True,
    )
    return Measurement(worst.minutes, limit, worst.minutes - limit, Unit.MINUTE, uncertainty)


def _place(light: WindowLight, units: list[SunUnit]) -> shapely.MultiPoint | None:
    places = [light.points.places[0, unit.window] for unit in units if unit.window is not None]
    return shapely.MultiPoint(places) if places else None


def _notes(light: WindowLight, units: list[SunUnit], inside: int, elsewhere: int) -> list[Text]:
    """What is to be known of the windows that count and those that need not."""
    hostless = sum(not window.has_host for window in light.windows)
    counts = (
        (NO_HOST, hostless),
        (BURIED, int(light.points.buried.sum())),
        (UNLIT_ROOMS, sum(unit.window is None for unit in units)),
        (ELSEWHERE, elsewhere),
        (INSIDE, inside),
    )
    return [note.format(n=n) for note, n in counts if n]


def _fix(stated: OwnSunParameters, scheme: Scheme, light: WindowLight, worst: SunUnit) -> Text:
    """Who takes the sun of the least-lit window, and from which height on there is enough."""
    if worst.window is None:
        return REDRAW
    point = light.points[np.array([worst.window])]
    height = float(point.places[0, 0, 2])
    most = float(scheme.outline_heights[:, 1].max()) - height
    up = enough_from(point, light.path, stated, light.scenery, most) if most > 0.0 else None
    told = TURN if up is None else HIGHER.format(metres=up, height=height + up)
    who = takers(light, worst.window)
    return told if not who else with_note(TAKEN_BY.format(who=_listed(who)), told)


def _listed(texts: list[Text]) -> Text:
    return Text(zh="、".join(t.zh for t in texts), en="; ".join(t.en for t in texts))


def _either(words: Sequence[str]) -> Text:
    return Text(zh="“" + "”“".join(words) + "”", en=" or ".join(f'"{word}"' for word in words))


def _unmeasured(left_out: Mapping[str, list[Element]]) -> Judgement:
    reasons = _listed([REASONS[reason].format(n=len(e)) for reason, e in left_out.items()])
    names = tuple(element.global_id for elements in left_out.values() for element in elements)
    sentence = UNMEASURED.format(count=len(names), reasons=reasons)
    return Judgement(Outcome.NOT_CHECKABLE, sentence, fix=REDRAW, elements=names)


def _nothing(stated: OwnSunParameters, found: Windows) -> Text:
    note = INSIDE.format(n=len(found.inside)) if found.inside else None
    return with_note(NO_UNITS.format(unit=UNITS[stated.judged]), note)


def _window_table(scheme: Scheme, light: WindowLight) -> Table:
    """Every window that counts, with its intervals and who takes its sun."""
    storeys = {storey.global_id: storey.name for storey in scheme.model.storeys}
    spaces = {space.global_id: space for space in scheme.model.spaces}
    share, rows = light.path.share, []
    for i, window in enumerate(light.windows):
        room = spaces.get(window.room or "")
        rows.append(
            (
                window.element.global_id,
                storeys.get(window.element.storey or ""),
                None if room is None else room.name or room.global_id,
                _bearing(window.normal),
                float(light.points.places[0, i, 2]),
                float(light.minutes[i]),
                intervals_told(light.lit, i, light.path),
                float(light.by_ground[i].sum()) * share,
                float(light.by_standing[i].sum()) * share,
                float(light.by_scheme[i].sum()) * share,
            )
        )
    return Table(
        title=Text(zh="各窗日照", en="Sun at the windows"),
        columns=(
            Column("window", Text(zh="窗", en="window")),
            Column("storey", Text(zh="楼层", en="storey")),
            Column("room", Text(zh="房间", en="room")),
            Column(
                "bearing",
                Text(zh="朝向（坐标北起）", en="looks towards, from grid north"),
                Unit.DEGREE,
            ),
            Column("height", Text(zh="测点高程", en="height above datum"), Unit.METRE),
            Column("minutes", Text(zh="日照", en="sun"), Unit.MINUTE),
            Column("intervals", Text(zh="日照时段", en="when")),
            Column("terrain", Text(zh="地形遮挡", en="taken by terrain"), Unit.MINUTE),
            Column(
                "standing", Text(zh="既有建筑遮挡", en="taken by existing buildings"), Unit.MINUTE
            ),
            Column("scheme", Text(zh="自身遮挡", en="taken by the scheme itself"), Unit.MINUTE),
        ),
        rows=tuple(rows),
    )


def _bearing(normal: NDArray[np.float64]) -> float | None:
    """Where a wall looks, degrees clockwise from grid north; None for a flat roof."""
    if np.hypot(normal[0], normal[1]) < 1e-6:
        return None
    return float(np.degrees(np.arctan2(normal[0], normal[1])) % 360.0)


RULE_TYPES = (
    RuleType(
        code="SUN-OWN-WINDOWS",
        title=Text(zh="拟建建筑窗的日照", en="Sunlight of the scheme's own windows"),
        explanation=Text(
            zh="在规定日的有效时段内求拟建建筑外窗的日照：测点在窗台中点（或窗台两端同时，满窗），位于所在墙体外表面；窗台低于室内地面以上 0.9 m（可定）的取该高度，坡屋面窗取窗中心。"
            "外侧取能看见更多天空的一侧，或背离房间（IfcSpace）的一侧。遮挡依次为地形（栅格三角面，计地球曲率与折光）、保留的既有建筑与建筑自身；日照时段起止二分至 0.5 s。"
            "可逐窗、逐房间（取最好的窗）或逐套（至少 least_rooms 个房间）判断，套型取自 IfcZone，没有时取名为住宅的空间。没有几何、看不出朝向或后面没有房间的窗逐一计数，列为无法检查；不朝外的窗计数说明。"
            "不确定度由把遮挡物按其误差移位后重新计时得出。整改指出遮挡者，以及自何高度起日照足够。",
            en="On the day and in the hours stated the sun of the scheme's own windows is counted, looked from the middle of the sill (or from both its ends at once) on the outer face of the wall it is in; a window that begins lower "
            "than 0.9 m (a parameter) above its floor is looked from at that height, one in a sloping roof from its middle. Outside is the side from which more sky is open, or the one away from the room (IfcSpace). The sun is hidden by terrain "
            "(triangles of its raster, with Earth curvature and refraction), by existing buildings that stay, and by the scheme itself; ends of intervals are found to half a second. Judged are windows, rooms (by their best window) "
            "or dwellings (by so many of their rooms), which are IfcZones or, where there are none, spaces called dwellings. Windows without a body, of which nobody can tell which way they look, or without a room behind "
            "them where rooms are judged, are counted and not checkable; those that look nowhere outside are counted. Uncertainty is found by counting again with each obstacle moved by what it may be off. The fix names what "
            "takes the sun, and from which height on there is enough.",
        ),
        parameters=OwnSunParameters,
        check=check_own_windows,
        recheck=recount,
        needs=(
            Need(
                entity="IfcWindow",
                why=Text(zh="逐窗计算日照", en="sun is counted window by window"),
            ),
            Need(
                entity="IfcSpace",
                why=Text(zh="窗属于哪个房间", en="which room a window lights"),
                required=False,
            ),
        ),
    ),
)
