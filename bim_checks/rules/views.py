"""Protected views: what may rise before a ridge."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from bim_checks.finding import Judgement, Measurement, Outcome, Uncertainty, Unit
from bim_checks.landscape.limit_mesh import CityLimit, LimitPiece
from bim_checks.landscape.method import Fact, eye_facts, method, noted
from bim_checks.landscape.ridge_band import EDGE_STEP, Intrusion, RidgeView, ridge_intrusion
from bim_checks.landscape.scheme_view import surface_of
from bim_checks.measures.wording import up_to_centimetre
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.tolerance import LENGTH_UNCERTAINTY, outcome_of
from cim.city import City, Ridge, Viewpoint
from cim.text import Text

BEYOND = 2.0  # lengths of a straight part of a ridge by which it is thought to run on where its surface is drawn
BAND = Text(
    zh="{viewpoint}所见{ridge}保护带的下限面",
    en="the lower side of the band below {ridge} as seen from {viewpoint}",
)
CLOSED_FORM = Text(
    zh="逐点闭式求限高：过视点的竖直面与存档山脊折线相交处的视角，减去份额乘以山脊与山脚视角之差",
    en="limit in closed form at every point: the angle of the stored ridge polyline in the vertical plane through the eye, less the share of the angle between ridge and base",
)
SAMPLED = Text(
    zh="除全部角点外，限高附近棱上取点的间距", en="besides all corners, points along edges near the limit are so far apart"
)  # fmt: skip
RIDGE_VERTICES = Text(zh="山脊折线顶点数", en="vertices of the ridge polyline")
SHARE = Text(zh="须留空的份额", en="share that must stay free")
BASE = Text(zh="山脚高程", en="elevation of the base")


@parameters
class RidgeBandParameters:
    """Parameters of VIEW-RIDGE-BAND."""

    viewpoint: str = parameter(zh="视点代码", en="code of the viewpoint", asset=Asset.VIEWPOINT)
    ridge: str = parameter(zh="山脊线代码", en="code of the ridge", asset=Asset.RIDGE)
    limit: float = parameter(
        zh="山脊与山脚视角之间须留空的份额（0 到 1）",
        en="share of the angle from base to ridge that must stay free, 0 to 1",
        unit=Unit.RATIO,
    )
    base_elevation: float = parameter(zh="山脚高程", en="elevation of the base", unit=Unit.METRE)
    refraction: float = parameter(
        zh="大气折光系数 k", en="coefficient of refraction k", unit=Unit.RATIO
    )


def check_ridge_band(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """VIEW-RIDGE-BAND: no point of the scheme rises into the band below the ridge."""
    parameters: RidgeBandParameters = rule.parameters
    viewpoint, ridge = _assets(parameters, around.city)
    view = _view(parameters, viewpoint, ridge)
    intrusion = ridge_intrusion(view, surface_of(scheme), len(scheme.body_ids))
    words = {"viewpoint": viewpoint.name, "ridge": ridge.name}
    if not np.isfinite(intrusion.excess).any():
        sentence = Text(
            zh="从{viewpoint}看，建筑不在{ridge}之前。",
            en="Seen from {viewpoint}, the building does not stand before {ridge}.",
        )
        return [Judgement(Outcome.NOT_APPLICABLE, sentence.format(**words), feature=viewpoint.name)]
    judged = _judge(rule, scheme, view, intrusion, words=words)
    return [noted(judged, _method(parameters, viewpoint, ridge), scheme)]


def _method(
    parameters: RidgeBandParameters, viewpoint: Viewpoint, ridge: Ridge
) -> tuple[Fact, ...]:
    return method(
        CLOSED_FORM,
        (SAMPLED, EDGE_STEP, "m"),
        *eye_facts(viewpoint, parameters.refraction),
        (RIDGE_VERTICES, len(ridge.vertices), ""),
        (SHARE, parameters.limit, ""),
        (BASE, parameters.base_elevation, "m"),
    )


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
        uncertainty=Uncertainty(
            frame=scheme.uncertainty.vertical + scheme.uncertainty.horizontal * _slope(view, point),
            mesh=LENGTH_UNCERTAINTY,
        ),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
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
        elements=tuple(scheme.body_ids[i] for i in deciding),
        feature=words["viewpoint"],
        geometry=shapely.LineString([view.eye, point]) if broken else None,
    )


def ridge_band_limits(rule: Rule, around: Surroundings) -> list[CityLimit]:
    """The lower side of the band, from the eye to the ridge: a piece below each straight part of it."""
    parameters: RidgeBandParameters = rule.parameters
    viewpoint, ridge = _assets(parameters, around.city)
    view = _view(parameters, viewpoint, ridge)
    pieces = []
    for start, end in pairwise(view.ridge):
        region = shapely.Polygon([view.eye[:2], start[:2], end[:2]])
        if shapely.LineString([start[:2], end[:2]]).distance(shapely.Point(view.eye[:2])) > 0.0:
            pieces.append(LimitPiece(_LowerSide(view, start, end), region))
    name = BAND.format(viewpoint=viewpoint.name, ridge=ridge.name)
    return [CityLimit(name, tuple(pieces))]


class _LowerSide:
    """What may be reached below one straight part of a ridge, as a surface that goes on behind and beside it, for it is drawn up to there."""

    def __init__(
        self, view: RidgeView, start: NDArray[np.float64], end: NDArray[np.float64]
    ) -> None:
        beyond = BEYOND * (end - start)
        self._view = replace(view, ridge=np.stack([start - beyond, end + beyond]))
        away = shapely.LineString(self._view.ridge[:, :2]).distance(shapely.Point(view.eye[:2]))
        self._near = np.array([away / 2.0])

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights, shape (N,): the same angle at every distance; NaN where the ridge does not even run on in a point's direction."""
        view, near = self._view, self._near
        offset = points[:, :2] - view.eye[:2]
        distance = np.hypot(offset[:, 0], offset[:, 1])
        seen = distance > 0.0
        scale = np.divide(near, distance, out=np.zeros(len(points)), where=seen)
        before = view.limit_at(view.eye[:2] + offset * scale[:, None])
        tangents = np.where(seen, (before - view.eye[2] - view.drop(near)) / near, 0.0)
        found: NDArray[np.float64] = view.eye[2] + distance * tangents + view.drop(distance)
        return found


