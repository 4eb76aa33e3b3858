"""Parcels from GIS files and drawings: GeoJSON, Shapefile, GeoPackage, DXF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from cim.errors import ParcelError
from cim.parcels.raw import RawParcel, RawRing, RawSource
from cim.text import Text

NAME_FIELDS = ("name", "名称", "地块名称", "dkmc", "地块编号", "dkbh", "宗地代码", "zddm", "id")
AREA_FIELDS = ("area", "面积", "地块面积", "dkmj", "宗地面积", "zdmj")
PARCEL_LAYERS = ("用地", "红线", "界址", "宗地", "地块", "parcel", "site", "boundary")
DEGREES = 360.0  # beyond it a number is no longitude, whatever the file says


def read_vector(path: Path, layer: str | None) -> RawSource:
    """Read every area of a layer.

    Args:
        path: the file.
        layer: of a GeoPackage, or of a drawing; None for the only one, or the one named like a parcel.

    Raises:
        ParcelError: it cannot be read, has no area, an outline that is not closed, or several layers to choose from.
    """
    drawing = path.suffix.lower() == ".dxf"
    notes: list[Text] = []
    try:
        chosen = None if drawing else _layer_of(path, layer)
        meta, _, geometries, columns = pyogrio.raw.read(
            path, layer=chosen, encoding=_encoding(path, notes)
        )
    except (DataSourceError, DataLayerError, ValueError, UnicodeDecodeError) as error:
        raise ParcelError(
            Text(zh="无法读取：{why}。", en="it cannot be read: {why}.").format(
                why=str(error).splitlines()[0].rstrip(".")
            ),
            path=path,
            place=layer,
        ) from error
    fields = [str(name) for name in meta["fields"]]
    rows = [
        (dict(zip(fields, values, strict=True)), shape)
        for *values, shape in zip(*columns, shapely.from_wkb(geometries), strict=True)
    ]
    if drawing:
        rows = list(_drawn(path, rows, layer))
    parcels = tuple(
        _parcel(path, number, values, shape)
        for number, (values, shape) in enumerate(rows, start=1)
        if shape is not None and shape.geom_type in ("Polygon", "MultiPolygon")
    )
    if not parcels:
        raise ParcelError(
            Text(zh="没有面状图形。", en="it holds no area."),
            path=path,
            place=layer,
            remedy=Text(
                zh="请以面或闭合多段线给出用地。",
                en="Give the parcel as an area or a closed polyline.",
            ),
        )
    return RawSource(parcels, _crs(meta["crs"], parcels, notes), notes=tuple(notes))


def _layer_of(path: Path, wanted: str | None) -> str | None:
    names = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    if wanted is not None:
        if wanted not in names:
            raise _choose(path, names)
        return wanted
    if len(names) <= 1:
        return names[0] if names else None
    named = [name for name in names if any(word in name.lower() for word in PARCEL_LAYERS)]
    if len(named) != 1:
        raise _choose(path, names)
    return named[0]


def _choose(path: Path, names: Iterable[str]) -> ParcelError:
    return ParcelError(
        Text(
            zh="不能确定哪个图层是用地：{names}。",
            en="which layer is the parcel is not clear: {names}.",
        ).format(names=", ".join(names)),
        path=path,
        remedy=Text(zh="请指明图层名称。", en="Name the layer."),
    )


def _encoding(path: Path, notes: list[Text]) -> str | None:
    """Encoding of a Shapefile's attributes; it has none of its own when the .cpg is missing."""
    table = path.with_suffix(".dbf")
    if path.suffix.lower() != ".shp" or path.with_suffix(".cpg").is_file() or not table.is_file():
        return None
    content = table.read_bytes()
    header = int.from_bytes(content[8:10], "little")
    try:
        content[header:].decode("utf-8")
    except UnicodeDecodeError:
        notes.append(
            Text(
                zh="属性表没有 .cpg，按 GBK 读取。", en="The table has no .cpg; it was read as GBK."
            )
        )
        return "GB18030"
    return "UTF-8"


def _crs(name: str | None, parcels: Iterable[RawParcel], notes: list[Text]) -> CRS | None:
    if name is None:
        return None
    crs = CRS.from_user_input(name)
    largest = max(float(np.abs(ring.points).max()) for p in parcels for ring in p.rings)
    if crs.is_geographic and largest > DEGREES:
        notes.append(
            Text(
                zh="文件自称经纬度，但数值是平面坐标；按城市坐标系理解。",
                en="The file claims longitude and latitude, but the numbers are those of a map; the city's CRS is assumed.",
            )
        )
        return None
    return crs


def _drawn(
    path: Path, rows: list[tuple[dict[str, Any], Any]], layer: str | None
) -> Iterator[tuple[dict[str, Any], BaseGeometry]]:
    """Closed outlines of a drawing's parcel layer."""
    shaped = [
        (v, s) for v, s in rows if s is not None and s.geom_type not in ("Point", "MultiPoint")
    ]
    names = sorted({str(values.get("Layer")) for values, _ in shaped})
    if layer is None:
        named = [n for n in names if any(word in n.lower() for word in PARCEL_LAYERS)]
        wanted = named if len(named) == 1 else names
    else:
        wanted = [name for name in names if name == layer]
    if len(wanted) != 1:
        raise _choose(path, names)
    for values, shape in shaped:
        if str(values.get("Layer")) != wanted[0]:
            continue
        handle = str(values.get("EntityHandle"))
        if shape.geom_type == "LineString":
            if not shape.is_closed or len(shape.coords) < 4:
                raise ParcelError(
                    Text(zh="多段线没有闭合。", en="the polyline is not closed."),
                    path=path,
                    place=f"{wanted[0]}:{handle}",
                    remedy=Text(
                        zh="请在 CAD 中闭合该多段线（PEDIT > 闭合）。",
                        en="Close the polyline in the drawing (PEDIT > Close).",
                    ),
                )
            shape = shapely.Polygon(shape)
        yield {"name": f"{wanted[0]} {handle}"}, shape


def _parcel(path: Path, number: int, values: dict[str, Any], shape: BaseGeometry) -> RawParcel:
    said = {key.lower(): value for key, value in values.items()}
    name = next((said[key] for key in NAME_FIELDS if said.get(key) not in (None, "")), None)
    area = next((said[key] for key in AREA_FIELDS if said.get(key) not in (None, "")), None)
    rings = [
        RawRing(
            points=shapely.get_coordinates(ring),
            places=(f"{number}",) * len(shapely.get_coordinates(ring)),
            closed=True,
        )
        for part in shapely.get_parts(shapely.force_2d(shape))
        for ring in (part.exterior, *part.interiors)
    ]
    return RawParcel(
        name=str(name) if name is not None else f"{path.stem} {number}",
        place=f"{number}",
        rings=tuple(rings),
        stated_area=float(area) if isinstance(area, int | float | np.number) else None,
    )
