"""What a rulebook says of a runway and of the surfaces that keep obstacles from it."""

from __future__ import annotations

import math

from bim_checks.finding import Unit
from bim_checks.parameters import parameter, parameters


@parameters
class RunwayEnd:
    """One end of a runway, and what flies over it."""

    name: str = parameter(zh="跑道端号码", en="designator, e.g. 05")
    easting: float = parameter(
        zh="跑道端中点东坐标", en="easting of the middle of the end", unit=Unit.METRE
    )
    northing: float = parameter(
        zh="跑道端中点北坐标", en="northing of the middle of the end", unit=Unit.METRE
    )
    elevation: float = parameter(
        zh="跑道端高程", en="elevation of the end, above datum", unit=Unit.METRE
    )
    displaced: float = parameter(
        zh="入口内移距离", en="how far inside the end its threshold lies", unit=Unit.METRE
    )
    clearway: float = parameter(
        zh="净空道自跑道端向外的长度", en="length of the clearway beyond the end", unit=Unit.METRE
    )
    landing: bool = parameter(
        zh="是否有飞机越过此端进近着陆", en="whether aircraft approach over this end"
    )
    take_off: bool = parameter(
        zh="是否有飞机越过此端起飞", en="whether aircraft climb out over this end"
    )


@parameters
class Strip:
    """The runway strip."""

    beyond: float = parameter(
        zh="升降带超出跑道端的长度",
        en="how far it reaches beyond the runway's ends",
        unit=Unit.METRE,
    )
    width: float = parameter(
        zh="升降带全宽", en="its whole width, between transitional surfaces", unit=Unit.METRE
    )


@parameters
class InnerHorizontal:
    """The inner horizontal surface."""

    radius: float = parameter(
        zh="距升降带两端中点连线的距离",
        en="distance from the line between the ends of the strip",
        unit=Unit.METRE,
    )
    height: float = parameter(
        zh="高出机场标高", en="height above the aerodrome elevation", unit=Unit.METRE
    )


@parameters
class Conical:
    """The conical surface."""

    slope: float = parameter(zh="坡度", en="rise per metre outward", unit=Unit.RATIO)
    height: float = parameter(
        zh="高出内水平面", en="height of its outer edge above the inner horizontal", unit=Unit.METRE
    )

    def __post_init__(self) -> None:
        """Refuse a cone that never reaches its edge."""
        if self.slope <= 0.0:
            raise ValueError("slope must be more than 0")


@parameters
class ApproachSection:
    """One section of an approach surface."""

    length: float = parameter(zh="水平长度", en="horizontal length", unit=Unit.METRE)
    slope: float = parameter(zh="坡度", en="rise per metre outward", unit=Unit.RATIO)


@parameters
class Approach:
    """The approach surface."""

    distance: float = parameter(
        zh="内边距入口", en="distance of its inner edge from the threshold", unit=Unit.METRE
    )
    inner_width: float = parameter(
        zh="内边全长", en="whole length of its inner edge", unit=Unit.METRE
    )
    divergence: float = parameter(zh="每侧散开率", en="divergence of each side", unit=Unit.RATIO)
    sections: tuple[ApproachSection, ...] = parameter(
        zh="由内向外的各段", en="its sections, from the inner edge outward"
    )


@parameters
class Transitional:
    """A transitional surface, or an inner one."""

    slope: float = parameter(
        zh="坡度（垂直于跑道中线）",
        en="rise per metre at right angles to the runway",
        unit=Unit.RATIO,
    )

    def __post_init__(self) -> None:
        """Refuse a flank that never reaches the inner horizontal surface."""
        if self.slope <= 0.0:
            raise ValueError("slope must be more than 0")


