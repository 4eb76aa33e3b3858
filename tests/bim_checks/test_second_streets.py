"""The street wall and frontages, measured twice: the two ways agree on random scenes, and the second is heard where they do not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bim_checks.rules.frontage import Step
from tests.support.second_ways import (
    agree,
    buildings,
    is_to_be_discussed,
    judgements,
    measure_wrongly,
    metres,
    rings,
)

SITE = [[-25, -18], [25, -18], [25, 20], [-25, 20]]
LINE = {"name": "L", "line": [[-25, -9], [-3, -7], [25, -9]]}
STEPS = (Step(up_to=6.0, width=20.0), Step(up_to=14.0, width=15.0), Step(up_to=None, width=10.0))


@settings(max_examples=200)
@given(
    buildings(most=6), metres(-9.0, 9.0), metres(-9.0, 9.0), metres(0.2, 4.0),
    metres(0.0, 4.0), metres(1.0, 9.0),
)  # fmt: skip
def test_street_walls_agree_on_random_scenes(
    elements: list[Any], west: float, east: float, tolerance: float, low: float, rise: float
) -> None:
    line = {"name": "L", "line": [[-25, west], [-3, -7], [25, east]]}
    model = {"elements": elements, "site": SITE}
    content = {"model": model, "layers": {"line": [line]}}
    said = {"limit": 70.0, "tolerance": tolerance, "low": low, "high": low + rise}
    assert agree(judgements(content, "LINE-BUILD-TO", layer="line", **said))


@settings(max_examples=200)
@given(
    buildings(most=6), rings(reach=40.0), metres(0.5, 9.0), st.sampled_from(["taller", "by_part"])
)
def test_frontages_agree_on_random_scenes(
    elements: list[Any], ring: list[Any], gap: float, mixed: str
) -> None:
    street = {"name": "S", "polygon": ring}
    content = {"model": {"elements": elements}, "layers": {"street": [street]}}
    said = {"steps": STEPS, "gap": gap, "reach": 60.0, "mixed": mixed}
    agree(judgements(content, "LINE-FRONTAGE", layer="street", **said))


@pytest.mark.parametrize("by", [-5.0, -0.2, 0.2, 5.0])
def test_a_wrong_street_wall_is_to_be_discussed(monkeypatch: pytest.MonkeyPatch, by: float) -> None:
    """Two of four walls of 10 m along 50 m stand at the line, one is slanted: out of the tolerance at half its length."""
    elements = [
        {"id": "A", "box": [[-25, -9, 0], [-15, 9, 9]]},
        {"id": "B", "box": [[-15, -6, 0], [-5, 9, 9]]},
        {
            "id": "C",
            "prism": {"polygon": [[-5, -9], [5, -7], [5, 9], [-5, 9]], "low": 0, "high": 9},
        },
        {"id": "D", "box": [[15, -9.5, 0], [25, 9, 9]]},
    ]
    content = {
        "model": {"elements": elements, "site": SITE},
        "layers": {"line": [{"name": "L", "line": [[-25, -9], [25, -9]]}]},
    }
    said = {"layer": "line", "limit": 70.0, "tolerance": 1.0, "low": 0.0, "high": 6.0}
    (right,) = judgements(content, "LINE-BUILD-TO", **said)
    assert right.second is not None
    assert right.second.measured == pytest.approx(50.0, abs=right.second.resolution)
    assert right.second.resolution < 0.15
    measure_wrongly(monkeypatch, "LINE-BUILD-TO", lambda measured: measured + by)
    assert is_to_be_discussed(judgements(content, "LINE-BUILD-TO", **said))


@pytest.mark.parametrize("mixed", ["taller", "by_part"])
@pytest.mark.parametrize("by", [-5.0, -0.01, 0.01, 5.0])
def test_a_wrong_frontage_is_to_be_discussed(
    monkeypatch: pytest.MonkeyPatch, by: float, mixed: str
) -> None:
    content = {
        "model": {"boxes": {"A": [[0, 0, 0], [20, 9, 5]], "B": [[22, 0, 0], [30, 9, 16]], "C": [[36, 0, 0], [50, 9, 4]]}},
        "layers": {"street": [{"name": "S", "line": [[-90, -9], [90, -9]]}]},
    }  # fmt: skip
    said = {"layer": "street", "steps": STEPS, "gap": 4.0, "reach": 20.0, "mixed": mixed}
    (right,) = judgements(content, "LINE-FRONTAGE", **said)
    assert right.second is not None
    assert right.second.measured == pytest.approx(30.0, abs=1e-6)
    measure_wrongly(monkeypatch, "LINE-FRONTAGE", lambda measured: measured + by)
    assert is_to_be_discussed(judgements(content, "LINE-FRONTAGE", **said))


def test_a_gap_at_its_threshold_is_told_both_ways() -> None:
    content = {
        "model": {"boxes": {"A": [[0, 0, 0], [20, 9, 5]], "B": [[24, 0, 0], [34, 9, 5]]}},
        "layers": {"street": [{"name": "S", "line": [[-90, -9], [90, -9]]}]},
    }
    said = {"layer": "street", "steps": STEPS, "gap": 4.0, "reach": 20.0}
    (found,) = judgements(content, "LINE-FRONTAGE", **said)
    assert found.second is not None
    assert found.second.measured == pytest.approx(27.0)  # amid 20 and 34
    assert found.second.resolution == pytest.approx(7.0, abs=1e-3)
