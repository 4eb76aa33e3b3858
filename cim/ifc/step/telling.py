"""What many instances consist of, told at once, with parts left out that a reader does not look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled
from cim.ifc.step.file import StepFile
from cim.ifc.step.lexer import (
    BINARY,
    CLOSE,
    ENUM,
    INTEGER,
    KEYWORD,
    NULL,
    OPEN,
    REAL,
    REFERENCE,
    STRING,
)

MOST_BYTES = 16  # told for each byte of the file; a body that is told with a thousand products would be told a thousand times
ROOM = 1 << 22
LEAST_ROOM = 1 << 14  # numbers
NUMBER_BYTES = 8
DIGEST_BYTES = 16

NO_ROWS = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Rows that belong to a row without being referred to by it.

    Attributes:
        firsts: shape (N + 1,), first link of each row; the next row's ends them.
        rows: shape (L,), rows linked to.
    """

    firsts: NDArray[np.int64]
    rows: NDArray[np.int64]

    @staticmethod
    def of(size: int, pairs: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> Links:
        """Links from rows to rows, in the order given.

        Args:
            size: rows of the file.
            pairs: rows, and the row each is linked to.
        """
        sources = np.concatenate([NO_ROWS, *(source for source, _ in pairs)])
        targets = np.concatenate([NO_ROWS, *(target for _, target in pairs)])
        order = np.argsort(sources, kind="stable")
        counts = np.bincount(sources, minlength=size)
        return Links(np.concatenate([[0], np.cumsum(counts)]), targets[order])


@dataclass(frozen=True, slots=True, eq=False)
class Telling:
    """How instances are told.

    Attributes:
        codes: shape (names of the file,), numbers that stand for these names in every file that is compared.
        skipped: shape (names of the file,), bits of the attributes left out of each class.
        links: rows told with a row.
        digests: shape (D, 16), uint8; what stands for an instance that was told before.
        digested: shape (N,), the digest of each row, -1 for none.
        placements: index among the file's names of the class IfcLocalPlacement; -1 when it has none.
    """

    codes: NDArray[np.float64]
    skipped: NDArray[np.uint64]
    links: Links
    digests: NDArray[np.uint8] = field(
        default_factory=lambda: np.zeros((0, DIGEST_BYTES), dtype=np.uint8)
    )
    digested: NDArray[np.int64] | None = None
    placements: int = -1


def tell(
    step: StepFile,
    telling: Telling,
    groups: Sequence[NDArray[np.int64]] | NDArray[np.int64],
    *,
    bases: NDArray[np.int64] | None = None,
) -> list[memoryview] | None:
    """Each group of instances as bytes, equal just when a reader who looks at what is told would find the same.

    Numbers come first, preceded by how many there are, then kinds of token and texts: both are written faster so than mixed.

    Args:
        step: the file.
        telling: what is left out.
        groups: rows to start from; an array is as many groups of one row.
        bases: of each group the placement that others are told relative to, or -1. It is told itself only when another chain of
            placements passes it by.

    Returns:
        None when it would be out of all proportion to the file.
    """
    single = isinstance(groups, np.ndarray)
    roots = groups if single else np.concatenate([NO_ROWS, *groups])
    sizes = np.ones(len(groups), dtype=np.int64) if single else [len(g) for g in groups]
    ends = np.cumsum(sizes).astype(np.int64)
    size, rows = len(step.content), len(step.numbers)
    given = (
        step.kinds,
        step.values,
        step.firsts,
        step.types,
        np.frombuffer(step.content, dtype=np.uint8),
        telling.codes,
        telling.skipped,
        telling.links.firsts,
        telling.links.rows,
        telling.digests.view(np.float64),
        np.full(rows, -1, dtype=np.int64) if telling.digested is None else telling.digested,
        telling.placements,
        roots,
        ends,
        np.full(len(ends), -1, dtype=np.int64) if bases is None else bases,
    )
    room = (
        size // NUMBER_BYTES + LEAST_ROOM
    )  # for numbers; as much as the file itself, which is rarely too little
    while NUMBER_BYTES * room < MOST_BYTES * size + ROOM:
        numbers, letters = np.zeros(room), np.zeros(room, dtype=np.uint8)
        borders = _tell(*given, numbers, letters)
        if len(borders) > len(ends):
            view, cuts = memoryview(numbers).cast("B"), borders.tolist()  # type: ignore[arg-type]
            return [view[cuts[i] : cuts[i + 1]] for i in range(len(ends))]
        room *= 4
    return None


# Literal numbers would be compiled anew each, and slices bring code for errors of shape.
QUOTE, POINT, DOUBLE_QUOTE = np.uint8(0x27), np.uint8(0x2E), np.uint8(0x22)
END, LINKED = np.uint8(255), np.uint8(253)
ROW = np.int64(8)  # numbers told of a row and a group beside those of its tokens, at most


@compiled
def _text_end(content, start, ending):  # type: ignore[no-untyped-def]
    """Where a text ends; a doubled quote is part of it."""
    end = start
    while end < len(content):
        if content[end] == ending:
            if ending != QUOTE or end + 1 >= len(content) or content[end + 1] != ending:
                break
            end += 1
        end += 1
    return end


@compiled
def _tell(  # type: ignore[no-untyped-def]  # noqa: C901 - one branch a kind of token
    kinds,
    values,
    firsts,
    types,
    content,
    codes,
    skipped,
    link_firsts,
    link_rows,
    digests,
    digested,
    placements,
    roots,
    ends,
    bases,
    numbers,
    letters,
):
    """Fill in what is told; where each group begins in it, in bytes, and where the last ends; nothing when there is no room.

    Buffers that grow here would be counted as they are used, at each token.
    """
    order = np.full(len(types), -1, dtype=np.int64)
    met = np.zeros(len(types) + 1, dtype=np.int64)
    borders = np.zeros(len(ends) + 1, dtype=np.int64)
    counted, root = np.int64(0), np.int64(0)
    for group in range(len(ends)):
        count, done, around = np.int64(0), np.int64(0), False
        head, written = counted, np.int64(0)
        counted += 1  # of how many there are
        base = bases[group]
        while root < ends[group]:
            if order[roots[root]] < 0:
                order[roots[root]], met[count] = count, roots[root]
                count += 1
            root += 1
        while True:
            if done == count:
                if not around or base < 0:
                    break
                if order[base] < 0:
                    order[base], met[count] = count, base
                    count += 1
                else:  # it was met as an end: now it is told
                    met[count] = base
                    count += 1
                base = np.int64(-1)
            row = met[done]
            done += 1
            if row == base:
                continue
            token, end, attribute, depth = firsts[row], firsts[row + 1], 0, 0
            links, last_link = link_firsts[row], link_firsts[row + 1]
            # Room is made for a row, and again behind each text, for asking at each token takes longer than all else.
            most_more = end - token + last_link - links + ROW
            if written + most_more > len(letters) or counted + most_more > len(numbers):
                return borders[:0]
            numbers[counted] = codes[types[row]]
            counted += 1
            if digested[row] >= 0:
                numbers[counted] = digests[digested[row], 0]
                numbers[counted + 1] = digests[digested[row], 1]
                counted += 2
                continue
            if types[row] == placements and kinds[firsts[row]] == NULL:
                around = True
            left_out = skipped[types[row]]
            while token < end:
                kind, value = kinds[token], values[token]
                if depth == 0:
                    out = (left_out >> np.uint64(min(attribute, 63))) & np.uint64(1)
                    attribute += 1
                    if out:
                        if kind == KEYWORD:
                            token = np.int64(values[token + 1])
                        elif kind == OPEN:
                            token = np.int64(value)
                        token += 1
                        continue
                letters[written] = kind
                written += 1
                if kind in (REAL, INTEGER):
                    numbers[counted] = value + 0.0  # minus zero is zero
                    counted += 1
                elif kind == REFERENCE:
                    target = np.int64(value)
                    if order[target] < 0:
                        order[target], met[count] = count, target
                        count += 1
                    numbers[counted] = order[target]
                    counted += 1
                elif kind == OPEN:
                    depth += 1
                elif kind == CLOSE:
                    depth -= 1
                elif kind == KEYWORD:
                    numbers[counted] = codes[np.int64(value)]
                    counted += 1
                    if depth == 0:
                        attribute -= 1  # its bracket belongs to it
                elif kind in (STRING, ENUM, BINARY):
                    ending = QUOTE
                    if kind == ENUM:
                        ending = POINT
                    elif kind == BINARY:
                        ending = DOUBLE_QUOTE
                    start = np.int64(value)
                    length = _text_end(content, start, ending) - start
                    numbers[counted] = length
                    counted += 1
                    if written + length + most_more > len(letters):
                        return borders[:0]
                    for place in range(length):
                        letters[written + place] = content[start + place]
                    written += length
                token += 1
            while links < last_link:
                target = link_rows[links]
                links += 1
                if order[target] < 0:
                    order[target], met[count] = count, target
                    count += 1
                letters[written] = LINKED
                written += 1
                numbers[counted] = order[target]
                counted += 1
            letters[written] = END
            written += 1
        for place in range(count):
            order[met[place]] = -1
        numbers[head] = counted - head
        more = (written + NUMBER_BYTES - 1) // NUMBER_BYTES
        if counted + more + ROW > len(numbers):
            return borders[:0]
        octets = numbers.view(np.uint8)
        for place in range(written):
            octets[NUMBER_BYTES * counted + place] = letters[place]
        for place in range(written, NUMBER_BYTES * more):
            octets[NUMBER_BYTES * counted + place] = 0
        counted += more
        borders[group + 1] = NUMBER_BYTES * counted
    return borders
