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
from bim_checks.line_answers import search_reach
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


@dataclass(frozen=True, slots=True, eq=False)
class BulkAnswers:
    """What one rule says of all outlines, as columns of length K, outline by outline.

    Attributes:
        rule: its identifier.
        outlines: index of the outline.
        outcomes: index into `LADDER` of what it leads to; procedure in the place of fail by the rule's effect.
        features: identifier of the control line in the store; -1 where none is concerned.
        measured, margins, uncertainties: in the rule's unit, m2 or m; NaN where nothing was measured.
    """

    rule: str
    outlines: Indices
    outcomes: Indices
    features: Indices
    measured: Floats
    margins: Floats
    uncertainties: Floats

    def __iter__(self) -> Iterator[BulkAnswer]:
        columns = (self.outlines, self.outcomes, self.features)
        values = (self.measured, self.margins, self.uncertainties)
        for outline, outcome, feature, *numbers in zip(
            *(column.tolist() for column in (*columns, *values)), strict=True
        ):
            known = None if feature < 0 else feature
            yield BulkAnswer(self.rule, outline, LADDER[outcome], known, *numbers)


LADDER = (
    Outcome.PASS,
    Outcome.DISCUSS,
    Outcome.FAIL,
    Outcome.PROCEDURE,
    Outcome.NOT_CHECKABLE,
)
PASSED, DISCUSSED, FAILED, PROCEDURE, UNKNOWN = range(len(LADDER))


def check_outlines(
    outlines: Sequence[BaseGeometry],
    rules: Sequence[Rule],
    city: City,
    lines: LineStore,
    *,
    uncertainty: FrameUncertainty = EXACT,
) -> Iterator[BulkAnswers]:
    """Answer line rules for many outlines.

    Args:
        outlines: footprints or sites, metres, the city's projected frame; valid and not empty.
        rules: of the types in `BULK_RULES`, measured in plan.
        city: its layers.
        lines: its control lines.
        uncertainty: of the outlines' place.

    Yields:
        For every rule, in its order: one answer for every outline, or one for every feature that it is not passed at.

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
        yield BULK_RULES[rule.rule_type](job)


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

    @property
    def broken(self) -> int:
        """What breaking the rule leads to."""
        return PROCEDURE if self.rule.legal_effect is LegalEffect.PROCEDURE else FAILED


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """What was measured of outlines and features, shape (K,) each; the feature is -1 where it is several together."""

    outlines: Indices
    features: Indices
    measured: Floats
    margin: Floats
    uncertainty: Floats

    def outcomes(self, broken: int) -> Indices:
        """As `bim_checks.tolerance.judge` tells them."""
        found = np.full(len(self.margin), broken)
        found[self.margin > -self.uncertainty] = DISCUSSED
        found[self.margin >= self.uncertainty] = PASSED
        found[np.isnan(self.margin)] = UNKNOWN
        return found


def _layer(features: Sequence[ControlFeature], accuracy: float) -> _Layer:
    shapes = objects([feature.geometry for feature in features])
    shapely.prepare(shapes)
    return _Layer(features, shapes, shapely.STRtree(shapes), accuracy)


def _overlap(job: _Job) -> BulkAnswers:
    outlines, features = job.layer.tree.query(job.shapes, predicate="intersects")
    shared = shapely.intersection(job.shapes[outlines], job.layer.shapes[features])
    pairs = _areas(job, outlines, features, shared)
    doubtful: Mapping[int, int] = {}
    if job.horizontal > BOUNDARY_ACCURACY:
        doubtful = _first_of(
            *job.layer.tree.query(job.shapes, predicate="dwithin", distance=job.horizontal)
        )
    return _told(job, pairs, doubtful, largest=True)


def _inside(job: _Job) -> BulkAnswers:
    """Each outline's cover is the feature that shares most with it, or all that its box touches."""
    count, layer = len(job.shapes), job.layer
    outlines, features = layer.tree.query(job.shapes)
    order = np.lexsort([features, outlines])
    outlines, features = outlines[order], features[order]
    shared = shapely.area(shapely.intersection(job.shapes[outlines], layer.shapes[features]))
    home = np.full(count, -1)
    cover = np.full(count, shapely.Polygon(), dtype=object)
    # Written from the smallest share to the largest, the last one stays; of equal shares the first feature.
    best = np.lexsort([-features, shared, outlines])
    home[outlines[best]] = features[best]
    known = np.flatnonzero(home >= 0)
    cover[known] = layer.shapes[home[known]]
    if job.rule.parameters.within == "union":
        inside = shapely.covered_by(job.shapes, cover)
        doubtful_too = job.horizontal > BOUNDARY_ACCURACY
        groups = np.split(features, np.searchsorted(outlines, np.arange(1, count)))
        for i, group in enumerate(groups):
            if len(group) > 1 and (doubtful_too or not inside[i]):
                cover[i] = shapely.union_all(layer.shapes[group])
    pairs = _areas(job, np.arange(count), home, shapely.difference(job.shapes, cover))
    doubtful: dict[int, int] = {}
    if job.horizontal > BOUNDARY_ACCURACY:
        gaps = shapely.distance(job.shapes, shapely.boundary(cover))
        doubtful = {int(i): int(home[i]) for i in np.flatnonzero(gaps < job.horizontal)}
    return _told(job, pairs, doubtful, largest=True)


