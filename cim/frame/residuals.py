"""How a placed model lies on the ground and on the applicant's parcel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import affine_transform
from shapely.geometry.base import BaseGeometry

from cim.frame.candidate import Candidate, ParcelResidual, TerrainResidual
from cim.frame.finding import FrameCode, FrameFinding, Severity
from cim.frame.placement import Placement
from cim.frame.shape import ModelShape
from cim.frame.sources import Around, refused
from cim.parcel import Parcel, nearest_parcel
from cim.terrain import Terrain
from cim.text import Text

GRID = 9  # points a side of the grid the ground is sampled on
SEPARATION_LIKENESS = 1.0  # m; off the ground by the separation within this is no accident


def with_residuals(candidate: Candidate, around: Around, parcels: Sequence[Parcel]) -> Candidate:
    """The candidate held against ground and parcel; refused where it cannot be right."""
    placement = candidate.placement
    if placement is None or candidate.refused is not None:
        return _with_parcel(candidate, around, parcels)
    terrain = terrain_residual(placement, around.shape, around.terrain)
    candidate = _with_parcel(replace(candidate, terrain=terrain), around, parcels)
    findings = [*_ground_findings(candidate, around), *_parcel_findings(candidate, around)]
    return refused(candidate, *findings)


def _with_parcel(candidate: Candidate, around: Around, parcels: Sequence[Parcel]) -> Candidate:
    if candidate.placement is None or not parcels:
        return candidate
    return replace(candidate, parcel=parcel_residual(candidate.placement, around.shape, parcels))


def terrain_residual(
    placement: Placement, shape: ModelShape, terrain: Terrain
) -> TerrainResidual | None:
    """Zero level against the ground under the model's ground contact; None off the terrain."""
    zero = placement.orthogonal_height + shape.zero
    corners, spread = (
        zero - _known(terrain.height_at(placement.to_projected(points)))
        for points in _contact_points(shape)
    )
    every = np.concatenate([corners, spread])
    if not len(every):
        return None
    mean = (spread if len(spread) else corners).mean()
    return TerrainResidual(float(every.min()), float(mean), float(every.max()))


