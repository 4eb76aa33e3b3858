"""A file's instances as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled
from cim.ifc.step.lexer import REFERENCE, count_bytes, tokenise

NAME_SLOTS = 1 << 13  # classes and value types of a file; IFC has some 1,300
BACKSLASH = "\\"
CONTROLS = [byte for byte in range(ord(" ")) if chr(byte) not in "\t\n\r"]
DENSE = (
    16  # instance numbers up to this many times the number of instances are looked up in a table
)


@dataclass(frozen=True, slots=True, eq=False)
class StepFile:
    """The DATA sections of a file.

    Attributes:
        numbers: shape (N,), instance number of each row.
        types: shape (N,), int32 index into `names`; -1 for a complex instance.
        firsts: shape (N + 1,), first token of each row's arguments, the opening bracket left out; the next row's ends them.
        kinds: shape (T,), uint8, kind of each token.
        values: shape (T,), float64: a number; the row a reference leads to, -1 when there is none; for OPEN its CLOSE's
            token; for KEYWORD an index into `names`; for STRING and ENUM the offset of its first byte in `content`.
        names: upper case, of classes and value types.
        content: the whole file.
        repeated: instances whose number was used before.
        dangling: references that lead nowhere.
        malformed: statements that are no instance.
        is_plain: whether the whole file is one of which `scan_step` finds nothing to say. One that is not may be sound all the same.
        is_escaped: whether there may be an escape in a string.
    """

    numbers: NDArray[np.int64]
    types: NDArray[np.int32]
    firsts: NDArray[np.int64]
    kinds: NDArray[np.uint8]
    values: NDArray[np.float64]
    names: tuple[str, ...]
    content: bytes
    repeated: int
    dangling: int
    malformed: int
    is_plain: bool
    is_escaped: bool

    def rows_of(self, *names: str) -> NDArray[np.int64]:
        """Rows of instances of these classes exactly, upper case."""
        # One more, for the -1 of a complex instance.
        wanted = np.array([*(name in names for name in self.names), False])
        return np.flatnonzero(wanted[self.types])

    def counts(self) -> Mapping[str, int]:
        """How many instances each class has."""
        found = np.bincount(self.types[self.types >= 0], minlength=len(self.names))
        return {
            name: int(count) for name, count in zip(self.names, found, strict=True) if count > 0
        }


def scan(content: bytes) -> StepFile:
    """Take a file apart.

    Args:
        content: the whole file.
    """
    data = np.frombuffer(content, dtype=np.uint8)
    counts = count_bytes(data)
    rows = int(counts[ord(";")])
    tokens = int(counts[ord(",")]) + 4 * int(counts[ord("(")])
    numbers = np.zeros(rows, dtype=np.int64)
    types = np.zeros(rows, dtype=np.int32)
    firsts = np.zeros(rows + 1, dtype=np.int64)
    kinds = np.zeros(tokens, dtype=np.uint8)
    values = np.zeros(tokens, dtype=np.float64)
    named = np.zeros((NAME_SLOTS, 2), dtype=np.int64)
    # A value between commas or brackets; of a list its brackets, its type and one value more than commas. Values with nothing between
    # them may be more: those that find no room are malformed.
    count, used, names, malformed, plain = tokenise(
        data, numbers, types, firsts, kinds, values, named
    )
    numbers, types, firsts = numbers[:count], types[:count], firsts[: count + 1]
    kinds, values = kinds[:used], values[:used]
    repeated, dangling = _resolve(numbers, kinds, values)
    return StepFile(
        numbers=numbers,
        types=types,
        firsts=firsts,
        kinds=kinds,
        values=values,
        names=tuple(
            content[start : start + length].decode("ascii", "replace").upper()
            for start, length in named[:names].tolist()
        ),
        content=content,
        repeated=repeated,
        dangling=dangling,
        malformed=malformed,
        is_plain=bool(plain) and not (repeated or dangling or counts[CONTROLS].any()),
        is_escaped=bool(counts[ord(BACKSLASH)]),
    )


def _resolve(
    numbers: NDArray[np.int64], kinds: NDArray[np.uint8], values: NDArray[np.float64]
) -> tuple[int, int]:
    """Turn the numbers of references into rows, in place; how many numbers are repeated, and how many lead nowhere."""
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    repeated = int(np.count_nonzero(ordered[1:] == ordered[:-1])) if len(ordered) else 0
    top = int(ordered[-1]) if len(ordered) else 0
    if top <= DENSE * len(numbers):
        table = np.full(top + 1, -1, dtype=np.int64)
        table[numbers[::-1]] = np.arange(len(numbers))[::-1]  # the first of a repeated number
        return repeated, int(_look_up(kinds, values, table))
    return repeated, int(_search(kinds, values, ordered, order))


@compiled
def _look_up(kinds, values, table):  # type: ignore[no-untyped-def]
    dangling = 0
    for token in range(len(kinds)):
        if kinds[token] == REFERENCE:
            number = values[token]
            row = table[np.int64(number)] if number < len(table) else -1
            values[token] = row
            if row < 0:
                dangling += 1
    return dangling


@compiled
def _search(kinds, values, ordered, order):  # type: ignore[no-untyped-def]
    dangling = 0
    for token in range(len(kinds)):
        if kinds[token] == REFERENCE:
            number = np.int64(values[token])
            place = np.searchsorted(ordered, number)
            found = place < len(ordered) and ordered[place] == number
            values[token] = order[place] if found else -1
            if not found:
                dangling += 1
    return dangling
