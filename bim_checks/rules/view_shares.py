"""What a scheme hides of the sky, the sea or the hill of a ridge in a view, in solid angle."""

from __future__ import annotations

import math
from typing import Literal

import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, Measurement, Outcome, Uncertainty, Unit
from bim_checks.landscape.eye import REFRACTION, Eye
from bim_checks.landscape.method import Fact, eye_facts, method, noted, scenery_facts
from bim_checks.landscape.scheme_view import context_of, elements_by_weight, eye_of, surface_of
from bim_checks.landscape.share import SeenGround, Share, ground_share, seen_ground, sky_share
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.tolerance import LENGTH_UNCERTAINTY, outcome_of
from cim.text import Text

FULL_CIRCLE = 360.0  # degrees
SIGHT = 1_000.0  # m; how long a line of sight is drawn that goes on to the sky

NAMES = {
    "sky": Text(zh="天空", en="the sky"),
    "sea": Text(zh="海面", en="the sea"),
    "ridge": Text(zh="{ridge}山体", en="the hill of {ridge}"),
}
HIDES = Text(
    zh="从{viewpoint}看，在方位角 {first:g}° 至 {last:g}° 的视野内，建筑新遮挡{what}可见立体角的 {share:.3f} %（{before:.4e} sr 中的 {hidden:.3e} sr），限值 {limit:g} %。",
    en="Seen from {viewpoint} between bearings of {first:g} and {last:g} degrees, the building newly hides {share:.3f} % of the visible solid angle of {what} ({hidden:.3e} sr of {before:.4e} sr); the limit is {limit:g} %.",
)
NOTHING_SEEN = Text(
    zh="从{viewpoint}在该视野内看不到{what}。",
    en="From {viewpoint}, {what} is not seen between these bearings in any case.",
)
LOWER_OR_MOVE = Text(
    zh="降低或移开遮挡{what}的部分（图中构件）。",
    en="Lower or move the parts that hide {what} (the elements shown).",
)
SKYLINES = Text(
    zh="逐列精确天际线至规定仰角之间的立体角 (sin e₁ − sin e₀)·Δα 之和",
    en="in every column the solid angle (sin e1 - sin e0) times the width, from the exact skyline up to the stated elevation",
)
PIXELS = Text(
    zh="逐像元中心取最近面；地面像元按其平面位置判断是否属于该区域，立体角 (sin e₁ − sin e₀)·Δα 相加",
    en="the nearest face at the middle of every pixel; a pixel of ground belongs to the region by its place in plan, and solid angles (sin e1 - sin e0) times the width are summed up",
)
STEP = Text(zh="列宽（像元宽）", en="width of a column of pixels")
VIEW = (Text(zh="视野起始方位角", en="first bearing"), Text(zh="视野终止方位角", en="last bearing"))
TOP = Text(zh="天空计至仰角", en="the sky counts up to an elevation of")
BEFORE = Text(zh="遮挡前可见立体角", en="solid angle seen before")
HIDDEN = Text(zh="新遮挡立体角", en="solid angle newly hidden")


