"""An IFC file opened, whatever it is wrapped in and whatever its header calls the schema.

IfcOpenShell knows IFC2X3, IFC4 and IFC4X3_ADD2. A file of a sibling of these is read through the nearest one;
what that one does not know is listed. Runs inside the guarded child.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ifcopenshell

from cim.errors import UnreadableIfcError
from cim.ifc.archive import is_archive, unpack
from cim.ifc.encoding import escaped
from cim.ifc.sniff import EXPORT_IFC, refuse_other_files
from cim.ifc.step import StepFile, scan
from cim.text import Text

HEADER_BYTES = 1 << 16
FILE_SCHEMA = re.compile(rb"FILE_SCHEMA\s*\(\s*\(\s*'([^']*)'", re.IGNORECASE)
INSTANCE = re.compile(rb"=\s*([A-Za-z][A-Za-z0-9_]*)\s*\(")
LISTED = 8  # classes in a note

KNOWN = ("IFC2X3", "IFC4", "IFC4X3_ADD2")
NEAREST: Mapping[str, str] = {
    "IFC2X_FINAL": "IFC2X3",
    "IFC2X2_FINAL": "IFC2X3",
    "IFC2X3_TC1": "IFC2X3",
    "IFC2X3_FINAL": "IFC2X3",
    "IFC4_ADD1": "IFC4",
    "IFC4_ADD2": "IFC4",
    "IFC4_ADD2_TC1": "IFC4",
    "IFC4X1": "IFC4X3_ADD2",
    "IFC4X2": "IFC4X3_ADD2",
    "IFC4X3": "IFC4X3_ADD2",
    "IFC4X3_RC1": "IFC4X3_ADD2",
    "IFC4X3_RC2": "IFC4X3_ADD2",
    "IFC4X3_RC3": "IFC4X3_ADD2",
    "IFC4X3_RC4": "IFC4X3_ADD2",
    "IFC4X3_TC1": "IFC4X3_ADD2",
    "IFC4X3_ADD1": "IFC4X3_ADD2",
}
"""Header name -> the schema it is read through. IFC4X1 and 4X2 were drafts of IFC4X3's infrastructure classes."""


@dataclass(frozen=True, slots=True)
class Document:
    """An open file.

    Attributes:
        model: of IfcOpenShell.
        step: the same file as arrays.
        schema: as the header says.
        notes: what had to be done to open it, and what was lost by it.
    """

    model: Any
    step: StepFile
    schema: str
    notes: tuple[Text, ...] = ()


def open_document(path: Path, scratch: Path, *, file_bytes: int) -> Document:
    """Open an IFC file.

    Args:
        path: ``.ifc`` or a ZIP with one inside.
        scratch: folder for what is unpacked; the caller removes it.
        file_bytes: largest file, unpacked.

    Raises:
        UnreadableIfcError: it is not an IFC file, is cut off, or of a schema that nothing here is near to.
    """
    notes: list[Text] = []
    if is_archive(path):
        inside = scratch / "unpacked.ifc"
        unpack(path, inside, most_bytes=file_bytes)
        refuse_other_files(inside, file_bytes=file_bytes)
        path = inside
    schema = _schema_of(path)
    nearest = schema if schema in KNOWN else NEAREST.get(schema)
    if nearest is None:
        raise _unknown(schema)
    content = original = path.read_bytes()
    if nearest != schema:
        content = _with_schema(content, nearest)
        notes.extend(_changed_schema(content, schema, nearest))
    raw = escaped(content)
    if raw is not None:
        content, encoding = raw
        notes.append(
            Text(
                zh="文件中的文字未按标准转义，已按 {encoding} 读取。",
                en="text in the file is not escaped as the standard asks; it was read as {encoding}.",
            ).format(encoding=encoding.upper())
        )
    if content is not original:
        path = scratch / "mended.ifc"
        path.write_bytes(content)
    return Document(_open(path), scan(content), schema, tuple(notes))


def _changed_schema(content: bytes, schema: str, nearest: str) -> list[Text]:
    """Notes on reading a file through another schema than its own."""
    notes = [
        Text(
            zh="文件版本为 {schema}，按最接近的 {nearest} 读取。",
            en="the file is {schema}; it was read as {nearest}, which is nearest.",
        ).format(schema=schema, nearest=nearest)
    ]
    return notes + _lost(content, schema, nearest)


def _schema_of(path: Path) -> str:
    with path.open("rb") as stream:
        head = stream.read(HEADER_BYTES)
    found = FILE_SCHEMA.search(head)
    if found is None:
        raise UnreadableIfcError(
            Text(
                zh="文件头没有 FILE_SCHEMA，不知道是哪个 IFC 版本。",
                en="the header has no FILE_SCHEMA, so the IFC version is unknown.",
            ),
            remedy=EXPORT_IFC,
        )
    return found[1].decode("ascii", errors="replace").strip().upper()


def _with_schema(content: bytes, schema: str) -> bytes:
    found = FILE_SCHEMA.search(content, 0, HEADER_BYTES)
    if found is None:
        return content
    return content[: found.start(1)] + schema.encode() + content[found.end(1) :]


def _lost(content: bytes, schema: str, nearest: str) -> list[Text]:
    """A note on the classes of a file that the schema it is read through does not have."""
    classes = ifcopenshell.ifcopenshell_wrapper.schema_by_name(nearest).declarations()
    known = {declaration.name().upper() for declaration in classes}
    used = Counter(name.decode().upper() for name in INSTANCE.findall(content))
    unknown = {name: count for name, count in sorted(used.items()) if name not in known}
    if not unknown:
        return []
    named = ", ".join(f"{name} {count}" for name, count in list(unknown.items())[:LISTED])
    return [
        Text(
            zh="{count} 个实体属于 {schema} 独有的类，未能读取：{named}。",
            en="{count} entities are of classes only {schema} has and were not read: {named}.",
        ).format(
            count=sum(unknown.values()),
            schema=schema,
            named=f"{named} …" if len(unknown) > LISTED else named,
        )
    ]


def _open(path: Path) -> Any:
    try:
        return ifcopenshell.open(path)
    except (ifcopenshell.Error, OSError, RuntimeError, UnicodeDecodeError) as error:
        lines = str(error).strip().splitlines()
        raise UnreadableIfcError(
            Text(
                zh="IFC 内容无法解析：{detail}。", en="the IFC cannot be parsed: {detail}."
            ).format(detail=lines[0].rstrip(".") if lines else "?"),
            remedy=EXPORT_IFC,
        ) from error


def _unknown(schema: str) -> UnreadableIfcError:
    return UnreadableIfcError(
        Text(
            zh="不支持 IFC 版本 {schema}。", en="the IFC version {schema} is not supported."
        ).format(schema=schema or "?"),
        remedy=Text(
            zh="请导出 IFC2X3、IFC4 或 IFC4X3 后再提交。",
            en="Export IFC2X3, IFC4 or IFC4X3 and submit that.",
        ),
    )
