"""Whether the top-level lines cover the whole once each: gaps, overlaps, what lies beyond, and the sum that shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.blueprint import Blueprint
from cim.city import Layer
from cim.control_lines.blueprint.areas import Areas, pair_findings, sliver_findings
from cim.control_lines.blueprint.finding import (
    BlueprintFinding,
    Code,
    Concerned,
    FeatureReference,
    Severity,
    largest_first,
)
from cim.control_lines.blueprint.overlay import Pieces, overlaps_within, pieces_of
from cim.control_lines.blueprint.source import Shapes
from cim.control_lines.blueprint.words import owners_of, several
from cim.text import Text

BESIDE = 1e-3  # m; a line this near to a gap bounds it


@dataclass(frozen=True, slots=True)
class Share:
    """What one layer of a partition covers: features and m2, overlaps within the layer counted twice."""

    layer: str
    features: int
    area: float


@dataclass(frozen=True, slots=True)
class PartitionLedger:
    """The areas of a partition against its whole, all in m2.

    Attributes:
        shares: of each layer, in the order of the partition.
        whole: what is to be partitioned.
        gap: of the whole, covered by nothing.
        overlap: covered more than once, counted once for each time too many.
        excess: covered, beyond the whole; counted once.
        sliver_gaps, sliver_overlaps: how many pieces of both are slivers.
    """

    shares: tuple[Share, ...]
    whole: float
    gap: float
    overlap: float
    excess: float
    sliver_gaps: int
    sliver_overlaps: int

    @property
    def total(self) -> float:
        """Sum of the layers' areas."""
        return sum(share.area for share in self.shares)

    @property
    def imbalance(self) -> float:
        """Sum and gap less overlap, excess and whole: zero but for rounding, for each is computed by itself."""
        return self.total + self.gap - self.overlap - self.excess - self.whole


def judge_partition(
    areas: Areas, whole: BaseGeometry, blueprint: Blueprint
) -> tuple[PartitionLedger, list[BlueprintFinding]]:
    """Hold the layers of a partition against their whole.

    Args:
        areas: of the partition's layers.
        whole: valid, metres, the city's frame.
        blueprint: names the layers and the limits of slivers.
    """
    united = shapely.union_all(areas.shapes)
    limits = blueprint.sliver
    gaps = pieces_of(_one(shapely.difference(whole, united)), limits)
    excess = pieces_of(_one(shapely.difference(united, whole)), limits)
    one, other, shared = overlaps_within(areas.shapes)
    overlaps = pieces_of(shared, limits)
    sizes = shapely.area(areas.shapes)
    ledger = PartitionLedger(
        shares=tuple(_share(code, areas, sizes) for code in blueprint.partition),
        whole=float(whole.area),
        gap=float(gaps.areas.sum()),
        overlap=float(sizes.sum() - united.area),
        excess=float(excess.areas.sum()),
        sliver_gaps=int(gaps.thin.sum()),
        sliver_overlaps=int(overlaps.thin.sum()),
    )
    findings = [
        *_gaps(gaps.whole(), areas),
        *_excess(excess.whole(), areas),
        *pair_findings(Code.OVERLAP, areas, one, other, overlaps),
        *_thin(Code.SLIVER_GAP, gaps.slivers(), areas, GAP_SLIVERS),
        *_thin(Code.SLIVER_EXCESS, excess.slivers(), areas, EXCESS_SLIVERS),
        *sliver_findings(overlaps.slivers(), areas, one, other),
    ]
    return ledger, findings


def _one(shape: BaseGeometry) -> Shapes:
    return np.array([shape], dtype=object)


def _share(code: str, areas: Areas, sizes: NDArray[np.float64]) -> Share:
    rows = areas.of_layer(code)
    return Share(code, len(rows), float(sizes[rows].sum()))


GAP_SLIVERS = Text(
    zh="分区之间有 {count} 处细缝，共 {area:.4f} m²：{features}。",
    en="{count} slivers between the parts are covered by none, {area:.4f} m² in all: {features}.",
)
EXCESS_SLIVERS = Text(
    zh="分区有 {count} 处细条超出整体范围，共 {area:.4f} m²：{features}。",
    en="{count} slivers of the parts reach beyond the whole, {area:.4f} m² in all: {features}.",
)


