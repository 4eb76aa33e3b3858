"""From a file on an architect's desk to an element's name on a planner's screen, in a real browser."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator

from bim_checks.words import WORDS
from samples.plan import VIOLATING
from tests.browser.page import ReviewPage

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEPARATION = 10.2  # m, of the sample city
RESTRICTED, HEIGHT, ROAD, RIDGE = "RES-01#1", "HGT-01#1", "ROD-01#1", "VIW-01#1"


def ask(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60.0) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def submitted(server: str, sample_folder: Path) -> Callable[[str], str]:
    """Identifier of a sample submission whose review is over, handed in once."""
    known: dict[str, str] = {}

    def submit(name: str) -> str:
        if name not in known:
            path = sample_folder / "submissions" / f"{name}.ifc"
            query = urllib.parse.urlencode({"file_name": path.name})
            request = urllib.request.Request(
                f"{server}/api/submissions?{query}", data=path.read_bytes(), method="POST"
            )
            with urllib.request.urlopen(request, timeout=60.0) as answer:
                known[name] = json.load(answer)["id"]
            while ask(f"{server}/api/submissions/{known[name]}")["state"] in ("queued", "running"):
                time.sleep(0.2)
        return known[name]

    return submit


def test_from_the_upload_to_the_name_of_an_element(page: ReviewPage, sample_folder: Path) -> None:
    page.open()
    page.upload(sample_folder / "submissions" / "violating.ifc")
    page.find("verdict").wait_for()
    assert page.find("verdict").inner_text() == WORDS["fail"].zh

    page.click_finding(RESTRICTED)
    assert page.find("measured").inner_text() == "62.0 m²"
    card = page.find("finding-card").inner_text()
    assert "用地占用限制建设区 62.0 m²" in card
    assert "裁去这 62.0 m²" in card
    (site,) = page.state("finding.elements")
    page.find("finding-card").locator("[data-test-element]").click()
    page.find("element-card").wait_for()
    assert page.find("element-name").inner_text() == "2026-018 地块"
    assert page.find("global-id").inner_text() == site

    page.click_finding(HEIGHT)
    concerned = set(page.state("finding.elements"))
    x, y, global_id = next(hit for hit in page.picked() if hit[2] in concerned)
    page.click_stage(x, y)
    page.until(lambda: page.state("element.global_id") == global_id, 10.0)
    identifier = page.state("submission.id")
    truth = ask(f"{page.server}/api/submissions/{identifier}/elements/{global_id}")
    assert page.find("element-name").inner_text() == truth["name"]
    assert page.find("element-card").inner_text().count(truth["storey"]) >= 1


def test_the_tower_stands_on_the_ground_and_ends_where_the_model_says(
    page: ReviewPage, submitted: Callable[[str], str]
) -> None:
    page.open(f"s={submitted('violating')}&f={urllib.parse.quote(ROAD)}")
    page.until(lambda: page.state("finding") is not None, 20.0)
    page.settle()
    feet = [foot for foot in (_foot(page, x) for x in range(120, 280, 16)) if foot is not None]
    assert len(feet) >= 4, "the foot of the building is not in the picture"
    for above, below in feet:
        assert above == pytest.approx(below, abs=0.7), "the building floats above the ground"

    page.click_finding(HEIGHT)
    heights = [page.height_at(x, y) - SEPARATION for x, y, _ in page.picked(24)]
    # A pixel is some decimetres wide here, so the highest one seen lies a little below the rim.
    assert VIOLATING.top - 0.5 < max(heights) < VIOLATING.top + 0.1


def _foot(page: ReviewPage, x: int) -> tuple[float, float] | None:
    """Heights just above and just below the lowest pixel of the building in a column."""
    inside = next((y for y in range(320, 40, -20) if page.element_at(x, y)), None)
    if inside is None or inside == 320:
        return None
    foot = next(y for y in range(inside, inside + 21) if not page.element_at(x, y)) - 1
    return page.height_at(x, foot), page.height_at(x, foot + 2)


def test_a_link_shows_the_same_in_the_other_language(
    page: ReviewPage, submitted: Callable[[str], str]
) -> None:
    page.open(f"s={submitted('violating')}")
    page.page.locator(f'[data-test-finding="{RESTRICTED}"]').click()
    page.find("language").click()
    assert page.page.locator("h1").inner_text() == "Building model review"
    assert "occupies 62.0 m² of the restricted construction zone" in _english(page)
    link = page.page.url.partition("#")[2]

    page.page.goto("about:blank")
    page.open(link)
    page.find("finding-card").wait_for()
    assert "occupies 62.0 m² of the restricted construction zone" in _english(page)
    page.page.keyboard.press("t")
    assert "用地占用限制建设区 62.0 m²" in page.find("finding-card").inner_text()


def _english(page: ReviewPage) -> str:
    return page.find("finding-card").inner_text()


def test_a_finding_of_a_view_shows_what_is_seen_from_there(
    page: ReviewPage, submitted: Callable[[str], str]
) -> None:
    page.open(f"s={submitted('violating')}&f={urllib.parse.quote(RIDGE)}")
    plates = page.find("finding-card").locator("[data-test-view='VP1']")
    plates.wait_for()
    _drawn(page, plates.locator("img").first)
    assert "overlay.svg" in str(plates.locator("img").first.get_attribute("src"))
    plates.locator("[data-test-plate='before']").click()
    assert "before.svg" in str(plates.locator("img").first.get_attribute("src"))
    page.find("enlarge").click()
    large = page.find("enlarged").locator("img")
    _drawn(page, large)
    box = large.bounding_box()
    assert box is not None
    assert box["width"] > 0.9 * 640  # as wide as the window
    page.page.keyboard.press("Escape")
    page.find("enlarged").wait_for(state="hidden")
    assert page.state("finding.id") == RIDGE  # closing the picture does not close the finding

    page.page.locator("[data-test-viewpoint='VP3']").click()
    assert page.state("finding") is None
    _drawn(page, page.find("view-card").locator("img").first)
    page.page.keyboard.press("Escape")
    page.find("view-card").wait_for(state="hidden")


def _drawn(page: ReviewPage, image: Locator) -> None:
    """Wait until a picture is there, and as wide as a plate is."""
    page.until(lambda: image.evaluate("img => img.complete && img.naturalWidth > 1000"), 20.0)


def test_a_hidden_submission_cannot_be_picked(
    page: ReviewPage, submitted: Callable[[str], str]
) -> None:
    page.open(f"s={submitted('compliant')}")
    page.page.locator("[data-test='report']").wait_for()
    page.settle()
    x, y, _ = next(page.picked())
    page.find("layers-button").click()
    page.page.locator('[data-test-part="submission"]').uncheck()
    page.settle()
    assert list(page.picked(40)) == []
    page.page.locator('[data-test-part="submission"]').check()
    page.settle()
    assert page.page.evaluate(f"cimReview.pickAt({x}, {y})")["kind"] == "element"


def test_limit_surfaces_are_seen_and_named_once_they_are_switched_on(
    page: ReviewPage, submitted: Callable[[str], str]
) -> None:
    page.open(f"s={submitted('violating')}")
    page.find("verdict").wait_for()
    page.settle()
    places = [(x, y) for x in range(20, 280, 50) for y in range(60, 340, 50)]
    before = {place: _hit(page, place) for place in places if page.is_open(*place)}
    assert "limit" not in {hit["kind"] for hit in before.values() if hit}  # off at the start
    x, y, element = next(page.picked())

    page.find("layers-button").click()
    switch = page.page.locator('[data-test-part="limits"]')
    assert not switch.is_checked()
    switch.check()
    page.find("layers-button").click()
    page.settle()
    after = {place: _hit(page, place) for place in before}
    found = {place: hit["limit"] for place, hit in after.items() if hit and hit["kind"] == "limit"}
    assert len(found) >= 3
    assert all(before[place] is None for place in found)  # a click goes through to what is behind
    assert page.element_at(x, y) == element
    listed = ask(f"{page.server}/api/city/limits")
    known = {(each["rule"], each["name"]["zh"], each["low"], each["high"]) for each in listed}
    told = {
        (limit["rule"], limit["name"]["zh"], round(limit["low"], 3), round(limit["high"], 3))
        for limit in found.values()
    }
    assert told <= known

    place, limit = next(iter(found.items()))
    page.click_stage(*place)
    page.find("limit-card").wait_for()
    assert limit["name"]["zh"] in page.find("limit-card").inner_text()
    page.find("language").click()
    assert limit["name"]["en"] in page.find("limit-card").inner_text()


def _hit(page: ReviewPage, place: tuple[int, int]) -> Any:
    """What a click on a pixel of the stage would find; None for ground and sky."""
    return page.page.evaluate(f"cimReview.pickAt({place[0]}, {place[1]})")


def test_a_model_without_a_proven_place_says_so_and_judges_nothing(
    page: ReviewPage, submitted: Callable[[str], str]
) -> None:
    page.open(f"s={submitted('misplaced')}")
    page.find("ledger").wait_for()
    assert page.state("submission.tileset") is None
    found = ask(f"{page.server}/api/submissions/{submitted('misplaced')}/report")
    outcomes = found["summary"]
    assert outcomes["fail"] == 1
    passed = {f["rule_type"] for f in found["findings"] if f["outcome"] == "pass"}
    assert all(code.startswith("DELIVERY-") for code in passed)  # of the file, wherever it stands
    report = page.find("report").inner_text()
    assert "没有来源能证明模型的位置" in report
    assert f"无法检查 {outcomes['not_checkable']}" in report


def test_a_file_that_is_no_model_is_refused_in_words(page: ReviewPage, tmp_path: Path) -> None:
    broken = tmp_path / "half.ifc"
    broken.write_bytes(b"ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION(('')")
    page.open("l=zh")
    page.upload(broken)
    assert page.state("submission.state") == "failed"
    said = page.page.locator('[data-test-submission="half.ifc"]').inner_text()
    assert "无法读取" in said
    assert "Traceback" not in said
    assert any("一" <= letter <= "鿿" for letter in said.replace("无法读取", ""))


def test_keys_open_help_and_step_through_findings(
    page: ReviewPage, submitted: Callable[[str], str]
) -> None:
    page.open(f"s={submitted('violating')}")
    page.find("report").wait_for()
    page.page.keyboard.press("j")
    assert page.state("finding.id") == RESTRICTED
    page.page.keyboard.press("j")
    assert page.state("finding.id") == ROAD
    page.page.keyboard.press("k")
    assert page.state("finding.id") == RESTRICTED
    page.page.keyboard.press("Escape")
    assert page.state("finding") is None
    page.page.keyboard.press("?")
    page.find("help").wait_for()
    page.page.keyboard.press("Escape")
    page.find("help").wait_for(state="hidden")
