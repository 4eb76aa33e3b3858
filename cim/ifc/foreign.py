"""What a file is that is no IFC, by its bytes, and what to export instead.

First the bytes at its beginning; where one beginning serves many formats (XML, JSON, Microsoft's compound files, text in
UTF-16), a word further on. Navisworks documents no signature, so its files are known by its name only.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from cim.text import Text

EXPORT_IFC = Text(
    zh="请在建模软件中导出 IFC（STEP 格式，.ifc）后再提交。",
    en="Export IFC (STEP form, .ifc) from the authoring tool and submit that.",
)
UNPACK = Text(zh="请解压后提交其中的 .ifc 文件。", en="Unpack it and submit the .ifc file inside.")
FROM_REVIT = Text(
    zh="请在 Revit 中用“文件 > 导出 > IFC”导出后提交。",
    en="In Revit choose File > Export > IFC and submit that.",
)
FROM_SKETCHUP = Text(
    zh="请在 SketchUp 中用“文件 > 导出 > 三维模型 > IFC”导出（先给构件指定 IFC 类）。",
    en="In SketchUp choose File > Export > 3D Model > IFC (classify the components first).",
)
FROM_RHINO = Text(
    zh="请用 Rhino 的建筑插件（如 VisualARQ）导出 IFC。",
    en="Export IFC with a building plug-in of Rhino (VisualARQ, for one).",
)
FROM_ORIGIN = Text(
    zh="这类文件没有建筑构件信息；请从原来的建模软件导出 IFC。",
    en="Such a file has no building elements; export IFC from the tool the model was made with.",
)
POINT_CLOUD = Text(
    zh="点云请放入城市数据文件夹；报建请提交 IFC 模型。",
    en="A point cloud belongs in the city folder; submit the design as IFC.",
)
CITY_DATA = Text(
    zh="控制线等空间数据请放入城市数据文件夹；报建请提交 IFC 模型。",
    en="Control lines and other map data belong in the city folder; submit the design as IFC.",
)
SAVE_AS_TEXT = Text(
    zh="请另存为 ASCII 或 UTF-8 编码后再提交，或重新导出。",
    en="Save it in ASCII or UTF-8, or export it again, and submit that.",
)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file of another format: a sentence that says which, and what to do."""

    what: Text
    remedy: Text


def foreign_format(head: bytes, whole: bytes | None = None) -> Foreign | None:
    """What a file is, or None when nothing here knows it.

    Args:
        head: its first few kilobytes.
        whole: more of it, for formats whose name lies further on; the head when absent.
    """
    whole = head if whole is None else whole
    start = head.removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n")
    for magic, place, known in MAGIC:
        if head[place : place + len(magic)] == magic:
            return known
    for magic, known in TEXT_BEGINNINGS:
        if start[: len(magic)].lower() == magic:
            return known
    if head.startswith(COMPOUND):
        return _by_words(_compound_names(whole), COMPOUND_WORDS, OLE)
    wide = _wide_text(head)
    if wide is not None:
        return _of_wide(wide)
    if start.startswith(b"<"):
        return _by_words(head, XML_WORDS, XML)
    if start.startswith((b"{", b"[")):
        return _by_words(head, JSON_WORDS, JSON)
    return NAVISWORKS if b"navisworks" in head.lower() else None


def foreign_schema(schema: str) -> bool:
    """Whether a STEP schema is not one of IFC (of machine parts, steel frames, ...)."""
    return not schema.upper().startswith("IFC")


def _by_words(
    content: bytes, words: Sequence[tuple[bytes, Foreign]], otherwise: Foreign
) -> Foreign:
    lowered = content.lower()
    return next((known for word, known in words if word in lowered), otherwise)


def _wide_text(head: bytes) -> str | None:
    """Text in UTF-16, with or without its mark; None when it is none."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    elif head[1:8:2] == bytes(4) and head[:8:2].isascii() and bytes([head[0]]).isalnum():
        text = head[: len(head) // 2 * 2].decode("utf-16-le", errors="replace")
    elif head[:8:2] == bytes(4) and head[1:8:2].isascii() and bytes([head[1]]).isalnum():
        text = head[: len(head) // 2 * 2].decode("utf-16-be", errors="replace")
    else:
        return None
    return text if "\ufffd" not in text[:32] and text[:8].isprintable() else None


def _of_wide(text: str) -> Foreign:
    if text.startswith("SketchUp Model") or "SketchUp Model" in text[:64]:
        return SKETCHUP
    if "ISO-10303-21" in text:
        return WIDE_STEP
    return foreign_format(text.encode("utf-8")) or WIDE_TEXT


def _compound_names(content: bytes) -> bytes:
    """Names of the streams in a compound file's first directory sector, as plain bytes ([MS-CFB] 2.2 and 2.6)."""
    if len(content) < 512:  # its header
        return b""
    shift, first = (
        struct.unpack_from("<H", content, 30)[0],
        struct.unpack_from("<I", content, 48)[0],
    )
    if shift not in (9, 12):
        return b""
    size = 1 << shift
    sector = content[(first + 1) * size : (first + 2) * size]
    return b" ".join(
        sector[at : at + 64].decode("utf-16-le", errors="ignore").encode("utf-8")
        for at in range(0, len(sector), 128)
    )


