"""The misplaced tower on the page: why it is refused, and how a person puts it where it stands."""

from __future__ import annotations

import json
import math
import re
import shutil
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from bim_checks.words import WORDS
from samples.plan import COMPLIANT, MISPLACED, ROTATION_DEGREES, ZERO_LEVEL
from tests.browser.page import VERDICT_SECONDS, ReviewPage
from tests.support.misplaced import boundary_points, same_verdicts
from tests.viewer.huts import cut_hut

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PIXEL = 6.0  # m; what one pixel covers at most where these tests click
CORNERS = ((-30.0, -20.0), (30.0, -20.0), (30.0, 20.0))  # of the podium, engineering CRS


def ask(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60.0) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def twin(server: str, sample_folder: Path) -> dict[str, Any]:
    """The report of the tower that stands where the misplaced one should."""
    body = (sample_folder / "submissions" / "compliant.ifc").read_bytes()
    request = urllib.request.Request(
        f"{server}/api/submissions?file_name=twin.ifc", data=body, method="POST"
    )
    with urllib.request.urlopen(request, timeout=60.0) as answer:
        identifier = json.load(answer)["id"]
    while ask(f"{server}/api/submissions/{identifier}")["state"] in ("queued", "running"):
        time.sleep(0.2)
    report: dict[str, Any] = ask(f"{server}/api/submissions/{identifier}/report")
    return report


def upload_misplaced(page: ReviewPage, sample_folder: Path, tmp_path: Path, name: str) -> None:
    """Hand in the misplaced tower and see that it is refused for the right reason."""
    path = tmp_path / name
    shutil.copy(sample_folder / "submissions" / "misplaced.ifc", path)
    page.open()
    page.upload(path)
    page.find("ledger").wait_for()
    assert page.state("submission.tileset") is None
    candidate = page.find("candidate")
    assert candidate.count() == 1
    said = candidate.inner_text()
    assert candidate.locator('[data-test-frame-finding="FRAME-SWAPPED"]').count() == 1
    assert "东坐标与北坐标互换" in said
    east, north = MISPLACED.centre
    away = re.search(r"在城市范围以外 (\d+) km", page.find("outside").inner_text())
    assert away is not None
    assert float(away[1]) == pytest.approx(math.sqrt(2.0) * (north - east) / 1e3, rel=1e-2)


def report_of(page: ReviewPage) -> dict[str, Any]:
    report: dict[str, Any] = ask(
        f"{page.server}/api/submissions/{page.state('submission.id')}/report"
    )
    return report


def confirm(page: ReviewPage) -> None:
    """Confirm what is proposed and wait until the tower is judged again."""
    page.find("confirm").click()
    page.find("repair").wait_for(state="hidden")
    page.until(lambda: page.state("submission.state") == "done", VERDICT_SECONDS)
    page.until(lambda: page.state("verdict") is not None, 20.0)
    assert page.find("verdict").inner_text() == WORDS["pass"].zh


def city_point(x: float, y: float) -> tuple[float, float]:
    """Easting and northing of a point of the model where it should stand."""
    turn = math.radians(ROTATION_DEGREES)
    east = COMPLIANT.centre[0] + x * math.cos(turn) - y * math.sin(turn)
    return east, COMPLIANT.centre[1] + x * math.sin(turn) + y * math.cos(turn)


def test_the_misplaced_tower_is_mended_by_its_parcel(
    page: ReviewPage, sample_folder: Path, tmp_path: Path, twin: dict[str, Any]
) -> None:
    upload_misplaced(page, sample_folder, tmp_path, "by-parcel.ifc")
    sha256 = page.state("submission.sha256")
    page.find("repair-button").click()
    assert page.find("propose-parcel").is_disabled()
    parcel = tmp_path / "界址点.txt"
    parcel.write_bytes(boundary_points())
    page.find("parcel-file").set_input_files(parcel)
    page.find("parcel").wait_for()
    assert "滨海中心地块 · 14338.0 m²" in page.find("parcel").inner_text()
    page.until(page.find("propose-parcel").is_enabled, VERDICT_SECONDS)
    assert page.state("submission.verdict") == "fail"  # a parcel alone proves nothing

    page.find("propose-parcel").click()
    page.find("proposal").wait_for()
    shown = page.find("proposal-place").inner_text()
    east, north = COMPLIANT.centre
    assert f"E {east:.3f}" in shown
    assert f"N {north:.3f}" in shown
    assert f"H {ZERO_LEVEL:.3f}" in shown
    assert f"{ROTATION_DEGREES:.4f}°" in shown
    assert "0.000 m" in page.find("residuals").inner_text()
    assert page.state("submission.place") is None  # nothing is changed by a proposal

    confirm(page)
    same_verdicts(report_of(page), twin)
    assert page.state("submission.sha256") == sha256
    assert page.state("submission.tileset") is not None
    record = page.find("record").inner_text()
    assert "人工定位（界址点套合）" in record
    assert f"E {east:.3f}" in record
    page.find("language").click()
    assert "placed by hand, fitted to the parcel" in page.find("record").inner_text()
    page.settle()
    assert next(page.picked(), None) is not None, "the tower is not in the picture"


