"""One argument of many instances at once."""

from __future__ import annotations

import numpy as np

from cim.compiled import compiled
from cim.ifc.step.lexer import CLOSE, INTEGER, KEYWORD, OPEN, REAL, REFERENCE

ROOM = 1 << 10
GLOBAL_ID = 22  # letters


@compiled
def _argument(kinds, values, firsts, row, place):  # type: ignore[no-untyped-def]
    """The token an argument of an instance starts with, and the end of all."""
    token, end = firsts[row], firsts[row + 1]
    for _ in range(place):
        if token < end and kinds[token] == KEYWORD:
            token += 1
        if token < end and kinds[token] == OPEN:
            token = np.int64(values[token])
        token += 1
    return token, end


@compiled
def argument_references(kinds, values, firsts, rows, place):  # type: ignore[no-untyped-def]
    """Rows that one argument of instances refers to, shape (N,); -1 where it is no reference, or one to nowhere."""
    found = np.full(len(rows), -1, dtype=np.int64)
    for number in range(len(rows)):
        token, end = _argument(kinds, values, firsts, rows[number], place)
        if token < end and kinds[token] == REFERENCE:
            found[number] = np.int64(values[token])
    return found


@compiled
def listed_references(kinds, values, firsts, rows, place):  # type: ignore[no-untyped-def]
    """Rows in a list that is one argument of instances: index into `rows`, and row referred to, each shape (L,)."""
    owners = np.zeros(ROOM, dtype=np.int64)
    targets = np.zeros(ROOM, dtype=np.int64)
    size = np.int64(0)
    for number in range(len(rows)):
        token, end = _argument(kinds, values, firsts, rows[number], place)
        if token >= end or kinds[token] != OPEN:
            continue
        for member in range(token + 1, np.int64(values[token])):
            if kinds[member] != REFERENCE or values[member] < 0.0:
                continue
            if size == len(owners):
                owners = np.concatenate((owners, np.zeros_like(owners)))
                targets = np.concatenate((targets, np.zeros_like(targets)))
            owners[size], targets[size] = number, np.int64(values[member])
            size += 1
    return owners[:size], targets[:size]


@compiled
def argument_numbers(kinds, values, firsts, rows, place):  # type: ignore[no-untyped-def]
    """Numbers that one argument of instances is, shape (N,); not a number where it is something else."""
    found = np.full(len(rows), np.nan)
    for number in range(len(rows)):
        token, end = _argument(kinds, values, firsts, rows[number], place)
        if token < end and kinds[token] in (REAL, INTEGER):
            found[number] = values[token]
    return found


@compiled
def lists_any(kinds, values, firsts, rows, wanted):  # type: ignore[no-untyped-def]
    """Whether a list among the arguments of each instance has one of the wanted rows, shape (N,)."""
    found = np.zeros(len(rows), dtype=np.bool_)
    for number in range(len(rows)):
        depth = 0
        for token in range(firsts[rows[number]], firsts[rows[number] + 1]):
            if kinds[token] == OPEN:
                depth += 1
            elif kinds[token] == CLOSE:
                depth -= 1
            elif (
                depth > 0
                and kinds[token] == REFERENCE
                and values[token] >= 0.0
                and wanted[np.int64(values[token])]
            ):
                found[number] = True
                break
    return found


@compiled
def global_id_keys(values, firsts, content, rows):  # type: ignore[no-untyped-def]
    """A number for each GlobalId, equal for equal ones and rarely else, shape (N,), uint64; nothing when one is not of 22 letters.

    Args:
        values: of the file.
        firsts: of the file.
        content: the same, shape (B,), uint8.
        rows: instances whose first argument is a string.
    """
    keys = np.zeros(len(rows), dtype=np.uint64)
    for number in range(len(rows)):
        start = np.int64(values[firsts[rows[number]]])
        if start + GLOBAL_ID >= len(content) or content[start + GLOBAL_ID] != 0x27:
            return keys[:0]
        key = np.uint64(14695981039346656037)  # FNV-1a
        for at in range(start, start + GLOBAL_ID):
            if content[at] == 0x27:
                return keys[:0]
            key = (key ^ np.uint64(content[at])) * np.uint64(1099511628211)
        keys[number] = key
    return keys
