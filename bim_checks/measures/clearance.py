"""How far the parts of a building between two heights stay from a line, or how deep they reach beyond it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.measures.boundary_sides import Side
from bim_checks.measures.heights_between import nearest_piece_point, pieces_between
from bim_checks.scheme import Scheme

BATCH = 64  # elements cut at a time while the nearest is looked for
TOUCHING = 1e-3  # m; the IFC kernel's linear deflection: what reaches beyond by less only touches


@dataclass(frozen=True, slots=True, eq=False)
class Clearance:
    """The parts nearer than a distance, or the nearest.

    Attributes:
        distance: of the nearest, metres; negative by how deep it reaches beyond.
        indices: of the outlines that are nearer than what was asked, nearest first; the nearest alone where none is.
        witness: from the nearest point of the nearest part, at the lowest height it is as near, to the line; 3D.
    """

    distance: float
    indices: tuple[int, ...]
    witness: BaseGeometry


def clearance(
    scheme: Scheme,
    side: Side,
    low: float,
    high: float,
    *,
    within: float,
    among: NDArray[np.int64] | None = None,
) -> Clearance | None:
    """The distance from a side to what stands between two heights.

    Args:
        scheme: the placed building.
        side: what is kept from.
        low: orthogonal height, metres.
        high: the same.
        within: metres; all elements nearer than this are named.
        among: indices of the outlines that count; None for all.

    Returns:
        None where nothing stands between the heights.
    """
    shapes = scheme.footprints.outline_shapes
    lows, highs = scheme.footprints.outline_heights.T
    there = (lows <= high) & (highs >= low)
    if among is not None:
        chosen = np.zeros(len(shapes), dtype=np.bool_)
        chosen[among] = True
        there &= chosen
    reach = np.flatnonzero(there)
    shapely.prepare(side.line)
    bounds = _bounds(shapes[reach], scheme.footprints.outline_boxes[reach], side, within)
    order = np.argsort(bounds, kind="stable")
    reach, bounds = reach[order], bounds[order]
    first = int(np.searchsorted(bounds, within, side="left"))
    found, gaps = _measured(scheme, side, reach[:first], low, high)
    position = first
    # No part is nearer than its element's whole outline, so the search may end where outlines are farther.
    while position < len(reach) and (not len(gaps) or bounds[position] < gaps.min()):
        more = slice(position, position + BATCH)
        indices, measured = _measured(scheme, side, reach[more], low, high)
        found, gaps = np.concatenate([found, indices]), np.concatenate([gaps, measured])
        position += BATCH
    if not len(gaps):
        return None
    order = np.argsort(gaps, kind="stable")
    nearer = order[: max(int((gaps < within).sum()), 1)]
    best = int(found[order[0]])
    return Clearance(
        distance=float(gaps[order[0]]),
        indices=tuple(found[nearer].tolist()),
        witness=_witness(scheme, best, side, low, high),
    )


def _bounds(
    shapes: NDArray[np.object_], boxes: NDArray[np.float64], side: Side, within: float
) -> NDArray[np.float64]:
    """Lower bounds of distances; minus infinity for what may reach beyond.

    Those that may be nearer than what is asked, or be the nearest, are distances of whole outlines; the others of boxes.
    """
    bounds = box_gaps(boxes, side.line.bounds)
    if len(bounds):
        few = bounds.argpartition(min(BATCH, len(bounds)) - 1)[:BATCH]
        enough = max(within, float(shapely.distance(shapes[few], side.line).min()))
        near = bounds <= enough
        bounds[near] = shapely.distance(shapes[near], side.line)
    if side.inside is None:
        return np.where(bounds > 0.0, bounds, -np.inf)
    shapely.prepare(side.inside)
    return np.where(shapely.covers(side.inside, shapes), bounds, -np.inf)


def box_gaps(
    boxes: NDArray[np.float64], box: tuple[float, float, float, float]
) -> NDArray[np.float64]:
    """Distances of boxes (west, south, east, north), shape (N, 4), from one, metres."""
    west, south, east, north = box
    across = np.maximum(np.maximum(west - boxes[:, 2], boxes[:, 0] - east), 0.0)
    along = np.maximum(np.maximum(south - boxes[:, 3], boxes[:, 1] - north), 0.0)
    gaps: NDArray[np.float64] = np.hypot(across, along)
    return gaps


def _measured(
    scheme: Scheme, side: Side, chosen: NDArray[np.int64], low: float, high: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The elements that have something between the heights, and their distances."""
    parts = scheme.footprints.cut_elements(chosen, low, high)
    there = ~shapely.is_empty(parts)
    chosen, parts = chosen[there], parts[there]
    gaps = shapely.distance(parts, side.line)
    depths = _depths(_beyond(parts, side), side)
    return chosen, np.where(depths > TOUCHING, -depths, gaps)


