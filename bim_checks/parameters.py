"""The parameters of a rule type: what a rulebook entry may say, in which unit, and what it means.

A rule type's parameters are a dataclass made by `parameters`, each field by `parameter`, so that the
rulebook can check an entry and the page of rules can explain it from one statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any, TypeVar, dataclass_transform, get_args, get_type_hints

from bim_checks.finding import Unit
from cim.text import Text

Made = TypeVar("Made")


class Asset(StrEnum):
    """Something of the city that a parameter names by its code."""

    LAYER = "layer"
    VIEWPOINT = "viewpoint"
    RIDGE = "ridge"
    LANDMARK = "landmark"
    HEIGHT_GRID = "height_grid"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter as its rule type states it.

    Attributes:
        name: the key in the rulebook.
        meaning: for people.
        kind: its type.
        unit: of its number or numbers; None for words and yes or no.
        asset: what of the city it names; None when it names nothing.
        required: whether an entry must have it.
        default: where it is not required.
        parts: the parameters of each entry, where it is a list of entries or one nested entry.
    """

    name: str
    meaning: Text
    kind: Any
    unit: Unit | None
    asset: Asset | None
    required: bool
    default: Any
    parts: type | None


def parameter(
    *,
    zh: str,
    en: str,
    unit: Unit | None = None,
    asset: Asset | None = None,
    default: Any = MISSING,
) -> Any:
    """A field of a parameter dataclass.

    Args:
        zh: what it means, in Chinese.
        en: the same in English.
        unit: of its number or numbers.
        asset: what of the city it names.
        default: the value where an entry does not say it.
    """
    stated = {"meaning": Text(zh=zh, en=en), "unit": unit, "asset": asset}
    return field(default=default, metadata=stated, kw_only=True)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(parameter,))
def parameters(kind: type[Made]) -> type[Made]:
    """Make a class the frozen, keyword-only parameters of a rule type.

    Raises:
        TypeError: a field is not stated by `parameter`: nobody could look up what it means.
    """
    made = dataclass(frozen=True, slots=True, kw_only=True)(kind)
    for stated in fields(made):  # type: ignore[arg-type]
        if "meaning" not in stated.metadata:
            raise TypeError(kind, stated.name)
    return made


def parameters_of(kind: type) -> Iterator[Parameter]:
    """The parameters of a rule type, in the order they are stated."""
    hints = get_type_hints(kind)
    for stated in fields(kind):
        yield _parameter(stated, hints[stated.name])


def assets_of(values: Any) -> Iterator[tuple[str, Asset, str]]:
    """Name, kind and code of everything of the city that filled parameters name, nested ones included."""
    for stated in parameters_of(type(values)):
        value = getattr(values, stated.name)
        nested = value if isinstance(value, tuple) else (value,)
        if stated.parts is not None:
            for entry in nested:
                if entry is not None:
                    yield from assets_of(entry)
        elif stated.asset is not None:
            for code in nested:
                if code is not None:
                    yield stated.name, stated.asset, code


def _parameter(stated: Field[Any], kind: Any) -> Parameter:
    required = stated.default is MISSING
    return Parameter(
        name=stated.name,
        meaning=stated.metadata["meaning"],
        kind=kind,
        unit=stated.metadata["unit"],
        asset=stated.metadata["asset"],
        required=required,
        default=None if required else stated.default,
        parts=_parts(kind),
    )


def _parts(kind: Any) -> type | None:
    """The parameter dataclass inside ``X``, ``X | None`` or ``tuple[X, ...]``."""
    return next(
        (
            k
            for k in (kind, *get_args(kind))
            if isinstance(k, type) and is_dataclass(k) and k is not Text
        ),
        None,
    )