def _view(parameters: RidgeBandParameters, viewpoint: Viewpoint, ridge: Ridge) -> RidgeView:
    return RidgeView(
        eye=np.array(viewpoint.position) + np.array([0.0, 0.0, viewpoint.eye_height]),
        ridge=np.array(ridge.vertices),
        share=parameters.limit,
        base_elevation=parameters.base_elevation,
        refraction=parameters.refraction,
    )


def _slope(view: RidgeView, point: NDArray[np.float64]) -> float:
    """How much the limit changes per metre toward the eye: the rise of the line of sight."""
    away = point - view.eye
    return abs(float(away[2])) / max(float(np.hypot(away[0], away[1])), 1.0)


def _lower(metres: float) -> Text:
    return Text(
        zh="将突入部分降低 {metres:.2f} m。", en="Lower the part that intrudes by {metres:.2f} m."
    ).format(metres=up_to_centimetre(metres))


def _assets(parameters: RidgeBandParameters, city: City) -> tuple[Viewpoint, Ridge]:
    """Both are in the city: a rulebook that names others is refused."""
    return (
        next(v for v in city.viewpoints if v.code == parameters.viewpoint),
        next(r for r in city.ridges if r.code == parameters.ridge),
    )


RULE_TYPES = (
    RuleType(
        code="VIEW-RIDGE-BAND",
        title=Text(zh="山脊线保护带", en="Building-free band below a ridge"),
        explanation=Text(
            zh="在过视点的每个竖直面内，山脊视角与山脚视角之间的上部份额内不得有建筑（参照香港规划标准与准则第 11 章）；计入地球曲率与大气折光，量取突入的米数与视角宽度。",
            en="In every vertical plane through the eye no building may stand in the upper share of the angle between base and "
            "ridge (after Hong Kong Planning Standards chapter 11); Earth curvature and refraction are included, and the rise into "
            "the band is measured in metres and in degrees of width.",
        ),
        parameters=RidgeBandParameters,
        check=check_ridge_band,
        mended_by=check_ridge_band,
    ),
)

LIMITS = {"VIEW-RIDGE-BAND": ridge_band_limits}
