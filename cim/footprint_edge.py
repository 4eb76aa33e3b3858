"""Which elements form each edge of a footprint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

EDGE_TOLERANCE = 1e-5  # m; an element's edge this close to the footprint's forms it
STRAIGHT = 5e-6  # m; corners this close to the line past them are none; the steps that seams leave are smaller
SAMPLES = (0.27, 0.5, 0.77)  # of an edge's length; an outline that runs along it passes all of them


@dataclass(frozen=True, slots=True, eq=False)
class FootprintEdge:
    """A straight piece of an outline.

    Attributes:
        start, end: shape (2,), metres; the footprint lies to the left of the way from start to end.
        elements: GlobalIds of the elements whose own outlines run along all of it, in the order of the model.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    elements: tuple[str, ...]

    @property
    def length(self) -> float:
        """Metres."""
        return float(np.linalg.norm(self.end - self.start))


def edges_of(
    outline: BaseGeometry, global_ids: Sequence[str], parts: Sequence[BaseGeometry]
) -> tuple[FootprintEdge, ...]:
    """Name the elements along every edge of a union.

    Edges end at corners of the outline and where an element along them begins or ends.

    Args:
        outline: the union, polygons; lines in it have no edges.
        global_ids: of the parts.
        parts: what was united, same frame.
    """
    sides = _sides(outline)
    starts, ends, side_of = _split(sides, _corners(parts))
    forming = _parts_along(starts, ends, parts)
    new = np.ones(len(starts), dtype=np.bool_)
    for i in range(1, len(starts)):
        new[i] = side_of[i] != side_of[i - 1] or forming[i] != forming[i - 1]
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(starts)) - 1 if len(first) else first
    return tuple(
        FootprintEdge(starts[a], ends[b], tuple(global_ids[i] for i in forming[a]))
        for a, b in zip(first, last, strict=True)
    )


def _sides(outline: BaseGeometry) -> NDArray[np.float64]:
    """The straight sides of an outline, shape (S, 2, 2), the area to the left of each."""
    polygons = [p for p in shapely.get_parts(outline) if p.area > 0.0]
    rings = shapely.get_rings(shapely.orient_polygons(np.array(polygons, dtype=object)))
    closed = [_from_a_corner(shapely.get_coordinates(ring)) for ring in rings]
    kept = shapely.simplify([shapely.LineString(ring) for ring in closed], STRAIGHT)
    return _pieces(kept)[0]


def _from_a_corner(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same closed ring, from a corner that no simplification may drop: the one farthest from its middle."""
    first = int(np.argmax(((ring - ring.mean(axis=0)) ** 2).sum(axis=1)))
    return np.concatenate([ring[first:-1], ring[: first + 1]])


def _corners(parts: Sequence[BaseGeometry]) -> NDArray[np.float64]:
    corners: NDArray[np.float64] = shapely.get_coordinates(np.array(parts, dtype=object))
    return corners


def _split(
    sides: NDArray[np.float64], corners: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Sides cut where corners lie on them, in their order.

    Returns:
        Starts and ends, shape (E, 2) each, and the side each is of, shape (E,).
    """
    start, way = sides[:, 0], sides[:, 1] - sides[:, 0]
    lengths = np.linalg.norm(way, axis=1)
    corner, side = shapely.STRtree(shapely.linestrings(sides)).query(
        shapely.points(corners), predicate="dwithin", distance=EDGE_TOLERANCE
    )
    along = np.einsum("ij,ij->i", corners[corner] - start[side], way[side]) / lengths[side]
    inner = (along > EDGE_TOLERANCE) & (along < lengths[side] - EDGE_TOLERANCE)
    side, along = side[inner], along[inner]
    side = np.concatenate([np.arange(len(sides)), side])
    along = np.concatenate([np.zeros(len(sides)), along])
    order = np.lexsort((along, side))
    side, along = side[order], along[order]
    # Corners of several elements at one place are one cut.
    apart = np.ones(len(side), dtype=np.bool_)
    apart[1:] = (np.diff(side) != 0) | (np.diff(along) > EDGE_TOLERANCE)
    side, along = side[apart], along[apart]
    starts = start[side] + way[side] * (along / lengths[side])[:, None]
    ends = np.concatenate([starts[1:], start[:1]])
    final = np.append(np.diff(side) != 0, True)[: len(side)]
    ends[final] = sides[side[final], 1]
    return starts, ends, side


def _parts_along(
    starts: NDArray[np.float64], ends: NDArray[np.float64], parts: Sequence[BaseGeometry]
) -> list[tuple[int, ...]]:
    """Indices of the parts whose outlines run along each segment."""
    segments, owners = _segments(parts)
    shares = np.array(SAMPLES)[:, None, None]
    samples = (starts * (1.0 - shares) + ends * shares).reshape(-1, 2)
    tree = shapely.STRtree(segments)
    sample, found = tree.query(
        shapely.points(samples), predicate="dwithin", distance=EDGE_TOLERANCE
    )
    count = max(len(parts), 1)
    passed = np.unique(sample * count + owners[found])
    edge_part = (passed // count % max(len(starts), 1)) * count + passed % count
    pairs, passes = np.unique(edge_part, return_counts=True)
    forming: list[list[int]] = [[] for _ in range(len(starts))]
    for pair in pairs[passes == len(SAMPLES)].tolist():
        edge, part = divmod(pair, count)
        forming[edge].append(part)
    return [tuple(found) for found in forming]


def _segments(parts: Sequence[BaseGeometry]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Every straight piece of the parts' outlines and the part it is of."""
    lines = [shapely.boundary(p) if p.area > 0.0 else p for p in parts]
    pieces, owner_of_piece = shapely.get_parts(np.array(lines, dtype=object), return_index=True)
    ends, piece_of = _pieces(pieces)
    return shapely.linestrings(ends), owner_of_piece[piece_of]


def _pieces(
    lines: NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The straight pieces of lines, shape (S, 2, 2), and the line each is of, shape (S,)."""
    points, line_of = shapely.get_coordinates(lines, return_index=True)
    inner = line_of[1:] == line_of[:-1]
    return np.stack([points[:-1][inner], points[1:][inner]], axis=1), line_of[1:][inner]
