"""Stepped height classes: bands of distance from an asset, or zones that carry a class, each with its own limit or none at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, Measurement, Outcome, Uncertainty, Unit
from bim_checks.measures.ground_reference import Ground, GroundParameters, ground_of
from bim_checks.measures.limit_surface import InclinedPlane
from bim_checks.measures.penetration import within
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.classes import recheck_class
from bim_checks.second.limits import level
from bim_checks.second.surfaces import Below
from bim_checks.surface_verdict import judge_surface
from bim_checks.tolerance import CONTACT, outcome_of
from cim.control_lines.feature import ControlFeature
from cim.text import Text

ROUND = 64  # straight pieces a quarter circle: a band 100 m away is drawn 8 mm short at most


@parameters
class HeightClass:
    """One class."""

    name: str = parameter(zh="类别名称，即属性值", en="its name: the value of the attribute")
    upto: float | None = parameter(
        zh="距对象不超过（按距离分级时）",
        en="up to this distance, where classes are bands",
        unit=Unit.METRE,
        default=None,
    )
    limit: float | None = parameter(
        zh="限高；不写表示不得建设",
        en="the limit; absent where nothing may be built",
        unit=Unit.METRE,
        default=None,
    )


@parameters
class HeightClassesParameters:
    """Parameters of HEIGHT-CLASSES."""

    layer: str = parameter(
        zh="被保护对象（按距离分级）或带类别属性的面图层",
        en="what is protected, where classes are bands of distance; else polygons with the attribute",
        asset=Asset.LAYER,
    )
    attribute: str | None = parameter(
        zh="类别属性名；不写则按距离分级",
        en="the attribute that names the class; absent for bands of distance",
        default=None,
    )
    classes: tuple[HeightClass, ...] = parameter(
        zh="各类别，近者在前", en="the classes, nearest first"
    )
    ground: GroundParameters | None = parameter(
        zh="限高起算的室外地面；不写则限高为高程",
        en="the ground the limits count from; absent where they are elevations above datum",
        default=None,
    )

    def __post_init__(self) -> None:
        """Refuse bands without a distance or out of order, and names that are there twice."""
        names = [each.name for each in self.classes]
        if not names or len(set(names)) != len(names):
            raise ValueError("classes must be one or more, each with a name of its own")
        ends = [each.upto for each in self.classes]
        if self.attribute is None:
            known = [end for end in ends if end is not None]
            if len(known) != len(ends) or known != sorted(set(known)) or known[0] <= 0.0:
                raise ValueError("classes by distance need upto, each larger than the one before")
        elif any(end is not None for end in ends):
            raise ValueError("classes by attribute have no upto")


@dataclass(frozen=True, slots=True, eq=False)
class _Zone:
    """Where a class holds; `of` is the asset or polygon it comes from, `kind` None where its class is not among the rule's."""

    of: ControlFeature
    region: BaseGeometry
    kind: HeightClass | None
    said: str


