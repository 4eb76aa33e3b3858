"""Sunlight does not depend on the order of elements, on how meshes are split, or on what stands out of the sun's way."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bim_checks.examples import run_scene
from bim_checks.scene import read_scene
from tests.bim_checks.test_cases import rulebook

SUN = {"day": "great_cold", "year": 2026, "hours": [8, 16], "clock": "solar", "limit": 180.0}
EXAMPLES = 6  # a scene takes a tenth of a second
RULES = {
    "SUN-OWN-WINDOWS": {**SUN, "step": 2.0},
    "SUN-NEIGHBOURS": {**SUN, "reach": 90.0, "most_move": 0.0, "step": 2.0},
}


@st.composite
def scenes(draw: st.DrawFn) -> dict[str, Any]:
    """A slab with a few windows, a tower beside it, and houses about."""
    number = st.integers(-4, 4)
    x, y, high = draw(number) * 3, draw(number) * 3, draw(st.integers(3, 20)) * 3
    slab = {"id": "SLAB", "box": [[x - 20, y - 6, 0], [x + 20, y + 6, high]]}
    side = draw(st.integers(2, 9)) * 3
    tower = {"id": "TOWER", "box": [[x + 25, y - 8, 0], [x + 25 + side, y - 8 + side, high + 12]]}
    windows = [
        {"id": f"W{i}", "class": "IfcWindow", "host": "SLAB", "box": [[x + at - 1, y - 6.02, z + 0.9], [x + at + 1, y - 5.98, z + 2.4]]}
        for i, (at, z) in enumerate(draw(st.lists(st.tuples(st.integers(-6, 6).map(lambda n: 3 * n), st.integers(0, 2).map(lambda n: 3 * n)), min_size=1, max_size=4, unique=True)))
    ]  # fmt: skip
    houses = [
        {"id": f"H{i}", "polygon": [[a, b], [a + 10, b], [a + 10, b + 8], [a, b + 8]], "low": 5.0, "high": 5.0 + h}
        for i, (a, b, h) in enumerate(draw(st.lists(st.tuples(st.integers(-6, 6).map(lambda n: 12 * n), st.sampled_from([-50, -35, 25, 40]), st.integers(2, 12).map(lambda n: 3 * n)), min_size=1, max_size=5, unique_by=lambda house: house[:2])))
    ]  # fmt: skip
    return {"model": {"elements": [slab, tower, *windows]}, "existing": houses}


def figures(content: dict[str, Any], folder: Path) -> list[tuple[str, str, float | None, str]]:
    """Outcome, minutes and sentence of every finding of both rules."""
    found = []
    for code, rule in RULES.items():
        report = run_scene(read_scene(content), rulebook({"rule": rule}, code, folder))
        for finding in report.findings:
            measured = finding.judgement.measurement
            found.append(
                (
                    code,
                    finding.outcome.value,
                    None if measured is None else measured.measured,
                    finding.judgement.sentence.en,
                )
            )
    return found


def same(some: list[Any], others: list[Any], *, minutes: float = 0.05) -> bool:
    return len(some) == len(others) and all(
        (a[0], a[1]) == (b[0], b[1]) and a[2] == pytest.approx(b[2], abs=minutes)
        for a, b in zip(some, others, strict=True)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules")


@settings(max_examples=EXAMPLES)
@given(scenes())
def test_the_order_of_elements_and_neighbours_does_not_matter(
    folder: Path, content: dict[str, Any]
) -> None:
    turned = deepcopy(content)
    turned["model"]["elements"].reverse()
    turned["existing"].reverse()
    assert same(figures(content, folder), figures(turned, folder), minutes=1e-6)


@settings(max_examples=EXAMPLES)
@given(scenes())
def test_splitting_bodies_does_not_matter(folder: Path, content: dict[str, Any]) -> None:
    split = deepcopy(content)
    parts = []
    for element in split["model"]["elements"]:
        if element["id"] != "TOWER":
            parts.append(element)
            continue
        (x0, y0, z0), (x1, y1, z1) = element["box"]
        middle, half = (x0 + x1) / 2.0, (z0 + z1) / 2.0
        for i, (a, b) in enumerate(((x0, middle), (middle, x1))):
            for j, (low, high) in enumerate(((z0, half), (half, z1))):
                parts.append({"id": f"T{i}{j}", "box": [[a, y0, low], [b, y1, high]]})
    split["model"]["elements"] = parts
    assert same(figures(content, folder), figures(split, folder))


@settings(max_examples=EXAMPLES)
@given(scenes(), st.integers(-40, 40), st.integers(-40, 40))
def test_moving_everything_changes_minutes_by_no_more_than_the_sun_differs_there(
    folder: Path, content: dict[str, Any], east: int, north: int
) -> None:
    moved = deepcopy(content)
    for element in moved["model"]["elements"]:
        element["box"] = [[x + east, y + north, z] for x, y, z in element["box"]]
    for house in moved["existing"]:
        house["polygon"] = [[x + east, y + north] for x, y in house["polygon"]]
    # 57 m are 0.0005 degrees of latitude: less than the ends of intervals are known to.
    assert same(figures(content, folder), figures(moved, folder), minutes=0.2)


@settings(max_examples=EXAMPLES)
@given(scenes(), st.floats(15.0, 80.0))
def test_what_stands_north_of_everything_takes_no_sun(
    folder: Path, content: dict[str, Any], height: float
) -> None:
    more = deepcopy(content)
    more["existing"].append(
        {"id": "NORTH", "polygon": [[-60, 200], [60, 200], [60, 220], [-60, 220]], "low": 5.0, "high": 5.0 + height}
    )  # fmt: skip
    assert figures(content, folder) == figures(more, folder)


@settings(max_examples=EXAMPLES)
@given(scenes())
def test_a_lower_scheme_takes_no_more(folder: Path, content: dict[str, Any]) -> None:
    lower = deepcopy(content)
    for element in lower["model"]["elements"]:
        if element["id"] in ("SLAB", "TOWER"):
            element["box"][1][2] -= 2.5
    rule = {**RULES["SUN-NEIGHBOURS"], "limit": 0.0}

    def least(scene: dict[str, Any]) -> float:
        report = run_scene(read_scene(scene), rulebook({"rule": rule}, "SUN-NEIGHBOURS", folder))
        measured = [f.judgement.measurement for f in report.findings]
        return min((m.measured for m in measured if m is not None), default=480.0)

    assert least(lower) >= least(content) - 0.05
