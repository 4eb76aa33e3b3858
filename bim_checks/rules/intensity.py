"""How densely a parcel is built: floor area ratio, coverage, green ratio.

Each is a share of the parcel's area; which outline is taken for the parcel is said in every sentence.
"""

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
    Measurement,
    Outcome,
    Table,
    Uncertainty,
    Unit,
)
from bim_checks.measures.area_ledger import Ledger, ledger_table, space_faults
from bim_checks.measures.below_ground import below_ground
from bim_checks.measures.counting import (
    GROSS_SPACES,
    SPACES,
    STOREYS,
    CountingParameters,
    deciding,
    doubts_told,
    ledger_for,
    totals_told,
    without_floors,
)
from bim_checks.measures.declared import SITE_LIMITS, stated_number
from bim_checks.measures.element_roles import COVERING, STANDING, is_of
from bim_checks.measures.floor_parts import floors_of
from bim_checks.measures.on_map import on_map
from bim_checks.measures.parcel_of import Parcel, parcel_of
from bim_checks.measures.regions import NOTHING, areal, united
from bim_checks.measures.space_plan import space_plans
from bim_checks.measures.storey_plan import LEAST_ROOM, StoreyPlan
from bim_checks.measures.weights import CountingException, TallStorey, height_limits, weight_of
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Need, Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.tolerance import CONTACT, outcome_of
from cim.footprint import ElementOutline
from cim.text import Text

ROUND = 64  # segments of a quarter circle; an offset's corner is then exact to 1e-4 m2
ROOFS_OF_GREEN = Text(
    zh="建筑上方的绿化（屋顶绿化）未计入。",
    en="Green above the building (on its roof) is not counted.",
)
SITE = Need(
    entity="IfcSite",
    why=Text(zh="没有地块图形时作为用地范围", en="the land, where no parcel is drawn"),
    required=False,
)
GREEN = Need(
    entity="IfcGeographicElement",
    why=Text(zh="绿地范围", en="what is green"),
    required=False,
)


@parameters
class FloorAreaRatioParameters(CountingParameters):
    """Parameters of AREA-FAR."""

    layer: str | None = parameter(
        zh="地块图层（用地红线）", en="layer of parcels", asset=Asset.LAYER, default=None
    )
    limit: float | None = parameter(
        zh="容积率上限；省略则读取地块属性",
        en="highest ratio; read from the parcel where absent",
        unit=Unit.RATIO,
        default=None,
    )
    attribute: str | None = parameter(
        zh="地块上记录容积率上限的属性",
        en="attribute of the parcel that has the limit",
        default=None,
    )
    below_ground_share: float = parameter(
        zh="楼面低于室外地面超过层高的这一比例即为地下层",
        en="a floor that lies deeper than this share of its storey's height is below ground",
        unit=Unit.RATIO,
    )
    exceptions: tuple[CountingException, ...] = parameter(
        zh="不计容或折减的面积，先列者先用",
        en="area that counts otherwise; the first entry that fits counts",
        default=(),
    )
    tall: tuple[TallStorey, ...] = parameter(
        zh="层高超标时加倍计容", en="storeys too high, which count more than once", default=()
    )

    def __post_init__(self) -> None:
        CountingParameters.__post_init__(self)
        _limit_is_stated(self.limit, self.layer, self.attribute)


@parameters
class CoverageParameters:
    """Parameters of AREA-COVERAGE."""

    duct_area: float = parameter(
        zh="楼板洞口不大于此面积者视为管井",
        en="holes in a floor no larger are ducts",
        unit=Unit.SQUARE_METRE,
    )
    below_ground_share: float = parameter(
        zh="楼面低于室外地面超过层高的这一比例即为地下层",
        en="a floor that lies deeper than this share of its storey's height is below ground",
        unit=Unit.RATIO,
    )
    layer: str | None = parameter(
        zh="地块图层（用地红线）", en="layer of parcels", asset=Asset.LAYER, default=None
    )
    limit: float | None = parameter(
        zh="建筑密度上限；省略则读取地块属性",
        en="highest coverage; read from the parcel where absent",
        unit=Unit.PERCENT,
        default=None,
    )
    attribute: str | None = parameter(
        zh="地块上记录上限的属性（百分数）",
        en="attribute of the parcel that has the limit, in percent",
        default=None,
    )

    def __post_init__(self) -> None:
        _limit_is_stated(self.limit, self.layer, self.attribute)


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
        _limit_is_stated(self.limit, self.layer, self.attribute)
        try:
            re.compile(self.green_names)
        except re.error as error:
            raise ValueError(str(error)) from error


