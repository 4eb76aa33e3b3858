"""The lexer of ISO 10303-21, compiled: one pass over the bytes into tables of numbers."""

from __future__ import annotations

import numpy as np

from cim.compiled import compiled

# Kinds of token.
NULL, DERIVED, INTEGER, REAL, STRING, ENUM, REFERENCE, OPEN, CLOSE, KEYWORD, BINARY = range(11)

MANTISSA = 1 << 53
MANTISSA_ROOM = (2**63 - 10) // 10  # a mantissa below has room for one digit more
FARTHEST_TEN = 10_000  # powers beyond are 0 or infinite anyway
EXACT_TEN = 22  # 10**22 is the largest power of ten that float64 holds exactly
DEEPEST = 1 << 12  # lists inside each other; real files have three


@compiled
def most(data):  # type: ignore[no-untyped-def]
    """Upper bounds of the number of instances and of tokens."""
    rows = tokens = 0
    # Sums without a branch: many bytes go through at a time.
    for byte in data:
        rows += byte == 0x3B  # ;
        tokens += (byte == 0x2C) + 3 * (byte == 0x28)  # , (
    return rows, tokens + rows + 1


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
    """From the opening quote to the byte after the closing one; a doubled quote is part of the string."""
    size = len(data)
    at += 1
    while at < size:
        if data[at] == 0x27:
            if at + 1 < size and data[at + 1] == 0x27:
                at += 2
                continue
            return at + 1
        at += 1
    return size


@compiled
def _skip_statement(data, at):  # type: ignore[no-untyped-def]
    """To the byte after the next semicolon outside strings and comments."""
    size = len(data)
    while at < size:
        at = _skip_blank(data, at)
        if at >= size:
            break
        if data[at] == 0x27:
            at = _skip_string(data, at)
        elif data[at] == 0x3B:
            return at + 1
        else:
            at += 1
    return size


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
    return 0x41 <= byte <= 0x5A or 0x61 <= byte <= 0x7A or 0x30 <= byte <= 0x39 or byte == 0x5F


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
    return value / 10.0**-exponent if exponent < 0 else value * 10.0**exponent


@compiled
def _number(data, at):  # type: ignore[no-untyped-def]
    """End of the number at a place, its value, and whether it is a real."""
    at, sign = _sign(data, at)
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
    return at, sign * _scaled(mantissa, exponent), is_real


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
def _value(data, at, token, kinds, values, slots, named, names):  # type: ignore[no-untyped-def]
    """One value that is no bracket: its end, and how many names there are; an end of -1 for a byte that starts none."""
    byte = data[at]
    if byte == 0x23:  # #
        at, number = _instance_number(data, at + 1)
        kinds[token], values[token] = REFERENCE, number
    elif byte == 0x27:  # '
        kinds[token], values[token] = STRING, at + 1
        at = _skip_string(data, at)
    elif byte == 0x24:  # $
        kinds[token] = NULL
        at += 1
    elif byte == 0x2A:  # *
        kinds[token] = DERIVED
        at += 1
    elif byte == 0x2E:  # .
        kinds[token], values[token] = ENUM, at + 1
        at = _skip_to(data, at + 1, 0x2E)
    elif byte == 0x22:  # "
        kinds[token], values[token] = BINARY, at + 1
        at = _skip_to(data, at + 1, 0x22)
    elif byte == 0x2D or byte == 0x2B or 0x30 <= byte <= 0x39:
        at, value, is_real = _number(data, at)
        kinds[token] = REAL if is_real else INTEGER
        values[token] = value
    elif _is_name(byte):
        at, index, names = _name(data, at, slots, named, names)
        kinds[token], values[token] = KEYWORD, index
    else:
        return -1, names
    return at, names


@compiled
def _arguments(data, at, token, kinds, values, slots, named, names, opened):  # type: ignore[no-untyped-def]
    """From after the opening bracket of an argument list: its end, the next token, names, and whether it was well formed."""
    depth = 0
    while True:
        at = _skip_blank(data, at)
        if at >= len(data):
            return at, token, names, False
        byte = data[at]
        if byte == 0x2C:  # ,
            at += 1
        elif byte == 0x29:  # )
            at += 1
            if depth == 0:
                return at, token, names, True
            depth -= 1
            kinds[token], values[token] = CLOSE, opened[depth]
            values[opened[depth]] = token
            token += 1
        elif byte == 0x28:  # (
            if depth >= len(opened):
                return at, token, names, False
            opened[depth] = token
            depth += 1
            kinds[token] = OPEN
            token += 1
            at += 1
        else:
            end, names = _value(data, at, token, kinds, values, slots, named, names)
            if end < 0:
                return at, token, names, False
            token += 1
            at = end


@compiled
def tokenise(data, numbers, types, firsts, kinds, values, named):  # type: ignore[no-untyped-def]
    """Fill the tables of a `StepFile`; how many rows, tokens, names and malformed statements there are.

    `named` takes the place and length of each name; the tables are as large as `most` says.
    """
    data_word = np.array([0x44, 0x41, 0x54, 0x41], dtype=np.uint8)
    end_word = np.array([0x45, 0x4E, 0x44, 0x53, 0x45, 0x43], dtype=np.uint8)
    slots = np.zeros((len(named), 2), dtype=np.uint64)
    opened = np.zeros(DEEPEST, dtype=np.int64)
    rows, token, names = np.int64(0), np.int64(0), np.int64(0)
    at, malformed, inside = np.int64(0), np.int64(0), False
    while True:
        at = _skip_blank(data, at)
        if at >= len(data):
            return rows, token, names, malformed
        if not inside or data[at] != 0x23:  # #
            ends = _is_word(data, at, end_word)
            malformed += inside and not ends
            inside = not ends and (inside or _is_word(data, at, data_word))
            at = _skip_statement(data, at)
            continue
        at, number = _instance_number(data, at + 1)
        at = _skip_blank(data, at)
        if at >= len(data) or data[at] != 0x3D or number >= MANTISSA:  # =
            malformed += 1
            at = _skip_statement(data, at)
            continue
        at = _skip_blank(data, at + 1)
        kind = np.int64(-1)  # a complex instance starts with its bracket
        if at < len(data) and _is_name(data[at]):
            at, kind, names = _name(data, at, slots, named, names)
            at = _skip_blank(data, at)
        numbers[rows], types[rows], firsts[rows] = number, kind, token
        rows += 1
        if kind >= 0:
            whole = at < len(data) and data[at] == 0x28
            if whole:
                at, token, names, whole = _arguments(
                    data, at + 1, token, kinds, values, slots, named, names, opened
                )
            malformed += not whole
        firsts[rows] = token
        at = _skip_statement(data, at)
