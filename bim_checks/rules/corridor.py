"""View corridors: so much of their width stays open in every slice across them."""

from __future__ import annotations

import math

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, Measurement, Outcome, Uncertainty, Unit
from bim_checks.landscape.corridor import Slice, worst_slice
from bim_checks.landscape.limit_mesh import CityLimit
from bim_checks.landscape.method import Fact, method, noted, scenery_facts
from bim_checks.measures.limit_surface import InclinedPlane
from bim_checks.measures.wording import up_to_centimetre
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.tolerance import CONTACT, outcome_of
from cim.control_lines.feature import ControlFeature
from cim.existing import ExistingBuilding
from cim.section import project_between
from cim.text import Text

BLOCKED = Text(
    zh="{name}最不利断面宽 {width:.2f} m，建筑使其被遮挡由 {before:.2f} m 增至 {after:.2f} m，占 {share:.1%}，允许 {limit:.1%}。",
    en="{name}: in the slice most built up, {width:.2f} m wide, the building raises what is blocked from {before:.2f} m to {after:.2f} m, {share:.1%} of its width; {limit:.1%} are allowed.",
)
ADDS_NOTHING = Text(
    zh="建筑在{name}内没有占用原先开敞的宽度。",
    en="The building takes no open width of {name}.",
)
OUTSIDE = Text(
    zh="建筑在所计高度范围内不在任何{name}内。",
    en="Between the heights that count the building stands in no {name}.",
)
NARROW = Text(
    zh="将该断面处廊内部分的宽度减少 {metres:.2f} m。",
    en="Make what stands in the corridor {metres:.2f} m narrower in that slice.",
)
LEAVE = Text(
    zh="将建筑移出该廊：现有建筑已超过允许比例。",
    en="Move the building out of the corridor: what stands there already blocks more than is allowed.",
)


SLICES = Text(
    zh="垂直于通廊方向，在每个角点前后 1 µm 取断面（两角点之间宽度线性变化，最大比例必在角点），不作抽样",
    en="slices at right angles to the corridor, 1 µm before and behind every corner (between two corners widths are linear, so the greatest share is at one); nothing is sampled",
)
BEARING = Text(
    zh="方位角（空为最小外接矩形的长边）",
    en="bearing; the long side of the smallest box where empty",
)
LOW = Text(zh="计入的最低高程（空为不限）", en="elevation from which things count; all where empty")
HIGH = Text(
    zh="计入的最高高程（空为不限）", en="elevation up to which things count; all where empty"
)
ACCURACY = Text(zh="图层定位精度", en="accuracy of the layer")


@parameters
class CorridorParameters:
    """Parameters of VIEW-CORRIDOR."""

    layer: str = parameter(zh="通廊的面图层", en="polygons of the corridors", asset=Asset.LAYER)
    limit: float = parameter(
        zh="每一断面允许被遮挡的最大比例（0 到 1）",
        en="share of the width that may be blocked in any slice, 0 to 1",
        unit=Unit.RATIO,
    )
    bearing: float | None = parameter(
        zh="通廊方位角（坐标北顺时针；缺省为最小外接矩形的长边）",
        en="bearing along the corridor, clockwise from grid north; the long side of the smallest box around it where none is stated",
        unit=Unit.DEGREE,
        default=None,
    )
    low: float | None = parameter(
        zh="计入的最低高程（缺省全部）",
        en="elevation from which a building blocks; from its foot where none is stated",
        unit=Unit.METRE,
        default=None,
    )
    high: float | None = parameter(
        zh="计入的最高高程（缺省全部）",
        en="elevation up to which it blocks; up to its top where none is stated",
        unit=Unit.METRE,
        default=None,
    )

    def __post_init__(self) -> None:
        """Refuse what is no share and no band."""
        if not 0.0 <= self.limit < 1.0:
            raise ValueError("limit must be 0 or more and less than 1")
        if self.band[0] >= self.band[1]:
            raise ValueError("low must be below high")

    @property
    def band(self) -> tuple[float, float]:
        """The heights that count, metres above datum."""
        return (
            -math.inf if self.low is None else self.low,
            math.inf if self.high is None else self.high,
        )


