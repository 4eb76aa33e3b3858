"""What a file is, from its first and last bytes, before anything is started for it."""

from __future__ import annotations

from pathlib import Path

from cim.errors import UnreadableIfcError
from cim.text import Text

HEAD = 4096
TAIL = 4096
MAGIC = b"ISO-10303-21"
END = b"END-ISO-10303-21"
ARCHIVE = b"PK\x03\x04"

EXPORT_IFC = Text(
    zh="请在建模软件中导出 IFC（STEP 格式，.ifc）后再提交。",
    en="Export IFC (STEP form, .ifc) from the authoring tool and submit that.",
)
# First bytes -> what the file is.
OTHERS: tuple[tuple[bytes, Text], ...] = (
    (
        b"version https://git-lfs",
        Text(zh="这是 git-lfs 指针，不是模型。", en="this is a git-lfs pointer, not the model."),
    ),
    (
        b"\xd0\xcf\x11\xe0",
        Text(zh="这是 Revit 或 Office 文件。", en="this is a Revit or Office file."),
    ),
    (b"\x89PNG", Text(zh="这是图片。", en="this is a picture.")),
    (b"\xff\xd8\xff", Text(zh="这是图片。", en="this is a picture.")),
    (b"%PDF", Text(zh="这是 PDF。", en="this is a PDF.")),
    (b"AC10", Text(zh="这是 DWG 图纸。", en="this is a DWG drawing.")),
    (b"<!doctype html", Text(zh="这是网页。", en="this is a web page.")),
    (b"<html", Text(zh="这是网页。", en="this is a web page.")),
    (b"<?xml", Text(zh="这是 XML（可能是 ifcXML）。", en="this is XML (perhaps ifcXML).")),
    (b"{", Text(zh="这是 JSON（可能是 IFCX）。", en="this is JSON (perhaps IFCX).")),
)


def refuse_other_files(path: Path, *, file_bytes: int) -> None:
    """Let only what looks like a whole IFC STEP file, or a ZIP, pass.

    Raises:
        UnreadableIfcError: absent, empty, too large, something else, or cut off.
    """
    size = _size(path)
    if size == 0:
        raise UnreadableIfcError(
            Text(zh="文件是空的。", en="the file is empty."), path=path, remedy=EXPORT_IFC
        )
    if size > file_bytes:
        raise UnreadableIfcError(
            Text(
                zh="文件有 {size:.0f} MB，超过上限 {limit:.0f} MB。",
                en="the file has {size:.0f} MB; the limit is {limit:.0f} MB.",
            ).format(size=size / 1e6, limit=file_bytes / 1e6),
            path=path,
            remedy=Text(zh="请分专业或分楼栋导出。", en="Export it by discipline or by building."),
        )
    with path.open("rb") as stream:
        if stream.read(len(ARCHIVE)) == ARCHIVE:
            return  # what is inside is looked at in the guarded child
        stream.seek(0)
        head = stream.read(HEAD)
        stream.seek(max(size - TAIL, 0))
        tail = stream.read()
    _refuse_by_head(head, path)
    if END not in tail:
        raise UnreadableIfcError(
            Text(
                zh="文件不完整：结尾缺少 END-ISO-10303-21。",
                en="the file is cut off: END-ISO-10303-21 is missing at its end.",
            ),
            path=path,
            remedy=Text(zh="请重新导出并完整上传。", en="Export it again and upload it whole."),
        )


def _size(path: Path) -> int:
    if path.is_dir():
        raise UnreadableIfcError(Text(zh="这是文件夹。", en="this is a folder."), path=path)
    try:
        return path.stat().st_size
    except OSError as error:
        raise UnreadableIfcError(Text(zh="找不到文件。", en="no such file."), path=path) from error


def _refuse_by_head(head: bytes, path: Path) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(MAGIC) or MAGIC in head:
        return
    for magic, what in OTHERS:
        if start.lower().startswith(magic.lower()):
            raise UnreadableIfcError(what, path=path, remedy=EXPORT_IFC)
    raise UnreadableIfcError(
        Text(zh="这不是 IFC 文件。", en="this is not an IFC file."), path=path, remedy=EXPORT_IFC
    )
