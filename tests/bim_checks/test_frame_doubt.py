"""What the ledger is unsure of reaches the verdicts: `discuss`, neither a false pass nor a false fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from bim_checks.report import Report
from bim_checks.rulebook import read_rulebook
from bim_checks.runner import run_checks
from cim.control_lines.feature import ControlFeature
from cim.frame import ExplicitPlace, decide_frame
from cim.text import Text
from tests.bim_checks.test_rulebook import HEAD
from tests.cim.frame.test_cases import conversion
from tests.support.cities import FRAME, ORIGIN, FlatCity, LinesInMemory
from tests.support.models import boxes_model, polygon_surface

HEIGHT, WIDTH = 60.0, 10.0
ENTRY = (
    "  - {id: %s, type: %s, title: {zh: t, en: t}, clause: {zh: c, en: c}, source: {zh: s, en: s},\n"
    "     owner: {zh: o, en: o}, legal_effect: prohibit, status: verified%s}\n"
)
RULES = "".join(
    ENTRY % row
    for row in (
        ("FRAME", "FRAME-PROVEN", ""),
        ("OVERLAP", "LINE-OVERLAP", ", layer: zone, subject: footprint, limit: 0"),
        ("DISTANCE", "LINE-DISTANCE", ", layer: zone, subject: footprint, limit: 2"),
        ("INSIDE", "LINE-INSIDE", ", layer: plot, subject: footprint, limit: 0"),
        ("HEIGHT", "HEIGHT-ZONE", ", layer: height"),
    )
)


def judged(
    tmp_path: Path, place: ExplicitPlace, *, gap: float, room: float, headroom: float
) -> dict[str, str]:
    """Outcomes of a box 10 m wide: `gap` to the zone in the east, `room` to the plot's west edge."""
    book = tmp_path / "rulebook.yaml"
    book.write_text(HEAD + RULES, encoding="utf-8")
    east, north = ORIGIN
    shapes = {
        "zone": shapely.box(east + WIDTH + gap, north - 50, east + 90, north + 90),
        "plot": shapely.box(east - room, north - 50, east + 90, north + 90),
        "height": shapely.box(east - 90, north - 90, east + 90, north + 90),
    }
    features = [
        ControlFeature(
            number,
            layer,
            Text(zh=layer, en=layer),
            shape,
            {"limit_elevation": place.orthogonal_height + HEIGHT + headroom},
        )
        for number, (layer, shape) in enumerate(shapes.items(), start=1)
    ]
    city = FlatCity(("zone", "plot", "height"))
    model = boxes_model({"A": ((0.0, 0.0, 0.0), (WIDTH, 10.0, HEIGHT))})
    ledger = decide_frame(model, FRAME, city.terrain, place=place)
    report: Report = run_checks(model, city, ledger, LinesInMemory(features), read_rulebook(book))
    return {finding.rule: finding.outcome.value for finding in report.findings}


SURE = ExplicitPlace(*ORIGIN, 5.0, 0.0)
UNSURE = replace(SURE, horizontal_uncertainty=0.30, vertical_uncertainty=0.20)


@pytest.mark.parametrize(
    ("place", "shift", "expected"),
    [
        (SURE, 0.10, "pass"),
        (SURE, -0.10, "fail"),
        (UNSURE, 0.10, "discuss"),
        (UNSURE, -0.10, "discuss"),
        (UNSURE, 0.50, "pass"),
        (UNSURE, -0.50, "fail"),
    ],
)
def test_within_the_doubt_nothing_is_passed_or_failed(
    tmp_path: Path, place: ExplicitPlace, shift: float, expected: str
) -> None:
    near = judged(tmp_path, place, gap=2.0 + shift, room=shift, headroom=shift)
    assert near == {
        "FRAME": "pass",
        "OVERLAP": "pass",
        "DISTANCE": expected,
        "INSIDE": expected,
        "HEIGHT": expected,
    }
    assert judged(tmp_path, place, gap=shift, room=5.0, headroom=5.0)["OVERLAP"] == expected


def test_a_site_drawn_from_the_boundary_points_is_not_in_doubt(tmp_path: Path) -> None:
    outcomes = judged(tmp_path, SURE, gap=0.0, room=0.0, headroom=1.0)
    assert (outcomes["OVERLAP"], outcomes["INSIDE"]) == ("pass", "pass")


def test_an_open_question_of_the_frame_is_to_be_discussed_in_the_tools_words(
    tmp_path: Path,
) -> None:
    book = tmp_path / "rulebook.yaml"
    book.write_text(HEAD + ENTRY % ("FRAME", "FRAME-PROVEN", ""), encoding="utf-8")
    stated = conversion(
        {
            "eastings": ORIGIN[0],
            "northings": ORIGIN[1],
            "orthogonal_height": 10.0,
            "vertical_datum": None,
        }
    )
    model = replace(
        boxes_model({"A": ((0.0, 0.0, 0.0), (10.0, 10.0, 10.0))}, map_conversion=stated),
        authoring_tool="Autodesk Revit 2025 (ENU) 2025",
    )
    city = FlatCity(())
    ledger = decide_frame(model, FRAME, city.terrain)
    report = run_checks(model, city, ledger, LinesInMemory([]), read_rulebook(book))
    told = [(f.outcome.value, f.judgement.sentence.en) for f in report.findings]
    assert [outcome for outcome, _ in told] == ["discuss", "discuss"]
    assert "vertical datum is unknown" in told[0][1]
    assert "5.00 m above the ground" in told[1][1]
    fixes = [f.judgement.fix.en for f in report.findings]
    assert all("In Revit: Manage > Coordinates" in fix for fix in fixes)
    document = report.to_document()["frame"]
    taken = document["candidates"][document["taken"]]
    assert [f["code"] for f in taken["findings"]] == ["FRAME-VERTICAL-DATUM", "FRAME-GROUND"]
    assert {steps["tool"] for f in taken["findings"] for steps in f["steps"]} == {"Revit"}
    assert document["uncertainty"]["vertical"] == 0.5


def test_a_terrain_mesh_and_its_outline_give_the_same_site(tmp_path: Path) -> None:
    ring = [(0.0, 0.0), (40.0, 0.0), (40.0, 30.0), (0.0, 30.0)]
    model = boxes_model({"A": ((0.0, 0.0, 0.0), (5.0, 5.0, 5.0))}, site=polygon_surface(ring))
    from cim.frame.shape import shape_of

    site = shape_of(model).site
    assert site is not None
    assert site.equals(shapely.Polygon(ring))
    folded = replace(
        model.meshes[1],
        faces=np.concatenate([model.meshes[1].faces, model.meshes[1].faces[::-1]]),
    )
    twice = shape_of(replace(model, meshes=(model.meshes[0], folded))).site
    assert twice is not None
    assert twice.equals(shapely.Polygon(ring))  # overlapping triangles: the union, not the edges