def _known(zh: str, en: str, remedy: Text = EXPORT_IFC) -> Foreign:
    return Foreign(Text(zh=f"这是{zh}。", en=f"this is {en}."), remedy)


LFS = _known(
    " git-lfs 指针，不是模型",
    "a git-lfs pointer, not the model",
    Text(zh="请提交模型本身（git lfs pull）。", en="Submit the model itself (git lfs pull)."),
)
PICTURE = _known("图片", "a picture")
WEB_PAGE = _known(
    "网页（可能是登录页或下载失败）",
    "a web page (perhaps of a log-in or a failed download)",
    Text(zh="请重新下载模型文件再提交。", en="Download the model itself and submit that."),
)
OLE = _known(" Revit 或 Office 文件", "a Revit or Office file")
XML = _known("其他 XML", "XML of another kind")
JSON = _known("其他 JSON", "JSON of another kind")
SKETCHUP = _known(" SketchUp 模型", "a SketchUp model", FROM_SKETCHUP)
NAVISWORKS = _known(" Navisworks 文件", "a Navisworks file", FROM_ORIGIN)
WIDE_STEP = _known(" UTF-16 编码的 STEP 文本", "STEP text in UTF-16", SAVE_AS_TEXT)
WIDE_TEXT = _known(" UTF-16 编码的文本", "text in UTF-16")
GLTF = _known(" glTF", "glTF", FROM_ORIGIN)
FBX = _known(" FBX", "FBX", FROM_ORIGIN)
DXF = _known(" DXF 图纸", "a DXF drawing")
GEOPACKAGE = _known(" GeoPackage", "a GeoPackage", CITY_DATA)