def _distance(job: _Job) -> BulkAnswers:
    limit = job.rule.parameters.limit
    (outlines, features), gaps = job.layer.tree.query_nearest(
        job.shapes, max_distance=search_reach(limit), all_matches=False, return_distance=True
    )
    limits = np.full(len(gaps), limit)
    return _told(job, _gaps(job, outlines, features, gaps, limits), {}, largest=False)


def _by_kind(job: _Job) -> BulkAnswers:
    said, layer = job.rule.parameters, job.layer
    reach = greatest(said.classes, said.distance) + job.horizontal + layer.accuracy
    stated = [distance_of(f, said.attributes, said.classes, said.distance) for f in layer.features]
    limit = np.array([np.nan if value is None else value for value in stated])
    outlines, features = layer.tree.query(job.shapes, predicate="dwithin", distance=reach)
    gaps = shapely.distance(job.shapes[outlines], layer.shapes[features])
    # A kind that no table knows cannot be told; beyond reach even the widest distance is kept, and how far is not measured.
    pairs = _gaps(job, outlines, features, gaps, limit[features])
    return _told(job, pairs, {}, largest=False)


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


def _told(job: _Job, pairs: _Pairs, doubtful: Mapping[int, int], *, largest: bool) -> BulkAnswers:
    """Every pair that is not passed; else, of every outline, the pair nearest to its limit (`largest`: the largest area)."""
    count, outcomes = len(job.shapes), pairs.outcomes(job.broken)
    rank = -pairs.measured if largest else pairs.margin
    told = np.zeros(count, dtype=np.bool_)
    told[pairs.outlines[outcomes != PASSED]] = True
    order = np.lexsort([rank, pairs.outlines])
    first = order[np.unique(pairs.outlines[order], return_index=True)[1]]
    best = first[~told[pairs.outlines[first]]]
    rows = np.concatenate([np.flatnonzero(outcomes != PASSED), best])
    outlines, features, codes = pairs.outlines[rows], pairs.features[rows], outcomes[rows]
    features = np.where((codes == PASSED) & largest, -1, features)
    strange = codes == UNKNOWN
    values = [
        np.where(strange, np.nan, column[rows])
        for column in (pairs.measured, pairs.margin, pairs.uncertainty)
    ]
    # Outlines that share nothing with any feature: nothing is occupied.
    told[outlines] = True
    rest = np.flatnonzero(~told)
    limit = getattr(job.rule.parameters, "limit", np.nan)
    outlines = np.concatenate([outlines, rest])
    features = np.concatenate([features, np.full(len(rest), -1)])
    codes = np.concatenate([codes, np.full(len(rest), PASSED)])
    fill = (0.0, limit, 0.0) if largest else (np.nan, np.nan, np.nan)
    values = [np.concatenate([v, np.full(len(rest), f)]) for v, f in zip(values, fill, strict=True)]
    for outline, feature in doubtful.items():
        mine = (outlines == outline) & (codes == PASSED)
        codes[mine], features[mine] = DISCUSSED, feature
    identifiers = np.array([*(f.identifier for f in job.layer.features), -1])
    by_outline = np.argsort(outlines, kind="stable")
    return BulkAnswers(
        job.rule.identifier,
        outlines[by_outline],
        codes[by_outline],
        identifiers[features[by_outline]],
        *(column[by_outline] for column in values),
    )


def _first_of(outlines: Indices, features: Indices) -> dict[int, int]:
    """The first feature of each outline."""
    found: dict[int, int] = {}
    for outline, feature in sorted(zip(outlines.tolist(), features.tolist(), strict=True)):
        found.setdefault(outline, feature)
    return found


BULK_RULES: Mapping[str, Callable[[_Job], BulkAnswers]] = {
    "LINE-OVERLAP": _overlap,
    "LINE-INSIDE": _inside,
    "LINE-DISTANCE": _distance,
    "LINE-SANITARY": _by_kind,
    "LINE-BUFFER": _by_kind,
}
