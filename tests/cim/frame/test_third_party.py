"""Georeferenced models of others land where their conversion says, by another program's arithmetic."""

from __future__ import annotations

import math
from pathlib import Path

import ifcopenshell
import numpy as np
import pytest
from ifcopenshell.util import geolocation
from ifcopenshell.util.unit import calculate_unit_scale

from cim.building import BuildingModel
from cim.frame import FrameLedger, decide_frame
from cim.ifc import read_ifc
from tests.cim.frame.survey import home_of, stated_home, survey

MILLIMETRE = 1e-3
GEOREFERENCED = [
    "LTplus-AG__ifc-lite/infra-bridge.ifc",
    "buildingSMART__IFC5-development/georeferenced-bridge-deck.ifc",
    "jonatanjacobsson__ifcpipeline/Building-Architecture.ifc",
    "Geonovum__GeoBIM_Georefereren/ifcbridge-model02_georeferenced.ifc",
    "bSI-InfraRoom__IFC-infra-unit-test/Georeferencing-Tin-12d-1.ifc",
    "bSI-InfraRoom__IFC-infra-unit-test/Georeferencing-Tin-12d-3.ifc",
    "buildingSMART__IFC4.x-IF/Georeferencing_COMPDCS(EPSG)-MC.ifc",
    "buildingSMART__IFC4.x-IF/Georeferencing_COMPDCS(WKT)-RO.ifc",
]


def placed(path: Path) -> tuple[BuildingModel, FrameLedger]:
    model = read_ifc(path)
    frame, terrain = stated_home(model)
    return model, decide_frame(model, frame, terrain)


def probes(model: BuildingModel) -> np.ndarray:
    """Corners of what is drawn, and the origin, metres."""
    bounds = model.bounds()
    return np.zeros((1, 3)) if bounds is None else np.vstack([np.zeros(3), bounds])


@pytest.mark.slow
@pytest.mark.parametrize("name", GEOREFERENCED)
def test_a_georeferenced_model_lands_where_its_conversion_says(
    data_folder: Path, name: str
) -> None:
    path = data_folder / "ifc" / name
    model, ledger = placed(path)
    assert ledger.taken is not None
    assert ledger.taken is ledger.candidates[0]
    points = probes(model)
    found = ledger.placement.to_projected(points)
    conversion = model.map_conversion
    unit, length = conversion.map_unit or 1.0, conversion.length_unit
    heights = points[:, 2] + conversion.orthogonal_height * unit
    if model.schema in ("IFC4", "IFC4X3_ADD2"):
        file = ifcopenshell.open(str(path))
        assert calculate_unit_scale(file) == pytest.approx(length)
        plan = [geolocation.auto_xyz2enh(file, *(point / length))[:2] for point in points]
        expected = np.column_stack([np.array(plan) * unit, heights])
    else:  # a sibling of these, which the other program does not open
        abscissa, ordinate = conversion.x_axis_abscissa or 1.0, conversion.x_axis_ordinate or 0.0
        turned = (points[:, 0] + 1j * points[:, 1]) * complex(abscissa, ordinate)
        turned /= math.hypot(abscissa, ordinate)
        east, north = conversion.eastings * unit, conversion.northings * unit
        expected = np.column_stack([east + turned.real, north + turned.imag, heights])
    assert np.abs(found - expected).max() < MILLIMETRE


@pytest.mark.slow
def test_the_georeferenced_duplex_lands_in_luxembourg(data_folder: Path) -> None:
    path = data_folder / "ifc/stijngoedertier__georeference-ifc/Duplex_A_20110907_georeferenced.ifc"
    model, ledger = placed(path)
    taken = ledger.taken
    assert taken.source == "ePSet_MapConversion"
    assert taken.crs_as_read == "EPSG:9897"  # LUREF / Luxembourg TM with NG95 heights
    assert taken.crs_understood == "EPSG:2169"
    assert {f.code.value for f in taken.findings} == set()
    # As the property set of the file says: E, N, H, abscissa, ordinate.
    e, n, h, a, o = 76670.0, 77179.0, 293.700012207031, 0.325568154457152, 0.945518575599318
    length = math.hypot(a, o)
    x, y, z = probes(model).T
    c, s = a / length, o / length
    expected = np.column_stack([e + c * x - s * y, n + s * x + c * y, h + z])
    assert np.abs(ledger.placement.to_projected(probes(model)) - expected).max() < MILLIMETRE
    lon, lat = ledger.placement.frame.degrees(np.array([[e, n]]))[0]
    assert (lon, lat) == pytest.approx((6.12, 49.63), abs=0.03)


@pytest.mark.slow
def test_a_map_unit_of_feet_over_millimetres_is_found_out(data_folder: Path) -> None:
    path = data_folder / "ifc/Geonovum__GeoBIM_Georefereren/OWL 20230717.ifc"
    model = read_ifc(path)
    frame, terrain = home_of(model)
    ledger = decide_frame(model, frame, terrain)
    assert frame.projected_crs == "EPSG:28992"
    assert ledger.taken is None
    assert [f.code.value for f in ledger.candidates[0].findings] == ["FRAME-UNIT"]


@pytest.mark.slow
def test_every_other_third_party_model_is_refused_with_a_reason(data_folder: Path) -> None:
    rows = [row for row in survey(data_folder / "ifc" / "xBimTeam__XbimWebUI") if row.ledger]
    assert len(rows) > 5
    for row in rows:
        assert row.ledger.taken is None
        codes = [f.code.value for f in row.ledger.all_findings()]
        assert codes == ["FRAME-TOOL-DEFAULT"], row.path
