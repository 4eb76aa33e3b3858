"""The lexer of ISO 10303-21, compiled: one pass over the bytes into tables of numbers.

It tells beside whether a file is *plain*: one of which `soundness` would find nothing to say, references and repeated numbers aside. That is
a stricter grammar than the lexer itself reads, and asking for it on the way costs a tenth of a pass of its own.
"""

from __future__ import annotations

import numpy as np

from cim.compiled import compiled, inlined
from cim.ifc.step.soundness import (
    DEEPEST_NESTING,
    END_WORD,
    LARGEST_INSTANCE,
    MOST_DIGITS,
    MOST_MEMBERS,
)

# Kinds of token.
NULL, DERIVED, INTEGER, REAL, STRING, ENUM, REFERENCE, OPEN, CLOSE, KEYWORD, BINARY = range(11)

MANTISSA = 1 << 53
MANTISSA_ROOM = (2**63 - 10) // 10  # a mantissa below has room for one digit more
FARTHEST_TEN = 10_000  # powers beyond are 0 or infinite anyway
EXACT_TEN = 22  # 10**22 is the largest power of ten that float64 holds exactly
TENS = np.array([float(f"1e{power}") for power in range(EXACT_TEN + 1)])
LARGEST = 10.0**MOST_DIGITS
DEEPEST = 1 << 12  # lists inside each other; real files have three
# What an argument list was read up to last.
BRACKET, VALUE, COMMA, TYPE = range(4)
IN_NAMES = np.array(
    [chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) == "_") for byte in range(256)]
)


@compiled
def count_bytes(data):  # type: ignore[no-untyped-def]
    """How often each byte occurs, shape (256,). Four counts side by side, for the same byte twice in a row waits for itself."""
    counts = np.zeros((4, 256), dtype=np.int64)
    whole = len(data) - len(data) % 4
    for at in range(0, whole, 4):
        for lane in range(4):
            counts[lane, data[at + lane]] += 1
    for at in range(whole, len(data)):
        counts[0, data[at]] += 1
    return counts.sum(axis=0)


@compiled
def _skip_blank(data, at):  # type: ignore[no-untyped-def]
    """The next byte that is neither white space nor comment."""
    size = len(data)
    while at < size:
        if data[at] <= 0x20:
            at += 1
        elif data[at] == 0x2F and at + 1 < size and data[at + 1] == 0x2A:  # /*
            at += 2
            while at + 1 < size and not (data[at] == 0x2A and data[at + 1] == 0x2F):
                at += 1
            at += 2
        else:
            break
    return min(at, size)


@compiled
def _skip_string(data, at):  # type: ignore[no-untyped-def]
    """From the opening quote to the byte after the closing one, and whether that is plain; a doubled quote is part of the string.

    A line in it that begins like an instance is not plain: its author may have forgotten the quote.
    """
    size = len(data)
    plain = True
    at += 1
    while at < size:
        byte = data[at]
        if byte <= 0x27:
            if byte == 0x27:
                if at + 1 < size and data[at + 1] == 0x27:
                    at += 2
                    continue
                return at + 1, plain
            if (byte == 0x0A or byte == 0x0D) and at + 1 < size and data[at + 1] == 0x23:
                plain = False
        at += 1
    return size, False


@compiled
def _skip_statement(data, at):  # type: ignore[no-untyped-def]
    """To the byte after the next semicolon outside strings and comments."""
    size = len(data)
    while at < size:
        at = _skip_blank(data, at)
        if at >= size:
            break
        if data[at] == 0x27:
            at, _ = _skip_string(data, at)
        elif data[at] == 0x3B:
            return at + 1
        else:
            at += 1
    return size