def check_floor_area_ratio(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """AREA-FAR: counted floor area over parcel area <= limit."""
    parameters: FloorAreaRatioParameters = rule.parameters
    plain = ledger_for(parameters, scheme)
    missing = without_floors(scheme, plain.floors)
    if missing is not None:
        return [missing]
    parcel = parcel_of(scheme, around, parameters.layer)
    if parcel is None:
        return [_without_parcel()]
    limit = _limit(parameters.limit, parameters.attribute, parcel)
    if limit is None:
        return [_without_limit(parcel, parameters.attribute)]
    depth = below_ground(plain.floors.plans, scheme, around, share=parameters.below_ground_share)
    limits = height_limits(plain.floors.parts, parameters.tall)
    ledger = ledger_for(
        parameters, scheme, lambda part: weight_of(part, parameters.exceptions, limits, depth)
    )
    index = ledger.index(parameters.counted_by)
    counted = ledger.counted(index)
    measurement = _ratio(
        counted,
        Uncertainty(mesh=ledger.drawn_to(index), data=ledger.doubtful(index)),
        parcel,
        limit,
        unit=Unit.RATIO,
    )
    over = measurement.margin < 0.0
    sentence = Text(
        zh="容积率 {ratio:.3f}（计容 {counted:.2f} m² / 用地 {land:.2f} m²，{parcel}），" + ("超过" if over else "不超过") + "{limit:g}。不计例外时{totals}。{declared}{depths}{doubts}",
        en="The floor area ratio is {ratio:.3f} ({counted:.2f} m² counted on {land:.2f} m² of {parcel}); " + ("above" if over else "within") + " the limit of {limit:g}. Without exceptions: {totals}.{declared}{depths}{doubts}",
    )  # fmt: skip
    tables = [ledger_table(ledger)]
    faults = space_faults(ledger.floors)
    return [
        Judgement(
            outcome_of(measurement, rule.legal_effect),
            sentence.format(
                ratio=measurement.measured,
                counted=counted,
                land=parcel.area,
                parcel=parcel.name,
                limit=limit,
                totals=totals_told(plain),
                declared=_stated_maximum(scheme, "FloorAreaRatio"),
                depths=_unknown_depths(ledger, depth, parameters),
                doubts=doubts_told(ledger, index),
            ),
            fix=_less_floor(-measurement.margin * parcel.area) if over else None,
            measurement=measurement,
            elements=deciding(ledger, index),
            feature=parcel.name,
            geometry=_flat(parcel.geometry, scheme) if over else None,
            tables=tuple(tables if faults is None else [*tables, faults]),
        )
    ]


def check_coverage(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """AREA-COVERAGE: area the building covers at the ground over parcel area <= limit."""
    parameters: CoverageParameters = rule.parameters
    parcel = parcel_of(scheme, around, parameters.layer)
    if parcel is None:
        return [_without_parcel()]
    limit = _limit(parameters.limit, parameters.attribute, parcel)
    if limit is None:
        return [_without_limit(parcel, parameters.attribute)]
    covered, plan = _ground_storey(parameters, scheme, around)
    if covered.is_empty:
        return [_nothing_at_the_ground()]
    basis = (
        Text(zh="{storey} 外轮廓", en="outer contour of {storey}").format(storey=plan.name)
        if plan is not None
        else Text(zh="与地面接触部分的投影", en="projection of what stands on the ground")
    )
    area = float(covered.area)
    measurement = _ratio(
        area * 100.0,
        Uncertainty(mesh=float(covered.length) / 2.0 * CONTACT * 100.0),
        parcel,
        limit,
        unit=Unit.PERCENT,
    )
    over = measurement.margin < 0.0
    sentence = Text(
        zh="建筑密度 {ratio:.2f} %（基底 {area:.2f} m²，{basis} / 用地 {land:.2f} m²，{parcel}），" + ("超过" if over else "不超过") + "{limit:g} %。{declared}",
        en="The coverage is {ratio:.2f} % ({area:.2f} m², {basis}, on {land:.2f} m² of {parcel}); " + ("above" if over else "within") + " the limit of {limit:g} %.{declared}",
    )  # fmt: skip
    less = math.ceil(round(-measurement.margin * parcel.area, 6)) / 100.0
    return [
        Judgement(
            outcome_of(measurement, rule.legal_effect),
            sentence.format(
                ratio=measurement.measured,
                area=area,
                basis=basis,
                land=parcel.area,
                parcel=parcel.name,
                limit=limit,
                declared=_stated_maximum(scheme, "SiteCoverageRatio"),
            ),
            fix=Text(
                zh="基底面积减少 {less:.2f} m²。", en="Cover {less:.2f} m² less at the ground."
            ).format(less=less)
            if over
            else None,
            measurement=measurement,
            elements=plan.identifiers if plan is not None else (),
            feature=parcel.name,
            geometry=covered,
        )
    ]


def check_green(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """AREA-GREEN: green area beyond the foot of walls over parcel area >= limit."""
    parameters: GreenParameters = rule.parameters
    parcel = parcel_of(scheme, around, parameters.layer)
    if parcel is None:
        return [_without_parcel()]
    limit = _limit(parameters.limit, parameters.attribute, parcel)
    if limit is None:
        return [_without_limit(parcel, parameters.attribute)]
    if parcel.area < parameters.least_site:
        return [_small_site(parcel, parameters.least_site)]
    shapes = _green_shapes(scheme, parameters.green_names)
    if not shapes:
        return [_without_green()]
    roofed = _roofed(scheme, around, shapes)
    walls = united([o.geometry for o in _outlines(scheme, STANDING, shapes)])
    built = united([roofed, walls.buffer(parameters.wall_distance, quad_segs=ROUND)])
    counted: dict[str, BaseGeometry] = {}
    taken: BaseGeometry = NOTHING
    for name, shape in shapes.items():
        counted[name] = areal(
            shape.intersection(parcel.geometry).difference(built).difference(taken)
        )
        taken = united([taken, counted[name]])
    area = math.fsum(float(shape.area) for shape in counted.values())
    measurement = _ratio(
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
            geometry=_flat(taken, scheme),
            tables=(_green_table(shapes, counted),),
        )
    ]


def _limit_is_stated(limit: float | None, layer: str | None, attribute: str | None) -> None:
    if limit is None and (layer is None or attribute is None):
        raise ValueError("either limit, or layer and attribute")


def _limit(limit: float | None, attribute: str | None, parcel: Parcel) -> float | None:
    if limit is not None or attribute is None:
        return limit
    stated = parcel.attributes.get(attribute)
    return float(stated) if isinstance(stated, int | float) and stated is not True else None


def _ratio(
    area: float,
    doubt: Uncertainty,
    parcel: Parcel,
    limit: float,
    *,
    unit: Unit,
    at_least: bool = False,
) -> Measurement:
    """An area over the parcel's, against a limit; what either is in doubt by goes into the ratio."""
    land = parcel.area
    ratio = area / land
    return Measurement(
        measured=ratio,
        limit=limit,
        margin=ratio - limit if at_least else limit - ratio,
        unit=unit,
        uncertainty=Uncertainty(
            frame=doubt.frame / land,
            mesh=doubt.mesh / land,
            data=doubt.data / land + ratio * parcel.uncertainty / land,
        ),
    )


def _ground_storey(
    parameters: CoverageParameters, scheme: Scheme, around: Surroundings
) -> tuple[BaseGeometry, StoreyPlan | None]:
    """What the lowest storey above ground covers, projected frame, 3D; else what touches the ground."""
    floors = floors_of(scheme, duct_area=parameters.duct_area, heights=())
    depth = below_ground(floors.plans, scheme, around, share=parameters.below_ground_share)
    for plan in floors.plans:
        covered = united(
            [
                plan.enclosed,
                plan.void,
                plan.unfloored,
                *(open_floor.geometry for open_floor in plan.open_floors if open_floor.covered),
            ]
        )
        if depth[plan.identifiers] is False and not covered.is_empty:
            return on_map(covered, plan.floor, scheme.placement), plan
    contact = scheme.footprints.ground_contact(around.city.terrain.height_at)
    return _flat(areal(contact.geometry), scheme), None


def _stated_maximum(scheme: Scheme, key: str) -> Text:
    """What the model's Pset_SiteCommon gives as the site's maximum; empty where it gives none."""
    for site in scheme.model.sites:
        found = stated_number(site.property_sets, SITE_LIMITS, key)
        if found is not None:
            return Text(
                zh="模型自报上限（{set}.{key}）{value:g}。",
                en=" The model states a maximum of {value:g} ({set}.{key}).",
            ).format(set=found[0], key=key, value=found[1])
    return Text(zh="", en="")


def _unknown_depths(
    ledger: Ledger,
    depth: Mapping[tuple[str, ...], bool | None],
    parameters: FloorAreaRatioParameters,
) -> Text:
    """Which storeys could not be told to lie below ground or not, where an exception asks."""
    asked = any(entry.below_ground is not None for entry in parameters.exceptions)
    unknown = [
        plan.name
        for plan in ledger.floors.plans
        if depth.get(plan.identifiers) is None and not plan.enclosed.is_empty
    ]
    if not asked or not unknown:
        return Text(zh="", en="")
    return Text(
        zh="{storeys} 是否在地下不明，按地上计。",
        en=" Whether {storeys} lies below ground is not known; it is counted as above.",
    ).format(storeys=", ".join(unknown))


def _less_floor(square_metres: float) -> Text:
    return Text(
        zh="计容面积减少 {area:.2f} m²。", en="Take {area:.2f} m² of counted floor away."
    ).format(area=math.ceil(round(square_metres * 100.0, 6)) / 100.0)


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
    for plan in space_plans(scheme.model):
        space = plan.space
        if any(t and called.search(t) for t in (space.name, space.long_name, space.object_type)):
            flat = shapely.force_2d(on_map(plan.geometry, plan.floor, scheme.placement))
            found[space.global_id] = flat
    return {name: shape for name, shape in sorted(found.items()) if shape.area > 0.0}


def _roofed(
    scheme: Scheme, around: Surroundings, green: Mapping[str, BaseGeometry]
) -> BaseGeometry:
    """What slabs and roofs well above the ground cover, projected frame: green on or below them is none of the site's."""
    found = []
    for outline in _outlines(scheme, COVERING, green):
        middle = shapely.get_coordinates(outline.geometry.centroid)
        (ground,) = around.city.terrain.height_at(middle)
        if not outline.high <= float(ground) + LEAST_ROOM:  # an unknown ground excludes, too
            found.append(outline.geometry)
    return united(found)


def _outlines(
    scheme: Scheme, classes: tuple[str, ...], green: Mapping[str, BaseGeometry]
) -> list[ElementOutline]:
    wanted = {e.global_id for e in scheme.model.elements if is_of(e, classes)} - set(green)
    return [outline for outline in scheme.outlines if outline.global_id in wanted]


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


def _flat(shape: BaseGeometry, scheme: Scheme) -> BaseGeometry:
    return shapely.force_3d(shapely.force_2d(shape), scheme.lowest)


def _without_parcel() -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="没有包含建筑的地块，也没有用地范围（IfcSite），无法求比率。",
            en="No parcel holds the building and no site is drawn (IfcSite); there is nothing to relate its area to.",
        ),
        fix=Text(
            zh="提交用地界址点，或在 IfcSite 中导出用地范围面。",
            en="Deliver the boundary points of the site, or draw it as a surface of IfcSite.",
        ),
    )


