"""One pass over the bytes of a STEP file: what it holds, and whether all of it is there.

IfcOpenShell reads half a file, two instances of one number and references to nothing without an exception; what it leaves
out it leaves out silently. This pass knows strings, comments and statements (ISO 10303-21, clause 5 and 6) and nothing of
IFC. It is compiled: a pass by regular expressions took 20 times as long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled

MOST_MEMBERS = 2_000_000  # in one instance; the largest list of a real model seen has 300,000
DEEPEST_NESTING = 64  # brackets; IFC itself needs 4
MOST_DIGITS = 12  # before the point: 1e12 is a million kilometres even in millimetres
LISTED = 10_000  # odd instances and broken statements told one by one; the rest are counted
CLASSES = 1 << 13  # different class names told; IFC4X3 has 876
LARGEST_NUMBER = 10**17  # whole numbers above it are all taken for this one
LARGEST_INSTANCE = 2**32 - 1  # IfcOpenShell refuses the whole file for one beyond
LARGEST_EXPONENT = 308  # of a double; the same

DEFINED, REFERENCED, REPEATED = 1, 2, 4

# Bytes of the clear text encoding.
HASH, QUOTE, SEMICOLON, EQUALS, COMMA, POINT = 35, 39, 59, 61, 44, 46
DOUBLE_QUOTE = 34
OPEN, CLOSE, SLASH, STAR, MINUS, PLUS, NUL = 40, 41, 47, 42, 45, 43, 0
ZERO, NINE, UPPER_A, UPPER_Z, LOWER_A, LOWER_Z, UNDERSCORE = 48, 57, 65, 90, 97, 122, 95
DOLLAR = 36
UPPER_E, LOWER_E, LINE_FEED, CARRIAGE_RETURN, SPACE, TAB = 69, 101, 10, 13, 32, 9
BOM = (0xEF, 0xBB, 0xBF)


class Oddity(IntEnum):
    """Why an instance would be dangerous to draw."""

    MEMBERS = 0
    NESTING = 1
    NUMBER = 2
    ABSENT = 3  # a member of a list is left out, which would be read as zero
    LAME = 4  # refers to what was not read; found when the file is opened


@dataclass(frozen=True, slots=True)
class StepScan:
    """What a pass found.

    Attributes:
        instances: statements ``#n=CLASS(...);`` that are whole.
        classes: class name in capitals -> how many of them.
        arguments: the same -> fewest and most arguments of one of them.
        repeated: numbers that more than one instance has, ascending.
        missing: numbers that are referred to and that no instance has, ascending.
        broken: statements that stop in the middle, or are none: how many.
        broken_ranges: first and last-plus-one byte of the first of these, shape (K, 2).
        odd: number of an instance -> why it would be dangerous to draw.
        complete_bytes: up to the end of the last whole statement.
        is_ended: whether ``END-ISO-10303-21`` was there.
        end_byte: where the file ends by its own word; its length when it does not say.
    """

    instances: int
    classes: Mapping[str, int]
    arguments: Mapping[str, tuple[int, int]]
    repeated: tuple[int, ...]
    missing: tuple[int, ...]
    broken: int
    broken_ranges: NDArray[np.int64]
    odd: Mapping[int, Oddity]
    complete_bytes: int
    is_ended: bool
    end_byte: int


def scan_step(content: bytes) -> StepScan:
    """Scan a file.

    Args:
        content: of the whole file, ASCII or any encoding of which ASCII is a part.
    """
    data = np.frombuffer(content, dtype=np.uint8)
    # Pages of these that nothing is written to cost nothing.
    state = np.zeros(len(data) + 1024, dtype=np.uint8)
    far = np.zeros((2, len(data) // 5 + 8), dtype=np.int64)
    table = np.zeros((CLASSES, 5), dtype=np.int64)
    odd = np.zeros((LISTED, 2), dtype=np.int64)
    broken = np.zeros((LISTED, 2), dtype=np.int64)
    totals = np.zeros(len(_Total), dtype=np.int64)
    _scan(data, state, far, table, odd, broken, totals)
    far_defined = far[0, : totals[_Total.FAR_DEFINED]]
    far_referenced = far[1, : totals[_Total.FAR_REFERENCED]]
    defined, counts = np.unique(far_defined, return_counts=True)
    lost = np.setdiff1d(far_referenced, far_defined)
    state = state[: totals[_Total.HIGHEST] + 1]
    repeated = [*np.flatnonzero(state & REPEATED), *defined[counts > 1]]
    missing = [*np.flatnonzero((state & (DEFINED | REFERENCED)) == REFERENCED), *lost]
    classes, arguments = _named(content, table)
    return StepScan(
        instances=int(totals[_Total.INSTANCES]),
        classes=classes,
        arguments=arguments,
        repeated=tuple(int(number) for number in repeated),
        missing=tuple(int(number) for number in missing),
        broken=int(totals[_Total.BROKEN]),
        broken_ranges=broken[: min(totals[_Total.BROKEN], LISTED)].copy(),
        odd={
            int(number): Oddity(int(why)) for number, why in odd[: min(totals[_Total.ODD], LISTED)]
        },
        complete_bytes=int(totals[_Total.COMPLETE]),
        is_ended=bool(totals[_Total.ENDED]),
        end_byte=int(totals[_Total.END]),
    )


class _Total(IntEnum):
    """Places in the array of totals."""

    INSTANCES = 0
    BROKEN = 1
    COMPLETE = 2
    ENDED = 3
    END = 4
    FAR_DEFINED = 5
    FAR_REFERENCED = 6
    ODD = 7
    HIGHEST = 8


# Numba takes plain globals as constants, not members of an enumeration.
INSTANCES, BROKEN, COMPLETE, ENDED, END = 0, 1, 2, 3, 4
FAR_DEFINED, FAR_REFERENCED, ODD, HIGHEST = 5, 6, 7, 8
TOO_MANY, TOO_DEEP, TOO_LARGE, LEFT_OUT = 0, 1, 2, 3
WHOLE, CUT, INTERRUPTED = 0, 1, 2
MEMBERS, DEEPEST, DIGITS, ABSENT, ARGUMENTS, SIZES = 0, 1, 2, 3, 4, 5  # places in `sizes`
END_WORD = np.frombuffer(b"END-ISO-10303-21", dtype=np.uint8)


def _named(
    content: bytes, table: NDArray[np.int64]
) -> tuple[dict[str, int], dict[str, tuple[int, int]]]:
    """Counts and numbers of arguments by class name."""
    names: dict[str, int] = {}
    arguments: dict[str, tuple[int, int]] = {}
    for start, length, count, fewest, most in sorted(table[table[:, 2] > 0].tolist()):
        name = content[start : start + length].decode("ascii", errors="replace").upper()
        names[name], arguments[name] = count, (fewest, most)
    return dict(sorted(names.items())), arguments


@compiled
def _is_digit(byte: int) -> bool:
    return ZERO <= byte <= NINE


@compiled
def _is_word(byte: int) -> bool:
    return (
        UPPER_A <= byte <= UPPER_Z
        or LOWER_A <= byte <= LOWER_Z
        or ZERO <= byte <= NINE
        or byte in (UNDERSCORE, MINUS)
    )


@compiled
def _gap(data: NDArray[np.uint8], at: int) -> int:
    """First byte from `at` on that is neither white space nor comment."""
    size = len(data)
    while at < size:
        byte = data[at]
        if byte in (SPACE, LINE_FEED, CARRIAGE_RETURN, TAB):
            at += 1
        elif byte == SLASH and at + 1 < size and data[at + 1] == STAR:
            at += 2
            while at + 1 < size and not (data[at] == STAR and data[at + 1] == SLASH):
                at += 1
            at = min(at + 2, size)
        else:
            return at
    return size


@compiled
def _number(data: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """An unsigned whole number and the byte behind it."""
    value = 0
    while at < len(data) and _is_digit(data[at]):
        value = min(value * 10 + (data[at] - ZERO), LARGEST_NUMBER)
        at += 1
    return value, at


@compiled
def _begins_instance(data: NDArray[np.uint8], at: int) -> bool:
    """Whether ``#digits=`` and the beginning of a class name stand here."""
    if at + 1 >= len(data) or data[at] != HASH or not _is_digit(data[at + 1]):
        return False
    _, at = _number(data, at + 1)
    at = _gap(data, at)
    if at >= len(data) or data[at] != EQUALS:
        return False
    at = _gap(data, at + 1)
    return at < len(data) and UPPER_A <= (data[at] & 0xDF) <= UPPER_Z


