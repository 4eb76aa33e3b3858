"""Heights: how far the highest point may rise in a height-control zone.

The regime here is GB 50352-2019 4.5.2 (1), for the control zones of 4.5.1: the *absolute elevation of the
highest point* of building and structures, masts and parapets included. The same building has
another legal height elsewhere (parapet, or mean of eave and ridge), which is not this rule.
"""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, Measurement, Outcome, Uncertainty, Unit
from bim_checks.landscape.limit_mesh import CityLimit
from bim_checks.measures.floors import lower
from bim_checks.measures.limit_surface import InclinedPlane
from bim_checks.measures.tops import tops_inside
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.heights import recheck_highest
from bim_checks.surface_verdict import above_level
from bim_checks.tolerance import LENGTH_UNCERTAINTY, outcome_of
from cim.control_lines.feature import ControlFeature
from cim.text import Text

LIMIT_ATTRIBUTE = "limit_elevation"  # m above the city's vertical datum


@parameters
class HeightZoneParameters:
    """Parameters of HEIGHT-ZONE."""

    layer: str = parameter(
        zh="带属性 limit_elevation（高程限值，m）的面图层",
        en="polygons with the attribute limit_elevation, metres above datum",
        asset=Asset.LAYER,
    )


def check_height_zone(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """HEIGHT-ZONE: highest point of everything above the zone <= the zone's limit elevation."""
    parameters: HeightZoneParameters = rule.parameters
    zones = [
        zone
        for zone in around.near(parameters.layer, scheme.footprint.bounds)
        if zone.geometry.intersects(scheme.footprint)
    ]
    if not zones:
        name = around.city.layer(parameters.layer).name
        return [
            Judgement(
                Outcome.NOT_APPLICABLE,
                Text(
                    zh="建筑不在任何{name}内。", en="The building stands in no zone of {name}."
                ).format(name=name),
            )
        ]
    return [_judge_zone(rule, scheme, zone) for zone in zones]


def height_zone_limits(rule: Rule, around: Surroundings) -> list[CityLimit]:
    """The level of every zone that states one."""
    parameters: HeightZoneParameters = rule.parameters
    found = []
    for zone in around.near(parameters.layer, None):
        limit = _limit(zone)
        if limit is not None:
            found.append(CityLimit.of(zone.name, InclinedPlane((0.0, 0.0, limit)), zone.geometry))
    return found


def _limit(zone: ControlFeature) -> float | None:
    limit = zone.attributes.get(LIMIT_ATTRIBUTE)
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        return None
    return float(limit)


def _judge_zone(rule: Rule, scheme: Scheme, zone: ControlFeature) -> Judgement:
    limit = _limit(zone)
    if limit is None:
        return Judgement(
            Outcome.NOT_CHECKABLE,
            Text(
                zh="{name}没有限高数值（属性 {key}）。", en="{name} has no limit (attribute {key})."
            ).format(name=zone.name, key=LIMIT_ATTRIBUTE),
            feature=zone.name,
        )
    tops = tops_inside(scheme, zone.geometry)
    highest = float(np.nanmax(tops))
    measurement = Measurement(
        measured=highest,
        limit=limit,
        margin=limit - highest,
        unit=Unit.METRE,
        uncertainty=Uncertainty(frame=scheme.uncertainty.vertical, mesh=LENGTH_UNCERTAINTY),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    broken = outcome is not Outcome.PASS
    decisive = tops > limit if broken else tops >= highest - LENGTH_UNCERTAINTY
    order = [i for i in np.argsort(-tops, kind="stable") if decisive[i]]
    words = {"name": zone.name, "top": highest, "limit": limit, "over": -measurement.margin}
    sentence = (
        Text(
            zh="建筑最高点高程 {top:.2f} m，超过{name}限高 {limit:.2f} m 达 {over:.2f} m。",
            en="The highest point, {top:.2f} m above datum, exceeds the limit {limit:.2f} m of {name} by {over:.2f} m.",
        )
        if broken
        else Text(
            zh="建筑最高点高程 {top:.2f} m，不超过{name}限高 {limit:.2f} m。",
            en="The highest point, {top:.2f} m above datum, keeps the limit {limit:.2f} m of {name}.",
        )
    )
    return Judgement(
        outcome,
        sentence.format(**words),
        fix=lower(scheme, highest, -measurement.margin) if broken else None,
        measurement=measurement,
        elements=tuple(scheme.outlines[i].global_id for i in order),
        feature=zone.name,
        geometry=_outline_at(scheme, order, zone.geometry, limit) if broken else None,
        basis=zone.geometry,
        tables=(above_level(scheme, zone.name, limit, zone.geometry, order, top=highest),)
        if measurement.margin < 0.0
        else (),
    )


def _outline_at(
    scheme: Scheme, indices: list[int], zone: BaseGeometry, height: float
) -> BaseGeometry:
    """What rises above the limit, seen from above, drawn at the limit."""
    shape = shapely.union_all([scheme.outlines[i].geometry for i in indices]).intersection(zone)
    return shapely.force_3d(shapely.force_2d(shape), height)


RULE_TYPES = (
    RuleType(
        code="HEIGHT-ZONE",
        title=Text(zh="限高区最高点", en="Highest point in a height zone"),
        explanation=Text(
            zh="建筑物、构筑物在每个限高区内最高点的绝对高程（GB 50352-2019 第 4.5.2 条第 1 款）不得高于该区限值；指出决定高度的构件。",
            en="The absolute elevation of the highest point of building and structures above each zone (GB 50352-2019 4.5.2 (1)) "
            "must not exceed the zone's limit; the elements that decide it are named.",
        ),
        parameters=HeightZoneParameters,
        check=check_height_zone,
        recheck=recheck_highest,
    ),
)

LIMITS = {"HEIGHT-ZONE": height_zone_limits}
