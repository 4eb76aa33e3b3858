"""Distances between buildings, measured twice: the two ways agree on random scenes, and the second is heard where they do not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bim_checks.measures.triangle_gap import triangle_gap
from bim_checks.rules.fire_separation import Separation
from bim_checks.second.spans import least_along, least_span
from tests.support.second_ways import (
    agree,
    buildings,
    is_to_be_discussed,
    judgements,
    measure_wrongly,
    metres,
    rings,
)

ANY = ("high_rise", "I", "II", "III", "IV")
FIRE = {
    "separations": (Separation(one=ANY, other=ANY, distance=9.0),),
    "high_rise_above": 24.0,
    "residential_high_rise_above": 27.0,
    "assumed": "II",
}


@st.composite
def neighbours(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Prisms beside the scheme: to its east, its north, or anywhere."""
    found = []
    for number in range(draw(st.integers(1, 3))):
        ring = draw(rings(reach=6.0, most=10.0))
        east, north = draw(st.sampled_from([(45.0, 0.0), (0.0, 48.0), (-40.0, 44.0)]))
        low = draw(metres(3.0, 6.0))
        found.append(
            {
                "id": f"N{number}",
                "polygon": [[x + east, y + north] for x, y in ring],
                "low": low,
                "high": low + draw(metres(3.0, 60.0)),
            }
        )
    return found


@settings(max_examples=200)
@given(
    buildings(),
    neighbours(),
    st.sampled_from(["any", "north_south"]),
    st.sampled_from(["building", "part"]),
    metres(-80.0, 80.0),
)
def test_spacing_agrees_on_random_scenes(
    elements: list[Any], existing: list[Any], orientation: str, by: str, bearing: float
) -> None:
    content = {"model": {"elements": elements}, "existing": existing}
    said: dict[str, Any] = {"factor": 0.9, "minimum": 9.0, "height": "own"}
    if orientation == "north_south":
        said |= {"orientation": orientation, "bearing": bearing}
    elif by == "part":
        said |= {"by": by}
    agree(judgements(content, "SPACING-BUILDINGS", **said))


@settings(max_examples=200)
@given(buildings(), neighbours(), st.sampled_from(["horizontal", "space"]))
def test_fire_separation_agrees_on_random_scenes(
    elements: list[Any], existing: list[Any], measure: str
) -> None:
    content = {"model": {"elements": elements}, "existing": existing}
    agree(judgements(content, "SPACING-FIRE", measure=measure, **FIRE))


@given(buildings(), metres(0.0, 20.0), st.sampled_from(["any", "north_south"]))
def test_two_buildings_of_one_file_agree(
    elements: list[Any], apart: float, orientation: str
) -> None:
    other = {"id": "OTHER", "box": [[45 + apart, -9, -3], [60 + apart, 9, 12]], "building": "B2"}
    if orientation == "north_south":
        other["box"] = [[-9, 45 + apart, -3], [9, 60 + apart, 12]]
    model = {
        "buildings": [{"id": "B1", "name": "A"}, {"id": "B2", "name": "B"}],
        "elements": [*({**element, "building": "B1"} for element in elements), other],
    }
    far = [{"id": "FAR", "polygon": [[300, 0], [310, 0], [310, 9]], "low": 5, "high": 9}]
    said = {"factor": 0.9, "minimum": 9.0, "height": "taller", "orientation": orientation}
    found = judgements({"model": model, "existing": far}, "SPACING-BUILDINGS", **said)
    assert agree(found)


@pytest.mark.parametrize("by", [-2.0, -0.01, 0.01, 2.0])
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("SPACING-BUILDINGS", {"factor": 0.5, "minimum": 6.0, "height": "own"}),
        ("SPACING-BUILDINGS", {"factor": 0.5, "minimum": 6.0, "height": "own", "by": "part"}),
        (
            "SPACING-BUILDINGS",
            {
                "factor": 0.5,
                "minimum": 6.0,
                "height": "own",
                "orientation": "north_south",
                "bearing": 90.0,
            },
        ),
        ("SPACING-FIRE", FIRE),
        ("SPACING-FIRE", {**FIRE, "measure": "space"}),
    ],
)
def test_a_wrong_first_distance_is_to_be_discussed(
    monkeypatch: pytest.MonkeyPatch, code: str, said: dict[str, Any], by: float
) -> None:
    content = {
        "model": {"boxes": {"A": [[0, 0, -3], [20, 12, 30]]}},
        "existing": [
            {"id": "N", "polygon": [[28, 4], [50, 1], [50, 40], [28, 40]], "low": 5, "high": 20}
        ],
    }
    (right,) = judgements(content, code, **said)
    assert right.second is not None
    assert right.second.measured == pytest.approx(8.0, abs=1e-6)
    measure_wrongly(monkeypatch, code, lambda measured: measured + by)
    assert is_to_be_discussed(judgements(content, code, **said))


@given(st.integers(0, 2**32 - 1), metres(0.0, 3.0))
def test_triangles_in_space_are_as_far_apart_as_the_first_way_finds(
    seed: int, apart: float
) -> None:
    rng = np.random.default_rng(seed)
    ours, theirs = (
        rng.normal(size=(6, 3, 3)),
        rng.normal(size=(5, 3, 3)) + np.array([apart, 0.0, apart]),
    )
    expected, _ = triangle_gap(ours, theirs)
    assert least_span(ours, theirs, math.inf) == pytest.approx(expected, abs=1e-9)


def test_edges_are_measured_only_where_they_stand_over_one_another() -> None:
    level = np.array([[[0.0, 0.0], [10.0, 0.0]]])
    slanted = np.array([[[8.0, 5.0], [12.0, 1.0]]])
    assert least_along(level, slanted, 50.0) == pytest.approx(3.0)  # at x = 10
    assert least_along(level, slanted + np.array([2.0, 0.0]), 50.0) == 50.0
    assert least_along(level, slanted - np.array([0.0, 4.0]), 50.0) == 0.0
    assert least_along(level, np.zeros((0, 2, 2)), 50.0) == 50.0