def _beyond(parts: NDArray[np.object_], side: Side) -> NDArray[np.object_]:
    """What of each part lies on the wrong side; empty for nearly all."""
    if side.inside is not None:
        wrong = ~shapely.covers(side.inside, parts)
        cut = parts[wrong]
        crossing = shapely.intersects(side.inside, cut)
        cut[crossing] = shapely.difference(cut[crossing], side.inside)
    else:
        wrong = shapely.intersects(side.line, parts) & (shapely.area(side.line) > 0.0)
        cut = shapely.intersection(parts[wrong], side.line)
    beyond = np.full(len(parts), shapely.Polygon(), dtype=object)
    beyond[wrong] = cut
    return beyond


def _depths(beyond: NDArray[np.object_], side: Side) -> NDArray[np.float64]:
    """How far the deepest corner of each of what lies beyond is from the line, metres; 0 where nothing does."""
    corners, owner = shapely.get_coordinates(beyond, return_index=True)
    depths = np.zeros(len(beyond))
    np.maximum.at(depths, owner, _corner_depths(corners, side))
    return depths


def _corner_depths(corners: NDArray[np.float64], side: Side) -> NDArray[np.float64]:
    """How far corners beyond the line, shape (N, 2), are from it, metres."""
    if not len(corners):
        return np.zeros(0)
    points, border = shapely.points(corners), _border(side)
    shapely.prepare(border)
    depths: NDArray[np.float64] = shapely.distance(points, border)
    if side.inside is None:
        return depths
    # What left the parcel over another edge is not this edge's.
    outline = shapely.boundary(side.inside)
    shapely.prepare(outline)
    return np.where(depths <= shapely.distance(points, outline) + TOUCHING, depths, 0.0)


def _deepest(beyond: BaseGeometry, side: Side) -> tuple[float, BaseGeometry | None]:
    """How far the deepest corner of what lies beyond is from the line, metres, and that corner; 0 and None where nothing does."""
    corners = shapely.get_coordinates(beyond)
    if not len(corners):
        return 0.0, None
    depths = _corner_depths(corners, side)
    best = int(np.argmax(depths))
    return float(depths[best]), shapely.Point(corners[best])


def _border(side: Side) -> BaseGeometry:
    return side.line if side.inside is not None else shapely.boundary(side.line)


def _witness(scheme: Scheme, index: int, side: Side, low: float, high: float) -> BaseGeometry:
    part = scheme.footprints.cut_elements(np.array([index]), low, high)
    depth, corner = _deepest(_beyond(part, side)[0], side)
    beyond = depth > TOUCHING and corner is not None
    line, target = (_border(side), corner) if beyond else (side.line, side.line)
    point = nearest_piece_point(pieces_between(scheme.triangles(index), low, high), target)
    if point is None:
        # Only what an open section encloses is there; the plane that cut it tells the height.
        start = shapely.get_coordinates(shapely.shortest_line(part[0], target))[0]
        point = np.array([*start, max(low, scheme.outlines[index].low)])
    end = shapely.get_coordinates(shapely.shortest_line(shapely.Point(point[:2]), line))[1]
    return shapely.LineString([point, [*end, point[2]]])
