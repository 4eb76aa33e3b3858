"""The number of storeys above ground."""

from __future__ import annotations

from bim_checks.finding import (
    Column,
    Judgement,
    Measurement,
    Outcome,
    SecondOpinion,
    Table,
    Uncertainty,
    Unit,
)
from bim_checks.measures.ground_reference import Ground, GroundParameters, ground_of
from bim_checks.measures.legal_height import RoofParameters, legal_tops
from bim_checks.measures.storey_count import (
    CountedStorey,
    CountingParameters,
    count_storeys,
    plate_levels,
    storeys_of,
)
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Need, Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.tolerance import LENGTH_UNCERTAINTY, outcome_of
from cim.text import Text

STOREYS_ATTRIBUTE = "limit_storeys"


@parameters
class HeightStoreysParameters:
    """Parameters of HEIGHT-STOREYS."""

    limit: int | None = parameter(
        zh="最多地上层数（区内未载明时）",
        en="most storeys above ground, where the zone states none",
        unit=Unit.COUNT,
        default=None,
    )
    layer: str | None = parameter(
        zh="层数控制区的面图层，可带属性 limit_storeys；不写则对整栋建筑",
        en="polygons with the attribute limit_storeys; absent where the limit holds everywhere",
        asset=Asset.LAYER,
        default=None,
    )
    ground: GroundParameters = parameter(zh="室外地面", en="the ground")
    counting: CountingParameters = parameter(zh="层数的计法", en="which storeys count")
    roofs: RoofParameters | None = parameter(
        zh="屋面的量法", en="how roofs are measured", default=None
    )

    def __post_init__(self) -> None:
        """Refuse a rule without any limit."""
        if self.limit is None and self.layer is None:
            raise ValueError("limit or layer must be given")


