"""The second way of measuring lines agrees with the first on random scenes, and is heard where it does not."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from bim_checks.catalogue import RULE_TYPES
from bim_checks.examples import run_scene
from bim_checks.finding import Judgement, LegalEffect
from bim_checks.report import Report
from bim_checks.rule import Rule, Surroundings
from bim_checks.rulebook import Rulebook
from bim_checks.scene import read_scene
from bim_checks.scheme import Scheme
from bim_checks.second.edges import nearest_edges
from bim_checks.second.raster import covered, inside_rings, lattice_over, resolution
from cim.text import Text

WORD = Text(zh="词", en="word")
SUBJECTS = ("footprint", "storeys", "roof", "ground", "basement", "each")
LINE_RULES = ("LINE-OVERLAP", "LINE-INSIDE", "LINE-DISTANCE", "LINE-SANITARY", "LINE-BUFFER")


def rule(code: str, **said: Any) -> Rule:
    kind = RULE_TYPES[code]
    return Rule(
        identifier="R", rule_type=code, title=WORD, clause=WORD, source=WORD, owner=WORD,
        legal_effect=LegalEffect.PROHIBIT, status="verified", parameters=kind.parameters(**said),
    )  # fmt: skip


def rulebook(*rules: Rule) -> Rulebook:
    return Rulebook("case", "1", WORD, "0" * 64, rules)


def line_rules(subject: str) -> list[Rule]:
    common = {"layer": "zone", "subject": subject}
    return [
        rule("LINE-OVERLAP", limit=0.0, **common),
        rule("LINE-INSIDE", limit=0.0, within="one", **common),
        rule("LINE-DISTANCE", limit=5.0, **common),
        rule("LINE-SANITARY", distance=12.0, **common),
        rule("LINE-BUFFER", distance=9.0, **common),
    ]


@st.composite
def rings(draw: st.DrawFn, middle: float = 0.0, reach: float = 30.0) -> list[list[float]]:
    """A star-shaped ring, either way round, begun anywhere."""
    count = draw(st.integers(3, 9))
    x, y = (draw(st.floats(middle - reach, middle + reach)) for _ in range(2))
    turns = np.linspace(0.0, 2.0 * math.pi, count, endpoint=False)
    radii = draw(st.lists(st.floats(2.0, 25.0), min_size=count, max_size=count))
    ring = [[x + r * math.cos(t), y + r * math.sin(t)] for r, t in zip(radii, turns, strict=True)]
    begin = draw(st.integers(0, count - 1))
    ring = ring[begin:] + ring[:begin]
    return ring[::-1] if draw(st.booleans()) else ring


@st.composite
def scenes(draw: st.DrawFn) -> dict[str, Any]:
    """A few prisms on several storeys, some below the ground, a roof, and zones around them."""
    elements: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 4))):
        low = draw(st.sampled_from([-4.0, 0.0, 3.0, 6.0]))
        high = low + draw(st.sampled_from([1.0, 3.0, 5.5]))
        polygon = draw(rings(reach=12.0))
        elements.append(
            {"id": f"E{number}", "prism": {"polygon": polygon, "low": low, "high": high}}
        )
    roof = {
        "id": "ROOF",
        "class": "IfcRoof",
        "prism": {"polygon": draw(rings(reach=8.0)), "low": 9.0, "high": 9.4},
    }
    storeys = [
        {"id": n, "elevation": e} for n, e in (("B1", -4.0), ("1F", 0.0), ("2F", 3.0), ("3F", 6.0))
    ]
    zones = [
        {"name": f"Z{n}", "polygon": draw(rings(reach=40.0))}
        for n in range(draw(st.integers(1, 3)))
    ]
    return {"model": {"elements": [*elements, roof], "storeys": storeys}, "layers": {"zone": zones}}


def judgements(report: Report) -> list[Judgement]:
    return [finding.judgement for finding in report.findings]


@settings(max_examples=200)
@given(scenes(), st.sampled_from(SUBJECTS))
def test_both_ways_agree_on_random_scenes(content: dict[str, Any], subject: str) -> None:
    report = run_scene(read_scene(content), rulebook(*line_rules(subject)))
    for judgement in judgements(report):
        assert judgement.trace is None
        assert "Computed another way" not in judgement.sentence.en, judgement


@given(rings(), rings(reach=20.0))
def test_counted_areas_are_within_their_resolution(one: list[Any], other: list[Any]) -> None:
    first, second = shapely.Polygon(one), shapely.Polygon(other)
    lattice = lattice_over(shapely.union(first, second).bounds)
    points = lattice.points()
    masks = [
        inside_rings(points, np.stack([c[:-1], c[1:]], axis=1))
        for c in (shapely.get_coordinates(shape) for shape in (first, second))
    ]
    both = masks[0] & masks[1]
    assert abs(both.sum() * lattice.step**2 - first.intersection(second).area) <= resolution(
        both, lattice.step
    )


def test_a_hollow_body_covers_its_hollow_only_where_it_is_closed_above() -> None:
    """A tube of 10 m by 10 m with a shaft of 4 m by 4 m, asked for between 1 m and 2 m."""
    outer, inner = shapely.box(0, 0, 10, 10), shapely.box(3, 3, 7, 7)
    ring = outer.difference(inner)
    triangles = []
    for part in shapely.get_parts(shapely.constrained_delaunay_triangles(ring)):
        corners = shapely.get_coordinates(part)[:3]
        triangles += [np.column_stack([corners, np.full(3, height)]) for height in (0.0, 5.0)]
    faces = np.array(triangles)
    lattice = lattice_over((-1.0, -1.0, 11.0, 11.0))
    points = lattice.points()
    low, high = (np.full(points.shape[:2], h) for h in (1.0, 2.0))
    owners = np.zeros(len(faces), dtype=np.int64)
    mask = covered(points, faces, owners, low, high, count_inside=True)
    assert mask.sum() * lattice.step**2 == pytest.approx(84.0, abs=resolution(mask, lattice.step))
    assert not covered(points, faces, owners, low, high, count_inside=False).any()


def test_edges_are_cut_to_the_heights_asked_for() -> None:
    """A slope from (0, 0, 0) to (10, 0, 10): between 2 m and 3 m it comes as near as 7 m to a line at x = 10."""
    slope = np.array([[[0.0, 0.0, 0.0], [10.0, 0.0, 10.0], [10.0, 5.0, 10.0]]])
    line = np.array([[[10.0, -5.0], [10.0, 5.0]]])
    assert nearest_edges(slope, line, 2.0, 3.0) == pytest.approx(7.0, abs=1e-12)
    assert nearest_edges(slope, line, -math.inf, math.inf) == 0.0
    assert nearest_edges(slope, line, 11.0, 12.0) == math.inf


def test_a_tip_that_every_point_misses_is_no_disagreement() -> None:
    """A roof and a zone share a tip of 0.033 m2 and 0.5 m; points stand 0.17 m apart, and none on it."""
    roof = [[2.0, 0.0], [1.247, 1.5637], [-0.445, 1.9499], [-1.8019, 0.8678]]
    roof += [[-20.72228396175564, -9.979325999703834], [-0.445, -1.9499], [13.7168, -17.2003]]
    zone = [[8.0, -21.0], [-13.753, -19.4363], [-17.892772141432086, -8.325937141636294]]
    zone += [[-16.8019, -20.1322], [-16.8019, -21.8678], [-15.445, -22.9499], [-13.753, -22.5637]]
    content = {
        "model": {
            "elements": [
                {"id": "R", "class": "IfcRoof", "prism": {"polygon": roof, "low": 9.0, "high": 9.4}}
            ]
        },
        "layers": {"zone": [{"name": "Z", "polygon": zone}]},
    }
    for judgement in judgements(run_scene(read_scene(content), rulebook(*line_rules("footprint")))):
        assert "Computed another way" not in judgement.sentence.en, judgement


SCENE = {
    "model": {"boxes": {"A": [[0, 0, 0], [10, 10, 30]]}},
    "layers": {"zone": [{"name": "Z", "polygon": [[8, -20], [40, -20], [40, 20], [8, 20]]}]},
}


@pytest.mark.parametrize("code", ["LINE-OVERLAP", "LINE-INSIDE", "LINE-DISTANCE", "LINE-BUFFER"])
def test_a_wrong_first_result_is_to_be_discussed(
    code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first way is made to claim three units more; the second does not agree, and the finding says so."""
    kind = RULE_TYPES[code]

    def wrong(asked: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
        return [
            replace(j, measurement=replace(j.measurement, measured=j.measurement.measured + 3.0))
            for j in kind.check(asked, scheme, around)
            if j.measurement is not None
        ]

    (asked,) = [r for r in line_rules("footprint") if r.rule_type == code]
    monkeypatch.setattr(
        "bim_checks.runner.RULE_TYPES", {**RULE_TYPES, code: replace(kind, check=wrong)}
    )
    west = 9 if code in ("LINE-OVERLAP", "LINE-INSIDE") else 14
    zone = {"name": "Z", "polygon": [[west, -20], [40, -20], [40, 20], [west, 20]]}
    content = {**SCENE, "layers": {"zone": [zone]}}
    (judgement,) = judgements(run_scene(read_scene(content), rulebook(asked)))
    assert judgement.outcome.value == "discuss"
    assert "Computed another way" in judgement.sentence.en
    assert judgement.second is not None


def test_the_second_way_says_how_and_how_closely() -> None:
    (judgement,) = judgements(run_scene(read_scene(SCENE), rulebook(line_rules("footprint")[0])))
    assert judgement.second is not None
    assert judgement.second.measured == pytest.approx(20.0, abs=judgement.second.resolution)
    assert judgement.second.resolution < 0.5
    assert "counting points" in judgement.second.method.en
