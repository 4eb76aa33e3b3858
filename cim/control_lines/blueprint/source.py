"""The source of the control lines read with all its faults, so that one run tells them all.

`cim.control_lines.readers` refuses a layer at its first fault, for a store must not hold it; here nothing is refused
but a file that cannot be opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import GEOSException

from cim.city import City, Layer
from cim.control_lines.blueprint.finding import FeatureReference
from cim.control_lines.readers import NAME_COLUMNS
from cim.control_lines.tables import Table, open_tables
from cim.text import Text

Shapes = NDArray[np.object_]
"""Shape (N,), a geometry or None each."""

NOT_FINITE = "Invalid Coordinate"  # as GEOS calls it


@dataclass(frozen=True, slots=True, eq=False)
class DrawnLayer:
    """A layer as its source has it.

    Attributes:
        layer: of the catalogue.
        crs: as the source names it; None when it names none.
        fids: shape (N,), identifiers in the source.
        names: columns of `NAME_COLUMNS` the source has, each of shape (N,).
        shapes: in plan, the layer's own CRS; None where there is no geometry or none that can be parsed.
        unparsed: why, by row, for those that are there and cannot be parsed.
    """

    layer: Layer
    crs: str | None
    fids: NDArray[np.int64]
    names: Mapping[str, NDArray[np.object_]]
    shapes: Shapes
    unparsed: Mapping[int, str]

    def reference(self, row: int) -> FeatureReference:
        """How to name a feature."""
        fid = int(self.fids[row])
        given = [
            self.names[column][row] if column in self.names else None for column in NAME_COLUMNS
        ]
        zh, en = (str(name) if name else None for name in given)
        fallback = f"{self.layer.code} #{fid}"
        return FeatureReference(
            self.layer.code, fid, Text(zh=zh or en or fallback, en=en or zh or fallback)
        )


def layers_in(path: Path) -> list[str]:
    """Names of the layers of a source that have geometry.

    Raises:
        ControlLineError: it cannot be opened.
    """
    with open_tables(path) as tables:
        return tables.names()


def read_drawn(city: City) -> Iterator[DrawnLayer]:
    """Read every layer of the catalogue that the source has, in the catalogue's order.

    Raises:
        ControlLineError: the source cannot be opened, or a layer of it cannot be read at all.
    """
    with open_tables(city.control_lines_path) as tables:
        present = set(tables.names())
        for layer in city.layers:
            if layer.code in present:
                yield _drawn(layer, tables.read(layer.code))


def _drawn(layer: Layer, table: Table) -> DrawnLayer:
    stored = table.stored
    with np.errstate(invalid="ignore"):  # numbers that are none are told below
        shapes: Shapes = shapely.force_2d(shapely.from_wkb(stored, on_invalid="ignore"))
    missing = np.flatnonzero(shapely.is_missing(shapes))
    unparsed = {int(row): _why_unparsed(stored[row]) for row in missing if stored[row] is not None}
    for row in _not_finite(shapes):
        shapes[row], unparsed[row] = None, NOT_FINITE
    return DrawnLayer(
        layer=layer,
        crs=table.crs,
        fids=table.fids,
        names={name: table.fields[name] for name in NAME_COLUMNS if name in table.fields},
        shapes=shapes,
        unparsed=unparsed,
    )


def _not_finite(shapes: Shapes) -> list[int]:
    points, rows = shapely.get_coordinates(shapes, return_index=True)
    return [int(row) for row in np.unique(rows[~np.isfinite(points).all(axis=1)])]


def _why_unparsed(stored: Any) -> str:
    try:
        shapely.from_wkb(stored)
    except GEOSException as error:
        return str(error).split(": ", 1)[-1]
    return "?"
