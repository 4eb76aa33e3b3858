from __future__ import annotations

import numpy as np
import pytest
from pyproj import CRS, Transformer

from cim.crs import (
    ELLIPSOIDAL,
    CrsOperation,
    Refusal,
    false_easting,
    operation_between,
    understand_crs,
    understand_vertical,
)

XIAMEN = (118.0, 24.4, 118.2, 24.6)


@pytest.mark.parametrize(
    "name",
    [
        "EPSG:4548",
        "epsg:4548",
        " EPSG:4548 ",
        "4548",
        "EPSG 4548",
        "urn:ogc:def:crs:EPSG::4548",
        "urn:ogc:def:crs:EPSG:9.9:4548",
        "http://www.opengis.net/def/crs/EPSG/0/4548",
        "CGCS2000 / 3-degree Gauss-Kruger CM 117E",
        "EPSG:4548 - CGCS2000 CM 117E",
        CRS.from_epsg(4548).to_wkt(),
    ],
)
def test_one_crs_under_many_names(name: str) -> None:
    found = understand_crs(name)
    assert found is not None
    assert (found.code, found.vertical, found.projected) == ("EPSG:4548", None, True)


def test_a_compound_crs_comes_apart() -> None:
    found = understand_crs("EPSG:6174")  # ETRS89 / UTM 34N with NN54 heights
    assert found is not None
    assert (found.code, found.vertical) == ("EPSG:25834", "EPSG:5776")
    found = understand_crs("EPSG:4548+5737")
    assert found is not None
    assert (found.code, found.vertical) == ("EPSG:4548", "EPSG:5737")


@pytest.mark.parametrize("name", ["", "   ", "Xiamen 92", "EPSG:999999", "local", "EPSG:5737"])
def test_what_nobody_can_tell_is_none(name: str) -> None:
    assert understand_crs(name) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("EPSG:5737", "EPSG:5737"),
        ("Yellow Sea 1985", "EPSG:5737"),
        ("1985国家高程基准", "EPSG:5737"),
        ("1956年黄海高程系", "EPSG:5736"),
        ("EPSG:4979", ELLIPSOIDAL),
        ("大地高", ELLIPSOIDAL),
        ("Ellipsoidal", ELLIPSOIDAL),
        ("EPSG:5703", "EPSG:5703"),
        ("site datum", None),
        ("EPSG:4548", None),
    ],
)
def test_vertical_datums_by_code_and_by_word(name: str, code: str | None) -> None:
    assert understand_vertical(name) == code


def test_an_operation_is_named_without_axis_steps_and_does_what_pyproj_does() -> None:
    found = operation_between(CRS.from_epsg(4549), CRS.from_epsg(4548), XIAMEN)
    assert isinstance(found, CrsOperation)
    assert found.name == "Inverse of 3-degree Gauss-Kruger CM 120E + Gauss-Kruger CM 117E"
    assert found.accuracy == 0.0
    points = np.array([[305_775.0, 2_705_912.0], [305_800.0, 2_705_900.0]])
    expected = Transformer.from_crs(4549, 4548, always_xy=True).transform(*points.T)
    assert np.abs(found.apply(points) - np.column_stack(expected)).max() < 1e-6
    assert np.abs(found.apply(points[:1]) - found.apply(points)[:1]).max() == 0.0


@pytest.mark.parametrize("code", [2437, 2384, 32650])  # Beijing 1954, Xian 1980, WGS 84
def test_ballpark_is_refused(code: int) -> None:
    found = operation_between(CRS.from_epsg(code), CRS.from_epsg(4548), XIAMEN)
    assert found is Refusal.BALLPARK


def test_a_datum_shift_whose_grid_is_missing_is_refused() -> None:
    found = operation_between(CRS.from_epsg(31467), CRS.from_epsg(25832), (8.0, 50.0, 9.0, 51.0))
    assert found is Refusal.MISSING_GRID


def test_a_stated_accuracy_is_kept() -> None:
    found = operation_between(CRS.from_epsg(32632), CRS.from_epsg(25832), (8.0, 50.0, 9.0, 51.0))
    assert isinstance(found, CrsOperation)
    assert found.accuracy == 1.0
    assert "ETRS89 to WGS 84 (1)" in found.name


def test_false_easting_tells_the_zone_prefix() -> None:
    assert false_easting(CRS.from_epsg(4548)) == 500_000.0
    assert false_easting(CRS.from_epsg(4527)) == 39_500_000.0
