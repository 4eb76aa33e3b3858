"""The views of a submission as a stage of its review: plates, figures, and the report's pages."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shapely.geometry import shape

from bim_checks.exports.html import render_document
from bim_checks.rulebook import read_rulebook
from cim.city import read_city
from cim.ifc import DEFAULT_LIMITS
from tests.viewer.huts import hut
from viewer import pipeline
from viewer.globe import sights_on_globe
from viewer.views import sights

CODES, KINDS, LANGUAGES = ("VP1", "VP2", "VP3"), ("after", "before", "overlay"), ("en", "zh")
LOOKED_FROM = {
    "VP1": ["VIW-01", "VIW-02", "VIW-03", "VIW-08", "VIW-04"],
    "VP2": ["VIW-07", "VIW-05"],
    "VP3": [],
}
DRAWINGS = {
    "VP1": ["plan", "section-VIW-01-band", "section-VIW-04-corridor", "section-VIW-04-setting-1"],
    "VP2": ["plan", "section-VIW-05-cone"],
    "VP3": ["plan", "section"],
}
SEPARATION = 10.2  # m, of the sample city


@pytest.fixture(scope="module")
def judged(city: Path, submissions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the violating tower, whose views were drawn twice."""
    work, ifc = tmp_path_factory.mktemp("judged"), submissions / "violating.ifc"
    pipeline.read_stage(ifc, work, limits=DEFAULT_LIMITS)
    pipeline.check_stage(work, city, None, "violating.ifc", ifc)
    return work


@pytest.fixture(scope="module")
def drawn(city: Path, judged: Path) -> tuple[Path, list[float]]:
    """The same with its views, and the shares that were told."""
    told: list[float] = []
    pipeline.views_stage(judged, city, None, told.append)
    return judged, told


def test_every_viewpoint_has_its_plates_and_says_which_rules_look_from_it(
    drawn: tuple[Path, list[float]],
) -> None:
    work, told = drawn
    assert sorted(path.name for path in (work / "views").iterdir()) == sorted(
        ["views.json"]
        + [
            f"{code}-{kind}.{tongue}.svg"
            for code in CODES
            for kind in KINDS
            for tongue in LANGUAGES
        ]
        + [
            f"{code}-{name}.{tongue}.svg"
            for code in CODES
            for name in DRAWINGS[code]
            for tongue in LANGUAGES
        ]
    )
    entries = json.loads((work / "views" / "views.json").read_text(encoding="utf-8"))["views"]
    assert {entry["viewpoint"]: entry["rules"] for entry in entries} == LOOKED_FROM
    named = {entry["viewpoint"]: [d["name"] for d in entry["drawings"]] for entry in entries}
    assert named == DRAWINGS
    rules = {d["name"]: d["rule"] for entry in entries for d in entry["drawings"]}
    assert rules["section-VIW-01-band"] == "VIW-01"
    assert rules["plan"] is None
    assert told == pytest.approx([1 / 3, 2 / 3, 1.0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_shows_the_views_its_findings_look_from_and_needs_nothing_else(
    drawn: tuple[Path, list[float]], language: str
) -> None:
    work, _ = drawn
    page = (work / f"report.{language}.html").read_text(encoding="utf-8")
    plates = [
        (work / "views" / f"{code}-{kind}.{language}.svg").read_text(encoding="utf-8")
        for code in ("VP1", "VP2")
        for kind in ("before", "after", "overlay", *DRAWINGS[code])
    ]
    places = [page.index(plate.strip()) for plate in plates]
    assert places == sorted(places)
    assert page.count("<svg") == 12  # nobody asked what VP3 sees
    named = re.findall(r' id="([^"]+)"', page)
    assert len(named) == len(set(named))
    assert page.count('href="#view-VP1"') >= len(LOOKED_FROM["VP1"])
    assert page.count('id="view-VP1"') == 1
    # Nothing is fetched: what is linked lies in the page.
    assert {link[:5] for link in re.findall(r'(?:href|src)="([^"]*)"', page)} == {"#view", "data:"}


def test_drawing_again_gives_the_same_bytes_and_leaves_the_verdict(
    city: Path, drawn: tuple[Path, list[float]]
) -> None:
    work, _ = drawn
    before = _digests(work)
    (work / ".views.partial").mkdir()  # of a run that was killed
    (work / ".views.partial" / "VP1-after.zh.svg").write_text("half", encoding="utf-8")
    pipeline.views_stage(work, city, None)
    assert _digests(work) == before
    document = json.loads((work / "report.json").read_text(encoding="utf-8"))
    assert "<svg" not in render_document(document, "zh")  # the plates are no part of the report


def test_a_model_without_a_place_has_no_views_and_keeps_none(city: Path, tmp_path: Path) -> None:
    ifc = tmp_path / "hut.ifc"
    ifc.write_bytes(hut(eastings=0.0, northings=0.0))
    pipeline.read_stage(ifc, tmp_path, limits=DEFAULT_LIMITS)
    pipeline.check_stage(tmp_path, city, None, "hut.ifc", ifc)
    page = (tmp_path / "report.zh.html").read_bytes()
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "views.json").write_text('{"views": []}', encoding="utf-8")
    pipeline.views_stage(tmp_path, city, None)
    assert not (tmp_path / "views").exists()
    assert (tmp_path / "report.zh.html").read_bytes() == page


def test_a_place_that_does_not_hold_takes_its_views_along(tmp_path: Path) -> None:
    (tmp_path / "views").mkdir()
    (tmp_path / "model.cim").write_bytes(b"as read")
    pipeline.forget_verdict(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.cim"]


def test_sights_stand_on_the_globe_at_the_height_of_eye_and_ridge(city: Path) -> None:
    read = read_city(city)
    told = sights_on_globe(read, sights(read_rulebook(read.rulebook_path), read))
    kinds = [feature["properties"]["kind"] for feature in told["features"]]
    # The ridge band, the hidden ridge and the hill's share look at the ridge from VP1; the landmark is no ridge.
    assert kinds == ["viewpoint"] * 3 + ["ridge"] + ["cone"] * 3
    by_kind: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    for feature in told["features"]:
        by_kind[feature["properties"]["kind"]].append(feature)
    assert [cone["properties"]["rule"] for cone in by_kind["cone"]] == [
        "VIW-01",
        "VIW-02",
        "VIW-08",
    ]
    (ridge,) = read.ridges
    eye = read.viewpoints[0].position[2] + read.viewpoints[0].eye_height
    for cone in by_kind["cone"]:
        outline = np.array(shape(cone["geometry"]).exterior.coords)
        heights = [eye, *(vertex[2] for vertex in ridge.vertices), eye]
        assert outline[:, 2] == pytest.approx(np.array(heights) + SEPARATION, abs=1e-6)
        back = read.frame.from_geographic(outline[1:-1])
        assert back == pytest.approx(np.array(ridge.vertices), abs=1e-3)


def _digests(work: Path) -> dict[str, str]:
    return {
        path.relative_to(work).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in work.rglob("*")
        if path.is_file()
    }
