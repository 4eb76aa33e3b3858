"""YAML by libyaml, some fifteen times as fast as PyYAML's own parser; what is wrong in a text is told by the latter, which shows the place."""

from __future__ import annotations

from typing import Any

import yaml

FAST: type[Any] = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # PyYAML may have been built without libyaml


def parse_yaml(text: str | bytes) -> yaml.Node | None:
    """The nodes of a text, with their lines; None where it is empty.

    Raises:
        yaml.YAMLError: it is not valid; says the place and shows it.

    >>> parse_yaml("heights: [12.0, 8.0]").value[0][1].start_mark.column
    9
    """
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=FAST)
    except yaml.YAMLError:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    return node


def values_of(node: yaml.Node | None) -> Any:
    """The plain values of nodes.

    >>> values_of(parse_yaml("heights: [12.0, 8.0]"))
    {'heights': [12.0, 8.0]}
    """
    return None if node is None else yaml.constructor.SafeConstructor().construct_document(node)


def load_yaml(text: str | bytes) -> Any:
    """The plain values of a text.

    Raises:
        yaml.YAMLError: it is not valid; says the place and shows it.
    """
    return values_of(parse_yaml(text))
