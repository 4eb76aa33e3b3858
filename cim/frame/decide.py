"""The decision: compute every candidate, hold each against city, ground and parcel, take the one that stands.

The procedure is written down in ``cim/README.md``; it depends on nothing but its arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cim.building import BuildingModel
from cim.city_frame import CityFrame
from cim.frame.candidate import AsRead, Candidate, ExplicitPlace, FrameLedger
from cim.frame.doubts import CONVERSIONS, with_doubts
from cim.frame.finding import FrameCode, FrameFinding, Severity
from cim.frame.limits import DEFAULT_LIMITS, FrameLimits
from cim.frame.parcel_fit import ParcelFit, fit_parcel
from cim.frame.placement import Placement
from cim.frame.residuals import confirmed, with_residuals
from cim.frame.shape import shape_of
from cim.frame.sources import Around, all_candidates, refused
from cim.parcel import Parcel
from cim.terrain import Terrain
from cim.text import Text


def decide_frame(
    model: BuildingModel,
    frame: CityFrame,
    terrain: Terrain,
    *,
    place: ExplicitPlace | None = None,
    parcels: Sequence[Parcel] = (),
    limits: FrameLimits = DEFAULT_LIMITS,
) -> FrameLedger:
    """Compute every candidate, take the first that stands, and say why the others do not.

    A place a person states is that person's word: it is named as such in the report, and nothing
    else is taken, even when it is refused. Else the file's own map conversion decides. A candidate
    that would put the model outside the city is never taken.

    Args:
        model: as read.
        frame: the city's projected frame.
        terrain: the city's ground, in that frame; its extent is the city's.
        place: an explicit placement, or None.
        parcels: the applicant's, in the city's frame; possibly none.
        limits: the numbers decided by.
    """
    around = Around(frame, terrain, shape_of(model), limits)
    judged = [
        with_residuals(candidate, around, parcels)
        for candidate in all_candidates(model, around, place)
    ]
    if place is not None:
        judged = [judged[0], *map(_outranked, judged[1:])]
    else:
        judged = _one_of(
            [_proven(candidate, around, parcels=bool(parcels)) for candidate in judged], around
        )
    judged = [with_doubts(candidate, model, around) for candidate in judged]
    if place is None:
        judged = _held_against_others(judged, around)
    found = () if judged else (_nothing(),)
    judged.extend(_parcel_candidates(judged, around, parcels))
    return FrameLedger(tuple(judged), found, model.authoring_tool)


def _outranked(candidate: Candidate) -> Candidate:
    if candidate.refused is not None:
        return candidate
    return replace(
        candidate,
        refused=Text(zh="有优先级更高的来源。", en="there is a source of higher rank."),
    )


def _proven(candidate: Candidate, around: Around, *, parcels: bool) -> Candidate:
    """Refuse a source that names no CRS unless the site's outline lies on the parcel."""
    if candidate.refused is not None or candidate.declared or confirmed(candidate, around):
        return candidate
    if candidate.source == "IfcSite":
        return refused(candidate, _approximate())
    return refused(candidate, _undeclared(around.frame, parcels=parcels))


def _one_of(candidates: list[Candidate], around: Around) -> list[Candidate]:
    """Of the sources that stand, the first; none when they contradict each other and no parcel decides."""
    standing = [c for c in candidates if c.refused is None]
    if not standing:
        return candidates
    best = [c for c in standing if confirmed(c, around)] or standing
    first = best[0]
    apart = [distance_between(first, other, around) for other in standing]
    limit = around.limits.agreement
    among_best = [gap for c, gap in zip(standing, apart, strict=True) if c in best]
    contradicted = max(among_best) > limit
    result = []
    gaps = {id(c): gap for c, gap in zip(standing, apart, strict=True)}
    for candidate in candidates:
        gap = gaps.get(id(candidate))
        if gap is None or (candidate is first and not contradicted):
            result.append(candidate)
        elif gap > limit or contradicted:
            farthest = max(apart) if candidate is first else gap
            result.append(refused(candidate, _double(first, candidate, farthest, standing)))
        else:
            result.append(_outranked(candidate))
    return result


def distance_between(one: Candidate, other: Candidate, around: Around) -> float:
    """How far apart two candidates put any corner of the model, metres."""
    if one.placement is None or other.placement is None:
        return 0.0
    corners = around.shape.corners
    gap = one.placement.to_projected(corners) - other.placement.to_projected(corners)
    return float(np.linalg.norm(gap, axis=1).max())


