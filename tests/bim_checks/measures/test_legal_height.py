from __future__ import annotations

import math
from typing import Any

import pytest
import shapely

from bim_checks.measures.floors import floors_to_remove
from bim_checks.measures.ground_reference import Ground, GroundParameters, ground_of
from bim_checks.measures.legal_height import LegalTops, RoofParameters, legal_tops
from bim_checks.measures.roof_form import roof_forms
from bim_checks.measures.roof_rooms import RoofRoomParameters
from bim_checks.scene import GROUND, ORIGIN, read_scene
from bim_checks.scheme import Scheme
from cim.frame import decide_frame

Elements = list[dict[str, Any]]


def scheme_of(elements: Elements, **model: Any) -> Scheme:
    scene = read_scene({"model": {"elements": elements, **model}})
    ledger = decide_frame(scene.model, scene.city.frame, scene.city.terrain, place=scene.place)
    return Scheme(scene.model, ledger)


def tops_of(elements: Elements, stated: RoofParameters | None = None) -> LegalTops:
    found = legal_tops(scheme_of(elements), stated or RoofParameters())
    assert found is not None
    return found


def elevations(found: LegalTops) -> dict[str, float]:
    """Above the ground of the scene, to the millimetre."""
    return {regime: round(top.elevation - GROUND, 3) for regime, top in found.tops.items()}


def sheet(corners: list[list[float]]) -> dict[str, Any]:
    return {"vertices": corners, "faces": [[0, 1, 2], [0, 2, 3]]}


def test_one_house_has_five_legal_heights() -> None:
    house = {
        "id": "H",
        "class": "IfcRoof",
        "gable": {"box": [[0, 0, 0], [20, 10, 9]], "ridge": 13, "along": "x"},
    }
    mast = {"id": "M", "class": "IfcChimney", "box": [[5, 5, 12], [5.5, 5.5, 16]]}
    found = tops_of([house, mast], RoofParameters(uncounted=("IfcChimney",)))
    assert elevations(found) == {
        "highest_point": 16.0,
        "parapet_or_mean": 11.0,
        "eave": 9.0,
        "ridge": 13.0,
        "roof_surface": 11.0,
    }
    assert found.tops["highest_point"].elements == ("M",)
    assert found.tops["ridge"].elements == ("H",)


def test_a_flat_roof_with_a_parapet_differs_between_the_codes() -> None:
    roof = {"id": "R", "class": "IfcSlab", "type": "ROOF", "box": [[0, 0, 0], [20, 10, 30]]}
    edge = {"id": "P", "class": "IfcWall", "type": "PARAPET", "box": [[0, 0, 30], [20, 0.2, 31.2]]}
    assert elevations(tops_of([roof, edge])) == {
        "highest_point": 31.2,
        "parapet_or_mean": 31.2,
        "eave": 31.2,
        "ridge": 31.2,
        "roof_surface": 30.0,
    }


@pytest.mark.parametrize(("degrees", "kind"), [(4.9, "flat"), (5.1, "pitched")])
def test_a_roof_is_flat_below_five_degrees(degrees: float, kind: str) -> None:
    rise = 10.0 * math.tan(math.radians(degrees))
    mesh = sheet([[0, 0, 6], [10, 0, 6 + rise], [10, 8, 6 + rise], [0, 8, 6]])
    (form,) = roof_forms(scheme_of([{"id": "R", "class": "IfcRoof", "mesh": mesh}]), flat_below=5.0)
    assert form.kind == kind
    assert form.slope == pytest.approx(degrees, abs=1e-6)
    assert form.plan.area == pytest.approx(80.0, abs=1e-6)


