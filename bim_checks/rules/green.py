"""Green ratio (绿地率): green area beyond the foot of walls, of the parcel."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import (
    Cell,
    Column,
    Judgement,
    Outcome,
    Table,
    Uncertainty,
    Unit,
)
from bim_checks.measures.element_roles import COVERING, STANDING, is_of
from bim_checks.measures.on_map import on_map
from bim_checks.measures.parcel_of import Parcel, parcel_of
from bim_checks.measures.parcel_share import (
    SITE,
    drawn_flat,
    limit_of,
    refuse_unstated,
    share_of,
    without_limit,
    without_parcel,
)
from bim_checks.measures.regions import NOTHING, areal, united
from bim_checks.measures.space_plan import spaces_of
from bim_checks.measures.storey_plan import LEAST_ROOM
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Need, Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.areas import Green, recheck_green
from bim_checks.tolerance import CONTACT, outcome_of
from cim.text import Text

ROUND = 64  # segments of a quarter circle; an offset's corner is then exact to 1e-4 m2
ROOFS_OF_GREEN = Text(
    zh="建筑上方的绿化（屋顶绿化）未计入。",
    en="Green above the building (on its roof) is not counted.",
)
GREEN = Need(
    entity="IfcGeographicElement",
    why=Text(zh="绿地范围", en="what is green"),
    required=False,
)


@parameters
class GreenParameters:
    """Parameters of AREA-GREEN."""

    layer: str | None = parameter(
        zh="地块图层（用地红线）", en="layer of parcels", asset=Asset.LAYER, default=None
    )
    limit: float | None = parameter(
        zh="绿地率下限；省略则读取地块属性",
        en="least green ratio; read from the parcel where absent",
        unit=Unit.PERCENT,
        default=None,
    )
    attribute: str | None = parameter(
        zh="地块上记录下限的属性（百分数）",
        en="attribute of the parcel that has the limit, in percent",
        default=None,
    )
    least_site: float = parameter(
        zh="用地小于此面积者不作要求",
        en="nothing is asked of smaller sites",
        unit=Unit.SQUARE_METRE,
        default=0.0,
    )
    wall_distance: float = parameter(
        zh="绿地计算至距墙脚此距离处",
        en="green is counted up to this distance from the foot of walls",
        unit=Unit.METRE,
    )
    green_names: str = parameter(
        zh="绿地构件或空间的名称（正则表达式）；PredefinedType 为 VEGETATION 的不论名称",
        en="pattern of the names of green elements and spaces; those of type VEGETATION count whatever their name",
    )

    def __post_init__(self) -> None:
        refuse_unstated(self.limit, self.layer, self.attribute)
        try:
            re.compile(self.green_names)
        except re.error as error:
            raise ValueError(str(error)) from error


def check_green(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """AREA-GREEN: green area beyond the foot of walls over parcel area >= limit."""
    parameters: GreenParameters = rule.parameters
    parcel = parcel_of(scheme, around, parameters.layer)
    if parcel is None:
        return [without_parcel()]
    limit = limit_of(parameters.limit, parameters.attribute, parcel)
    if limit is None:
        return [without_limit(parcel, parameters.attribute)]
    if parcel.area < parameters.least_site:
        return [_small_site(parcel, parameters.least_site)]
    shapes = _green_shapes(scheme, parameters.green_names)
    if not shapes:
        return [_without_green()]
    covering = _covering(scheme, around, shapes)
    standing = _outlines(scheme, STANDING, shapes)
    roofed = united([scheme.outlines[i].geometry for i in covering])
    walls = united([scheme.outlines[i].geometry for i in standing])
    built = united([roofed, walls.buffer(parameters.wall_distance, quad_segs=ROUND)])
    counted, taken = _counted(shapes, parcel.geometry, built)
    area = math.fsum(float(shape.area) for shape in counted.values())
    measurement = share_of(
        area * 100.0,
        Uncertainty(
            frame=float(taken.length) / 2.0 * scheme.uncertainty.horizontal * 100.0,
            mesh=float(taken.length) / 2.0 * CONTACT * 100.0,
        ),
        parcel,
        limit,
        unit=Unit.PERCENT,
        at_least=True,
    )
    short = measurement.margin < 0.0
    above = any(shape.intersection(roofed).area > CONTACT for shape in shapes.values())
    sentence = Text(
        zh="绿地率 {ratio:.2f} %（绿地 {area:.2f} m²，距墙脚 {foot:g} m 以外 / 用地 {land:.2f} m²，{parcel}），" + ("低于" if short else "不低于") + "{limit:g} %。{roofs}",
        en="The green ratio is {ratio:.2f} % ({area:.2f} m² beyond {foot:g} m from the walls, on {land:.2f} m² of {parcel}); " + ("below" if short else "at least") + " the {limit:g} % required. {roofs}",
    )  # fmt: skip
    more = math.ceil(round(-measurement.margin * parcel.area, 6)) / 100.0
    order = sorted(counted, key=lambda name: (-float(counted[name].area), name))
    return [
        Judgement(
            outcome_of(measurement, rule.legal_effect),
            sentence.format(
                ratio=measurement.measured,
                area=area,
                foot=parameters.wall_distance,
                land=parcel.area,
                parcel=parcel.name,
                limit=limit,
                roofs=ROOFS_OF_GREEN if above else Text(zh="", en=""),
            ),
            fix=Text(zh="增加绿地 {more:.2f} m²。", en="Add {more:.2f} m² of green.").format(
                more=more
            )
            if short
            else None,
            measurement=measurement,
            elements=tuple(name for name in order if counted[name].area > 0.0),
            feature=parcel.name,
            geometry=drawn_flat(taken, scheme),
            tables=(_green_table(shapes, counted),),
            basis=Green(
                elements=tuple(i for i, o in enumerate(scheme.outlines) if o.global_id in shapes),
                spaces=tuple(space for space in scheme.model.spaces if space.global_id in shapes),
                roofs=covering,
                walls=standing,
                distance=parameters.wall_distance,
                parcel=parcel.geometry,
            ),
        )
    ]


def _counted(
    shapes: Mapping[str, BaseGeometry], land: BaseGeometry, built: BaseGeometry
) -> tuple[dict[str, BaseGeometry], BaseGeometry]:
    """What of each green counts, the same ground never twice; and all of it."""
    counted: dict[str, BaseGeometry] = {}
    taken: BaseGeometry = NOTHING
    for name, shape in shapes.items():
        counted[name] = areal(shape.intersection(land).difference(built).difference(taken))
        taken = united([taken, counted[name]])
    return counted, taken


def _green_shapes(scheme: Scheme, names: str) -> dict[str, BaseGeometry]:
    """What is green, by GlobalId, projected frame: vegetation, and elements and spaces that are called so."""
    called = re.compile(names)
    wanted = {
        element.global_id
        for element in scheme.model.elements
        if (element.ifc_class == "IfcGeographicElement" and element.predefined_type == "VEGETATION")
        or any(
            text and called.search(text)
            for text in (element.name, element.object_type, element.type_name)
        )
    }
    found = {
        outline.global_id: areal(outline.geometry)
        for outline in scheme.outlines
        if outline.global_id in wanted
    }
    for plan in spaces_of(scheme):
        space = plan.space
        if any(t and called.search(t) for t in (space.name, space.long_name, space.object_type)):
            flat = shapely.force_2d(on_map(plan.geometry, plan.floor, scheme.placement))
            found[space.global_id] = flat
    return {name: shape for name, shape in sorted(found.items()) if shape.area > 0.0}


def _covering(
    scheme: Scheme, around: Surroundings, green: Mapping[str, BaseGeometry]
) -> tuple[int, ...]:
    """Slabs and roofs well above the ground, as indices of outlines: green on or below them is none of the site's."""
    found = []
    for i in _outlines(scheme, COVERING, green):
        outline = scheme.outlines[i]
        middle = shapely.get_coordinates(outline.geometry.centroid)
        (ground,) = around.city.terrain.height_at(middle)
        if not outline.high <= float(ground) + LEAST_ROOM:  # an unknown ground excludes, too
            found.append(i)
    return tuple(found)


