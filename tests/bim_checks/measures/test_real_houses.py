"""Houses that others drew: what is measured on them, against what their own quantities say."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bim_checks.measures.area_ledger import Ledger, ledger_of
from bim_checks.measures.declared import Declared, declared_areas
from bim_checks.scheme import Scheme
from cim.building import BuildingModel
from cim.ifc import read_ifc
from tests.support.regimes import HALVES


@pytest.fixture(scope="module")
def town_house(data_folder: Path) -> BuildingModel:
    return read_ifc(data_folder / "ifc" / "ThatOpen__engine_web-ifc" / "AC20-FZK-Haus.ifc")


@pytest.fixture(scope="module")
def duplex(data_folder: Path) -> BuildingModel:
    folder = data_folder / "ifc" / "stijngoedertier__georeference-ifc"
    return read_ifc(folder / "Duplex_A_20110907_georeferenced.ifc")


@pytest.fixture(scope="module")
def bungalow(data_folder: Path) -> BuildingModel:
    return read_ifc(data_folder / "ifc" / "youshengCode__IfcSampleFiles" / "Ifc4_SampleHouse.ifc")


def ledger(model: BuildingModel) -> Ledger:
    return ledger_of(Scheme(model, None), [HALVES], duct_area=1.0)


def declared(model: BuildingModel, quantity: str) -> dict[str, Declared]:
    found = declared_areas(model, ledger(model).floors)
    return {entry.what: entry for entry in found if entry.quantity.endswith(f".{quantity}")}


def test_the_town_house_is_12_by_10_metres_on_both_floors(town_house: BuildingModel) -> None:
    plans = ledger(town_house).floors.plans
    assert [plan.name for plan in plans] == ["Erdgeschoss", "Dachgeschoss"]
    assert [plan.enclosed.area for plan in plans] == pytest.approx([120.0, 120.0], abs=0.01)


def test_its_attic_is_cut_by_the_slope_of_its_roof(town_house: BuildingModel) -> None:
    """The roof rises at 30 degrees on both sides to a ridge along the 12 m; the attic's floor is at 2.70 m."""
    (attic,) = (s for s in town_house.spaces if s.long_name == "Galerie")
    assert attic.representation is not None
    ridge = float(town_house.body(attic.representation).vertices[:, 2].max()) - 2.7

    def above(height: float) -> float:
        return 12.0 * 2.0 * (ridge - height) / math.tan(math.radians(30.0))

    rows = [row for row in ledger(town_house).rows if row.part.storey == "Dachgeschoss"]
    by_height = {
        height: sum(r.part.area for r in rows if r.part.clear_height == height)
        for height in (2.1, 1.2, 0.0)
    }
    assert by_height[2.1] == pytest.approx(above(2.1), abs=0.01)
    assert by_height[1.2] == pytest.approx(above(1.2) - above(2.1), abs=0.01)
    assert sum(by_height.values()) == pytest.approx(120.0, abs=0.01)


def test_its_rooms_have_the_gross_areas_they_state(town_house: BuildingModel) -> None:
    found = declared(town_house, "GrossFloorArea")
    rooms = {name: found[name] for name in ("Wohnen", "Bad", "Küche", "Buero", "Flur", "Schlafzimmer", "Galerie")}  # fmt: skip
    for entry in rooms.values():
        assert entry.measured == pytest.approx(entry.stated, abs=0.01), entry.what


def test_its_net_areas_are_less_by_plaster_or_by_low_ceilings(town_house: BuildingModel) -> None:
    """ArchiCAD takes 3 % off a room for plaster, and the low part of the attic; Küche states no deduction."""
    found = declared(town_house, "NetFloorArea")
    for name, entry in found.items():
        share = entry.stated / (entry.measured or math.nan)
        if name == "Galerie":
            assert share == pytest.approx(0.6953, abs=1e-3)
        else:
            assert share == pytest.approx(1.0 if name == "Küche" else 0.97, abs=1e-3), name


def test_its_storeys_state_what_archicad_measured_on_slabs_and_zones(
    town_house: BuildingModel,
) -> None:
    """119.82 and 121.67 m2 are stated; outer walls of 12 m by 10 m are drawn on both floors. Their sum is the building's own."""
    found = declared(town_house, "GrossFloorArea")
    differences = {n: found[n].difference for n in ("Erdgeschoss", "Dachgeschoss", "FZK-Haus")}
    assert differences == pytest.approx(
        {"Erdgeschoss": 0.176, "Dachgeschoss": -1.674, "FZK-Haus": -1.498}, abs=1e-3
    )


def test_the_duplex_counts_two_floors_and_no_footing_or_roof(duplex: BuildingModel) -> None:
    """Outer walls 8.80 m by 17.80 m on both floors; on the lower one the brickwork of the party wall stands out by 0.12 m2."""
    found = ledger(duplex)
    counted = {plan.name: 0.0 for plan in found.floors.plans}
    for row in found.rows:
        counted[row.part.storey] += row.counted(0)
    assert counted["Level 2"] == pytest.approx(8.8 * 17.8, abs=0.01)
    assert counted["Level 1"] == pytest.approx(8.8 * 17.8, abs=0.15)
    assert counted["Roof"] == counted["T/FDN"] == 0.0


def test_the_foundations_of_the_duplex_are_in_doubt(duplex: BuildingModel) -> None:
    """Walls enclose them 1.25 m high, and no slab is drawn: half of them might count."""
    found = ledger(duplex)
    (footing,) = (row for row in found.rows if row.part.kind == "unfloored")
    assert footing.part.storey == "T/FDN"
    assert found.doubtful(0) == pytest.approx(0.5 * footing.part.area)


def test_stairs_of_the_duplex_overlap_the_rooms_they_stand_in(duplex: BuildingModel) -> None:
    """Each stair space reaches into the hallway above by 0.153 m2."""
    areas = [overlap.area for overlap in ledger(duplex).floors.overlaps]
    assert areas == pytest.approx([0.1532, 0.1532], abs=1e-3)


def test_the_bungalow_states_what_it_draws(bungalow: BuildingModel) -> None:
    for quantity in ("NetFloorArea", "GrossFloorArea"):
        for entry in declared(bungalow, quantity).values():
            assert entry.measured == pytest.approx(entry.stated, abs=1e-6), entry.what


def test_the_space_above_the_bungalows_ceiling_lies_outside_of_its_walls(
    bungalow: BuildingModel,
) -> None:
    (roof,) = (s.global_id for s in bungalow.spaces if s.long_name == "Roof")
    assert [name for name, _ in ledger(bungalow).floors.outside] == [roof]
