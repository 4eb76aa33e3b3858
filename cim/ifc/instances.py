"""The instances of a sound file as objects, straight from its records.

They answer as those of IfcOpenShell do, so that whoever reads content does not know which of the two opened the file. Parsing a file
into objects is most of what IfcOpenShell does when it opens one; here an instance becomes an object when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.ifc.encoding import unescaped
from cim.ifc.schema import EntityClass, schema_of
from cim.ifc.step import (
    StepFile,
    argument_numbers,
    argument_references,
    global_id_keys,
    lists_any,
)
from cim.ifc.step.lexer import (
    CLOSE,
    DERIVED,
    ENUM,
    INTEGER,
    KEYWORD,
    OPEN,
    REAL,
    REFERENCE,
    STRING,
)

RELATION = "IfcRel"

# IfcOpenShell tells the three values of a logical so, whatever the attribute.
LOGICAL: dict[str, Any] = {"T": True, "F": False, "U": "UNKNOWN"}


class Typed:
    """A value that is written with its type, e.g. ``IFCLABEL('a')``.

    Args:
        name: of the type, e.g. ``IfcLabel``.
        value: inside.
    """

    __slots__ = ("_name", "wrappedValue")

    def __init__(self, name: str, value: Any) -> None:
        self._name = name
        self.wrappedValue = value

    def is_a(self, name: str | None = None) -> Any:
        """Name of the type, or whether it is this."""
        return self._name if name is None else self._name == name

    def get_argument(self, _: int) -> Any:
        """The value."""
        return self.wrappedValue

    def id(self) -> int:
        """0, for it has no number."""
        return 0


class Instance:
    """An instance of a class; its attributes are read by name or by place.

    Args:
        of: the file.
        row: in it.
        kind: its class.
        number: its number.
    """

    __slots__ = ("_arguments", "_class", "_number", "_of", "row")

    def __init__(self, of: Instances, row: int, kind: EntityClass, number: int) -> None:
        self._of, self.row, self._class, self._number = of, row, kind, number
        self._arguments: list[Any] | None = None

    def __getattr__(self, name: str) -> Any:
        place = self._class.places.get(name)
        if place is None:
            raise AttributeError(self._class.name, name)
        return self.get_argument(place)

    def __repr__(self) -> str:
        return f"#{self.id()}={self._class.name}"

    def get_argument(self, place: int) -> Any:
        """The attribute at a place."""
        arguments = self._arguments
        if arguments is None:
            arguments = self._arguments = self._of.arguments(self.row)
        return arguments[place]

    def is_a(self, name: str | None = None) -> Any:
        """Name of its class, or whether that is a class or below it."""
        return self._class.name if name is None else name in self._class.kinds

    def id(self) -> int:
        """Its number."""
        return self._number


class Instances:
    """The instances of one file.

    Args:
        step: the file, of which all is sound and as its schema says.
        identifier: of the schema.
        opened: opens the file with IfcOpenShell.
    """

    def __init__(self, step: StepFile, identifier: str, opened: Callable[[], Any]) -> None:
        self._open = opened
        self.schema_identifier = identifier
        self.schema = "IFC4X3" if identifier.startswith("IFC4X3") else identifier
        self._schema = schema_of(identifier)
        self._step = step
        self._content = step.content
        self._kinds = step.kinds.tobytes()
        self._values: Any = memoryview(step.values)  # type: ignore[arg-type]
        self._firsts: Any = memoryview(step.firsts)  # type: ignore[arg-type]
        self._numbers: Any = memoryview(step.numbers)  # type: ignore[arg-type]
        self._types: Any = memoryview(step.types)  # type: ignore[arg-type]
        self._classes = [self._schema.classes.get(name) for name in step.names]
        self._typed = [self._schema.types.get(name, name) for name in step.names]
        self._known: dict[int, Instance] = {}

    @cached_property
    def opened(self) -> Any:
        """The same file, open in IfcOpenShell, for its kernel to draw from."""
        return self._open()

    def by_type(self, name: str, include_subtypes: bool = True) -> list[Instance]:
        """Instances of a class and of those below it, class by class, each by number.

        Raises:
            RuntimeError: the schema has no such class.
        """
        names = self._schema.below(name)
        if not include_subtypes:
            names = names[:1]
        rows = self._rows
        return [self.at(row) for below in names if below in rows for row in rows[below].tolist()]

    def by_id(self, number: int) -> Instance:
        """The instance of a number.

        Raises:
            RuntimeError: there is none.
        """
        order, ordered = self._order
        place = int(np.searchsorted(ordered, number))
        if place == len(ordered) or ordered[place] != number:
            raise RuntimeError(number)
        return self.at(int(order[place]))

    def get_inverse(self, instance: Instance) -> Iterator[Instance]:
        """Instances that refer to one."""
        targets, owners = self._references
        first, last = np.searchsorted(targets, [instance.row, instance.row + 1])
        return map(self.at, sorted(set(owners[first:last].tolist())))

    def rows(self, name: str, *, but: Sequence[str] = ()) -> NDArray[np.int64]:
        """Rows of a class and of those below it, in the order of `by_type`.

        Args:
            name: of the class.
            but: classes that are left out, with those below them.
        """
        left_out = {below for other in but for below in self._schema.below(other)}
        names = [below for below in self._schema.below(name) if below not in left_out]
        none = np.zeros(0, dtype=np.int64)
        return np.concatenate([none, *(self._rows[n] for n in names if n in self._rows)])

    def has_class(self, name: str) -> bool:
        """Whether the schema has a class."""
        return name.upper() in self._schema.classes

    def class_named(self, name: str) -> EntityClass | None:
        """The class of a name in capitals; None for a type of values."""
        return self._schema.classes.get(name)

    def codes(self) -> NDArray[np.float64]:
        """A number for each of the file's names, the same in all files of its schema."""
        numbers = self._schema.numbers
        return np.array([numbers[name] for name in self._step.names], dtype=np.float64)

    def listing(self, name: str, rows: NDArray[np.int64]) -> list[Instance]:
        """Instances of a class, and of those below it, that have one of some rows in a list; in the order of `by_type`."""
        step = self._step
        wanted = np.zeros(len(step.numbers), dtype=bool)
        wanted[rows] = True
        asked = self.rows(name)
        found = asked[lists_any(step.kinds, step.values, step.firsts, asked, wanted)]
        return [self.at(row) for row in found.tolist()]

    def referred(self, name: str, attribute: str) -> dict[int, int]:
        """Number of each instance of a class, and of those below it -> number of what one of its attributes refers to."""
        step = self._step
        found: dict[int, int] = {}
        for below in self._schema.below(name):
            place = self._schema.classes[below].places.get(attribute)
            rows = self._rows.get(below)
            if place is None or rows is None:
                continue
            targets = argument_references(step.kinds, step.values, step.firsts, rows, place)
            there = targets >= 0
            numbers = step.numbers[targets[there]].tolist()
            found.update(zip(step.numbers[rows[there]].tolist(), numbers, strict=True))
        return found

    def measures(self, name: str, attribute: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Numbers of the instances of a class, and of those below it, and what one of its attributes measures, as written."""
        step = self._step
        rows = self.rows(name)
        place = self._schema.classes[name.upper()].places[attribute]
        values = argument_numbers(step.kinds, step.values, step.firsts, rows, place)
        return step.numbers[rows], values

    def repeats_global_id(self) -> bool:
        """Whether two instances may have one GlobalId; never false when they do."""
        names = [name for name in self._schema.below("IfcRoot") if name in self._rows]
        if not names:
            return False
        rows = np.concatenate([self._rows[name] for name in names])
        content = np.frombuffer(self._content, dtype=np.uint8)
        told = global_id_keys(self._step.values, self._step.firsts, content, rows)
        if len(told) < len(rows):
            return True  # one is of another length; whoever asks has to compare them one by one
        told.sort()
        return bool((told[1:] == told[:-1]).any())

    def at(self, row: int) -> Instance:
        """The instance in a row, always the same object."""
        found = self._known.get(row)
        if found is None:
            found = Instance(self, row, self.class_of(row), self._numbers[row])
            self._known[row] = found
        return found

    def class_of(self, row: int) -> EntityClass:
        """The class of a row's instance.

        Raises:
            KeyError: its schema does not have it.
        """
        found: EntityClass | None = self._classes[self._types[row]]
        if found is None:
            raise KeyError(self._step.names[self._types[row]])
        return found

    def number_of(self, row: int) -> int:
        """The number of a row's instance."""
        return int(self._numbers[row])

    def arguments(self, row: int) -> list[Any]:
        """Arguments of a row's instance."""
        first, last = self._firsts[row], self._firsts[row + 1]
        found, _ = self._list(self._kinds[first:last], self._values[first:last].tolist(), 0)
        return found

    def _list(  # noqa: C901 - one branch a kind of token
        self, kinds: bytes, values: list[float], at: int
    ) -> tuple[list[Any], int]:
        """Values up to a closing bracket or an end, and where that is."""
        found: list[Any] = []
        append, known, end = found.append, self._known, len(kinds)
        while at < end:
            kind = kinds[at]
            if kind == REFERENCE:
                row = int(values[at])
                append(known.get(row) or self.at(row))
            elif kind == REAL:
                append(values[at])
            elif kind <= DERIVED:  # or NULL
                append(None)
            elif kind == STRING:
                append(self._text(int(values[at])))
            elif kind == ENUM:
                append(self._word(int(values[at])))
            elif kind == INTEGER:
                append(int(values[at]))
            elif kind == CLOSE:
                break
            elif kind == OPEN:
                inner, at = self._list(kinds, values, at + 1)
                append(_uniform(inner))
            elif kind == KEYWORD:
                name = self._typed[int(values[at])]
                inner, at = self._list(kinds, values, at + 2)
                append(Typed(name, inner[0] if inner else None))
            else:
                start = int(values[at])
                append(self._content[start : self._content.find(b'"', start)].decode("ascii"))
            at += 1
        return found, at

    def _text(self, start: int) -> str:
        content = self._content
        end = content.find(b"'", start)
        raw = content[start:end]
        if content.startswith(b"''", end):
            while content.startswith(b"''", end):
                end = content.find(b"'", end + 2)
            raw = content[start:end]
        elif b"\\" not in raw:  # nearly all
            return raw.decode("latin-1")
        return unescaped(raw)

    def _word(self, start: int) -> Any:
        word = self._content[start : self._content.find(b".", start)].decode("ascii")
        return LOGICAL.get(word, word) if len(word) == 1 else word

    @cached_property
    def _order(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows by number, and the numbers."""
        order = np.argsort(self._step.numbers, kind="stable")
        return order, self._step.numbers[order]

    @cached_property
    def _rows(self) -> dict[str, NDArray[np.int64]]:
        """Class name in capitals -> rows by number."""
        order, _ = self._order
        # There are fewer names than 16 bits tell apart, and so short numbers are sorted by counting.
        types = self._step.types[order].astype(np.int16)
        grouped = order[np.argsort(types, kind="stable")]
        counts = np.bincount(types, minlength=len(self._step.names))
        parts = np.split(grouped, np.cumsum(counts)[:-1]) if len(counts) else []
        return {n: part for n, part in zip(self._step.names, parts, strict=True) if len(part)}

    @cached_property
    def _references(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows referred to, ascending, and the rows that do."""
        step = self._step
        tokens = np.flatnonzero(step.kinds == REFERENCE)
        owners = np.searchsorted(step.firsts, tokens, side="right") - 1
        targets = step.values[tokens].astype(np.int64)
        order = np.argsort(targets, kind="stable")
        return targets[order], owners[order]


class Around:
    """The same instances, with only the relations that say something of some of them: those that list one.

    Args:
        model: all of the file.
        rows: those that matter.
    """

    def __init__(self, model: Instances, rows: NDArray[np.int64]) -> None:
        self.schema, self.schema_identifier = model.schema, model.schema_identifier
        self._model, self._rows = model, rows

    def by_type(self, name: str, include_subtypes: bool = True) -> list[Instance]:
        """As of `Instances`."""
        if name.startswith(RELATION):
            return self._model.listing(name, self._rows)
        return self._model.by_type(name, include_subtypes)


def _uniform(members: list[Any]) -> tuple[Any, ...]:
    """A list as IfcOpenShell gives it: of numbers all are real when one is."""
    if not members or type(members[0]) is Instance:
        return tuple(members)
    if any(type(member) is float for member in members):
        return tuple(float(m) if type(m) is int else m for m in members)
    return tuple(members)
