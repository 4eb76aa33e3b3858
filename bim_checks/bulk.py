"""Many outlines against many line rules at once: a district's parcels, or all submissions when a line has moved.

The numbers are those of the single check: the same areas without slivers, the same distances, uncertainties and outcomes. There is
no second measuring, no element and no sentence: what comes out other than a pass is to be checked singly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.distance_table import distance_of, greatest
from bim_checks.finding import LegalEffect, Outcome
from bim_checks.rule import Rule
from bim_checks.tolerance import BOUNDARY_ACCURACY, CONTACT, LENGTH_UNCERTAINTY
from cim.bodies import objects
from cim.city import City
from cim.control_lines.feature import ControlFeature
from cim.control_lines.store import LineStore
from cim.frame import EXACT, FrameUncertainty

Shapes = NDArray[np.object_]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BulkAnswer:
    """What one rule says of one outline and, where it is not a pass, of one feature.

    Attributes:
        rule: its identifier.
        outline: index of the outline.
        outcome: before the rule's status is considered.
        feature: identifier of the control line in the store; None where none is concerned.
        measured, margin, uncertainty: in the rule's unit, m2 or m; NaN where nothing was measured.
    """

    rule: str
    outline: int
    outcome: Outcome
    feature: int | None
    measured: float
    margin: float
    uncertainty: float


def check_outlines(
    outlines: Sequence[BaseGeometry],
    rules: Sequence[Rule],
    city: City,
    lines: LineStore,
    *,
    uncertainty: FrameUncertainty = EXACT,
) -> Iterator[BulkAnswer]:
    """Answer line rules for many outlines.

    Args:
        outlines: footprints or sites, metres, the city's projected frame; valid and not empty.
        rules: of the types in `BULK_RULES`, measured in plan.
        city: its layers.
        lines: its control lines.
        uncertainty: of the outlines' place.

    Yields:
        For every rule, in its order, and every outline one answer, or one for every feature that is not passed.

    Raises:
        ValueError: a rule cannot be answered from outlines alone.
    """
    shapes = objects(list(outlines))
    known: dict[str, _Layer] = {}
    for rule in rules:
        check = BULK_RULES.get(rule.rule_type)
        if check is None or getattr(rule.parameters, "measured", "plan") != "plan":
            raise ValueError(rule.identifier)
    for rule in rules:
        code = rule.parameters.layer
        if code not in known:
            known[code] = _layer(lines.features(code), city.layer(code).accuracy)
        job = _Job(rule, shapes, known[code], uncertainty.horizontal)
        yield from BULK_RULES[rule.rule_type](job) if len(shapes) else ()


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    features: Sequence[ControlFeature]
    shapes: Shapes
    tree: shapely.STRtree
    accuracy: float


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    rule: Rule
    shapes: Shapes
    layer: _Layer
    horizontal: float

    def answer(
        self,
        outline: int,
        outcome: Outcome,
        feature: int | None = None,
        values: tuple[float, float, float] = (np.nan, np.nan, np.nan),
    ) -> BulkAnswer:
        identifier = None if feature is None else self.layer.features[feature].identifier
        return BulkAnswer(self.rule.identifier, outline, outcome, identifier, *values)


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """What was measured of outlines and features, shape (K,) each; the feature is -1 where it is several together."""

    outlines: Indices
    features: Indices
    measured: Floats
    margin: Floats
    uncertainty: Floats

    def outcomes(self, effect: LegalEffect) -> list[Outcome]:
        """As `bim_checks.tolerance.judge` tells them."""
        broken = Outcome.PROCEDURE if effect is LegalEffect.PROCEDURE else Outcome.FAIL
        ladder = (Outcome.PASS, Outcome.DISCUSS, broken)
        steps = (self.margin < self.uncertainty).astype(np.int64)
        steps += self.margin <= -self.uncertainty
        # What is certain and exactly at its limit passes, as for one alone.
        steps[self.margin >= self.uncertainty] = 0
        return [ladder[step] for step in steps.tolist()]


def _layer(features: Sequence[ControlFeature], accuracy: float) -> _Layer:
    shapes = objects([feature.geometry for feature in features])
    shapely.prepare(shapes)
    return _Layer(features, shapes, shapely.STRtree(shapes), accuracy)


def _overlap(job: _Job) -> Iterator[BulkAnswer]:
    outlines, features = job.layer.tree.query(job.shapes, predicate="intersects")
    shared = shapely.intersection(job.shapes[outlines], job.layer.shapes[features])
    pairs = _areas(job, outlines, features, shared)
    doubtful: Mapping[int, int] = {}
    if job.horizontal > BOUNDARY_ACCURACY:
        doubtful = _first_of(
            *job.layer.tree.query(job.shapes, predicate="dwithin", distance=job.horizontal)
        )
    yield from _told(job, pairs, doubtful, largest=True)


def _inside(job: _Job) -> Iterator[BulkAnswer]:
    count = len(job.shapes)
    outlines, features = job.layer.tree.query(job.shapes, predicate="covered_by")
    home = np.full(count, -1)
    home[outlines] = features
    outside = np.full(count, shapely.Polygon(), dtype=object)
    covers: dict[int, BaseGeometry] = {}
    for i in np.flatnonzero(home < 0):
        near = np.sort(job.layer.tree.query(shapely.box(*job.shapes[i].bounds)))
        areas = shapely.area(shapely.intersection(job.layer.shapes[near], job.shapes[i]))
        cover = shapely.union_all(job.layer.shapes[near])
        if len(near) and job.rule.parameters.within == "one":
            home[i] = near[int(areas.argmax())]
            cover = job.layer.shapes[home[i]]
        covers[int(i)] = cover
        outside[i] = shapely.difference(job.shapes[i], cover)
    pairs = _areas(job, np.arange(count), home, outside)
    doubtful: dict[int, int] = {}
    if job.horizontal > BOUNDARY_ACCURACY:
        for i in range(count):
            cover = covers.get(i)
            if cover is None:
                near = np.sort(job.layer.tree.query(shapely.box(*job.shapes[i].bounds)))
                alone = job.rule.parameters.within == "one"
                cover = (
                    job.layer.shapes[home[i]]
                    if alone
                    else shapely.union_all(job.layer.shapes[near])
                )
            if job.shapes[i].distance(cover.boundary) < job.horizontal:
                doubtful[i] = int(home[i])
    yield from _told(job, pairs, doubtful, largest=True)


def _distance(job: _Job) -> Iterator[BulkAnswer]:
    if not len(job.layer.features):
        yield from (job.answer(i, Outcome.NOT_CHECKABLE) for i in range(len(job.shapes)))
        return
    (outlines, features), gaps = job.layer.tree.query_nearest(
        job.shapes, all_matches=False, return_distance=True
    )
    limits = np.full(len(gaps), job.rule.parameters.limit)
    yield from _told(job, _gaps(job, outlines, features, gaps, limits), {}, largest=False)


def _by_kind(job: _Job) -> Iterator[BulkAnswer]:
    said, layer = job.rule.parameters, job.layer
    if not len(layer.features):
        yield from (job.answer(i, Outcome.NOT_CHECKABLE) for i in range(len(job.shapes)))
        return
    widest = greatest(said.classes, said.distance)
    reach = widest + job.horizontal + layer.accuracy
    stated = [distance_of(f, said.attributes, said.classes, said.distance) for f in layer.features]
    limit = np.array([np.nan if value is None else value for value in stated])
    outlines, features = layer.tree.query(job.shapes, predicate="dwithin", distance=reach)
    known = np.isfinite(limit[features])
    unknown: dict[int, list[int]] = {}
    for outline, feature in zip(outlines[~known].tolist(), features[~known].tolist(), strict=True):
        unknown.setdefault(outline, []).append(feature)
    outlines, features = outlines[known], features[known]
    alone = np.setdiff1d(np.arange(len(job.shapes)), np.union1d(outlines, list(unknown)))
    (places, nearest), _ = layer.tree.query_nearest(
        job.shapes[alone], all_matches=False, return_distance=True
    )
    outlines = np.concatenate([outlines, alone[places]])
    features = np.concatenate([features, nearest])
    gaps = shapely.distance(job.shapes[outlines], layer.shapes[features])
    limits = np.where(np.isfinite(limit[features]), limit[features], widest)
    pairs = _gaps(job, outlines, features, gaps, limits)
    yield from _told(job, pairs, {}, largest=False, unknown=unknown)


def _areas(job: _Job, outlines: Indices, features: Indices, shapes: Shapes) -> _Pairs:
    """Areas of the parts wider than contact, and what they are known to."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    flat = shapely.get_type_id(parts) == int(shapely.GeometryType.POLYGON)
    parts, owner = parts[flat], owner[flat]
    wide = ~shapely.is_empty(shapely.buffer(parts, -CONTACT / 2.0))
    parts, owner = parts[wide], owner[wide]
    area = np.bincount(owner, shapely.area(parts), minlength=len(shapes)).astype(np.float64)
    half = np.bincount(owner, shapely.length(parts), minlength=len(shapes)) / 2.0
    doubt = half * (job.horizontal + CONTACT + job.layer.accuracy)
    return _Pairs(outlines, features, area, job.rule.parameters.limit - area, doubt)


