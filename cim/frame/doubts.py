"""What makes a position uncertain that nobody has got wrong outright: scale, true north, stored precision."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from cim.building import BuildingModel
from cim.frame.candidate import Candidate, Doubt, FrameUncertainty
from cim.frame.finding import FrameCode, FrameFinding, Severity
from cim.frame.sources import Around, refused
from cim.text import Text

CONVERSIONS = (
    "IfcMapConversion",
    "IfcMapConversionScaled",
    "IfcRigidOperation",
    "ePSet_MapConversion",
)
SCALE_STATED = 1e-9  # a ratio; a scale nearer to 1 than this says nothing about the grid


def with_doubts(candidate: Candidate, model: BuildingModel, around: Around) -> Candidate:
    """The candidate with its uncertainty added up and the findings that belong to it."""
    if candidate.placement is None or candidate.refused is not None:
        return candidate
    here = np.array([candidate.placement.eastings, candidate.placement.northings])
    convergence, point_scale = around.frame.grid_at(here)
    doubts, findings = list(candidate.uncertainty.doubts), []
    if abs(candidate.placement.scale - 1.0) <= SCALE_STATED and math.isfinite(point_scale):
        doubts.append(_unscaled(point_scale, around))
    for found, doubt in (
        _turned(candidate, model, convergence, around),
        _stored(model, around),
    ):
        if found is not None:
            findings.append(found)
        if doubt is not None:
            doubts.append(doubt)
    total = FrameUncertainty(
        horizontal=sum(doubt.horizontal for doubt in doubts),
        vertical=sum(doubt.vertical for doubt in doubts),
        doubts=tuple(doubts),
    )
    return refused(replace(candidate, uncertainty=total), *findings)


def _unscaled(point_scale: float, around: Around) -> Doubt:
    reach = around.shape.reach if around.shape.drawn else 0.0
    if around.shape.farthest > around.limits.far_geometry or reach > around.limits.map_coordinates:
        reach = 0.0  # drawn on the map itself: its lengths are the grid's
    return Doubt(
        Text(
            zh="模型长度未按格网比例 {k:.6f} 缩放",
            en="lengths not scaled by the grid's point scale {k:.6f}",
        ).format(k=point_scale),
        abs(point_scale - 1.0) * reach,
        0.0,
    )


def _turned(
    candidate: Candidate, model: BuildingModel, convergence: float, around: Around
) -> tuple[FrameFinding | None, Doubt | None]:
    """Map rotation against true north: rotation = convergence - true north, when both are right."""
    if candidate.source not in CONVERSIONS or candidate.placement is None or not model.true_north:
        return None, None
    rotation = candidate.placement.rotation
    if model.georeference.world is not None:
        rotation += model.georeference.world[3]
    agreement = math.radians(around.limits.rotation_agreement_degrees)
    off = _wrapped(rotation + model.true_north - convergence)
    if abs(off) <= agreement:
        return None, None
    used_as_rotation = abs(_wrapped(rotation + model.true_north)) <= agreement
    reach = around.shape.reach if around.shape.drawn else 0.0
    words = {
        "off": math.degrees(abs(off)),
        "per_hundred": 100.0 * abs(math.sin(off)),
        "rotation": math.degrees(rotation),
        "north": math.degrees(model.true_north),
    }
    if used_as_rotation:
        finding = FrameFinding(
            FrameCode.TRUE_NORTH,
            Severity.DISCUSS,
            Text(
                zh="地图旋转 {rotation:.4f}° 与真北角相同；两者应相差子午线收敛角 {off:.3f}°（每 100 m 偏 {per_hundred:.2f} m）。真北被当作坐标北，或坐标北被填作真北。",
                en="the map rotation {rotation:.4f} degrees is just the angle of true north; they must differ by the meridian convergence, {off:.3f} degrees ({per_hundred:.2f} m in 100 m). True north was taken for grid north, or grid north entered as true north.",
            ).format(**words),
            _north_remedy(),
        )
        doubt = Doubt(
            Text(zh="真北与坐标北混用", en="true north or grid north"),
            abs(math.sin(off)) * reach,
            0.0,
        )
        return finding, doubt
    finding = FrameFinding(
        FrameCode.ROTATION,
        Severity.DISCUSS,
        Text(
            zh="真北角 {north:.4f}° 与地图旋转 {rotation:.4f}° 矛盾，相差 {off:.3f}°。",
            en="true north at {north:.4f} degrees and the map rotation of {rotation:.4f} degrees contradict each other by {off:.3f} degrees.",
        ).format(**words),
        _north_remedy(),
    )
    return finding, None


def _north_remedy() -> Text:
    return Text(
        zh="请由格网北（坐标北）设置 XAxisAbscissa / XAxisOrdinate，真北另设。",
        en="Set XAxisAbscissa / XAxisOrdinate from grid north, and true north apart from it.",
    )


def _wrapped(angle: float) -> float:
    """An angle in -pi..pi."""
    return math.remainder(angle, 2.0 * math.pi)


def _stored(model: BuildingModel, around: Around) -> tuple[FrameFinding | None, Doubt | None]:
    shape = around.shape
    if shape.farthest <= around.limits.far_geometry:
        return None, None
    words = {"far": shape.farthest, "step": shape.quantum, "unit": model.length_unit}
    remedy = Text(
        zh="请在局部原点附近建模，由 IfcMapConversion 承载大坐标。",
        en="Draw near a local origin and let IfcMapConversion carry the large coordinates.",
    )
    if not shape.quantum:
        sentence = Text(
            zh="几何坐标远离原点（{far:.0f} m）；单精度软件会丢失精度。",
            en="geometry is stored far from the origin ({far:.0f} m); software of single precision will lose detail.",
        )
        return FrameFinding(FrameCode.FAR, Severity.NOTE, sentence.format(**words), remedy), None
    sentence = Text(
        zh="几何坐标远离原点（{far:.0f} m），且已被舍入为单精度，步长 {step:.3f} m。",
        en="geometry is stored far from the origin ({far:.0f} m) and has been rounded to single precision, in steps of {step:.3f} m.",
    )
    finding = FrameFinding(FrameCode.FAR, Severity.DISCUSS, sentence.format(**words), remedy)
    lost = Text(zh="单精度舍入", en="rounding to single precision")
    return finding, Doubt(lost, shape.quantum / 2.0, shape.quantum / 2.0)
