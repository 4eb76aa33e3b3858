"""The self-check of a city's blueprint: everything that is wrong with its control lines, in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from cim.blueprint import TERRAIN, Blueprint
from cim.city import City
from cim.control_lines.blueprint.areas import areas_of
from cim.control_lines.blueprint.conflicts import judge_pair
from cim.control_lines.blueprint.faults import ComparedLayer, judge_layer
from cim.control_lines.blueprint.finding import (
    BlueprintFinding,
    Code,
    Concerned,
    Severity,
    in_order,
    largest_first,
)
from cim.control_lines.blueprint.overlay import areal_rows
from cim.control_lines.blueprint.partition import PartitionLedger, judge_partition
from cim.control_lines.blueprint.source import layers_in, read_drawn
from cim.control_lines.blueprint.words import several
from cim.control_lines.blueprint.worklist import DepartmentWork, worklists
from cim.text import Text


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """What was read of a layer.

    Attributes:
        code, name, owner: as in the catalogue.
        features: in the source.
        compared: of these, could be compared with others.
        area: of these, m2, overlaps counted twice.
    """

    code: str
    name: Text
    owner: Text
    features: int
    compared: int
    area: float


@dataclass(frozen=True, slots=True)
class BlueprintReport:
    """The outcome of a self-check.

    Attributes:
        layers: of the catalogue that the source has, in its order.
        partition: None when no partition is declared or none of its layers can be compared.
        pairs: m2 of overlap of each prohibited pair by its label, slivers included; 0 for one that is kept.
        findings: by code, the largest first.
        work: each department's worklist.
    """

    layers: tuple[LayerFacts, ...]
    partition: PartitionLedger | None
    pairs: Mapping[str, float]
    findings: tuple[BlueprintFinding, ...]
    work: tuple[DepartmentWork, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing has to be amended."""
        return all(finding.severity is not Severity.FAULT for finding in self.findings)


def check_blueprint(
    city: City, *, progress: Callable[[float], None] | None = None
) -> BlueprintReport:
    """Hold a city's control lines against its catalogue and the key ``blueprint`` of its ``city.yaml``.

    Args:
        city: its control lines are read from the source, not from the store, which holds only sound ones.
        progress: called with the share done, 0..1.

    Raises:
        ControlLineError: the source cannot be opened.
        TerrainError: the terrain, when it is the whole of the partition, cannot be read.
    """
    tell = progress or (lambda _: None)
    findings = list(_catalogue(city))
    compared: dict[str, ComparedLayer] = {}
    for number, drawn in enumerate(read_drawn(city), start=1):
        compared[drawn.layer.code], told = judge_layer(drawn, city.frame.projected_crs)
        findings += told
        tell(0.4 * number / len(city.layers))
    findings += _without_area(city.blueprint, compared)
    partition, told = _partition(city, compared)
    findings += told
    tell(0.6)
    pairs: dict[str, float] = {}
    for number, pair in enumerate(city.blueprint.prohibited_pairs, start=1):
        if pair.first in compared and pair.second in compared:
            told = judge_pair(
                pair, compared[pair.first], compared[pair.second], city.blueprint.sliver
            )
            findings += told
            pairs[pair.label] = sum(finding.area or 0.0 for finding in told)
        tell(0.6 + 0.4 * number / len(city.blueprint.prohibited_pairs))
    ordered = in_order(findings)
    return BlueprintReport(
        layers=tuple(_facts(layer) for layer in compared.values()),
        partition=partition,
        pairs=pairs,
        findings=ordered,
        work=worklists(ordered, {layer.code: layer.owner for layer in city.layers}),
    )


def _facts(compared: ComparedLayer) -> LayerFacts:
    layer, shapes = compared.drawn.layer, compared.shapes
    return LayerFacts(
        code=layer.code,
        name=layer.name,
        owner=layer.owner,
        features=len(shapes),
        compared=int((~shapely.is_missing(shapes)).sum()),
        area=float(np.nansum(shapely.area(shapes))),
    )


def _partition(
    city: City, compared: Mapping[str, ComparedLayer]
) -> tuple[PartitionLedger | None, list[BlueprintFinding]]:
    """Hold the declared partition against its whole, as far as its layers are there."""
    declared = city.blueprint.partition
    if not declared:
        return None, []
    whole = _whole(city, compared)
    areas = areas_of(compared[code] for code in declared if code in compared)
    if whole is None or not len(areas.shapes):
        return None, [_undeclared(NO_WHOLE)]
    return judge_partition(areas, whole, city.blueprint)


