"""The highest point in a height zone, found twice in ways that share nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from bim_checks.examples import run_scene
from bim_checks.measures import tops
from bim_checks.rulebook import Rulebook
from bim_checks.scene import gable, prism, read_scene
from bim_checks.second.heights import highest_over
from tests.bim_checks.test_cases import rulebook

number = st.floats(-20.0, 20.0).map(lambda value: round(value, 3))


@st.composite
def rings(draw: st.DrawFn) -> list[list[float]]:
    """A star about a point: three to seven corners."""
    x, y = draw(number), draw(number)
    count = draw(st.integers(3, 7))
    reach = [draw(st.floats(2.0, 18.0)) for _ in range(count)]
    turns = np.arange(count) * 2.0 * np.pi / count + draw(st.floats(0.0, 1.0))
    return [
        [round(x + r * float(np.cos(t)), 3), round(y + r * float(np.sin(t)), 3)]
        for r, t in zip(reach, turns, strict=True)
    ]


@st.composite
def scenes(draw: st.DrawFn) -> dict[str, Any]:
    elements: list[dict[str, Any]] = []
    for i in range(draw(st.integers(1, 4))):
        high = draw(st.floats(1.0, 60.0))
        if draw(st.booleans()):
            solid = {"prism": {"polygon": draw(rings()), "low": 0.0, "high": high}}
        else:
            x, y = draw(number), draw(number)
            solid = {
                "gable": {
                    "box": [[x, y, 0.0], [x + 12.0, y + 8.0, high]],
                    "ridge": high + draw(st.floats(0.5, 9.0)),
                    "along": draw(st.sampled_from(["x", "y"])),
                }
            }
        elements.append({"id": f"E{i}", **solid})
    zone = {"name": "Z", "polygon": draw(rings()), "attributes": {"limit_elevation": 20.0}}
    return {"model": {"elements": elements}, "layers": {"zone": [zone]}}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    return rulebook({"rule": {"layer": "zone"}}, "HEIGHT-ZONE", tmp_path_factory.mktemp("book"))


@settings(max_examples=200)
@given(scenes())
def test_two_ways_agree_on_random_scenes(book: Rulebook, content: dict[str, Any]) -> None:
    (finding,) = run_scene(read_scene(content), book).findings
    if finding.outcome.value == "not_applicable":
        return
    second, measurement = finding.judgement.second, finding.judgement.measurement
    assert second is not None
    assert measurement is not None
    assert second.measured == pytest.approx(measurement.measured, abs=1e-3)


def test_a_first_way_that_is_wrong_is_to_be_discussed(
    book: Rulebook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scene = {
        "model": {"boxes": {"A": [[0, 0, 0], [10, 10, 30]]}},
        "layers": {
            "zone": [
                {
                    "name": "Z",
                    "polygon": [[-5, -5], [5, -5], [5, 5], [-5, 5]],
                    "attributes": {"limit_elevation": 20.0},
                }
            ]
        },
    }
    (right,) = run_scene(read_scene(scene), book).findings
    assert right.outcome.value == "fail"
    wrong = lambda *a: tops.tops_inside(*a) - 17.0  # noqa: E731
    monkeypatch.setattr("bim_checks.rules.height.tops_inside", wrong)
    (told,) = run_scene(read_scene(scene), book).findings
    assert told.outcome.value == "discuss"
    assert "35.000 and not 18.000" in told.judgement.sentence.en


def test_a_point_is_highest_inside_on_the_border_and_over_a_corner_of_it() -> None:
    roof = gable([[0, 0, 0], [10, 8, 6]], 9.0, along="x").triangles()
    inside = shapely.box(2, 2, 4, 6)
    assert highest_over(roof, inside) == pytest.approx(9.0)  # the ridge at y = 4
    assert highest_over(roof, shapely.box(2, -1, 4, 2)) == pytest.approx(7.5)  # its border at y = 2
    wedge = shapely.Polygon([(5, 1), (4, -3), (6, -3)])
    assert highest_over(roof, wedge) == pytest.approx(6.75)  # its corner at y = 1
    mast = prism([(1, 1), (1.1, 1), (1.1, 1.1), (1, 1.1)], 0.0, 40.0).triangles()
    both = np.concatenate([roof, mast])
    assert highest_over(both, shapely.box(0, 0, 3, 3)) == pytest.approx(40.0)
    hole = shapely.box(0, 0, 3, 3).difference(shapely.box(0.5, 0.5, 2, 2))
    assert highest_over(both, hole) == pytest.approx(8.25)  # y = 3
    assert np.isnan(highest_over(roof, shapely.box(50, 50, 60, 60)))