@parameters
class TakeOffClimb:
    """The take-off climb surface."""

    distance: float = parameter(
        zh="内边距跑道端（有净空道时自净空道端起更远者）",
        en="distance of its inner edge from the end of the runway; at the end of the clearway where that is further",
        unit=Unit.METRE,
    )
    inner_width: float = parameter(
        zh="内边全长", en="whole length of its inner edge", unit=Unit.METRE
    )
    divergence: float = parameter(zh="每侧散开率", en="divergence of each side", unit=Unit.RATIO)
    final_width: float = parameter(zh="最终宽度", en="final width", unit=Unit.METRE)
    length: float = parameter(zh="水平长度", en="horizontal length", unit=Unit.METRE)
    slope: float = parameter(zh="坡度", en="rise per metre outward", unit=Unit.RATIO)

    def __post_init__(self) -> None:
        """Refuse a surface that never reaches its final width, or is narrower there."""
        if self.divergence <= 0.0 or self.final_width < self.inner_width:
            raise ValueError("divergence must be more than 0, final_width at least inner_width")


@parameters
class InnerApproach:
    """The inner approach surface."""

    distance: float = parameter(
        zh="内边距入口", en="distance of its inner edge from the threshold", unit=Unit.METRE
    )
    width: float = parameter(zh="全宽", en="whole width", unit=Unit.METRE)
    length: float = parameter(zh="水平长度", en="horizontal length", unit=Unit.METRE)
    slope: float = parameter(zh="坡度", en="rise per metre outward", unit=Unit.RATIO)


@parameters
class BalkedLanding:
    """The balked landing surface."""

    distance: float = parameter(
        zh="内边距入口（不超过跑道末端）",
        en="distance of its inner edge behind the threshold; at the runway's far end where that is nearer",
        unit=Unit.METRE,
    )
    inner_width: float = parameter(
        zh="内边全长", en="whole length of its inner edge", unit=Unit.METRE
    )
    divergence: float = parameter(zh="每侧散开率", en="divergence of each side", unit=Unit.RATIO)
    slope: float = parameter(zh="坡度", en="rise per metre onward", unit=Unit.RATIO)

    def __post_init__(self) -> None:
        """Refuse a surface that never reaches the inner horizontal surface."""
        if self.slope <= 0.0:
            raise ValueError("slope must be more than 0")


@parameters
class Outer:
    """The outer area: what stands out there is studied, not forbidden."""

    radius: float = parameter(
        zh="距跑道中点", en="distance from the middle of the runway", unit=Unit.METRE
    )
    height: float = parameter(
        zh="高出机场标高超过此值", en="above the aerodrome elevation by more than", unit=Unit.METRE
    )
    above_ground: float = parameter(
        zh="且高出地面超过此值", en="and above the ground by more than", unit=Unit.METRE
    )


@parameters
class Aerodrome:
    """A runway and its surfaces; ``null`` where one is not established, so that none is left out unsaid."""

    elevation: float = parameter(
        zh="机场标高", en="aerodrome elevation, above datum", unit=Unit.METRE
    )
    ends: tuple[RunwayEnd, ...] = parameter(zh="跑道两端", en="the two ends of the runway")
    strip: Strip = parameter(zh="升降带", en="runway strip")
    inner_horizontal: InnerHorizontal = parameter(zh="内水平面", en="inner horizontal surface")
    conical: Conical = parameter(zh="锥形面", en="conical surface")
    approach: Approach | None = parameter(zh="进近面", en="approach surface")
    transitional: Transitional | None = parameter(zh="过渡面", en="transitional surface")
    take_off_climb: TakeOffClimb | None = parameter(zh="起飞爬升面", en="take-off climb surface")
    inner_approach: InnerApproach | None = parameter(zh="内进近面", en="inner approach surface")
    inner_transitional: Transitional | None = parameter(
        zh="内过渡面", en="inner transitional surface"
    )
    balked_landing: BalkedLanding | None = parameter(zh="复飞面", en="balked landing surface")
    outer: Outer | None = parameter(zh="外水平面（研究）", en="outer surface, for study")

    def __post_init__(self) -> None:
        """Refuse what is no runway, and inner flanks that have nothing to stand beside."""
        if len(self.ends) != 2 or self.length <= sum(end.displaced for end in self.ends):
            raise ValueError("ends must be two, further apart than their thresholds are displaced")
        if self.inner_transitional and not (self.inner_approach and self.balked_landing):
            raise ValueError("inner_transitional needs inner_approach and balked_landing")

    @property
    def length(self) -> float:
        """Of the runway, metres."""
        first, second = self.ends
        return math.hypot(second.easting - first.easting, second.northing - first.northing)
