from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from cim.errors import ParcelError
from cim.parcel import Parcel
from cim.parcels import read_parcels
from tests.support.cities import FRAME, ORIGIN, flat_terrain

E, N = ORIGIN
EXTENT = flat_terrain().extent
OUTER = [(0.0, 0.0), (120.0, 0.0), (120.0, 120.0), (0.0, 120.0)]
INNER = [(10.0, 10.0), (20.0, 10.0), (20.0, 20.0), (10.0, 20.0)]
SHAPE = shapely.Polygon([(E + x, N + y) for x, y in OUTER], [[(E + x, N + y) for x, y in INNER]])
NAME, AREA = "滨海地块", 1.43


def write(path: Path, shape: Any = SHAPE, *, crs: str | None = "EPSG:4548", **options: Any) -> Path:
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(shape)], dtype=object),
        [np.array([NAME], dtype=object), np.array([AREA])],
        ["名称", "面积"],
        geometry_type=shape.geom_type,
        crs=crs,
        **options,
    )
    return path


def one(path: Path, **options: Any) -> Parcel:
    (parcel,) = read_parcels(path, FRAME, EXTENT, **options)
    return parcel


@pytest.mark.parametrize("name", ["parcel.gpkg", "parcel.geojson", "parcel.shp"])
def test_an_area_with_a_hole_its_name_and_its_hectares(tmp_path: Path, name: str) -> None:
    options = {"encoding": "UTF-8"} if name.endswith("shp") else {}
    parcel = one(write(tmp_path / name, **options))
    assert parcel.name == NAME
    assert parcel.geometry.equals(SHAPE)
    assert parcel.stated_area == pytest.approx(14_300.0)


def test_a_shapefile_in_gbk_without_cpg(tmp_path: Path) -> None:
    path = write(tmp_path / "parcel.shp", encoding="GB18030")
    (tmp_path / "parcel.cpg").unlink()
    parcel = one(path)
    assert parcel.name == NAME
    assert any("GBK" in note.en for note in parcel.notes)


def test_a_shapefile_without_prj_is_read_in_the_citys_crs_and_told(tmp_path: Path) -> None:
    path = write(tmp_path / "parcel.shp", encoding="UTF-8")
    (tmp_path / "parcel.prj").unlink()
    parcel = one(path)
    assert parcel.geometry.equals(SHAPE)
    assert any("EPSG:4548, is assumed" in note.en for note in parcel.notes)


def test_geojson_with_map_coordinates_is_not_taken_for_degrees(tmp_path: Path) -> None:
    path = tmp_path / "parcel.geojson"
    feature = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(SHAPE)}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    parcel = one(path)
    assert parcel.geometry.equals(SHAPE)
    assert any("claims longitude" in note.en for note in parcel.notes)


def test_degrees_on_the_citys_datum_are_taken_over(tmp_path: Path) -> None:
    to_degrees = Transformer.from_crs(4548, 4490, always_xy=True)
    shape = shapely.transform(SHAPE, to_degrees.transform, interleaved=False)
    parcel = one(write(tmp_path / "parcel.gpkg", shape, crs="EPSG:4490"))
    assert shapely.hausdorff_distance(parcel.geometry, SHAPE) < 1e-5
    assert any("Gauss-Kruger CM 117E" in note.en for note in parcel.notes)


def test_degrees_of_wgs_84_are_refused(tmp_path: Path) -> None:
    to_degrees = Transformer.from_crs(4548, 4490, always_xy=True)
    shape = shapely.transform(SHAPE, to_degrees.transform, interleaved=False)
    with pytest.raises(ParcelError, match="ballpark"):
        one(write(tmp_path / "parcel.gpkg", shape, crs="EPSG:4326"))


def test_the_layer_named_like_a_parcel_is_chosen_else_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "parcel.gpkg", layer="roads")
    write(path, layer="用地红线", append=True)
    assert one(path).geometry.equals(SHAPE)
    other = write(tmp_path / "other.gpkg", layer="a")
    write(other, layer="b", append=True)
    with pytest.raises(ParcelError, match="which layer is the parcel is not clear: a, b"):
        one(other)
    assert one(other, layer="b").geometry.equals(SHAPE)
    with pytest.raises(ParcelError, match="not clear"):
        one(other, layer="c")


def test_a_geometry_that_crosses_itself_is_refused(tmp_path: Path) -> None:
    bow = shapely.Polygon([(E, N), (E + 10, N + 10), (E + 10, N), (E, N + 10)])
    with pytest.raises(ParcelError, match="crosses itself") as caught:
        one(write(tmp_path / "parcel.gpkg", bow))
    assert caught.value.place == "1"


def dxf(path: Path, *outlines: tuple[str, list[tuple[float, float]], bool]) -> Path:
    """A drawing by hand: light polylines on layers."""
    rows = ["0", "SECTION", "2", "ENTITIES"]
    for number, (layer, ring, closed) in enumerate(outlines, start=1):
        rows += ["0", "LWPOLYLINE", "5", f"{number:X}", "100", "AcDbEntity", "8", layer]
        rows += ["100", "AcDbPolyline", "90", str(len(ring)), "70", "1" if closed else "0"]
        for x, y in ring:
            rows += ["10", repr(E + x), "20", repr(N + y)]
    rows += ["0", "ENDSEC", "0", "EOF"]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_closed_polyline_of_a_drawing(tmp_path: Path) -> None:
    parcel = one(dxf(tmp_path / "parcel.dxf", ("RED", OUTER, True)))
    assert parcel.geometry.equals(shapely.Polygon(SHAPE.exterior))
    assert parcel.name.startswith("RED")


def test_of_a_drawing_the_parcel_layer_is_read_not_the_buildings(tmp_path: Path) -> None:
    path = dxf(tmp_path / "a.dxf", ("BUILDING", INNER, True), ("PARCEL", OUTER, True))
    assert one(path).geometry.area == pytest.approx(14_400.0)
    path = dxf(tmp_path / "b.dxf", ("A", INNER, True), ("B", OUTER, True))
    with pytest.raises(ParcelError, match="not clear: A, B"):
        one(path)
    assert one(path, layer="A").geometry.area == pytest.approx(100.0)


def test_an_open_polyline_is_refused_with_its_handle(tmp_path: Path) -> None:
    with pytest.raises(ParcelError, match="not closed") as caught:
        one(dxf(tmp_path / "parcel.dxf", ("PARCEL", OUTER, False)))
    assert caught.value.place == "PARCEL:1"


def test_points_alone_are_no_parcel_and_rubbish_is_told(tmp_path: Path) -> None:
    with pytest.raises(ParcelError, match="holds no area"):
        one(write(tmp_path / "parcel.gpkg", shapely.Point(E, N)))
    (tmp_path / "parcel.geojson").write_text("{", encoding="utf-8")
    with pytest.raises(ParcelError, match="cannot be read"):
        one(tmp_path / "parcel.geojson")