def test_a_candidate_is_found_on_the_map_and_by_a_click(
    page: ReviewPage, sample_folder: Path, tmp_path: Path
) -> None:
    upload_misplaced(page, sample_folder, tmp_path, "candidates.ifc")
    page.find("repair-button").click()
    parcel = tmp_path / "parcel.txt"
    parcel.write_bytes(boundary_points())
    page.find("parcel-file").set_input_files(parcel)
    page.until(page.find("propose-parcel").is_enabled, VERDICT_SECONDS)
    page.find("repair-close").click()
    page.find("candidate").nth(1).wait_for()
    fitted = page.find("candidate").nth(1)
    assert fitted.get_attribute("open") is None
    fitted.locator("summary").first.click()
    fitted.locator('[data-test="show-candidate"]').click()
    page.settle()
    place = report_of(page)["frame"]["candidates"][1]["position_wgs84"]
    x, y = page.window_position(place["longitude"], place["latitude"], place["height"])
    assert page.page.evaluate(f"cimReview.pickAt({x}, {y})") == {
        "kind": "mark",
        "id": "candidates-1",
    }
    fitted.locator("summary").first.click()
    page.click_stage(x, y)
    page.until(lambda: fitted.get_attribute("open") is not None, 10.0)
    assert "与界址点套合" in fitted.inner_text()


def test_the_misplaced_tower_is_mended_by_points(
    page: ReviewPage, sample_folder: Path, tmp_path: Path, twin: dict[str, Any]
) -> None:
    upload_misplaced(page, sample_folder, tmp_path, "by-points.ifc")
    page.settle()
    page.find("repair-button").click()
    page.find("plan").wait_for()
    plan = ask(f"{page.server}/api/submissions/{page.state('submission.id')}/frame/plan")
    indices = [
        next(i for i, p in enumerate(plan["points"]) if p["engineering"][:2] == list(corner))
        for corner in CORNERS
    ]
    # First as a person does it: a corner in the plan, then a place in the city.
    page.page.locator(f'[data-test-plan-point="{indices[0]}"]').click()
    assert [page.coordinate(0, axis) for axis in "xyz"] == [*CORNERS[0], 0.0]
    box = page.find("stage").bounding_box()
    assert box is not None
    x, y = round(box["width"] / 2), round(box["height"] / 2)
    seen = page.page.evaluate(f"cimReview.placeAt({x}, {y})")
    page.click_stage(x, y)
    page.until(lambda: page.coordinate(0, "E") is not None, 20.0)
    query = dict(zip(("longitude", "latitude", "height"), seen, strict=True))
    told = ask(f"{page.server}/api/city/point?{urllib.parse.urlencode(query)}")
    assert page.coordinate(0, "E") == pytest.approx(told["eastings"], abs=PIXEL)
    assert page.coordinate(0, "N") == pytest.approx(told["northings"], abs=PIXEL)

    # Then exactly, as the survey has them; the next pair waits for its corner by itself.
    page.page.locator(f'[data-test-plan-point="{indices[1]}"]').click()
    assert page.coordinate(1, "x") == CORNERS[1][0]
    page.find("pair-add").click()
    page.page.locator(f'[data-test-plan-point="{indices[2]}"]').click()
    for index, corner in enumerate(CORNERS):
        east, north = city_point(*corner)
        page.type_coordinate(index, "E", east)
        page.type_coordinate(index, "N", north)
    page.find("zero-level").fill(str(ZERO_LEVEL))
    page.find("propose-pairs").click()
    page.find("proposal").wait_for()
    assert (
        page.find("residuals").inner_text().count("0.000 m") == 6
    )  # three in plan, three in height
    confirm(page)
    same_verdicts(report_of(page), twin)
    assert "人工定位（点对）" in page.find("record").inner_text()


def test_points_that_do_not_fit_are_refused_in_words(
    page: ReviewPage, sample_folder: Path, tmp_path: Path
) -> None:
    upload_misplaced(page, sample_folder, tmp_path, "wrong-points.ifc")
    page.complaints_allowed = 422
    page.find("repair-button").click()
    page.find("plan").wait_for()
    for index, (x, east) in enumerate(((0.0, 610_500.0), (30.0, 610_560.0))):
        for axis, value in zip("xyzENH", (x, 0.0, 0.0, east, 2_705_500.0, 5.3), strict=True):
            page.type_coordinate(index, axis, value)
    page.find("propose-pairs").click()
    page.find("repair-problem").wait_for()
    assert "点对的距离不一致" in page.find("repair-problem").inner_text()
    page.find("language").click()
    assert "do not agree" in page.find("repair-problem").inner_text()
    assert page.find("proposal").count() == 0
    assert page.state("submission.place") is None


def test_a_file_that_is_cut_off_says_so_in_both_languages(page: ReviewPage, tmp_path: Path) -> None:
    path = tmp_path / "cut.ifc"
    path.write_bytes(cut_hut())
    page.open()
    page.upload(path)
    page.find("defects").wait_for()
    (defect,) = report_of(page)["model"]["defects"]
    assert defect["kind"] == "cut_off"
    assert "不作判断" in page.find("defects").inner_text()
    assert defect["sentence"]["zh"] in page.find("defects").inner_text()
    page.find("language").click()
    assert "nothing is judged" in page.find("defects").inner_text()
    assert defect["sentence"]["en"] in page.find("defects").inner_text()
