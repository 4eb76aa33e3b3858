"""A GeoPackage read as SQLite says what GDAL says of it."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from cim.control_lines.tables import Table, open_tables
from cim.errors import ControlLineError
from tests.support.blueprints import square

SHAPES = [square(0, 0, 9, 9), None, square(20, 0, 5, 5).union(square(40, 0, 5, 5))]
FIELDS = {
    "name_zh": np.array(["线", None, "b"], dtype=object),
    "floors": np.array([3, 0, -7]),
    "limit": np.array([1.5, np.nan, 24.0]),
    "lawful": np.array([True, False, True]),
    "since": np.array(["2020-01-02", "NaT", "2021-03-04"], dtype="datetime64[ms]"),
}


def write(path: Path, layer: str, *, crs: str | None = "EPSG:4548", **options: Any) -> None:
    pyogrio.raw.write(
        path,
        geometry=np.array([s and shapely.to_wkb(s) for s in SHAPES], dtype=object),
        field_data=list(FIELDS.values()),
        fields=np.array(list(FIELDS)),
        layer=layer,
        crs=crs,
        geometry_type="Unknown",
        append=path.exists(),
        **options,
    )


def read(path: Path, layer: str) -> Table:
    with open_tables(path) as tables:
        return tables.read(layer)


def plain(column: Any) -> list[Any]:
    return [None if v is None or v != v else v for v in column.tolist()]


@pytest.mark.parametrize("crs", ["EPSG:4548", "ESRI:102028", None])
def test_columns_shapes_and_crs_are_those_gdal_reads(tmp_path: Path, crs: str | None) -> None:
    path = tmp_path / 'a "quoted" ? # name.gpkg'
    with pytest.warns() if crs is None else pytest.MonkeyPatch.context():
        write(path, 'it"s', crs=crs, driver="GPKG")
    meta, fids, stored, columns = pyogrio.raw.read(path, layer='it"s', return_fids=True)
    table = read(path, 'it"s')
    assert table.fids.tolist() == fids.tolist() == [1, 2, 3]
    assert list(table.stored) == list(stored)
    assert list(table.fields) == list(meta["fields"])
    for name, column in zip(meta["fields"], columns, strict=True):
        if name != "since":
            assert plain(table.fields[name]) == plain(column)
    assert table.fields["lawful"].tolist() == [True, False, True]
    assert [s and s[:10] for s in table.fields["since"]] == ["2020-01-02", None, "2021-03-04"]
    if crs is None:
        assert table.crs is None
    else:
        assert pyogrio.read_info(path, layer='it"s')["crs"] in (crs, table.crs)


def test_other_formats_are_read_by_gdal(tmp_path: Path) -> None:
    write(tmp_path / "lines.geojson", "lines", driver="GeoJSON")
    table = read(tmp_path / "lines.geojson", "lines")
    assert plain(table.fields["floors"]) == [3, 0, -7]
    with open_tables(tmp_path / "lines.geojson") as tables:
        assert tables.names() == ["lines"]


def test_layers_are_listed_in_their_order_and_tables_without_shapes_are_not(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    for layer in ("west", "east"):
        write(path, layer, driver="GPKG")
    with closing(sqlite3.connect(path)) as opened, opened:
        opened.execute("create table layer_styles (id integer primary key)")
        opened.execute(
            "insert into gpkg_contents (table_name, data_type) values ('layer_styles', 'attributes')"
        )
    with open_tables(path) as tables:
        assert tables.names() == ["west", "east"]
        with pytest.raises(ControlLineError, match="layer north cannot be read"):
            tables.read("north")


def test_a_curve_is_left_to_gdal_which_makes_lines_of_it(tmp_path: Path) -> None:
    """A circle of radius 10 as a curve polygon; GEOS knows no curves."""
    path = tmp_path / "lines.gpkg"
    write(path, "zones", driver="GPKG")
    header = b"GP\x00\x01" + struct.pack("<i", 4548)
    ring = [(10.0, 0.0), (0.0, 10.0), (-10.0, 0.0), (0.0, -10.0), (10.0, 0.0)]
    circle = b"\x01" + struct.pack("<IIBII", 10, 1, 1, 8, len(ring))
    circle += b"".join(struct.pack("<dd", x, y) for x, y in ring)
    with closing(sqlite3.connect(path)) as opened, opened:
        triggers = opened.execute(
            "select name from sqlite_master where type = 'trigger' and tbl_name = 'zones'"
        ).fetchall()
        for (name,) in triggers:  # they call functions only GDAL has
            opened.execute(f'drop trigger "{name}"')
        opened.execute("update zones set geom = ? where fid = 2", (header + circle,))
    shapes = shapely.from_wkb(read(path, "zones").stored)
    assert shapes[1].area == pytest.approx(np.pi * 100.0, rel=2e-3)
    assert shapes[0].equals(SHAPES[0])