def _known(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    known: NDArray[np.float64] = heights[~np.isnan(heights)]
    return known


def _contact_points(shape: ModelShape) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners of the ground contact, and points spread evenly over it, each of shape (N, 3)."""
    corners = shape.contact
    low, high = corners.min(axis=0), corners.max(axis=0)
    axes = [np.linspace(low[i], high[i], GRID) for i in (0, 1)]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    hull = shapely.MultiPoint(corners).convex_hull
    inside = grid[shapely.covers(hull, shapely.points(grid))]
    return _at_zero(corners, shape), _at_zero(inside, shape)


def _at_zero(points: NDArray[np.float64], shape: ModelShape) -> NDArray[np.float64]:
    return np.column_stack([points, np.full(len(points), shape.zero)])


def placed_outline(placement: Placement, outline: BaseGeometry) -> BaseGeometry:
    """An outline of the engineering CRS in the city's frame."""
    (a, b), (d, e) = placement.matrix[:2, :2]
    return affine_transform(outline, [a, b, d, e, placement.eastings, placement.northings])


def parcel_residual(
    placement: Placement, shape: ModelShape, parcels: Sequence[Parcel]
) -> ParcelResidual:
    """The site's outline against its parcel; what touches the ground when no site is drawn."""
    if shape.site is not None:
        subject, outline = "site", placed_outline(placement, shape.site)
    else:
        subject = "footprint"
        outline = placed_outline(placement, shapely.MultiPoint(shape.contact).convex_hull)
    parcel = nearest_parcel(parcels, outline)
    return ParcelResidual(
        parcel=parcel.name,
        subject=subject,
        max_vertex_distance=vertex_distance(outline, parcel.geometry)
        if subject == "site"
        else None,
        symmetric_difference=float(outline.symmetric_difference(parcel.geometry).area)
        if subject == "site"
        else None,
        outside=float(outline.difference(parcel.geometry).area),
        apart=float(outline.distance(parcel.geometry)),
    )


def vertex_distance(one: BaseGeometry, other: BaseGeometry) -> float:
    """The farthest vertex of either outline from the other outline, metres."""
    return max(
        float(shapely.distance(shapely.points(shapely.get_coordinates(a)), b.boundary).max())
        for a, b in ((one, other), (other, one))
    )


def confirmed(candidate: Candidate, around: Around) -> bool:
    """Whether the site's outline lies on the parcel's within the tolerance."""
    residual = candidate.parcel
    return (
        residual is not None
        and residual.max_vertex_distance is not None
        and residual.max_vertex_distance <= around.limits.parcel_tolerance
    )


def _ground_findings(candidate: Candidate, around: Around) -> list[FrameFinding]:
    if candidate.terrain is None or candidate.placement is None:
        return []
    above, limits = candidate.terrain.mean, around.limits
    origin = np.array([[candidate.placement.eastings, candidate.placement.northings]])
    separation = _separation(around, origin)
    found = []
    if abs(above) > limits.ground_discussed:
        grave = abs(above) > limits.ground_refused
        found.append(_off_the_ground(candidate, above, grave=grave))
    if (
        separation is not None
        and abs(separation) > limits.ground_discussed
        and abs(abs(above) - abs(separation)) < SEPARATION_LIKENESS
    ):
        found.append(_by_the_separation(above, separation))
    return found


def _separation(around: Around, origin: NDArray[np.float64]) -> float | None:
    value = float(around.frame.separation_at(origin)[0])
    return value if np.isfinite(value) else None


def _off_the_ground(candidate: Candidate, above: float, *, grave: bool) -> FrameFinding:
    residual = candidate.terrain
    words = {
        "metres": abs(above),
        "least": residual.minimum if residual else above,
        "most": residual.maximum if residual else above,
        "where": Text(zh="高于", en="above") if above > 0.0 else Text(zh="低于", en="below"),
    }
    return FrameFinding(
        FrameCode.GROUND,
        Severity.REFUSE if grave else Severity.DISCUSS,
        Text(
            zh="±0.000 {where}地面 {metres:.2f} m（{least:+.2f} 至 {most:+.2f} m）。",
            en="the zero level lies {metres:.2f} m {where} the ground ({least:+.2f} to {most:+.2f} m).",
        ).format(**words),
        Text(
            zh="请核对 ±0.000 的绝对高程与高程基准。",
            en="Check the zero level's elevation and its vertical datum.",
        ),
    )


def _by_the_separation(above: float, separation: float) -> FrameFinding:
    return FrameFinding(
        FrameCode.ELLIPSOIDAL,
        Severity.DISCUSS,
        Text(
            zh="与地面的高差 {above:+.2f} m 恰为椭球高与正常高之差 {separation:.2f} m，疑为高程系统弄混。",
            en="{above:+.2f} m off the ground is just the separation of {separation:.2f} m between ellipsoidal and orthogonal heights: most likely they were mixed up.",
        ).format(above=above, separation=separation),
        Text(
            zh="请按城市高程基准（而非椭球高）填写 OrthogonalHeight。",
            en="Give OrthogonalHeight above the city's datum, not above the ellipsoid.",
        ),
    )


def _parcel_findings(candidate: Candidate, around: Around) -> list[FrameFinding]:
    residual = candidate.parcel
    if residual is None or confirmed(candidate, around):
        return []
    apart = residual.apart > around.limits.parcel_tolerance
    if residual.subject == "footprint" and residual.outside == 0.0:
        return []
    words = {
        "parcel": residual.parcel,
        "apart": residual.apart,
        "outside": residual.outside,
        "vertex": residual.max_vertex_distance or 0.0,
        "area": residual.symmetric_difference or 0.0,
    }
    if apart:
        sentence = Text(
            zh="模型与用地 {parcel} 相距 {apart:.2f} m。",
            en="the model lies {apart:.2f} m away from parcel {parcel}.",
        )
    elif residual.subject == "site":
        sentence = Text(
            zh="IfcSite 轮廓与用地 {parcel} 不符：界址点最大偏差 {vertex:.2f} m，不重合面积 {area:.1f} m²。",
            en="the outline of IfcSite does not match parcel {parcel}: vertices up to {vertex:.2f} m off, {area:.1f} m² not shared.",
        )
    else:
        sentence = Text(
            zh="建筑落地范围有 {outside:.1f} m² 在用地 {parcel} 之外。",
            en="{outside:.1f} m² of what touches the ground lie outside parcel {parcel}.",
        )
    return [
        FrameFinding(
            FrameCode.PARCEL,
            Severity.REFUSE if apart else Severity.DISCUSS,
            sentence.format(**words),
            Text(
                zh="请核对测量点的坐标与旋转，使 IfcSite 轮廓与界址点一致。",
                en="Check position and rotation of the survey point until the site's outline meets the boundary points.",
            ),
        )
    ]
