"""Many outlines at once: the numbers of the single check, one by one."""

from __future__ import annotations

import math
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from bim_checks.bulk import BulkAnswer, check_outlines
from bim_checks.distance_table import DistanceClass
from bim_checks.examples import run_scene
from bim_checks.finding import Outcome
from bim_checks.scene import ORIGIN, Scene, read_scene
from cim.frame import FrameUncertainty
from tests.bim_checks.test_second_lines import line_rules, rings, rule, rulebook


def outline(ring: list[list[float]]) -> shapely.Polygon:
    return shapely.Polygon([(ORIGIN[0] + x, ORIGIN[1] + y) for x, y in ring])


def answers(outlines: list[Any], rules: list[Any], scene: Scene, **more: Any) -> list[BulkAnswer]:
    return [
        answer
        for found in check_outlines(outlines, rules, scene.city, scene.lines, **more)
        for answer in found
    ]


def one_by_one(
    site: list[list[float]], layers: dict[str, Any], code: Any
) -> list[tuple[str, float, float, float]]:
    report = run_scene(read_scene({"parcel": site, "layers": layers}), rulebook(code))
    found = []
    for finding in report.findings:
        m, outcome = finding.judgement.measurement, finding.outcome.value
        if m is None:
            found.append((outcome, math.inf, math.inf, math.inf))
            continue
        found.append(
            (outcome, round(m.measured, 6), round(m.margin, 6), round(m.uncertainty.total, 6))
        )
    return sorted(found)


@settings(max_examples=60)
@given(
    st.lists(rings(), min_size=1, max_size=4),
    st.lists(rings(reach=40.0), min_size=1, max_size=4),
    st.sampled_from(["one", "union"]),
)
def test_the_numbers_are_those_of_the_single_check(
    sites: list[Any], zones: list[Any], within: str
) -> None:
    layers = {"zone": [{"name": f"Z{n}", "polygon": ring} for n, ring in enumerate(zones)]}
    scene = read_scene({"layers": layers})
    rules = [
        *[r for r in line_rules("site") if r.rule_type != "LINE-INSIDE"],
        rule("LINE-INSIDE", layer="zone", subject="site", limit=0.0, within=within),
    ]
    for asked in rules:
        bulk = answers([outline(s) for s in sites], [asked], scene)
        for number, site in enumerate(sites):
            mine = sorted(
                (a.outcome.value, round(a.measured, 6), round(a.margin, 6), round(a.uncertainty, 6))
                for a in bulk
                if a.outline == number
            )
            alone = one_by_one(site, layers, asked)
            if any(math.isnan(measured) for _, measured, _, _ in mine):
                assert [(o, math.inf, math.inf, math.inf) for o, *_ in mine] == alone
            else:
                assert mine == alone, asked.rule_type


SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10]]


def test_each_outline_has_its_answers_in_the_order_of_the_rules() -> None:
    layers = {"zone": [{"name": "Z", "polygon": [[8, 0], [20, 0], [20, 10], [8, 10]]}]}
    scene = read_scene({"layers": layers})
    far = [[x + 100, y] for x, y in SQUARE]
    asked = [line_rules("site")[0], line_rules("site")[2]]
    found = answers([outline(SQUARE), outline(far)], asked, scene)
    assert [(a.outline, a.outcome, a.feature) for a in found] == [
        (0, Outcome.FAIL, 0),
        (1, Outcome.PASS, None),
        (0, Outcome.FAIL, 0),
        (1, Outcome.PASS, 0),
    ]
    assert [round(a.measured, 6) for a in found] == [20.0, 0.0, 0.0, 80.0]


def test_a_place_in_doubt_is_discussed_near_an_edge() -> None:
    layers = {"zone": [{"name": "Z", "polygon": [[10.3, 0], [20, 0], [20, 10], [10.3, 10]]}]}
    scene = read_scene({"layers": layers})
    doubt = FrameUncertainty(0.5, 0.0)
    (found,) = answers([outline(SQUARE)], line_rules("site")[:1], scene, uncertainty=doubt)
    assert (found.outcome, found.measured) == (Outcome.DISCUSS, 0.0)


def test_a_kind_that_no_table_knows_is_not_checkable() -> None:
    layers = {
        "zone": [
            {"name": "Z", "polygon": [[30, 0], [40, 0], [40, 10]], "attributes": {"kind": "x"}}
        ]
    }
    scene = read_scene({"layers": layers})
    asked = rule(
        "LINE-SANITARY", layer="zone", subject="site", attributes=("kind",),
        classes=(DistanceClass(values=("y",), distance=50.0),),
    )  # fmt: skip
    (found,) = answers([outline(SQUARE)], [asked], scene)
    assert found.outcome is Outcome.NOT_CHECKABLE
    assert math.isnan(found.measured)


def test_a_rule_that_outlines_cannot_answer_is_refused() -> None:
    scene = read_scene({"layers": {"zone": []}})
    asked = rule("LINE-DISTANCE", layer="zone", subject="footprint", limit=1.0, measured="space")
    with pytest.raises(ValueError, match="R"):
        list(check_outlines([outline(SQUARE)], [asked], scene.city, scene.lines))
