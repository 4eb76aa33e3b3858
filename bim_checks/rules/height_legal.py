"""Legal building heights: above the ground, or as an elevation, to the point that the regime of the rule counts to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, Measurement, Outcome, Uncertainty, Unit
from bim_checks.measures.floors import lower
from bim_checks.measures.ground_reference import Ground, GroundParameters, ground_of
from bim_checks.measures.legal_height import (
    HIGHEST,
    NO_PARAPET,
    PARAPET,
    RIDGE,
    SURFACE,
    LegalTop,
    LegalTops,
    Regime,
    RoofParameters,
    legal_tops,
)
from bim_checks.measures.legal_tables import REGIME_NAMES, tables
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Need, Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.tops import CountedTo, recheck_top
from bim_checks.surface_verdict import with_doubt
from bim_checks.tolerance import LENGTH_UNCERTAINTY, outcome_of
from cim.control_lines.feature import ControlFeature
from cim.text import Text

HEIGHT_ATTRIBUTE = "limit_height"  # m above the ground the rule names
ELEVATION_ATTRIBUTE = "limit_elevation"  # m above the city's vertical datum


@parameters
class HeightLimitParameters:
    """Parameters of HEIGHT-LIMIT."""

    regime: Regime = parameter(
        zh="建筑高度算法：highest_point 最高点，parapet_or_mean 女儿墙顶或檐口屋脊平均，eave 檐口，ridge 屋脊，roof_surface 屋面",
        en="what the height counts to: highest_point, parapet_or_mean (of eave and ridge), eave, ridge or roof_surface",
    )
    limit: float | None = parameter(
        zh="限高（自室外地面）",
        en="the limit above ground, where the zone states none",
        unit=Unit.METRE,
        default=None,
    )
    layer: str | None = parameter(
        zh="限高区的面图层，可带属性 limit_height（m）；不写则对整栋建筑",
        en="polygons with the attribute limit_height, metres; absent where the limit holds everywhere",
        asset=Asset.LAYER,
        default=None,
    )
    ground: GroundParameters = parameter(zh="起算的室外地面", en="the ground it counts from")
    roofs: RoofParameters | None = parameter(
        zh="屋面的量法", en="how roofs are measured", default=None
    )

    def __post_init__(self) -> None:
        """Refuse a rule without any limit."""
        if self.limit is None and self.layer is None:
            raise ValueError("limit or layer must be given")


@parameters
class HeightDatumParameters:
    """Parameters of HEIGHT-DATUM."""

    regime: Regime = parameter(zh="高程算法，同 HEIGHT-LIMIT", en="as for HEIGHT-LIMIT")
    layer: str = parameter(
        zh="带属性 limit_elevation（高程限值，m）的面图层",
        en="polygons with the attribute limit_elevation, metres above datum",
        asset=Asset.LAYER,
    )
    roofs: RoofParameters | None = parameter(
        zh="屋面的量法", en="how roofs are measured", default=None
    )


@dataclass(frozen=True, slots=True)
class _Limit:
    """A limit and what is held against it; `ground` None where it is an elevation."""

    value: float
    regime: Regime
    name: Text | None
    ground: Ground | None


def check_height_limit(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """HEIGHT-LIMIT: the height above ground to the point the regime counts to <= the limit."""
    stated: HeightLimitParameters = rule.parameters
    zones = _zones(stated.layer, scheme, around)
    if zones == []:
        return [_not_concerned(stated.layer, around)]
    ground = ground_of(scheme, around.city.terrain.height_at, stated.ground)
    if isinstance(ground, Text):
        return [Judgement(Outcome.NOT_CHECKABLE, ground)]
    found: list[Judgement | None] = []
    for zone in [None] if zones is None else zones:
        value = _value(zone, HEIGHT_ATTRIBUTE)
        value = stated.limit if value is None else value
        found.append(_judge_zone(rule, scheme, stated, zone, value, ground=ground))
    return [j for j in found if j is not None] or [_not_concerned(stated.layer, around)]


def check_height_datum(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """HEIGHT-DATUM: the elevation of the point the regime counts to <= the zone's limit elevation."""
    stated: HeightDatumParameters = rule.parameters
    found = [
        _judge_zone(rule, scheme, stated, zone, _value(zone, ELEVATION_ATTRIBUTE), ground=None)
        for zone in _zones(stated.layer, scheme, around) or []
    ]
    return [j for j in found if j is not None] or [_not_concerned(stated.layer, around)]


