"""The body of a product: its items, less its openings, shared where it is repeated."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.building import Material
from cim.ifc.direct.item import Items, Piece
from cim.ifc.direct.matrices import is_rigid
from cim.ifc.direct.placement import Placements
from cim.ifc.direct.records import NotDirectError, Records
from cim.ifc.direct.shapes import (
    NOT_SHAPES,
    PLACEMENT,
    REPRESENTATION,
    SHAPES,
    SURFACES,
    Shapes,
)
from cim.ifc.direct.solid import Solid, Triangles
from cim.ifc.direct.style import Styles
from cim.ifc.step import Closures, StepFile, argument_references, listed_references

WHOLE, PARTS = 4, 5  # arguments of the relations that cut, add and put together


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """The body of a product.

    Attributes:
        key: equal for products that share one mesh.
        pieces: in the mesh's frame, metres.
        placement: shape (4, 4), mesh frame -> engineering CRS.
    """

    key: tuple[Any, ...]
    pieces: Sequence[Piece]
    placement: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """A product's body before it is drawn.

    Attributes:
        digest: hexadecimal; equal for bodies of any file that are drawn the same, in the frame of their placement.
        placement: shape (4, 4), that frame -> engineering CRS.
    """

    digest: str
    placement: NDArray[np.float64]


class DirectBodies:
    """Draws products of one file.

    Args:
        step: the file.
        length: metres of one of its length units.
        angle: radians of one of its angle units.
    """

    def __init__(self, step: StepFile, length: float, angle: float) -> None:
        self._records = Records(step, length, angle)
        self._placements = Placements(self._records)
        self._shapes = Shapes(self._records)
        self._openings: dict[int, list[int]] = {}
        self._wholes: dict[int, int] = {}
        self._added: set[int] = set()
        self._order = np.argsort(step.numbers, kind="stable")
        self._numbers = step.numbers[self._order]
        self._closures = Closures(step)
        self._drawn: dict[str, Sequence[Piece] | NotDirectError] = {}
        self._refused: dict[int, Identity] = {}
        self._contents: dict[int, str] = {}
        self._items: Items | None = None
        # Anything odd about a file's records is judged by one parser only, the kernel's.
        if not (step.repeated or step.malformed):
            with contextlib.suppress(NotDirectError, *CONTRADICTIONS):
                self._read_relations()
                self._styles = Styles(self._records)
                if not self._has_moved_world():
                    self._items = Items(self._records, self._placements, self._styles)

    def draw(self, number: int) -> Drawn:
        """The body of a product.

        Args:
            number: its instance number.

        Raises:
            NotDirectError: the kernel is to draw it.
        """
        try:
            return self._draw(self._row_of(number))
        except CONTRADICTIONS as error:
            raise NotDirectError from error

    def identify(self, number: int) -> Identity:
        """What decides how the kernel draws a product, and where it stands.

        Raises:
            NotDirectError: something in it is odd, or it does not stand on placements alone.
        """
        try:
            row = self._row_of(number)
            return self._refused.get(row) or self._identify(row)
        except CONTRADICTIONS as error:
            raise NotDirectError from error

    def _identify(self, row: int) -> Identity:
        if self._items is None or row in self._added:
            raise NotDirectError
        placement, shapes = self._shape(row)
        digest = hashlib.blake2b(repr(self._styles.of_product(row)).encode(), digest_size=20)
        for opening in self._openings_of(row):
            there, cutters = self._shape(opening)
            if cutters is not None:
                digest.update(self._placements.relative(there, placement).tobytes())
                shapes = [*(shapes or ()), *cutters]
        self._tell(shapes or [], digest)
        return Identity(digest.hexdigest(), self._placements.local(placement))

    def _tell(self, rows: list[int], digest: hashlib.blake2b) -> None:
        """Add everything instances consist of, and the styles of items among it, to a digest."""
        # A closure tells an instance once; which of the rows are one instance decides the body as well.
        same = [rows.index(row) for row in rows]
        digest.update(repr((self._records.length, self._records.angle, same)).encode())
        digest.update(self._closures.take(rows, self._styles.styled))

    def _content(self, representation: int) -> str:
        """A digest of a representation; equal for two that draw the same."""
        if representation not in self._contents:
            digest = hashlib.blake2b(digest_size=20)
            self._tell([representation], digest)
            self._contents[representation] = digest.hexdigest()
        return self._contents[representation]

    def _draw(self, row: int) -> Drawn:
        if self._items is None or row in self._added:
            raise NotDirectError
        placement, shapes = self._shape(row)
        representation = _only(shapes)
        own = self._styles.of_product(row)
        repeated = self._repeated(self._items, representation)
        if repeated is not None and is_rigid(repeated[1]) and not any(self._openings_of(row)):
            source, mapping, look = repeated
            pieces = _looking(self._items.representation(source), look or own)
            matrix = self._placements.local(placement) @ mapping
            return Drawn((self._content(source), look or own), pieces, matrix)
        identity = self._identify(row)
        known = self._drawn.get(identity.digest)
        if known is None:
            known = self._drawn[identity.digest] = self._pieces(
                self._items, row, representation, placement, own
            )
        if isinstance(known, NotDirectError):
            self._refused[row] = (
                identity  # asked for next, to find its twins and what the cache has of it
            )
            raise known
        return Drawn((identity.digest,), known, identity.placement)

    def _pieces(
        self, items: Items, row: int, representation: int, placement: Any, own: Material | None
    ) -> Sequence[Piece] | NotDirectError:
        """The pieces of a product, or why they are the kernel's."""
        try:
            openings = list(self._openings_of(row))
            if openings:
                return self._cut(items, representation, placement, openings, own)
            pieces = _looking(items.representation(representation), own)
        except NotDirectError as refusal:
            return refusal
        return pieces or NotDirectError("no items")

    def _row_of(self, number: int) -> int:
        known = self._shapes.row_of(number)
        if known is not None:
            return known
        place = int(np.searchsorted(self._numbers, number))
        if place == len(self._numbers) or self._numbers[place] != number:
            raise NotDirectError
        return int(self._order[place])

    def _shape(self, row: int) -> tuple[Any, list[int] | None]:
        """The placement of a product, and its representations that are surfaces or bodies; axes and boxes are none."""
        known = self._shapes.of(row)
        if known is not None:
            return known[0], [known[1]]
        read = self._records.read
        placement, shape = self._records.arguments(row)[PLACEMENT : REPRESENTATION + 1]
        if shape is None:
            return placement, None
        return placement, [
            int(found)
            for found in read(shape, *SHAPES)[2]
            if read(found, "IFCSHAPEREPRESENTATION", *NOT_SHAPES)[1] in SURFACES
        ]

    def _repeated(
        self, items: Items, representation: int
    ) -> tuple[int, NDArray[np.float64], Material | None] | None:
        """What a representation of one mapped item repeats, where, and how the item looks."""
        found = self._records.read(representation, "IFCSHAPEREPRESENTATION")[3]
        if len(found) != 1 or self._records.name(found[0]) != "IFCMAPPEDITEM":
            return None
        source, matrix = items.mapping(found[0])
        return source, matrix, self._styles.of_item(found[0])

    def _cut(
        self,
        items: Items,
        representation: int,
        base: Any,
        openings: Iterable[int],
        own: Material | None,
    ) -> list[Piece]:
        cutters: list[Solid] = []
        for opening in openings:
            placement, shapes = self._shape(opening)
            if shapes is None:
                continue
            there = self._placements.relative(placement, base)
            pieces = items.representation(_only(shapes))
            cutters.extend(piece.moved(there).solid() for piece in pieces)
        whole = _looking(items.representation(representation), own)
        return [replace(piece, body=_cut(piece, cutters)) for piece in whole]

    def _openings_of(self, row: int) -> Iterable[int]:
        """Openings of a product and of the wholes it is a part of."""
        here: int | None = row
        seen: set[int] = set()
        while here is not None and here not in seen:
            seen.add(here)
            yield from self._openings.get(here, ())
            here = self._wholes.get(here)

    def _read_relations(self) -> None:
        step = self._records.step
        for whole, opening in _pairs(step, "IFCRELVOIDSELEMENT"):
            self._openings.setdefault(whole, []).append(opening)
        self._added.update(whole for whole, _ in _pairs(step, "IFCRELPROJECTSELEMENT"))
        if self._openings:
            rows = _relations(step, "IFCRELAGGREGATES")
            wholes = argument_references(step.kinds, step.values, step.firsts, rows, WHOLE)
            owners, parts = listed_references(step.kinds, step.values, step.firsts, rows, PARTS)
            for part, whole in zip(parts.tolist(), wholes[owners].tolist(), strict=True):
                if whole >= 0:
                    self._wholes.setdefault(part, whole)

    def _has_moved_world(self) -> bool:
        """Whether a context has a coordinate system of its own."""
        for row in self._records.step.rows_of("IFCGEOMETRICREPRESENTATIONCONTEXT").tolist():
            world = self._records.arguments(row)[4]
            try:
                if not np.array_equal(self._placements.axes(world), np.eye(4)):
                    return True
            except NotDirectError:
                return True
        return False


