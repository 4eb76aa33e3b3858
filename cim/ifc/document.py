"""An IFC file opened, whatever it is wrapped in and whatever its header calls the schema.

IfcOpenShell knows IFC2X3, IFC4 and IFC4X3_ADD2. A file of a sibling of these is read through the nearest one;
what that one does not know is listed. Runs inside the guarded child.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ifcopenshell
import numpy as np

from cim.building import Defect
from cim.errors import UnreadableIfcError
from cim.ifc.archive import is_archive, unpack
from cim.ifc.conformity import conforms
from cim.ifc.encoding import escaped
from cim.ifc.foreign import EXPORT_IFC, foreign_schema
from cim.ifc.instances import Instances
from cim.ifc.integrity import (
    defects_of_bytes,
    defects_of_model,
    mended,
    repeated_global_ids,
    unit_defects,
)
from cim.ifc.sniff import refuse_other_files
from cim.ifc.step import StepFile, scan
from cim.ifc.step.soundness import Oddity, StepScan, scan_step
from cim.ifc.units import read_units, settle_units
from cim.text import Text

HEADER_BYTES = 1 << 16
FILE_SCHEMA = re.compile(rb"FILE_SCHEMA\s*\(\s*\(\s*'([^']*)'", re.IGNORECASE)
NOT_FOUND = re.compile(r"used by instance #(\d+) at attribute index (\d+) not found")
# Behind the severity the parser writes the time, the kernel a code of its own ([GEO327]) and then the time.
TIME_OF_DAY = re.compile(r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] ")
TOLD = re.compile(r"at attribute index \d+ not found|^Entity with name '.*' not found in schema")
CODE_PAGE = re.compile(rb"\\P[B-I]\\")  # another alphabet than Latin-1 for the letters behind \S\
ON_CURVES = {"IFCPOINTBYDISTANCEEXPRESSION"}  # where such a point lies only the kernel knows
SHAPING = (5, 6)  # places of ObjectPlacement and Representation among the attributes of IfcProduct

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


@dataclass(slots=True)
class Document:
    """An open file.

    Attributes:
        model: its instances: our own of a sound file, IfcOpenShell's of another.
        step: the same file as arrays; None once somebody has taken them.
        schema: as the header says.
        notes: what had to be done to open it.
        defects: what is wrong with it as a whole.
        odd: number of an instance that would be dangerous to draw -> why.
        complaints: of IfcOpenShell's parser, a line each, without those that the defects tell.
    """

    model: Any
    step: StepFile | None
    schema: str
    notes: tuple[Text, ...] = ()
    defects: tuple[Defect, ...] = ()
    odd: Mapping[int, Oddity] = field(default_factory=dict)
    complaints: tuple[str, ...] = ()

    def opened(self) -> Any:
        """The file in IfcOpenShell, which can change and write it."""
        return self.model.opened if isinstance(self.model, Instances) else self.model

    def take_step(self) -> StepFile:
        """The file as arrays, given away: they are larger than the file, and nobody needs them once it is drawn.

        Raises:
            ValueError: they were taken before.
        """
        taken, self.step = self.step, None
        if taken is None:
            raise ValueError("taken before")
        return taken


def open_document(path: Path, scratch: Path, *, file_bytes: int) -> Document:
    """Open an IFC file; one that is cut off or broken is opened as far as it is whole, and says so.

    Args:
        path: ``.ifc`` or a ZIP with one inside.
        scratch: folder for what is unpacked; the caller removes it.
        file_bytes: largest file, unpacked.

    Raises:
        UnreadableIfcError: it is not an IFC file, is cut off before its first instance, or of a schema that nothing
            here is near to.
    """
    if is_archive(path):
        inside = scratch / "unpacked.ifc"
        unpack(path, inside, most_bytes=file_bytes)
        refuse_other_files(inside, file_bytes=file_bytes)
        path = inside
    content = path.read_bytes()
    step = scan(content)
    found = None if step.is_plain else scan_step(content)
    if found is not None and not found.instances and not found.is_ended:
        raise _cut_off()
    schema = _schema_of(content)
    nearest = schema if schema in KNOWN else NEAREST.get(schema)
    if nearest is None:
        raise _unknown(schema)
    defects = [] if found is None else list(defects_of_bytes(content, found))
    content, notes = _readable(
        content if found is None else mended(content, found), schema, nearest
    )
    if content is not step.content:
        path = scratch / "mended.ifc"
        path.write_bytes(content)
        step = scan(content)
    if (found is None or _is_whole(step, found)) and _is_as_declared(step, nearest):
        return _from_records(path, step, schema, nearest, notes, defects)
    return _opened(path, step, schema, notes, defects, found or scan_step(content))


def _readable(content: bytes, schema: str, nearest: str) -> tuple[bytes, list[Text]]:
    """A whole file as IfcOpenShell reads it, and what had to be done; the bytes themselves when that is nothing."""
    notes = []
    if nearest != schema:
        content = _with_schema(content, nearest)
        notes.append(_changed_schema(schema, nearest))
    raw = escaped(content)
    if raw is not None:
        content, encoding = raw
        notes.append(
            Text(
                zh="文件中的文字未按标准转义，已按 {encoding} 读取。",
                en="text in the file is not escaped as the standard asks; it was read as {encoding}.",
            ).format(encoding=encoding.upper())
        )
    return content, notes


def _is_whole(step: StepFile, found: StepScan) -> bool:
    """Whether a file that is not plain has no flaw all the same."""
    flaws = (found.missing, found.repeated, found.broken, found.odd, not found.is_ended)
    if any(flaws) or step.malformed or step.repeated or step.dangling:
        return False
    return found.instances == len(step.numbers)


def _is_as_declared(step: StepFile, schema: str) -> bool:
    """Whether the instances of a whole file are as their classes say, and of classes and strings that we read ourselves."""
    if ON_CURVES.intersection(step.names) or not conforms(step, schema):
        return False
    return not (step.is_escaped and _changes_code_page(step.content))


def _changes_code_page(content: bytes) -> bool:
    """Whether a string is in another alphabet than Latin-1; backslashes are found first, for an expression takes ten times as long."""
    letters = np.frombuffer(content, dtype=np.uint8)
    behind = np.flatnonzero(letters[:-1] == ord("\\")) + 1
    return bool((letters[behind] == ord("P")).any()) and CODE_PAGE.search(content) is not None


def _from_records(
    path: Path,
    step: StepFile,
    schema: str,
    nearest: str,
    notes: list[Text],
    defects: list[Defect],
) -> Document:
    """A sound file without IfcOpenShell, which opens it only when its kernel is to draw."""

    def opened() -> Any:
        model = _open(path)
        settle_units(model)
        return model

    take_complaints()  # of whatever was opened before
    model = Instances(step, nearest, opened)
    defects.extend(repeated_global_ids(model))
    defects.extend(unit_defects(read_units(model).unknown))
    return Document(model, step, schema, tuple(notes), tuple(defects))


def _opened(
    path: Path,
    step: StepFile,
    schema: str,
    notes: list[Text],
    defects: list[Defect],
    found: StepScan,
) -> Document:
    take_complaints()  # of whatever was opened before
    model = _open(path)
    complaints = take_complaints()
    defects.extend(defects_of_model(model, found))
    settle_units(model)
    defects.extend(unit_defects(read_units(model).unknown))
    return Document(
        model,
        step,
        schema,
        tuple(notes),
        tuple(defects),
        dict(found.odd) | dict.fromkeys(_lame(model, complaints), Oddity.LAME),
        tuple(line for line in complaints if not TOLD.search(line)),
    )


def take_complaints() -> list[str]:
    """What IfcOpenShell's log says went wrong since it was last asked, without the time of day."""
    log: str = ifcopenshell.get_log()  # type: ignore[no-untyped-call]
    return [
        TIME_OF_DAY.sub("", line.split("] ", 2)[-1]).strip()
        for line in log.splitlines()
        if "[error]" in line
    ]


