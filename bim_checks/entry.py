"""A mapping of a YAML file that knows its lines, and fills parameter records from them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import yaml

from bim_checks.errors import RulebookError
from bim_checks.finding import Unit
from bim_checks.parameters import Parameter, parameters_of
from cim.text import Text
from cim.yaml_text import values_of

Filled = TypeVar("Filled")

# A number may be written with its unit: "8 m". The spellings people use for each unit.
SPELLINGS = {
    Unit.METRE: ("m", "米"),
    Unit.SQUARE_METRE: ("m2", "m²", "平方米"),
    Unit.CUBIC_METRE: ("m3", "m³", "立方米"),
    Unit.DEGREE: ("deg", "°", "度"),
    Unit.MINUTE: ("min", "分钟"),
    Unit.PERCENT: ("%",),
    Unit.RATIO: (),
    Unit.COUNT: (),
    Unit.MEGABYTE: ("MB", "兆"),
}
NUMBER_AND_UNIT = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*")
KIND_NAMES = {
    float: Text(zh="数", en="a number"),
    int: Text(zh="整数", en="a whole number"),
    str: Text(zh="文字", en="a string"),
    bool: Text(zh="true 或 false", en="true or false"),
    Path: Text(zh="文件路径", en="the path of a file"),
}


class Entry:
    """A YAML mapping that knows its lines.

    Raises:
        RulebookError: from every method: the key is missing, or its value is not of its kind; names file and line.
    """

    def __init__(self, node: yaml.Node | None, path: Path) -> None:
        self._path = path
        self._node = node
        self.line = node.start_mark.line + 1 if node else 1
        if not isinstance(node, yaml.MappingNode):
            raise self.error(Text(zh="应为键值结构。", en="must be a mapping."))
        self._nodes = {str(key.value): value for key, value in node.value}
        self._key_lines = {str(key.value): key.start_mark.line + 1 for key, _ in node.value}

    def allow(self, *keys: str) -> None:
        """Refuse every other key."""
        for key, line in self._key_lines.items():
            if key not in keys:
                raise self.error(
                    Text(zh="未知的键 {key}。", en="unknown key {key}.").format(key=key),
                    remedy=Text(zh="可用的键：{keys}。", en="Keys are: {keys}.").format(
                        keys=", ".join(keys)
                    ),
                    line=line,
                )

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._nodes

    def content(self) -> dict[str, Any]:
        """All of it as plain values."""
        return dict(values_of(self._node))

    def value(self, key: str) -> Any:
        """The value as plain YAML."""
        return values_of(self._found(key))

    def word(self, key: str) -> str:
        """The value as a string."""
        return str(self._of_kind(self._found(key), key, str, None))

    def text(self, key: str) -> Text:
        """The value in both languages."""
        return self._text(self._found(key), key)

    def one_of(self, key: str, choices: tuple[str, ...]) -> str:
        """The value, which must be one of some words."""
        return self._choice(self._found(key), key, choices)

    def entries(self, key: str) -> Iterator[Entry]:
        """The mappings of a list."""
        node = self._found(key)
        if not isinstance(node, yaml.SequenceNode):
            raise self._wrong_kind(node, key, Text(zh="列表", en="a list"))
        for part in node.value:
            yield Entry(part, self._path)

    def keys_of(self, kind: type) -> tuple[str, ...]:
        """The keys a parameter record is filled from."""
        return tuple(stated.name for stated in parameters_of(kind))

    def filled(self, kind: type[Filled]) -> Filled:
        """A parameter record filled from this mapping; other keys are left alone."""
        values = {
            stated.name: self._parameter(stated)
            for stated in parameters_of(kind)
            if self.has(stated.name) or stated.required
        }
        try:
            return kind(**values)
        except ValueError as error:  # a record that checks its own values together
            raise self.error(Text(zh=f"{error}。", en=f"{error}.")) from error

    def error(
        self, reason: Text, *, remedy: Text | None = None, line: int | None = None
    ) -> RulebookError:
        """An error that names this place."""
        return RulebookError(reason, path=self._path, place=str(line or self.line), remedy=remedy)

    def _found(self, key: str) -> yaml.Node:
        if key not in self._nodes:
            raise self.error(Text(zh="缺少键 {key}。", en="key {key} is missing.").format(key=key))
        found: yaml.Node = self._nodes[key]
        return found

    def _parameter(self, stated: Parameter) -> Any:
        return self._of_kind(self._found(stated.name), stated.name, stated.kind, stated.unit)

    def _of_kind(self, node: yaml.Node, key: str, kind: Any, unit: Unit | None) -> Any:
        """The value as one of a `Literal`'s words, a number, a word, a nested record, or a tuple of these; None where the kind allows."""
        if get_origin(kind) in (Union, UnionType):
            if node.tag == "tag:yaml.org,2002:null":
                return None
            (kind,) = (k for k in get_args(kind) if k is not type(None))
        if get_origin(kind) is Literal:
            return self._choice(node, key, get_args(kind))
        if get_origin(kind) is tuple:
            return self._several(node, key, get_args(kind), unit)
        if kind is Text:
            return self._text(node, key)
        if hasattr(kind, "__dataclass_fields__"):
            nested = Entry(node, self._path)
            nested.allow(*nested.keys_of(kind))
            return nested.filled(kind)
        return self._plain(node, key, kind, unit)

    def _several(
        self, node: yaml.Node, key: str, kinds: tuple[Any, ...], unit: Unit | None
    ) -> tuple[Any, ...]:
        if not isinstance(node, yaml.SequenceNode):
            raise self._wrong_kind(node, key, Text(zh="列表", en="a list"))
        if kinds[-1] is not Ellipsis and len(node.value) != len(kinds):
            raise self._wrong_kind(
                node, key, Text(zh="{n} 个值", en="{n} values").format(n=len(kinds))
            )
        each = [kinds[0]] * len(node.value) if kinds[-1] is Ellipsis else kinds
        return tuple(
            self._of_kind(part, key, k, unit) for part, k in zip(node.value, each, strict=True)
        )

    def _plain(self, node: yaml.Node, key: str, kind: type, unit: Unit | None) -> Any:
        value = values_of(node)
        if kind in (float, int) and isinstance(value, str):
            value = self._number_with_unit(node, key, value, unit)
        fits = {
            float: isinstance(value, int | float) and not isinstance(value, bool),
            int: isinstance(value, int) and not isinstance(value, bool),
            str: isinstance(value, str),
            bool: isinstance(value, bool),
            Path: isinstance(value, str),
        }[kind]
        if not fits:
            raise self._wrong_kind(node, key, KIND_NAMES[kind])
        return self._file(node, key, value) if kind is Path else kind(value)

    def _file(self, node: yaml.Node, key: str, written: str) -> Path:
        """A file named from the folder of this one."""
        path = self._path.parent / written
        if not path.is_file():
            raise self.error(
                Text(zh="{key}：找不到文件 {file}。", en="{key}: there is no file {file}.").format(
                    key=key, file=written
                ),
                remedy=Text(
                    zh="写出相对于规则库所在文件夹的路径。",
                    en="Write its path from the rulebook's folder.",
                ),
                line=node.start_mark.line + 1,
            )
        return path

    def _number_with_unit(
        self, node: yaml.Node, key: str, written: str, unit: Unit | None
    ) -> float | int | str:
        """The number of ``8 m``; what is no number is handed back.

        Raises:
            RulebookError: the unit is not the parameter's. It is not converted: a rulebook should read as the check works.
        """
        match = NUMBER_AND_UNIT.fullmatch(written)
        if match is None:
            return written
        if match[2] and match[2] not in (SPELLINGS[unit] if unit else ()):
            raise self.error(
                Text(
                    zh="{key} 的值 {value} 单位不对。", en="{key}: {value} is in the wrong unit."
                ).format(key=key, value=written),
                remedy=Text(zh="单位应为 {unit}。", en="Write it in {unit}.").format(
                    unit=unit.value if unit else "—"
                ),
                line=node.start_mark.line + 1,
            )
        return int(match[1]) if match[1].lstrip("+-").isdigit() else float(match[1])

    def _text(self, node: yaml.Node, key: str) -> Text:
        value = values_of(node)
        if not isinstance(value, dict) or set(value) != {"zh", "en"}:
            raise self.error(
                Text(zh="{key} 应有 zh 与 en 两种文字。", en="{key} must have zh and en.").format(
                    key=key
                ),
                line=node.start_mark.line + 1,
            )
        return Text(zh=str(value["zh"]), en=str(value["en"]))

    def _choice(self, node: yaml.Node, key: str, choices: tuple[str, ...]) -> str:
        value = values_of(node)
        if value not in choices:
            raise self.error(
                Text(zh="{key} 不能是 {value}。", en="{key} cannot be {value}.").format(
                    key=key, value=value
                ),
                remedy=Text(zh="可选：{choices}。", en="Choose one of: {choices}.").format(
                    choices=", ".join(map(str, choices))
                ),
                line=node.start_mark.line + 1,
            )
        return str(value)

    def _wrong_kind(self, node: yaml.Node, key: str, kind: Text) -> RulebookError:
        return self.error(
            Text(
                zh="{key} 的值 {value} 类型不对。", en="{key}: {value} is of the wrong kind."
            ).format(key=key, value=values_of(node)),
            remedy=Text(zh="应为{kind}。", en="Write {kind}.").format(kind=kind),
            line=node.start_mark.line + 1,
        )
