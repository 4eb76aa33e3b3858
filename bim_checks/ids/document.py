"""An IDS document, read: well-formed, without entities of its own, valid to the schema of IDS 1.0.

Runs inside the guarded child: a document may be as hostile as a model.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

from ifctester.ids import get_schema

from bim_checks.errors import IdsError
from bim_checks.ids.facets import FACETS, Facet, read_facet
from cim.text import Text

LARGEST = 16 << 20  # bytes; the largest published documents have about two million
MOST_TOLD = 3  # errors of the schema
NAMESPACE = "http://standards.buildingsmart.org/IDS"
CHECK_IT = Text(
    zh="请用 IDS 编辑器检查并按 IDS 1.0 重新保存。",
    en="Check it in an IDS editor and save it as IDS 1.0.",
)


@dataclass(frozen=True, slots=True)
class Specification:
    """One specification, as written.

    Attributes:
        number: in the document, from 1.
        name, identifier, description, instructions: None where absent or empty.
        versions: IFC schemas it is for.
        least: how many objects must be there.
        is_prohibited: whether none may be there.
        applicability, requirements: facets by kind.
    """

    number: int
    name: str
    identifier: str | None
    description: str | None
    instructions: str | None
    versions: tuple[str, ...]
    least: int
    is_prohibited: bool
    applicability: tuple[tuple[str, Facet], ...]
    requirements: tuple[tuple[str, Facet], ...]

    @property
    def cardinality(self) -> str:
        """``required``, ``optional`` or ``prohibited``."""
        if self.is_prohibited:
            return "prohibited"
        return "required" if self.least else "optional"

    @property
    def place(self) -> str:
        """For messages."""
        return f"specification {self.number} ({self.name})"


@dataclass(frozen=True, slots=True)
class Document:
    """An IDS document: its title, its version or None, its specifications."""

    title: str
    version: str | None
    specifications: tuple[Specification, ...]


def read_document(path: Path) -> Document:
    """Read an IDS document.

    Raises:
        IdsError: it is not one; says where and why.
    """
    _refuse_other_xml(path)
    schema = get_schema()
    errors = list(itertools.islice(schema.iter_errors(str(path)), MOST_TOLD))
    if errors:
        raise _invalid(path, errors[0].path, "; ".join(_told(error) for error in errors))
    decoded: Any = schema.decode(str(path), strip_namespaces=True, namespaces={"": NAMESPACE})
    info = decoded["info"]
    entries = decoded["specifications"]["specification"]
    return Document(
        title=str(info["title"]),
        version=info.get("version") or None,
        specifications=tuple(
            _specification(path, number, entry)
            for number, entry in enumerate(
                entries if isinstance(entries, list) else [entries], start=1
            )
        ),
    )


def _refuse_other_xml(path: Path) -> None:
    """What is too large, not well-formed, or brings entities of its own."""
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= LARGEST else b""
    except OSError as error:
        raise IdsError(Text(zh="找不到 IDS 文件。", en="no such IDS file."), path=path) from error
    if size > LARGEST:
        raise IdsError(
            Text(
                zh="IDS 文件有 {size} 字节，超过上限 {most}。",
                en="the IDS has {size} bytes, more than {most}.",
            ).format(size=size, most=LARGEST),
            path=path,
            remedy=Text(zh="请拆分为几个文件。", en="Split it into several files."),
        )
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise _invalid(path, str(error.lineno), expat.ErrorString(error.code) or "?") from error
    except _DoctypeError as error:
        raise IdsError(
            Text(
                zh="IDS 文件含有 DOCTYPE，不予读取。",
                en="the IDS has a DOCTYPE, which is not read.",
            ),
            path=path,
            place=str(parser.CurrentLineNumber),
            remedy=Text(zh="请删去 DOCTYPE。", en="Remove the DOCTYPE."),
        ) from error


class _DoctypeError(Exception):
    pass


def _refuse_doctype(*_: object) -> None:
    raise _DoctypeError


def _told(error: Any) -> str:
    return str(error.reason or error.message).strip().rstrip(".").splitlines()[0]


def _invalid(path: Path, place: str | None, why: str) -> IdsError:
    return IdsError(
        Text(zh="不是有效的 IDS 1.0：{why}。", en="not a valid IDS 1.0 document: {why}.").format(
            why=why
        ),
        path=path,
        place=place,
        remedy=CHECK_IT,
    )


def _specification(path: Path, number: int, entry: Mapping[str, Any]) -> Specification:
    applicability = entry.get("applicability") or {}
    name = str(entry.get("@name") or number)
    try:
        return Specification(
            number=number,
            name=name,
            identifier=entry.get("@identifier") or None,
            description=entry.get("@description") or None,
            instructions=entry.get("@instructions") or None,
            versions=_versions(entry["@ifcVersion"]),
            least=int(applicability.get("@minOccurs", 1)),
            is_prohibited=str(applicability.get("@maxOccurs", "unbounded")) == "0",
            applicability=tuple(_facets(applicability)),
            requirements=tuple(_facets(entry.get("requirements") or {})),
        )
    except ValueError as error:
        raise _invalid(path, f"specification {number} ({name})", str(error)) from error


def _versions(written: Any) -> tuple[str, ...]:
    return tuple(written.split() if isinstance(written, str) else written)


def _facets(clause: Mapping[str, Any]) -> Iterator[tuple[str, Facet]]:
    for kind in FACETS:
        if kind not in clause:
            continue
        nodes = clause[kind]
        for node in nodes if isinstance(nodes, list) else [nodes]:
            yield kind, read_facet(kind, node)