def _lame(model: Any, complaints: list[str]) -> Iterator[int]:
    """Instances that lack a part, as far as that concerns a shape: of products only what places and shapes them."""
    for line in complaints:
        found = NOT_FOUND.search(line)
        if found is None:
            continue
        number, attribute = int(found[1]), int(found[2])
        try:
            is_product = model.by_id(number).is_a("IfcProduct")
        except RuntimeError:  # it was not read itself
            continue
        if not is_product or attribute in SHAPING:
            yield number


def _cut_off() -> UnreadableIfcError:
    return UnreadableIfcError(
        Text(
            zh="文件不完整：结尾缺少 END-ISO-10303-21。",
            en="the file is cut off: END-ISO-10303-21 is missing at its end.",
        ),
        remedy=Text(zh="请重新导出并完整上传。", en="Export it again and upload it whole."),
    )


def _changed_schema(schema: str, nearest: str) -> Text:
    return Text(
        zh="文件版本为 {schema}，按最接近的 {nearest} 读取。",
        en="the file is {schema}; it was read as {nearest}, which is nearest.",
    ).format(schema=schema, nearest=nearest)


def _schema_of(content: bytes) -> str:
    found = FILE_SCHEMA.search(content, 0, HEADER_BYTES)
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


def _open(path: Path) -> Any:
    try:
        return ifcopenshell.open(path)
    except (ifcopenshell.Error, OSError, RuntimeError, UnicodeDecodeError) as error:
        lines = take_complaints() or str(error).strip().splitlines()
        raise UnreadableIfcError(
            Text(
                zh="IFC 内容无法解析：{detail}。", en="the IFC cannot be parsed: {detail}."
            ).format(detail=lines[0].rstrip(".") if lines else "?"),
            remedy=EXPORT_IFC,
        ) from error


def _unknown(schema: str) -> UnreadableIfcError:
    if schema and foreign_schema(schema):
        return UnreadableIfcError(
            Text(
                zh="这是 STEP 文件，但属于另一应用协议（{schema}），不是建筑模型。",
                en="this is a STEP file of another application protocol ({schema}), not of a building.",
            ).format(schema=schema),
            remedy=Text(
                zh="请导出 IFC2X3、IFC4 或 IFC4X3（不是 AP203/AP214/AP242）后再提交。",
                en="Export IFC2X3, IFC4 or IFC4X3 (not AP203, AP214 or AP242) and submit that.",
            ),
        )
    return UnreadableIfcError(
        Text(
            zh="不支持 IFC 版本 {schema}。", en="the IFC version {schema} is not supported."
        ).format(schema=schema or "?"),
        remedy=Text(
            zh="请导出 IFC2X3、IFC4 或 IFC4X3 后再提交。",
            en="Export IFC2X3, IFC4 or IFC4X3 and submit that.",
        ),
    )
