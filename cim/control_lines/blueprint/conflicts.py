"""Layers that must not overlap."""

from __future__ import annotations

from cim.blueprint import ProhibitedPair, SliverLimits
from cim.control_lines.blueprint.areas import areas_of, pair_findings, sliver_findings
from cim.control_lines.blueprint.faults import ComparedLayer
from cim.control_lines.blueprint.finding import BlueprintFinding, Code
from cim.control_lines.blueprint.overlay import overlaps_between, overlaps_within, pieces_of


def judge_pair(
    pair: ProhibitedPair, first: ComparedLayer, second: ComparedLayer, sliver: SliverLimits
) -> list[BlueprintFinding]:
    """Every two features of a prohibited pair that overlap, one finding each; slivers counted in one.

    Args:
        pair: as declared.
        first: the layer it names first.
        second: the other; the same object when the pair is of one layer with itself.
        sliver: when a piece is a sliver.
    """
    if first is second:
        areas = areas_of([first])
        one, other, shared = overlaps_within(areas.shapes)
    else:
        areas = areas_of([first, second])
        ours, theirs = areas.of_layer(pair.first), areas.of_layer(pair.second)
        one, other, shared = overlaps_between(areas.shapes[ours], areas.shapes[theirs])
        one, other = ours[one], theirs[other]
    pieces = pieces_of(shared, sliver)
    return [
        *pair_findings(Code.CONFLICT, areas, one, other, pieces, pair.yields),
        *sliver_findings(pieces.slivers(), areas, one, other),
    ]
