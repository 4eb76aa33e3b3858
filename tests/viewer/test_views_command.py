"""``cim views``: plates and figures of the sample city, and what another height would do."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import rasterio
import yaml
from typer.testing import CliRunner, Result

from viewer.cli import app


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["views", *map(str, arguments)])


@pytest.fixture(scope="module")
def studied(city: Path, submissions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("views")
    done = run(city, submissions / "violating.ifc", "-o", out, "--reach", 400, "--cell", 10)
    assert done.exit_code == 0, done.output
    return out


def test_every_viewpoint_has_plates_in_both_languages_and_a_table(studied: Path) -> None:
    for code in ("VP1", "VP2", "VP3"):
        for language in ("zh", "en"):
            for kind in ("before", "after", "overlay"):
                drawing = (studied / f"{code}-{kind}.{language}.svg").read_text(encoding="utf-8")
                root = ET.fromstring(drawing)  # noqa: S314
                assert root.tag.endswith("svg")
                words = " ".join(root.itertext())
                assert ("方位角" in words) == (language == "zh")
                assert "k = 0.13" in words
    page = (studied / "index.zh.html").read_text(encoding="utf-8")
    assert "VP1-overlay.zh.svg" in page
    for name in ("VP1-plan", "VP1-section-VIW-01-band", "VP2-section-VIW-05-cone", "VP3-section"):
        assert f'src="{name}.zh.svg"' in page
        for language in ("zh", "en"):
            ET.fromstring((studied / f"{name}.{language}.svg").read_text(encoding="utf-8"))  # noqa: S314


def test_the_section_tells_the_planted_metres(studied: Path) -> None:
    told = ET.fromstring((studied / "VP1-section-VIW-01-band.en.svg").read_text(encoding="utf-8"))  # noqa: S314
    words = [text.strip() for text in told.itertext()]
    assert float(words[words.index("above the limit") + 2].removesuffix(" m")) == pytest.approx(
        3.64, abs=0.05
    )


def test_the_figures_are_those_of_the_table(studied: Path) -> None:
    views = {v["viewpoint"]: v for v in json.loads((studied / "views.json").read_text())["views"]}
    with (studied / "VP3-skyline.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 36_000
    before = np.radians([float(row["before"]) for row in rows])
    after = np.radians([float(row["after"]) for row in rows])
    raised = after > before
    assert views["VP3"]["degrees_raised"] == pytest.approx(raised.sum() * 0.01, abs=0.02)
    assert views["VP3"]["most_raised"] == pytest.approx(
        np.degrees((after - before).max()), abs=1e-3
    )
    lost = ((np.sin(after) - np.sin(before)) * raised).sum() * np.radians(0.01)
    assert views["VP3"]["sky_lost"] == pytest.approx(lost, rel=1e-3)
    assert views["VP1"]["degrees_raised"] == 0.0  # it stays below the ridge


def test_the_map_of_where_it_is_seen_lies_on_the_ground(studied: Path) -> None:
    with rasterio.open(studied / "visibility.tif") as raster:
        seen = raster.read(1)
        assert raster.crs.to_epsg() == 4548
    assert seen.shape == (80, 80)
    assert set(np.unique(seen)) <= {0, 1, 2, 3, 4, 255}
    told = json.loads((studied / "views.json").read_text())["visibility"]
    public = seen != 255
    assert told["share_any"] == pytest.approx((seen[public] >= 1).mean(), abs=1e-4)


def test_the_same_inputs_give_the_same_bytes(
    studied: Path, city: Path, submissions: Path, tmp_path: Path
) -> None:
    again, out = with_first_viewpoint(city, tmp_path / "city"), tmp_path / "out"
    assert run(again, submissions / "violating.ifc", "-o", out, "--reach", 0).exit_code == 0
    names = {path.name for path in out.iterdir()}
    assert len({name for name in names if name.startswith("VP1-")}) == 15
    for name in sorted(names - {"views.json", "index.zh.html", "index.en.html"}):
        assert (out / name).read_bytes() == (studied / name).read_bytes()


def with_first_viewpoint(city: Path, folder: Path) -> Path:
    """The same city looked at from one place: nothing of what is seen from there may change."""
    folder.mkdir()
    for path in city.iterdir():
        if path.is_file() and path.name != "city.yaml":
            (folder / path.name).symlink_to(path)
    described = yaml.safe_load((city / "city.yaml").read_text(encoding="utf-8"))
    described["views"]["viewpoints"] = described["views"]["viewpoints"][:1]
    (folder / "rulebook.yaml").unlink()
    book = yaml.safe_load((city / "rulebook.yaml").read_text(encoding="utf-8"))
    book["rules"] = [r for r in book["rules"] if r.get("viewpoint", "VP1") == "VP1"]
    (folder / "rulebook.yaml").write_text(
        yaml.safe_dump(book, allow_unicode=True), encoding="utf-8"
    )
    text = yaml.safe_dump(described, allow_unicode=True)
    (folder / "city.yaml").write_text(text, encoding="utf-8")
    return folder


def what_if(city: Path, submissions: Path, *change: object) -> dict[str, Any]:
    done = run("what-if", city, submissions / "violating.ifc", *change, "--json")
    answers = json.loads(done.stdout)["answers"]
    return {answer["rule"]: answer for answer in answers}


def test_lowering_by_what_the_finding_says_clears_the_ridge_band(
    city: Path, submissions: Path
) -> None:
    as_it_is_by_rule = what_if(city, submissions)
    as_it_is = as_it_is_by_rule["VIW-01"]
    assert as_it_is["outcome"] == "fail"
    over = -as_it_is["margin"]
    assert over == pytest.approx(3.64, abs=0.05)
    assert what_if(city, submissions, "--lower", over + 0.05)["VIW-01"]["outcome"] == "pass"
    assert what_if(city, submissions, "--lower", over - 0.05)["VIW-01"]["outcome"] == "fail"
    # 400 m farther north it stands nearer to the ridge, where the line of sight is higher.
    moved = what_if(city, submissions, "--move", "0,400")["VIW-01"]
    assert moved["margin"] > as_it_is["margin"] + 20.0
    raised = what_if(city, submissions, "--scale", 1.7)
    assert raised["VIW-02"]["outcome"] == "fail"  # 70 m more hide the ridge itself
    # The cone and the vista see the change too: its top, which the lower tower holds 69.7 m lower.
    assert raised["VIW-05"]["margin"] < as_it_is_by_rule["VIW-05"]["margin"] - 60.0


def test_a_model_nobody_can_place_is_told(city: Path, submissions: Path, tmp_path: Path) -> None:
    done = run(city, submissions / "misplaced.ifc", "-o", tmp_path, "--lang", "en")
    assert done.exit_code == 3
    assert "position is not proven" in done.output
    assert run("what-if", city, submissions / "violating.ifc", "--move", "3").exit_code == 2