MAGIC: tuple[tuple[bytes, int, Foreign], ...] = (
    (b"GPKG", 68, GEOPACKAGE),
    (b"SQLite format 3\0", 0, _known(" SQLite 数据库", "an SQLite database", CITY_DATA)),
    (b"\x1f\x8b", 0, _known(" gzip 压缩文件", "a gzip archive", UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", 0, _known(" 7-Zip 压缩包", "a 7-Zip archive", UNPACK)),
    (b"Rar!\x1a\x07", 0, _known(" RAR 压缩包", "a RAR archive", UNPACK)),
    (b"\xfd7zXZ\0", 0, _known(" xz 压缩文件", "an xz archive", UNPACK)),
    (b"BZh", 0, _known(" bzip2 压缩文件", "a bzip2 archive", UNPACK)),
    (b"\x28\xb5\x2f\xfd", 0, _known(" Zstandard 压缩文件", "a Zstandard archive", UNPACK)),
    (b"ustar", 257, _known(" tar 归档", "a tar archive", UNPACK)),
    (b"\xff\xfe\xff\x0eS\0k\0e\0t\0c\0h\0U\0p\0", 0, SKETCHUP),
    (b"3D Geometry File Format", 0, _known(" Rhino 3dm 模型", "a Rhino 3dm model", FROM_RHINO)),
    (b"Kaydara FBX Binary", 0, FBX),
    (b"AutoCAD Binary DXF", 0, DXF),
    (b"AC10", 0, _known(" DWG 图纸", "a DWG drawing")),
    (b"\x08\x09\xfe", 0, _known(" MicroStation DGN 图纸", "a MicroStation DGN drawing")),
    (b"(DWF V", 0, _known(" DWF 图纸", "a DWF drawing")),
    (b"BLENDER", 0, _known(" Blender 模型", "a Blender model", FROM_ORIGIN)),
    (b"glTF", 0, GLTF),
    (b"b3dm", 0, _known("三维瓦片", "a 3D tile", FROM_ORIGIN)),
    (b"LASF", 0, _known(" LAS/LAZ 点云", "a LAS or LAZ point cloud", POINT_CLOUD)),
    (b"ASTM-E57", 0, _known(" E57 点云", "an E57 point cloud", POINT_CLOUD)),
    (b"\x89PNG", 0, PICTURE),
    (b"\xff\xd8\xff", 0, PICTURE),
    (b"GIF8", 0, PICTURE),
    (b"II*\0", 0, _known(" TIFF 影像", "a TIFF picture or terrain", CITY_DATA)),
    (b"MM\0*", 0, _known(" TIFF 影像", "a TIFF picture or terrain", CITY_DATA)),
    (b"MZ", 0, _known(" Windows 程序", "a Windows program")),
    (b"\x7fELF", 0, _known(" Linux 程序", "a Linux program")),
)
"""First bytes (or those at a place) -> what the file is."""

TEXT_BEGINNINGS: tuple[tuple[bytes, Foreign], ...] = (
    (b"version https://git-lfs", LFS),
    (b"%pdf", _known(" PDF", "a PDF")),
    (b"<!doctype html", WEB_PAGE),
    (b"<html", WEB_PAGE),
    (b"; fbx", FBX),
    (b"0\r\nsection", DXF),
    (b"0\nsection", DXF),
    (b"999\n", DXF),
    (b"999\r\n", DXF),
    (b"ply\n", _known(" PLY 网格或点云", "a PLY mesh or point cloud", FROM_ORIGIN)),
    (b"ply\r\n", _known(" PLY 网格或点云", "a PLY mesh or point cloud", FROM_ORIGIN)),
    (b"# .pcd", _known(" PCD 点云", "a PCD point cloud", POINT_CLOUD)),
    (b"solid ", _known(" STL 网格", "an STL mesh", FROM_ORIGIN)),
    (b"mtllib ", _known(" OBJ 网格", "an OBJ mesh", FROM_ORIGIN)),
    (b"#usda", _known(" USD 场景", "a USD scene", FROM_ORIGIN)),
)
"""Beginnings of text, in small letters."""

COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
COMPOUND_WORDS: tuple[tuple[bytes, Foreign], ...] = (
    (b"basicfileinfo", _known(" Revit 模型", "a Revit model", FROM_REVIT)),
    (b"revitpreview", _known(" Revit 模型", "a Revit model", FROM_REVIT)),
    (b"dgn", _known(" MicroStation DGN 模型", "a MicroStation DGN model")),
    (b"worddocument", _known(" Word 文档", "a Word document")),
    (b"workbook", _known(" Excel 工作簿", "an Excel workbook")),
    (b"powerpoint", _known(" PowerPoint 文档", "a PowerPoint document")),
    (b"swdocmgr", _known(" SolidWorks 模型", "a SolidWorks model")),
    (b"navisworks", NAVISWORKS),
)
XML_WORDS: tuple[tuple[bytes, Foreign], ...] = (
    (b"iso_10303_28", _known(" ifcXML", "ifcXML")),
    (b"ifcxml", _known(" ifcXML", "ifcXML")),
    (b"buildingsmart-tech.org/ifc", _known(" ifcXML", "ifcXML")),
    (b"standards.buildingsmart.org/ifc", _known(" ifcXML", "ifcXML")),
    (b"standards.buildingsmart.org/ids", _known(" IDS 交付要求", "an IDS, not a model")),
    (b"<citymodel", _known(" CityGML", "CityGML", CITY_DATA)),
    (b":citymodel", _known(" CityGML", "CityGML", CITY_DATA)),
    (b"<kml", _known(" KML", "KML", CITY_DATA)),
    (b"<collada", _known(" COLLADA 模型", "a COLLADA model", FROM_ORIGIN)),
    (b"<landxml", _known(" LandXML", "LandXML", CITY_DATA)),
    (b"<gbxml", _known(" gbXML 能耗模型", "a gbXML energy model", FROM_ORIGIN)),
    (b"<markup", _known(" BCF 意见", "a BCF topic, not a model")),
    (b"<svg", PICTURE),
    (b"<html", WEB_PAGE),
)
JSON_WORDS: tuple[tuple[bytes, Foreign], ...] = (
    (b"ifcxversion", _known(" IFCX（IFC5 草案）", "IFCX (the draft of IFC5)")),
    (b"ifc5", _known(" IFCX（IFC5 草案）", "IFCX (the draft of IFC5)")),
    (b"ifcjson", _known(" ifcJSON", "ifcJSON")),
    (b'"cityjson', _known(" CityJSON", "CityJSON", CITY_DATA)),
    (b'"featurecollection"', _known(" GeoJSON", "GeoJSON", CITY_DATA)),
    (b"geometricerror", _known("三维瓦片", "a 3D tileset", FROM_ORIGIN)),
    (b'"accessors"', GLTF),
    (b'"bufferviews"', GLTF),
    (b'"asset"', GLTF),
)
