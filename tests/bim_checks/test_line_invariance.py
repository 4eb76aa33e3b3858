"""Line rules do not depend on the order of elements and features, on how rings begin and turn, or on where it all stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bim_checks.examples import run_scene
from bim_checks.finding import Judgement
from bim_checks.scene import read_scene
from tests.bim_checks.test_second_lines import line_rules, rulebook, scenes


@dataclass(frozen=True)
class Figure:
    """What a finding says in numbers.

    Attributes:
        rule_type, outcome: of the finding.
        measured: against its limit; None where nothing was measured.
        settled: whether the margin is larger than what is uncertain, so that the outcome stands.
    """

    rule_type: str
    outcome: str
    measured: float | None
    settled: bool

    def is_like(self, other: Figure) -> bool:
        """Whether both say the same; at the limit, the uncertainty of the place decides what is said."""
        if self.rule_type != other.rule_type:
            return False
        if self.settled and other.settled and self.outcome != other.outcome:
            return False
        return self.measured == pytest.approx(other.measured, abs=1e-4)


def figures(content: dict[str, Any], subject: str) -> list[Figure]:
    """One for every finding, each once.

    Which of two equally near features is named, and whether two storeys whose outlines differ by rounding share a finding, is left to chance.
    """
    report = run_scene(read_scene(content), rulebook(*line_rules(subject)))
    found = sorted(
        (_figure(f.rule_type, f.judgement) for f in report.findings),
        key=lambda f: (f.rule_type, f.measured or 0.0, f.outcome),
    )
    return [f for f, before in zip(found, [None, *found], strict=False) if not _repeats(f, before)]


def _figure(rule_type: str, judgement: Judgement) -> Figure:
    measured = judgement.measurement
    if measured is None:
        return Figure(rule_type, judgement.outcome.value, None, True)
    settled = abs(measured.margin) > measured.uncertainty.total
    return Figure(rule_type, judgement.outcome.value, measured.measured, settled)


def _repeats(one: Figure, other: Figure | None) -> bool:
    return (
        other is not None
        and (one.rule_type, one.outcome) == (other.rule_type, other.outcome)
        and one.measured == pytest.approx(other.measured, abs=1e-6)
    )


def same(some: list[Figure], others: list[Figure]) -> bool:
    return len(some) == len(others) and all(
        one.is_like(other) for one, other in zip(some, others, strict=True)
    )


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