@parameters
class ViewShareParameters:
    """Parameters of VIEW-SHARE."""

    viewpoint: str = parameter(zh="视点代码", en="code of the viewpoint", asset=Asset.VIEWPOINT)
    of: Literal["sky", "sea", "ridge"] = parameter(
        zh="天空、海面或山体", en="what is to stay in sight: sky, sea, or the hill of a ridge"
    )
    bearing_from: float = parameter(
        zh="视野起始方位角（坐标北顺时针）",
        en="bearing of the view's left side, clockwise from grid north",
        unit=Unit.DEGREE,
    )
    bearing_to: float = parameter(
        zh="视野终止方位角（两者相同为全周）",
        en="bearing of its right side; the whole horizon where both are the same",
        unit=Unit.DEGREE,
    )
    limit: float = parameter(
        zh="允许新增遮挡的份额（占遮挡前可见立体角）",
        en="share of the visible solid angle that may be newly hidden",
        unit=Unit.PERCENT,
    )
    layer: str | None = parameter(
        zh="海面的面图层（of 为 sea 时）",
        en="polygons of the sea, where it is that",
        asset=Asset.LAYER,
        default=None,
    )
    ridge: str | None = parameter(
        zh="山脊线代码（of 为 ridge 时）",
        en="code of the ridge, where it is that",
        asset=Asset.RIDGE,
        default=None,
    )
    ridge_body: float = parameter(
        zh="山体：距山脊线平面距离不超过此值的地面",
        en="the hill is the ground no farther in plan from the ridge line than this",
        unit=Unit.METRE,
        default=400.0,
    )
    top: float = parameter(
        zh="天空计至此仰角（of 为 sky 时）",
        en="elevation up to which the sky counts, where it is that",
        unit=Unit.DEGREE,
        default=90.0,
    )
    refraction: float = parameter(
        zh="大气折光系数 k", en="coefficient of refraction k", unit=Unit.RATIO, default=REFRACTION
    )

    def __post_init__(self) -> None:
        """Refuse a view of something that is not stated."""
        if self.of == "sea" and self.layer is None:
            raise ValueError("layer must name the polygons of the sea")
        if self.of == "ridge" and self.ridge is None:
            raise ValueError("ridge must name a ridge")
        if not 0.0 < self.top <= 90.0:
            raise ValueError("top must be more than 0 and at most 90")

    @property
    def view(self) -> tuple[float, float]:
        """Azimuth of the left side, and the width, radians."""
        width = (self.bearing_to - self.bearing_from) % FULL_CIRCLE or FULL_CIRCLE
        return math.radians(self.bearing_from), math.radians(width)


