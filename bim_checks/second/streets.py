"""The street wall and the width of facades, measured again: from what triangles reach along and towards a street.

For the wall, the line is divided into cells. In each, what stands farthest out is held between the farthest point of any triangle's edge and
the least that an edge which spans the cell reaches; a cell that these two do not decide is the measure's uncertainty.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bim_checks.finding import Judgement, SecondOpinion
from bim_checks.rule import Rule, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.bodies import are_torn, body_boxes
from bim_checks.second.slices import Slices, reaches, slices_between, starts_of
from cim.compiled import compiled
from cim.text import Text

CELLS = Text(
    zh="将控制线分为 {step:.3f} m 的小段，逐段比较三角面的边",
    en="comparing what the edges of triangles reach in pieces of the line of {step:.3f} m",
)
REACHES = Text(
    zh="由三角面角点在道路方向上的范围逐一相连",
    en="joining what the corners of each body's triangles reach along the street",
)
CELLS_OF_A_LINE = 4096
RESOLUTION = 2e-4  # m; rounding of map coordinates; outlines are united with slits of 1e-6 m closed
NEARLY = 1e-3  # m; a gap or height this close to its threshold may be taken either way


@dataclass(frozen=True, slots=True, eq=False)
class BuiltTo:
    """A line that is built to.

    Attributes:
        starts, ends: of its straight pieces, shape (P, 2), metres.
        street: unit normals towards the street, shape (P, 2).
        tolerance: metres on both sides of the line.
        low, high: the wall lies between these orthogonal heights, metres.
    """

    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    street: NDArray[np.float64]
    tolerance: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A straight piece of a line: a point, unit vectors along it and towards the street, shape (2,), and its length, metres."""

    start: NDArray[np.float64]
    along: NDArray[np.float64]
    street: NDArray[np.float64]
    run: float


@dataclass(frozen=True, slots=True, eq=False)
class Frontage:
    """Facades along a street.

    Attributes:
        start: a point of the street's line, shape (2,), metres.
        along: its unit vector, shape (2,).
        gap: parts with a gap of less are continuous, metres.
        levels: orthogonal heights; what stands above each is looked at by itself.
        steps: heights above ground up to which each width holds, the last infinite, and the widths, metres.
        ground: orthogonal height, metres.
        by_part: whether each level has the width of its own place; else the height of a facade decides.
    """

    start: NDArray[np.float64]
    along: NDArray[np.float64]
    gap: float
    levels: Sequence[float]
    steps: Sequence[tuple[float, float]]
    ground: float
    by_part: bool


