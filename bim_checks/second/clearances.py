"""Setbacks and projections, measured again: from the triangles between two heights to a line, and how deep they reach beyond it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, SecondOpinion
from bim_checks.rule import Rule, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.bodies import are_torn, body_boxes, triangles_near, triangles_of
from bim_checks.second.depths import TOUCHING, Beyond, reach_beyond
from bim_checks.second.edges import nearest_edges
from bim_checks.second.rings import distances, lie_inside, sides_of
from bim_checks.second.slices import Slices, slices_between
from cim.text import Text

CORNERS = Text(
    zh="由高度范围内三角面的边与角点逐一量取",
    en="measuring from each edge and corner of the triangles between those heights",
)
RESOLUTION = 2e-4  # m; outlines are united with slits of 1e-6 m closed, and boxes of map coordinates hold 1e-9 m
AROUND = 1.0  # m beyond the claimed distance; nothing farther off can be the nearest


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What a distance is kept from.

    Attributes:
        line: to measure to, metres: an area, or one edge of `parcel`.
        parcel: what is to be kept to; None where `line` is to be kept out of.
        low, high: what lies between these orthogonal heights counts, metres.
    """

    line: BaseGeometry
    parcel: BaseGeometry | None
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Over:
    """What something projects over.

    Attributes:
        zone: the area to be kept to, or out of, metres.
        inside: whether it is to be kept to.
        elements: indices of the outlines that project together; None for all.
    """

    zone: BaseGeometry
    inside: bool
    elements: tuple[int, ...] | None = None


def recheck_setback(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """The distance kept, or how deep the deepest corner lies beyond; None where it cannot be told from triangles alone."""
    kept = judgement.basis
    if not isinstance(kept, Kept) or judgement.measurement is None:
        return None
    least, most = _beyond(scheme, kept)
    if most > TOUCHING:
        # Whether it only touches or reaches beyond may be open: then it keeps no distance either way.
        least = least if least > TOUCHING else 0.0
        return _between(-most, -least)
    sides = sides_of(kept.line)
    reach = max(judgement.measurement.measured, 0.0) + AROUND
    triangles, owners = triangles_near(scheme, sides, reach)
    apart = min(nearest_edges(triangles, sides, kept.low, kept.high), reach)
    if apart > judgement.measurement.measured + RESOLUTION and are_torn(scheme)[owners].any():
        return None  # a section of an open body may be closed by lines that no face has
    return SecondOpinion(CORNERS, apart, RESOLUTION)


def recheck_projection(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """How deep the deepest corner lies beyond."""
    over = judgement.basis
    if not isinstance(over, Over):
        return None
    border = sides_of(over.zone)
    key = (_reaching, over.zone.wkb, over.inside)
    slices = scheme.once(key, lambda: _reaching(scheme, border, inside=over.inside))
    if over.elements is not None:
        slices = slices.of(np.isin(slices.owners, over.elements))
    least, most = reach_beyond(slices, Beyond(border, over.inside))
    # What reaches over by less only touches.
    return _between(least if least > TOUCHING else 0.0, most if most > TOUCHING else 0.0)


def _beyond(scheme: Scheme, kept: Kept) -> tuple[float, float]:
    """Depths as `reach_beyond` tells them."""
    area = kept.line if kept.parcel is None else kept.parcel
    if area.area == 0.0:
        return 0.0, 0.0
    border, inside = sides_of(area), kept.parcel is not None
    key = (_reaching, area.wkb, inside)
    bodies = scheme.once(key, lambda: _reaching(scheme, border, inside=inside))
    slices = slices_between(bodies.rings[:, :3], bodies.owners, kept.low, kept.high)
    return reach_beyond(slices, Beyond(border, inside, sides_of(kept.line) if inside else None))


def _reaching(scheme: Scheme, border: NDArray[np.float64], *, inside: bool) -> Slices:
    """The triangles of bodies that may lie beyond somewhere, whole."""
    low, high = (corner[:, :2] for corner in body_boxes(scheme))
    middle, half = (low + high) / 2.0, np.linalg.norm(high - low, axis=1) / 2.0
    wrong = lie_inside(middle, border) != inside
    may = np.flatnonzero(wrong | (distances(middle, border) <= half))
    triangles, owners = triangles_of(scheme, may)
    corners = triangles.reshape(-1, 3)[:, :2]
    beyond = (lie_inside(corners, border) != inside).reshape(-1, 3).any(axis=1)
    concerned = np.zeros(len(low), dtype=np.bool_)
    concerned[owners[beyond]] = True
    chosen = concerned[owners]
    return Slices(triangles[chosen], owners[chosen])


def _between(low: float, high: float) -> SecondOpinion:
    return SecondOpinion(CORNERS, (low + high) / 2.0, (high - low) / 2.0 + RESOLUTION)
