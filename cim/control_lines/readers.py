"""Control-line sources (GeoPackage, GeoJSON, Shapefile ...) as features, checked at the door."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS

from cim.control_lines.feature import AttributeValue, ControlFeature
from cim.control_lines.tables import LayerTables
from cim.errors import ControlLineError
from cim.text import Text

NAME_COLUMNS = ("name_zh", "name_en")


def read_layer(
    tables: LayerTables, path: Path, layer: str, *, projected_crs: str, first_identifier: int
) -> Iterator[ControlFeature]:
    """Read one layer of a vector source.

    Args:
        tables: the source, open.
        path: of the source, for errors.
        layer: the layer's name in the source and its code in the catalogue.
        projected_crs: the city's; the source must be in it.
        first_identifier: identifiers count up from here.

    Yields:
        Every feature, in the order of the source.

    Raises:
        ControlLineError: no such layer, another CRS, or a geometry that is missing or invalid.
    """
    table = tables.read(layer)
    _check_crs(table.crs, projected_crs, path, layer)
    shapes = _valid_shapes(table.stored, path, layer)
    fields = list(table.fields)
    for row, (shape, *values) in enumerate(zip(shapes, *table.fields.values(), strict=True)):
        plain = {name: _plain(value) for name, value in zip(fields, values, strict=True)}
        yield ControlFeature(
            identifier=first_identifier + row,
            layer=layer,
            name=_name(plain, layer, row),
            geometry=shape,
            attributes={key: value for key, value in plain.items() if key not in NAME_COLUMNS},
        )


def _check_crs(found: str | None, expected: str, path: Path, layer: str) -> None:
    if found is not None and CRS.from_user_input(found).equals(
        CRS.from_user_input(expected), ignore_axis_order=True
    ):
        return
    raise ControlLineError(
        Text(
            zh="坐标系是 {found}，城市使用 {expected}。",
            en="the CRS is {found}; the city uses {expected}.",
        ).format(found=found or "?", expected=expected),
        path=path,
        place=layer,
        remedy=Text(
            zh="请用 ogr2ogr -t_srs {expected} 转换。",
            en="Convert it with ogr2ogr -t_srs {expected}.",
        ).format(expected=expected),
    )


def _valid_shapes(geometries: Any, path: Path, layer: str) -> Any:
    """Shapes in plan; a control line that is missing or crosses itself must not enter the store unseen."""
    with np.errstate(invalid="ignore"):  # a coordinate that is no number is told as such
        shapes = shapely.force_2d(shapely.from_wkb(geometries, on_invalid="ignore"))
    broken = shapely.is_missing(shapes) | shapely.is_empty(shapes) | ~shapely.is_valid(shapes)
    if broken.any():
        row = int(np.flatnonzero(broken)[0])
        why = "missing" if shapes[row] is None else str(shapely.is_valid_reason(shapes[row]))
        raise ControlLineError(
            Text(
                zh="{count} 个图形无效，第一个是第 {row} 个：{why}。",
                en="{count} geometries are not valid; the first is number {row}: {why}.",
            ).format(count=int(broken.sum()), row=row + 1, why=why),
            path=path,
            place=layer,
            remedy=Text(
                zh="cim city check 会列出全部问题并可写出修复副本；请修复后重新导入。",
                en="cim city check lists them all and can write a repaired copy; repair them and import again.",
            ),
        )
    return shapes


def _plain(value: Any) -> AttributeValue:
    """A value SQLite and JSON can hold; NaN is an absent number."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and np.isnan(value):
        return None
    return value if isinstance(value, str | float | int | bool) else None


def _name(values: Mapping[str, AttributeValue], layer: str, row: int) -> Text:
    zh, en = (values.get(column) for column in NAME_COLUMNS)
    fallback = f"{layer} {row + 1}"
    return Text(zh=str(zh or en or fallback), en=str(en or zh or fallback))