def _pairs(step: StepFile, name: str) -> list[tuple[int, int]]:
    """What each relation of a class relates, where both are there."""
    rows = _relations(step, name)
    wholes, parts = (
        argument_references(step.kinds, step.values, step.firsts, rows, place)
        for place in (WHOLE, PARTS)
    )
    there = (wholes >= 0) & (parts >= 0)
    return list(zip(wholes[there].tolist(), parts[there].tolist(), strict=True))


def _relations(step: StepFile, name: str) -> NDArray[np.int64]:
    """Rows of a class of relations.

    Raises:
        NotDirectError: one of them is too short to relate anything.
    """
    rows = step.rows_of(name)
    if (step.firsts[rows + 1] - step.firsts[rows] <= PARTS).any():
        raise NotDirectError(name)
    return rows


def _only(shapes: Sequence[int] | None) -> int:
    """The only representation of a product that is a surface or body."""
    if shapes is None or len(shapes) != 1:
        raise NotDirectError("several representations")
    return shapes[0]


def _cut(piece: Piece, cutters: Sequence[Solid]) -> Triangles:
    low, high = piece.body[0].min(axis=0), piece.body[0].max(axis=0)
    near = [
        cutter
        for cutter in cutters
        if (cutter.vertices.min(axis=0) < high).all() and (cutter.vertices.max(axis=0) > low).all()
    ]
    if not near:
        return piece.body
    left = piece.solid().without(near)
    return left.vertices, left.faces


def _looking(pieces: Sequence[Piece], own: Material | None) -> Sequence[Piece]:
    """Pieces that nothing gives a look have that of their product."""
    if own is None:
        return pieces
    return [replace(piece, look=piece.look or own) for piece in pieces]


# What comes of a record whose arguments are not those of its class.
CONTRADICTIONS = (IndexError, KeyError, TypeError, ValueError, OverflowError, np.linalg.LinAlgError)