def _held_against_others(candidates: list[Candidate], around: Around) -> list[Candidate]:
    """A finding on the one taken for every source of the file that, set by someone, says another place."""
    taken = next((c for c in candidates if c.refused is None), None)
    if taken is None or taken.placement is None:
        return candidates
    contradictions = [
        found
        for other in candidates
        if other is not taken
        for found in (_contradiction(taken, taken.placement, other, around),)
        if found is not None
    ]
    told = refused(taken, *contradictions)
    return [told if candidate is taken else candidate for candidate in candidates]


def _contradiction(
    taken: Candidate, placement: Placement, other: Candidate, around: Around
) -> FrameFinding | None:
    codes = {found.code for found in other.findings}
    if other.source == "IfcSite":
        if FrameCode.TOOL_DEFAULT in codes:
            return None
        gap = (
            _plan_distance(placement, other.placement, around)
            if other.placement is not None and FrameCode.OUTSIDE not in codes
            else None
        )
        if gap is not None and gap <= around.limits.lat_long_agreement:
            return None
        return _degrees_contradict(taken, other, gap)
    if other.source in CONVERSIONS and codes and FrameCode.DOUBLE not in codes:
        return _other_refused(taken, other)
    return None


def _plan_distance(one: Placement, other: Placement, around: Around) -> float:
    middle = around.shape.middle[None, :]
    gap = one.to_projected(middle) - other.to_projected(middle)
    return float(np.hypot(gap[0, 0], gap[0, 1]))


def _parcel_candidates(
    judged: Sequence[Candidate], around: Around, parcels: Sequence[Parcel]
) -> list[Candidate]:
    """The site's outline laid on the parcel: a proposal, never taken without a person's word."""
    site = around.shape.site
    if site is None or not parcels:
        return []
    fits = [(p, fit) for p in parcels if (fit := fit_parcel(site, p.geometry)) is not None]
    if not fits:
        return [refused(Candidate("parcel", None, declared=False), _no_fit())]
    parcel, fit = min(fits, key=lambda pair: pair[1].distance)
    height = next((c.placement.orthogonal_height for c in judged if c.placement), None)
    east, north = (float(x) for x in fit.similarity.shift)
    base = Candidate(
        source="parcel",
        placement=None
        if height is None
        else Placement(east, north, height, fit.similarity.rotation, 1.0, around.frame),
        as_read=AsRead(east, north, None, float(np.degrees(fit.similarity.rotation)), 1.0, 1.0),
        crs_as_read=parcel.name,
        crs_understood=around.frame.projected_crs,
        declared=False,
        assumptions=parcel.notes,
    )
    candidate = with_residuals(base, around, [parcel])
    return [
        refused(
            replace(candidate, findings=(), refused=None, remedy=None),
            _proposal(parcel, fit, around),
        )
    ]


def _nothing() -> FrameFinding:
    return FrameFinding(
        FrameCode.NONE,
        Severity.REFUSE,
        Text(
            zh="文件没有地理参照，无法知道建筑位于何处。",
            en="The file has no georeference; nobody can tell where the building stands.",
        ),
        Text(
            zh="请在建模软件中设置测量点并导出 IfcMapConversion 与 IfcProjectedCRS，或给出 --place。",
            en="Set the survey point in the authoring tool and export IfcMapConversion with IfcProjectedCRS, or state --place.",
        ),
    )


def _approximate() -> FrameFinding:
    return FrameFinding(
        FrameCode.APPROXIMATE,
        Severity.REFUSE,
        Text(
            zh="IfcSite 经纬度只有概略精度，且常为软件默认值，不能作为审查位置。",
            en="latitude and longitude of IfcSite are approximate and often the tool's default; no verdict may rest on them.",
        ),
        Text(
            zh="请导出 IfcMapConversion 与 IfcProjectedCRS，或提交界址点，或用 --place 给出位置。",
            en="Export IfcMapConversion with IfcProjectedCRS, or submit the parcel's boundary points, or state the place with --place.",
        ),
    )


