"""The surfaces of a city's rulebook: listed, tiled, and made anew with the rulebook alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from bim_checks.errors import RulebookError
from cim.city import read_city
from cim.control_lines.store import build_store, open_store
from tests.tiles.houses import tiles_of
from tiles.validation import check_tileset
from viewer.limits import LIST, limits_folder, write_limits
from viewer.server.app import create_app
from viewer.settings import Settings


@pytest.fixture
def own_city(small_city: Path, tmp_path: Path) -> Path:
    """A copy whose rulebook may be changed."""
    folder = tmp_path / "city"
    shutil.copytree(small_city, folder)
    return folder


@pytest.fixture
def client(own_city: Path, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(data=tmp_path / "data", city=own_city))) as client:
        yield client


def rebuilt(folder: Path) -> Path:
    city = read_city(folder)
    lines = open_store(build_store(city))
    try:
        return write_limits(city, lines)
    finally:
        lines.close()


def test_the_list_names_every_surface_and_the_tileset_has_those_that_reach_the_city(
    client: TestClient, own_city: Path
) -> None:
    listed = client.get("/api/city/limits").json()
    url = client.get("/api/city").json()["tilesets"]["limits"]
    folder = (
        own_city
        / "build"
        / "tiles"
        / url.removeprefix("/tiles/city/").removesuffix("/tileset.json")
    )
    assert client.get(url).json()["asset"]["version"] == "1.1"
    assert check_tileset(folder) == []
    rows = {}
    for seen in tiles_of(folder):
        if seen.glb:
            columns = seen.glb.columns
            for i, name in enumerate(columns["id"]):
                rows[name] = {key: column[i] for key, column in columns.items()}
    assert rows
    assert set(rows) == {each["id"] for each in listed if each["low"] is not None}
    for each in listed:
        if each["low"] is None:
            continue
        row = rows[each["id"]]
        assert (row["rule"], row["rule_type"]) == (each["rule"], each["rule_type"])
        assert {"zh": row["name_zh"], "en": row["name_en"]} == each["name"]
        assert {"zh": row["title_zh"], "en": row["title_en"]} == each["title"]
        assert (row["low"], row["high"]) == pytest.approx((each["low"], each["high"]), abs=1e-3)
        assert 0.0 <= each["sagitta"] <= 0.05
    assert [each["id"] for each in listed if each["rule"] == "HGT-01"] == [
        "HGT-01/1",
        "HGT-01/2",
        "HGT-01/3",
    ]
    rules = [each["rule"] for each in listed]
    assert {"HGT-01", "HGT-05", "HGT-07", "HGT-08", "VIW-01", "VIW-04", "VIW-05", "AIR-01"} == set(
        rules
    )


def test_nothing_of_a_surface_stands_outside_the_citys_ground(own_city: Path) -> None:
    city = read_city(own_city)
    folder = limits_folder(city)
    west, south, east, north = city.terrain.extent
    for seen in tiles_of(folder):
        if seen.glb is None:
            continue
        transform = np.array(_root(folder)["transform"]).reshape(4, 4).T
        for primitive in seen.glb.primitives:
            globe = primitive.positions @ transform[:3, :3].T + transform[:3, 3]
            x, y, _ = city.frame.from_ecef(globe).T
            assert west - 2e-3 <= x.min() <= x.max() <= east + 2e-3
            assert south - 2e-3 <= y.min() <= y.max() <= north + 2e-3


def _root(folder: Path) -> dict[str, list[float]]:
    root: dict[str, list[float]] = json.loads((folder / "tileset.json").read_text("utf-8"))["root"]
    return root


def test_surfaces_are_drawn_once_for_a_rulebook(own_city: Path) -> None:
    folder = rebuilt(own_city)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert rebuilt(own_city) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_another_rulebook_shows_no_surface_of_the_old_one(
    client: TestClient, own_city: Path
) -> None:
    old = limits_folder(read_city(own_city))
    path = own_city / "rulebook.yaml"
    text = path.read_text(encoding="utf-8")
    assert "start: 100.0, slope: 0.01" in text
    path.write_text(text.replace("start: 100.0, slope: 0.01", "start: 90.0, slope: 0.01"), "utf-8")
    assert client.get("/api/city").json()["tilesets"]["limits"] is None
    refused = client.get("/api/city/limits")
    assert refused.status_code == 409
    assert "cim city build" in refused.json()["error"]["remedy"]["en"]

    folder = rebuilt(own_city)
    assert folder != old
    assert not old.exists()
    url = client.get("/api/city").json()["tilesets"]["limits"]
    assert url == f"/tiles/city/limits/{folder.name}/tileset.json"
    plane = next(each for each in client.get("/api/city/limits").json() if each["rule"] == "HGT-08")
    assert 90.0 < plane["low"] < 100.0


def test_a_rulebook_without_surfaces_has_a_list_and_no_tileset(
    client: TestClient, own_city: Path
) -> None:
    path = own_city / "rulebook.yaml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    second = [i for i, line in enumerate(lines) if line.startswith("  - id:")][1]
    path.write_text("".join(lines[:second]), encoding="utf-8")
    folder = rebuilt(own_city)
    assert [each.name for each in folder.iterdir()] == [LIST]
    assert client.get("/api/city/limits").json() == []
    assert client.get("/api/city").json()["tilesets"]["limits"] is None


def test_a_rulebook_that_names_what_the_city_has_not_is_refused(own_city: Path) -> None:
    path = own_city / "rulebook.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("viewpoint: VP2", "viewpoint: VP9"), encoding="utf-8")
    with pytest.raises(RulebookError, match="VP9"):
        rebuilt(own_city)
