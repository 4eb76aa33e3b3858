"""Propose a placement: from points a person has picked, or from the applicant's parcel. Proposals are stated, never applied in silence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cim.building import BuildingModel
from cim.city_frame import CityFrame
from cim.errors import FrameError
from cim.frame.candidate import ExplicitPlace
from cim.frame.limits import DEFAULT_LIMITS, FrameLimits
from cim.frame.parcel_fit import fit_parcel
from cim.frame.shape import shape_of
from cim.parcel import Parcel
from cim.similarity import Similarity, fit_similarity
from cim.text import Text

LEAST_BASE = 1.0  # m; points nearer to each other than this do not show a direction
SCALE_AGREEMENT = (
    1e-3  # a ratio; lengths between the pairs that differ by more are of other points or units
)


@dataclass(frozen=True, slots=True)
class PointPair:
    """The same point in the model and in the city.

    Attributes:
        engineering: x, y, z, metres, engineering CRS.
        city: easting, northing, orthogonal height, metres.
    """

    engineering: tuple[float, float, float]
    city: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A placement to be confirmed.

    Attributes:
        place: what to state.
        residuals: of each pair (or of the outline's worst vertex, for a parcel) in plan, metres.
        height_residuals: of each pair in height, metres; empty where nothing measures it.
        fitted_scale: what the lengths would say the scale is; the placement keeps 1.
        rival: for a parcel, how well another turn fits, metres; None for pairs.
        notes: what must be known before confirming.
    """

    place: ExplicitPlace
    residuals: tuple[float, ...]
    height_residuals: tuple[float, ...]
    fitted_scale: float
    rival: float | None
    notes: tuple[Text, ...]


def propose_from_pairs(pairs: Sequence[PointPair]) -> Proposal:
    """Helmert in the plan with the model's own lengths, and the mean height.

    Args:
        pairs: two or more; three or more show an error of one.

    Raises:
        FrameError: fewer than two, too near to each other, or of lengths that do not agree.
    """
    if len(pairs) < 2:
        raise _pairs_error(
            Text(zh="至少需要两对点。", en="at least two pairs of points are needed.")
        )
    source = np.array([pair.engineering for pair in pairs], dtype=np.float64)
    target = np.array([pair.city for pair in pairs], dtype=np.float64)
    spread = min(
        float(np.hypot(*(p[:, :2] - p[:, :2].mean(axis=0)).T).max()) for p in (source, target)
    )
    if 2.0 * spread < LEAST_BASE:
        raise _pairs_error(
            Text(
                zh="各点过于靠近，无法确定方向。",
                en="the points are too near to each other to show a direction.",
            )
        )
    free = fit_similarity(source[:, :2], target[:, :2])
    if abs(free.scale - 1.0) > SCALE_AGREEMENT:
        raise _pairs_error(
            Text(
                zh="点对的距离不一致（城市 / 模型 = {scale:.5f}）。",
                en="the distances between the points do not agree (city / model = {scale:.5f}).",
            ).format(scale=free.scale)
        )
    fit = fit_similarity(source[:, :2], target[:, :2], scale=1.0)
    rises = target[:, 2] - source[:, 2]
    height = float(rises.mean())
    off = np.abs(rises - height)
    notes = () if len(pairs) > 2 else (_two_only(),)
    return Proposal(
        place=_place(fit, height, float(fit.residuals.max()), float(off.max()), "pairs"),
        residuals=tuple(float(r) for r in fit.residuals),
        height_residuals=tuple(float(r) for r in off),
        fitted_scale=free.scale,
        rival=None,
        notes=notes,
    )


def propose_from_parcel(
    model: BuildingModel,
    frame: CityFrame,
    parcels: Sequence[Parcel],
    *,
    height: float | None = None,
    limits: FrameLimits = DEFAULT_LIMITS,
) -> Proposal:
    """Lay the outline of IfcSite on the parcel it fits best.

    Args:
        model: draws its site.
        frame: the city's.
        parcels: the applicant's.
        height: orthogonal height of the engineering zero, metres; None takes what the file's map conversion says.
        limits: how near the outline must come.

    Raises:
        FrameError: no site is drawn, no height is known, or the outlines do not fit, or fit in two ways.
    """
    site = shape_of(model).site
    if site is None:
        raise _parcel_error(
            Text(
                zh="文件没有画出用地（IfcSite），无法与界址点比较。",
                en="the file draws no site (IfcSite) to lay on the parcel.",
            )
        )
    notes = []
    if height is None:
        height = _height_of_file(model)
        notes.append(
            Text(
                zh="±0.000 高程 {height:.3f} m 取自文件的地图转换（基准 {datum}），请核对。",
                en="The zero level's elevation, {height:.3f} m, is the file's own (datum {datum}); check it.",
            ).format(height=height, datum=frame.vertical.datum)
        )
    fits = [fit for parcel in parcels if (fit := fit_parcel(site, parcel.geometry)) is not None]
    best = min(fits, key=lambda fit: fit.distance, default=None)
    if best is None or best.distance > limits.parcel_tolerance:
        raise _parcel_error(
            Text(
                zh="用地轮廓与界址点不符（最大偏差 {metres:.2f} m）。",
                en="the site's outline does not fit the parcel's (off by {metres:.2f} m at best).",
            ).format(metres=math.inf if best is None else best.distance)
        )
    if best.rival <= limits.parcel_tolerance:
        raise _parcel_error(
            Text(
                zh="用地轮廓可以按两个方向放到界址点上（对称），不能确定旋转。",
                en="the site's outline fits the parcel's in two directions (it is symmetric), so the rotation stays open.",
            )
        )
    return Proposal(
        place=_place(best.similarity, height, best.distance, 0.0, "parcel"),
        residuals=(best.distance,),
        height_residuals=(),
        fitted_scale=1.0,
        rival=best.rival if math.isfinite(best.rival) else None,
        notes=tuple(notes),
    )


def _height_of_file(model: BuildingModel) -> float:
    conversion = model.map_conversion
    if conversion is None:
        raise _parcel_error(
            Text(
                zh="文件没有给出 ±0.000 的高程，界址点也不含高程。",
                en="neither the file nor the parcel tells the zero level's elevation.",
            ),
            Text(zh="请同时给出 ±0.000 的高程。", en="State the zero level's elevation too."),
        )
    return conversion.orthogonal_height * (conversion.map_unit or 1.0)


def _place(
    fit: Similarity, height: float, horizontal: float, vertical: float, basis: str
) -> ExplicitPlace:
    return ExplicitPlace(
        eastings=float(fit.shift[0]),
        northings=float(fit.shift[1]),
        orthogonal_height=height,
        angle_degrees=math.degrees(fit.rotation),
        horizontal_uncertainty=horizontal,
        vertical_uncertainty=vertical,
        basis=basis,
    )


def _two_only() -> Text:
    return Text(
        zh="只有两对点，选错点不会显示为残差；建议再选第三对。",
        en="With two pairs alone a wrongly picked point does not show; pick a third.",
    )


def _pairs_error(reason: Text) -> FrameError:
    return FrameError(
        reason,
        remedy=Text(
            zh="请选取两到三个相距较远、模型与城市中都明确的点。",
            en="Pick two or three points far from each other that are plain both in the model and in the city.",
        ),
    )


def _parcel_error(reason: Text, remedy: Text | None = None) -> FrameError:
    return FrameError(
        reason,
        remedy=remedy
        or Text(
            zh="请改用两到三对点给出位置，或在 IfcSite 中画出用地轮廓后重新导出。",
            en="State the place by two or three pairs of points, or draw the site's outline in IfcSite and export again.",
        ),
    )
