"""The sample city where tests may write: whole for checks, small for tiles."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import rasterio
import yaml
from rasterio.windows import Window
from typer.testing import CliRunner

from samples.city import RULES
from viewer import pipeline
from viewer.cli import app

BUILDINGS = 30
MIDDLE, CELL, CELLS = (610_500.0, 2_705_500.0), 2.0, 256


@pytest.fixture(scope="session")
def city(sample_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample city as it stands, without tilesets; its spatial store is built when first used."""
    folder = tmp_path_factory.mktemp("whole") / "city"
    shutil.copytree(sample_folder / "city", folder)
    return folder


@pytest.fixture(scope="session")
def small_city(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with 512 m of ground around the tower's parcel, a few buildings and no scan: built in a moment."""
    folder = tmp_path_factory.mktemp("small") / "city"
    folder.mkdir()
    for name in ("control_lines.gpkg", "consented.city.jsonl", *RULES):
        shutil.copy(city / name, folder)
    described = yaml.safe_load((city / "city.yaml").read_text(encoding="utf-8"))
    described["point_clouds"] = []
    text = yaml.safe_dump(described, allow_unicode=True)
    (folder / "city.yaml").write_text(text, encoding="utf-8")
    _cut_terrain(city / "terrain.tif", folder / "terrain.tif")
    with (city / "buildings.city.jsonl").open(encoding="utf-8") as lines:
        first = "".join(itertools.islice(lines, 1 + BUILDINGS))
    (folder / "buildings.city.jsonl").write_text(first, encoding="utf-8")
    pipeline.build_city(folder)
    return folder


@pytest.fixture(scope="session")
def submissions(sample_folder: Path) -> Path:
    return sample_folder / "submissions"


@pytest.fixture(scope="session")
def violating_report(city: Path, submissions: Path) -> dict[str, Any]:
    """What ``cim check --json`` says of the violating tower, which breaks rules: exit code 1."""
    command = ["check", str(submissions / "violating.ifc"), "--city", str(city), "--json"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def _cut_terrain(source: Path, target: Path) -> None:
    with rasterio.open(source) as whole:
        column = round((MIDDLE[0] - whole.bounds.left) / CELL) - CELLS // 2
        row = round((whole.bounds.top - MIDDLE[1]) / CELL) - CELLS // 2
        corner = (whole.bounds.left + CELL * column, whole.bounds.top - CELL * row)
        profile = whole.profile | {
            "width": CELLS,
            "height": CELLS,
            "transform": rasterio.Affine(CELL, 0.0, corner[0], 0.0, -CELL, corner[1]),
        }
        with rasterio.open(target, "w", **profile) as part:
            part.write(whole.read(window=Window(column, row, CELLS, CELLS)))
