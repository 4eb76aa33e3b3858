"""A figure of sight or airspace tells how it came about, and can be derived again from what it tells."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import shapely
import yaml

from bim_checks.catalogue import RULE_TYPES
from bim_checks.examples import run_scene
from bim_checks.scene import read_scene
from tests.bim_checks.test_cases import FILES, rulebook

TOLD = [path for path in FILES if path.parent.name.startswith(("VIEW-", "AIR-"))]
LOOKS = {"VIEW-RIDGE-BAND", "VIEW-RIDGE-HIDDEN", "VIEW-LANDMARK", "VIEW-VISTA"}
TITLE = "Method and inputs"


def findings(path: Path, folder: Path) -> list[dict[str, Any]]:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    report = run_scene(read_scene(case, folder), rulebook(case, path.parent.name, folder))
    return [dict(finding.to_json()) for finding in report.findings]


def note(finding: dict[str, Any]) -> dict[str, str]:
    (table,) = (t for t in finding["tables"] if t["title"]["en"] == TITLE)
    return {item["en"]: value for item, value, _ in table["rows"]}


@pytest.mark.parametrize("path", TOLD, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_figure_tells_its_method_its_inputs_and_its_uncertainty(
    path: Path, tmp_path: Path
) -> None:
    for finding in findings(path, tmp_path):
        if finding["measured"] is None:
            assert finding["tables"] == []
            continue
        told = note(finding)
        assert told["method"]["en"]
        assert told["SHA-256 of the model's file, first 16 digits"] == "0" * 16
        parts = {
            "frame": "place of the model",
            "mesh": "meshes and resolution",
            "data": "city data",
        }
        for part, name in parts.items():
            stated = float(told[f"uncertainty: {name}"])
            assert stated == pytest.approx(finding["uncertainty_parts"][part], abs=5.1e-5)
        if path.parent.name in LOOKS:
            assert float(told["eye above the ground"]) > 0.0
            assert float(told["radius of the Earth R"]) == 6_371_000.0
            assert 0.0 <= float(told["curvature and refraction: k in (1 - k) d^2 / 2R"]) <= 1.0


def number(told: dict[str, str], *names: str) -> tuple[float, ...]:
    return tuple(float(told[name]) for name in names)


def test_the_limit_of_a_vista_comes_of_its_note(tmp_path: Path) -> None:
    """z(d) from the numbers of the note alone, at the place that is drawn."""
    path = FILES[0].parents[1] / "VIEW-VISTA" / "fail-the-earth-curves-at-mid-span.yaml"
    (finding,) = findings(path, tmp_path)
    told = note(finding)
    east, north, ground, height, k, radius, top = number(
        told,
        "easting of the viewpoint",
        "northing of the viewpoint",
        "ground elevation of the viewpoint",
        "eye above the ground",
        "curvature and refraction: k in (1 - k) d^2 / 2R",
        "radius of the Earth R",
        "elevation of the threshold zL",
    )
    left, right = (
        number(told, f"easting of the landmark's {side} end", f"northing of the landmark's {side} end")
        for side in ("left", "right")
    )  # fmt: skip
    eye = ground + height
    best = math.inf
    for x, y, _ in shapely.get_coordinates(shapely.geometry.shape(finding["geometry"]), include_z=True):  # fmt: skip
        d = math.hypot(x - east, y - north)
        # The landmark's line runs north here, so a line of sight meets it where its easting fits.
        assert left[0] == right[0]
        whole = d * (left[0] - east) / (x - east)
        best = min(best, eye + (top - eye) * d / whole - (1 - k) * d * (whole - d) / (2 * radius))
    assert best == pytest.approx(finding["limit"], abs=1e-3)


def test_the_limit_of_a_ridge_band_comes_of_its_note(tmp_path: Path) -> None:
    path = FILES[0].parents[1] / "VIEW-RIDGE-BAND" / "fail-rises-into-the-band.yaml"
    (finding,) = findings(path, tmp_path)
    ((east, north, _), (x, y, _)) = finding["geometry"]["coordinates"]
    told = note(finding)
    ground, height, k, radius, share, base = number(
        told,
        "ground elevation of the viewpoint",
        "eye above the ground",
        "curvature and refraction: k in (1 - k) d^2 / 2R",
        "radius of the Earth R",
        "share that must stay free",
        "elevation of the base",
    )
    assert (east, north) == number(told, "easting of the viewpoint", "northing of the viewpoint")
    eye, d = ground + height, math.hypot(x - east, y - north)
    far = d * 1900.0 / (y - north)  # the case's ridge runs level, straight across, 1,900 m away

    def angle(elevation: float) -> float:
        return math.atan2(elevation - (1 - k) * far**2 / (2 * radius) - eye, far)

    limit = angle(200.0) - share * (angle(200.0) - angle(base))
    wanted = eye + d * math.tan(limit) + (1 - k) * d**2 / (2 * radius)
    assert finding["limit"] == pytest.approx(wanted, abs=2e-4)


def test_rules_of_sight_and_airspace_are_the_ones_told() -> None:
    assert {path.parent.name for path in TOLD} == {
        code for code in RULE_TYPES if code.startswith(("VIEW-", "AIR-"))
    }
