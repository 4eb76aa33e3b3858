"""The keys of ``city.yaml`` that say in which frame everything is."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import yaml

from cim.city import City, read_city
from cim.errors import CityError
from cim.frame import FrameLimits
from cim.vertical import DatumOffset, SeparationGrid, VerticalSeparation

VERTICAL = {"datum": "EPSG:5737", "separation": 10.2, "accuracy": 0.3}
HELMERT = {"shift_easting": 5.0, "shift_northing": 7.0, "rotation_degrees": 90.0, "scale": 2.0}


def write_raster(path: Path, transform: rasterio.Affine, value: float) -> None:
    profile = {"driver": "GTiff", "width": 4, "height": 4, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", **profile, transform=transform, crs="EPSG:4326") as raster:
        raster.write(np.full((4, 4), value, dtype=np.float32), 1)


def city(folder: Path, **changes: Any) -> City:
    for name in ("buildings.jsonl", "lines.gpkg", "rulebook.yaml", "terrain.tif"):
        (folder / name).write_bytes(b"")
    write_raster(folder / "grid.tif", rasterio.Affine(1.0, 0.0, 116.0, 0.0, -1.0, 27.0), 11.5)
    document = {
        "city": "c", "name": {"zh": "城", "en": "city"}, "projected_crs": "EPSG:4548",
        "vertical": VERTICAL, "terrain": "terrain.tif", "buildings": "buildings.jsonl",
        "rulebook": "rulebook.yaml", "control_lines": {"source": "lines.gpkg", "layers": []},
    } | changes  # fmt: skip
    text = yaml.safe_dump({k: v for k, v in document.items() if v is not None}, allow_unicode=True)
    (folder / "city.yaml").write_text(text, encoding="utf-8")
    return read_city(folder)


def test_a_constant_separation_and_the_defaults(tmp_path: Path) -> None:
    read = city(tmp_path)
    assert read.frame.vertical == VerticalSeparation("EPSG:5737", 10.2, 0.3)
    assert read.frame.local_grids == ()
    assert read.frame_limits == FrameLimits()


def test_other_datums_and_the_citys_own_limits(tmp_path: Path) -> None:
    offsets = [{"datum": "EPSG:5736", "offset": -0.029, "accuracy": 0.005}]
    read = city(tmp_path, vertical=VERTICAL | {"offsets": offsets}, frame_limits={"agreement": 0.2})
    assert read.frame.vertical.offsets == (DatumOffset("EPSG:5736", -0.029, 0.005),)
    assert read.frame_limits == FrameLimits(agreement=0.2)


def test_a_separation_grid_is_part_of_what_a_verdict_depends_on(tmp_path: Path) -> None:
    vertical = {"datum": "EPSG:5737", "grid": "grid.tif", "accuracy": 0.05}
    read = city(tmp_path, vertical=vertical)
    assert isinstance(read.frame.vertical, SeparationGrid)
    assert read.frame.separation_at(np.array([[610_000.0, 2_705_000.0]])) == pytest.approx([11.5])
    digest = hashlib.sha256()
    for name in ("city.yaml", "lines.gpkg", "buildings.jsonl", "terrain.tif", "grid.tif"):
        digest.update(hashlib.sha256((tmp_path / name).read_bytes()).digest())
    assert read.sha256 == digest.hexdigest()


def test_height_grids_are_read_by_their_code_and_part_of_what_a_verdict_depends_on(
    tmp_path: Path,
) -> None:
    words = {"zh": "网格", "en": "grid"}
    entry = {"code": "views", "name": words, "owner": words, "source": "grid.tif"}
    read = city(tmp_path, height_grids=[entry])
    assert [grid.code for grid in read.height_grids] == ["views"]
    assert (read.height_limits("views").heights == 11.5).all()
    with pytest.raises(CityError, match="no height grid other"):
        read.height_limits("other")
    before = read.sha256
    write_raster(tmp_path / "grid.tif", rasterio.Affine(1.0, 0.0, 116.0, 0.0, -1.0, 27.0), 12.5)
    assert read_city(tmp_path).sha256 != before


@pytest.mark.parametrize(
    ("entry", "point", "expected"),
    [
        ({"helmert": HELMERT}, (10.0, 1.0), (3.0, 27.0)),
        ({"affine": [5.0, 1.0, 0.1, 7.0, -0.1, 1.0]}, (10.0, 1.0), (15.1, 7.0)),
    ],
)
def test_a_local_grid_by_its_parameters(
    tmp_path: Path, entry: dict[str, Any], point: tuple[float, float], expected: tuple[float, float]
) -> None:
    given = {"names": ["厦门92", "XM92"], "residual": 0.02, "source": "survey office"} | entry
    (grid,) = city(tmp_path, local_grids=[given]).frame.local_grids
    assert grid.apply(np.array([point]))[0] == pytest.approx(expected)
    assert grid.is_called(" xm92 ")
    assert not grid.is_called("XM 92")
    assert (grid.residual, grid.source) == (0.02, "survey office")


@pytest.mark.parametrize(("key", "accuracy"), [({}, 0.0), ({"accuracy": 0.6}, 0.6)])
def test_a_layer_states_its_accuracy_or_has_none(
    tmp_path: Path, key: dict[str, float], accuracy: float
) -> None:
    (layer,) = city(tmp_path, control_lines=lines_with(**key)).layers
    assert layer.accuracy == accuracy


def lines_with(**keys: float) -> dict[str, Any]:
    layer = {"code": "parcel", "name": {"zh": "红线", "en": "line"}, "owner": {"zh": "局", "en": "bureau"},
             "colour": "#000000"} | keys  # fmt: skip
    return {"source": "lines.gpkg", "layers": [layer]}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"projected_crs": "EPSG:4548+5737"}, "projected_crs"),
        ({"projected_crs": "EPSG:4490"}, "projected_crs"),
        ({"projected_crs": "EPSG:2229"}, "projected_crs"),  # feet
        ({"projected_crs": "Xiamen 92"}, "projected_crs"),
        ({"vertical": {"datum": "EPSG:5737", "accuracy": 0.3}}, "separation"),
        ({"vertical": {"datum": "EPSG:5737", "separation": 1.0}}, "accuracy"),
        ({"vertical": {"datum": "d", "grid": "terrain.tif", "accuracy": 0.1}}, "vertical.grid"),
        ({"control_lines": lines_with(accuracy=-0.1)}, "control_lines.layers.parcel.accuracy"),
        ({"control_lines": lines_with(accuracy=math.nan)}, "control_lines.layers.parcel.accuracy"),
        ({"blueprint": {"prohibited_pairs": [["parcel", "parcel"]]}}, None),  # no such layer
        ({"frame_limits": {"agreement": 0.0}}, None),
        ({"frame_limits": {"agreed": 1.0}}, None),
        ({"local_grids": [{"names": ["a"], "residual": 0.1, "source": "s"}]}, "affine"),
        (
            {
                "local_grids": [
                    {"names": ["a"], "residual": 0.1, "source": "s", "affine": [0, 0, 1, 0, 1, 0]}
                ]
            },
            None,
        ),
    ],
)
def test_a_frame_that_cannot_be_is_told(
    tmp_path: Path, changes: dict[str, Any], place: str | None
) -> None:
    with pytest.raises(CityError) as caught:
        city(tmp_path, **changes)
    assert caught.value.place == place
    assert caught.value.path is not None