def _without_limit(parcel: Parcel, attribute: str | None) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="{parcel}没有该指标的限值（属性 {key}）。",
            en="{parcel} states no limit (attribute {key}).",
        ).format(parcel=parcel.name, key=attribute),
        fix=Text(
            zh="在地块图层补充该属性，或在规则中写明 limit。",
            en="Add the attribute to the parcel, or write the limit into the rule.",
        ),
        feature=parcel.name,
    )


def _nothing_at_the_ground() -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="没有可识别的首层轮廓，也没有构件与地面接触。",
            en="No storey above ground has an outline, and nothing drawn touches the ground.",
        ),
        fix=Text(
            zh="提交带标高的楼层及墙体、楼板，并核对竖向定位。",
            en="Deliver storeys with elevations, walls and slabs, and check the height of the model.",
        ),
    )


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
        code="AREA-FAR",
        title=Text(zh="容积率", en="Floor area ratio"),
        explanation=Text(
            zh="容积率 = Σ 计容建筑面积 / 用地面积。计容面积为台账面积乘以规则库的系数（车库、地下层、架空层等地方规定；层高超标加倍）。用地面积取包含建筑的地块，"
            "否则取测绘用地范围或 IfcSite，并注明。地下层：楼面低于室外地面（该层轮廓处地形平均高）超过层高的给定比例（GB 50352-2019 2.0）。",
            en="Sum of counted floor area over parcel area. Counted area is that of the ledger times the rulebook's factors (garages, storeys below ground, "
            "storeys on columns: local; storeys too high count more than once). The parcel is the one that holds the building, else the surveyed outline, else the "
            "IfcSite; the sentence says which. A storey lies below ground where its floor is deeper under the ground outside (the terrain's mean along its outline) than "
            "a given share of its height (GB 50352-2019 2.0).",
        ),
        parameters=FloorAreaRatioParameters,
        check=check_floor_area_ratio,
        needs=(STOREYS, GROSS_SPACES, SPACES, SITE),
    ),
    RuleType(
        code="AREA-COVERAGE",
        title=Text(zh="建筑密度", en="Site coverage"),
        explanation=Text(
            zh="建筑密度 = 建筑基底面积 / 用地面积 × 100 %。基底面积为地上最低一层外轮廓（含有顶盖的敞开部分），没有楼层时取与地面接触部分的投影。",
            en="Area covered at the ground over parcel area, in percent: the outer contour of the lowest storey above ground, covered open floors included; "
            "without storeys, the projection of what touches the ground.",
        ),
        parameters=CoverageParameters,
        check=check_coverage,
        needs=(STOREYS, SITE),
    ),
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
        needs=(GREEN, SITE),
    ),
)
