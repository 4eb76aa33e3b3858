"""What is wrong within one layer: nothing in it, no shape, an invalid shape, the same shape twice."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from cim.control_lines.blueprint.finding import (
    BlueprintFinding,
    Code,
    Concerned,
    Severity,
    largest_first,
)
from cim.control_lines.blueprint.frames import place_layer
from cim.control_lines.blueprint.mending import Mended, invalid_rows, mend
from cim.control_lines.blueprint.source import DrawnLayer, Shapes
from cim.control_lines.blueprint.words import named, reason_of, several
from cim.text import Text

PLACE = re.compile(r"\[(\S+) (\S+)\]$")  # where GEOS tells a fault to be


@dataclass(frozen=True, slots=True, eq=False)
class ComparedLayer:
    """A layer as far as it can be compared with others.

    Attributes:
        drawn: as the source has it.
        shapes: shape (N,), metres, the city's frame, valid; an invalid one as it would be mended; None where there is
            nothing to compare.
    """

    drawn: DrawnLayer
    shapes: Shapes


def judge_layer(
    drawn: DrawnLayer, projected_crs: str
) -> tuple[ComparedLayer, list[BlueprintFinding]]:
    """All faults a layer has by itself, and what of it can be compared.

    Args:
        drawn: as the source has it.
        projected_crs: the city's.
    """
    if len(drawn.shapes) == 0:
        return ComparedLayer(drawn, drawn.shapes), [_nothing(drawn)]
    placed = place_layer(drawn, projected_crs)
    findings = [*placed.findings, *_shapeless(drawn)]
    shapes = placed.shapes.copy()
    for row in invalid_rows(placed.shapes):
        mended = mend(placed.shapes[row])
        findings.append(_invalid(drawn, row, placed.shapes, mended))
        shapes[row] = mended.shape
    shapes[shapely.is_empty(shapes)] = None
    findings.extend(_duplicates(drawn, placed.shapes))
    return ComparedLayer(drawn, shapes), findings


def _nothing(drawn: DrawnLayer) -> BlueprintFinding:
    return BlueprintFinding(
        code=Code.EMPTY,
        severity=Severity.FAULT,
        layers=(drawn.layer.code,),
        owners=(drawn.layer.owner,),
        amended=(drawn.layer.code,),
        sentence=Text(
            zh="图层 {layer} 没有任何图形；空图层会让规则无声通过。",
            en="layer {layer} holds nothing; an empty layer would let rules pass in silence.",
        ).format(layer=drawn.layer.code),
        remedy=Text(
            zh="补充数据，或从 city.yaml 删除该图层。",
            en="Add its data, or drop it from city.yaml.",
        ),
        count=0,
    )


def _shapeless(drawn: DrawnLayer) -> Iterator[BlueprintFinding]:
    """One finding for the shapes that are missing or empty, one for each way others cannot be parsed."""
    missing = shapely.is_missing(drawn.shapes) | shapely.is_empty(drawn.shapes)
    by_reason: dict[Text, list[int]] = defaultdict(list)
    for row in np.flatnonzero(missing):
        told = drawn.unparsed.get(int(row))
        reason = Text(zh="没有图形", en="no shape") if told is None else reason_of(told)
        by_reason[reason].append(int(row))
    for reason, rows in by_reason.items():
        features = [drawn.reference(row) for row in rows]
        yield BlueprintFinding(
            code=Code.NO_SHAPE,
            severity=Severity.FAULT,
            layers=(drawn.layer.code,),
            owners=(drawn.layer.owner,),
            amended=(drawn.layer.code,),
            sentence=Text(
                zh="{count} 个要素没有可用的图形（{reason}）：{features}。",
                en="{count} features have no usable shape ({reason}): {features}.",
            ).format(count=len(rows), reason=reason, features=several(features)),
            remedy=Text(zh="请补绘或删除这些要素。", en="Draw them or delete them."),
            concerned=largest_first(Concerned(feature, 0.0) for feature in features),
            count=len(rows),
        )


def _invalid(drawn: DrawnLayer, row: int, shapes: Shapes, mended: Mended) -> BlueprintFinding:
    feature = drawn.reference(row)
    told = str(shapely.is_valid_reason(shapes[row]))
    place = PLACE.search(told)
    point = shapely.Point(float(place[1]), float(place[2])) if place else None
    where = Text(zh="", en="")
    if point is not None:
        where = Text(zh="，位于 {x:.3f}, {y:.3f}", en=" at {x:.3f}, {y:.3f}").format(
            x=point.x, y=point.y
        )
    sentence = Text(
        zh="{feature} 的图形无效：{why}{where}。", en="{feature} is not valid: {why}{where}."
    ).format(feature=named(feature), why=reason_of(PLACE.sub("", told)), where=where)
    return BlueprintFinding(
        code=Code.INVALID,
        severity=Severity.FAULT,
        layers=(drawn.layer.code,),
        owners=(drawn.layer.owner,),
        amended=(drawn.layer.code,),
        sentence=sentence,
        remedy=_mending(mended),
        area=abs(mended.change),
        concerned=(Concerned(feature, abs(mended.change)),),
        geometry=point,
    )


def _mending(mended: Mended) -> Text:
    if mended.shape is None:
        return Text(
            zh="无法自动修复，未参与比对；请重新绘制。",
            en="It cannot be repaired and was not compared; draw it again.",
        )
    return Text(
        zh="请在 GIS 中修复，或用 --repair 写出修复副本：面积由 {before:.2f} 变为 {after:.2f} m²（本次按修复后的图形比对）。",
        en="Repair it in the GIS, or write a repaired copy with --repair: its area goes from {before:.2f} to {after:.2f} m² (compared as repaired).",
    ).format(before=mended.before, after=mended.after)


def _duplicates(drawn: DrawnLayer, placed: Shapes) -> Iterator[BlueprintFinding]:
    """Features of a layer whose shapes are the same, wherever their rings start and whichever way they run."""
    there = np.flatnonzero(~(shapely.is_missing(drawn.shapes) | shapely.is_empty(drawn.shapes)))
    if len(there) < 2:
        return
    for rows in _alike(drawn.shapes, there):
        features = [drawn.reference(int(row)) for row in rows]
        shape = placed[rows[0]]
        area = 0.0 if shape is None else float(shapely.area(shape))
        yield BlueprintFinding(
            code=Code.DUPLICATE,
            severity=Severity.FAULT,
            layers=(drawn.layer.code,),
            owners=(drawn.layer.owner,),
            amended=(drawn.layer.code,),
            sentence=Text(
                zh="{count} 个要素的图形完全相同：{features}。",
                en="{count} features have exactly the same shape: {features}.",
            ).format(count=len(rows), features=several(features)),
            remedy=Text(zh="请只保留一个。", en="Keep one of them."),
            area=area,
            concerned=largest_first(Concerned(feature, area) for feature in features),
            geometry=shape,
            count=len(rows),
        )


def _alike(shapes: Shapes, rows: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """Groups of two or more rows with equal shapes; only shapes of equal boxes are looked at closely."""
    _, box, count = np.unique(
        shapely.bounds(shapes[rows]), axis=0, return_inverse=True, return_counts=True
    )
    close = rows[count[box] > 1]
    groups: dict[bytes, list[int]] = defaultdict(list)
    for row, key in zip(close, shapely.to_wkb(shapely.normalize(shapes[close])), strict=True):
        groups[key].append(int(row))
    for group in groups.values():
        if len(group) > 1:
            yield np.array(group)