@compiled
def _is_plain_statement(data, at, end):  # type: ignore[no-untyped-def]
    """Whether what stands outside of a DATA section is a statement of a header: words, strings and brackets."""
    if not (_is_name(data[at]) or data[at] == 0x2D):
        return False
    while at < end:
        byte = data[at]
        if byte == 0x27:
            at, plain = _skip_string(data, at)
            if not plain:
                return False
            continue
        if byte == 0x23 or byte == 0x3D:  # # =
            return False
        at = max(_skip_blank(data, at), at + 1)
    return data[end - 1] == 0x3B


@compiled
def _is_word(data, at, word):  # type: ignore[no-untyped-def]
    matched = 0
    while matched < len(word) and at + matched < len(data):
        if (data[at + matched] & 0xDF) != word[matched]:
            return False
        matched += 1
    return matched == len(word)


@compiled
def _is_name(byte):  # type: ignore[no-untyped-def]
    return IN_NAMES[byte]


@compiled
def _name(data, at, slots, named, names):  # type: ignore[no-untyped-def]
    """End of the keyword at a place, its index, and how many names there are now."""
    key = np.uint64(14695981039346656037)  # FNV-1a
    start = at
    while at < len(data) and _is_name(data[at]):
        letter = data[at]
        if letter >= 0x61:
            letter = letter & 0xDF
        key = (key ^ np.uint64(letter)) * np.uint64(1099511628211)
        at += 1
    if key == 0:
        key = np.uint64(1)
    slot = np.int64(key & np.uint64(len(slots) - 1))
    while slots[slot, 0] != 0 and slots[slot, 0] != key:
        slot = (slot + 1) & (len(slots) - 1)
    if slots[slot, 0] == 0:
        if names >= len(slots) - 1:
            return at, -1, names
        slots[slot, 0] = key
        slots[slot, 1] = names
        named[names, 0] = start
        named[names, 1] = at - start
        names += 1
    return at, np.int64(slots[slot, 1]), names


@compiled
def _digits(data, at, mantissa):  # type: ignore[no-untyped-def]
    """Digits added to a mantissa: where they end, what it is, how many were taken, and how many there was no room for."""
    taken = dropped = 0
    while at < len(data) and 0x30 <= data[at] <= 0x39:
        if mantissa < MANTISSA_ROOM:
            mantissa = mantissa * 10 + (data[at] - 0x30)
            taken += 1
        else:
            dropped += 1
        at += 1
    return at, mantissa, taken, dropped


@compiled
def _sign(data, at):  # type: ignore[no-untyped-def]
    """The place after a sign, and -1 or 1; without a sign the place itself and 1."""
    if at < len(data) and (data[at] == 0x2D or data[at] == 0x2B):
        return at + 1, -1 if data[at] == 0x2D else 1
    return at, 1


@compiled
def _scaled(mantissa, exponent):  # type: ignore[no-untyped-def]
    """``mantissa * 10 ** exponent``, rounded once where both factors are exact; elsewhere the last bit may differ."""
    value = float(mantissa)
    while exponent < -EXACT_TEN and value != 0.0:
        value /= 1e22
        exponent += EXACT_TEN
    while exponent > EXACT_TEN and 0.0 < value < np.inf:
        value *= 1e22
        exponent -= EXACT_TEN
    if value == 0.0 or value == np.inf:
        return value
    return value / TENS[-exponent] if exponent < 0 else value * TENS[exponent]


@compiled
def _number(data, at):  # type: ignore[no-untyped-def]
    """End of the number at a place, its value, whether it is a real, and whether it is plain: neither a sign alone nor huge."""
    at, sign = _sign(data, at)
    plain = at < len(data) and 0x30 <= data[at] <= 0x39
    at, mantissa, _, exponent = _digits(data, at, np.int64(0))
    is_real = exponent > 0  # too long to be an integer
    if at < len(data) and data[at] == 0x2E:
        is_real = True
        at, mantissa, taken, _ = _digits(data, at + 1, mantissa)
        exponent -= taken
    if at < len(data) and (data[at] == 0x45 or data[at] == 0x65):
        is_real = True
        at, below = _sign(data, at + 1)
        at, power, _, _ = _digits(data, at, np.int64(0))
        exponent += below * min(power, FARTHEST_TEN)
        plain = plain and below * power <= MOST_DIGITS
    value = _scaled(mantissa, exponent)
    return at, sign * value, is_real, plain and value < LARGEST


