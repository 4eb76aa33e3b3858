"""Where products stand and what they are drawn from, of all products of a file in one pass.

Of nearly every product that is a placement and one representation. Any other is left to be read one by one.
"""

from __future__ import annotations

import numpy as np

from cim.compiled import compiled
from cim.ifc.direct.records import Records
from cim.ifc.step.lexer import DERIVED, NULL, OPEN, REFERENCE, STRING

SURFACES = (b"Body", b"Body-FallBack", b"Facetation", b"Surface", b"Tessellation", b"Mesh")
SHAPES = ("IFCPRODUCTDEFINITIONSHAPE", "IFCPRODUCTREPRESENTATION")
NOT_SHAPES = ("IFCTOPOLOGYREPRESENTATION", "IFCSTYLEDREPRESENTATION")
PLACEMENT, REPRESENTATION = 5, 6  # arguments of every IfcProduct
IDENTIFIER, ITEMS = 1, 2  # of a representation, and of a product's shape: its representations
UNPLACED, UNKNOWN = -1, -2
QUOTE = 0x27


class Shapes:
    """Placements and bodies of the products of one file.

    Args:
        records: the file.
    """

    def __init__(self, records: Records) -> None:
        step = records.step
        names = np.zeros((len(SURFACES), max(map(len, SURFACES)) + 1), dtype=np.uint8)
        for place, name in enumerate(SURFACES):
            names[place, : len(name)] = np.frombuffer(name, dtype=np.uint8)
            names[place, len(name)] = QUOTE
        kinds = ("IFCSHAPEREPRESENTATION", *SHAPES, *NOT_SHAPES)
        self._placements, self._surfaces = _shapes(
            step.kinds,
            step.values,
            step.firsts,
            step.types,
            np.frombuffer(step.content, dtype=np.uint8),
            np.array([records.kind_of(kind) for kind in kinds], dtype=np.int64),
            names,
        )
        known = np.flatnonzero(self._surfaces >= 0)
        self._rows = dict(zip(step.numbers[known].tolist(), known.tolist(), strict=True))

    def row_of(self, number: int) -> int | None:
        """The row of a product with one body; None when it is no such product."""
        return self._rows.get(number)

    def of(self, row: int) -> tuple[int | None, int] | None:
        """The rows of a product's placement, None for none, and of its only body; None when it has to be read."""
        surface = int(self._surfaces[row])
        if surface < 0:
            return None
        placement = int(self._placements[row])
        return (None if placement == UNPLACED else placement), surface


@compiled
def _shapes(kinds, values, firsts, types, content, classes, names):  # type: ignore[no-untyped-def]
    """Rows of placement and body of each row of a file; `UNKNOWN` where it is no product with just one body."""
    count = len(firsts) - 1
    placements = np.full(count, UNKNOWN, dtype=np.int32)
    surfaces = np.full(count, UNKNOWN, dtype=np.int32)
    for row in range(count):
        first, end = firsts[row], firsts[row + 1]
        if end - first <= REPRESENTATION or kinds[first] != STRING:
            continue
        token = _argument(kinds, values, first, end, PLACEMENT)
        if token + 1 >= end or kinds[token + 1] != REFERENCE:
            continue
        shape = np.int64(values[token + 1])
        if kinds[token] == NULL or kinds[token] == DERIVED:
            placement = np.int64(UNPLACED)
        elif kinds[token] == REFERENCE and values[token] >= 0.0:
            placement = np.int64(values[token])
        else:
            continue
        if shape < 0 or (types[shape] != classes[1] and types[shape] != classes[2]):
            continue
        surface = _surface(kinds, values, firsts, types, content, classes, names, shape)
        if surface >= 0:
            placements[row], surfaces[row] = placement, surface
    return placements, surfaces


@compiled
def _argument(kinds, values, token, end, place):  # type: ignore[no-untyped-def]
    """Where an argument starts; `end` when there are not so many."""
    for _ in range(place):
        if token >= end:
            return end
        # The values of lists alone are tokens; a typed value is a keyword before its list, and no product has one here.
        token = (np.int64(values[token]) if kinds[token] == OPEN else token) + 1
    return token


@compiled
def _surface(kinds, values, firsts, types, content, classes, names, shape):  # type: ignore[no-untyped-def]
    """The row of the only representation of a product's shape that is a surface or body."""
    begin = _argument(kinds, values, firsts[shape], firsts[shape + 1], ITEMS)
    if begin >= firsts[shape + 1] or kinds[begin] != OPEN:
        return UNKNOWN
    found = np.int64(UNKNOWN)
    for token in range(begin + 1, np.int64(values[begin])):
        row = np.int64(values[token])
        if kinds[token] != REFERENCE or row < 0:
            return UNKNOWN
        if types[row] != classes[0] and types[row] != classes[3] and types[row] != classes[4]:
            return UNKNOWN
        name = _argument(kinds, values, firsts[row], firsts[row + 1], IDENTIFIER)
        if name >= firsts[row + 1]:
            return UNKNOWN
        if kinds[name] == STRING and _is_among(content, np.int64(values[name]), names):
            if found >= 0:
                return UNKNOWN
            found = row
    return found


@compiled
def _is_among(content, start, names):  # type: ignore[no-untyped-def]
    """Whether a string is one of some names, each followed by a quote."""
    for name in names:
        for place in range(len(name)):
            if start + place >= len(content) or content[start + place] != name[place]:
                break
            if name[place] == QUOTE:
                # A doubled quote is part of the string.
                return start + place + 1 >= len(content) or content[start + place + 1] != QUOTE
    return False
