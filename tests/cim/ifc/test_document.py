from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import inflate64
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cim.building import DefectKind
from cim.errors import UnreadableIfcError
from cim.ifc import read_ifc
from cim.ifc.encoding import escaped
from tests.cim.ifc.author import Author

Entries = dict[str, bytes]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A file with one box."""
    author = Author()
    author.block((1.0, 2.0, 3.0), name="box")
    return author.write(tmp_path_factory.mktemp("box") / "a.ifc").read_bytes()


@pytest.mark.parametrize(
    ("schema", "nearest"),
    [
        ("IFC4X1", "IFC4X3_ADD2"),
        ("IFC4X2", "IFC4X3_ADD2"),
        ("IFC4X3", "IFC4X3_ADD2"),
        ("IFC4X3_RC3", "IFC4X3_ADD2"),
        ("IFC4X3_ADD1", "IFC4X3_ADD2"),
        ("IFC4_ADD2_TC1", "IFC4"),
        ("ifc4", None),
    ],
)
def test_a_sibling_of_a_schema_is_read_and_said(
    tmp_path: Path, content: bytes, schema: str, nearest: str | None
) -> None:
    path = tmp_path / "a.ifc"
    path.write_bytes(content.replace(b"'IFC4'", f"'{schema}'".encode(), 1))
    model = read_ifc(path)
    assert model.schema == schema.upper()
    assert [e.name for e in model.elements if e.representation] == ["box"]
    told = [warning.en for warning in model.warnings]
    if nearest is None:
        assert told == []
    else:
        assert told == [f"the file is {schema}; it was read as {nearest}, which is nearest."]


def test_what_only_the_other_schema_has_is_counted(tmp_path: Path, content: bytes) -> None:
    strange = b"#9001=IFCTRACKTHING($);\n#9002=IFCTRACKTHING($);\nENDSEC;\nEND-ISO"
    path = tmp_path / "a.ifc"
    body = content.replace(b"'IFC4'", b"'IFC4X3_RC3'", 1)
    path.write_bytes(body.replace(b"ENDSEC;\nEND-ISO", strange, 1))
    model = read_ifc(path)
    assert [e.name for e in model.elements] == ["box"]
    (defect,) = model.defects
    assert (defect.kind, defect.count) == (DefectKind.UNKNOWN_CLASS, 2)
    assert defect.sentence.en == (
        "instances of classes that IFC4X3_ADD2 does not have, which were not read: "
        "2 (IFCTRACKTHING 2)."
    )
    assert defect.sentence in model.warnings
    assert model.is_complete


@pytest.mark.parametrize("schema", ["IFC9", "AUTOMOTIVE_DESIGN"])
def test_a_schema_nothing_is_near_to_is_refused(
    tmp_path: Path, content: bytes, schema: str
) -> None:
    path = tmp_path / "a.ifc"
    path.write_bytes(content.replace(b"'IFC4'", f"'{schema}'".encode(), 1))
    with pytest.raises(UnreadableIfcError, match=schema) as caught:
        read_ifc(path)
    assert "IFC2X3" in (caught.value.remedy.en if caught.value.remedy else "")


@pytest.mark.parametrize(
    ("name", "encoding", "said"),
    [
        ("外墙一号", "gbk", "GB18030"),
        ("外墙 楼板 镕㙍𠮷", "gb18030", "GB18030"),
        ("一", "gbk", "GB18030"),
        ("外墙一号𠮷", "utf-8", "UTF-8"),
        ("壁ガラスのドア", "shift_jis", "CP932"),
        ("Außenwand größer", "cp1252", "CP1252"),
    ],
)
def test_raw_text_is_read_and_said(
    tmp_path: Path, content: bytes, name: str, encoding: str, said: str
) -> None:
    path = tmp_path / "a.ifc"
    path.write_bytes(content.replace(b"'box'", b"'" + name.encode(encoding) + b"'"))
    model = read_ifc(path)
    assert [e.name for e in model.elements] == [name]
    (told,) = model.warnings
    assert told.en.endswith(f"it was read as {said}.")
    assert said in told.zh


def test_a_byte_order_mark_is_no_text(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.ifc"
    path.write_bytes(b"\xef\xbb\xbf" + content)
    assert [e.name for e in read_ifc(path).elements] == ["box"]


@given(
    name=st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=30)
)
def test_chinese_in_any_of_its_encodings_becomes_the_same_escapes(name: str) -> None:
    name = f"建筑{name}"
    told = {escaped(f"'{name}'".encode(code)) for code in ("gb18030", "utf-8")}
    assert {body for body, _ in filter(None, told)} == {
        b"'\\X2\\" + name.encode("utf-16-be").hex().upper().encode() + b"\\X0\\'"
    }


def zipped(path: Path, entries: Entries, *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, body in entries.items():
            archive.writestr(name, body)
    return path


@pytest.mark.parametrize(
    "name", ["model.ifc", "../../../etc/model.ifc", "/abs/MODEL.IFC", "模型.ifc"]
)
def test_the_model_in_an_archive_is_read_whatever_its_name(
    tmp_path: Path, content: bytes, name: str
) -> None:
    path = zipped(tmp_path / "a.ifczip", {name: content, "readme.txt": b"hello"})
    model = read_ifc(path)
    assert [e.name for e in model.elements] == ["box"]
    assert model.file_name == "a.ifczip"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.ifczip"]


def test_an_archive_with_gbk_names_is_read(tmp_path: Path, content: bytes) -> None:
    name = "模型.ifc".encode("gbk")
    path = zipped(tmp_path / "a.ifczip", {"x" * len(name): content})
    path.write_bytes(path.read_bytes().replace(b"x" * len(name), name))
    assert [e.name for e in read_ifc(path).elements] == ["box"]


def deflated64(path: Path, body: bytes) -> Path:
    """An archive as Windows writes it above 2 GB: one entry, method 9."""
    deflater = inflate64.Deflater()
    packed = deflater.deflate(body) + deflater.flush()
    zipped(path, {"a.ifc": packed}, method=zipfile.ZIP_STORED)
    archive = bytearray(path.read_bytes())
    for method_at in (8, archive.index(b"PK\x01\x02") + 10):
        struct.pack_into("<H", archive, method_at, 9)
        struct.pack_into("<I", archive, method_at + 6, zlib.crc32(body))
        struct.pack_into("<I", archive, method_at + 14, len(body))
    path.write_bytes(archive)
    return path


def test_deflate64_is_unpacked(tmp_path: Path, content: bytes) -> None:
    path = deflated64(tmp_path / "a.ifczip", content)
    assert [e.name for e in read_ifc(path).elements] == ["box"]


@pytest.mark.parametrize("place", [60, 80, 400])
def test_damaged_deflate64_says_so(tmp_path: Path, content: bytes, place: int) -> None:
    path = deflated64(tmp_path / "a.ifczip", content)
    body = bytearray(path.read_bytes())
    body[place : place + 8] = bytes(b ^ 0xFF for b in body[place : place + 8])
    path.write_bytes(body)
    with pytest.raises(UnreadableIfcError, match="damaged"):
        read_ifc(path)


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        (lambda c: {"a.ifc": c, "b.ifc": c}, "holds 2 IFC files: a.ifc, b.ifc"),
        (lambda _: {"inner.zip": b"PK\x03\x04"}, "holds another archive: inner.zip"),
        (lambda _: {"plan.dwg": b"AC1032"}, "holds no .ifc file, only: plan.dwg"),
        (lambda _: {}, "not an IFC file"),
        (lambda c: {"a.ifc": c[:300]}, "cut off"),
        (lambda c: {"a.ifcxml": c}, "holds ifcXML"),
        (lambda c: {"a.ifcx": c}, "holds IFCX"),
        (lambda _: {"bcf.version": b"2.1"}, "BCF file"),
        (lambda _: {"[Content_Types].xml": b"", "word/document.xml": b""}, "Office file"),
        (lambda _: {"doc.kml": b""}, "KMZ"),
        (lambda _: {"a.ifc": b"%PDF-1.7"}, "PDF"),
        (lambda _: {"a.ifc": bytes(300 << 20)}, "exceeds the limit"),
        (lambda c: {f"{i}.txt": b"" for i in range(10_001)} | {"a.ifc": c}, "holds 10002 files"),
    ],
    ids=[
        *("two", "nested", "none", "empty", "half", "ifcxml", "ifcx", "bcf", "office", "kmz"),
        *("not ifc", "bomb", "crowd"),
    ],
)
def test_an_archive_that_is_no_delivery_says_why(
    tmp_path: Path, content: bytes, entries: Callable[[bytes], Entries], reason: str
) -> None:
    path = zipped(tmp_path / "a.ifczip", entries(content))
    with pytest.raises(UnreadableIfcError) as caught:
        read_ifc(path)
    assert reason in caught.value.reason.en
    assert caught.value.path == path
    assert caught.value.remedy is not None


def test_an_encrypted_archive_says_so(tmp_path: Path, content: bytes) -> None:
    path = zipped(tmp_path / "a.ifczip", {"a.ifc": content})
    body = bytearray(path.read_bytes())
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(body))
    with pytest.raises(UnreadableIfcError, match="encrypted"):
        read_ifc(path)


def test_an_archive_that_lies_about_its_size_is_stopped(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.ifczip", {"a.ifc": bytes(300 << 20)})
    body = bytearray(path.read_bytes())
    struct.pack_into("<I", body, body.index(b"PK\x01\x02") + 24, 1000)
    path.write_bytes(bytes(body))
    with pytest.raises(UnreadableIfcError) as caught:
        read_ifc(path)
    assert caught.value.remedy is not None
