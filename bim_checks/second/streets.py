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
from bim_checks.second.bodies import are_torn
from bim_checks.second.slices import Slices, slices_between
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
    widths = [
        _worst(scheme, frontage, frontage.gap + by, measurement.measured)
        for by in (-NEARLY, NEARLY)
    ]
    known = [width for width in widths if width is not None]
    if len(known) < len(widths):
        return None
    low, high = min(known), max(known)
    return SecondOpinion(REACHES, (low + high) / 2.0, (high - low) / 2.0 + RESOLUTION)


def _worst(scheme: Scheme, frontage: Frontage, gap: float, claimed: float) -> float | None:
    """Width of the facade with the least room, of several the one nearest to a width; None where a height is at a threshold."""
    found: list[tuple[float, float]] = []
    triangles, owners = scheme.all_triangles
    for number, level in enumerate(frontage.levels):
        slices = slices_between(triangles, owners, level, math.inf)
        begin, end, tops = _reaches(slices, frontage)
        if (np.abs(tops - level) <= 2.0 * NEARLY).any():
            return None
        for width, top in _joined(begin, end, tops, gap):
            ends = np.array([up_to for up_to, _ in frontage.steps])
            height = top - frontage.ground
            if not frontage.by_part and (np.abs(ends - height) <= NEARLY).any():
                return None
            step = number if frontage.by_part else int(np.searchsorted(ends, height))
            found.append((frontage.steps[step][1] - width, width))
    if not found:
        return None
    least = min(room for room, _ in found)
    worst = [width for room, width in found if room <= least + NEARLY]
    return min(worst, key=lambda width: abs(width - claimed))


def _reaches(
    slices: Slices, frontage: Frontage
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """From where to where each body reaches along the street, and its top, shape (B,) each."""
    ids, of = np.unique(slices.owners, return_inverse=True)
    places = (slices.rings[:, :, :2] - frontage.start) @ frontage.along
    begin, end = np.full(len(ids), math.inf), np.full(len(ids), -math.inf)
    tops = np.full(len(ids), -math.inf)
    np.minimum.at(begin, of, places.min(axis=1))
    np.maximum.at(end, of, places.max(axis=1))
    np.maximum.at(tops, of, slices.rings[:, :, 2].max(axis=1))
    return begin, end, tops


def _joined(
    begin: NDArray[np.float64], end: NDArray[np.float64], tops: NDArray[np.float64], gap: float
) -> list[tuple[float, float]]:
    """Width and top of each continuous row of bodies: one ends where as many have been left behind by the gap as were met."""
    places = np.concatenate([end + gap, begin])
    change = np.repeat([-1, 1], len(begin))
    order = np.argsort(places, kind="stable")
    standing = np.cumsum(change[order])
    last = places[order[standing == 0]] - gap
    row = np.searchsorted(last, end - RESOLUTION)
    found = []
    for number, final in enumerate(last.tolist()):
        mine = row == number
        found.append((final - float(begin[mine].min()), float(tops[mine].max())))
    return found