def _whole(city: City, compared: Mapping[str, ComparedLayer]) -> BaseGeometry | None:
    """What is to be partitioned; None when the layer that says so has no area."""
    within = city.blueprint.within
    if within == TERRAIN:
        return shapely.box(*city.terrain.extent)
    if isinstance(within, str):
        shapes = compared[within].shapes if within in compared else np.array([], dtype=object)
        areal = shapes[areal_rows(shapes)]
        return shapely.union_all(areal) if len(areal) else None
    return shapely.Polygon(within)


def _catalogue(city: City) -> Iterator[BlueprintFinding]:
    """What catalogue and source do not have in common, and what the city does not declare."""
    present = layers_in(city.control_lines_path)
    for layer in city.layers:
        if layer.code not in present:
            yield BlueprintFinding(
                code=Code.MISSING,
                severity=Severity.FAULT,
                layers=(layer.code,),
                owners=(layer.owner,),
                amended=(layer.code,),
                sentence=Text(
                    zh="目录中的图层 {layer} 不在数据源中。",
                    en="layer {layer} of the catalogue is not in the source.",
                ).format(layer=layer.code),
                remedy=Text(
                    zh="补充数据，或从 city.yaml 删除该图层。",
                    en="Add its data, or drop it from city.yaml.",
                ),
                count=0,
            )
    listed = {layer.code for layer in city.layers}
    for name in sorted(set(present) - listed):
        yield BlueprintFinding(
            code=Code.UNLISTED,
            severity=Severity.FAULT,
            layers=(name,),
            owners=(),
            amended=(),
            sentence=Text(
                zh="数据源中的图层 {layer} 不在目录中，任何规则都看不到它。",
                en="layer {layer} of the source is not in the catalogue; no rule sees it.",
            ).format(layer=name),
            remedy=Text(
                zh="在 city.yaml 的 control_lines.layers 中登记，或从数据源删除。",
                en="List it in control_lines.layers of city.yaml, or take it out of the source.",
            ),
        )
    if not city.blueprint.partition:
        yield _undeclared(NO_PARTITION)
    if not city.blueprint.prohibited_pairs:
        yield _undeclared(NO_PAIRS)


NO_PARTITION = Text(
    zh="city.yaml 未声明分区（blueprint.partition），缝隙与重叠未检查。",
    en="city.yaml declares no partition (blueprint.partition); gaps and overlaps were not looked for.",
)
NO_PAIRS = Text(
    zh="city.yaml 未声明互斥图层（blueprint.prohibited_pairs），图层冲突未检查。",
    en="city.yaml declares no prohibited pairs (blueprint.prohibited_pairs); conflicts were not looked for.",
)
NO_WHOLE = Text(
    zh="分区或其整体范围没有可比对的面，缝隙与重叠未检查。",
    en="the partition or its whole has no area that can be compared; gaps and overlaps were not looked for.",
)


def _undeclared(sentence: Text) -> BlueprintFinding:
    return BlueprintFinding(
        code=Code.UNDECLARED,
        severity=Severity.FAULT if sentence is NO_WHOLE else Severity.NOTE,
        layers=(),
        owners=(),
        amended=(),
        sentence=sentence,
        remedy=Text(
            zh="请按 cim/README.md 填写 city.yaml 的 blueprint。",
            en="State it under blueprint in city.yaml (cim/README.md shows how).",
        ),
    )


def _without_area(
    blueprint: Blueprint, compared: Mapping[str, ComparedLayer]
) -> Iterator[BlueprintFinding]:
    """Lines and points where the blueprint compares areas: they would be passed over without a word."""
    areal = {code for pair in blueprint.prohibited_pairs for code in (pair.first, pair.second)}
    areal |= set(blueprint.partition)
    for code, layer in compared.items():
        if code not in areal:
            continue
        there = np.flatnonzero(~shapely.is_missing(layer.shapes))
        rows = np.setdiff1d(there, areal_rows(layer.shapes))
        if not len(rows):
            continue
        features = [layer.drawn.reference(int(row)) for row in rows]
        yield BlueprintFinding(
            code=Code.NO_AREA,
            severity=Severity.FAULT,
            layers=(code,),
            owners=(layer.drawn.layer.owner,),
            amended=(code,),
            sentence=Text(
                zh="{count} 个要素不是面，无法比对面积：{features}。",
                en="{count} features are no areas and were not compared: {features}.",
            ).format(count=len(rows), features=several(features)),
            remedy=Text(zh="请以面绘制。", en="Draw them as areas."),
            concerned=largest_first(Concerned(feature, 0.0) for feature in features),
            geometry=shapely.geometrycollections(list(layer.shapes[rows])),
            count=len(rows),
        )
