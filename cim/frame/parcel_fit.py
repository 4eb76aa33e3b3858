"""Lay the outline of the site over the applicant's parcel, by turning and shifting alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.similarity import Similarity, fit_similarity

EDGES = 16  # the longest edges of each outline are tried against each other
LENGTH_LIKENESS = 0.25  # m; edges that differ by more are not the same edge
CORNER = 0.01  # m; a vertex nearer than this to the line of its neighbours is no corner
DISTINCT = math.radians(1.0)  # two fits turned by more than this are two answers
MATCH = 1.0  # m; a corner this far from any of the other outline has no partner


@dataclass(frozen=True, slots=True, eq=False)
class ParcelFit:
    """The best fit.

    Attributes:
        similarity: engineering to city, scale 1.
        distance: farthest vertex of either outline from the other outline, metres.
        rival: the same for the best fit that is turned another way; infinite when there is none.
    """

    similarity: Similarity
    distance: float
    rival: float


def fit_parcel(site: BaseGeometry, parcel: BaseGeometry) -> ParcelFit | None:
    """Fit a site's outline (engineering CRS) to a parcel's (city's frame); None when no two edges are alike."""
    own, target = _corners(site), _corners(parcel)
    fits = [
        (distance, fit)
        for fit in _edge_on_edge(own, target)
        for distance in (_distance(fit, own, target),)
    ]
    if not fits:
        return None
    distance, best = min(fits, key=lambda pair: (round(pair[0], 6), pair[1].rotation))
    refined = _on_corners(best, own, target)
    refined_distance = _distance(refined, own, target)
    if refined_distance <= distance:
        best, distance = refined, refined_distance
    others = [
        other
        for other, fit in fits
        if abs(math.remainder(fit.rotation - best.rotation, 2.0 * math.pi)) > DISTINCT
    ]
    return ParcelFit(best, distance, min(others, default=math.inf))


def _corners(outline: BaseGeometry) -> NDArray[np.float64]:
    """Corners of the largest outer ring, counter-clockwise, shape (N, 2)."""
    largest = max(shapely.get_parts(outline), key=lambda part: float(part.area))
    ring = shapely.get_coordinates(shapely.Polygon(largest.exterior).normalize().exterior)[:-1]
    if not shapely.is_ccw(shapely.linearrings(ring)):
        ring = ring[::-1]
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    turn = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
    span = np.hypot(*(np.roll(ring, -1, axis=0) - np.roll(ring, 1, axis=0)).T)
    kept = ring[turn > CORNER * np.maximum(span, CORNER)]
    return np.asarray(kept if len(kept) >= 3 else ring, dtype=np.float64)


def _edge_on_edge(own: NDArray[np.float64], target: NDArray[np.float64]) -> list[Similarity]:
    fits = []
    for a, b in _longest_edges(own):
        for c, d in _longest_edges(target):
            if abs(np.hypot(*(b - a)) - np.hypot(*(d - c))) <= LENGTH_LIKENESS:
                fits.append(fit_similarity(np.array([a, b]), np.array([c, d]), scale=1.0))
    return fits


def _longest_edges(
    ring: NDArray[np.float64],
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    following = np.roll(ring, -1, axis=0)
    order = np.argsort(-np.hypot(*(following - ring).T), kind="stable")[:EDGES]
    return [(ring[i], following[i]) for i in order]


def _distance(fit: Similarity, own: NDArray[np.float64], target: NDArray[np.float64]) -> float:
    placed = fit.apply(own)
    there, back = (
        shapely.distance(shapely.points(a), shapely.linearrings(b)).max()
        for a, b in ((placed, target), (target, placed))
    )
    return float(max(there, back))


def _on_corners(
    fit: Similarity, own: NDArray[np.float64], target: NDArray[np.float64]
) -> Similarity:
    """Fit again, on all corners that have a partner."""
    placed = fit.apply(own)
    gaps = np.hypot(*(placed[:, None, :] - target[None, :, :]).transpose(2, 0, 1))
    partner = gaps.argmin(axis=1)
    paired = gaps[np.arange(len(own)), partner] <= MATCH
    if paired.sum() < 2:
        return fit
    return fit_similarity(own[paired], target[partner[paired]], scale=1.0)