def _undeclared(frame: CityFrame, *, parcels: bool) -> FrameFinding:
    sentence = Text(
        zh="坐标落在城市内，但没有说明坐标系；按 {city} 理解无从证实。",
        en="the coordinates lie in the city, but nothing names their CRS; that it is {city} is not proven.",
    )
    if parcels:
        sentence = Text(
            zh="坐标落在城市内，但没有说明坐标系（城市使用 {city}），且用地轮廓与界址点不符。",
            en="the coordinates lie in the city, but nothing names their CRS (the city uses {city}), and the site's outline is not on the parcel.",
        )
    return FrameFinding(
        FrameCode.UNDECLARED,
        Severity.REFUSE,
        sentence.format(city=frame.projected_crs),
        Text(
            zh="请导出 IfcProjectedCRS（{city}）与 IfcMapConversion，或提交界址点以证实位置；cim frame fix 可写入副本。",
            en="Export IfcProjectedCRS ({city}) with IfcMapConversion, or submit the parcel's boundary points to prove it; cim frame fix writes them into a copy.",
        ).format(city=frame.projected_crs),
    )


def _double(
    first: Candidate, candidate: Candidate, gap: float, standing: Sequence[Candidate]
) -> FrameFinding:
    other = first
    if candidate is first:
        other = next((c for c in standing if c is not first), first)
    return FrameFinding(
        FrameCode.DOUBLE,
        Severity.REFUSE,
        Text(
            zh="重复的地理参照：{one} 与 {other} 相差 {gap:.2f} m。",
            en="double georeference: {one} and {other} disagree by {gap:.2f} m.",
        ).format(one=candidate.source, other=other.source, gap=gap),
        Text(
            zh="请只保留一种地理参照：模型在局部坐标中则保留 IfcMapConversion，模型已在地图坐标中则转换应为零平移。",
            en="Keep one georeference only: IfcMapConversion for a model in local coordinates, or a conversion without shift for one drawn on the map.",
        ),
    )


def _degrees_contradict(taken: Candidate, other: Candidate, gap: float | None) -> FrameFinding:
    words = {"source": taken.source, "read": other.crs_as_read or "?", "gap": gap or 0.0}
    sentence = (
        Text(
            zh="IfcSite 经纬度 {read} 与 {source} 矛盾，不在城市内。",
            en="latitude and longitude of IfcSite, {read}, contradict {source}: they are outside the city.",
        )
        if gap is None
        else Text(
            zh="IfcSite 经纬度 {read} 与 {source} 相差 {gap:.0f} m。",
            en="latitude and longitude of IfcSite, {read}, are {gap:.0f} m from where {source} puts the model.",
        )
    )
    return FrameFinding(
        FrameCode.DOUBLE,
        Severity.DISCUSS,
        sentence.format(**words),
        Text(
            zh="请在建模软件中使项目位置与测量点一致。",
            en="Make the project location and the survey point agree in the authoring tool.",
        ),
    )


def _other_refused(taken: Candidate, other: Candidate) -> FrameFinding:
    return FrameFinding(
        FrameCode.DOUBLE,
        Severity.DISCUSS,
        Text(
            zh="文件另有一个地理参照 {other}，不能采用：{why}",
            en="the file has another georeference, {other}, beside {taken}, which cannot be taken: {why}",
        ).format(other=other.source, taken=taken.source, why=other.refused or ""),
        Text(
            zh="请只保留一种地理参照后重新导出。",
            en="Keep one georeference only and export again.",
        ),
    )


def _no_fit() -> FrameFinding:
    return FrameFinding(
        FrameCode.PLACE_SIZE,
        Severity.REFUSE,
        Text(
            zh="IfcSite 轮廓与界址点没有长度相近的边，无法拟合。",
            en="no edge of the IfcSite outline is as long as one of the parcel's; they cannot be laid on each other.",
        ),
        Text(
            zh="请核对 IfcSite 轮廓与单位。",
            en="Check the outline of IfcSite and the unit.",
        ),
    )


def _proposal(parcel: Parcel, fit: ParcelFit, around: Around) -> FrameFinding:
    words = {"parcel": parcel.name, "metres": fit.distance, "rival": fit.rival}
    sentence = Text(
        zh="用地轮廓可放到 {parcel} 上，最大偏差 {metres:.3f} m；须由人确认。",
        en="the site's outline lies on {parcel} within {metres:.3f} m; a person must confirm it.",
    )
    if fit.rival <= around.limits.parcel_tolerance:
        sentence = Text(
            zh="用地轮廓可按两个方向放到 {parcel} 上（{metres:.3f} 与 {rival:.3f} m），旋转不能确定。",
            en="the site's outline lies on {parcel} in two directions ({metres:.3f} and {rival:.3f} m), so the rotation stays open.",
        )
    return FrameFinding(
        FrameCode.PROPOSAL,
        Severity.REFUSE,
        sentence.format(**words),
        Text(
            zh="请在页面上确认，或用 --place 给出该位置。",
            en="Confirm it on the page, or state that place with --place.",
        ),
    )
