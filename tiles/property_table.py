"""Property tables of EXT_structural_metadata: one row a feature, one column a property."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = Sequence[str] | NDArray[np.float64] | NDArray[np.int32]

# Absent values: a reader of the table gets "no value" for these, as it does for an omitted column.
NO_STRING = ""
NO_INTEGER = -1


@dataclass(frozen=True, slots=True, eq=False)
class PropertyTable:
    """What the features of one tile are.

    Attributes:
        class_name: the metadata class, e.g. ``element``; an identifier.
        columns: by property name, each with one value a feature; strings, float64 or int32.
    """

    class_name: str
    columns: Mapping[str, Column]

    @property
    def count(self) -> int:
        """How many features."""
        return len(next(iter(self.columns.values()))) if self.columns else 0


@dataclass(frozen=True, slots=True)
class EncodedColumn:
    """A column as glTF stores it.

    Attributes:
        name: of the property.
        definition: the JSON of its class property.
        values: the bytes of all values in a row.
        offsets: for strings, count + 1 little-endian uint32 positions in `values`; None otherwise.
    """

    name: str
    definition: Mapping[str, Any]
    values: bytes
    offsets: bytes | None


def encode_columns(table: PropertyTable) -> list[EncodedColumn]:
    """Every column that says anything.

    A column whose strings are all empty is left out: it would need a buffer view of no bytes, which
    glTF forbids. Readers get the same "no value" either way.
    """
    columns = []
    for name, column in table.columns.items():
        if isinstance(column, np.ndarray):
            columns.append(_encode_numbers(name, column))
        elif any(column):
            columns.append(_encode_strings(name, column))
    return columns


def decode_column(
    definition: Mapping[str, Any], count: int, values: bytes, offsets: bytes | None
) -> list[str] | list[float] | list[int]:
    """The inverse of `encode_columns` for one column.

    Raises:
        ValueError: the bytes do not hold `count` values.
    """
    if definition["type"] == "STRING":
        return _decode_strings(count, values, offsets)
    kind = {"FLOAT64": np.float64, "INT32": np.int32}[definition["componentType"]]
    numbers: list[float] = np.frombuffer(values, dtype=kind)[:count].tolist()
    if len(numbers) != count:
        message = f"{len(numbers)} numbers for {count} features"
        raise ValueError(message)
    return numbers


def _encode_numbers(name: str, column: NDArray[Any]) -> EncodedColumn:
    definition: dict[str, Any] = {"type": "SCALAR"}
    if column.dtype == np.int32:
        definition |= {"componentType": "INT32", "noData": NO_INTEGER}
    elif column.dtype == np.float64:
        definition |= {"componentType": "FLOAT64"}
    else:
        message = f"column {name} holds {column.dtype}, not float64 or int32"
        raise TypeError(message)
    return EncodedColumn(name, definition, column.tobytes(), None)


def _encode_strings(name: str, column: Sequence[str]) -> EncodedColumn:
    # A lone surrogate has no UTF-8; IFC files with broken \X2\ escapes do hold some.
    encoded = [text.encode("utf-8", errors="replace") for text in column]
    offsets = np.zeros(len(encoded) + 1, dtype="<u4")
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    return EncodedColumn(
        name, {"type": "STRING", "noData": NO_STRING}, b"".join(encoded), offsets.tobytes()
    )


def _decode_strings(count: int, values: bytes, offsets: bytes | None) -> list[str]:
    places = np.frombuffer(offsets or b"", dtype="<u4")[: count + 1].astype(np.int64)
    if len(places) != count + 1 or np.any(np.diff(places) < 0) or places[-1] > len(values):
        message = f"the string offsets do not describe {count} strings"
        raise ValueError(message)
    return [
        values[start:end].decode("utf-8")
        for start, end in zip(places[:-1].tolist(), places[1:].tolist(), strict=True)
    ]