def check_corridor(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """VIEW-CORRIDOR: in no slice is more of the width blocked than allowed, existing buildings included."""
    stated: CorridorParameters = rule.parameters
    layer = around.city.layer(stated.layer)
    covered = _covered(scheme, stated)
    found = [
        noted(_judge(rule, scheme, around, corridor, covered), _method(stated, around), scheme)
        for corridor in around.near(stated.layer, scheme.footprint.bounds)
        if corridor.geometry.intersection(covered).area > 0.0
    ]
    return found or [Judgement(Outcome.NOT_APPLICABLE, OUTSIDE.format(name=layer.name))]


def corridor_limits(rule: Rule, around: Surroundings) -> list[CityLimit]:
    """The level from which a building blocks a corridor; none where all of it does, from its foot."""
    stated: CorridorParameters = rule.parameters
    if stated.low is None:
        return []
    level = InclinedPlane((0.0, 0.0, stated.low))
    corridors = around.near(stated.layer, None)
    return [CityLimit.of(corridor.name, level, corridor.geometry) for corridor in corridors]


def _method(stated: CorridorParameters, around: Surroundings) -> tuple[Fact, ...]:
    low, high = stated.band
    return method(
        SLICES,
        (BEARING, stated.bearing, "°"),
        (LOW, None if math.isinf(low) else low, "m"),
        (HIGH, None if math.isinf(high) else high, "m"),
        (ACCURACY, around.city.layer(stated.layer).accuracy, "m"),
        *scenery_facts(around),
    )


def _covered(scheme: Scheme, stated: CorridorParameters) -> BaseGeometry:
    if stated.low is None and stated.high is None:
        return scheme.footprint
    return scheme.footprints.band(*stated.band).geometry


def _judge(
    rule: Rule,
    scheme: Scheme,
    around: Surroundings,
    corridor: ControlFeature,
    covered: BaseGeometry,
) -> Judgement:
    stated: CorridorParameters = rule.parameters
    existing = around.existing.near(corridor.geometry.bounds)
    worst = worst_slice(
        corridor.geometry,
        None if stated.bearing is None else math.radians(stated.bearing),
        scheme=covered,
        existing=shapely.union_all([_stands(building, stated) for building in existing]),
    )
    if worst is None:
        sentence = ADDS_NOTHING.format(name=corridor.name)
        return Judgement(Outcome.PASS, sentence, feature=corridor.name)
    accuracy = around.city.layer(stated.layer).accuracy
    measurement = Measurement(
        measured=worst.share,
        limit=stated.limit,
        margin=stated.limit - worst.share,
        unit=Unit.RATIO,
        # Both sides of what is blocked, and of the corridor, may lie so far off.
        uncertainty=Uncertainty(
            frame=2.0 * scheme.uncertainty.horizontal / worst.width,
            mesh=2.0 * CONTACT / worst.width,
            data=2.0 * accuracy / worst.width,
        ),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    return Judgement(
        outcome,
        BLOCKED.format(
            name=corridor.name,
            width=worst.width,
            before=worst.before,
            after=worst.after,
            share=worst.share,
            limit=stated.limit,
        ),
        fix=_fix(worst, stated.limit) if measurement.margin < 0.0 else None,
        measurement=measurement,
        elements=_across(scheme, worst, stated),
        feature=corridor.name,
        geometry=None
        if outcome is Outcome.PASS
        else shapely.force_3d(shapely.force_2d(worst.line), scheme.lowest),
    )


def _stands(building: ExistingBuilding, stated: CorridorParameters) -> BaseGeometry:
    """What a building covers between the heights that count."""
    low, high = stated.band
    if building.high <= low or building.low >= high:
        return shapely.Polygon()
    if low <= building.low and building.high <= high:
        return building.footprint
    (part,) = project_between([building.mesh], [low], [high])
    return part.geometry


def _fix(worst: Slice, limit: float) -> Text:
    allowed = limit * worst.width
    if worst.before > allowed:
        return LEAVE
    return NARROW.format(metres=up_to_centimetre(worst.after - allowed))


def _across(scheme: Scheme, worst: Slice, stated: CorridorParameters) -> tuple[str, ...]:
    """Elements that the slice meets between the heights that count."""
    low, high = stated.band
    heights = scheme.outline_heights
    counts = (heights[:, 1] >= low) & (heights[:, 0] <= high)
    met = shapely.intersects(scheme.outline_shapes, worst.line)
    return tuple(scheme.outlines[i].global_id for i in np.flatnonzero(counts & met))


RULE_TYPES = (
    RuleType(
        code="VIEW-CORRIDOR",
        title=Text(zh="通廊开敞度", en="Openness of a view corridor"),
        explanation=Text(
            zh="垂直于通廊方向的每一断面，被遮挡比例 = 1 − 开敞宽度 / 通廊宽度 不得超过 limit（山海通廊）。建筑与现有建筑取所计高程范围内的投影；before 仅现有建筑，after 加上报建建筑；"
            "只看报建建筑占用原先开敞宽度的断面。两角点之间被遮挡宽度与通廊宽度均随位置线性变化，其比在角点处最大，故在每个角点前后 1 µm 取断面，不作抽样。",
            en="In every slice at right angles to a corridor the blocked share, 1 - open width / corridor width, may not be more than the limit (mountain-sea corridors). Scheme and existing buildings count "
            "with what they cover between the stated elevations; `before` is the existing buildings alone, `after` the scheme as well; slices count in which the scheme takes width that was open. Between two corners both widths "
            "are linear along the corridor, so their quotient is greatest at a corner: slices are taken 1 µm before and behind each, and nothing is sampled.",
        ),
        parameters=CorridorParameters,
        check=check_corridor,
        mended_by=check_corridor,
    ),
)

LIMITS = {"VIEW-CORRIDOR": corridor_limits}
