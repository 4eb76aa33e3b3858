from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
from pathlib import Path

import pytest

from cim.errors import UnreadableIfcError
from cim.ifc import read_ifc
from cim.ifc.foreign import EXPORT_IFC, FROM_REVIT, foreign_format
from tests.cim.ifc.hostile import step


def compound(*names: str) -> bytes:
    """A compound file of Microsoft's whose first directory sector is the third, with streams of these names."""
    head = bytearray(512)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<H", head, 30, 9)
    struct.pack_into("<I", head, 48, 2)
    directory = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0") + bytes(64) for name in ("Root Entry", *names)
    )
    return bytes(head) + bytes(1024) + directory.ljust(512, b"\0")


def tarred() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        member = tarfile.TarInfo("a.ifc")
        member.size = len(step())
        archive.addfile(member, io.BytesIO(step()))
    return made.getvalue()


def sqlite(application: bytes) -> bytes:
    return b"SQLite format 3\0".ljust(68, b"\1") + application + bytes(100)


FORMATS = {
    "gzip archive": gzip.compress(b"x"),
    "bzip2 archive": bz2.compress(b"x"),
    "an xz archive": lzma.compress(b"x"),
    "tar archive": tarred(),
    "7-Zip archive": b"7z\xbc\xaf\x27\x1c\0\4",
    "RAR archive": b"Rar!\x1a\x07\x01\0",
    "Zstandard": b"\x28\xb5\x2f\xfd\4",
    "Revit model": compound("BasicFileInfo", "RevitPreview4.0"),
    "Word document": compound("WordDocument"),
    "Excel workbook": compound("Workbook"),
    "DGN model": compound("Dgn~H"),
    "Revit or Office": compound("Whatever"),
    "DWG drawing": b"AC1032\0\0",
    "DXF drawing": b"  0\r\nSECTION\r\n  2\r\nHEADER",
    "a DXF": b"AutoCAD Binary DXF\r\n\x1a\0",
    "MicroStation DGN drawing": b"\x08\x09\xfe\x02",
    "SketchUp model": b"\xff\xfe\xff\x0e" + "SketchUp Model".encode("utf-16-le"),
    "Rhino 3dm": b"3D Geometry File Format        7",
    "Navisworks file": b"\x01\x02 Autodesk Navisworks 2024 \0",
    "FBX": b"Kaydara FBX Binary  \0",
    "this is FBX": b"; FBX 7.3.0 project file\n",
    "glTF": b"glTF\2\0\0\0",
    "this is glTF": b'{"asset": {"version": "2.0"}, "meshes": []}',
    "IFCX": b'{"header": {"id": "x", "ifcxVersion": "ifcx_alpha"}}',
    "CityJSON": b'{"type": "CityJSON", "version": "2.0"}',
    "GeoJSON": b'{"type": "FeatureCollection"}',
    "3D tileset": b'{"root": {"geometricError": 1}}',
    "JSON of another kind": b'[{"a": 1}]',
    "ifcXML": b'\xef\xbb\xbf<?xml version="1.0"?><ex:iso_10303_28 xmlns:ex="x">',
    "this is ifcXML": b'<?xml version="1.0"?><ifcXML xmlns="x">',
    "an IDS": b'<?xml version="1.0"?><ids xmlns="http://standards.buildingsmart.org/IDS">',
    "CityGML": b'<?xml version="1.0"?><core:CityModel>',
    "KML": b'<?xml version="1.0"?><kml xmlns="x">',
    "COLLADA": b'<?xml version="1.0"?><COLLADA>',
    "LandXML": b'<?xml version="1.0"?><LandXML>',
    "gbXML": b'<?xml version="1.0"?><gbXML>',
    "BCF topic": b'<?xml version="1.0"?><Markup>',
    "XML of another kind": b'<?xml version="1.0"?><stuff>',
    "web page": b"<!DOCTYPE html><html>",
    "GeoPackage": sqlite(b"GPKG"),
    "SQLite database": sqlite(bytes(4)),
    "LAS or LAZ": b"LASF" + bytes(100),
    "E57": b"ASTM-E57" + bytes(40),
    "PCD": b"# .PCD v.7",
    "PLY": b"ply\nformat ascii 1.0\n",
    "STL": b"solid house\n",
    "OBJ": b"mtllib house.mtl\n",
    "USD": b"#usda 1.0\n",
    "Blender": b"BLENDER-v300",
    "picture": b"\x89PNG\r\n",
    "TIFF": b"II*\0" + bytes(10),
    "PDF": b"%PDF-1.7",
    "git-lfs pointer": b"version https://git-lfs.github.com/spec/v1\n",
    "Windows program": b"MZ\x90\0",
    "STEP text in UTF-16": step().decode().encode("utf-16"),
    "in UTF-16.": step().decode().encode("utf-16-be"),
    "text in UTF-16.": "plain words".encode("utf-16"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_another_format_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    path = tmp_path / "renamed.ifc"
    path.write_bytes(FORMATS[name])
    with pytest.raises(UnreadableIfcError) as caught:
        read_ifc(path)
    error = caught.value
    assert name in error.reason.en
    assert error.reason.zh.startswith("这是")
    assert error.remedy is not None
    assert error.path == path


def test_the_remedy_is_that_of_the_tool() -> None:
    revit = foreign_format(FORMATS["Revit model"])
    assert revit is not None
    assert revit.remedy == FROM_REVIT
    word = foreign_format(FORMATS["Word document"])
    assert word is not None
    assert word.remedy == EXPORT_IFC


@pytest.mark.parametrize(
    "content", [b"", b"hello", bytes(range(128, 256)), b"\xff\xfe\x00garb" * 9]
)
def test_what_nobody_knows_is_not_named(content: bytes) -> None:
    assert foreign_format(content) is None


@pytest.mark.parametrize("name", ["ifcx", "ifcxml"])
def test_files_of_the_standards_body_are_named(data_folder: Path, name: str) -> None:
    paths = sorted((data_folder / "ifc").rglob(f"*.{name}"))
    assert paths
    for path in paths:
        with pytest.raises(UnreadableIfcError, match="IFCX" if name == "ifcx" else "ifcXML"):
            read_ifc(path)