@compiled
def _string_end(data: NDArray[np.uint8], at: int) -> tuple[int, bool]:
    """The byte behind a string whose opening quote is before `at`; False when it is never closed.

    A string that runs into the next instance was never closed either: no author writes ``#12=IFC`` at a line's beginning.
    """
    size = len(data)
    while at < size:
        byte = data[at]
        if byte == QUOTE:
            if at + 1 < size and data[at + 1] == QUOTE:
                at += 2
                continue
            return at + 1, True
        if byte in (LINE_FEED, CARRIAGE_RETURN):
            at += 1
            if at < size and data[at] == HASH and _begins_instance(data, at):
                return at, False
            continue
        at += 1
    return size, False


@compiled
def _magnitude(data: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Digits before the point of a number, its exponent added, and the byte behind it."""
    size = len(data)
    digits = 0
    while at < size and _is_digit(data[at]):
        if digits > 0 or data[at] != ZERO:
            digits += 1
        at += 1
    if at < size and data[at] == POINT:
        at += 1
        while at < size and _is_digit(data[at]):
            at += 1
    if at + 1 < size and data[at] in (UPPER_E, LOWER_E):
        sign = 1
        at += 1
        if data[at] in (MINUS, PLUS):
            if data[at] == MINUS:
                sign = -1
            at += 1
        exponent, at = _number(data, at)
        digits += sign * exponent
    return digits, at


@compiled
def _refer(
    number: int, state: NDArray[np.uint8], far: NDArray[np.int64], totals: NDArray[np.int64]
) -> None:
    if number < len(state):
        state[number] |= REFERENCED
        totals[HIGHEST] = max(totals[HIGHEST], number)
    else:
        far[1, totals[FAR_REFERENCED]] = number
        totals[FAR_REFERENCED] += 1


@compiled
def _define(
    number: int, state: NDArray[np.uint8], far: NDArray[np.int64], totals: NDArray[np.int64]
) -> None:
    if number < len(state):
        if state[number] & DEFINED:
            state[number] |= REPEATED
        state[number] |= DEFINED
        totals[HIGHEST] = max(totals[HIGHEST], number)
    else:
        far[0, totals[FAR_DEFINED]] = number
        totals[FAR_DEFINED] += 1


@compiled
def _body(  # noqa: C901  # one automaton: a branch for each byte that means something
    data: NDArray[np.uint8],
    at: int,
    state: NDArray[np.uint8],
    far: NDArray[np.int64],
    totals: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> tuple[int, int]:
    """Read from behind a class name to behind the semicolon; where that is, and how it ended.

    `sizes` is set to what `_note_odd` reads, and to the number of arguments.
    """
    size = len(data)
    sizes[:] = 0
    depth = arguments = 0
    while at < size:
        byte = data[at]
        if byte == SEMICOLON:
            sizes[ARGUMENTS] = arguments
            return at + 1, WHOLE if depth == 0 and sizes[DEEPEST] > 0 else INTERRUPTED
        if byte in (SPACE, LINE_FEED, CARRIAGE_RETURN, TAB, SLASH):
            behind = _gap(data, at)
            if behind == at:  # a slash that begins no comment
                return _resume(data, at + 1), INTERRUPTED
            at = behind
            continue
        if depth == 0 and sizes[DEEPEST] > 0:  # the semicolon is missing, or a bracket too many
            return (_resume(data, at) if byte == CLOSE else at), INTERRUPTED
        if byte == OPEN:
            if depth == 1:
                arguments = max(arguments, 1)
            depth += 1
            sizes[DEEPEST] = max(sizes[DEEPEST], depth)
            at += 1
        elif byte == CLOSE:
            depth -= 1
            at += 1
            if depth < 0:
                return _resume(data, at), INTERRUPTED
        elif byte == COMMA:
            sizes[MEMBERS] += 1
            if depth == 1:
                arguments += 1
            at += 1
        else:
            at, how = _value(data, at, state, far, totals, sizes, depth)
            if how != WHOLE:
                return at, how
            if depth == 1:
                arguments = max(arguments, 1)
    return size, CUT


@compiled
def _value(  # noqa: C901  # the same for what stands between commas
    data: NDArray[np.uint8],
    at: int,
    state: NDArray[np.uint8],
    far: NDArray[np.int64],
    totals: NDArray[np.int64],
    sizes: NDArray[np.int64],
    depth: int,
) -> tuple[int, int]:
    """Read a string, a reference, a number, an enumeration, a type name or what stands for nothing."""
    size = len(data)
    byte = data[at]
    if depth == 0:
        return _resume(data, at), INTERRUPTED
    if byte == QUOTE:
        at, closed = _string_end(data, at + 1)
        if closed:
            return at, WHOLE
        return at, CUT if at >= size else INTERRUPTED
    if byte == HASH:
        number, behind = _number(data, at + 1)
        # Only an equals sign makes it the next instance, the end of this one missing; that is rare, so asked last.
        after = _gap(data, behind)
        if after < size and data[after] == EQUALS and _begins_instance(data, at):
            return at, INTERRUPTED
        if behind == at + 1 or number > LARGEST_INSTANCE:
            return _resume(data, at + 1), INTERRUPTED
        _refer(number, state, far, totals)
        return behind, WHOLE
    if _is_digit(byte) or byte in (MINUS, PLUS):
        digits, behind = _magnitude(data, at + (not _is_digit(byte)))
        if digits > LARGEST_EXPONENT or (behind == at + 1 and not _is_digit(byte)):
            return _resume(data, behind), INTERRUPTED
        sizes[DIGITS] = max(sizes[DIGITS], digits)
        return behind, WHOLE
    if byte in (POINT, DOUBLE_QUOTE):  # .ENUMERATION. or "binary"
        behind = at + 1
        while behind < size and _is_word(data[behind]):
            behind += 1
        if behind < size and data[behind] == byte:
            return behind + 1, WHOLE
        return (size, CUT) if behind >= size else (_resume(data, behind), INTERRUPTED)
    if byte in (DOLLAR, STAR):
        behind = _gap(data, at + 1)
        # IFCLABEL($) is how some say that there is none; ($,0.) is a coordinate left out.
        among = data[at - 1] == COMMA or (behind < size and data[behind] == COMMA)
        if byte == DOLLAR and depth > 1 and among:
            sizes[ABSENT] += 1
        return behind, WHOLE
    if _is_word(byte):  # IFCLABEL('...'); a bare word, as NAN, is no value
        behind = at + 1
        while behind < size and _is_word(data[behind]):
            behind += 1
        behind = _gap(data, behind)
        if behind < size and data[behind] == OPEN:
            return behind, WHOLE
        return (size, CUT) if behind >= size else (_resume(data, behind), INTERRUPTED)
    return _resume(data, at), INTERRUPTED


@compiled
def _resume(data: NDArray[np.uint8], at: int) -> int:
    """Behind the next semicolon, or at the next instance, whichever comes first."""
    size = len(data)
    while at < size:
        byte = data[at]
        if byte == SEMICOLON:
            return at + 1
        if byte == HASH and _begins_instance(data, at):
            return at
        at += 1
    return size


@compiled
def _count_class(
    data: NDArray[np.uint8], start: int, behind: int, arguments: int, table: NDArray[np.int64]
) -> None:
    """Count a class name in an open hash table; beyond its size names are not counted."""
    key = np.int64(1469598103)
    for at in range(start, behind):
        key = (key ^ np.int64(data[at] & 0xDF)) * np.int64(16777619) & np.int64(0x7FFFFFFF)
    slots = len(table)
    slot = key % slots
    for _ in range(slots):
        if table[slot, 2] == 0:
            table[slot, 0], table[slot, 1] = start, behind - start
            table[slot, 2] = 1
            table[slot, 3] = table[slot, 4] = arguments
            return
        first, length = table[slot, 0], table[slot, 1]
        if length == behind - start:
            same = True
            for offset in range(length):
                if (data[first + offset] & 0xDF) != (data[start + offset] & 0xDF):
                    same = False
                    break
            if same:
                table[slot, 2] += 1
                table[slot, 3] = min(table[slot, 3], arguments)
                table[slot, 4] = max(table[slot, 4], arguments)
                return
        slot = (slot + 1) % slots


@compiled
def _note_broken(
    start: int, behind: int, broken: NDArray[np.int64], totals: NDArray[np.int64]
) -> None:
    if totals[BROKEN] < len(broken):
        broken[totals[BROKEN], 0], broken[totals[BROKEN], 1] = start, behind
    totals[BROKEN] += 1


@compiled
def _note_odd(
    number: int, sizes: NDArray[np.int64], odd: NDArray[np.int64], totals: NDArray[np.int64]
) -> None:
    why = -1
    if sizes[MEMBERS] > MOST_MEMBERS:
        why = TOO_MANY
    elif sizes[DEEPEST] > DEEPEST_NESTING:
        why = TOO_DEEP
    elif sizes[DIGITS] > MOST_DIGITS:
        why = TOO_LARGE
    elif sizes[ABSENT] > 0:
        why = LEFT_OUT
    if why >= 0:
        if totals[ODD] < len(odd):
            odd[totals[ODD], 0], odd[totals[ODD], 1] = number, why
        totals[ODD] += 1


@compiled
def _is_end(data: NDArray[np.uint8], at: int) -> bool:
    if at + len(END_WORD) > len(data):
        return False
    for offset in range(len(END_WORD)):  # noqa: SIM110  # what the compiler understands
        if data[at + offset] != END_WORD[offset]:
            return False
    return True


@compiled
def _header_statement(data: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """Read a statement that is no instance (``DATA;``, ``FILE_NAME(...);``) to behind its semicolon."""
    size = len(data)
    while at < size:
        byte = data[at]
        if byte == QUOTE:
            at, closed = _string_end(data, at + 1)
            if not closed:
                return at, CUT if at >= size else INTERRUPTED
        elif byte == SEMICOLON:
            return at + 1, WHOLE
        elif byte == HASH and _begins_instance(data, at):
            return at, INTERRUPTED
        elif byte in (EQUALS, NUL):
            return _resume(data, at), INTERRUPTED
        elif byte == SLASH and at + 1 < size and data[at + 1] == STAR:
            at = _gap(data, at)
        else:
            at += 1
    return size, CUT


@compiled
def _instance(
    data: NDArray[np.uint8],
    at: int,
    state: NDArray[np.uint8],
    far: NDArray[np.int64],
    table: NDArray[np.int64],
    odd: NDArray[np.int64],
    totals: NDArray[np.int64],
    sizes: NDArray[np.int64],
) -> tuple[int, int]:
    """Read one ``#n=CLASS(...);`` that begins at `at`."""
    number, behind = _number(data, at + 1)
    start = _gap(data, _gap(data, behind) + 1)
    behind = start
    while behind < len(data) and _is_word(data[behind]):
        behind += 1
    end, how = _body(data, behind, state, far, totals, sizes)
    if number > LARGEST_INSTANCE and how == WHOLE:
        how = INTERRUPTED
    if how == WHOLE:
        totals[INSTANCES] += 1
        _define(number, state, far, totals)
        _count_class(data, start, behind, sizes[ARGUMENTS], table)
        _note_odd(number, sizes, odd, totals)
    return end, how


@compiled
def _scan(
    data: NDArray[np.uint8],
    state: NDArray[np.uint8],
    far: NDArray[np.int64],
    table: NDArray[np.int64],
    odd: NDArray[np.int64],
    broken: NDArray[np.int64],
    totals: NDArray[np.int64],
) -> None:
    """Read all statements.

    Args:
        data: the file.
        state: DEFINED, REFERENCED, REPEATED of the instance numbers below its length.
        far: numbers beyond, as defined (row 0) and as referred to (row 1).
        table: start and length of each class name, its count, its fewest and most arguments.
        odd: number and reason of instances that would be dangerous to draw.
        broken: first and last-plus-one byte of broken statements.
        totals: counts, see `_Total`.
    """
    size = len(data)
    sizes = np.zeros(SIZES, dtype=np.int64)
    at = 0
    if size >= 3 and data[0] == BOM[0] and data[1] == BOM[1] and data[2] == BOM[2]:
        at = 3
    totals[END] = size
    while True:
        at = _gap(data, at)
        if at >= size:
            return
        if _is_end(data, at):
            totals[ENDED] = 1
            totals[END] = min(at + len(END_WORD) + 1, size)
            return
        start = at
        if _begins_instance(data, at):
            at, how = _instance(data, at, state, far, table, odd, totals, sizes)
        elif _is_word(data[at]):
            at, how = _header_statement(data, at)
        elif data[at] == SEMICOLON:
            at, how = at + 1, WHOLE
        else:
            at, how = _resume(data, at + 1), INTERRUPTED
        if how == WHOLE:
            totals[COMPLETE] = at
        elif how == INTERRUPTED:
            _note_broken(start, at, broken, totals)
