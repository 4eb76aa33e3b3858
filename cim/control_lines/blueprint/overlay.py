"""Areas laid over each other: which overlap, where and by how much, and which pieces are slivers.

Candidates come from one tree, the exact test is prepared for each shape once, and only what shares an interior is cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.blueprint import SliverLimits
from cim.control_lines.blueprint.source import Shapes

# Coordinates of a projected CRS are known to 5e-10 m in float64; edges that run along each other through different
# vertices leave pieces of that width. A piece thinner than this was not drawn by anybody.
DRAWN_WIDTH = 1e-6  # m
AREAL = (3, 6, 7)  # shapely's type numbers of polygon, multipolygon and collection


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Polygons that came out of an overlay, and to which pair each belongs.

    Attributes:
        shapes: shape (N,), polygons, metres.
        pairs: shape (N,), row of the pair each belongs to.
        areas: shape (N,), m2.
        thin: shape (N,), whether it is a sliver.
    """

    shapes: Shapes
    pairs: NDArray[np.intp]
    areas: NDArray[np.float64]
    thin: NDArray[np.bool_]

    def whole(self) -> Pieces:
        """Those that are no slivers."""
        return self._where(~self.thin)

    def slivers(self) -> Pieces:
        """Those that are slivers."""
        return self._where(self.thin)

    def by_pair(self) -> Iterator[tuple[int, BaseGeometry, float]]:
        """Row of each pair that has pieces, the pieces as one shape, and their area in m2; pairs in their order."""
        order = np.argsort(self.pairs, kind="stable")
        rows, starts, counts = np.unique(self.pairs[order], return_index=True, return_counts=True)
        for row, start, count in zip(rows, starts, counts, strict=True):
            members = order[start : start + count]
            shapes = self.shapes[members]
            shape = shapes[0] if len(shapes) == 1 else shapely.multipolygons(shapes)
            yield int(row), shape, float(self.areas[members].sum())

    def _where(self, mask: NDArray[np.bool_]) -> Pieces:
        return Pieces(self.shapes[mask], self.pairs[mask], self.areas[mask], self.thin[mask])


def pieces_of(shapes: Shapes, limits: SliverLimits) -> Pieces:
    """The polygons of shapes, without what is thinner than anything drawn.

    Args:
        shapes: shape (N,), any geometry or None; a row is a pair.
        limits: when a piece is a sliver.
    """
    parts, pairs = _polygons(shapes)
    areas = shapely.area(parts)
    lengths = shapely.length(parts)
    width = np.divide(2.0 * areas, lengths, out=np.zeros_like(areas), where=lengths > 0.0)
    drawn = width > DRAWN_WIDTH
    thin = (width < limits.width) | (areas < limits.area)
    return Pieces(parts[drawn], pairs[drawn], areas[drawn], thin[drawn])


def areal_rows(shapes: Shapes) -> NDArray[np.intp]:
    """Rows that hold an area."""
    return np.flatnonzero(np.isin(shapely.get_type_id(shapes), AREAL) & (shapely.area(shapes) > 0))


def overlaps_within(shapes: Shapes) -> tuple[NDArray[np.intp], NDArray[np.intp], Shapes]:
    """Every two shapes of one array that share an interior.

    Args:
        shapes: shape (N,), valid areas, metres.

    Returns:
        Rows of the one (the lower), rows of the other, and what they share; each of shape (M,).
    """
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    upward = one < other
    return _shared(shapes, shapes, one[upward], other[upward])


def overlaps_between(
    first: Shapes, second: Shapes
) -> tuple[NDArray[np.intp], NDArray[np.intp], Shapes]:
    """Every shape of one array with every shape of another that share an interior.

    Args:
        first: shape (N,), valid areas, metres.
        second: shape (K,), the same.

    Returns:
        Rows in `first`, rows in `second`, and what they share; each of shape (M,).
    """
    if len(first) > len(second):  # the larger array makes the tree, the smaller asks it
        other, one, shared = overlaps_between(second, first)
        return one, other, shared
    one, other = shapely.STRtree(second).query(first, predicate="intersects")
    return _shared(first, second, one, other)


def _shared(
    first: Shapes, second: Shapes, one: NDArray[np.intp], other: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], Shapes]:
    """Neighbours that only touch are told apart by a prepared predicate, which is cheaper than cutting them."""
    shapely.prepare(first)
    meets = ~shapely.touches(first[one], second[other])
    one, other = one[meets], other[meets]
    # What lies wholly inside needs no cutting: most parcels against a zone of thousands of vertices.
    shared: Shapes = second[other]
    cut = ~shapely.covers(first[one], shared)
    shared[cut] = shapely.intersection(first[one[cut]], shared[cut])
    return one, other, shared


def _polygons(shapes: Shapes) -> tuple[Shapes, NDArray[np.intp]]:
    """Polygons of any geometries, also of collections, with the row each came from."""
    parts, rows = shapely.get_parts(shapes, return_index=True)
    areal = shapely.area(parts) > 0.0
    parts, rows = parts[areal], rows[areal]
    nested = shapely.get_type_id(parts) != AREAL[0]
    if nested.any():
        inner, index = _polygons(parts[nested])
        parts = np.concatenate([parts[~nested], inner])
        rows = np.concatenate([rows[~nested], rows[nested][index]])
    return parts, rows
