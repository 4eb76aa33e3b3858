from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cim.building import MapConversion
from cim.frame import ExplicitPlace, FrameLedger, Placement, decide_frame
from tests.support.cities import FRAME, ORIGIN, flat_terrain
from tests.support.models import boxes_model

BOX = {"A": ((0.0, 0.0, 0.0), (30.0, 20.0, 60.0))}


def conversion(**changes: object) -> MapConversion:
    values: dict[str, object] = {
        "source": "IfcMapConversion",
        "eastings": ORIGIN[0],
        "northings": ORIGIN[1],
        "orthogonal_height": 5.5,
        "x_axis_abscissa": math.cos(math.radians(12.0)),
        "x_axis_ordinate": math.sin(math.radians(12.0)),
        "scale": 0.001,
        "projected_crs": "EPSG:4548",
        "vertical_datum": "EPSG:5737",
        "map_unit": 1.0,
        "length_unit": 0.001,
    }
    return MapConversion(**(values | changes))  # type: ignore[arg-type]


def ledger_of(map_conversion: MapConversion | None, **options: object) -> FrameLedger:
    lat_long = options.pop("lat_long", None)
    model = boxes_model(BOX, map_conversion=map_conversion, lat_long=lat_long)
    return decide_frame(model, FRAME, flat_terrain(), **options)  # type: ignore[arg-type]


def test_map_conversion_of_a_millimetre_model_is_taken_whole() -> None:
    taken = ledger_of(conversion()).taken
    assert taken is not None
    assert taken.source == "IfcMapConversion"
    assert taken.assumptions == ()
    assert taken.above_ground == pytest.approx(0.5)
    placed = taken.placement.to_projected(np.array([[10.0, 0.0, 3.0]]))[0]
    c, s = math.cos(math.radians(12.0)), math.sin(math.radians(12.0))
    assert placed == pytest.approx([ORIGIN[0] + 10.0 * c, ORIGIN[1] + 10.0 * s, 8.5], abs=1e-9)


@pytest.mark.parametrize(
    "name", ["EPSG:4548", "epsg:4548", "CGCS2000 / 3-degree Gauss-Kruger CM 117E"]
)
def test_the_city_crs_is_recognised_by_code_and_by_name(name: str) -> None:
    taken = ledger_of(conversion(projected_crs=name)).taken
    assert taken is not None
    assert taken.crs_understood == "EPSG:4548"


@pytest.mark.parametrize("name", ["EPSG:4527", "EPSG:32650", "Xiamen 92", None])
def test_another_crs_is_refused_and_says_which(name: str | None) -> None:
    ledger = ledger_of(conversion(projected_crs=name))
    assert ledger.placement is None
    assert "EPSG:4548" in ledger.candidates[0].refused.en
    assert ledger.candidates[0].remedy is not None


@pytest.mark.parametrize(
    ("scale", "length_unit", "expected", "assumptions"),
    [
        (0.001, 0.001, 1.0, 0),
        (0.001 * 1.00015, 0.001, 1.00015, 0),
        (1.0, 1.0, 1.0, 0),
        (None, 1.0, 1.0, 0),
        (None, 0.001, 1.0, 1),
        (1.0, 0.001, 1.0, 1),
        (1.00015, 0.001, 1.00015, 1),
        (0.3048, 0.3048, 1.0, 0),
    ],
)
def test_scale_is_understood_with_the_units(
    scale: float | None, length_unit: float, expected: float, assumptions: int
) -> None:
    taken = ledger_of(conversion(scale=scale, length_unit=length_unit)).taken
    assert taken is not None
    assert taken.placement.scale == pytest.approx(expected, rel=1e-12)
    assert len(taken.assumptions) == assumptions


@pytest.mark.parametrize("scale", [0.01, 1000.0, 0.0, -0.001])
def test_a_scale_that_fits_no_unit_is_refused(scale: float) -> None:
    ledger = ledger_of(conversion(scale=scale))
    assert ledger.placement is None
    assert "scale" in ledger.candidates[0].refused.en


def test_exchanged_axes_are_recognised() -> None:
    ledger = ledger_of(conversion(eastings=ORIGIN[1], northings=ORIGIN[0]))
    assert ledger.placement is None
    assert "swapped" in ledger.candidates[0].refused.en
    assert "X 为北" in ledger.candidates[0].remedy.zh


def test_a_place_off_the_city_is_refused_with_its_distance() -> None:
    ledger = ledger_of(conversion(eastings=ORIGIN[0] + 12_000.0))
    assert ledger.placement is None
    assert "outside the city (by 10013 m)" in ledger.candidates[0].refused.en


def test_an_explicit_place_outranks_the_file_and_is_named() -> None:
    place = ExplicitPlace(ORIGIN[0] + 100.0, ORIGIN[1], 5.0, 90.0)
    ledger = ledger_of(conversion(), place=place)
    assert ledger.taken.source == "--place"
    assert ledger.taken.assumptions
    assert ledger.candidates[1].refused is not None
    placed = ledger.placement.to_projected(np.array([[10.0, 0.0, 0.0]]))[0]
    assert placed == pytest.approx([ORIGIN[0] + 100.0, ORIGIN[1] + 10.0, 5.0], abs=1e-9)


def test_a_file_without_georeference_proves_nothing() -> None:
    assert ledger_of(None).candidates == ()
    ledger = ledger_of(None, lat_long=(24.45, 118.09))
    assert [c.source for c in ledger.candidates] == ["IfcSite"]
    assert ledger.taken is None


@given(
    st.floats(-1000.0, 1000.0),
    st.floats(-1000.0, 1000.0),
    st.floats(-math.pi, math.pi),
    st.floats(0.999, 1.001),
)
def test_engineering_to_map_and_back(x: float, y: float, rotation: float, scale: float) -> None:
    placement = Placement(*ORIGIN, 5.0, rotation, scale, FRAME)
    point = np.array([[x, y, 7.0]])
    assert np.abs(placement.to_engineering(placement.to_projected(point)) - point).max() < 1e-7
