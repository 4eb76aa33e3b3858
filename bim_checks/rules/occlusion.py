"""What a scheme hides from a protected viewpoint: of a ridge line, and of a landmark.

Only what is seen before the scheme can be hidden by it: terrain and existing buildings stand in front of neither's account.
Earth curvature and refraction are included. Buildings that make way for the scheme still stand in the view before it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np
import shapely

from bim_checks.finding import Judgement, Measurement, Outcome, Uncertainty, Unit
from bim_checks.landscape.eye import REFRACTION, Eye
from bim_checks.landscape.landmark import SeenLandmark, seen_landmark
from bim_checks.landscape.method import eye_facts, method, noted, scenery_facts
from bim_checks.landscape.ridge import (
    HiddenRidge,
    RidgeLine,
    columns_over,
    hidden_ridge,
    ridge_line,
)
from bim_checks.landscape.scheme_view import (
    consented_surface,
    context_of,
    elements_by_weight,
    eye_of,
    surface_of,
)
from bim_checks.landscape.skyline import Skyline, skyline_of
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.tolerance import LENGTH_UNCERTAINTY, outcome_of
from cim.city import Landmark, Viewpoint
from cim.text import Text

RIDGE_STEP = 0.001  # degrees; at 0.01 the hidden share is 1.5 % off, at 0.001 it costs a second once and then milliseconds
LANDMARK_STEP = 0.005  # degrees of a pixel; the share is within 0.02 points


SKYLINES = Text(
    zh="逐列精确天际线（逐棱解析求最大视角，不发射光线），沿存档山脊折线计长度",
    en="exact skyline column by column (the highest angle of every edge in closed form, no rays), metres along the stored ridge polyline",
)
COLUMN = Text(zh="方位步长", en="step in azimuth")
RIDGE_VERTICES = Text(zh="山脊折线顶点数", en="vertices of the ridge polyline")
RIDGE_BODY = Text(zh="不计入遮挡的山脊本体", en="the ridge's own hill, which does not hide it")
SEEN_LENGTH = Text(zh="遮挡前可见山脊线长度", en="ridge seen before")
SEEN_DEGREES = Text(zh="遮挡前可见方位宽度", en="azimuth in which it is seen before")
HIDDEN_LENGTH = Text(zh="新遮挡山脊线长度", en="ridge newly hidden")
HIDDEN_DEGREES = Text(zh="新遮挡方位宽度", en="azimuth newly hidden")
PIXELS = Text(
    zh="逐像元中心取最近面，像元立体角 (sin e₁ − sin e₀)·Δα 相加",
    en="the nearest face at the middle of every pixel; solid angles (sin e1 - sin e0) times the width are summed up",
)
PIXEL = Text(zh="像元边长", en="side of a pixel")
WINDOW = Text(zh="像元数（列 x 行）", en="pixels, columns x rows")
SEEN_ANGLE = Text(zh="遮挡前可见立体角", en="solid angle seen before")
LEFT_ANGLE = Text(zh="建成后可见立体角", en="solid angle seen after")


@parameters
class RidgeHiddenParameters:
    """Parameters of VIEW-RIDGE-HIDDEN."""

    viewpoint: str = parameter(zh="视点代码", en="code of the viewpoint", asset=Asset.VIEWPOINT)
    ridge: str = parameter(zh="山脊线代码", en="code of the ridge", asset=Asset.RIDGE)
    limit: float = parameter(
        zh="允许新增遮挡的份额（占遮挡前可见山脊线长度）",
        en="share of the ridge's visible length that may be newly hidden",
        unit=Unit.PERCENT,
    )
    ridge_body: float = parameter(
        zh="山脊本体：距山脊线不足此值的地形不算遮挡",
        en="the ridge's own hill: terrain nearer to the ridge line than this does not hide it",
        unit=Unit.METRE,
        default=100.0,
    )
    refraction: float = parameter(
        zh="大气折光系数 k", en="coefficient of refraction k", unit=Unit.RATIO, default=REFRACTION
    )
    cumulative: bool = parameter(
        zh="是否将已批未建方案与本方案合并计算",
        en="whether consented schemes count with the scheme",
        default=False,
    )
    measure: Literal["length", "azimuth"] = parameter(
        zh="份额按山脊线长度或按方位角计",
        en="whether the share is of the ridge's metres or of azimuth",
        default="length",
    )


@parameters
class LandmarkParameters:
    """Parameters of VIEW-LANDMARK."""

    viewpoint: str = parameter(zh="视点代码", en="code of the viewpoint", asset=Asset.VIEWPOINT)
    landmark: str = parameter(zh="地标代码", en="code of the landmark", asset=Asset.LANDMARK)
    limit: float = parameter(
        zh="允许新增遮挡的份额（占遮挡前可见立体角）",
        en="share of the landmark's visible solid angle that may be newly hidden",
        unit=Unit.PERCENT,
    )
    refraction: float = parameter(
        zh="大气折光系数 k", en="coefficient of refraction k", unit=Unit.RATIO, default=REFRACTION
    )

    cumulative: bool = parameter(
        zh="是否将已批未建方案与本方案合并计算",
        en="whether consented schemes count with the scheme",
        default=False,
    )


def check_ridge_hidden(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """VIEW-RIDGE-HIDDEN: of the ridge that is seen from the viewpoint, the share the scheme hides <= limit."""
    parameters: RidgeHiddenParameters = rule.parameters
    viewpoint = next(v for v in around.city.viewpoints if v.code == parameters.viewpoint)
    ridge = next(r for r in around.city.ridges if r.code == parameters.ridge)
    eye = eye_of(viewpoint, parameters.refraction)
    vertices = np.array(ridge.vertices)
    columns = columns_over(eye, vertices, math.radians(RIDGE_STEP))
    # It belongs to the city: a what-if asks for it again and again.
    line = around.once(
        ("landscape.ridge", ridge.code, eye), lambda: ridge_line(eye, vertices, columns)
    )
    in_front = np.nan_to_num(line.distances - parameters.ridge_body, nan=0.0)
    before = context_of(around).skyline(eye, columns, nearer_than=in_front)
    built = skyline_of(surface_of(scheme), eye, columns, nearer_than=line.distances)
    words = {"viewpoint": viewpoint.name, "ridge": ridge.name}
    own = hidden = hidden_ridge(line, before, built)
    if parameters.cumulative:
        others = skyline_of(consented_surface(around), eye, columns, nearer_than=line.distances)
        hidden = hidden_ridge(line, before, built.with_(others))
        own = replace(hidden, hidden=own.hidden & ~(others.tangents >= line.tangents))
    if hidden.metres_before == 0.0:
        return [_nothing_to_hide(words)]
    if hidden.hidden.any() and not own.hidden.any():
        return [_adds_nothing(words, 100.0 * hidden.share)]
    judged = _judged_ridge(rule, scheme, eye, line, seen=(hidden, built), own=own, words=words)
    facts = method(
        SKYLINES,
        (COLUMN, RIDGE_STEP, "°"),
        *eye_facts(viewpoint, parameters.refraction),
        *scenery_facts(around),
        (RIDGE_VERTICES, len(ridge.vertices), ""),
        (RIDGE_BODY, parameters.ridge_body, "m"),
        (SEEN_LENGTH, hidden.metres_before, "m"),
        (SEEN_DEGREES, hidden.degrees_before, "°"),
        (HIDDEN_LENGTH, hidden.metres, "m"),
        (HIDDEN_DEGREES, hidden.degrees, "°"),
    )
    return [noted(judged, facts, scheme)]


def _judged_ridge(
    rule: Rule,
    scheme: Scheme,
    eye: Eye,
    line: RidgeLine,
    *,
    seen: tuple[HiddenRidge, Skyline],
    own: HiddenRidge,
    words: dict[str, Text],
) -> Judgement:
    hidden, built = seen
    parameters: RidgeHiddenParameters = rule.parameters
    along = parameters.measure == "length"
    whole = hidden.metres_before if along else hidden.degrees_before
    share = 100.0 * (hidden.metres if along else hidden.degrees) / whole
    measurement = Measurement(
        measured=share,
        limit=parameters.limit,
        margin=parameters.limit - share,
        unit=Unit.PERCENT,
        uncertainty=_share_uncertainty(hidden, line, built, scheme),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    figures = {
        "share": share,
        "metres": hidden.metres,
        "of": hidden.metres_before,
        "degrees": hidden.degrees,
        "limit": parameters.limit,
    }
    sentence = Text(
        zh="从{viewpoint}看，建筑新遮挡{ridge}可见部分的 {share:.2f} %（{of:.0f} m 中的 {metres:.1f} m，方位 {degrees:.3f}°），限值 {limit:g} %。",
        en="Seen from {viewpoint}, the building newly hides {share:.2f} % of what is seen of {ridge} ({metres:.1f} m of {of:.0f} m, {degrees:.3f} degrees); the limit is {limit:g} %.",
    ).format(**words, **figures)
    columns = np.flatnonzero(own.hidden)
    if outcome is Outcome.PASS or not len(columns):  # nothing is hidden, though it comes near
        return Judgement(outcome, sentence, measurement=measurement, feature=words["viewpoint"])
    worst = columns[np.argmax(built.tangents[columns] - line.tangents[columns])]
    return Judgement(
        outcome,
        sentence,
        fix=Text(
            zh="降低或移开遮挡山脊线的部分（图中构件）。",
            en="Lower or move the parts that hide the ridge (the elements shown).",
        ),
        measurement=measurement,
        elements=elements_by_weight(scheme, built.owners[columns], line.metres[columns]),
        feature=words["viewpoint"],
        geometry=_sight_line(eye, line, int(worst)),
    )


def _share_uncertainty(
    hidden: HiddenRidge, line: RidgeLine, built: Skyline, scheme: Scheme
) -> Uncertainty:
    """Each side of each hidden interval is known to a column, and to the angle the frame may be off by.

    A frame that is off sideways shifts an interval and changes its length little; one that is off in height widens or narrows it.
    Both are taken in full. Where nothing is hidden and nothing comes within that of the ridge, nothing is uncertain.
    """
    off = scheme.uncertainty.horizontal + scheme.uncertainty.vertical
    rise = built.tangents + (off + LENGTH_UNCERTAINTY) / built.distances  # NaN where nothing is
    if not hidden.hidden.any() and not (rise >= line.tangents).any():
        return Uncertainty(frame=0.0, mesh=0.0)
    edges = int(np.count_nonzero(np.diff(hidden.hidden.astype(np.int8)))) or 2
    step = float(np.degrees(hidden.columns.step))
    distances = built.distances[hidden.hidden] if hidden.hidden.any() else built.distances
    known = distances[np.isfinite(distances)]
    nearest = float(known.min()) if len(known) else math.inf
    per_degree = 100.0 / hidden.degrees_before
    return Uncertainty(
        frame=edges * math.degrees(math.atan2(off, nearest)) * per_degree,
        mesh=edges
        * (step / 2.0 + math.degrees(math.atan2(LENGTH_UNCERTAINTY, nearest)))
        * per_degree,
    )


def _sight_line(eye: Eye, line: RidgeLine, column: int) -> shapely.LineString:
    azimuth, distance = line.columns.azimuths[column], line.distances[column]
    east, north, up = eye.position
    height = up + line.tangents[column] * distance + float(eye.drop(np.array(distance)))
    return shapely.LineString(
        [
            eye.position,
            (east + distance * math.sin(azimuth), north + distance * math.cos(azimuth), height),
        ]
    )


def check_landmark(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """VIEW-LANDMARK: of the landmark's solid angle seen from the viewpoint, the share the scheme hides <= limit."""
    parameters: LandmarkParameters = rule.parameters
    viewpoint = next(v for v in around.city.viewpoints if v.code == parameters.viewpoint)
    landmark = next(m for m in around.city.landmarks if m.code == parameters.landmark)
    eye = eye_of(viewpoint, parameters.refraction)
    seen = seen_landmark(
        landmark,
        eye,
        context_of(around),
        surface_of(scheme),
        step=math.radians(LANDMARK_STEP),
        consented=consented_surface(around) if parameters.cumulative else None,
    )
    words = {"viewpoint": viewpoint.name, "ridge": landmark.name}
    if seen.before == 0.0:
        return [_nothing_to_hide(words)]
    if seen.hidden.any() and not seen.own.any():
        return [_adds_nothing(words, 100.0 * seen.share)]
    judged = _judged_landmark(rule, scheme, viewpoint, landmark, eye=eye, seen=seen)
    facts = method(
        PIXELS,
        (PIXEL, math.degrees(seen.window.step), "°"),
        (WINDOW, f"{seen.window.columns.count} x {seen.window.rows}", ""),
        *eye_facts(viewpoint, parameters.refraction),
        *scenery_facts(around),
        (SEEN_ANGLE, 1e6 * seen.before, "µsr"),
        (LEFT_ANGLE, 1e6 * seen.after, "µsr"),
    )
    return [noted(judged, facts, scheme)]


