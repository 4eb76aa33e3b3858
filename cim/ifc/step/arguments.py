"""Arguments of an instance as Python values."""

from __future__ import annotations

from typing import Any

from cim.ifc.step.file import StepFile
from cim.ifc.step.lexer import (
    BINARY,
    CLOSE,
    DERIVED,
    ENUM,
    INTEGER,
    KEYWORD,
    NULL,
    OPEN,
    REAL,
    REFERENCE,
    STRING,
)

NUMBERS = (REAL, INTEGER)
NOTHING = (NULL, DERIVED)
ENDS = {STRING: b"'", ENUM: b".", BINARY: b'"'}


class Arguments:
    """Arguments of instances as Python values, each list read when it is asked for.

    A reference is its row (int), a number a float, ``$`` and ``*`` are None, an enumeration or string is bytes as written, a list a
    list, a value with its type a pair (name, list).

    Args:
        step: the file.
    """

    def __init__(self, step: StepFile) -> None:
        self._names = step.names
        self._content = step.content
        self._kinds = step.kinds.tobytes()
        self._values: Any = memoryview(step.values)  # type: ignore[arg-type]
        self._firsts: Any = memoryview(step.firsts)  # type: ignore[arg-type]

    def __call__(self, row: int) -> list[Any]:
        """Arguments of the instance in a row."""
        first, end = self._firsts[row], self._firsts[row + 1]
        found, _ = self._list(self._kinds[first:end], self._values[first:end].tolist(), 0)
        return found

    def _list(self, kinds: bytes, values: list[float], at: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        size = len(kinds)
        while at < size:
            kind = kinds[at]
            if kind == REFERENCE:
                found.append(int(values[at]))
            elif kind in NUMBERS:
                found.append(values[at])
            elif kind in NOTHING:
                found.append(None)
            elif kind == CLOSE:
                return found, at
            elif kind == OPEN:
                inner, at = self._list(kinds, values, at + 1)
                found.append(inner)
            elif kind == KEYWORD:
                name = self._names[int(values[at])]
                inner, at = self._list(kinds, values, at + 2)
                found.append((name, inner))
            else:
                found.append(self._text(int(values[at]), kind))
            at += 1
        return found, at

    def _text(self, start: int, kind: int) -> bytes:
        end = self._content.find(ENDS[kind], start)
        while kind == STRING and self._content.startswith(b"''", end):
            end = self._content.find(b"'", end + 2)
        return self._content[start : end if end >= 0 else len(self._content)]