def _zones(layer: str | None, scheme: Scheme, around: Surroundings) -> list[ControlFeature] | None:
    """The zones the building stands in; None where the rule has no layer."""
    if layer is None:
        return None
    return [
        zone
        for zone in around.near(layer, scheme.footprint.bounds)
        if zone.geometry.intersects(scheme.footprint)
    ]


def _value(zone: ControlFeature | None, attribute: str) -> float | None:
    value = None if zone is None else zone.attributes.get(attribute)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def _judge_zone(
    rule: Rule,
    scheme: Scheme,
    stated: HeightLimitParameters | HeightDatumParameters,
    zone: ControlFeature | None,
    value: float | None,
    *,
    ground: Ground | None,
) -> Judgement | None:
    """What is said of a zone, or of the whole building; None where nothing of it stands there."""
    if value is None:
        return _without_limit(zone, HEIGHT_ATTRIBUTE if ground else ELEVATION_ATTRIBUTE)
    roofs = stated.roofs or RoofParameters()
    tops = legal_tops(scheme, roofs, None if zone is None else zone.geometry)
    if tops is None:
        return None
    limit = _Limit(value, stated.regime, None if zone is None else zone.name, ground)
    counted = _counted_to(
        tops.tops[limit.regime], zone, 0.0 if ground is None else ground.height, roofs
    )
    return replace(_judge(rule, scheme, limit, tops), basis=counted)


def _counted_to(
    top: LegalTop, zone: ControlFeature | None, base: float, roofs: RoofParameters
) -> CountedTo | None:
    """What its second way of measuring looks at; None where the height is no point's, or that of what is left beside the roofs."""
    if top.basis == HIGHEST:
        return CountedTo(None if zone is None else zone.geometry, base)
    if top.basis in (PARAPET, RIDGE):
        return CountedTo(None, base, top.elements)
    if top.basis in (SURFACE, NO_PARAPET):
        return CountedTo(None, base, top.elements, roofs.flat_below)
    return None


def _judge(rule: Rule, scheme: Scheme, limit: _Limit, tops: LegalTops) -> Judgement:
    top, ground = tops.tops[limit.regime], limit.ground
    base = 0.0 if ground is None else ground.height
    over = top.elevation - base - limit.value
    measurement = Measurement(
        measured=top.elevation - base,
        limit=limit.value,
        margin=-over,
        unit=Unit.METRE,
        uncertainty=Uncertainty(
            # Where the model draws the ground too, a shift of its zero shifts both.
            frame=0.0 if ground is not None and ground.own else scheme.uncertainty.vertical,
            mesh=LENGTH_UNCERTAINTY,
            data=0.0 if ground is None else ground.uncertainty,
        ),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    judgement = Judgement(
        outcome,
        with_doubt(_sentence(limit, tops, measurement), measurement, outcome),
        fix=lower(scheme, top.elevation, over) if over > 0.0 else None,
        measurement=measurement,
        elements=top.elements,
        feature=limit.name,
        geometry=None
        if outcome is Outcome.PASS
        else _drawn_at(scheme, top.elements, base + limit.value),
        tables=tables(scheme, tops, None if ground is None else base),
    )
    return judgement if ground is None else ground.told(judgement)


KEEPS = Text(
    zh="{what} {measured:.2f} m，算至{basis}，不超过{name}限值 {limit:.2f} m。",
    en="The {what} is {measured:.2f} m, to {basis}, and keeps the limit of {limit:.2f} m{name}.",
)
EXCEEDS = Text(
    zh="{what} {measured:.2f} m，算至{basis}，超过{name}限值 {limit:.2f} m 达 {over:.2f} m。",
    en="The {what} is {measured:.2f} m, to {basis}, and exceeds the limit of {limit:.2f} m{name} by {over:.2f} m.",
)
HEIGHT = Text(zh="建筑高度（{regime}）", en="building height ({regime})")
ELEVATION = Text(zh="建筑高程（{regime}）", en="elevation ({regime})")
ASSUMED = Text(
    zh="{sentence}屋面或女儿墙仅由名称或位置推定，请确认。",
    en="{sentence} Only a name or a position says what is roof and parapet; please confirm.",
)
ROOMS = Text(
    zh="{sentence}屋顶房间 {count} 个构件未计入（占屋面 {share:.1%}）。",
    en="{sentence} Rooms on the roof, {count} elements, are not counted: they take {share:.1%} of it.",
)
PARTS = Text(
    zh="{sentence}另有 {count} 个构件按其类别不计入。",
    en="{sentence} {count} elements are not counted by their class.",
)


def _sentence(limit: _Limit, tops: LegalTops, measurement: Measurement) -> Text:
    top = tops.tops[limit.regime]
    none = Text(zh="", en="")
    name = none if limit.name is None else Text(zh="{n}", en=" of {n}").format(n=limit.name)
    over = -measurement.margin
    sentence = (EXCEEDS if over > 0.0 else KEEPS).format(
        what=(ELEVATION if limit.ground is None else HEIGHT).format(
            regime=REGIME_NAMES[limit.regime]
        ),
        measured=measurement.measured,
        basis=top.basis,
        name=name,
        limit=limit.value,
        over=over,
    )
    if top.assumed:
        sentence = ASSUMED.format(sentence=sentence)
    if limit.regime == "highest_point":
        return sentence
    if tops.rooms_share is not None:
        sentence = ROOMS.format(sentence=sentence, count=len(tops.rooms), share=tops.rooms_share)
    if tops.parts:
        sentence = PARTS.format(sentence=sentence, count=len(tops.parts))
    return sentence


def _drawn_at(scheme: Scheme, elements: tuple[str, ...], height: float) -> BaseGeometry:
    """The deciding elements seen from above, drawn at the limit."""
    chosen = set(elements)
    shapes = [outline.geometry for outline in scheme.outlines if outline.global_id in chosen]
    return shapely.force_3d(shapely.force_2d(shapely.union_all(shapes)), height)


def _without_limit(zone: ControlFeature | None, attribute: str) -> Judgement:
    name = Text(zh="规则", en="The rule") if zone is None else zone.name
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="{name}没有限高数值（属性 {key}）。", en="{name} has no limit (attribute {key})."
        ).format(name=name, key=attribute),
        fix=Text(zh="在图层中补充该属性。", en="Give the feature that attribute."),
        feature=name,
    )