def test_two_slabs_that_meet_at_the_ridge_are_one_form() -> None:
    first = sheet([[0, 0, 6], [10, 0, 6], [10, 4, 9], [0, 4, 9]])
    second = sheet([[0, 4, 9], [10, 4, 9], [10, 8, 6], [0, 8, 6]])
    elements = [
        {"id": i, "class": "IfcSlab", "type": "ROOF", "mesh": m}
        for i, m in (("A", first), ("B", second))
    ]
    found = tops_of(elements)
    (form,) = found.forms
    assert form.plan.area == pytest.approx(80.0, abs=1e-5)
    assert elevations(found)["parapet_or_mean"] == 7.5
    assert found.tops["parapet_or_mean"].elements == ("A", "B")


def test_a_valley_is_no_eave() -> None:
    # A butterfly roof: level outer edges at 9 m, the valley in the middle at 6 m. Eave and ridge are both 9 m.
    first = sheet([[0, 0, 9], [10, 0, 9], [10, 4, 6], [0, 4, 6]])
    second = sheet([[0, 4, 6], [10, 4, 6], [10, 8, 9], [0, 8, 9]])
    elements = [
        {"id": i, "class": "IfcSlab", "type": "ROOF", "mesh": m}
        for i, m in (("A", first), ("B", second))
    ]
    found = elevations(tops_of(elements))
    assert found["ridge"] == 9.0
    assert found["eave"] == 9.0


def test_a_roof_without_a_level_edge_has_its_eave_at_its_lowest_corner() -> None:
    mesh = {"vertices": [[0, 0, 6], [10, 0, 8], [4, 9, 11]], "faces": [[0, 1, 2]]}
    found = elevations(tops_of([{"id": "R", "class": "IfcRoof", "mesh": mesh}]))
    assert (found["eave"], found["ridge"]) == (6.0, 11.0)


def test_a_mansard_with_a_flat_middle_counts_the_higher_of_both() -> None:
    slope = sheet([[0, 0, 6], [10, 0, 6], [10, 2, 10], [0, 2, 10]])
    flat = sheet([[0, 2, 10], [10, 2, 10], [10, 8, 10], [0, 8, 10]])
    elements = [
        {"id": i, "class": "IfcSlab", "type": "ROOF", "mesh": m}
        for i, m in (("A", slope), ("B", flat))
    ]
    assert elevations(tops_of(elements))["parapet_or_mean"] == 10.0


def test_rooms_of_a_quarter_do_not_count_and_are_told() -> None:
    roof = {"id": "R", "class": "IfcSlab", "type": "ROOF", "box": [[0, 0, 0], [20, 10, 30]]}
    walls = [
        {"id": "W1", "box": [[4, 2, 30], [10, 2.2, 33]]},
        {"id": "W2", "box": [[4, 7.8, 30], [10, 8, 33]]},
        {"id": "W3", "box": [[4, 2.2, 30], [4.2, 7.8, 33]]},
        {"id": "W4", "box": [[9.8, 2.2, 30], [10, 7.8, 33]]},
    ]
    stated = RoofParameters(rooms=RoofRoomParameters(share=0.25, height=6.0))
    found = tops_of([roof, *walls], stated)
    # Four walls without a roof of their own enclose 6 m x 6 m of 200 m2.
    assert found.rooms_share == pytest.approx(36.0 / 200.0, abs=1e-6)
    assert found.rooms == (1, 2, 3, 4)
    assert elevations(found)["parapet_or_mean"] == 30.0
    assert elevations(tops_of([roof, *walls]))["parapet_or_mean"] == 33.0


def test_a_tall_screen_around_the_whole_roof_is_no_room() -> None:
    roof = {"id": "R", "class": "IfcSlab", "type": "ROOF", "box": [[0, 0, 0], [20, 10, 30]]}
    ring = [
        {"id": "S1", "box": [[0, 0, 30], [20, 0.2, 34]]},
        {"id": "S2", "box": [[0, 9.8, 30], [20, 10, 34]]},
        {"id": "S3", "box": [[0, 0.2, 30], [0.2, 9.8, 34]]},
        {"id": "S4", "box": [[19.8, 0.2, 30], [20, 9.8, 34]]},
    ]
    stated = RoofParameters(rooms=RoofRoomParameters(share=0.25, height=6.0))
    assert elevations(tops_of([roof, *ring], stated))["parapet_or_mean"] == 34.0


