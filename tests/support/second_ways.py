"""Small random buildings and lines, and a first way of measuring that is made to be wrong: what tests of second ways share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st

from bim_checks.catalogue import RULE_TYPES
from bim_checks.examples import run_scene
from bim_checks.finding import Judgement, LegalEffect
from bim_checks.rule import Rule, Surroundings
from bim_checks.rulebook import Rulebook
from bim_checks.scene import read_scene
from bim_checks.scheme import Scheme
from cim.text import Text

WORD = Text(zh="词", en="word")
DISAGREES = "Computed another way"
Content = dict[str, Any]


def judgements(content: Content, code: str, **said: Any) -> list[Judgement]:
    """What a rule type says of a scene."""
    rule = Rule(
        identifier="R", rule_type=code, title=WORD, clause=WORD, source=WORD, owner=WORD,
        legal_effect=LegalEffect.PROHIBIT, status="verified",
        parameters=RULE_TYPES[code].parameters(**said),
    )  # fmt: skip
    report = run_scene(read_scene(content), Rulebook("case", "1", WORD, "0" * 64, (rule,)))
    return [finding.judgement for finding in report.findings]


def agree(found: list[Judgement]) -> list[Judgement]:
    """The judgements that were measured twice, none of which disagrees and none of which crashed."""
    for judgement in found:
        assert judgement.trace is None, judgement.trace
        assert DISAGREES not in judgement.sentence.en, judgement.sentence.en
    return [judgement for judgement in found if judgement.second is not None]


def measure_wrongly(
    monkeypatch: pytest.MonkeyPatch, code: str, wrong: Callable[[float], float]
) -> None:
    """Let the first way of a rule type measure something else than it does."""
    kind = RULE_TYPES[code]

    def check(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
        return [
            replace(j, measurement=replace(j.measurement, measured=wrong(j.measurement.measured)))
            if j.measurement is not None
            else j
            for j in kind.check(rule, scheme, around)
        ]

    changed = {**RULE_TYPES, code: replace(kind, check=check)}
    monkeypatch.setattr("bim_checks.runner.RULE_TYPES", changed)


def is_to_be_discussed(found: list[Judgement]) -> bool:
    """Whether there are judgements, each to be discussed because the two ways disagree."""
    return bool(found) and all(
        j.outcome.value == "discuss" and DISAGREES in j.sentence.en for j in found
    )


def metres(low: float, high: float) -> st.SearchStrategy[float]:
    """Lengths to a millimetre."""
    return st.integers(round(low * 1e3), round(high * 1e3)).map(lambda found: found / 1e3)


@st.composite
def rings(
    draw: st.DrawFn, reach: float = 30.0, least: float = 2.0, most: float = 25.0, at: float = 0.0
) -> list[list[float]]:
    """A star-shaped ring about a point up to `reach` from (`at`, 0), either way round, begun anywhere."""
    count = draw(st.integers(3, 9))
    x, y = at + draw(metres(-reach, reach)), draw(metres(-reach, reach))
    turns = [2.0 * math.pi * i / count for i in range(count)]
    radii = draw(st.lists(metres(least, most), min_size=count, max_size=count))
    ring = [[x + r * math.cos(t), y + r * math.sin(t)] for r, t in zip(radii, turns, strict=True)]
    begin = draw(st.integers(0, count - 1))
    ring = ring[begin:] + ring[:begin]
    return ring[::-1] if draw(st.booleans()) else ring


@st.composite
def solids(draw: st.DrawFn, reach: float = 12.0) -> Content:
    """A prism over any star, a house with a pitched roof, or a box."""
    kind = draw(st.sampled_from(["prism", "gable", "box"]))
    low = draw(st.sampled_from([-4.0, 0.0, 0.0, 3.0, 6.0]))
    high = low + draw(metres(0.5, 20.0))
    if kind == "prism":
        polygon = draw(rings(reach, most=12.0))
        return {"prism": {"polygon": polygon, "low": low, "high": high}}
    x, y = draw(metres(-reach, reach)), draw(metres(-reach, reach))
    wide, deep = draw(metres(0.3, 15.0)), draw(metres(0.3, 15.0))
    box = [[x, y, low], [x + wide, y + deep, high]]
    if kind == "box":
        return {"box": box}
    ridge, along = high + draw(metres(0.5, 8.0)), draw(st.sampled_from(["x", "y"]))
    return {"gable": {"box": box, "ridge": ridge, "along": along}}


@st.composite
def buildings(draw: st.DrawFn, most: int = 4, reach: float = 12.0) -> list[Content]:
    """A few elements, one of which stands on the ground."""
    count = draw(st.integers(1, most))
    elements = [{"id": f"E{number}", **draw(solids(reach))} for number in range(count)]
    x = draw(metres(-5.0, 5.0))
    return [*elements, {"id": "FOOT", "box": [[x, -2.0, 0.0], [x + 6.0, 3.0, 5.0]]}]
