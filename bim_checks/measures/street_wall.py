"""The street wall: what of a building, seen from the street, stands near a control line.

Along each straight piece of the line, the edges of the building's parts that face the street are projected on it. An edge
counts where it is no farther than a tolerance from the line and nothing stands farther out before it. Exact: the ends are where
edges cross the tolerance, not samples.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.measures.intervals import joined, length, without
from bim_checks.scheme import Scheme

FACING = 1e-9  # of an edge's unit normal; less towards the street and it runs straight away from it
DEPTH = 10.0  # m; how far to both sides of a line is looked for the site


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A straight piece of a control line.

    Attributes:
        start: shape (2,), metres, projected frame.
        along: unit vector, shape (2,).
        street: unit normal that points to the street, shape (2,).
        length: metres.
    """

    start: NDArray[np.float64]
    along: NDArray[np.float64]
    street: NDArray[np.float64]
    length: float

    def at(self, place: float) -> NDArray[np.float64]:
        """The point some metres from the start."""
        return self.start + place * self.along


@dataclass(frozen=True, slots=True, eq=False)
class Wall:
    """The street wall along one piece.

    Attributes:
        piece: of the control line.
        stretches: shape (K, 2), metres from the start of the piece, ascending, apart.
        indices: of the outlines whose edges form them, the longest share first.
    """

    piece: Piece
    stretches: NDArray[np.float64]
    indices: tuple[int, ...]

    @property
    def length(self) -> float:
        """Metres."""
        return length(self.stretches)