def check_height_classes(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """HEIGHT-CLASSES: the highest point in each class's zone keeps its limit; nothing stands where a class forbids it."""
    stated: HeightClassesParameters = rule.parameters
    zones = [
        zone
        for zone in _zones(stated, scheme, around)
        if scheme.footprint.intersects(within(zone.region))
    ]
    if not zones:
        name = around.city.layer(stated.layer).name
        return [
            Judgement(
                Outcome.NOT_APPLICABLE,
                Text(
                    zh="建筑不在{name}的任何分级范围内。",
                    en="The building stands in no class of {name}.",
                ).format(name=name),
            )
        ]
    ground = None
    if stated.ground is not None:
        ground = ground_of(scheme, around.city.terrain.height_at, stated.ground)
    return [
        found
        for zone in zones
        if (found := _judge(rule, scheme, around, zone, ground=ground)) is not None
    ]


def _zones(
    stated: HeightClassesParameters, scheme: Scheme, around: Surroundings
) -> Iterator[_Zone]:
    if stated.attribute is not None:
        by_name = {each.name: each for each in stated.classes}
        for zone in around.near(stated.layer, scheme.footprint.bounds):
            said = str(zone.attributes.get(stated.attribute))
            yield _Zone(zone, zone.geometry, by_name.get(said), said)
        return
    reach = stated.classes[-1].upto or 0.0
    west, south, east, north = scheme.footprint.bounds
    bounds = (west - reach, south - reach, east + reach, north + reach)
    for asset in around.near(stated.layer, bounds):
        inner: BaseGeometry = shapely.Polygon()
        for each in stated.classes:
            outer = asset.geometry.buffer(each.upto, quad_segs=ROUND)
            yield _Zone(asset, outer.difference(inner), each, each.name)
            inner = outer


def _judge(
    rule: Rule, scheme: Scheme, around: Surroundings, zone: _Zone, *, ground: Ground | Text | None
) -> Judgement | None:
    name = Text(zh="{of}（{said}）", en="{of} ({said})").format(of=zone.of.name, said=zone.said)
    if zone.kind is None:
        return Judgement(
            Outcome.NOT_CHECKABLE,
            Text(
                zh="{of}的类别“{said}”不在规则的类别之中。",
                en='{of} has the class "{said}", which the rule does not know.',
            ).format(of=zone.of.name, said=zone.said),
            feature=zone.of.name,
        )
    if zone.kind.limit is None:
        return _nothing_may_stand(rule, scheme, around, zone, name=name)
    if isinstance(ground, Text):
        return Judgement(Outcome.NOT_CHECKABLE, ground, feature=name)
    base = 0.0 if ground is None else ground.height
    surface = InclinedPlane((0.0, 0.0, base + zone.kind.limit))
    found = judge_surface(
        rule, scheme, surface, zone.region, name=name, height=ground.uncertainty if ground else 0.0
    )
    if found is None:
        return None
    found = replace(found, basis=(Below(level(base + zone.kind.limit), zone.region),))
    return found if ground is None else ground.told(found)


def _nothing_may_stand(
    rule: Rule, scheme: Scheme, around: Surroundings, zone: _Zone, *, name: Text
) -> Judgement:
    """A judgement on what stands where a class forbids every building."""
    taken = scheme.footprint.intersection(zone.region)
    accuracy = around.city.layer(zone.of.layer).accuracy
    half = CONTACT * taken.length / 2.0
    measurement = Measurement(
        measured=taken.area,
        limit=0.0,
        margin=-taken.area,
        unit=Unit.SQUARE_METRE,
        uncertainty=Uncertainty(
            frame=scheme.uncertainty.horizontal * taken.length / 2.0,
            mesh=half,
            data=accuracy * taken.length / 2.0,
        ),
    )
    return Judgement(
        outcome_of(measurement, rule.legal_effect),
        Text(
            zh="{name}内不得建设，建筑占用 {area:.1f} m²。",
            en="Nothing may be built in {name}; the building takes {area:.1f} m² of it.",
        ).format(name=name, area=taken.area),
        fix=Text(zh="移出该范围。", en="Move it out of there."),
        measurement=measurement,
        elements=scheme.shapes("footprint")[0].elements_touching(zone.region),
        feature=name,
        geometry=shapely.force_3d(shapely.force_2d(taken), scheme.lowest),
        basis=replace(zone.of, geometry=zone.region),
    )


RULE_TYPES = (
    RuleType(
        code="HEIGHT-CLASSES",
        title=Text(zh="分级限高", en="Stepped height classes"),
        explanation=Text(
            zh="按到被保护对象的距离分带，或按面的类别属性，各级有各自的限高；没有限高的级别（如一类建控地带）不得建设。高度算至最高点（GB 50352-2019 第 4.5.2 条第 1 款），"
            "自所述地面或高程基准起算。构件按级别边界切开。",
            en="Bands of distance from what is protected, or polygons that carry a class, each have a limit of their own; a class without one (as class "
            "I of a heritage control zone) allows no building. Height is taken to the highest point (GB 50352-2019 4.5.2 (1)) above the ground the rule "
            "names, or above datum. Elements are cut at the border of a class.",
        ),
        parameters=HeightClassesParameters,
        check=check_height_classes,
        recheck=recheck_class,
    ),
)
