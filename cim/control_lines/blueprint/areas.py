"""The areas of several layers in one array, and findings about two that overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray

from cim.blueprint import pair_label
from cim.city import Layer
from cim.control_lines.blueprint.faults import ComparedLayer
from cim.control_lines.blueprint.finding import (
    BlueprintFinding,
    Code,
    Concerned,
    FeatureReference,
    Severity,
    largest_first,
)
from cim.control_lines.blueprint.overlay import Pieces, areal_rows
from cim.control_lines.blueprint.source import Shapes
from cim.control_lines.blueprint.words import named, owners_of, several
from cim.text import Text


@dataclass(frozen=True, slots=True, eq=False)
class Areas:
    """Areas of some layers, in the order of the layers.

    Attributes:
        compared: the layers they come from.
        shapes: shape (N,), valid areas, metres, the city's frame.
        origins: shape (N,), which of `compared`.
        rows: shape (N,), which row of that layer.
    """

    compared: tuple[ComparedLayer, ...]
    shapes: Shapes
    origins: NDArray[np.intp]
    rows: NDArray[np.intp]

    @property
    def layers(self) -> Mapping[str, Layer]:
        """Layers by their codes."""
        return {one.drawn.layer.code: one.drawn.layer for one in self.compared}

    def reference(self, row: int) -> FeatureReference:
        """How to name an area's feature."""
        drawn = self.compared[int(self.origins[row])].drawn
        return drawn.reference(int(self.rows[row]))

    def of_layer(self, code: str) -> NDArray[np.intp]:
        """Rows of a layer; none when the layer is not there."""
        codes = [one.drawn.layer.code for one in self.compared]
        return (
            np.flatnonzero(self.origins == codes.index(code))
            if code in codes
            else np.array([], int)
        )

    def tree(self) -> shapely.STRtree:
        """All areas, to be asked by place."""
        return shapely.STRtree(self.shapes)


def areas_of(compared: Iterable[ComparedLayer]) -> Areas:
    """The areas of layers; lines and points have none and are left out."""
    layers = tuple(compared)
    rows = [areal_rows(layer.shapes) for layer in layers]
    nothing: list[Shapes] = [np.array([], dtype=object)]
    return Areas(
        compared=layers,
        shapes=np.concatenate(
            nothing + [layer.shapes[found] for layer, found in zip(layers, rows, strict=True)]
        ),
        origins=np.repeat(np.arange(len(layers)), [len(found) for found in rows]),
        rows=np.concatenate([np.array([], dtype=np.intp), *rows]),
    )


OVERLAPPED = Text(
    zh="{one} 与 {other} 重叠 {area:.2f} m²。", en="{one} and {other} overlap by {area:.2f} m²."
)
SETTLE = Text(
    zh="请两个图层的主管部门商定边界。",
    en="The departments of both lines agree on where the line runs.",
)
YIELD = Text(
    zh="按约定修改 {layer} 的边界。", en="By the city's rule {layer} yields: amend its line."
)


def pair_findings(
    code: Code,
    areas: Areas,
    one: NDArray[np.intp],
    other: NDArray[np.intp],
    pieces: Pieces,
    yields: str | None = None,
) -> Iterator[BlueprintFinding]:
    """What each two areas share that is no sliver, one finding each.

    Args:
        code: overlap of a partition, or conflict of a prohibited pair.
        areas: holds both of each pair.
        one: rows of the one area of each pair.
        other: rows of the other.
        pieces: their pairs are rows of `one` and `other`.
        yields: the layer that is to be amended; None when either may.
    """
    layers = areas.layers
    reference = cache(areas.reference)  # a zone of a thousand conflicts is named once
    said = cache(named)
    owners = cache(lambda codes: owners_of(layers[layer] for layer in codes))
    remedy = SETTLE if yields is None else YIELD.format(layer=yields)
    for row, shape, area in pieces.whole().by_pair():
        first, second = reference(int(one[row])), reference(int(other[row]))
        if (second.layer, second.fid) < (first.layer, first.fid):
            first, second = second, first
        pair = (first.layer,) if first.layer == second.layer else (first.layer, second.layer)
        amended = pair if yields is None else (yields,)
        yield BlueprintFinding(
            code=code,
            severity=Severity.FAULT,
            layers=pair,
            owners=owners(amended),
            amended=amended,
            sentence=OVERLAPPED.format(one=said(first), other=said(second), area=area),
            remedy=remedy,
            area=area,
            concerned=(Concerned(first, area), Concerned(second, area)),
            geometry=shape,
        )


def sliver_findings(
    slivers: Pieces,
    areas: Areas,
    one: NDArray[np.intp],
    other: NDArray[np.intp],
) -> Iterator[BlueprintFinding]:
    """Slivers between the same two layers as one finding.

    Args:
        slivers: pieces; their pairs are rows of `one` and `other`.
        areas: holds both areas of each pair.
        one: rows of the one area of each pair.
        other: rows of the other.
    """
    by_layers: dict[str, list[int]] = defaultdict(list)
    codes = [layer.drawn.layer.code for layer in areas.compared]
    for piece, pair in enumerate(slivers.pairs.tolist()):
        ends = (codes[areas.origins[one[pair]]], codes[areas.origins[other[pair]]])
        by_layers[pair_label(*ends)].append(piece)
    for pieces in by_layers.values():
        shares: dict[int, float] = defaultdict(float)
        for piece in pieces:
            for row in (int(one[slivers.pairs[piece]]), int(other[slivers.pairs[piece]])):
                shares[row] += float(slivers.areas[piece])
        concerned = largest_first(Concerned(areas.reference(row), m2) for row, m2 in shares.items())
        layers = tuple(sorted({c.feature.layer for c in concerned}))
        area = float(slivers.areas[pieces].sum())
        yield BlueprintFinding(
            code=Code.SLIVER,
            severity=Severity.FAULT,
            layers=layers,
            owners=owners_of(areas.layers[layer] for layer in layers),
            amended=layers,
            sentence=Text(
                zh="{layers} 之间有 {count} 处重叠细条，共 {area:.4f} m²：{features}。",
                en="{count} slivers of overlap between {layers}, {area:.4f} m² in all: {features}.",
            ).format(
                layers=" × ".join(layers),
                count=len(pieces),
                area=area,
                features=several([c.feature for c in concerned]),
            ),
            remedy=Text(
                zh="请让相邻边界共用顶点。", en="Let neighbouring lines share their vertices."
            ),
            area=area,
            concerned=concerned,
            geometry=shapely.multipolygons(slivers.shapes[pieces]),
            count=len(pieces),
        )
