"""Site coverage (建筑密度): what a building covers at the ground, of the parcel."""

from __future__ import annotations

import math

from shapely.geometry.base import BaseGeometry

from bim_checks.finding import (
    Judgement,
    Outcome,
    Uncertainty,
    Unit,
)
from bim_checks.measures.below_ground import below_ground
from bim_checks.measures.counting import (
    STOREYS,
)
from bim_checks.measures.floor_parts import floors_of
from bim_checks.measures.on_map import on_map
from bim_checks.measures.parcel_of import parcel_of
from bim_checks.measures.parcel_share import (
    SITE,
    drawn_flat,
    limit_of,
    refuse_unstated,
    share_of,
    stated_maximum,
    without_limit,
    without_parcel,
)
from bim_checks.measures.regions import areal, united
from bim_checks.measures.storey_plan import StoreyPlan
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.tolerance import CONTACT, outcome_of
from cim.text import Text


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
        refuse_unstated(self.limit, self.layer, self.attribute)


def check_coverage(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """AREA-COVERAGE: area the building covers at the ground over parcel area <= limit."""
    parameters: CoverageParameters = rule.parameters
    parcel = parcel_of(scheme, around, parameters.layer)
    if parcel is None:
        return [without_parcel()]
    limit = limit_of(parameters.limit, parameters.attribute, parcel)
    if limit is None:
        return [without_limit(parcel, parameters.attribute)]
    covered, plan = _ground_storey(parameters, scheme, around)
    if covered.is_empty:
        return [_nothing_at_the_ground()]
    basis = (
        Text(zh="{storey} 外轮廓", en="outer contour of {storey}").format(storey=plan.name)
        if plan is not None
        else Text(zh="与地面接触部分的投影", en="projection of what stands on the ground")
    )
    area = float(covered.area)
    measurement = share_of(
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
                declared=stated_maximum(scheme, "SiteCoverageRatio"),
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
    return drawn_flat(areal(contact.geometry), scheme), None


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


RULE_TYPES = (
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
)
