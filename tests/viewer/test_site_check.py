"""``cim check`` on the outline of a site: every line, before there is a building."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely
from typer.testing import CliRunner, Result

from samples.plan import VIOLATING
from viewer.cli import app

CLEAN, FAILED_RULE, UNREADABLE = 0, 1, 3

SITE = VIOLATING.site
TITLE = "[属性描述]\n坐标系=CGCS2000\n几度分带=3\n投影类型=高斯克吕格\n计量单位=米\n带号=39\n精度=0.01\n转换参数=0,0,0,0,0,0,0\n[地块坐标]\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def boundary_points(shape: shapely.Polygon, path: Path) -> Path:
    """The format of land offices: northing first, the easting with its zone number."""
    ring = shapely.get_coordinates(shape.exterior)
    lines = [f"J{n},1,{y:.4f},{39_000_000 + x:.4f}" for n, (x, y) in enumerate(ring, start=1)]
    head = f"{len(ring) - 1},{shape.area / 1e4:.6f},1,SITE,面,,,,@\n"
    path.write_text(TITLE + head + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def geojson(shape: shapely.Polygon, path: Path) -> Path:
    feature = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature]}))
    return path


@pytest.mark.parametrize(
    ("write", "name"), [(boundary_points, "site.txt"), (geojson, "site.geojson")]
)
def test_the_outline_of_a_site_is_held_against_every_line(
    city: Path, tmp_path: Path, write: object, name: str
) -> None:
    path = write(SITE, tmp_path / name)  # type: ignore[operator]
    result = run("check", path, "--city", city, "--report", tmp_path / "out", "--lang", "zh")
    assert result.exit_code == FAILED_RULE, result.output
    report = json.loads((tmp_path / "out" / "site.json").read_text(encoding="utf-8"))
    assert report["model"]["file_name"] == name
    assert report["frame"] is None
    found = {f["rule"]: f for f in report["findings"]}
    assert found["RES-01"]["measured"] == pytest.approx(62.0, abs=0.01)
    assert found["RES-01"]["sentence"]["zh"] == "用地占用限制建设区 62.0 m²，请裁去该部分。"
    assert {f["outcome"] for f in report["findings"] if f["rule"] == "RES-02"} == {"not_applicable"}
    assert [f["rule"] for f in report["findings"] if f["outcome"] == "fail"] == ["RES-01"]
    page = (tmp_path / "out" / "site.en.html").read_text(encoding="utf-8")
    assert "The site occupies 62.0 m² of the restricted construction zone" in page
    assert "用地占用限制建设区" in result.stdout


def test_a_file_of_parcels_that_cannot_be_read_is_told(city: Path, tmp_path: Path) -> None:
    path = tmp_path / "site.txt"
    path.write_text("J1,1,x,y\n", encoding="utf-8")
    result = run("check", path, "--city", city, "--lang", "en")
    assert result.exit_code == UNREADABLE


def test_several_parcels_of_a_file_have_a_report_each(city: Path, tmp_path: Path) -> None:
    inside = shapely.box(610_450.0, 2_705_450.0, 610_480.0, 2_705_480.0)
    shapes = [inside, shapely.affinity.translate(inside, 40.0, 0.0)]
    features = [
        {"type": "Feature", "properties": {"name": n}, "geometry": shapely.geometry.mapping(shape)}
        for n, shape in zip("AB", shapes, strict=True)
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}
    path = tmp_path / "plots.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    result = run("check", path, "--city", city, "--report", tmp_path / "out", "--json")
    assert result.exit_code == CLEAN, result.output
    documents = json.loads(result.stdout)
    assert [d["summary"]["fail"] for d in documents] == [0, 0]
    written = sorted(p.name for p in (tmp_path / "out").glob("*.json"))
    assert written == ["plots-1.json", "plots-2.json"]
