"""In which CRS a layer is, and how it is brought into the city's for comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from cim.control_lines.blueprint.extent import (
    degrees,
    exchanged,
    extent_of,
    inside,
    with_zone,
    without_zone,
)
from cim.control_lines.blueprint.finding import (
    BlueprintFinding,
    Code,
    Concerned,
    Severity,
    largest_first,
)
from cim.control_lines.blueprint.source import DrawnLayer, Shapes
from cim.control_lines.blueprint.words import several
from cim.crs import CrsOperation, operation_between, same_crs, understand_crs
from cim.text import Text


@dataclass(frozen=True, slots=True, eq=False)
class PlacedLayer:
    """A layer in the city's frame.

    Attributes:
        shapes: shape (N,); None where there is none, or where its numbers are no place in the layer's CRS.
        findings: of CRS and place.
    """

    shapes: Shapes
    findings: tuple[BlueprintFinding, ...]


def place_layer(drawn: DrawnLayer, projected_crs: str) -> PlacedLayer:
    """Bring a layer into the city's frame, and tell what stands in the way.

    A layer of another CRS is taken over by one named PROJ operation; one whose numbers fit the city's CRS and not the one
    it names is taken for a wrong label; where neither helps, the layer is left out of all comparisons, and told so.

    Args:
        drawn: as the source has it.
        projected_crs: the city's.
    """
    city = CRS.from_user_input(projected_crs)
    bounds = shapely.bounds(drawn.shapes)
    there = np.isfinite(bounds).all(axis=1)
    stated = understand_crs(drawn.crs) if drawn.crs else None
    if stated is not None and same_crs(stated.horizontal, city):
        return _in_place(drawn, drawn.shapes, bounds, there, city, ())
    if stated is None or _only_fits(bounds[there], city, stated.horizontal):
        told = _mislabelled(drawn, projected_crs)
        return _in_place(drawn, drawn.shapes, bounds, there, city, (told,))
    operation = operation_between(stated.horizontal, city, None)
    told = _elsewhere(drawn, projected_crs, operation)
    if not isinstance(operation, CrsOperation):
        return PlacedLayer(np.full(len(drawn.shapes), None), (told,))
    placed = _in_place(drawn, drawn.shapes, bounds, there, stated.horizontal, (told,))
    return _in_city(drawn, placed, operation, city)


def _in_place(
    drawn: DrawnLayer,
    shapes: Shapes,
    bounds: NDArray[np.float64],
    there: NDArray[np.bool_],
    crs: CRS,
    findings: tuple[BlueprintFinding, ...],
) -> PlacedLayer:
    """Leave out what lies where the CRS has no meaning."""
    extent = extent_of(crs)
    if extent is None:
        return PlacedLayer(shapes, findings)
    away = there & ~inside(bounds, extent)
    kept = shapes.copy()
    kept[away] = None
    return PlacedLayer(kept, (*findings, *_slips(drawn, bounds, away, crs)))


def _only_fits(bounds: NDArray[np.float64], city: CRS, stated: CRS) -> bool:
    """Whether the numbers of a layer lie in the city's CRS and not in the one it names."""
    here, there = extent_of(city), extent_of(stated)
    if here is None or there is None or len(bounds) == 0:
        return False
    return bool(inside(bounds, here).all() and not inside(bounds, there).any())


def _in_city(
    drawn: DrawnLayer, placed: PlacedLayer, operation: CrsOperation, city: CRS
) -> PlacedLayer:
    """Take shapes over; what does not arrive where the city's CRS is used is left out and told."""
    moved: Shapes = shapely.transform(placed.shapes, operation.apply)
    bounds = shapely.bounds(moved)
    arrived = np.isfinite(bounds).all(axis=1)
    extent = extent_of(city)
    if extent is not None:
        arrived &= inside(bounds, extent)
    lost = np.flatnonzero(~(shapely.is_missing(moved) | shapely.is_empty(moved)) & ~arrived)
    if not len(lost):
        return PlacedLayer(moved, placed.findings)
    moved[lost] = None
    return PlacedLayer(moved, (*placed.findings, _outside(drawn, lost, UNEXPLAINED)))


def _mislabelled(drawn: DrawnLayer, projected_crs: str) -> BlueprintFinding:
    if drawn.crs:
        sentence = Text(
            zh="图层 {layer} 标注的坐标系 {found} 无法理解或与坐标值不符；本次按 {city} 比对。",
            en="layer {layer} names the CRS {found}, which is unknown or does not fit its numbers; compared as {city}.",
        )
    else:
        sentence = Text(
            zh="图层 {layer} 没有坐标系；本次按 {city} 比对。",
            en="layer {layer} names no CRS; compared as {city}.",
        )
    remedy = Text(
        zh="确认后用 ogr2ogr -a_srs {city} 标注坐标系。",
        en="Once confirmed, name it with ogr2ogr -a_srs {city}.",
    )
    return _of_layer(drawn, sentence, remedy, projected_crs)


