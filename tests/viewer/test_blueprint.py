"""`cim city check`: what it prints and writes, and what its exit code means."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
import yaml
from typer.testing import CliRunner, Result

from samples.plan import PARCEL, SOUTH, WEST
from viewer.blueprint import print_blueprint
from viewer.cli import app

CLEAN, FAILED_RULE, USAGE, UNREADABLE = 0, 1, 2, 3


def _run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, ["city", "check", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def faulty(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample city with a park upon the tower's parcel, and a bow tie among the utilities."""
    folder = tmp_path_factory.mktemp("faulty") / "city"
    shutil.copytree(city, folder)
    west, south, _, _ = PARCEL.bounds
    park = shapely.box(west - 10.0, south, west + 10.0, south + 30.0)  # 10 x 30 upon the parcel
    bow = shapely.Polygon(np.add([(0, 0), (20, 20), (20, 0), (0, 20)], (WEST, SOUTH)))
    for layer, shape in (("green_line", park), ("yellow_line", bow)):
        pyogrio.raw.write(
            folder / "control_lines.gpkg",
            geometry=shapely.to_wkb(np.array([shape], dtype=object)),
            field_data=[np.array([name], dtype=object) for name in ("新增", "added")],
            fields=np.array(["name_zh", "name_en"]),
            layer=layer,
            driver="GPKG",
            geometry_type="Polygon",
            crs="EPSG:4548",
            append=True,
        )
    return folder


@pytest.fixture(scope="module")
def document(faulty: Path) -> dict[str, Any]:
    result = _run(faulty, "--json")
    assert result.exit_code == FAILED_RULE
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_the_sample_city_is_clean_and_its_areas_add_up(city: Path) -> None:
    result = _run(city, "--lang", "en")
    assert result.exit_code == CLEAN
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines == [
        "Xiamen sample district nothing to amend",
        "Partition (m²)",
        "ecological 2 2,993,087.89",
        "urban_boundary 1 4,200,000.00",
        "sea 1 1,806,912.11",
        "sum 9,000,000.00",
        "+ gaps 0.00",
        "− overlaps 0.00",
        "− beyond the whole 0.00",
        "= the whole 9,000,000.00",
    ]


def test_what_was_planted_is_found_and_nothing_else(document: dict[str, Any]) -> None:
    assert document["format"] == "cim-review/blueprint/1"
    found = [
        (f["code"], f["layers"], f["area_m2"], [one["fid"] for one in f["features"]])
        for f in document["findings"]
    ]
    assert found == [
        ("BLUEPRINT-INVALID", ["yellow_line"], 200.0, [2]),
        ("BLUEPRINT-CONFLICT", ["green_line", "parcel"], 300.0, [3, 1]),
    ]
    assert document["pairs"]["green_line × parcel"] == 300.0
    # The parcel yields to the park, so its department has the work.
    (planning,) = document["departments"]
    assert planning["owner"]["en"] == "Natural Resources and Planning Bureau"
    assert [(f["layer"], f["area_m2"]) for f in planning["features"]] == [
        ("parcel", 300.0),
        ("yellow_line", 200.0),
    ]


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "边界自相交"), ("en", "its boundary crosses itself")]
)
def test_both_languages(faulty: Path, lang: str, said: str) -> None:
    result = _run(faulty, "--lang", lang)
    assert result.exit_code == FAILED_RULE
    shown = "".join(result.stdout.split())
    assert "".join(said.split()) in shown
    assert "300.00m²" in shown
    assert ("Worklist" in shown) is (lang == "en")


def test_a_long_list_is_cut_and_says_so(
    document: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    conflict = document["findings"][1]
    print_blueprint(document | {"findings": [document["findings"][0], *[conflict] * 9]}, "en")
    shown = capsys.readouterr().out
    assert shown.count("BLUEPRINT-CONFLICT green_line") == 5
    assert "4 more; see --json or --report." in shown
    assert "BLUEPRINT-CONFLICT 1 · BLUEPRINT-INVALID 1" in shown


def test_a_repaired_copy_is_written_only_when_asked(faulty: Path, tmp_path: Path) -> None:
    source = faulty / "control_lines.gpkg"
    before = hashlib.sha256(source.read_bytes()).hexdigest()
    copy = tmp_path / "copy.gpkg"
    told = json.loads(_run(faulty, "--json", "--repair", copy).stdout)["repairs"]
    assert [(r["layer"], r["fid"], r["before_m2"], r["change_m2"]) for r in told] == [
        ("yellow_line", 2, 0.0, 200.0)
    ]
    assert hashlib.sha256(source.read_bytes()).hexdigest() == before
    mended = tmp_path / "city"
    shutil.copytree(faulty, mended)
    shutil.copy(copy, mended / "control_lines.gpkg")
    again = json.loads(_run(mended, "--json").stdout)
    assert again["summary"] == {"BLUEPRINT-CONFLICT": 1}
    assert again["repairs"] is None
    refused = _run(faulty, "--repair", source, "--lang", "en")
    assert refused.exit_code == UNREADABLE
    assert "must not replace the source" in refused.stderr


def test_the_report_as_a_page_and_as_geojson(
    faulty: Path, document: dict[str, Any], tmp_path: Path
) -> None:
    page = tmp_path / "new" / "report.html"
    assert _run(faulty, "--report", page, "--lang", "en").exit_code == FAILED_RULE
    text = page.read_text(encoding="utf-8")
    for finding in document["findings"]:
        assert finding["sentence"]["en"] in text
        assert finding["sentence"]["zh"] not in text
    assert "green_line × parcel" in text
    assert "<script" not in text
    plan = tmp_path / "report.geojson"
    _run(faulty, "--report", plan)
    features = json.loads(plan.read_text(encoding="utf-8"))["features"]
    assert [f["properties"]["code"] for f in features] == [f["code"] for f in document["findings"]]
    point, area = (shapely.geometry.shape(f["geometry"]) for f in features)
    assert (point.geom_type, area.geom_type) == ("Point", "Polygon")
    # The parcel lies near 118.0895 E, 24.4534 N; a degree is about 101.3 km by 110.8 km there.
    assert area.area * 101_300 * 110_800 == pytest.approx(300.0, rel=5e-3)
    assert _run(faulty, "--report", tmp_path / "report.pdf").exit_code == USAGE


def test_a_city_that_cannot_be_read_is_told(city: Path, tmp_path: Path) -> None:
    missing = _run(tmp_path, "--lang", "en")
    assert missing.exit_code == UNREADABLE
    assert "no city.yaml" in missing.stderr
    broken = tmp_path / "city"
    shutil.copytree(city, broken)
    described = yaml.safe_load((broken / "city.yaml").read_text(encoding="utf-8"))
    described["blueprint"]["partition"].append("lake")
    (broken / "city.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    wrong = _run(broken, "--lang", "en")
    assert wrong.exit_code == UNREADABLE
    assert "lake is not in the catalogue" in wrong.stderr.replace("\n", "")
