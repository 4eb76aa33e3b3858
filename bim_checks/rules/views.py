"""Protected views: what may rise before a ridge."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from bim_checks.finding import Judgement, Measurement, Outcome, Unit
from bim_checks.landscape.ridge_band import Intrusion, RidgeView, ridge_intrusion
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.tolerance import LENGTH_UNCERTAINTY, judge
from cim.city import City, Ridge, Viewpoint
from cim.text import Text


@dataclass(frozen=True, slots=True)
class RidgeBandParameters:
    """Parameters of VIEW-RIDGE-BAND.

    Attributes:
        viewpoint, ridge: codes in ``city.yaml``.
        limit: share of the angle between base and ridge that stays free, 0..1.
        base_elevation: the base's orthogonal height, metres.
        refraction: coefficient k of terrestrial refraction.
    """

    viewpoint: str
    ridge: str
    limit: float
    base_elevation: float
    refraction: float


def check_ridge_band(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """VIEW-RIDGE-BAND: no point of the scheme rises into the band below the ridge."""
    parameters: RidgeBandParameters = rule.parameters
    viewpoint, ridge = _assets(parameters, around.city)
    if viewpoint is None or ridge is None:
        return [_missing(parameters, viewpoint=viewpoint)]
    view = RidgeView(
        eye=np.array(viewpoint.position) + np.array([0.0, 0.0, viewpoint.eye_height]),
        ridge=np.array(ridge.vertices),
        share=parameters.limit,
        base_elevation=parameters.base_elevation,
        refraction=parameters.refraction,
    )
    triangles, owners = scheme.all_triangles
    intrusion = ridge_intrusion(view, triangles, owners, len(scheme.outlines))
    words = {"viewpoint": viewpoint.name, "ridge": ridge.name}
    if not np.isfinite(intrusion.excess).any():
        sentence = Text(
            zh="从{viewpoint}看，建筑不在{ridge}之前。",
            en="Seen from {viewpoint}, the building does not stand before {ridge}.",
        )
        return [Judgement(Outcome.NOT_APPLICABLE, sentence.format(**words), feature=viewpoint.name)]
    return [_judge(rule, scheme, view, intrusion, words=words)]


def _judge(
    rule: Rule, scheme: Scheme, view: RidgeView, intrusion: Intrusion, *, words: dict[str, Text]
) -> Judgement:
    order = np.argsort(-intrusion.excess, kind="stable")  # NaN sorts last
    worst = int(order[0])
    over, point = float(intrusion.excess[worst]), intrusion.points[worst]
    measurement = Measurement(
        measured=float(point[2]),
        limit=float(point[2]) - over,
        margin=-over,
        unit=Unit.METRE,
        uncertainty=LENGTH_UNCERTAINTY
        + scheme.uncertainty.vertical
        + scheme.uncertainty.horizontal * _slope(view, point),
    )
    outcome = judge(measurement.margin, measurement.uncertainty, rule.legal_effect)
    broken = outcome is not Outcome.PASS
    deciding = [i for i in order if intrusion.excess[i] > 0.0] if broken else [worst]
    sentence = (
        Text(
            zh="从{viewpoint}看，建筑突入{ridge}下方保护带 {over:.2f} m（该处限高 {limit:.2f} m），宽 {width:.2f}°。",
            en="Seen from {viewpoint}, the building rises {over:.2f} m into the band below {ridge} (limit there {limit:.2f} m), over {width:.2f} degrees.",
        )
        if broken
        else Text(
            zh="从{viewpoint}看，建筑低于{ridge}下方保护带 {room:.2f} m。",
            en="Seen from {viewpoint}, the building stays {room:.2f} m below the band under {ridge}.",
        )
    )
    return Judgement(
        outcome,
        sentence.format(
            **words,
            over=over,
            room=-over,
            limit=measurement.limit,
            width=math.degrees(intrusion.width),
        ),
        fix=_lower(over) if broken else None,
        measurement=measurement,
        elements=tuple(scheme.outlines[i].global_id for i in deciding),
        feature=words["viewpoint"],
        geometry=shapely.LineString([view.eye, point]) if broken else None,
    )


def _slope(view: RidgeView, point: NDArray[np.float64]) -> float:
    """How much the limit changes per metre toward the eye: the rise of the line of sight."""
    away = point - view.eye
    return abs(float(away[2])) / max(float(np.hypot(away[0], away[1])), 1.0)


def _lower(metres: float) -> Text:
    return Text(
        zh="将突入部分降低 {metres:.2f} m。", en="Lower the part that intrudes by {metres:.2f} m."
    ).format(metres=math.ceil(round(metres * 100.0, 6)) / 100.0)


def _assets(parameters: RidgeBandParameters, city: City) -> tuple[Viewpoint | None, Ridge | None]:
    return (
        next((v for v in city.viewpoints if v.code == parameters.viewpoint), None),
        next((r for r in city.ridges if r.code == parameters.ridge), None),
    )


def _missing(parameters: RidgeBandParameters, *, viewpoint: Viewpoint | None) -> Judgement:
    kind, code = (
        (Text(zh="山脊线", en="ridge"), parameters.ridge)
        if viewpoint
        else (Text(zh="视点", en="viewpoint"), parameters.viewpoint)
    )
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(zh="city.yaml 中没有{kind} {code}。", en="city.yaml has no {kind} {code}.").format(
            kind=kind, code=code
        ),
    )


RULE_TYPES = (
    RuleType(
        code="VIEW-RIDGE-BAND",
        title=Text(zh="山脊线保护带", en="Building-free band below a ridge"),
        parameters=RidgeBandParameters,
        check=check_ridge_band,
    ),
)