def _not_concerned(layer: str | None, around: Surroundings) -> Judgement:
    name = around.city.layer(layer).name if layer is not None else Text(zh="—", en="—")
    return Judgement(
        Outcome.NOT_APPLICABLE,
        Text(zh="建筑不在任何{name}内。", en="The building stands in no zone of {name}.").format(
            name=name
        ),
    )


DEFINITIONS = Text(
    zh="各算法：最高点（GB 50352-2019 第 4.5.2 条第 1 款）；平屋面至女儿墙顶，无女儿墙至屋面，坡屋面至檐口与屋脊的平均，多种屋面取最大值（第 2 款）；檐口、屋脊分别计（GB 55031-2022）；"
    "至屋面（GB 50016 附录 A）。屋顶房间合计面积与高度在所定份额以内的、以及所列类别的构件，除最高点外不计入。屋面以外或高出屋面、又不属上述的部分一律计入。各算法并列成表。",
    en="Regimes: the highest point (GB 50352-2019 4.5.2 (1)); a flat roof to the top of its parapet, to its surface without one, a pitched roof to the mean "
    "of eave and ridge, of several forms the highest (4.5.2 (2)); eave and ridge apart (GB 55031-2022); to the roof's surface (GB 50016 appendix A). "
    "Rooms on a roof within the stated share and height, and the listed classes, do not count except for the highest point; everything else beside or above "
    "the roofs does. All regimes are shown side by side.",
)
NEEDS = (
    Need(
        entity="IfcDoor",
        why=Text(zh="确定主入口处的室外地面", en="to find the ground before the main entrance"),
        property_set="Pset_DoorCommon",
        property_name="IsExternal",
        data_type="IFCBOOLEAN",
        required=False,
    ),
)
RULE_TYPES = (
    RuleType(
        code="HEIGHT-LIMIT",
        title=Text(zh="建筑高度", en="Building height above ground"),
        explanation=Text(
            zh="建筑高度 = 算法所至之点的高程 − 室外地面高程 ≤ 限值。{definitions}",
            en="Height = elevation of the point the regime counts to - ground <= limit. {definitions}",
        ).format(definitions=DEFINITIONS),
        parameters=HeightLimitParameters,
        check=check_height_limit,
        recheck=recheck_top,
        needs=NEEDS,
    ),
    RuleType(
        code="HEIGHT-DATUM",
        title=Text(zh="高程限值", en="Elevation limit of a zone"),
        explanation=Text(
            zh="每个区内，算法所至之点的高程 ≤ 该区限值。{definitions}",
            en="In every zone, the elevation of the point the regime counts to <= the zone's limit. {definitions}",
        ).format(definitions=DEFINITIONS),
        parameters=HeightDatumParameters,
        check=check_height_datum,
        recheck=recheck_top,
    ),
)