@compiled
def _instance_number(data, at):  # type: ignore[no-untyped-def]
    """End of the digits at a place, and their value, at most MANTISSA."""
    number = np.int64(0)
    while at < len(data) and 0x30 <= data[at] <= 0x39:
        if number < MANTISSA:
            number = number * 10 + (data[at] - 0x30)
        at += 1
    return at, number


@compiled
def _skip_to(data, at, byte):  # type: ignore[no-untyped-def]
    """To the byte after the next `byte`, or to the end of the statement."""
    while at < len(data) and data[at] != byte and data[at] != 0x3B:
        at += 1
    return at + 1


@compiled
def _skip_quoted(data, at, byte):  # type: ignore[no-untyped-def]
    """From an opening to the byte after the closing `byte`, and whether there is but a word between them."""
    start = at
    at += 1
    while at < len(data) and (_is_name(data[at]) or data[at] == 0x2D):
        at += 1
    if at < len(data) and data[at] == byte:
        return at + 1, True
    return _skip_to(data, start + 1, byte), False


@inlined  # called for every token: a call takes a third as long as all else
def _value(data, at, token, kinds, values, slots, named, names):  # type: ignore[no-untyped-def]
    """One value that is no bracket: its end, how many names there are, and whether it is plain; an end of -1 for a byte that starts none."""
    byte = data[at]
    plain = True
    if byte == 0x23:  # #
        start = at + 1
        at, number = _instance_number(data, start)
        kinds[token], values[token] = REFERENCE, number
        plain = at > start and number <= LARGEST_INSTANCE
    elif byte == 0x27:  # '
        kinds[token], values[token] = STRING, at + 1
        at, plain = _skip_string(data, at)
    elif byte == 0x24:  # $
        kinds[token] = NULL
        at += 1
    elif byte == 0x2A:  # *
        kinds[token] = DERIVED
        at += 1
    elif byte == 0x2E:  # .
        kinds[token], values[token] = ENUM, at + 1
        at, plain = _skip_quoted(data, at, 0x2E)
    elif byte == 0x22:  # "
        kinds[token], values[token] = BINARY, at + 1
        at, plain = _skip_quoted(data, at, 0x22)
    elif byte == 0x2D or byte == 0x2B or 0x30 <= byte <= 0x39:
        at, value, is_real, plain = _number(data, at)
        kinds[token] = REAL if is_real else INTEGER
        values[token] = value
    elif _is_name(byte):
        at, index, names = _name(data, at, slots, named, names)
        kinds[token], values[token] = KEYWORD, index
    else:
        return -1, names, False
    return at, names, plain


@compiled
def _arguments(data, at, token, kinds, values, slots, named, names, opened):  # type: ignore[no-untyped-def]
    """From after the opening bracket of an argument list: its end, the next token, names, whether it was well formed, and plain.

    Plain is one value between two commas; of a list, none that is left out.
    """
    depth, plain, before = 0, True, BRACKET
    first = token
    while True:
        at = _skip_blank(data, at)
        if at >= len(data) or token >= len(kinds):
            return at, token, names, False, False
        byte = data[at]
        if byte == 0x2C:  # ,
            plain = plain and before == VALUE
            before = COMMA
            at += 1
        elif byte == 0x29:  # )
            plain = plain and before in (VALUE, BRACKET)
            before = VALUE
            at += 1
            if depth == 0:
                return at, token, names, True, plain and token - first <= MOST_MEMBERS
            depth -= 1
            kinds[token], values[token] = CLOSE, opened[depth]
            values[opened[depth]] = token
            token += 1
        elif byte == 0x28:  # (
            if depth >= len(opened):
                return at, token, names, False, False
            opened[depth] = token
            depth += 1
            plain = plain and before != VALUE and depth < DEEPEST_NESTING
            before = BRACKET
            kinds[token] = OPEN
            token += 1
            at += 1
        else:
            end, names, usual = _value(data, at, token, kinds, values, slots, named, names)
            if end < 0:
                return at, token, names, False, False
            plain = plain and usual and before != VALUE and before != TYPE
            if depth > 0 and byte == 0x24:  # $
                behind = _skip_blank(data, end)
                plain = plain and before != COMMA and behind < len(data) and data[behind] != 0x2C
            before = TYPE if kinds[token] == KEYWORD else VALUE
            token += 1
            at = end