def _outlines(
    scheme: Scheme, classes: tuple[str, ...], green: Mapping[str, BaseGeometry]
) -> tuple[int, ...]:
    """Indices of the outlines of elements of some classes that are not green."""
    wanted = {e.global_id for e in scheme.model.elements if is_of(e, classes)} - set(green)
    return tuple(i for i, outline in enumerate(scheme.outlines) if outline.global_id in wanted)


def _green_table(shapes: Mapping[str, BaseGeometry], counted: Mapping[str, BaseGeometry]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (name, float(shape.area), float(counted[name].area)) for name, shape in shapes.items()
    ]
    sums = [math.fsum(float(s.area) for s in side.values()) for side in (shapes, counted)]
    columns = (
        Column("element", Text(zh="绿地", en="green")),
        Column("area", Text(zh="面积", en="area"), Unit.SQUARE_METRE),
        Column("counted", Text(zh="计入", en="counted"), Unit.SQUARE_METRE),
    )
    sum_row: tuple[Cell, ...] = (Text(zh="合计", en="sum"), *sums)
    return Table(Text(zh="绿地", en="Green areas"), columns, (*rows, sum_row))


def _small_site(parcel: Parcel, least: float) -> Judgement:
    return Judgement(
        Outcome.NOT_APPLICABLE,
        Text(
            zh="用地 {land:.2f} m²（{parcel}）小于 {least:g} m²，对绿地率不作要求。",
            en="The site has {land:.2f} m² ({parcel}); no green ratio is asked of less than {least:g} m².",
        ).format(land=parcel.area, parcel=parcel.name, least=least),
        feature=parcel.name,
    )


def _without_green() -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="文件没有绿地（IfcGeographicElement VEGETATION 或名称标明的构件、空间）。",
            en="The file draws nothing green (IfcGeographicElement VEGETATION, or elements and spaces called so).",
        ),
        fix=Text(
            zh="提交绿地面：IfcGeographicElement，类型 VEGETATION。",
            en="Deliver the green areas as surfaces of IfcGeographicElement, type VEGETATION.",
        ),
    )


RULE_TYPES = (
    RuleType(
        code="AREA-GREEN",
        title=Text(zh="绿地率", en="Green ratio"),
        explanation=Text(
            zh="绿地率 = 绿地面积 / 用地面积 × 100 %。绿地为 VEGETATION 类型或名称标明的构件、空间在用地内的投影，距墙、柱不足给定距离及高出地面的楼板、屋面上下的部分不计"
            "（GB 50180 附录 A.0.2：距墙脚 1.0 m，未核实）；不由“用地减建筑”推算。",
            en="Green area over parcel area, in percent: what is of type VEGETATION or called green, within the parcel, beyond a given distance from walls and "
            "columns, and neither on nor below slabs and roofs above the ground (GB 50180 appendix A.0.2: 1.0 m from the foot of walls, unverified). It is never inferred from what is left of the site.",
        ),
        parameters=GreenParameters,
        check=check_green,
        recheck=recheck_green,
        needs=(GREEN, SITE),
    ),
)
