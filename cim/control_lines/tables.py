"""Layers of a vector source as columns, whatever its format.

GDAL opens a GeoPackage anew for each layer and reads the schema of all of them each time: 0.07 s a layer at 162 layers, more than
all else together. A GeoPackage is SQLite (OGC 12-128r18), so it is opened once and read here; what is not plain in one (curves, views,
extended binaries) is left to GDAL, as is every other format.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError

from cim.errors import ControlLineError
from cim.text import Text

SQLITE = b"SQLite format 3\x00"
MAGIC = b"GP"
ENVELOPES = (0, 32, 48, 48, 64)  # bytes, by the code in a header's flags (OGC 12-128r18, 2.1.3)
EXTENDED = 0b0010_0000
UNDEFINED_BY_GDAL = 99999


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One layer.

    Attributes:
        crs: ``EPSG:n`` or WKT; None when the source names none.
        fids: shape (N,), identifiers in the source.
        stored: shape (N,), WKB or None each.
        fields: columns of shape (N,) by name, without geometry.
    """

    crs: str | None
    fids: NDArray[np.int64]
    stored: NDArray[np.object_]
    fields: Mapping[str, NDArray[Any]]


class LayerTables(Protocol):
    """A source that is open."""

    def names(self) -> list[str]:
        """Names of the layers that have geometry, in the order of the source."""
        ...

    def read(self, layer: str) -> Table:
        """One layer, in the order of the source.

        Raises:
            ControlLineError: there is none of that name, or it cannot be read.
        """
        ...


@contextmanager
def open_tables(path: Path) -> Iterator[LayerTables]:
    """Open a source for reading.

    Args:
        path: any file GDAL opens.

    Raises:
        ControlLineError: it cannot be opened.
    """
    by_gdal = _GdalTables(path)
    if not _is_geopackage(path):
        yield by_gdal
        return
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        yield _GeoPackageTables(connection, by_gdal)


def _is_geopackage(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            if stream.read(len(SQLITE)) != SQLITE:
                return False
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            return bool(
                opened.execute(
                    "select 1 from sqlite_master where name = 'gpkg_geometry_columns'"
                ).fetchone()
            )
    except (OSError, sqlite3.DatabaseError):
        return False  # GDAL says what is wrong with it


class _GdalTables:
    """Any format."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        try:
            listed = pyogrio.list_layers(self._path)
        except DataSourceError as error:
            raise ControlLineError(
                Text(zh="无法打开控制线数据。", en="the control lines cannot be opened."),
                path=self._path,
                remedy=Text(
                    zh="请确认它是完整的 GeoPackage 或其他 GDAL 格式。",
                    en="Check that it is a whole GeoPackage or another format of GDAL.",
                ),
            ) from error
        return [str(name) for name, kind in listed if kind is not None]

    def read(self, layer: str) -> Table:
        try:
            meta, fids, stored, columns = pyogrio.raw.read(
                self._path, layer=layer, return_fids=True, datetime_as_string=True
            )
        except (DataSourceError, DataLayerError) as error:
            raise ControlLineError(
                Text(
                    zh="无法读取图层 {layer}：{why}。",
                    en="layer {layer} cannot be read: {why}.",
                ).format(layer=layer, why=str(error).splitlines()[0].rstrip(".")),
                path=self._path,
                place=layer,
            ) from error
        names = (str(name) for name in meta["fields"])
        return Table(meta["crs"], fids, stored, dict(zip(names, columns, strict=True)))


class _GeoPackageTables:
    """A GeoPackage, through one connection."""

    def __init__(self, connection: sqlite3.Connection, by_gdal: _GdalTables) -> None:
        self._connection = connection
        self._by_gdal = by_gdal

    def names(self) -> list[str]:
        try:
            rows = self._connection.execute(
                "select g.table_name from gpkg_geometry_columns g join gpkg_contents c "
                "using (table_name) where c.data_type = 'features' order by c.rowid"
            ).fetchall()
        except sqlite3.DatabaseError:
            return self._by_gdal.names()
        return [str(name) for (name,) in rows]

    def read(self, layer: str) -> Table:
        try:
            return self._read(layer) or self._by_gdal.read(layer)
        except sqlite3.DatabaseError:
            return self._by_gdal.read(layer)

    def _read(self, layer: str) -> Table | None:
        """None when the layer is not plain."""
        found = self._connection.execute(
            "select column_name, srs_id from gpkg_geometry_columns where table_name = ?", (layer,)
        ).fetchone()
        columns = self._connection.execute(
            "select name, type, pk from pragma_table_info(?)", (layer,)
        ).fetchall()
        keys = [name for name, _, pk in columns if pk]
        if found is None or len(keys) != 1:
            return None
        geometry, srs = found
        kinds = {
            name: str(kind).upper() for name, kind, pk in columns if name != geometry and not pk
        }
        wanted = ", ".join(map(_quoted, (keys[0], geometry, *kinds)))
        rows = self._connection.execute(
            f"select {wanted} from {_quoted(layer)} order by 1"  # noqa: S608
        ).fetchall()
        fids, blobs, *values = zip(*rows, strict=True) if rows else ((), (), *((),) * len(kinds))
        stored = _objects([_wkb(blob) for blob in blobs])
        if _not_plain(stored):
            return None
        return Table(
            crs=self._crs(srs),
            fids=np.array(fids, dtype=np.int64),
            stored=stored,
            fields={
                name: _objects(
                    [v if v is None else bool(v) for v in column] if kind == "BOOLEAN" else column
                )
                for (name, kind), column in zip(kinds.items(), values, strict=True)
            },
        )

    def _crs(self, srs: int) -> str | None:
        """``EPSG:n`` where the source says so, else its WKT; -1 and 0 stand for none (1.1.2.1.2), and so does GDAL's 99999."""
        found = self._connection.execute(
            "select organization, organization_coordsys_id, definition from gpkg_spatial_ref_sys where srs_id = ?",
            (srs,),
        ).fetchone()
        if srs in (-1, 0) or found is None:
            return None
        organization, number, definition = found
        if (organization, number) == ("GDAL", UNDEFINED_BY_GDAL):
            return None
        return f"EPSG:{number}" if str(organization).upper() == "EPSG" else str(definition)


def _wkb(blob: Any) -> bytes | None:
    """A GeoPackage geometry without its header; as it is where it has none of the known ones."""
    if not isinstance(blob, bytes):
        return None
    code = blob[3] >> 1 & 0b111 if len(blob) > 8 else len(ENVELOPES)
    if blob[:2] != MAGIC or blob[3] & EXTENDED or code >= len(ENVELOPES):
        return blob
    return blob[8 + ENVELOPES[code] :]


def _not_plain(stored: NDArray[np.object_]) -> bool:
    """Whether GEOS cannot parse something that is there: GDAL turns curves into lines."""
    try:
        with np.errstate(invalid="ignore"):
            shapes = shapely.from_wkb(stored, on_invalid="ignore")
    except NotImplementedError:  # curves, as Shapely calls them
        return True
    there = np.array([one is not None for one in stored], dtype=bool)
    return bool((shapely.is_missing(shapes) & there).any())


def _objects(values: Any) -> NDArray[np.object_]:
    array = np.full(len(values), None, dtype=object)
    array[:] = values
    return array


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
