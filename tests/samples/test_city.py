"""The sample city holds what its description says."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import sqlite3
from pathlib import Path

import laspy
import numpy as np
import pyogrio
import pytest
import rasterio
import shapely

from cim.city import read_city
from cim.cityjson import read_cityjson_sequence
from cim.control_lines.blueprint import check_blueprint
from samples.city import write_city
from samples.ground import ridge_line
from samples.lines import WRITTEN, layers
from samples.plan import EAST, NORTH, SIDE, SOUTH, WEST
from samples.points import SCANNED

DISTRICT = shapely.box(WEST, SOUTH, EAST, NORTH)
PARTS = {
    "city.yaml",
    "terrain.tif",
    "buildings.city.jsonl",
    "consented.city.jsonl",
    "control_lines.gpkg",
    "heritage.laz",
    "rulebook.yaml",
    "delivery.ids",
    "delivery_example.ifc",
}
WANTED = {
    "ecological",
    "urban_boundary",
    "sea",
    "restricted_construction",
    "parcel",
    "road_red_line",
    "blue_line",
    "green_line",
    "purple_line",
    "yellow_line",
    "rail_protection",
    "sanitary_buffer",
    "height_zone",
    "heritage_core",
    "heritage_buffer",
}


@pytest.fixture(scope="module")
def city_folder(sample_folder: Path) -> Path:
    return sample_folder / "city"


def test_ecological_land_town_and_sea_partition_the_district() -> None:
    found = {layer.code: [line.area for line in layer.lines] for layer in layers()}
    parts = [area for code in ("ecological", "urban_boundary", "sea") for area in found[code]]
    assert sum(part.area for part in parts) == pytest.approx(9e6, abs=1e-6)
    for one, other in itertools.combinations(parts, 2):
        assert one.intersection(other).area < 1e-6
    assert shapely.union_all(parts).symmetric_difference(DISTRICT).area < 1e-6


def test_the_sample_citys_blueprint_is_clean(city_folder: Path) -> None:
    report = check_blueprint(read_city(city_folder))
    assert report.findings == ()
    assert report.partition is not None
    assert report.partition.whole == 9e6
    assert report.partition.total == pytest.approx(9e6, abs=1e-6)
    assert set(report.pairs.values()) == {0.0}
    assert len(report.pairs) == 7


def test_every_layer_is_there_and_every_line_is_valid(city_folder: Path) -> None:
    city = read_city(city_folder)
    assert {layer.code for layer in city.layers} == WANTED
    source = city_folder / "control_lines.gpkg"
    assert {name for name, _ in pyogrio.list_layers(source)} == WANTED
    for layer in layers():
        meta, _, shapes, _ = pyogrio.raw.read(source, layer=layer.code)
        assert meta["crs"] == "EPSG:4548"
        stored = shapely.from_wkb(shapes)
        assert len(stored) > 0
        assert shapely.is_valid(stored).all()
        assert shapely.area(stored) == pytest.approx([line.area.area for line in layer.lines])


def test_the_terrain_has_a_sea_a_town_and_a_ridge_above_200_metres(city_folder: Path) -> None:
    with rasterio.open(city_folder / "terrain.tif") as terrain:
        assert terrain.crs.to_epsg() == 4548
        assert terrain.res == (2.0, 2.0)
        assert tuple(terrain.bounds) == (WEST, SOUTH, EAST, NORTH)
        heights = terrain.read(1)
    assert (heights == 0.0).mean() > 0.1
    assert heights.min() == 0.0
    assert heights.max() > 200.0
    assert max(vertex[2] for vertex in ridge_line()) > 200.0


def test_there_are_2200_buildings_with_blocks_and_gable_roofs(city_folder: Path) -> None:
    lines = (city_folder / "buildings.city.jsonl").read_text(encoding="utf-8").splitlines()
    lods = [
        geometry["lod"]
        for line in lines[1:]
        for found in json.loads(line)["CityObjects"].values()
        for geometry in found["geometry"]
    ]
    assert len(lines) == 1 + 2200
    assert set(lods) == {"1.2", "2.0"}
    assert lods.count("1.2") > 1000
    assert lods.count("2.0") > 100
    objects = list(read_cityjson_sequence(city_folder / "buildings.city.jsonl"))
    assert all(len(found.mesh.faces) for found in objects)
    plans = np.concatenate([found.mesh.vertices[:, :2] for found in objects])
    assert (plans >= (WEST, SOUTH)).all()
    assert (plans <= (EAST, NORTH)).all()


def test_the_scan_lies_in_the_district(city_folder: Path) -> None:
    with laspy.open(city_folder / "heritage.laz") as scan:
        points = scan.read()
    assert len(points) > 100_000
    assert DISTRICT.contains(shapely.box(*points.xyz.min(axis=0)[:2], *points.xyz.max(axis=0)[:2]))


def test_the_same_seed_gives_the_same_city_and_another_seed_another(tmp_path: Path) -> None:
    def digests(name: str, seed: int) -> dict[str, str]:
        write_city(tmp_path / name, buildings=60, seed=seed)
        return {
            part.name: hashlib.sha256(part.read_bytes()).hexdigest()
            for part in (tmp_path / name).iterdir()
        }

    first, again, other = digests("a", 1), digests("b", 1), digests("c", 2)
    assert set(first) == PARTS
    assert first == again
    assert {part for part in PARTS if first[part] != other[part]} == {
        "buildings.city.jsonl",
        "heritage.laz",
    }


def test_no_file_tells_the_day_it_was_written(city_folder: Path) -> None:
    with laspy.open(city_folder / "heritage.laz") as scan:
        assert scan.header.creation_date == SCANNED
    with contextlib.closing(sqlite3.connect(city_folder / "control_lines.gpkg")) as lines:
        told = lines.execute("SELECT DISTINCT last_change FROM gpkg_contents").fetchall()
    assert told == [(WRITTEN,)]


def test_a_larger_city_repeats_the_district(tmp_path: Path) -> None:
    write_city(tmp_path / "city", buildings=3000, seed=1)
    with rasterio.open(tmp_path / "city" / "terrain.tif") as terrain:
        assert tuple(terrain.bounds) == (WEST, SOUTH, WEST + 2 * SIDE, SOUTH + 2 * SIDE)
    written = (tmp_path / "city" / "buildings.city.jsonl").read_text(encoding="utf-8")
    assert written.count("\n") == 1 + 3000
