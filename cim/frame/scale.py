"""What the scale of a map conversion means, next to the units of model and map."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cim.building import MapConversion
from cim.frame.finding import FrameCode, FrameFinding, Severity
from cim.frame.limits import FrameLimits
from cim.text import Text

FACTOR_AGREEMENT = 1e-6  # a ratio; factors that differ by more stretch the plan or the heights


@dataclass(frozen=True, slots=True)
class Scale:
    """Map metres per model metre in plan, and what was assumed to know it."""

    value: float
    assumptions: tuple[Text, ...] = ()


def understand_scale(
    conversion: MapConversion, map_unit: float, limits: FrameLimits
) -> Scale | FrameFinding:
    """The plan scale for coordinates already in metres.

    Args:
        conversion: as written.
        map_unit: metres per map unit.
        limits: how far from 1 a grid scale may be.
    """
    x, y, z = conversion.factors
    if abs(x - y) > FACTOR_AGREEMENT * abs(x):
        return _stretched(conversion)
    unit_ratio = conversion.length_unit / map_unit
    if conversion.scale is None and x == 1.0:
        return Scale(1.0, _assumed_ratio(unit_ratio))
    stated = (1.0 if conversion.scale is None else conversion.scale) * x
    combined = stated / unit_ratio
    up = combined / x * z if x else math.inf
    if abs(combined - 1.0) <= limits.scale_slack and abs(up - 1.0) <= limits.scale_slack:
        return Scale(combined)
    if abs(stated - 1.0) <= limits.scale_slack and (x, z) == (1.0, 1.0):
        # Several exporters write the grid scale alone and forget that Scale also converts units.
        told = Text(
            zh="Scale = {scale:g} 未包含单位换算 {ratio:g}；按仅为格网比例理解。",
            en="Scale = {scale:g} leaves out the unit conversion {ratio:g}; it is read as the grid scale alone.",
        ).format(scale=stated, ratio=unit_ratio)
        return Scale(stated, (told,))
    return FrameFinding(
        FrameCode.SCALE,
        Severity.REFUSE,
        Text(
            zh="比例 {scale:g} 与单位（长度 {length:g} m，地图 {map:g} m）不一致。",
            en="scale {scale:g} does not agree with the units (length {length:g} m, map {map:g} m).",
        ).format(scale=stated, length=conversion.length_unit, map=map_unit),
        Text(
            zh="毫米模型配米制坐标系时，Scale 应为 0.001。",
            en="For a millimetre model in a metre CRS, Scale must be 0.001.",
        ),
    )


def _assumed_ratio(unit_ratio: float) -> tuple[Text, ...]:
    if math.isclose(unit_ratio, 1.0):
        return ()
    return (
        Text(
            zh="文件未给出 Scale；按单位换算 {ratio:g} 理解。",
            en="The file gives no Scale; the unit conversion {ratio:g} is assumed.",
        ).format(ratio=unit_ratio),
    )


def _stretched(conversion: MapConversion) -> FrameFinding:
    return FrameFinding(
        FrameCode.SCALE,
        Severity.REFUSE,
        Text(
            zh="IfcMapConversionScaled 在 x 与 y 方向的系数不同（{x:g}, {y:g}），会使平面变形。",
            en="IfcMapConversionScaled has different factors along x and y ({x:g}, {y:g}) and would distort the plan.",
        ).format(x=conversion.factors[0], y=conversion.factors[1]),
        Text(
            zh="请用相同的系数，或改用 IfcMapConversion。",
            en="Use equal factors, or IfcMapConversion.",
        ),
    )
