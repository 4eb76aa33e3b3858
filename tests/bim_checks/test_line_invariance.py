"""Line rules do not depend on the order of elements and features, on how rings begin and turn, or on where it all stands."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bim_checks.examples import run_scene
from bim_checks.scene import read_scene
from tests.bim_checks.test_second_lines import line_rules, rulebook, scenes

Figures = list[tuple[str, str, float | None]]


def figures(content: dict[str, Any], subject: str) -> Figures:
    """Rule, outcome and measured value of every finding, each once.

    Which of two equally near features is named, and whether two storeys whose outlines differ by rounding share a finding, is left to chance.
    """
    report = run_scene(read_scene(content), rulebook(*line_rules(subject)))
    found = []
    for finding in report.findings:
        judgement = finding.judgement
        measured = judgement.measurement.measured if judgement.measurement else None
        found.append((finding.rule_type, finding.outcome.value, measured))
    found.sort(key=lambda f: (f[0], f[1], f[2] or 0.0))
    return [f for f, before in zip(found, [None, *found], strict=False) if not _repeats(f, before)]


def _repeats(one: tuple[str, str, float | None], other: Any) -> bool:
    return (
        other is not None and one[:2] == other[:2] and one[2] == pytest.approx(other[2], abs=1e-6)
    )


def same(one: Figures, other: Figures) -> bool:
    if [f[:2] for f in one] != [f[:2] for f in other]:
        return False
    return [f[2] for f in one] == pytest.approx([f[2] for f in other], abs=1e-4)


def changed(content: dict[str, Any], ring: Any) -> dict[str, Any]:
    """The scene with every ring changed."""
    elements = [
        {**e, "prism": {**e["prism"], "polygon": ring(e["prism"]["polygon"])}}
        for e in content["model"]["elements"]
    ]
    zones = [{**z, "polygon": ring(z["polygon"])} for z in content["layers"]["zone"]]
    return {"model": {**content["model"], "elements": elements}, "layers": {"zone": zones}}


@given(scenes(), st.sampled_from(["footprint", "storeys", "each"]))
def test_order_and_ring_direction_do_not_matter(content: dict[str, Any], subject: str) -> None:
    turned = changed(content, lambda ring: (ring[2:] + ring[:2])[::-1])
    turned["model"]["elements"] = turned["model"]["elements"][::-1]
    assert same(figures(content, subject), figures(turned, subject))


@given(scenes(), st.floats(-100.0, 100.0), st.floats(0.0, math.pi))
def test_moving_and_turning_everything_changes_nothing(
    content: dict[str, Any], shift: float, turn: float
) -> None:
    # No farther: with the distance from the engineering origin grows what an unapplied map scale leaves in doubt.
    c, s = math.cos(turn), math.sin(turn)
    moved = changed(
        content, lambda ring: [[c * x - s * y + shift, s * x + c * y - shift] for x, y in ring]
    )
    assert same(figures(content, "each"), figures(moved, "each"))