@dataclass(frozen=True, slots=True, eq=False)
class StreetEdges:
    """Edges of the parts that face the street, in the frame of one piece.

    Attributes:
        piece: of the control line.
        along: shape (E, 2), metres from its start, ascending in each row.
        offset: shape (E, 2), metres out towards the street at both ends.
        owners: shape (E,), index of the outline.
    """

    piece: Piece
    along: NDArray[np.float64]
    offset: NDArray[np.float64]
    owners: NDArray[np.int64]

    def wall(self, tolerance: float) -> Wall:
        """What stands within a tolerance of the line and is seen from the street."""
        near, who = self._where(-tolerance, tolerance)
        before, _ = self._where(tolerance, np.inf)
        stretches = without(near, before)
        shares = np.bincount(who, near[:, 1] - near[:, 0], minlength=1)
        order = np.argsort(-shares, kind="stable")[: int((shares > 0.0).sum())]
        return Wall(self.piece, stretches, tuple(order.tolist()))

    def _where(self, low: float, high: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Where edges have an offset between two, shape (K, 2), and whose they are, shape (K,)."""
        (a0, a1), (o0, o1) = self.along.T, self.offset.T
        rise = o1 - o0
        level = rise == 0.0
        safe = np.where(level, 1.0, rise)
        inside = (o0 >= low) & (o0 <= high)
        shares = np.stack([(low - o0) / safe, (high - o0) / safe])
        enter = np.where(level, np.where(inside, 0.0, 1.0), shares.min(axis=0)).clip(0.0, 1.0)
        leave = np.where(level, np.where(inside, 1.0, 0.0), shares.max(axis=0)).clip(0.0, 1.0)
        found = np.stack([a0 + enter * (a1 - a0), a0 + leave * (a1 - a0)], axis=1)
        found = found.clip(0.0, self.piece.length)
        kept = found[:, 1] > found[:, 0]
        return found[kept], self.owners[kept]


def pieces_of(line: BaseGeometry, site: BaseGeometry) -> list[Piece]:
    """The straight pieces of lines, the street on the side where there is less of the site.

    Args:
        line: metres, projected frame.
        site: the land the line belongs to, same frame.
    """
    found = []
    for part in shapely.get_parts(shapely.line_merge(line)):
        points = shapely.get_coordinates(shapely.simplify(part, 1e-6))
        for start, end in itertools.pairwise(points):
            found.append(_piece(start, end, site))
    return found


def edge_pieces(edge: BaseGeometry, inward: float) -> list[Piece]:
    """The straight pieces of an edge of a parcel that lies to its left, moved into the parcel by some metres."""
    points = shapely.get_coordinates(edge)
    found = []
    for start, end in itertools.pairwise(points):
        run = float(np.linalg.norm(end - start))
        along = (end - start) / run
        street = np.array([along[1], -along[0]])
        found.append(Piece(start - inward * street, along, street, run))
    return found


def street_edges(
    scheme: Scheme, piece: Piece, low: float, high: float, tolerance: float
) -> StreetEdges:
    """The edges between two heights that face the street along a piece, as near to the line as the tolerance or farther out.

    Args:
        scheme: the placed building.
        piece: of the control line.
        low: orthogonal height, metres.
        high: the same.
        tolerance: metres; what stands farther in than this is left out.
    """
    shapes = scheme.footprints.outline_shapes
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    along, out = (points - piece.start) @ piece.along, (points - piece.start) @ piece.street
    count = len(shapes)
    farthest, first, last = np.full(count, -np.inf), np.full(count, np.inf), np.full(count, -np.inf)
    np.maximum.at(farthest, owner, out)
    np.minimum.at(first, owner, along)
    np.maximum.at(last, owner, along)
    chosen = np.flatnonzero((farthest >= -tolerance) & (first <= piece.length) & (last >= 0.0))
    parts = scheme.footprints.cut_elements(chosen, low, high)
    return _facing(piece, parts, chosen)


def _facing(piece: Piece, parts: NDArray[np.object_], owners: NDArray[np.int64]) -> StreetEdges:
    starts, ends, part_of = _rims(parts)
    way = ends - starts
    outward = np.stack([way[:, 1], -way[:, 0]], axis=1) @ piece.street
    lines = shapely.area(parts)[part_of] == 0.0
    # A sheet without thickness is seen from either side.
    facing = lines | (outward > FACING * np.linalg.norm(way, axis=1))
    starts, ends, part_of = starts[facing], ends[facing], part_of[facing]
    both = np.stack([starts, ends], axis=1) - piece.start
    along, offset = both @ piece.along, both @ piece.street
    turned = along[:, 0] > along[:, 1]
    along[turned], offset[turned] = along[turned][:, ::-1], offset[turned][:, ::-1]
    return StreetEdges(piece, along, offset, owners[part_of])


def _rims(
    parts: NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Every straight piece of the outlines of parts, the area to its left, and the part it is of."""
    pieces, part_of = shapely.get_parts(parts, return_index=True)
    flat = shapely.area(pieces) > 0.0
    rings, ring_of = shapely.get_rings(shapely.orient_polygons(pieces[flat]), return_index=True)
    curves = np.concatenate([rings, pieces[~flat]])
    owner = np.concatenate([part_of[flat][ring_of], part_of[~flat]])
    points, curve_of = shapely.get_coordinates(curves, return_index=True)
    same = curve_of[1:] == curve_of[:-1]
    return points[:-1][same], points[1:][same], owner[curve_of[1:][same]]


def _piece(start: NDArray[np.float64], end: NDArray[np.float64], site: BaseGeometry) -> Piece:
    run = float(np.linalg.norm(end - start))
    along = (end - start) / run
    normal = np.array([along[1], -along[0]])
    right, left = (
        shapely.Polygon([start, end, end + s * DEPTH * normal, start + s * DEPTH * normal])
        for s in (1.0, -1.0)
    )
    more = shapely.intersection(site, left).area >= shapely.intersection(site, right).area
    return Piece(start, along, normal if more else -normal, run)


@dataclass(frozen=True, slots=True, eq=False)
class Corners:
    """Corners of plane shapes.

    Attributes:
        points: shape (N, 2), metres, shape by shape.
        first: shape (K,), where those of each shape begin.
    """

    points: NDArray[np.float64]
    first: NDArray[np.int64]


def corners_of(parts: NDArray[np.object_]) -> Corners:
    """The corners of plane geometries, shape (K,), none empty."""
    points, owner = shapely.get_coordinates(parts, return_index=True)
    return Corners(points, np.searchsorted(owner, np.arange(len(parts))))


def shadows(
    parts: Corners, start: NDArray[np.float64], along: NDArray[np.float64], gap: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """What parts cover of a line they are projected on.

    Args:
        parts: K plane shapes.
        start: of the line, shape (2,).
        along: its unit vector, shape (2,).
        gap: metres; parts whose gap is less are continuous.

    Returns:
        Continuous stretches, shape (M, 2), ascending; which of them each part is in, shape (K,); each part's own reach, shape (K, 2).
    """
    # The reach of a part in several pieces counts as a whole: it is one body.
    places = (parts.points - start) @ along
    reaches = (f.reduceat(places, parts.first) for f in (np.minimum, np.maximum))
    own = np.stack(list(reaches), axis=1)
    stretches, member = joined(own, gap=gap)
    return stretches, member, own
