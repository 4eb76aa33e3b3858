"""The one IFC file in a ZIP (``.ifczip``), unpacked within limits. Runs inside the guarded child."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import inflate64

from cim.errors import UnreadableIfcError
from cim.ifc.foreign import EXPORT_IFC, UNPACK, Foreign
from cim.ifc.sniff import ARCHIVE
from cim.text import Text

ENTRIES = 10_000  # an archive with more is no delivery of one model
RATIO = 400  # unpacked to packed; IFC text reaches about 20
SMALL = 10 << 20  # bytes that may be unpacked whatever the ratio
CHUNK = 1 << 20
PACKED_CHUNK = 1 << 14
LISTED = 5  # names in a message
ENCRYPTED = 0x1
DEFLATE64 = 9  # APPNOTE 4.4.5; Windows writes it above 2 GB, and zipfile does not know it
LOCAL_HEADER = struct.Struct("<26xHH")  # APPNOTE 4.3.7: the lengths of name and extra field end it
OTHERS = (".zip", ".ifczip", ".7z", ".rar", ".gz", ".tar")
# Name of an entry, in small letters -> what an archive with it is.
MEMBERS: tuple[tuple[str, Foreign], ...] = (
    (
        ".ifcxml",
        Foreign(
            Text(zh="压缩包中是 ifcXML。", en="the archive holds ifcXML."),
            EXPORT_IFC,
        ),
    ),
    (
        ".ifcx",
        Foreign(
            Text(
                zh="压缩包中是 IFCX（IFC5 草案）。",
                en="the archive holds IFCX (the draft of IFC5).",
            ),
            EXPORT_IFC,
        ),
    ),
    (
        "bcf.version",
        Foreign(
            Text(zh="这是 BCF 意见，不是模型。", en="this is a BCF file, not a model."), EXPORT_IFC
        ),
    ),
    (
        "[content_types].xml",
        Foreign(Text(zh="这是 Office 文件。", en="this is an Office file."), EXPORT_IFC),
    ),
    (
        "doc.kml",
        Foreign(Text(zh="这是 KMZ。", en="this is a KMZ."), EXPORT_IFC),
    ),
)
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,  # what inflate64 raises
)


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP by its first bytes."""
    with path.open("rb") as stream:
        return stream.read(len(ARCHIVE)) == ARCHIVE


def unpack(path: Path, target: Path, *, most_bytes: int) -> None:
    """Unpack the only IFC file of an archive; names inside are never used as paths.

    Args:
        path: the archive.
        target: where to write the IFC file.
        most_bytes: that may be written.

    Raises:
        UnreadableIfcError: damaged, encrypted, without an IFC file or with several, or larger than allowed.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entry = _only_model(archive.infolist())
            _copy(archive, entry, target, most_bytes, path.stat().st_size)
    except DAMAGE as error:
        raise UnreadableIfcError(
            Text(zh="压缩包已损坏。", en="the archive is damaged."), remedy=UNPACK
        ) from error


def _only_model(entries: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    if len(entries) > ENTRIES:
        raise UnreadableIfcError(
            Text(zh="压缩包中有 {count} 个文件。", en="the archive holds {count} files.").format(
                count=len(entries)
            ),
            remedy=UNPACK,
        )
    files = [entry for entry in entries if not entry.is_dir()]
    models = [entry for entry in files if entry.filename.lower().endswith(".ifc")]
    if len(models) == 1:
        return models[0]
    if models:
        raise UnreadableIfcError(
            Text(
                zh="压缩包中有 {count} 个 IFC 文件：{names}。",
                en="the archive holds {count} IFC files: {names}.",
            ).format(count=len(models), names=_names(models)),
            remedy=Text(zh="请逐个提交。", en="Submit them one by one."),
        )
    names = [entry.filename.lower() for entry in files]
    for ending, known in MEMBERS:
        if any(name.endswith(ending) for name in names):
            raise UnreadableIfcError(known.what, remedy=known.remedy)
    nested = [entry for entry in files if entry.filename.lower().endswith(OTHERS)]
    reason = (
        Text(zh="压缩包里还是压缩包：{names}。", en="the archive holds another archive: {names}.")
        if nested
        else Text(
            zh="压缩包中没有 .ifc 文件，只有：{names}。",
            en="the archive holds no .ifc file, only: {names}.",
        )
    )
    raise UnreadableIfcError(reason.format(names=_names(nested or files)), remedy=UNPACK)


def _names(entries: list[zipfile.ZipInfo]) -> str:
    shown = ", ".join(Path(entry.filename).name for entry in entries[:LISTED])
    return f"{shown} …" if len(entries) > LISTED else shown or "—"


def _copy(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, most: int, packed: int
) -> None:
    """Write an entry, counting what really comes out; what the archive declares may be a lie."""
    if entry.flag_bits & ENCRYPTED:
        raise UnreadableIfcError(
            Text(zh="压缩包已加密。", en="the archive is encrypted."), remedy=UNPACK
        )
    allowed = min(most, max(SMALL, RATIO * packed))
    if entry.file_size > allowed:
        raise _too_large(allowed)
    written = 0
    chunks = _inflated64 if entry.compress_type == DEFLATE64 else _unpacked
    with target.open("wb") as out:
        for chunk in chunks(archive, entry):
            written += len(chunk)
            if written > allowed:
                raise _too_large(allowed)
            out.write(chunk)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as source:
        while chunk := source.read(CHUNK):
            yield chunk


def _inflated64(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """What a Deflate64 entry holds, piece by piece; packed pieces are small, for one may grow a thousandfold."""
    stream = archive.fp
    if stream is None:
        raise EOFError
    stream.seek(entry.header_offset)
    name, extra = LOCAL_HEADER.unpack(stream.read(LOCAL_HEADER.size))
    stream.seek(name + extra, 1)
    inflater, left, checksum = inflate64.Inflater(), entry.compress_size, 0
    while left > 0 and not inflater.eof:
        packed = stream.read(min(PACKED_CHUNK, left))
        if not packed:
            raise EOFError
        left -= len(packed)
        chunk = inflater.inflate(packed)
        checksum = zlib.crc32(chunk, checksum)
        yield chunk
    if checksum != entry.CRC:
        raise zipfile.BadZipFile


def _too_large(allowed: int) -> UnreadableIfcError:
    return UnreadableIfcError(
        Text(
            zh="压缩包解压后超过上限 {limit:.0f} MB。",
            en="unpacked, the archive exceeds the limit of {limit:.0f} MB.",
        ).format(limit=allowed / 1e6),
        remedy=Text(zh="请分专业或分楼栋导出。", en="Export it by discipline or by building."),
    )
