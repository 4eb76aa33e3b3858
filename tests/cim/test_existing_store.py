from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from cim.city import City
from cim.errors import CityError
from cim.existing import read_existing
from cim.existing_store import build_existing, existing_of, open_existing
from samples.buildings import make_buildings, write_buildings
from tests.support.cities import FlatCity

COUNT = 60


@pytest.fixture
def city(tmp_path: Path) -> City:
    write_buildings(tmp_path / "buildings.city.jsonl", make_buildings(COUNT, 7))
    return replace(FlatCity(()), folder=tmp_path, buildings_path=tmp_path / "buildings.city.jsonl")


def test_the_store_gives_back_exactly_what_the_source_says(city: City) -> None:
    read, stored = read_existing(city.buildings_path), existing_of(city)
    assert len(read) == len(stored) == COUNT
    for one, other in zip(read.all, stored.all, strict=True):
        assert (one.identifier, one.attributes) == (other.identifier, other.attributes)
        assert np.array_equal(one.mesh.vertices, other.mesh.vertices)
        assert np.array_equal(one.mesh.faces, other.mesh.faces)
        assert (one.low, one.high) == (other.low, other.high)
        assert shapely.equals_exact(one.footprint, other.footprint, 0.0)


def test_near_finds_the_same_buildings_in_the_same_order(city: City) -> None:
    read, stored = read_existing(city.buildings_path), existing_of(city)
    for building in read.all:
        west, south, east, north = building.footprint.bounds
        bounds = (west - 40.0, south - 40.0, east, north)
        wanted = [b.identifier for b in read.near(bounds)]
        assert building.identifier in wanted
        assert [b.identifier for b in stored.near(bounds)] == wanted
    assert stored.near((0.0, 0.0, 1.0, 1.0)) == []


def test_a_building_is_made_once(city: City) -> None:
    stored = existing_of(city)
    bounds = stored.all[3].footprint.bounds
    assert stored.near(bounds)[0] is stored.near(bounds)[0]


def test_the_store_is_kept_while_the_source_is_the_same_and_made_anew_when_it_is_not(
    city: City,
) -> None:
    path = build_existing(city)
    made = path.stat().st_mtime_ns
    assert build_existing(city).stat().st_mtime_ns == made
    os.utime(city.buildings_path, ns=(1, 1))  # touched, not changed
    assert build_existing(city).stat().st_mtime_ns == made
    write_buildings(city.buildings_path, make_buildings(COUNT + 5, 7))
    assert len(open_existing(build_existing(city))) == COUNT + 5


@pytest.mark.parametrize("content", [b"", b"CIMBUILT", b"CIMBUILT" + b"\xff" * 40])
def test_what_is_no_store_is_made_anew(city: City, content: bytes) -> None:
    path = city.build_folder / "existing.cim"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert len(existing_of(city)) == COUNT


def test_a_city_without_bodies_has_an_empty_store(city: City) -> None:
    lines = city.buildings_path.read_text("utf-8").splitlines()
    bare: list[dict[str, Any]] = [json.loads(line) for line in lines]
    for feature in bare[1:]:
        for found in feature["CityObjects"].values():
            found["geometry"] = []
    city.buildings_path.write_text("\n".join(map(json.dumps, bare)), "utf-8")
    assert len(existing_of(city)) == 0
    assert existing_of(city).near((0.0, 0.0, 1e7, 1e7)) == []


def test_a_source_that_cannot_be_read_leaves_no_store(city: City) -> None:
    city.buildings_path.write_text("not CityJSON", "utf-8")
    with pytest.raises(CityError):
        build_existing(city)
    assert not (city.build_folder / "existing.cim").exists()
