"""What must not change the ledger: the order of elements, the unit of the file, how the box is meshed."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import ifcopenshell.api.georeference as georeference
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bim_checks.report import frame_document
from cim.building import BuildingModel
from cim.frame import FrameLedger, Placement, decide_frame
from cim.ifc import read_ifc
from cim.parcel import Parcel
from tests.cim.frame.test_cases import FILES, ledger_of, modelled, read
from tests.cim.ifc.author import Author
from tests.support.cities import FRAME, ORIGIN, flat_terrain
from tests.support.models import boxes_model, polygon_surface

offsets = st.floats(-50_000.0, 50_000.0)


@given(
    offsets, offsets, st.floats(-50.0, 500.0), st.floats(-math.pi, math.pi), st.floats(0.999, 1.001)
)
def test_engineering_to_map_to_the_globe_and_back_within_a_tenth_of_a_millimetre(
    dx: float, dy: float, height: float, rotation: float, scale: float
) -> None:
    placement = Placement(ORIGIN[0] + dx, ORIGIN[1] + dy, height, rotation, scale, FRAME)
    points = np.array([[0.0, 0.0, 0.0], [120.0, -80.0, 100.0], [-3.0, 7.0, -9.0]])
    back = placement.to_engineering(FRAME.from_ecef(placement.to_ecef(points)))
    assert np.abs(back - points).max() < 1e-4


BOXES = {f"E{i}": ((i * 10.0, 0.0, 0.0), (i * 10.0 + 5.0, 8.0, 3.0 + i)) for i in range(5)}


def decided(model: BuildingModel) -> FrameLedger:
    parcel = Parcel("P", polygon_of(SITE))
    return decide_frame(model, FRAME, flat_terrain(), parcels=[parcel])


SITE = [(-20.0, -10.0), (60.0, -10.0), (60.0, 50.0), (10.0, 50.0), (-20.0, 30.0)]


def polygon_of(ring: list[tuple[float, float]]) -> object:
    import shapely

    return shapely.Polygon([(ORIGIN[0] + x, ORIGIN[1] + y) for x, y in ring])


@given(st.permutations(list(range(5))))
def test_the_order_of_elements_does_not_matter(order: list[int]) -> None:
    case = {"conversion": {"eastings": ORIGIN[0], "northings": ORIGIN[1], "orthogonal_height": 5.0}}
    conversion = modelled(case).map_conversion
    model = boxes_model(BOXES, site=polygon_surface(SITE), map_conversion=conversion)
    turned = replace(model, elements=tuple(model.elements[i] for i in order))
    assert frame_document(decided(turned)) == frame_document(decided(model))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_same_case_gives_the_same_ledger_every_time(path: Path) -> None:
    case = read(path)
    assert frame_document(ledger_of(case)) == frame_document(ledger_of(case))


@pytest.mark.parametrize("length", [1.0, 0.001, 0.3048])
def test_the_unit_of_the_file_does_not_matter(tmp_path: Path, length: float) -> None:
    author = Author(length)
    author.block((30.0, 20.0, 12.0), storey=author.storey("1F", 0.0))
    georeference.add_georeferencing(author.file)
    georeference.edit_georeferencing(
        author.file,
        coordinate_operation={
            "Eastings": 610_000.0, "Northings": 2_705_000.0, "OrthogonalHeight": 5.25,
            "XAxisAbscissa": math.cos(0.2), "XAxisOrdinate": math.sin(0.2), "Scale": length,
        },
        projected_crs={"Name": "EPSG:4548", "VerticalDatum": "EPSG:5737"},
    )  # fmt: skip
    (crs,) = author.file.by_type("IfcProjectedCRS")
    crs.MapUnit = author.file.create_entity("IfcSIUnit", UnitType="LENGTHUNIT", Name="METRE")
    model = read_ifc(author.write(tmp_path / "unit.ifc"))
    ledger = decide_frame(model, FRAME, flat_terrain())
    taken = ledger.taken
    assert taken is not None
    assert taken.findings == ()
    placed = taken.placement.to_projected(model.bounds())
    c, s = math.cos(0.2), math.sin(0.2)
    far = [610_000.0 + 30.0 * c - 20.0 * s, 2_705_000.0 + 30.0 * s + 20.0 * c, 17.25]
    assert placed == pytest.approx(np.array([[610_000.0, 2_705_000.0, 5.25], far]), abs=1e-5)
    assert taken.above_ground == pytest.approx(0.25, abs=1e-9)
    assert taken.uncertainty.horizontal == pytest.approx(math.hypot(30, 20) * 1.4938e-4, abs=1e-5)
