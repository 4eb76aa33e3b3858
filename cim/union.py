"""The union of what elements cover in plan: what lies twice at one place is united once, what stands apart not at all.

Storeys of a tower are alike to the last bit, since what repeats is one shape moved by one matrix; so a union is kept by the bytes of what
was united. Only shapes whose boxes touch are overlaid, group by group: most of a section are walls and columns that stand alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from cim.bodies import objects

# m; elements twice this close touch: rounding leaves slits of 1e-9 to 1e-6 m between parts that meet. Snapping corners
# to a grid was tried first: it opens slits of its own where a corner meets the middle of an edge.
SEAM = 1e-6
SHARPEST = 50.0  # mitre limit; corners down to 2.3 degrees come back exactly when seams are closed


class Unions:
    """Unions kept by the bytes of what was united, whatever its order."""

    def __init__(self) -> None:
        self._known: dict[bytes, BaseGeometry] = {}

    def of(self, shapes: Iterable[BaseGeometry]) -> BaseGeometry:
        """The union of shapes, as `unite`."""
        found, texts = _each_once(shapes)
        key = hashlib.blake2b(b"".join(texts), digest_size=16).digest()
        if key not in self._known:
            self._known[key] = _united(found)
        return self._known[key]


def unite(shapes: Iterable[BaseGeometry]) -> BaseGeometry:
    """The union of what elements cover, slits up to twice `SEAM` between them closed.

    Args:
        shapes: plane geometries, metres; their order does not matter.

    Returns:
        Polygons, and beside them the lines that lie on none; empty where there is nothing.
    """
    return _united(_each_once(shapes)[0])


def distinct(shapes: Iterable[BaseGeometry]) -> NDArray[np.object_]:
    """The shapes that are not empty, each once, in an order that does not depend on theirs."""
    return _each_once(shapes)[0]


def filled(shape: BaseGeometry) -> BaseGeometry:
    """What the outer rings of a plane shape enclose; lines beside them are left out.

    Args:
        shape: a valid geometry, so that its polygons share no area: what one ring encloses is all of another or nothing of it.
    """
    parts = shapely.get_parts(shape)
    parts = parts[shapely.area(parts) > 0.0]
    outer = shapely.polygons(shapely.get_exterior_ring(parts))
    if len(outer) > 1 and (shapely.get_num_interior_rings(parts) > 0).any():
        inner, around = shapely.STRtree(outer).query(outer, predicate="covered_by")
        outer = np.delete(outer, inner[inner != around])
    return outer[0] if len(outer) == 1 else shapely.multipolygons(outer)


def components(count: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """The least member of the component that each of some things is in, shape (count,).

    Args:
        count: of things.
        pairs: shape (K, 2), things that belong together.
    """
    least = np.arange(count)
    one, other = pairs.T
    while len(one):
        joint = np.minimum(least[one], least[other])
        np.minimum.at(least, least[one], joint)
        np.minimum.at(least, least[other], joint)
        while (least != least[least]).any():
            least = least[least]
        apart = least[one] != least[other]
        one, other = one[apart], other[apart]
    return least


def _each_once(shapes: Iterable[BaseGeometry]) -> tuple[NDArray[np.object_], Sequence[bytes]]:
    """The shapes that are not empty without those equal to another, in an order of their own, and their bytes."""
    found = objects(list(shapes))
    found = found[~shapely.is_empty(found)]
    texts = shapely.to_wkb(found)
    each = dict(zip(texts.tolist(), found.tolist(), strict=True))
    order = sorted(each)
    return objects([each[text] for text in order]), order


def _united(shapes: NDArray[np.object_]) -> BaseGeometry:
    flat = shapely.area(shapes) > 0.0
    covered = _covered(shapes[flat])
    if flat.all():
        return covered
    beside = shapely.union_all(shapes[~flat]).difference(covered.buffer(SEAM))
    return covered if beside.is_empty else shapely.union_all([covered, beside])


def _covered(shapes: NDArray[np.object_]) -> BaseGeometry:
    """The union of shapes with area, group by group of those whose boxes touch."""
    if len(shapes) < 2:
        return shapely.union_all(shapes)
    boxes = shapely.bounds(shapes)
    grown = shapely.box(*(boxes + np.array([-SEAM, -SEAM, SEAM, SEAM])).T)
    pairs = shapely.STRtree(grown).query(grown)
    group = components(len(shapes), pairs[:, pairs[0] < pairs[1]].T)
    order = np.argsort(group, kind="stable")
    groups = np.split(shapes[order], np.flatnonzero(np.diff(group[order])) + 1)
    parts = shapely.get_parts(objects([_joined(members) for members in groups]))
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _joined(shapes: NDArray[np.object_]) -> BaseGeometry:
    """The union of shapes that may touch."""
    if len(shapes) == 1 and shapes[0].geom_type == "Polygon":
        return shapes[0]
    covered = shapely.union_all(shapes)
    return covered if len(shapes) == 1 else _without_seams(covered)


def _without_seams(shape: BaseGeometry) -> BaseGeometry:
    """The shape grown and shrunk again, about its own middle, where coordinates have digits to spare."""
    x, y = shapely.get_coordinates(shape).mean(axis=0)
    grown = affinity.translate(shape, -x, -y).buffer(SEAM, join_style="mitre", mitre_limit=SHARPEST)
    shrunk = grown.buffer(-SEAM, join_style="mitre", mitre_limit=SHARPEST)
    return affinity.translate(shapely.simplify(shrunk, SEAM / 10.0), x, y)
