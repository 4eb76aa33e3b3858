"""The spatial store: every control line of a city in one SQLite table with a `layer` column and an R-tree.

One table, not one a layer: with 125,000 polygons in 160 layers a query of one table takes a
millisecond, the same query over 160 tables half a minute.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Protocol

import numpy as np
import shapely

from cim.city import City
from cim.control_lines.feature import Bounds, ControlFeature
from cim.control_lines.readers import read_layer
from cim.control_lines.tables import LayerTables, open_tables
from cim.errors import ControlLineError
from cim.text import Text

STORE_VERSION = 1
SCHEMA = """
create table store (version integer not null, source_sha256 text not null);
create table feature (
    identifier integer primary key,
    layer text not null,
    name_zh text not null,
    name_en text not null,
    attributes text not null,
    geometry blob not null
);
create virtual table feature_bounds using rtree (identifier, west, east, south, north, +layer text);
create index feature_by_layer on feature (layer);
"""
COLUMNS = "f.identifier, f.layer, f.name_zh, f.name_en, f.attributes, f.geometry"
TOUCHING = (
    "feature_bounds b join feature f using (identifier) "
    "where b.west <= ? and b.east >= ? and b.south <= ? and b.north >= ?"
)
BATCH = 10_000  # features inserted at a time; bounds memory, and beyond a thousand costs no time


class LineStore(Protocol):
    """Where rules find control lines."""

    def features(self, layer: str, bounds: Bounds | None = None) -> list[ControlFeature]:
        """Features of a layer whose boxes touch `bounds`, in the order they were imported; all when None."""
        ...

    def around(self, bounds: Bounds) -> Mapping[str, list[ControlFeature]]:
        """Features of every layer whose boxes touch `bounds`, in the order they were imported.

        A layer that has nothing there is absent. One query, however many layers there are.
        """
        ...


class SqliteLineStore:
    """The embedded store."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)

    def features(self, layer: str, bounds: Bounds | None = None) -> list[ControlFeature]:
        """Features of a layer whose boxes touch `bounds`, in the order they were imported."""
        if bounds is None:
            return self._read("feature f where f.layer = ?", (layer,))
        return self._read(f"{TOUCHING} and b.layer = ?", (*_window(bounds), layer))

    def around(self, bounds: Bounds) -> Mapping[str, list[ControlFeature]]:
        """Features of every layer whose boxes touch `bounds`; a layer that has nothing there is absent."""
        found: dict[str, list[ControlFeature]] = {}
        for feature in self._read(TOUCHING, _window(bounds)):
            found.setdefault(feature.layer, []).append(feature)
        return found

    def everything(self) -> list[ControlFeature]:
        """All features of all layers, in the order they were imported."""
        return self._read("feature f", ())

    def _read(self, where: str, values: tuple[float | str, ...]) -> list[ControlFeature]:
        query = f"select {COLUMNS} from {where} order by f.identifier"  # noqa: S608
        rows = self._connection.execute(query, values).fetchall()
        # Shapes as one array: a call for each costs more than the parsing.
        shapes = shapely.from_wkb([row[-1] for row in rows])
        return [
            ControlFeature(
                identifier=identifier,
                layer=code,
                name=Text(zh=zh, en=en),
                geometry=shape,
                attributes=json.loads(attributes),
            )
            for (identifier, code, zh, en, attributes, _), shape in zip(rows, shapes, strict=True)
        ]

    def close(self) -> None:
        """Release the file."""
        self._connection.close()


def _window(bounds: Bounds) -> Bounds:
    """In the order of the comparisons of `TOUCHING`."""
    west, south, east, north = bounds
    return east, west, north, south


def open_store(path: Path) -> SqliteLineStore:
    """Open a store that `build_store` wrote."""
    return SqliteLineStore(path)


def build_store(city: City) -> Path:
    """Read all control lines of a city into its store, unless the store already holds exactly them.

    Returns:
        The store's path, inside the city's build folder. It is written aside and renamed, so a
        process that is killed leaves no half-filled store.

    Raises:
        ControlLineError: a layer cannot be read.
    """
    path = city.build_folder / "control_lines.sqlite"
    if _source_of(path) == city.sha256:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with closing(sqlite3.connect(partial)) as connection, connection:
        connection.execute("pragma journal_mode = off")
        connection.execute("pragma synchronous = off")
        connection.executescript(SCHEMA)
        with open_tables(city.control_lines_path) as tables:
            _insert(connection, _all_features(city, tables))
        connection.execute("insert into store values (?, ?)", (STORE_VERSION, city.sha256))
    partial.replace(path)
    return path


def _source_of(path: Path) -> str | None:
    """Hash of the city data a store was built from; None when there is no such store."""
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            version, source = connection.execute(
                "select version, source_sha256 from store"
            ).fetchone()
    except (sqlite3.DatabaseError, TypeError):
        return None
    return str(source) if version == STORE_VERSION else None


def _all_features(city: City, tables: LayerTables) -> Iterator[ControlFeature]:
    identifier = 1
    for layer in city.layers:
        empty = True
        for feature in read_layer(
            tables,
            city.control_lines_path,
            layer.code,
            projected_crs=city.frame.projected_crs,
            first_identifier=identifier,
        ):
            empty = False
            identifier = feature.identifier + 1
            yield feature
        if empty:
            raise ControlLineError(
                Text(
                    zh="图层没有任何图形；空图层会让规则无声通过。",
                    en="the layer holds nothing; an empty layer would let rules pass in silence.",
                ),
                path=city.control_lines_path,
                place=layer.code,
                remedy=Text(
                    zh="补充数据，或从 city.yaml 删除该图层。",
                    en="Add its data, or drop it from city.yaml.",
                ),
            )


def _insert(connection: sqlite3.Connection, features: Iterable[ControlFeature]) -> None:
    waiting = iter(features)
    while batch := list(itertools.islice(waiting, BATCH)):
        shapes = np.array([feature.geometry for feature in batch], dtype=object)
        connection.executemany(
            "insert into feature values (?, ?, ?, ?, ?, ?)",
            (
                (
                    feature.identifier,
                    feature.layer,
                    feature.name.zh,
                    feature.name.en,
                    json.dumps(dict(feature.attributes), ensure_ascii=False, sort_keys=True),
                    shape,
                )
                for feature, shape in zip(batch, shapely.to_wkb(shapes), strict=True)
            ),
        )
        connection.executemany(
            "insert into feature_bounds values (?, ?, ?, ?, ?, ?)",
            (
                (feature.identifier, west, east, south, north, feature.layer)
                for feature, (west, south, east, north) in zip(
                    batch, shapely.bounds(shapes).tolist(), strict=True
                )
            ),
        )
