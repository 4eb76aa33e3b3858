"""A copy of the control lines in which invalid shapes are made valid; the source is never written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import shapely

from cim.city import City
from cim.control_lines.blueprint.finding import FeatureReference
from cim.control_lines.blueprint.mending import Mended, invalid_rows, mend
from cim.control_lines.blueprint.source import DrawnLayer, layers_in, read_drawn
from cim.errors import ControlLineError
from cim.text import Text

POLYGONS = {"Polygon": "MultiPolygon", "Polygon Z": "MultiPolygon Z"}


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done to a feature.

    Attributes:
        feature: which.
        mended: the shape before and after; the copy holds the old one where nothing of it could be kept.
    """

    feature: FeatureReference
    mended: Mended


def write_repaired(city: City, copy: Path) -> tuple[Repair, ...]:
    """Write every layer of the source into a GeoPackage with its invalid shapes made valid.

    Everything else is as in the source: layers that no catalogue lists, attributes, heights of sound shapes, CRS. Shapes that
    overlap, lie elsewhere or occur twice are left alone, for which of them is right is not for a program to say.

    Args:
        city: names the source.
        copy: replaced when it exists; written aside and renamed, so that none is left half written.

    Returns:
        Every invalid feature, in the order of the catalogue and the source.

    Raises:
        ControlLineError: the copy is the source itself, is no ``.gpkg``, or cannot be written.
    """
    source = city.control_lines_path
    _refuse(source, copy)
    drawn = {layer.layer.code: layer for layer in read_drawn(city)}
    repairs: list[Repair] = []
    partial = copy.with_name(f"{copy.stem}.partial.gpkg")
    partial.unlink(missing_ok=True)
    try:
        for layer in layers_in(source):
            repairs += _copy_layer(source, partial, layer, drawn.get(layer))
        partial.replace(copy)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.GeometryError, OSError) as error:
        raise ControlLineError(
            Text(
                zh="无法写出修复副本：{why}。", en="the repaired copy cannot be written: {why}."
            ).format(why=error),
            path=copy,
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return tuple(repairs)


def _refuse(source: Path, copy: Path) -> None:
    if copy.suffix.lower() != ".gpkg":
        reason = Text(zh="修复副本必须是 .gpkg。", en="the repaired copy must be a .gpkg.")
    elif copy.exists() and copy.samefile(source):
        reason = Text(zh="副本不能覆盖原数据。", en="the copy must not replace the source.")
    else:
        return
    raise ControlLineError(
        reason,
        path=copy,
        remedy=Text(zh="请另写一个文件名。", en="Name another file."),
    )


def _copy_layer(source: Path, copy: Path, name: str, drawn: DrawnLayer | None) -> list[Repair]:
    """Copy one layer; only one of the catalogue is repaired."""
    meta, _, stored, columns = pyogrio.raw.read(source, layer=name)
    kind, parted, repairs = meta["geometry_type"], False, []
    stored = stored.copy()
    if drawn is not None:
        for row in invalid_rows(drawn.shapes):
            done = mend(shapely.from_wkb(stored[row]))
            repairs.append(Repair(drawn.reference(row), done))
            if done.shape is not None:
                stored[row] = shapely.to_wkb(done.shape)
                parted = parted or done.shape.geom_type == "MultiPolygon"
    pyogrio.raw.write(
        copy,
        geometry=stored,
        field_data=columns,
        fields=np.array(meta["fields"]),
        layer=name,
        driver="GPKG",
        geometry_type=POLYGONS.get(kind, kind) if parted else kind,
        promote_to_multi=parted and kind in POLYGONS,
        crs=meta["crs"],
        append=copy.exists(),
    )
    return repairs
