"""Whether a file may be an IFC model, from its first bytes, before anything is started for it."""

from __future__ import annotations

from pathlib import Path

from cim.errors import UnreadableIfcError
from cim.ifc.foreign import EXPORT_IFC, foreign_format
from cim.text import Text

HEAD = 4096
MORE = 1 << 20  # where the directory of a compound file lies, as a rule
MAGIC = b"ISO-10303-21"
ARCHIVE = b"PK\x03\x04"


def refuse_other_files(path: Path, *, file_bytes: int) -> None:
    """Let only what looks like an IFC STEP file, or a ZIP, pass; whether all of it is there is seen later.

    Raises:
        UnreadableIfcError: absent, empty, too large, or something else.
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
        whole = stream.read(MORE)
    if not whole.startswith(ARCHIVE):  # what is inside is looked at in the guarded child
        _refuse_by_head(whole, path)


def _size(path: Path) -> int:
    if path.is_dir():
        raise UnreadableIfcError(Text(zh="这是文件夹。", en="this is a folder."), path=path)
    try:
        return path.stat().st_size
    except OSError as error:
        raise UnreadableIfcError(Text(zh="找不到文件。", en="no such file."), path=path) from error


def _refuse_by_head(whole: bytes, path: Path) -> None:
    head = whole[:HEAD]
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(MAGIC):
        return
    if not head.strip(b"\0"):
        raise UnreadableIfcError(
            Text(zh="文件只有零字节，内容已丢失。", en="the file holds nothing but zeros."),
            path=path,
            remedy=EXPORT_IFC,
        )
    known = foreign_format(head, whole)
    if known is not None:
        raise UnreadableIfcError(known.what, path=path, remedy=known.remedy)
    if MAGIC in head:  # behind a comment
        return
    raise UnreadableIfcError(
        Text(zh="这不是 IFC 文件。", en="this is not an IFC file."), path=path, remedy=EXPORT_IFC
    )