def check_height_storeys(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """HEIGHT-STOREYS: storeys above ground <= limit."""
    stated: HeightStoreysParameters = rule.parameters
    limits = _limits(stated, scheme, around)
    if isinstance(limits, Judgement):
        return [limits]
    if not storeys_of(scheme):
        return [_without_storeys()]
    ground = ground_of(scheme, around.city.terrain.height_at, stated.ground)
    if isinstance(ground, Text):
        return [Judgement(Outcome.NOT_CHECKABLE, ground)]
    storeys = _counted(scheme, stated, ground.height)
    return [
        _without_limit(name)
        if limit is None
        else _judge(rule, scheme, storeys, ground, name=name, limit=limit)
        for name, limit in limits
    ]


def count_by_plates(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """The same count from the floor plates; None where the model draws none, or the count is not certain."""
    stated: HeightStoreysParameters = rule.parameters
    levels = scheme.once(plate_levels, lambda: plate_levels(scheme))
    ground = ground_of(scheme, around.city.terrain.height_at, stated.ground)
    if not levels or isinstance(ground, Text) or judgement.measurement is None:
        return None
    counted = count_storeys(levels, _roof(scheme, stated), ground.height, stated.counting)
    return SecondOpinion(
        Text(zh="楼板标高", en="the levels of floor plates"),
        float(sum(storey.counts for storey in counted)),
        judgement.measurement.uncertainty.total,
    )


def _limits(
    stated: HeightStoreysParameters, scheme: Scheme, around: Surroundings
) -> list[tuple[Text | None, int | None]] | Judgement:
    """Name and limit of every zone the building stands in, or of the rule itself."""
    if stated.layer is None:
        return [(None, stated.limit)]
    found: list[tuple[Text | None, int | None]] = []
    for zone in around.near(stated.layer, scheme.footprint.bounds):
        if zone.geometry.intersects(scheme.footprint):
            own = zone.attributes.get(STOREYS_ATTRIBUTE)
            is_number = isinstance(own, int | float) and not isinstance(own, bool)
            found.append((zone.name, int(own) if is_number and own is not None else stated.limit))
    if found:
        return found
    return Judgement(
        Outcome.NOT_APPLICABLE,
        Text(zh="建筑不在任何{name}内。", en="The building stands in no zone of {name}.").format(
            name=around.city.layer(stated.layer).name
        ),
    )


def _roof(scheme: Scheme, stated: HeightStoreysParameters) -> float:
    """Height of the highest roof's surface; a pitched roof encloses storeys up to its ridge."""
    tops = legal_tops(scheme, stated.roofs or RoofParameters())
    if tops is None or not tops.forms:
        return float(scheme.outline_heights[:, 1].max())
    return max(form.high for form in tops.forms)


def _counted(
    scheme: Scheme, stated: HeightStoreysParameters, ground: float
) -> tuple[CountedStorey, ...]:
    return count_storeys(storeys_of(scheme), _roof(scheme, stated), ground, stated.counting)


def _judge(
    rule: Rule,
    scheme: Scheme,
    storeys: tuple[CountedStorey, ...],
    ground: Ground,
    *,
    name: Text | None,
    limit: int,
) -> Judgement:
    stated: HeightStoreysParameters = rule.parameters
    counting = [storey for storey in storeys if storey.counts]
    count = len(counting)
    measurement = Measurement(
        measured=float(count),
        limit=float(limit),
        margin=float(limit - count),
        unit=Unit.COUNT,
        uncertainty=Uncertainty(data=_doubt(scheme, stated, ground, count)),
    )
    over = count - limit
    sentence = Text(
        zh="地上 {count} 层，{kept}{name}限值 {limit} 层。",
        en="{count} storeys above ground, which {kept} the limit of {limit}{name}.",
    ).format(
        count=count,
        kept=Text(zh="超过", en="exceeds") if over > 0 else Text(zh="不超过", en="keeps"),
        name=Text(zh="", en="") if name is None else Text(zh="{n}", en=" of {n}").format(n=name),
        limit=limit,
    )
    deciding = counting[limit:] if over > 0 else counting[-1:]
    return ground.told(
        Judgement(
            outcome_of(measurement, rule.legal_effect),
            sentence,
            fix=Text(zh="减少 {over} 层。", en="Remove {over} of its storeys.").format(over=over)
            if over > 0
            else None,
            measurement=measurement,
            elements=tuple(i for storey in reversed(deciding) for i in storey.global_ids),
            feature=name,
            tables=(_table(storeys, ground.height),),
        )
    )


def _doubt(scheme: Scheme, stated: HeightStoreysParameters, ground: Ground, count: int) -> float:
    """By how many storeys the count may change where the ground is not known better than it is."""
    half = ground.uncertainty + LENGTH_UNCERTAINTY
    if not ground.own:
        half += scheme.uncertainty.vertical
    others = [
        sum(storey.counts for storey in _counted(scheme, stated, ground.height + shift))
        for shift in (-half, half)
    ]
    return float(max(abs(other - count) for other in others))


def _table(storeys: tuple[CountedStorey, ...], ground: float) -> Table:
    return Table(
        Text(zh="楼层", en="Storeys"),
        (
            Column("storey", Text(zh="楼层", en="storey")),
            Column("floor", Text(zh="楼面高出室外地面", en="floor above ground"), Unit.METRE),
            Column("height", Text(zh="层高", en="height"), Unit.METRE),
            Column("counts", Text(zh="计入层数", en="counts")),
            Column("why", Text(zh="说明", en="why")),
        ),
        tuple((s.name, s.floor - ground, s.height, s.counts, s.why) for s in storeys),
    )


def _without_storeys() -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="模型没有带标高的楼层，无法统计层数。",
            en="The model has no storey with an elevation, so storeys cannot be counted.",
        ),
        fix=Text(
            zh="请交付带 Elevation 的 IfcBuildingStorey。",
            en="Deliver IfcBuildingStorey with its Elevation.",
        ),
    )


def _without_limit(name: Text | None) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="{name}没有层数限值（属性 {key}）。", en="{name} has no limit (attribute {key})."
        ).format(name=name or Text(zh="规则", en="The rule"), key=STOREYS_ATTRIBUTE),
        fix=Text(zh="在图层中补充该属性。", en="Give the feature that attribute."),
        feature=name,
    )


RULE_TYPES = (
    RuleType(
        code="HEIGHT-STOREYS",
        title=Text(zh="地上层数", en="Storeys above ground"),
        explanation=Text(
            zh="地上层数 ≤ 限值。楼层取自 IfcBuildingStorey 的标高，层高至上一标高，最上层至屋面（屋脊）。层高小于 least_height 的不计；地面以下部分超过层高 × sunk 的不计，除非顶板高出地面大于 exposed。"
            "另以楼板标高独立计数，两者不一致则须会商。",
            en="Storeys above ground <= limit. Levels are those of IfcBuildingStorey, each as high as up to the next, the last up to the roof or ridge. A storey "
            "lower than least_height does not count, nor one sunk by more than sunk times its height unless its ceiling is more than exposed above the ground. "
            "The levels of the floor plates are counted apart; where the two differ it is to be discussed.",
        ),
        parameters=HeightStoreysParameters,
        check=check_height_storeys,
        needs=(
            Need(
                entity="IfcBuildingStorey",
                why=Text(zh="统计层数", en="to count storeys"),
            ),
        ),
        recheck=count_by_plates,
    ),
)