def recheck_wall(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """The share of a line that is built to, percent."""
    wall, measurement = judgement.basis, judgement.measurement
    if not isinstance(wall, BuiltTo) or measurement is None:
        return None
    runs = np.linalg.norm(wall.ends - wall.starts, axis=1)
    step = float(runs.sum()) / CELLS_OF_A_LINE
    triangles, owners = scheme.all_triangles
    built, open_ = 0.0, 0.0
    concerned = np.zeros(len(triangles), dtype=np.bool_)
    for start, end, street, run in zip(
        wall.starts, wall.ends, wall.street, runs.tolist(), strict=True
    ):
        out = (triangles[:, :, :2] - start) @ street
        near = (out >= -wall.tolerance - NEARLY).any(axis=1)
        slices = slices_between(triangles[near], owners[near], wall.low, wall.high)
        along = (end - start) / run
        sure, may = _built(slices, Piece(start, along, street, run), wall.tolerance, step)
        built, open_, concerned = built + sure, open_ + may, concerned | near
    share = 100.0 / float(runs.sum())
    measured, half = share * (built + open_ / 2.0), share * (open_ / 2.0 + RESOLUTION)
    if abs(measured - measurement.measured) > half and are_torn(scheme)[owners[concerned]].any():
        return None  # a section of an open body may be closed by lines that no face has
    return SecondOpinion(CELLS.format(step=step), measured, half)


def _built(slices: Slices, piece: Piece, tolerance: float, step: float) -> tuple[float, float]:
    """Metres of a straight piece that certainly are built to, and that may be or not."""
    count = max(math.ceil(piece.run / step), 1)
    size = piece.run / count
    edges = slices.edges[:, :, :2] - piece.start
    places, out = edges @ piece.along, edges @ piece.street
    turned = places[:, 0] > places[:, 1]
    places[turned], out[turned] = places[turned][:, ::-1], out[turned][:, ::-1]
    most, least = np.full(count, -math.inf), np.full(count, -math.inf)
    _reach(places / size, out, most, least)
    # A cell is as uncertain as rounding where what stands farthest out is at the tolerance itself.
    sure = (least >= -tolerance + RESOLUTION) & (most <= tolerance - RESOLUTION)
    not_built = (least > tolerance + RESOLUTION) | (most < -tolerance - RESOLUTION)
    return size * float(sure.sum()), size * float((~sure & ~not_built).sum())


@compiled
def _reach(
    places: NDArray[np.float64],
    out: NDArray[np.float64],
    most: NDArray[np.float64],
    least: NDArray[np.float64],
) -> None:
    """The farthest that any edge reaches in each cell, and the farthest that one which spans the cell reaches all along it."""
    for e in range(places.shape[0]):
        begin, end = places[e, 0], places[e, 1]
        first, last = (
            max(math.floor(begin - 1e-9), 0),
            min(math.floor(end + 1e-9), most.shape[0] - 1),
        )
        rise = (out[e, 1] - out[e, 0]) / (end - begin) if end > begin else 0.0
        for cell in range(first, last + 1):
            if end > begin:
                here = out[e, 0] + rise * (min(max(float(cell), begin), end) - begin)
                there = out[e, 0] + rise * (min(max(cell + 1.0, begin), end) - begin)
            else:
                here, there = out[e, 0], out[e, 1]
            most[cell] = max(most[cell], here, there)
            if begin <= cell and end >= cell + 1.0:
                least[cell] = max(least[cell], min(here, there))


def recheck_frontage(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """The width of the facade with the least room; None where a gap or height is too near to its threshold to tell which that is."""
    frontage, measurement = judgement.basis, judgement.measurement
    if not isinstance(frontage, Frontage) or measurement is None:
        return None
    rows = _rows(scheme, frontage)
    if any(_is_at_threshold(row, frontage) for row in rows):
        return None
    widths = [
        _worst(rows, frontage, frontage.gap + by, measurement.measured) for by in (-NEARLY, NEARLY)
    ]
    low, high = min(widths), max(widths)
    return SecondOpinion(REACHES, (low + high) / 2.0, (high - low) / 2.0 + RESOLUTION)


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """What stands above a height, body by body: from where to where it reaches along the street, and its top, shape (B,) each."""

    level: float
    begin: NDArray[np.float64]
    end: NDArray[np.float64]
    tops: NDArray[np.float64]


def _is_at_threshold(row: _Row, frontage: Frontage) -> bool:
    """Whether a height is too near to where another width holds."""
    ends = [up_to + frontage.ground for up_to, _ in frontage.steps if math.isfinite(up_to)]
    at = [row.level] if frontage.by_part else [row.level, *ends]
    return any((np.abs(row.tops - height) <= 2.0 * NEARLY).any() for height in at)


def _worst(rows: Sequence[_Row], frontage: Frontage, gap: float, claimed: float) -> float:
    """Width of the facade with the least room, of several the one nearest to a width."""
    found: list[tuple[float, float]] = []
    ends = np.array([up_to for up_to, _ in frontage.steps])
    for number, row in enumerate(rows):
        for width, top in _joined(row, gap):
            by_height = int(np.searchsorted(ends, top - frontage.ground))
            step = number if frontage.by_part else by_height
            found.append((frontage.steps[step][1] - width, width))
    least = min(room for room, _ in found)
    worst = [width for room, width in found if room <= least + NEARLY]
    return min(worst, key=lambda width: abs(width - claimed))


def _rows(scheme: Scheme, frontage: Frontage) -> list[_Row]:
    triangles, owners = scheme.all_triangles
    bottom, top = (corner[:, 2] for corner in scheme.triangle_boxes)
    whole = _along(triangles, frontage)
    found = []
    for level in frontage.levels:
        begin = np.full(len(scheme.outlines), math.inf)
        end = np.full(len(scheme.outlines), -math.inf)
        cut = (bottom < level) & (top >= level)
        slices = slices_between(triangles[cut], owners[cut], level, math.inf)
        above = np.flatnonzero(bottom >= level)
        for (least, most), of in (
            ((whole[0][above], whole[1][above]), owners[above]),
            (_along(slices.rings, frontage), slices.owners),
        ):
            starts = starts_of(of)
            if len(starts):
                body = of[starts]
                begin[body] = np.minimum(begin[body], np.minimum.reduceat(least, starts))
                end[body] = np.maximum(end[body], np.maximum.reduceat(most, starts))
        there = np.isfinite(begin)
        tops = body_boxes(scheme)[1][there, 2]
        found.append(_Row(level, begin[there], end[there], tops))
    return found


def _along(
    corners: NDArray[np.float64], frontage: Frontage
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """From where to where triangles or rings, shape (M, C, 3), reach along the street, shape (M,) each, metres."""
    (east, north), start = frontage.along, frontage.start
    return reaches((corners[:, :, 0] - start[0]) * east + (corners[:, :, 1] - start[1]) * north)


def _joined(row: _Row, gap: float) -> list[tuple[float, float]]:
    """Width and top of each continuous row of bodies: one ends where as many have been left behind by the gap as were met."""
    places = np.concatenate([row.end + gap, row.begin])
    change = np.repeat([-1, 1], len(row.begin))
    order = np.argsort(places, kind="stable")
    standing = np.cumsum(change[order])
    last = places[order[standing == 0]] - gap
    of = np.searchsorted(last, row.end - RESOLUTION)
    first, top = np.full(len(last), math.inf), np.full(len(last), -math.inf)
    np.minimum.at(first, of, row.begin)
    np.maximum.at(top, of, row.tops)
    return list(zip((last - first).tolist(), top.tolist(), strict=True))
