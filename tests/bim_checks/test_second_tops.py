"""Legal heights that are counted to a point, found twice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bim_checks.measures.ground_reference import GroundParameters
from bim_checks.measures.legal_height import RoofParameters
from tests.support.second_ways import (
    agree,
    buildings,
    is_to_be_discussed,
    judgements,
    measure_wrongly,
    metres,
    rings,
)

GROUND = GroundParameters(reference="lowest", surface="city")
REGIMES = ("highest_point", "parapet_or_mean", "ridge", "roof_surface", "eave")


@st.composite
def roofs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Roofs as the file names them, flat, with a parapet or pitched, anywhere over or beside the building."""
    found: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 3))):
        x, y, z = draw(metres(-15, 15)), draw(metres(-15, 15)), draw(metres(3, 25))
        east, north = x + draw(metres(3, 15)), y + draw(metres(3, 15))
        kind = draw(st.sampled_from(["flat", "parapet", "pitched"]))
        slab = {"class": "IfcSlab", "type": "ROOF", "box": [[x, y, z], [east, north, z + 0.3]]}
        if kind == "pitched":
            ridge = z + 0.5 + draw(metres(0.3, 6))
            gabled = {"box": [[x, y, z], [east, north, z + 0.2]], "ridge": ridge, "along": "x"}
            slab = {"class": "IfcRoof", "gable": gabled}
        found.append({"id": f"R{number}", **slab})
        if kind == "parapet":
            top = z + 0.3 + draw(metres(0.2, 2))
            wall = {"class": "IfcWall", "type": "PARAPET", "box": [[x, y, z], [east, y + 0.2, top]]}
            found.append({"id": f"P{number}", **wall})
    return found


@settings(max_examples=200)
@given(buildings(), roofs(), st.none() | rings(), st.sampled_from(REGIMES))
def test_heights_agree_on_random_scenes(
    elements: list[Any], above: list[Any], ring: list[Any] | None, regime: str
) -> None:
    content: dict[str, Any] = {"model": {"elements": [*elements, *above]}}
    said: dict[str, Any] = {"regime": regime, "limit": 20.0, "ground": GROUND}
    if ring is not None:
        content["layers"] = {"zone": [{"name": "Z", "polygon": ring}]}
        said["layer"] = "zone"
    agree(judgements(content, "HEIGHT-LIMIT", **said))


@settings(max_examples=200)
@given(buildings(), roofs(), rings(), st.sampled_from(REGIMES))
def test_elevations_agree_on_random_scenes(
    elements: list[Any], above: list[Any], ring: list[Any], regime: str
) -> None:
    zone = {"name": "Z", "polygon": ring, "attributes": {"limit_elevation": 20.0}}
    content = {"model": {"elements": [*elements, *above]}, "layers": {"zone": [zone]}}
    agree(judgements(content, "HEIGHT-DATUM", regime=regime, layer="zone"))


@pytest.mark.parametrize("by", [-1.0, -0.01, 0.01, 1.0])
@pytest.mark.parametrize(
    ("regime", "height"),
    [("highest_point", 16.0), ("parapet_or_mean", 13.0), ("roof_surface", 12.3)],
)
def test_a_wrong_height_is_to_be_discussed(
    monkeypatch: pytest.MonkeyPatch, regime: str, height: float, by: float
) -> None:
    elements = [
        {"id": "H", "box": [[0, 0, 0], [20, 10, 12]]},
        {"id": "R", "class": "IfcSlab", "type": "ROOF", "box": [[0, 0, 12], [20, 10, 12.3]]},
        {"id": "P", "class": "IfcWall", "type": "PARAPET", "box": [[0, 0, 12], [20, 0.2, 13]]},
        {"id": "M", "class": "IfcChimney", "box": [[9, 4, 12.3], [9.5, 4.5, 16]]},
    ]
    zone = {"name": "Z", "polygon": [[-9, -9], [30, -9], [30, 30], [-9, 30]]}
    content = {"model": {"elements": elements}, "layers": {"zone": [zone]}}
    said: dict[str, Any] = {
        "regime": regime,
        "limit": 20.0,
        "layer": "zone",
        "ground": GROUND,
        "roofs": RoofParameters(uncounted=("IfcChimney",)),
    }
    (right,) = judgements(content, "HEIGHT-LIMIT", **said)
    assert right.second is not None
    assert right.second.measured == pytest.approx(height, abs=right.second.resolution)
    measure_wrongly(monkeypatch, "HEIGHT-LIMIT", lambda measured: measured + by)
    assert is_to_be_discussed(judgements(content, "HEIGHT-LIMIT", **said))
