"""Minutes counted by cones of triangles against those found by rays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from bim_checks.examples import run_scene
from bim_checks.finding import Judgement, Outcome
from bim_checks.scene import read_scene
from bim_checks.second.sunlight import METHOD, SunBasis, recount
from tests.bim_checks.test_cases import rulebook
from tests.bim_checks.test_sunlight_invariance import EXAMPLES, RULES, scenes

SLAB = {
    "model": {
        "boxes": {"BODY": [[-10, 0, 0], [10, 10, 30]]},
        "elements": [
            {
                "id": "W",
                "class": "IfcWindow",
                "host": "BODY",
                "box": [[-1, -0.02, 0.9], [1, 0.02, 2.4]],
            }
        ],
    },
    "existing": [
        {
            "id": "N",
            "polygon": [[-9, -40], [14, -40], [14, -30], [-9, -30]],
            "low": 5.0,
            "high": 60.0,
        }
    ],
}


def judged(content: dict[str, Any], code: str, folder: Path) -> list[Judgement]:
    report = run_scene(read_scene(content), rulebook({"rule": RULES[code]}, code, folder))
    return [f.judgement for f in report.findings if f.judgement.measurement is not None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules")


@settings(max_examples=2 * EXAMPLES)
@given(scenes())
def test_both_ways_agree(folder: Path, content: dict[str, Any]) -> None:
    for code in RULES:
        for judgement in judged(content, code, folder):
            measurement, second = judgement.measurement, judgement.second
            assert measurement is not None
            assert second is not None
            assert second.method == METHOD.format(seconds=15.0)
            apart = abs(second.measured - measurement.measured)
            assert apart <= second.resolution + measurement.uncertainty.mesh
            assert "another way" not in judgement.sentence.en


def test_a_neighbour_that_stands_a_metre_off_is_noticed(folder: Path) -> None:
    (judgement,) = judged(SLAB, "SUN-OWN-WINDOWS", folder)
    assert judgement.outcome is Outcome.PASS
    basis = judgement.basis
    assert isinstance(basis, SunBasis)
    none: Any = None
    same = recount(none, none, none, judgement)
    assert same == judgement.second
    moved = replace(basis.scenery, standing=basis.scenery.standing.moved((0.0, -1.0, 0.0)))
    other = recount(none, none, none, replace(judgement, basis=replace(basis, scenery=moved)))
    assert same is not None
    assert other is not None
    # 1 m of 30 m: the sides are seen 1/30 nearer, a degree or so on each.
    assert abs(other.measured - same.measured) > 2.0
    assert abs(other.measured - same.measured) > other.resolution + 0.1


def test_a_room_without_a_window_has_no_second_way(folder: Path) -> None:
    none: Any = None
    (judgement,) = judged(SLAB, "SUN-OWN-WINDOWS", folder)
    assert recount(none, none, none, replace(judgement, basis=None)) is None