def _gaps(job: _Job, outlines: Indices, features: Indices, gaps: Floats, limits: Floats) -> _Pairs:
    doubt = np.full(len(gaps), job.horizontal + LENGTH_UNCERTAINTY + job.layer.accuracy)
    return _Pairs(outlines, features, gaps, gaps - limits, doubt)


def _told(
    job: _Job,
    pairs: _Pairs,
    doubtful: Mapping[int, int],
    *,
    largest: bool,
    unknown: Mapping[int, Sequence[int]] | None = None,
) -> Iterator[BulkAnswer]:
    """Every pair that is not passed; else, of every outline, the pair nearest to its limit (`largest`: the largest area)."""
    outcomes = pairs.outcomes(job.rule.legal_effect)
    values = np.column_stack([pairs.measured, pairs.margin, pairs.uncertainty])
    order = np.lexsort([-pairs.measured if largest else pairs.margin, pairs.outlines])
    rows: dict[int, list[int]] = {}
    for k in order.tolist():
        rows.setdefault(int(pairs.outlines[k]), []).append(k)
    for outline in range(len(job.shapes)):
        mine = rows.get(outline, [])
        broken = [k for k in mine if outcomes[k] is not Outcome.PASS]
        strange = [] if unknown is None else unknown.get(outline, [])
        for k in broken:
            feature = int(pairs.features[k])
            yield job.answer(
                outline, outcomes[k], feature if feature >= 0 else None, tuple(values[k].tolist())
            )
        for feature in strange:
            yield job.answer(outline, Outcome.NOT_CHECKABLE, feature)
        if broken or strange:
            continue
        best = tuple(values[mine[0]].tolist()) if mine else (0.0, job.rule.parameters.limit, 0.0)
        if outline in doubtful:
            yield job.answer(outline, Outcome.DISCUSS, doubtful[outline], best)
        else:
            feature = int(pairs.features[mine[0]]) if mine and not largest else -1
            yield job.answer(outline, Outcome.PASS, feature if feature >= 0 else None, best)


def _first_of(outlines: Indices, features: Indices) -> dict[int, int]:
    """The first feature of each outline."""
    found: dict[int, int] = {}
    for outline, feature in sorted(zip(outlines.tolist(), features.tolist(), strict=True)):
        found.setdefault(outline, feature)
    return found


BULK_RULES: Mapping[str, Callable[[_Job], Iterator[BulkAnswer]]] = {
    "LINE-OVERLAP": _overlap,
    "LINE-INSIDE": _inside,
    "LINE-DISTANCE": _distance,
    "LINE-SANITARY": _by_kind,
    "LINE-BUFFER": _by_kind,
}