def check_view_share(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """VIEW-SHARE: of the solid angle in which sky, sea or hill is seen in a view, the share the scheme hides <= limit."""
    stated: ViewShareParameters = rule.parameters
    viewpoint = next(v for v in around.city.viewpoints if v.code == stated.viewpoint)
    eye = eye_of(viewpoint, stated.refraction)
    ridge = next((r.name for r in around.city.ridges if r.code == stated.ridge), None)
    what = NAMES[stated.of].format(ridge=ridge)
    share = _share(stated, eye, scheme, around)
    if share is None or share.before == 0.0:
        sentence = NOTHING_SEEN.format(viewpoint=viewpoint.name, what=what)
        return [Judgement(Outcome.NOT_APPLICABLE, sentence, feature=viewpoint.name)]
    percent = 100.0 * share.share
    measurement = Measurement(
        measured=percent,
        limit=stated.limit,
        margin=stated.limit - percent,
        unit=Unit.PERCENT,
        uncertainty=_uncertainty(share, eye, scheme),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    shown = outcome is not Outcome.PASS and len(share.owners) > 0
    judged = Judgement(
        outcome,
        HIDES.format(
            viewpoint=viewpoint.name,
            first=stated.bearing_from,
            last=stated.bearing_to,
            what=what,
            share=percent,
            before=share.before,
            hidden=share.hidden,
            limit=stated.limit,
        ),
        fix=LOWER_OR_MOVE.format(what=what) if shown else None,
        measurement=measurement,
        elements=elements_by_weight(scheme, share.owners, share.weights) if shown else (),
        feature=viewpoint.name,
        geometry=_sight_line(eye, share.touched) if shown else None,
    )
    facts = method(
        SKYLINES if stated.of == "sky" else PIXELS,
        (STEP, math.degrees(share.step), "°"),
        *eye_facts(viewpoint, stated.refraction),
        *scenery_facts(around),
        *_view_facts(stated),
        (BEFORE, 1e3 * share.before, "10⁻³ sr"),
        (HIDDEN, 1e3 * share.hidden, "10⁻³ sr"),
    )
    return [noted(judged, facts, scheme)]


def _share(
    stated: ViewShareParameters, eye: Eye, scheme: Scheme, around: Surroundings
) -> Share | None:
    context, surface = context_of(around), surface_of(scheme)
    if stated.of == "sky":
        return sky_share(eye, stated.view, math.radians(stated.top), context, surface)

    def look() -> SeenGround | None:
        region = _region(stated, around)
        if region.is_empty:
            return None
        return seen_ground(eye, stated.view, region, context, around.city.terrain)

    # It belongs to the city: a remedy or a what-if asks for it again and again.
    key = (stated.of, stated.layer, stated.ridge, stated.ridge_body)
    ground = around.once(("landscape.ground", key, eye, stated.view), look)
    return None if ground is None else ground_share(eye, ground, surface)


def _region(stated: ViewShareParameters, around: Surroundings) -> BaseGeometry:
    if stated.layer is not None and stated.of == "sea":
        return shapely.union_all([f.geometry for f in around.near(stated.layer, None)])
    ridge = next(r for r in around.city.ridges if r.code == stated.ridge)
    return shapely.LineString([vertex[:2] for vertex in ridge.vertices]).buffer(stated.ridge_body)


def _uncertainty(share: Share, eye: Eye, scheme: Scheme) -> Uncertainty:
    """What columns or pixels can tell apart; and an outline as long as that of the part that is hidden, off as the frame is.

    A part of solid angle W that is no thinner than a tenth of its length has an outline of at most 7 sqrt(W).
    """
    away = shapely.distance(scheme.footprint, shapely.Point(eye.position[:2]))
    place = scheme.uncertainty.horizontal + scheme.uncertainty.vertical
    outline = 7.0 * math.sqrt(share.hidden)
    frame, mesh = (
        outline * math.atan2(off, max(float(away), 1.0)) for off in (place, LENGTH_UNCERTAINTY)
    )
    per_steradian = 100.0 / share.before
    return Uncertainty(frame=frame * per_steradian, mesh=(share.resolution + mesh) * per_steradian)


def _view_facts(stated: ViewShareParameters) -> tuple[Fact, ...]:
    found: tuple[Fact, ...] = (
        (VIEW[0], stated.bearing_from, "°"),
        (VIEW[1], stated.bearing_to, "°"),
    )
    return (*found, (TOP, stated.top, "°")) if stated.of == "sky" else found


def _sight_line(eye: Eye, azimuth: float) -> shapely.LineString:
    east, north, up = eye.position
    end = (east + SIGHT * math.sin(azimuth), north + SIGHT * math.cos(azimuth), up)
    return shapely.LineString([eye.position, end])


RULE_TYPES = (
    RuleType(
        code="VIEW-SHARE",
        title=Text(zh="天空、海面与山体遮挡", en="How much of sky, sea or hill is hidden"),
        explanation=Text(
            zh="在视点两方位角之间的视野内，建筑新遮挡的立体角占遮挡前可见立体角的份额不得超过 limit。天空（sky）：逐列（0.01°）精确天际线以上至规定仰角；海面（sea）：图层面内的地面；山体（ridge）：距存档山脊线平面距离不超过 "
            "ridge_body 的地面。地面按像元（宽 0.01°、高不大于此，视野大时放大至总数不超过 2 百万）取最近面，像元立体角 (sin e₁ − sin e₀)·Δα；计入地球曲率与大气折光 (1 − k) d²/2R。视野内原本看不到者为不适用。",
            en="In the view from a viewpoint between two bearings the solid angle that the scheme newly hides may not be more than the limit, as a share of what is seen before. `sky`: above the exact skyline "
            "(columns of 0.01 degrees) up to the stated elevation; `sea`: the ground within the polygons of a layer; `ridge`: the ground no farther in plan from the stored ridge line than `ridge_body`. Ground is "
            "told by the nearest face in pixels 0.01 degrees wide and no higher (coarser where a view would have more than 2 million), each of solid angle (sin e1 - sin e0) times its width; curvature and refraction, (1 - k) d^2 / 2R, are included. "
            "What is not seen between the bearings in any case is not judged.",
        ),
        parameters=ViewShareParameters,
        check=check_view_share,
        mended_by=check_view_share,
    ),
)