@compiled
def _is_end(data, at):  # type: ignore[no-untyped-def]
    """Whether the file ends here by its own word, with nothing but white space behind it."""
    for letter in END_WORD:
        if at >= len(data) or data[at] != letter:
            return False
        at += 1
    if at < len(data) and data[at] != 0x3B:
        return False
    for place in range(at + 1, len(data)):  # noqa: SIM110  # what the compiler understands
        if data[place] > 0x20:
            return False
    return True


@compiled
def tokenise(data, numbers, types, firsts, kinds, values, named):  # type: ignore[no-untyped-def]
    """Fill the tables of a `StepFile`; how many rows, tokens, names and malformed statements there are, and whether all is plain.

    `named` takes the place and length of each name; the tables are large enough for any file of as many semicolons, commas and opening brackets.
    """
    data_word = np.array([0x44, 0x41, 0x54, 0x41], dtype=np.uint8)
    end_word = np.array([0x45, 0x4E, 0x44, 0x53, 0x45, 0x43], dtype=np.uint8)
    slots = np.zeros((len(named), 2), dtype=np.uint64)
    opened = np.zeros(DEEPEST, dtype=np.int64)
    rows, token, names = np.int64(0), np.int64(0), np.int64(0)
    at, malformed, inside = np.int64(0), np.int64(0), False
    plain: bool = True
    while True:
        at = _skip_blank(data, at)
        if at >= len(data):
            return rows, token, names, malformed, False
        if not inside or data[at] != 0x23:  # #
            if not inside and _is_end(data, at):
                return rows, token, names, malformed, plain and malformed == 0
            ends = _is_word(data, at, end_word)
            malformed += inside and not ends
            inside = not ends and (inside or _is_word(data, at, data_word))
            start = at
            at = _skip_statement(data, at)
            plain = plain and _is_plain_statement(data, start, at)
            continue
        start = at + 1
        at, number = _instance_number(data, start)
        plain = plain and at > start and number <= LARGEST_INSTANCE
        at = _skip_blank(data, at)
        if at >= len(data) or data[at] != 0x3D or number >= MANTISSA:  # =
            malformed += 1
            at = _skip_statement(data, at)
            continue
        at = _skip_blank(data, at + 1)
        kind = np.int64(-1)  # a complex instance starts with its bracket
        if at < len(data) and _is_name(data[at]):
            plain = plain and bool(data[at] >= 0x41 and data[at] != 0x5F)
            at, kind, names = _name(data, at, slots, named, names)
            at = _skip_blank(data, at)
        plain = plain and bool(kind >= 0)
        numbers[rows], types[rows], firsts[rows] = number, kind, token
        rows += 1
        if kind >= 0:
            whole = at < len(data) and data[at] == 0x28
            if whole:
                at, token, names, whole, usual = _arguments(
                    data, at + 1, token, kinds, values, slots, named, names, opened
                )
                at = _skip_blank(data, at)
                plain = plain and usual and at < len(data) and data[at] == 0x3B
            malformed += not whole
        firsts[rows] = token
        at = _skip_statement(data, at)