def _gaps(gaps: Pieces, areas: Areas) -> Iterator[BlueprintFinding]:
    for shape, area, concerned in _with_neighbours(gaps, areas):
        yield _beside(
            Code.GAP,
            areas,
            concerned,
            shape,
            area,
            sentence=Text(
                zh="有 {area:.2f} m² 不属于任何分区，相邻：{features}。",
                en="{area:.2f} m² belong to no part; beside it: {features}.",
            ),
            remedy=Text(
                zh="请相邻部门商定归属并补齐边界。",
                en="The departments beside it agree on who takes it and close their lines.",
            ),
        )


def _excess(excess: Pieces, areas: Areas) -> Iterator[BlueprintFinding]:
    for shape, area, concerned in _with_neighbours(excess, areas):
        yield _beside(
            Code.EXCESS,
            areas,
            concerned,
            shape,
            area,
            sentence=Text(
                zh="有 {area:.2f} m² 超出整体范围：{features}。",
                en="{area:.2f} m² reach beyond the whole: {features}.",
            ),
            remedy=Text(
                zh="请裁到整体范围，或更正 blueprint.within。",
                en="Cut the lines at the whole, or correct blueprint.within.",
            ),
        )


def _thin(code: Code, pieces: Pieces, areas: Areas, sentence: Text) -> Iterator[BlueprintFinding]:
    """All slivers along the same layers as one finding."""
    found: dict[tuple[str, ...], list[tuple[BaseGeometry, float, tuple[Concerned, ...]]]] = {}
    for shape, area, concerned in _with_neighbours(pieces, areas):
        layers = tuple(sorted({one.feature.layer for one in concerned}))
        found.setdefault(layers, []).append((shape, area, concerned))
    for members in found.values():
        shares: dict[FeatureReference, float] = defaultdict(float)
        for _, _, concerned in members:
            for one in concerned:
                shares[one.feature] += one.area
        yield _beside(
            code,
            areas,
            largest_first(Concerned(feature, m2) for feature, m2 in shares.items()),
            shapely.multipolygons([shape for shape, _, _ in members]),
            sum(area for _, area, _ in members),
            sentence=sentence,
            remedy=Text(
                zh="请让相邻边界共用顶点。", en="Let neighbouring lines share their vertices."
            ),
            count=len(members),
        )


def _with_neighbours(
    pieces: Pieces, areas: Areas
) -> Iterator[tuple[BaseGeometry, float, tuple[Concerned, ...]]]:
    """Each piece with its area and the features along it."""
    beside: Mapping[int, list[int]] = {row: [] for row in range(len(pieces.shapes))}
    rows, features = areas.tree().query(pieces.shapes, predicate="dwithin", distance=BESIDE)
    for row, feature in zip(rows.tolist(), features.tolist(), strict=True):
        beside[row].append(feature)
    for row, shape in enumerate(pieces.shapes):
        area = float(pieces.areas[row])
        concerned = (Concerned(areas.reference(one), area) for one in beside[row])
        yield shape, area, largest_first(concerned)


def _beside(
    code: Code,
    areas: Areas,
    concerned: Sequence[Concerned],
    shape: BaseGeometry,
    area: float,
    *,
    sentence: Text,
    remedy: Text,
    count: int = 1,
) -> BlueprintFinding:
    layers = tuple(sorted({one.feature.layer for one in concerned}))
    # A gap that nothing bounds is every department's.
    acting: Sequence[Layer] = [areas.layers[code] for code in layers] or list(areas.layers.values())
    named = [one.feature for one in concerned]
    return BlueprintFinding(
        code=code,
        severity=Severity.FAULT,
        layers=layers or tuple(sorted(areas.layers)),
        owners=owners_of(acting),
        amended=layers or tuple(sorted(areas.layers)),
        sentence=sentence.format(area=area, count=count, features=several(named) if named else "—"),
        remedy=remedy,
        area=area,
        concerned=tuple(concerned),
        geometry=shape,
        count=count,
    )
