"""Delivery: storeys in order, and spaces on them; areas, heights and storey counts are read from both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Column, Judgement, Measurement, Outcome, Table, Uncertainty, Unit
from bim_checks.parameters import parameter, parameters
from bim_checks.rule import Need, Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.tolerance import LENGTH_UNCERTAINTY
from cim.building import BuildingModel, Representation, Storey
from cim.projection import project_triangles
from cim.text import Text

SAME_LEVEL = 0.01  # m; files round elevations to millimetres
SAME_AREA = 0.01  # percent; what rounding of coordinates moves a share by
UP = (0.0, 0.0, 1.0)  # the height of a body that stands upright, in the axes of its mesh
NO_FLOOR = ("ROOF", "LANDING")  # predefined types of IfcSlab that are no floor to stand on
DIGITS = {digit: value for value, digit in enumerate("一二三四五六七八九", start=1)}
BELOW = re.compile(
    r"(?:地下|负)\s*(\d+|[一二三四五六七八九十]+)|^\s*B\s*(\d+)|^\s*-\s*(\d+)|\bbasement\s*(\d+)",
    re.IGNORECASE,
)
ABOVE = re.compile(
    r"(\d+|[一二三四五六七八九十]+)\s*[层楼]|(?:\b[LF]|\blevel|\bstor(?:e?y)|\bfloor)\s*(\d+)|^\s*(\d+)\s*F?\s*$|\b(\d+)\s*F\b",
    re.IGNORECASE,
)
FIRST = re.compile(r"首层|底层")


@parameters
class OrderParameters:
    """Parameters of DELIVERY-STOREY-ORDER."""

    slack: float = parameter(
        zh="构件可离开本层高度范围的距离",
        en="how far an element may lie outside the height of its storey",
        unit=Unit.METRE,
    )


@parameters
class SpacesParameters:
    """Parameters of DELIVERY-SPACES."""

    limit: float = parameter(
        zh="各层空间覆盖楼板面积的最小比例",
        en="least share of each storey's floor area that spaces cover",
        unit=Unit.PERCENT,
    )
    except_names: str | None = parameter(
        zh="名称符合此正则表达式的楼层不要求空间（如屋面）",
        en="storeys whose name this regular expression finds need no spaces (a roof)",
        default=None,
    )

    def __post_init__(self) -> None:
        """Refuse a pattern that is none."""
        try:
            re.compile(self.except_names or "")
        except re.error as error:
            raise ValueError("except_names: " + str(error)) from error


def check_order(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """DELIVERY-STOREY-ORDER: storeys have elevations, each its own, rising with their numbers, and their elements lie on them."""
    storeys = scheme.model.storeys
    if not storeys:
        return [
            Judgement(
                Outcome.FAIL,
                Text(zh="文件没有楼层。", en="The file has no storeys."),
                fix=Text(zh="导出 IfcBuildingStorey。", en="Export IfcBuildingStorey."),
            )
        ]
    found = [
        *_without_elevation(storeys),
        *_at_one_level(storeys),
        *_out_of_order(storeys),
        *_elsewhere(scheme.model, rule.parameters.slack),
    ]
    return found or [
        Judgement(
            Outcome.PASS,
            Text(zh="{count} 个楼层次序正确。", en="The {count} storeys are in order.").format(
                count=len(storeys)
            ),
        )
    ]


def storey_number(name: str | None) -> int | None:
    """The number of a storey by its name; None for one without, such as a roof.

    >>> [storey_number(n) for n in ("3F", "Level 12", "地下二层", "首层", "B1", "十一层", "-2", "屋面")]
    [3, 12, -2, 1, -1, 11, -2, None]
    """
    for pattern, sign in ((BELOW, -1), (ABOVE, 1)):
        match = pattern.search(name or "")
        if match is not None:
            return sign * _number(next(group for group in match.groups() if group))
    return 1 if FIRST.search(name or "") else None


def _number(written: str) -> int:
    if written.isdigit():
        return int(written)
    tens, ten, ones = written.rpartition("十")
    return (10 * DIGITS.get(tens, 1) if ten else 0) + DIGITS.get(ones, 0)


def _without_elevation(storeys: Sequence[Storey]) -> Iterator[Judgement]:
    found = [storey for storey in storeys if storey.elevation is None or storey.estimated]
    if found:
        yield Judgement(
            Outcome.FAIL,
            Text(
                zh="{count} 个楼层没有写明标高：{names}。",
                en="{count} storeys state no elevation: {names}.",
            ).format(count=len(found), names=_names(found)),
            fix=Text(zh="写明 Elevation。", en="State their Elevation."),
            elements=tuple(storey.global_id for storey in found),
        )


def _at_one_level(storeys: Sequence[Storey]) -> Iterator[Judgement]:
    found = [
        (lower, upper)
        for lower, upper in _neighbours(storeys)
        if _elevation(upper) - _elevation(lower) <= SAME_LEVEL
    ]
    if found:
        named = "; ".join(_names(pair) for pair in found)
        yield Judgement(
            Outcome.FAIL,
            Text(
                zh="有楼层标高相同：{names}。", en="Storeys are at one elevation: {names}."
            ).format(names=named),
            fix=Text(
                zh="合并这些楼层，或改正标高。",
                en="Make them one storey, or correct the elevations.",
            ),
            elements=tuple(dict.fromkeys(s.global_id for pair in found for s in pair)),
        )


def _out_of_order(storeys: Sequence[Storey]) -> Iterator[Judgement]:
    """Numbers that fall while elevations rise; a mezzanine may share the number of the storey below it."""
    numbered = [storey for storey in storeys if storey_number(storey.name) is not None]
    found = [
        (lower, upper)
        for lower, upper in _neighbours(numbered)
        if (storey_number(lower.name) or 0) > (storey_number(upper.name) or 0)
        or lower.name == upper.name
    ]
    if found:
        pairs = "; ".join(
            f"{lower.name} ({_elevation(lower):.2f} m) < {upper.name} ({_elevation(upper):.2f} m)"
            for lower, upper in found
        )
        yield Judgement(
            Outcome.FAIL,
            Text(
                zh="楼层名称的编号与标高次序不符：{pairs}。",
                en="The numbers in the storeys' names do not rise with their elevations: {pairs}.",
            ).format(pairs=pairs),
            fix=Text(zh="改正名称或标高。", en="Correct the names or the elevations."),
            elements=tuple(dict.fromkeys(s.global_id for pair in found for s in pair)),
        )


def _neighbours(storeys: Sequence[Storey]) -> Iterator[tuple[Storey, Storey]]:
    """Storeys of one building, one above the other, of those with an elevation."""
    known = [storey for storey in storeys if storey.elevation is not None]
    for building in dict.fromkeys(storey.building for storey in known):
        own = [storey for storey in known if storey.building == building]
        yield from pairwise(sorted(own, key=_elevation))


def _elevation(storey: Storey) -> float:
    return storey.elevation or 0.0


def _elsewhere(model: BuildingModel, slack: float) -> Iterator[Judgement]:
    """Elements no part of which lies within the height of their storey: below the lowest and above the highest all may lie."""
    bands = dict(_bands(model.storeys))
    outside: dict[str, float] = {}
    heights_of = _heights(model)
    for element, body in model.drawn():
        band = bands.get(element.storey or "")
        heights = heights_of(body)
        if band is None or heights is None:
            continue
        distance = max(band[0] - heights[1], heights[0] - band[1])
        if distance > slack + LENGTH_UNCERTAINTY:
            outside[element.global_id] = distance
    if not outside:
        return
    order = sorted(outside, key=lambda key: -outside[key])
    farthest = outside[order[0]]
    yield Judgement(
        Outcome.FAIL,
        Text(
            zh="{count} 个构件不在所属楼层的高度范围内，最远 {far:.2f} m。",
            en="{count} elements lie outside the height of their storey, by up to {far:.2f} m.",
        ).format(count=len(order), far=farthest),
        fix=Text(zh="把它们归入正确的楼层。", en="Assign them to the storey they stand on."),
        measurement=Measurement(
            farthest, slack, slack - farthest, Unit.METRE, Uncertainty(mesh=LENGTH_UNCERTAINTY)
        ),
        elements=tuple(order),
    )


def _bands(storeys: Sequence[Storey]) -> Iterator[tuple[str, tuple[float, float]]]:
    """Lowest and highest height of each storey, metres, engineering CRS; open at the ends of the building."""
    for building in dict.fromkeys(storey.building for storey in storeys):
        known = [
            (s.level, s.global_id)
            for s in storeys
            if s.building == building and s.level is not None
        ]
        known.sort()
        floors = [-np.inf, *(level for level, _ in known[1:]), np.inf]
        for (_, key), low, high in zip(known, floors, floors[1:], strict=False):
            yield key, (low, high)


def _heights(model: BuildingModel) -> Callable[[Representation], tuple[float, float] | None]:
    """What tells the lowest and highest height of a body, engineering CRS, metres; None of one without corners.

    A mesh that stands upright has its heights looked for once, however often it is used.
    """
    upright: dict[int, tuple[float, float]] = {}

    def heights(body: Representation) -> tuple[float, float] | None:
        row, rise = body.placement[2, :3], float(body.placement[2, 3])
        if (row == UP).all() and body.mesh in upright:
            low, high = upright[body.mesh]
            return low + rise, high + rise
        vertices = model.meshes[body.mesh].vertices
        if not len(vertices):
            return None
        along = vertices @ row
        low, high = float(along.min()), float(along.max())
        if (row == UP).all():
            upright[body.mesh] = (low, high)
        return low + rise, high + rise

    return heights


def check_spaces(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """DELIVERY-SPACES: every storey with a floor has spaces, which cover most of it."""
    model = scheme.model
    if not model.spaces:
        return [_no_spaces()]
    if not model.storeys:
        return [_no_storeys()]
    exempt = rule.parameters.except_names
    floors = [
        floor
        for floor in _floors(model)
        if exempt is None or not re.search(exempt, floor.storey.name or "")
    ]
    if not floors:
        return [
            Judgement(
                Outcome.NOT_APPLICABLE,
                Text(zh="没有带楼板的楼层。", en="No storey has a floor."),
            )
        ]
    return list(_judged(floors, rule.parameters.limit))


@dataclass(frozen=True, slots=True)
class _Floor:
    """A storey that has a floor.

    Attributes:
        storey: which.
        area: of the floor, m2.
        covered: area of it that spaces cover, m2.
        spaces: how many spaces it has.
        shapeless: GlobalIds of its spaces without a body, whose area nobody knows.
    """

    storey: Storey
    area: float
    covered: float
    spaces: int
    shapeless: tuple[str, ...]

    @property
    def share(self) -> float:
        """Of the floor, percent."""
        return 100.0 * self.covered / self.area


def _floors(model: BuildingModel) -> Iterator[_Floor]:
    for storey in model.storeys:
        key = storey.global_id
        bodies = [(element, body) for element, body in model.drawn() if element.storey == key]
        slabs = [
            body
            for element, body in bodies
            if element.ifc_class.startswith("IfcSlab") and element.predefined_type not in NO_FLOOR
        ]
        floor = _plan(model, slabs or [body for _, body in bodies])
        if floor.area <= 0.0:
            continue
        own = [space for space in model.spaces if space.storey == key]
        covered = _plan(model, [s.representation for s in own if s.representation is not None])
        yield _Floor(
            storey,
            float(floor.area),
            float(shapely.intersection(floor, covered).area),
            len(own),
            tuple(s.global_id for s in own if s.representation is None),
        )


def _plan(model: BuildingModel, bodies: Sequence[Representation]) -> BaseGeometry:
    """What bodies cover in plan, metres, engineering CRS."""
    meshes = [model.body(body) for body in bodies]
    return shapely.union_all([project_triangles(m.vertices, m.faces) for m in meshes])


def _judged(floors: Sequence[_Floor], limit: float) -> Iterator[Judgement]:
    empty = [floor for floor in floors if not floor.spaces]
    if empty:
        yield Judgement(
            Outcome.FAIL,
            Text(
                zh="{some} / {count} 个楼层没有空间（IfcSpace）：{names}。",
                en="{some} of {count} storeys have no space (IfcSpace): {names}.",
            ).format(some=len(empty), count=len(floors), names=_names([f.storey for f in empty])),
            fix=Text(zh="在这些楼层布置房间并导出。", en="Place rooms on them and export them."),
            elements=tuple(floor.storey.global_id for floor in empty),
        )
    shapeless = tuple(key for floor in floors for key in floor.shapeless)
    if shapeless:
        yield Judgement(
            Outcome.NOT_CHECKABLE,
            Text(
                zh="{count} 个空间没有几何，所在楼层的覆盖比例无从得知。",
                en="{count} spaces have no body, so how much of their storeys is covered cannot be told.",
            ).format(count=len(shapeless)),
            fix=Text(zh="导出空间的几何。", en="Export the bodies of spaces."),
            elements=shapeless,
        )
    known = sorted((f for f in floors if f.spaces and not f.shapeless), key=lambda f: f.share)
    if known:
        yield _covered(known, limit)


def _covered(floors: Sequence[_Floor], limit: float) -> Judgement:
    """The storey least covered decides; the table shows all of them."""
    least = floors[0]
    short = [floor for floor in floors if floor.share < limit - SAME_AREA]
    sentence = Text(
        zh="空间覆盖楼板面积最少的是{name}：{share:.1f} %（{covered:.2f} / {area:.2f} m²）。",
        en="Spaces cover least of {name}: {share:.1f} % ({covered:.2f} of {area:.2f} m²).",
    )
    return Judgement(
        Outcome.FAIL if short else Outcome.PASS,
        sentence.format(
            name=least.storey.name or least.storey.global_id,
            share=least.share,
            covered=least.covered,
            area=least.area,
        ),
        fix=Text(
            zh="补齐 {count} 个楼层的空间，不少于 {limit:g} %。",
            en="Complete the spaces of {count} storeys, to {limit:g} % at least.",
        ).format(count=len(short), limit=limit)
        if short
        else None,
        measurement=Measurement(
            least.share, limit, least.share - limit, Unit.PERCENT, Uncertainty(mesh=SAME_AREA)
        ),
        elements=tuple(floor.storey.global_id for floor in short),
        tables=(_table(floors),),
    )


def _table(floors: Sequence[_Floor]) -> Table:
    columns = (
        Column("storey", Text(zh="楼层", en="Storey")),
        Column("spaces", Text(zh="空间数", en="Spaces"), Unit.COUNT),
        Column("covered", Text(zh="空间覆盖", en="Covered"), Unit.SQUARE_METRE),
        Column("area", Text(zh="楼板面积", en="Floor"), Unit.SQUARE_METRE),
        Column("share", Text(zh="比例", en="Share"), Unit.PERCENT),
    )
    rows = tuple(
        (f.storey.name or f.storey.global_id, f.spaces, f.covered, f.area, f.share) for f in floors
    )
    return Table(Text(zh="各层空间", en="Spaces by storey"), columns, rows)


def _no_spaces() -> Judgement:
    return Judgement(
        Outcome.FAIL,
        Text(zh="文件没有空间（IfcSpace）。", en="The file has no space (IfcSpace)."),
        fix=Text(zh="布置房间并导出为 IfcSpace。", en="Place rooms and export them as IfcSpace."),
    )


def _no_storeys() -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="文件没有楼层，无法逐层检查空间。",
            en="The file has no storeys, so spaces cannot be looked at storey by storey.",
        ),
        fix=Text(zh="导出 IfcBuildingStorey。", en="Export IfcBuildingStorey."),
    )


def _names(storeys: Sequence[Storey]) -> str:
    return ", ".join(storey.name or storey.global_id for storey in storeys)


RULE_TYPES = (
    RuleType(
        code="DELIVERY-STOREY-ORDER",
        title=Text(zh="楼层次序", en="Storeys in order"),
        explanation=Text(
            zh="每个楼层写明标高（Elevation）；同一建筑内标高相差不足 0.01 m 的视为同一标高；名称中的编号（3F、L3、三层、地下二层、B1）随标高上升，"
            "夹层可与下一层同号而名称不同；构件须与所属楼层的高度范围（本层至上一层楼面，最低层以下与最高层以上不限）相交或相距不超过允许值。",
            en="Each storey states its Elevation; storeys of one building less than 0.01 m apart are at one elevation; the numbers in their names (3F, L3, B1, in Chinese too) "
            "rise with it, a mezzanine may share the number but not the name of the storey below; an element reaches into the height of its storey "
            "(from its floor to the next; open below the lowest and above the highest) or lies no further from it than the slack.",
        ),
        parameters=OrderParameters,
        check=check_order,
        needs_place=False,
        needs_bodies=False,
        needs=(Need("IfcBuildingStorey", Text(zh="逐层判断", en="to judge storey by storey")),),
    ),
    RuleType(
        code="DELIVERY-SPACES",
        title=Text(zh="空间齐全", en="Spaces are there"),
        explanation=Text(
            zh="每个带楼板的楼层都有 IfcSpace，且空间平面投影与楼板平面投影的交集 / 楼板平面投影 × 100 % 不小于限值。楼板为该层的 IfcSlab（屋面板、楼梯平台除外），"
            "没有楼板时取该层全部构件的投影。空间没有几何时不可检查。",
            en="Every storey with a floor has IfcSpace, and area(plan of spaces ∩ plan of the floor) / area(plan of the floor) × 100 % is at least the limit. The floor is the storey's IfcSlab "
            "without roofs and landings, else all its elements in plan. Not checkable where spaces have no body.",
        ),
        parameters=SpacesParameters,
        check=check_spaces,
        needs_place=False,
        needs_bodies=False,
        needs=(Need("IfcSpace", Text(zh="计算面积", en="to compute areas")),),
    ),
)
