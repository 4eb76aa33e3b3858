"""The records of an open file, and the refusal that hands a shape to the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled
from cim.ifc.step import Arguments, StepFile
from cim.ifc.step.lexer import CLOSE, INTEGER, OPEN, REAL, REFERENCE

ABSENT = -2


class NotDirectError(Exception):
    """A shape that is not drawn here; the kernel draws it."""


class Records:
    """A file's instances, by row.

    Args:
        step: the file.
        length: metres of one of its length units.
        angle: radians of one of its angle units.
    """

    def __init__(self, step: StepFile, length: float, angle: float) -> None:
        self.step = step
        self.length = length
        self.angle = angle
        self.arguments = Arguments(step)
        self._names = step.names
        self._kinds = {name: index for index, name in enumerate(step.names)}
        self._types = step.types.tolist()

    def name(self, row: Any) -> str:
        """The class of an instance, upper case; empty when the reference leads nowhere or to a complex instance."""
        if not isinstance(row, int) or row < 0:
            return ""
        kind = self._types[row]
        return self._names[kind] if kind >= 0 else ""

    def read(self, row: Any, *names: str) -> list[Any]:
        """Arguments of an instance of one of these classes.

        Raises:
            NotDirectError: it is none of them.
        """
        if self.name(row) not in names:
            raise NotDirectError(self.name(row))
        found: list[Any] = self.arguments(row)
        return found

    def points(self, rows: Sequence[int]) -> NDArray[np.float64]:
        """Coordinates of IfcCartesianPoint instances, shape (N, 3), metres; the third is 0 where the file has two.

        Raises:
            NotDirectError: one is something else.
        """
        if not rows or any(self.name(row) != "IFCCARTESIANPOINT" for row in rows):
            raise NotDirectError("IfcCartesianPoint")
        return gathered(self.step, np.array(rows, dtype=np.int64)) * self.length

    def kind_of(self, name: str) -> int:
        """Index of a class among the file's, as in `StepFile.types`; one that no instance has when there is none."""
        return self._kinds.get(name, ABSENT)

    def line(self, row: int) -> NDArray[np.float64]:
        """Coordinates of the points that make up an instance's only argument, shape (N, 3), metres; as `points`.

        Raises:
            NotDirectError: its argument is no list of points.
        """
        step = self.step
        found = _line(
            step.kinds,
            step.values,
            step.firsts,
            step.types,
            self.kind_of("IFCCARTESIANPOINT"),
            step.firsts[row],
        )
        if not len(found) or np.isnan(found[:, 0]).any():
            raise NotDirectError("IfcCartesianPoint")
        metres: NDArray[np.float64] = found * self.length
        return metres

    def reference(self, row: int, argument: int, name: str) -> int:
        """The row of an instance of a class that an argument refers to; cheap where another argument is a long list.

        Raises:
            NotDirectError: it refers to none.
        """
        token = self._token(row, argument)
        found = int(self.step.values[token])
        if self.step.kinds[token] != REFERENCE or self.name(found) != name:
            raise NotDirectError(name)
        return found

    def numbers(self, row: int, argument: int) -> NDArray[np.float64] | None:
        """A list of numbers at one place of an instance's arguments; None when it is absent, or a list of lists.

        Raises:
            NotDirectError: there is no such place.
        """
        step = self.step
        token = self._token(row, argument)
        if step.kinds[token] != OPEN or step.kinds[token + 1] == OPEN:
            return None
        found: NDArray[np.float64] = step.values[token + 1 : int(step.values[token])]
        return found

    def _token(self, row: int, argument: int) -> int:
        """Where an argument of an instance starts."""
        step = self.step
        token, end = int(step.firsts[row]), int(step.firsts[row + 1])
        for _ in range(argument):
            if token >= end:
                raise NotDirectError
            token = (int(step.values[token]) if step.kinds[token] == OPEN else token) + 1
        if token >= end:
            raise NotDirectError
        return token

    def triples(self, row: int, argument: int, width: int = 3) -> NDArray[np.float64]:
        """A list of lists of numbers at one place of an instance's arguments, shape (N, width).

        Raises:
            NotDirectError: it is no such list.
        """
        step = self.step
        token = self._token(row, argument)
        if step.kinds[token] != OPEN:
            raise NotDirectError
        kinds = step.kinds[token : int(step.values[token])]
        numbers = step.values[token : int(step.values[token])][(kinds == REAL) | (kinds == INTEGER)]
        if len(numbers) != width * np.count_nonzero(kinds[1:] == OPEN) or not len(numbers):
            raise NotDirectError
        return np.array(numbers.reshape(-1, width))


def gathered(step: StepFile, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Coordinates of point instances, shape (N, 3), file units.

    Raises:
        NotDirectError: one has neither two nor three coordinates.
    """
    found: NDArray[np.float64] = _gather(step.kinds, step.values, step.firsts, rows)
    if np.isnan(found).any():
        raise NotDirectError
    return found


@compiled
def numbers(kinds, values, token, found):  # type: ignore[no-untyped-def]
    """Fill in the numbers of the list that opens at a token; how many there are, -1 when it is no list of two or three."""
    if token >= len(kinds) or kinds[token] != OPEN:
        return -1
    size = 0
    token += 1
    while kinds[token] != CLOSE:
        if size == 3 or (kinds[token] != REAL and kinds[token] != INTEGER):
            return -1
        found[size] = values[token]
        size += 1
        token += 1
    return size if size >= 2 else -1


@compiled
def _gather(kinds, values, firsts, rows):  # type: ignore[no-untyped-def]
    found = np.zeros((len(rows), 3))
    for place in range(len(rows)):
        if numbers(kinds, values, firsts[rows[place]], found[place]) < 0:
            found[place, 0] = np.nan
    return found


@compiled
def _line(kinds, values, firsts, types, point_kind, token):  # type: ignore[no-untyped-def]
    if token >= len(kinds) or kinds[token] != OPEN:
        return np.zeros((0, 3))
    count = np.int64(values[token]) - token - 1
    found = np.zeros((max(count, 0), 3))
    for place in range(count):
        row = np.int64(values[token + 1 + place])
        if (
            kinds[token + 1 + place] != REFERENCE
            or row < 0
            or types[row] != point_kind
            or numbers(kinds, values, firsts[row], found[place]) < 0
        ):
            found[place, 0] = np.nan
    return found
