"""City folders with the control lines a test draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

from cim.blueprint import blueprint_of
from cim.city import City, Layer
from cim.text import Text
from tests.support.cities import FRAME

EAST, NORTH = 610_000.0, 2_705_000.0
CRS = "EPSG:4548"
OWNERS = {
    "land": Text(zh="规划局", en="Planning"),
    "water": Text(zh="水利局", en="Water"),
    "parks": Text(zh="园林局", en="Parks"),
}


def square(x: float, y: float, width: float, height: float) -> shapely.Polygon:
    """A rectangle by its south-western corner, metres from a corner of the city."""
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def ring(*corners: tuple[float, float]) -> shapely.Polygon:
    """A polygon by its corners, metres from a corner of the city."""
    return shapely.Polygon([(EAST + x, NORTH + y) for x, y in corners])


def write_layer(
    path: Path,
    code: str,
    shapes: Sequence[Any],
    *,
    crs: str | None = CRS,
    kind: str = "Unknown",
    names: Sequence[str] | None = None,
) -> None:
    """Append a layer to a GeoPackage; a shape may be WKB of what no library would make."""
    called = names or [f"{code}-{number}" for number in range(len(shapes))]
    stored = [s if s is None or isinstance(s, bytes) else shapely.to_wkb(s) for s in shapes]
    pyogrio.raw.write(
        path,
        geometry=np.array(stored, dtype=object),
        field_data=[np.array(called, dtype=object)],
        fields=np.array(["name_zh"]),
        layer=code,
        driver="GPKG",
        geometry_type=kind,
        crs=crs,
        append=path.exists(),
    )


def write_lines(path: Path, layers: Mapping[str, Sequence[Any]]) -> None:
    """Write layers into a new GeoPackage."""
    path.unlink(missing_ok=True)
    for code, shapes in layers.items():
        write_layer(path, code, shapes)


def city_with(folder: Path, *layers: str, **blueprint: Any) -> City:
    """A city whose control lines are ``lines.gpkg`` of a folder; a layer's owner follows from its first syllable."""
    here = folder / "lines.gpkg"
    return City(
        folder=folder,
        code="test",
        name=Text(zh="测试", en="test"),
        frame=FRAME,
        terrain_path=here,
        buildings_path=here,
        control_lines_path=here,
        rulebook_path=here,
        point_cloud_paths=(),
        layers=tuple(
            Layer(code, Text(zh=code, en=code), OWNERS[code.split("_")[0]], "#ffffff")
            for code in layers
        ),
        viewpoints=(),
        ridges=(),
        blueprint=blueprint_of(blueprint, layers),
    )