def _judged_landmark(
    rule: Rule,
    scheme: Scheme,
    viewpoint: Viewpoint,
    landmark: Landmark,
    *,
    eye: Eye,
    seen: SeenLandmark,
) -> Judgement:
    share = 100.0 * seen.share
    measurement = Measurement(
        measured=share,
        limit=rule.parameters.limit,
        margin=rule.parameters.limit - share,
        unit=Unit.PERCENT,
        uncertainty=_landmark_uncertainty(seen, scheme, landmark, eye),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    sentence = Text(
        zh="从{viewpoint}看，建筑新遮挡{landmark}可见立体角的 {share:.2f} %（{before:.3e} sr 减为 {after:.3e} sr），限值 {limit:g} %。",
        en="Seen from {viewpoint}, the building newly hides {share:.2f} % of the visible solid angle of {landmark} ({before:.3e} sr falls to {after:.3e} sr); the limit is {limit:g} %.",
    ).format(
        viewpoint=viewpoint.name,
        landmark=landmark.name,
        share=share,
        before=seen.before,
        after=seen.after,
        limit=rule.parameters.limit,
    )
    if outcome is Outcome.PASS:
        return Judgement(outcome, sentence, measurement=measurement, feature=viewpoint.name)
    owners = seen.owners[seen.own]
    foot = np.array(landmark.position)
    return Judgement(
        outcome,
        sentence,
        fix=Text(
            zh="降低或移开遮挡视线的部分（图中构件）。",
            en="Lower or move the parts that stand in the line of sight (the elements shown).",
        ),
        measurement=measurement,
        elements=elements_by_weight(scheme, owners, np.ones(len(owners))),
        feature=viewpoint.name,
        geometry=shapely.LineString([eye.position, foot + np.array([0.0, 0.0, landmark.height])]),
    )


def _landmark_uncertainty(
    seen: SeenLandmark, scheme: Scheme, landmark: Landmark, eye: Eye
) -> Uncertainty:
    """What pixels can tell apart, and an outline as long as the landmark's that is off as the frame is."""
    pixel = 100.0 * seen.resolution / seen.before
    distance = math.dist(landmark.position[:2], eye.position[:2])
    off = math.atan2(
        scheme.uncertainty.horizontal + scheme.uncertainty.vertical, max(distance, 1.0)
    )
    return Uncertainty(frame=100.0 * off / math.sqrt(seen.before), mesh=pixel)


def _adds_nothing(words: dict[str, Text], share: float) -> Judgement:
    return Judgement(
        Outcome.PASS,
        Text(
            zh="从{viewpoint}看，已批未建方案遮挡{ridge}可见部分的 {share:.2f} %，本方案不再增加遮挡。",
            en="Seen from {viewpoint}, consented schemes hide {share:.2f} % of what is seen of {ridge}; this scheme hides nothing besides.",
        ).format(**words, share=share),
        feature=words["viewpoint"],
    )


def _nothing_to_hide(words: dict[str, Text]) -> Judgement:
    return Judgement(
        Outcome.NOT_APPLICABLE,
        Text(
            zh="从{viewpoint}本来就看不到{ridge}。",
            en="{ridge} is not seen from {viewpoint} in any case.",
        ).format(**words),
        feature=words["viewpoint"],
    )


RULE_TYPES = (
    RuleType(
        code="VIEW-RIDGE-HIDDEN",
        title=Text(zh="山脊线遮挡", en="How much of a ridge is hidden"),
        explanation=Text(
            zh="从视点以 0.001° 的方位步长逐列求精确天际线。遮挡前，地形与既有建筑（山脊本体除外）低于山脊线处为可见；建筑在山脊线前方且不低于山脊线处为新遮挡。"
            "cumulative 为真时，已批未建方案与本方案合并计算；本方案不增加遮挡则通过。"
            "以存档的法定山脊折线计长度、方位角与份额；计入地球曲率与大气折光 (1 − k) d²/2R。",
            en="The exact skyline from the viewpoint in columns of 0.001 degrees. The ridge is seen where terrain and existing buildings, "
            "its own hill apart, stay below it; it is newly hidden where the scheme stands in front and reaches it. With `cumulative`, "
            "consented schemes count with it; a scheme that hides nothing besides passes. Metres and share are counted along the "
            "stored legal polyline; curvature and refraction, (1 - k) d^2 / 2R, are included.",
        ),
        parameters=RidgeHiddenParameters,
        check=check_ridge_hidden,
        mended_by=check_ridge_hidden,
    ),
    RuleType(
        code="VIEW-LANDMARK",
        title=Text(zh="地标遮挡", en="How much of a landmark is hidden"),
        explanation=Text(
            zh="以 0.005° 的像元求地标在视点处可见的立体角（像元立体角为 (sin e₁ − sin e₀)·Δα），建筑位于地标之前的像元为新遮挡。cumulative 为真时，已批未建方案与本方案合并计算；本方案不增加遮挡则通过。",
            en="The solid angle in which the landmark is seen from the viewpoint, in pixels of 0.005 degrees (each (sin e1 - sin e0) times its width); "
            "pixels where the scheme stands nearer are newly hidden. With `cumulative`, consented schemes count with it; a scheme that hides nothing besides passes.",
        ),
        parameters=LandmarkParameters,
        check=check_landmark,
        mended_by=check_landmark,
    ),
)
