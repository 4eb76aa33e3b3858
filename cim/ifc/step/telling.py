"""What many instances consist of, told at once, with parts left out that a reader does not look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled
from cim.ifc.step.closure import put_text, room
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
ROOM = 1 << 20
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
        skipped: shape (names of the file,), bits of the attributes left out of each class.
        links: rows told with a row.
        digests: shape (D, 16), uint8; what stands for an instance that was told before.
        digested: shape (N,), the digest of each row, -1 for none.
        placements: index among the file's names of the class IfcLocalPlacement; -1 when it has none.
    """

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
    joined = np.frombuffer("\0".join(step.names).encode("ascii", "replace") + b"\0", dtype=np.uint8)
    starts = np.cumsum([0, *(len(name) + 1 for name in step.names)]).astype(np.int64)
    rows = len(step.numbers)
    told, borders = _tell(
        step.kinds,
        step.values,
        step.firsts,
        step.types,
        np.frombuffer(step.content, dtype=np.uint8),
        joined,
        starts,
        telling.skipped,
        telling.links.firsts,
        telling.links.rows,
        telling.digests,
        np.full(rows, -1, dtype=np.int64) if telling.digested is None else telling.digested,
        telling.placements,
        roots,
        ends,
        np.full(len(ends), -1, dtype=np.int64) if bases is None else bases,
        MOST_BYTES * len(step.content) + ROOM,
    )
    if len(borders) <= len(ends):
        return None
    view, cuts = memoryview(told), borders.tolist()
    return [view[cuts[i] : cuts[i + 1]] for i in range(len(ends))]


# As in `closure`: literal numbers would be compiled anew each.
QUOTE, POINT, DOUBLE_QUOTE, ZERO = np.uint8(0x27), np.uint8(0x2E), np.uint8(0x22), np.uint8(0)
ONE, EIGHT, TEN, SIXTEEN = np.int64(1), np.int64(8), np.int64(10), np.int64(16)
END, LINKED = np.uint8(255), np.uint8(253)


@compiled
def _tell(  # type: ignore[no-untyped-def]  # noqa: C901 - one branch a kind of token
    kinds,
    values,
    firsts,
    types,
    content,
    names,
    starts,
    skipped,
    link_firsts,
    link_rows,
    digests,
    digested,
    placements,
    roots,
    ends,
    bases,
    most,
):
    told = np.zeros(len(content) + ROOM, dtype=np.uint8)
    bits = np.zeros(1)
    octets = bits.view(np.uint8)
    order = np.full(len(types), -1, dtype=np.int64)
    met = np.zeros(len(types) + 1, dtype=np.int64)
    borders = np.zeros(len(ends) + 1, dtype=np.int64)
    size, root = np.int64(0), np.int64(0)
    for group in range(len(ends)):
        count, done, around = np.int64(0), np.int64(0), False
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
            told, size = put_text(told, size, names, starts[types[row]], ZERO)
            if digested[row] >= 0:
                told = room(told, size, SIXTEEN)
                for place in range(16):
                    told[size] = digests[digested[row], place]
                    size += 1
                continue
            if types[row] == placements and kinds[firsts[row]] == NULL:
                around = True
            left_out = skipped[types[row]]
            token, end, attribute, depth = firsts[row], firsts[row + 1], 0, 0
            links, last_link = link_firsts[row], link_firsts[row + 1]
            # Room is made for a row, and again behind each text, for asking at each token takes longer than all else.
            told = room(told, size, TEN * (end - token + last_link - links) + SIXTEEN)
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
                        if depth == 0:
                            attribute -= 1  # its bracket belongs to it
                    told, size = put_text(told, size, source, start, ending)
                    told = room(told, size, TEN * (end - token + last_link - links) + SIXTEEN)
                elif kind == OPEN:
                    depth += 1
                elif kind == CLOSE:
                    depth -= 1
                elif kind in (REFERENCE, REAL, INTEGER):
                    if kind == REFERENCE:
                        target = np.int64(value)
                        if order[target] < 0:
                            order[target], met[count] = count, target
                            count += 1
                        value = float(order[target])
                    bits[0] = value + 0.0
                    for place in range(8):
                        told[size + place] = octets[place]
                    size += EIGHT
                token += 1
            while links < last_link:
                target = link_rows[links]
                links += 1
                if order[target] < 0:
                    order[target], met[count] = count, target
                    count += 1
                told[size] = LINKED
                bits[0] = float(order[target])
                for place in range(8):
                    told[size + ONE + place] = octets[place]
                size += ONE + EIGHT
            told = room(told, size, ONE)
            told[size] = END
            size += ONE
            if size > most:
                return told, borders[:0]
        for place in range(count):
            order[met[place]] = -1
        borders[group + 1] = size
    return told, borders
