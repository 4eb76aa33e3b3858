"""Whether the instances of a file are what their classes say, so that they can be read without IfcOpenShell's judgement.

IfcOpenShell leaves out, empties or complains of what contradicts the schema, each in its own way. Those ways are not rebuilt here:
a file in which one argument is of another kind than its class declares is opened by IfcOpenShell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled
from cim.ifc.schema import schema_of
from cim.ifc.step import StepFile
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

# In a mask: must be there. Of nothing but GlobalId does a reader depend on it.
REQUIRED = 1 << 15
SIMPLE: Mapping[str, int] = {
    "string": 1 << STRING,
    "integer": 1 << INTEGER,
    "real": 1 << REAL | 1 << INTEGER,
    "number": 1 << REAL | 1 << INTEGER,
    "boolean": 1 << ENUM,
    "logical": 1 << ENUM,
    "binary": 1 << BINARY,
}
WORDS: Mapping[str, tuple[str, ...]] = {"boolean": ("T", "F"), "logical": ("T", "F", "U")}


def conforms(step: StepFile, identifier: str) -> bool:
    """Whether each argument of each instance is of a kind its class declares, and each enumeration one of its words.

    Args:
        step: the file.
        identifier: of the schema it is read through.
    """
    schema, table = schema_of(identifier), _table(identifier)
    if len(step.types) and step.types.min() < 0:
        return False  # a complex instance, which no IFC schema has
    known = [name in schema.classes or name in schema.types for name in step.names]
    if not all(known):
        return False
    classes = np.array([table.classes.get(name, -1) for name in step.names], dtype=np.int64)
    return bool(
        _conform(
            step.kinds,
            step.values,
            step.firsts,
            step.types,
            np.frombuffer(step.content, dtype=np.uint8),
            classes,
            table.firsts,
            table.masks,
            table.members,
            table.enumerations,
            table.words,
        )
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """What the attributes of a schema's classes may be.

    Attributes:
        classes: name in capitals -> number of the class.
        firsts: shape (C + 1,), first attribute of each class.
        masks, members: shape (A,), bits of the kinds of token that an attribute and the members of its list may have.
        enumerations: shape (A,), number of the enumeration, -1 for none.
        words: ascending keys of enumeration and word.
    """

    classes: Mapping[str, int]
    firsts: NDArray[np.int64]
    masks: NDArray[np.int64]
    members: NDArray[np.int64]
    enumerations: NDArray[np.int64]
    words: NDArray[np.uint64]


@cache
def _table(identifier: str) -> _Table:
    schema = schema_of(identifier)
    firsts, masks, members, chosen = [0], [], [], []
    numbers: dict[tuple[str, ...], int] = {}
    for name in schema.classes:
        for attribute in schema.declaration(name).as_entity().all_attributes():
            mask, inner, words = _kinds(attribute.type_of_attribute())
            masks.append(mask | (REQUIRED if attribute.name() == "GlobalId" else 0))
            members.append(inner)
            chosen.append(numbers.setdefault(words, len(numbers)) if words else -1)
        firsts.append(len(masks))
    keys = sorted(_key(number, word) for words, number in numbers.items() for word in words)
    return _Table(
        {name: number for number, name in enumerate(schema.classes)},
        np.array(firsts, dtype=np.int64),
        np.array(masks, dtype=np.int64),
        np.array(members, dtype=np.int64),
        np.array(chosen, dtype=np.int64),
        np.array(keys, dtype=np.uint64),
    )


def _kinds(declared: Any) -> tuple[int, int, tuple[str, ...]]:
    """Kinds of token of an attribute, of the members of its list, and the words of its enumeration."""
    listed = declared.as_aggregation_type()
    if listed is not None:
        mask, inner, words = _kinds(listed.type_of_element())
        return 1 << OPEN, mask | inner, words
    simple = declared.as_simple_type()
    if simple is not None:
        return SIMPLE[simple.declared_type()], 0, WORDS.get(simple.declared_type(), ())
    named = declared.as_named_type().declared_type()
    if named.as_entity() is not None:
        return 1 << REFERENCE, 0, ()
    if named.as_select_type() is not None:
        return 1 << REFERENCE | 1 << KEYWORD, 0, ()
    enumeration = named.as_enumeration_type()
    if enumeration is not None:
        return 1 << ENUM, 0, tuple(enumeration.enumeration_items())
    return _kinds(named.as_type_declaration().declared_type())


def _key(enumeration: int, word: str) -> int:
    key = enumeration + 1
    for letter in word.encode("ascii"):
        key = ((key ^ letter) * 1099511628211) % (1 << 64)  # FNV-1a
    return key


@compiled
def _is_word(content, start, enumeration, words):  # type: ignore[no-untyped-def]
    key = np.uint64(enumeration + 1)
    at = start
    while at < len(content) and content[at] != 0x2E:
        key = (key ^ np.uint64(content[at])) * np.uint64(1099511628211)
        at += 1
    place = np.searchsorted(words, key)
    return place < len(words) and words[place] == key


@compiled
def _list_conforms(kinds, values, first, last, content, mask, enumeration, words):  # type: ignore[no-untyped-def]
    token = first
    while token < last:
        kind = kinds[token]
        if kind in (OPEN, CLOSE):
            token += 1
            continue
        if not (mask >> kind) & 1:
            return False
        if (
            kind == ENUM
            and enumeration >= 0
            and not _is_word(content, np.int64(values[token]), enumeration, words)
        ):
            return False
        if kind == KEYWORD:
            if kinds[token + 1] != OPEN:
                return False
            token = np.int64(values[token + 1])
        token += 1
    return True


@compiled
def _conform(  # type: ignore[no-untyped-def]  # noqa: C901 - one branch a kind of token
    kinds, values, firsts, types, content, classes, starts, masks, members, enumerations, words
):
    for row in range(len(types)):
        number = classes[types[row]]
        if number < 0:
            return False
        attribute, last = starts[number], starts[number + 1]
        token, end = firsts[row], firsts[row + 1]
        while token < end:
            if attribute >= last:
                return False
            kind, mask = kinds[token], masks[attribute]
            if kind in (NULL, DERIVED):
                if mask & REQUIRED:
                    return False
            elif not (mask >> kind) & 1:
                return False
            elif kind == OPEN:
                close = np.int64(values[token])
                if not _list_conforms(
                    kinds,
                    values,
                    token + 1,
                    close,
                    content,
                    members[attribute],
                    enumerations[attribute],
                    words,
                ):
                    return False
                token = close
            elif kind == KEYWORD:
                if token + 1 >= end or kinds[token + 1] != OPEN:
                    return False
                token = np.int64(values[token + 1])
            elif kind == ENUM and not _is_word(
                content, np.int64(values[token]), enumerations[attribute], words
            ):
                return False
            attribute += 1
            token += 1
        if attribute != last:
            return False
    return True
