"""Green and floor areas, measured twice: the two ways agree on random scenes, and the second is heard where they do not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.regimes import HALVES, NOTHINGS
from tests.support.second_ways import (
    agree,
    buildings,
    is_to_be_discussed,
    judgements,
    measure_wrongly,
    metres,
    rings,
)

PARCEL = {"name": "P", "polygon": [[-40, -40], [40, -40], [40, 40], [-40, 40]]}
STOREYS = [{"id": "S1", "name": "1F", "elevation": 0}, {"id": "S2", "name": "2F", "elevation": 3}]
COUNTING = {"regimes": (HALVES, NOTHINGS), "counted_by": "HALVES", "duct_area": 2.0}


@st.composite
def lawns(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        {
            "id": f"G{number}",
            "class": "IfcGeographicElement",
            "type": "VEGETATION",
            "prism": {"polygon": draw(rings(reach=30.0)), "low": -0.2, "high": 0.0},
        }
        for number in range(draw(st.integers(1, 3)))
    ]


@st.composite
def spaces(draw: st.DrawFn, kind: str) -> list[dict[str, Any]]:
    """Rooms on two storeys that may overlap, some below a pitched roof."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        low = draw(st.sampled_from([0.0, 3.0]))
        if draw(st.booleans()):
            solid: dict[str, Any] = {
                "prism": {"polygon": draw(rings(reach=8.0)), "low": low, "high": low + 2.6}
            }
        else:
            x, y = draw(metres(-9, 9)), draw(metres(-9, 9))
            wide, deep = draw(metres(3, 12)), draw(metres(3, 12))
            box = [[x, y, low], [x + wide, y + deep, low + draw(metres(0.3, 2.5))]]
            solid = {"gable": {"box": box, "ridge": low + draw(metres(2.6, 5)), "along": "x"}}
        found.append({"id": f"SP{number}", "type": kind, **solid})
    return found


@settings(max_examples=200)
@given(buildings(), lawns(), rings(reach=10.0, least=15.0, most=40.0), metres(0.0, 3.0))
def test_green_agrees_on_random_scenes(
    elements: list[Any], green: list[Any], parcel: list[Any], distance: float
) -> None:
    named = [{**e, "class": ["IfcWall", "IfcSlab"][i % 2]} for i, e in enumerate(elements)]
    content = {
        "model": {"elements": [*named, *green]},
        "layers": {"parcel": [{"name": "P", "polygon": parcel}]},
    }
    said = {"limit": 30.0, "least_site": 0.0, "wall_distance": distance, "green_names": "草"}
    agree(judgements(content, "AREA-GREEN", layer="parcel", **said))


@settings(max_examples=200)
@given(st.sampled_from(["GFA", "INTERNAL"]).flatmap(spaces), st.booleans())
def test_floor_areas_agree_on_random_scenes(rooms: list[Any], of_land: bool) -> None:
    slab = {"id": "SLAB", "class": "IfcSlab", "box": [[-5, -5, -0.3], [5, 5, 0]]}
    content = {
        "model": {"elements": [slab], "spaces": rooms, "storeys": STOREYS},
        "layers": {"parcel": [PARCEL]},
    }
    if of_land:
        said = {"limit": 1.0, "layer": "parcel", "below_ground_share": 0.5, **COUNTING}
        assert agree(judgements(content, "AREA-FAR", **said))
    else:
        assert agree(judgements(content, "AREA-GFA", limit=100.0, **COUNTING))


@pytest.mark.parametrize("by", [-2.0, 2.0])
def test_a_wrong_green_ratio_is_to_be_discussed(monkeypatch: pytest.MonkeyPatch, by: float) -> None:
    """A lawn of 20 m by 40 m along a wall takes 12.5 % of 6400 m2, 11.875 % beyond a metre."""
    lawn = {"class": "IfcGeographicElement", "type": "VEGETATION", "id": "G"}
    elements = [
        {"id": "W", "class": "IfcWall", "box": [[-0.2, -40, 0], [0, 40, 9]]},
        {**lawn, "box": [[0, -20, -0.2], [20, 20, 0]]},
    ]
    content = {"model": {"elements": elements}, "layers": {"parcel": [PARCEL]}}
    said = {"limit": 11.0, "least_site": 0.0, "wall_distance": 1.0, "green_names": "草"}
    (right,) = judgements(content, "AREA-GREEN", layer="parcel", **said)
    assert right.second is not None
    assert right.second.measured == pytest.approx(11.875, abs=right.second.resolution)
    assert right.second.resolution < 0.4
    measure_wrongly(monkeypatch, "AREA-GREEN", lambda measured: measured + by)
    assert is_to_be_discussed(judgements(content, "AREA-GREEN", layer="parcel", **said))


@pytest.mark.parametrize(
    ("code", "by"), [("AREA-GFA", -20.0), ("AREA-GFA", 20.0), ("AREA-FAR", 0.01)]
)
def test_a_wrong_floor_area_is_to_be_discussed(
    monkeypatch: pytest.MonkeyPatch, code: str, by: float
) -> None:
    room = {"id": "SP", "type": "GFA", "box": [[0, 0, 0], [20, 10, 3]]}
    slab = {"id": "SLAB", "class": "IfcSlab", "box": [[0, 0, -0.3], [20, 10, 0]]}
    content = {
        "model": {"elements": [slab], "spaces": [room], "storeys": STOREYS},
        "layers": {"parcel": [PARCEL]},
    }
    said: dict[str, Any] = {"limit": 100.0, **COUNTING}
    if code == "AREA-FAR":
        said |= {"layer": "parcel", "below_ground_share": 0.5}
    (right,) = judgements(content, code, **said)
    assert right.second is not None
    area = 200.0 if code == "AREA-GFA" else 200.0 / 6400.0
    assert right.second.measured == pytest.approx(area, abs=right.second.resolution)
    measure_wrongly(monkeypatch, code, lambda measured: measured + by)
    assert is_to_be_discussed(judgements(content, code, **said))