def _elsewhere(drawn: DrawnLayer, projected_crs: str, operation: object) -> BlueprintFinding:
    if isinstance(operation, CrsOperation):
        sentence = Text(
            zh="图层 {layer} 的坐标系是 {found}，城市使用 {city}；本次经“{way}”转换后比对。",
            en="layer {layer} is in {found}, the city in {city}; compared after the operation {way}.",
        )
        way = operation.name
    else:
        sentence = Text(
            zh="图层 {layer} 的坐标系是 {found}，无法可靠转换到 {city}（{way}）；未参与任何比对。",
            en="layer {layer} is in {found}, from which no sound way leads to {city} ({way}); it was compared with nothing.",
        )
        way = str(operation)
    remedy = Text(
        zh="请用 ogr2ogr -t_srs {city} 转换。", en="Convert it with ogr2ogr -t_srs {city}."
    )
    return _of_layer(drawn, sentence, remedy, projected_crs, way=way)


def _of_layer(
    drawn: DrawnLayer, sentence: Text, remedy: Text, projected_crs: str, way: str = ""
) -> BlueprintFinding:
    known = understand_crs(drawn.crs) if drawn.crs else None
    found = (known.code or known.name) if known is not None else drawn.crs
    return BlueprintFinding(
        code=Code.CRS,
        severity=Severity.FAULT,
        layers=(drawn.layer.code,),
        owners=(drawn.layer.owner,),
        amended=(drawn.layer.code,),
        sentence=sentence.format(layer=drawn.layer.code, found=found, city=projected_crs, way=way),
        remedy=remedy.format(city=projected_crs),
        count=len(drawn.shapes),
    )


EXCHANGED = Text(zh="东坐标与北坐标互换", en="easting and northing are exchanged")
PREFIX_TOO_MANY = Text(zh="东坐标多了带号", en="the eastings have a zone number too many")
PREFIX_MISSING = Text(zh="东坐标缺少带号", en="the eastings lack their zone number")
DEGREES = Text(zh="数值像经纬度", en="the numbers look like degrees")
UNEXPLAINED = Text(zh="原因不明", en="no usual slip explains it")
EXCHANGE = Text(
    zh="请交换两列坐标后重新导入。", en="Exchange the two coordinates and import it again."
)
CORRECT = Text(zh="请核对坐标与坐标系。", en="Check the coordinates against the CRS.")


def _slips(
    drawn: DrawnLayer, bounds: NDArray[np.float64], away: NDArray[np.bool_], crs: CRS
) -> Iterator[BlueprintFinding]:
    """One finding for each slip that explains why shapes lie outside, the simplest slip first."""
    extent = extent_of(crs)
    if extent is None:
        return
    left = away.copy()
    for slip, explained in (
        (EXCHANGED, inside(exchanged(bounds), extent)),
        (PREFIX_TOO_MANY, inside(without_zone(bounds), extent)),
        (PREFIX_MISSING, inside(with_zone(bounds, crs), extent)),
        (DEGREES, degrees(bounds)),
        (UNEXPLAINED, np.ones(len(bounds), dtype=bool)),
    ):
        rows = np.flatnonzero(left & explained)
        left &= ~explained
        if len(rows):
            yield _outside(drawn, rows, slip)


def _outside(drawn: DrawnLayer, rows: NDArray[np.intp], slip: Text) -> BlueprintFinding:
    features = [drawn.reference(int(row)) for row in rows]
    swapped = slip is EXCHANGED
    return BlueprintFinding(
        code=Code.SWAPPED if swapped else Code.OUTSIDE,
        severity=Severity.FAULT,
        layers=(drawn.layer.code,),
        owners=(drawn.layer.owner,),
        amended=(drawn.layer.code,),
        sentence=Text(
            zh="{count} 个图形位于坐标系的适用范围之外：{slip}（{features}）；未参与比对。",
            en="{count} shapes lie outside the area of the CRS: {slip} ({features}); they were not compared.",
        ).format(count=len(rows), slip=slip, features=several(features)),
        remedy=EXCHANGE if swapped else CORRECT,
        concerned=largest_first(Concerned(feature, 0.0) for feature in features),
        count=len(rows),
    )
