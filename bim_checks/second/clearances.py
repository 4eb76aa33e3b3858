"""Setbacks and projections, measured again: from the triangles between two heights to a line, and how deep they reach beyond it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, SecondOpinion
from bim_checks.rule import Rule, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.bodies import are_torn
from bim_checks.second.depths import TOUCHING, Beyond, reach_beyond
from bim_checks.second.edges import nearest_edges
from bim_checks.second.rings import lie_inside, sides_of
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
    triangles, owners = _near(scheme, sides, reach)
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
    triangles, owners = scheme.all_triangles
    if over.elements is not None:
        chosen = np.isin(owners, over.elements)
        triangles, owners = triangles[chosen], owners[chosen]
    border = sides_of(over.zone)
    slices = slices_between(triangles, owners, -math.inf, math.inf)
    least, most = reach_beyond(
        _reaching(slices, border, inside=over.inside), Beyond(border, over.inside)
    )
    # What reaches over by less only touches.
    return _between(least if least > TOUCHING else 0.0, most if most > TOUCHING else 0.0)


def _beyond(scheme: Scheme, kept: Kept) -> tuple[float, float]:
    """Depths as `reach_beyond` tells them."""
    area = kept.line if kept.parcel is None else kept.parcel
    if area.area == 0.0:
        return 0.0, 0.0
    border, inside = sides_of(area), kept.parcel is not None
    triangles, owners = scheme.once(
        (_beyond, area.wkb), lambda: _wrong(scheme, border, inside=inside)
    )
    slices = slices_between(triangles, owners, kept.low, kept.high)
    return reach_beyond(slices, Beyond(border, inside, sides_of(kept.line) if inside else None))


def _wrong(
    scheme: Scheme, border: NDArray[np.float64], *, inside: bool
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Triangles of the bodies that reach beyond somewhere, for all sides and tiers."""
    triangles, owners = scheme.all_triangles
    slices = _reaching(Slices(triangles, owners), border, inside=inside)
    return slices.rings, slices.owners


def _reaching(slices: Slices, border: NDArray[np.float64], *, inside: bool) -> Slices:
    """Those of the bodies of which some corner lies beyond, or which an area to be kept out of may touch."""
    if not inside:
        (west, south), (east, north) = border.min(axis=(0, 1)), border.max(axis=(0, 1))
        x, y = slices.rings[:, :, 0], slices.rings[:, :, 1]
        near = (x.min(axis=1) <= east) & (x.max(axis=1) >= west)
        near &= (y.min(axis=1) <= north) & (y.max(axis=1) >= south)
        slices = slices.of(near)
    wrong = lie_inside(slices.corners[:, :2], border) != inside
    beyond = wrong.reshape(slices.rings.shape[:2]).any(axis=1)
    return slices.of(np.isin(slices.owners, slices.owners[beyond]))


def _between(low: float, high: float) -> SecondOpinion:
    return SecondOpinion(CORNERS, (low + high) / 2.0, (high - low) / 2.0 + RESOLUTION)


def _near(
    scheme: Scheme, sides: NDArray[np.float64], reach: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Triangles whose boxes come near the box of a line, and their owners."""
    triangles, owners = scheme.all_triangles
    low, high = scheme.triangle_boxes
    (west, south), (east, north) = sides.min(axis=(0, 1)), sides.max(axis=(0, 1))
    near = (low[:, 0] <= east + reach) & (high[:, 0] >= west - reach)
    near &= (low[:, 1] <= north + reach) & (high[:, 1] >= south - reach)
    return triangles[near], owners[near]