def test_only_what_stands_in_the_zone_counts() -> None:
    low = {"id": "L", "class": "IfcSlab", "type": "ROOF", "box": [[0, 0, 0], [20, 10, 12]]}
    high = {"id": "H", "class": "IfcSlab", "type": "ROOF", "box": [[20, 0, 0], [40, 10, 40]]}
    east, north = ORIGIN
    zone = shapely.box(east - 5.0, north - 5.0, east + 20.0, north + 20.0)
    found = legal_tops(scheme_of([low, high]), RoofParameters(), zone)
    assert found is not None
    assert set(elevations(found).values()) == {12.0}
    assert legal_tops(scheme_of([low, high]), RoofParameters(), shapely.box(0, 0, 1, 1)) is None


def test_an_unnamed_roof_in_a_zone_is_not_hidden_by_a_tower_elsewhere() -> None:
    tower = {"id": "T", "class": "IfcSlab", "type": "ROOF", "box": [[0, 0, 0], [10, 10, 60]]}
    wing = {"id": "W", "box": [[10, 0, 0], [40, 10, 25]]}
    east, north = ORIGIN
    zone = shapely.box(east + 12.0, north - 5.0, east + 60.0, north + 20.0)
    found = legal_tops(scheme_of([tower, wing]), RoofParameters(), zone)
    assert found is not None
    assert set(elevations(found).values()) == {25.0}
    assert found.tops["roof_surface"].elements == ("W",)


def test_what_covers_nothing_in_plan_counts_to_its_highest_point() -> None:
    upright = sheet([[0, 0, 0], [10, 0, 0], [10, 0, 7], [0, 0, 7]])
    assert set(elevations(tops_of([{"id": "S", "mesh": upright}])).values()) == {7.0}


def test_the_model_s_own_ground_goes_before_the_city_s() -> None:
    # The site is drawn 0.3 m below the model's zero; the city's ground is at 5 m, where the zero stands.
    house = {"id": "H", "box": [[0, 0, 0], [10, 10, 6]]}
    door = {"id": "D", "class": "IfcDoor", "name": "Haupteingang", "box": [[4, 0, 0], [6, 0.2, 2]]}
    site = {
        "id": "T",
        "class": "IfcGeographicElement",
        "type": "TERRAIN",
        "mesh": sheet([[-50, -50, -0.3], [50, -50, -0.3], [50, 50, -0.3], [-50, 50, -0.3]]),
    }
    scheme = scheme_of([house, door, site])
    stated = GroundParameters(reference="main_entrance")
    design = ground_of(scheme, _level, stated)
    assert isinstance(design, Ground)
    assert (design.height, design.own, design.assumed, design.elements) == (
        pytest.approx(4.7),
        True,
        True,
        ("D",),
    )
    city = ground_of(scheme, _level, GroundParameters(reference="main_entrance", surface="city"))
    assert isinstance(city, Ground)
    assert (city.height, city.own) == (pytest.approx(5.0), False)


def _level(points: Any) -> Any:
    return 0.0 * points[:, 0] + GROUND


@pytest.mark.parametrize(
    ("excess", "floors"),
    [(0.5, 1), (3.6, 1), (3.61, 2), (7.2, 2), (10.8, 3), (10.81, None), (0.0, None)],
)
def test_storeys_to_remove_come_from_the_top_down(excess: float, floors: int | None) -> None:
    # Floors at 0, 3.6 and 7.2 m, the roof's level at 10.8 m with a parapet of 1.2 m.
    storeys = [{"id": f"S{i}", "elevation": 3.6 * i} for i in range(4)]
    scheme = scheme_of([{"id": "B", "box": [[0, 0, 0], [9, 9, 12]]}], storeys=storeys)
    assert floors_to_remove(scheme, GROUND + 12.0, excess) == floors
