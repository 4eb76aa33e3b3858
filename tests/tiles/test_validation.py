from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tiles.houses import PLACEMENT, house
from tiles.building import write_building_tileset
from tiles.gltf import Material, Primitive, write_glb
from tiles.gltf_reader import read_glb
from tiles.property_table import PropertyTable
from tiles.validation import check_tileset


@pytest.fixture
def tileset(tmp_path: Path) -> Path:
    write_building_tileset(house(storeys=2), PLACEMENT, tmp_path / "t")
    return tmp_path / "t"


def tampered(folder: Path, change: Callable[[dict[str, Any]], None]) -> list[str]:
    path = folder / "tileset.json"
    document = json.loads(path.read_text("utf-8"))
    change(document["root"])
    path.write_text(json.dumps(document), "utf-8")
    return [f"{problem.code} {problem.place}" for problem in check_tileset(folder)]


def test_nothing_is_wrong_with_what_we_write(tileset: Path) -> None:
    assert check_tileset(tileset) == []


def test_a_child_that_stands_out_of_its_parent_and_its_vertices_that_do(tileset: Path) -> None:
    def shrink(root: dict[str, Any]) -> None:
        root["boundingVolume"]["box"][11] *= 0.9  # half the height

    assert tampered(tileset, shrink) == [
        "CHILD_OUTSIDE_PARENT root/0",
        "CHILD_OUTSIDE_PARENT root/1",
        "CHILD_OUTSIDE_PARENT root/2",
        "VERTEX_OUTSIDE_VOLUME 0.glb",
    ]


def test_an_error_that_does_not_fall(tileset: Path) -> None:
    def raise_error(root: dict[str, Any]) -> None:
        root["children"][1]["geometricError"] = root["geometricError"]

    assert tampered(tileset, raise_error) == ["GEOMETRIC_ERROR_NOT_FALLING root/1"]


def test_a_storey_drawn_twice(tileset: Path) -> None:
    def repeat(root: dict[str, Any]) -> None:
        root["children"].append(root["children"][2])

    assert tampered(tileset, repeat) == ["FEATURE_REPEATED beam"]


def test_a_missing_and_a_damaged_content(tileset: Path) -> None:
    (tileset / "0-0.glb").unlink()
    (tileset / "0-1.glb").write_bytes(b"glTF nonsense")
    assert [f"{p.code} {p.place}" for p in check_tileset(tileset)] == [
        "CONTENT_UNREADABLE 0-0.glb",
        "CONTENT_UNREADABLE 0-1.glb",
    ]


def test_a_table_with_a_row_nobody_draws(tileset: Path) -> None:
    (seen,) = read_glb((tileset / "0-2.glb").read_bytes()).primitives
    beam = Primitive(
        positions=seen.positions,
        triangles=seen.triangles,
        material=Material((0.5, 0.5, 0.5, 1.0)),
        normals=seen.normals,
        features=seen.features,
    )
    table = PropertyTable("element", {"global_id": ["beam", "another"]})
    (tileset / "0-2.glb").write_bytes(write_glb([beam], table))
    assert [f"{p.code} {p.place}" for p in check_tileset(tileset)] == ["FEATURES_DISAGREE 0-2.glb"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"root": {"boundingVolume": {"box": [1]}}}'])
def test_a_tileset_json_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "tileset.json").write_text(text, "utf-8")
    assert [p.code for p in check_tileset(tmp_path)] == ["TILESET_UNREADABLE"]


def test_a_folder_without_a_tileset(tmp_path: Path) -> None:
    (problem,) = check_tileset(tmp_path)
    assert problem.code == "TILESET_UNREADABLE"
    assert problem.message.zh.startswith("瓦片集无法读取")
