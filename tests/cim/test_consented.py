"""Consented schemes of a city: read from their own sources, named by their own codes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from cim.city import read_city
from cim.errors import CityError
from cim.existing_store import consented_of


@pytest.fixture
def city(sample_folder: Path, tmp_path: Path) -> Path:
    for name in ("terrain.tif", "buildings.city.jsonl", "consented.city.jsonl", "city.yaml",
                 "control_lines.gpkg", "rulebook.yaml", "heritage.laz"):  # fmt: skip
        shutil.copyfile(sample_folder / "city" / name, tmp_path / name)
    return tmp_path


def stated(city: Path, consented: object) -> Path:
    document = yaml.safe_load((city / "city.yaml").read_text(encoding="utf-8"))
    document["consented"] = consented
    (city / "city.yaml").write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    return city


def test_the_sample_city_has_a_tower_that_is_not_built_yet(city: Path) -> None:
    read = read_city(city)
    (tower,) = consented_of(read).all
    assert tower.identifier == "2025-30/B000001"
    assert tower.footprint.area == pytest.approx(36.0 * 28.0, abs=0.1)
    assert tower.high - tower.low == pytest.approx(88.0, abs=1e-3)


def test_a_city_without_any_has_none(city: Path) -> None:
    assert len(consented_of(read_city(stated(city, [])))) == 0


def test_a_verdict_may_depend_on_what_is_consented(city: Path) -> None:
    before = read_city(city)
    hashes = (before.sha256, before.scenery_sha256)
    with (city / "consented.city.jsonl").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    after = read_city(city)
    assert after.sha256 != hashes[0]
    assert after.scenery_sha256 == hashes[1]  # what stands is what it was


def test_a_source_that_is_missing_is_named(city: Path) -> None:
    name = {"zh": "甲", "en": "A"}
    with pytest.raises(CityError, match="does not exist") as caught:
        read_city(stated(city, [{"code": "A", "name": name, "source": "nowhere.city.jsonl"}]))
    assert caught.value.path == city / "nowhere.city.jsonl"


def test_a_source_that_is_no_cityjson_is_told(city: Path) -> None:
    (city / "consented.city.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(CityError):
        consented_of(read_city(city))
