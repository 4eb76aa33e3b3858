"""What an instance consists of: everything it refers to, as bytes that do not depend on where in a file it stands."""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import NDArray

from cim.ifc.step.file import StepFile
from cim.ifc.step.lexer import BINARY, ENUM, INTEGER, KEYWORD, REAL, REFERENCE, STRING

NOWHERE = -1.0
BUFFER = 1 << 12


class Closures:
    """Takes closures of one file.

    Args:
        step: the file.
    """

    def __init__(self, step: StepFile) -> None:
        self._step = step
        self._content = np.frombuffer(step.content, dtype=np.uint8)
        joined = "\0".join(step.names).encode("ascii", "replace")
        self._names = np.frombuffer(joined or b"\0", dtype=np.uint8)
        lengths = [len(name) + 1 for name in step.names]
        self._starts = np.cumsum([0, *lengths]).astype(np.int64)
        self._order = np.full(len(step.numbers), -1, dtype=np.int64)

    def take(self, roots: Sequence[int]) -> tuple[bytes, NDArray[np.int64]]:
        """Content of instances and of all they refer to, and their rows.

        Instances are told by the order in which they are first met, classes and value types by name, numbers by their bits: two
        closures are equal just when a reader of either file would find the same.

        Args:
            roots: rows to start from.
        """
        step = self._step
        told, rows = _closure(
            step.kinds,
            step.values,
            step.firsts,
            step.types,
            self._content,
            self._names,
            self._starts,
            self._order,
            np.array(roots, dtype=np.int64),
        )
        return told.tobytes(), rows


@numba.njit(cache=True)
def _grown(buffer, size, wanted):  # type: ignore[no-untyped-def]
    if size + wanted <= len(buffer):
        return buffer
    larger = np.zeros(2 * (size + wanted), dtype=buffer.dtype)
    larger[:size] = buffer[:size]
    return larger


@numba.njit(cache=True)
def _put_text(buffer, size, source, start, ending):  # type: ignore[no-untyped-def]
    """Bytes up to an ending, and a zero; a doubled ending is part of the text."""
    end = start
    while end < len(source):
        if source[end] == ending:
            if ending != 0x27 or end + 1 >= len(source) or source[end + 1] != ending:
                break
            end += 1
        end += 1
    buffer = _grown(buffer, size, end - start + 1)
    buffer[size : size + end - start] = source[start:end]
    buffer[size + end - start] = 0
    return buffer, size + end - start + 1


@numba.njit(cache=True)
def _put_number(buffer, size, bits, value):  # type: ignore[no-untyped-def]
    bits[0] = value + 0.0
    buffer = _grown(buffer, size, 8)
    buffer[size : size + 8] = bits.view(np.uint8)
    return buffer, size + 8


@numba.njit(cache=True)
def _put_value(told, size, bits, kind, value, content, names, starts):  # type: ignore[no-untyped-def]
    if kind in (REAL, INTEGER):
        return _put_number(told, size, bits, value)
    if kind == STRING:
        return _put_text(told, size, content, np.int64(value), 0x27)
    if kind == ENUM:
        return _put_text(told, size, content, np.int64(value), 0x2E)
    if kind == BINARY:
        return _put_text(told, size, content, np.int64(value), 0x22)
    if kind == KEYWORD:
        return _put_text(told, size, names, starts[np.int64(value)], 0)
    return told, size


@numba.njit(cache=True)
def _closure(kinds, values, firsts, types, content, names, starts, order, roots):  # type: ignore[no-untyped-def]
    told = np.zeros(BUFFER, dtype=np.uint8)
    met = np.zeros(len(roots) + 64, dtype=np.int64)
    bits = np.zeros(1)
    size = count = 0
    for root in roots:
        if order[root] < 0:
            order[root] = count
            met[count] = root
            count += 1
    done = 0
    while done < count:
        row = met[done]
        done += 1
        if types[row] >= 0:
            told, size = _put_text(told, size, names, starts[types[row]], 0)
        for token in range(firsts[row], firsts[row + 1]):
            kind, value = kinds[token], values[token]
            told = _grown(told, size, 1)
            told[size] = kind
            size += 1
            if kind == REFERENCE:
                target = np.int64(value)
                if target < 0:
                    told, size = _put_number(told, size, bits, NOWHERE)
                    continue
                if order[target] < 0:
                    order[target] = count
                    met = _grown(met, count, 1)
                    met[count] = target
                    count += 1
                told, size = _put_number(told, size, bits, float(order[target]))
            else:
                told, size = _put_value(told, size, bits, kind, value, content, names, starts)
        told = _grown(told, size, 1)
        told[size] = 255  # the end of an instance
        size += 1
    for place in range(count):
        order[met[place]] = -1
    return told[:size], met[:count]
