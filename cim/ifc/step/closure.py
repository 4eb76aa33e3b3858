"""What an instance consists of: everything it refers to, as bytes that do not depend on where in a file it stands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled
from cim.ifc.step.file import StepFile
from cim.ifc.step.lexer import BINARY, ENUM, INTEGER, KEYWORD, REAL, REFERENCE, STRING

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
        # As long as the file, so made once: a closure is small.
        self._order = np.full(len(step.numbers), -1, dtype=np.int64)
        self._met = np.zeros(len(step.numbers) + 1, dtype=np.int64)

    def take(self, roots: Sequence[int], beside: NDArray[np.int32] | None = None) -> bytes:
        """Content of instances and of all they refer to.

        Instances are told by the order in which they are first met, classes and value types by name, numbers by their bits: two
        closures are equal just when a reader of either file would find the same.

        Args:
            roots: rows to start from.
            beside: shape (N,), for each row of the file another that is told with it though nothing refers to it, after all that
                the roots lead to; -1 for none.
        """
        step = self._step
        told: NDArray[np.uint8] = _closure(
            step.kinds,
            step.values,
            step.firsts,
            step.types,
            self._content,
            self._names,
            self._starts,
            self._order,
            self._met,
            np.array(roots, dtype=np.int64),
            NOTHING if beside is None else beside,
        )
        return told.tobytes()


NOTHING = np.zeros(0, dtype=np.int32)


# Numba compiles a function anew for each literal number it is called with, and slices bring code for errors of shape; so
# bytes are typed and copied one by one. Compiling took 7 s before, and takes 2 s now.
ZERO, QUOTE, POINT, DOUBLE_QUOTE = np.uint8(0), np.uint8(0x27), np.uint8(0x2E), np.uint8(0x22)
ONE, EIGHT = np.int64(1), np.int64(8)


@compiled
def room(buffer, size, wanted):  # type: ignore[no-untyped-def]
    """The buffer, or a larger one with the same bytes, that has room for `wanted` more."""
    if size + wanted <= len(buffer):
        return buffer
    larger = np.zeros(2 * (size + wanted), dtype=np.uint8)
    for place in range(size):
        larger[place] = buffer[place]
    return larger


@compiled
def put_text(buffer, size, source, start, ending):  # type: ignore[no-untyped-def]
    """Bytes up to an ending, and a zero; a doubled quote is part of the text."""
    end = start
    while end < len(source):
        if source[end] == ending:
            if ending != QUOTE or end + 1 >= len(source) or source[end + 1] != ending:
                break
            end += 1
        end += 1
    buffer = room(buffer, size, end - start + ONE)
    for place in range(start, end):
        buffer[size] = source[place]
        size += 1
    buffer[size] = ZERO
    return buffer, size + ONE


@compiled
def put_number(buffer, size, bits, value):  # type: ignore[no-untyped-def]
    """The bits of a number; minus zero is zero."""
    bits[0] = value + 0.0
    told = bits.view(np.uint8)
    buffer = room(buffer, size, EIGHT)
    for place in range(8):
        buffer[size + place] = told[place]
    return buffer, size + EIGHT


@compiled
def _closure(  # type: ignore[no-untyped-def]  # noqa: C901 - one branch a kind of token
    kinds, values, firsts, types, content, names, starts, order, met, roots, beside
):
    told = np.zeros(BUFFER, dtype=np.uint8)
    bits = np.zeros(1)
    size, count, done = np.int64(0), np.int64(0), np.int64(0)
    for root in roots:
        if order[root] < 0:
            order[root], met[count] = count, root
            count += 1
    waits = len(beside) > 0
    while done < count or waits:
        if done == count:
            waits = False
            for place in range(done):
                target = np.int64(beside[met[place]])
                if target >= 0 and order[target] < 0:
                    order[target], met[count] = count, target
                    count += 1
            continue
        row = met[done]
        done += 1
        if types[row] >= 0:
            told, size = put_text(told, size, names, starts[types[row]], ZERO)
        for token in range(firsts[row], firsts[row + 1]):
            kind, value = kinds[token], values[token]
            told = room(told, size, ONE)
            told[size] = kind
            size += ONE
            is_text = kind in (STRING, ENUM, BINARY, KEYWORD)
            if is_text:
                source, start, ending = content, np.int64(value), QUOTE
                if kind == ENUM:
                    ending = POINT
                elif kind == BINARY:
                    ending = DOUBLE_QUOTE
                elif kind == KEYWORD:
                    source, start, ending = names, starts[np.int64(value)], ZERO
                told, size = put_text(told, size, source, start, ending)
                continue
            if kind == REFERENCE and value >= 0.0:
                target = np.int64(value)
                if order[target] < 0:
                    order[target], met[count] = count, target
                    count += 1
                value = float(order[target])
            if kind in (REFERENCE, REAL, INTEGER):
                told, size = put_number(told, size, bits, value)
        told = room(told, size, ONE)
        told[size] = np.uint8(255)  # the end of an instance
        size += ONE
    for place in range(count):
        order[met[place]] = -1
    return told[:size]
