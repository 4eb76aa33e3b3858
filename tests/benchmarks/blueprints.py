"""City folders with a generated blueprint: ``python tests/benchmarks/blueprints.py FOLDER --polygons 125000``.

For figures of growth, of the self-check as of line rules. 162 layers of N polygons as a city of a few million people has
them, the same for the same seed: three top-level layers that partition the whole along waved lines of many vertices, lots that
share their corners, road strips, round buffers, ragged parks and waters, and themes of all departments of very unequal
sizes. The area grows with N, so that density stays. A known number of faults is planted.

The catalogue holds every layer of the sample city, so that its rulebook can be run against it.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import rasterio
import shapely
import yaml
from numpy.typing import NDArray
from rasterio.transform import from_origin

import samples
from samples.lines import PARTITION
from samples.lines import layers as sample_layers

LAYERS = 162
WEST, SOUTH = 580_000.0, 2_690_000.0  # m, EPSG:4548
LOT = (60.0, 50.0)  # m
JITTER = 6.0  # m by which a corner of a lot is off its grid
ACROSS = 40  # vertices along a waved line for each kilometre
PARCEL_SHARE, ROAD_SHARE, THEME_SHARE = 0.4, 0.1, 0.5
FAULTS_A_THOUSAND = 1  # bow ties, and parcels entered twice
CELL = 100.0  # m of the terrain
LEVEL = 5.0  # m

Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Planted:
    """What is wrong with a generated blueprint by intent.

    Attributes:
        polygons: in all layers.
        bow_ties: invalid shapes.
        twins: parcels entered twice.
        gap: m2 of the partition covered by none.
    """

    polygons: int
    bow_ties: int
    twins: int
    gap: float


def write_blueprint(folder: Path, *, polygons: int, seed: int = 1, sound: bool = False) -> Planted:
    """Write ``city.yaml``, the control lines, and just enough of the other sources for `cim.city.read_city`.

    Args:
        folder: made when absent; files of the same names are replaced.
        polygons: in all layers together, 1,000 or more.
        seed: of everything that is left to chance.
        sound: plant no invalid shape and no twin, so that a store can be built of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(seed)
    columns = int(np.ceil(np.sqrt(polygons * PARCEL_SHARE)))
    width, height = columns * LOT[0], columns * LOT[1]
    content, planted = _content(chance, polygons, columns, sound=sound)
    path = folder / "control_lines.gpkg"
    path.unlink(missing_ok=True)
    for code, shapes in content.items():
        _write_layer(path, code, shapes)
    _write_terrain(folder / "terrain.tif", width, 3.0 * height)
    (folder / "buildings.city.jsonl").write_text("", encoding="utf-8")
    shutil.copy(Path(samples.__file__).with_name("rulebook.yaml"), folder / "rulebook.yaml")
    document = _document(list(content), width, 3.0 * height)
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    (folder / "city.yaml").write_text(text, encoding="utf-8")
    return planted


def _content(
    chance: np.random.Generator, polygons: int, columns: int, *, sound: bool
) -> tuple[dict[str, Shapes], Planted]:
    """Every layer's shapes. The town is a band between sea in the south and hills in the north, each as high."""
    width, height = columns * LOT[0], columns * LOT[1]
    faults = 0 if sound else max(1, polygons * FAULTS_A_THOUSAND // 1000)
    town = (WEST, SOUTH + height, WEST + width, SOUTH + 2.0 * height)
    content: dict[str, Shapes] = dict(zip(PARTITION, _partition(width, height), strict=True))
    gap = float(shapely.area(_notch(width, height)))
    parcels = _lots(chance, columns)[: int(polygons * PARCEL_SHARE) - faults]
    twins = parcels[chance.choice(len(parcels), faults, replace=False)]
    content["parcel"] = np.concatenate([parcels, shapely.reverse(twins)])
    content["road_red_line"] = _strips(chance, int(polygons * ROAD_SHARE), town)
    codes = [layer.code for layer in sample_layers() if layer.code not in content]
    codes += [f"theme_{number:03d}" for number in range(LAYERS - len(content) - len(codes))]
    rest = polygons - sum(map(len, content.values()))
    for code, count in zip(codes, _unequal(rest, len(codes)), strict=True):
        content[code] = _theme(chance, count, town)
    largest = codes[0]
    bows = _bow_ties(chance, faults, town)
    content[largest] = np.concatenate([content[largest][: len(content[largest]) - faults], bows])
    total = sum(map(len, content.values()))
    return content, Planted(total, faults, faults, gap)


def _partition(width: float, height: float) -> Iterator[Shapes]:
    """Hills, town, sea, in tiles along shared waved lines; a notch is missing from the hills."""
    steps = max(int(width / 1000.0 * ACROSS), 16)
    along = np.linspace(0.0, width, steps + 1).round(3)
    waved = 0.2 * height * np.sin(along / 700.0) * np.sin(np.pi * along / width)
    shore = np.column_stack([WEST + along, SOUTH + height + 0.45 * np.minimum(waved, 0.0) - 1.0])
    foot = np.column_stack([WEST + along, SOUTH + 2 * height + 0.45 * np.maximum(waved, 0.0) + 1.0])
    shore, foot = shore.round(3), foot.round(3)
    bottom = np.column_stack([WEST + along, np.full_like(along, SOUTH)])
    top = np.column_stack([WEST + along, np.full_like(along, SOUTH + 3.0 * height)])
    tile = max(steps // 12, 1)
    cuts = range(0, steps, tile)

    def tiles(low: NDArray[np.float64], high: NDArray[np.float64]) -> Shapes:
        return np.array(
            [
                shapely.Polygon([*low[at : at + tile + 1], *high[at : at + tile + 1][::-1]])
                for at in cuts
            ],
            dtype=object,
        )

    hills = tiles(foot, top)
    hills[0] = hills[0].difference(_notch(width, height))
    yield hills
    yield tiles(shore, foot)
    yield tiles(bottom, shore)


def _notch(width: float, height: float) -> shapely.Polygon:
    """A rectangle at the northern edge of the first tile of the hills, 10 m deep."""
    top = SOUTH + 3.0 * height
    return shapely.box(WEST, top - 10.0, WEST + width / 40.0, top)


def _lots(chance: np.random.Generator, columns: int) -> Shapes:
    """Quadrilaterals with a vertex on two of their sides, along shared jittered corners; shape (columns^2,)."""
    grid = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(columns + 1)), axis=-1)
    corners = grid * np.array(LOT) + np.array([WEST, SOUTH + columns * LOT[1]])
    inner = (slice(1, -1), slice(1, -1))
    corners[inner] += chance.uniform(-JITTER, JITTER, corners[inner].shape)
    corners = corners.round(3)
    south_west, south_east = corners[:-1, :-1], corners[:-1, 1:]
    north_east, north_west = corners[1:, 1:], corners[1:, :-1]
    rings = [
        south_west, (south_west + south_east) / 2.0, south_east, north_east,
        (north_east + north_west) / 2.0, north_west,
    ]  # fmt: skip
    lots: Shapes = shapely.polygons(np.stack(rings, axis=2).reshape(-1, 6, 2))
    return lots


def _strips(
    chance: np.random.Generator, count: int, within: tuple[float, float, float, float]
) -> Shapes:
    """Roads: waved strips of 12 to 40 m by 200 to 800 m, 42 vertices each."""
    west, south, east, north = within
    along = np.linspace(0.0, 1.0, 21)
    length = chance.uniform(200.0, 800.0, (count, 1))
    half = chance.uniform(6.0, 20.0, (count, 1))
    wave = 8.0 * np.sin(2.0 * np.pi * (along + chance.uniform(0.0, 1.0, (count, 1))))
    sides = [np.stack([along * length, wave + half], axis=-1), np.stack([along * length, wave - half], axis=-1)]  # fmt: skip
    rings = np.concatenate([sides[0], sides[1][:, ::-1]], axis=1)
    angle = chance.choice([0.0, np.pi / 2.0], count) + chance.normal(0.0, 0.1, count)
    turn = np.stack([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]).transpose(2, 0, 1)  # fmt: skip
    place = np.column_stack(
        [chance.uniform(west, east, count), chance.uniform(south, north, count)]
    )
    strips: Shapes = shapely.polygons((rings @ turn + place[:, None, :]).round(3))
    return strips


def _theme(
    chance: np.random.Generator, count: int, within: tuple[float, float, float, float]
) -> Shapes:
    """Half ragged areas, half buffers of places."""
    west, south, east, north = within
    ragged = count // 2
    place = np.column_stack(
        [chance.uniform(west, east, count), chance.uniform(south, north, count)]
    )
    turns = np.linspace(0.0, 2.0 * np.pi, 32, endpoint=False)
    reach = chance.lognormal(3.0, 0.6, (count, 1)).clip(4.0, 200.0)
    reach = reach * np.ones(len(turns))
    reach[:ragged] *= chance.uniform(0.7, 1.3, (ragged, len(turns)))
    ring = np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    shapes: Shapes = shapely.polygons((place[:, None, :] + reach[..., None] * ring).round(3))
    return shapes


def _bow_ties(
    chance: np.random.Generator, count: int, within: tuple[float, float, float, float]
) -> Shapes:
    west, south, east, north = within
    place = np.column_stack(
        [chance.uniform(west, east, count), chance.uniform(south, north, count)]
    )
    bow = np.array([[0.0, 0.0], [20.0, 20.0], [20.0, 0.0], [0.0, 20.0]])
    bows: Shapes = shapely.polygons((place[:, None, :] + bow).round(3))
    return bows


def _unequal(total: int, parts: int) -> list[int]:
    """Shares of a total, two each and the rest falling as 1 / rank."""
    weights = 1.0 / np.arange(1, parts + 1)
    counts = 2 + (weights / weights.sum() * (total - 2 * parts)).astype(int)
    counts[0] += total - counts.sum()
    if counts[0] <= 2:
        reason = f"{total} polygons are too few for {parts} layers"
        raise ValueError(reason)
    return [int(count) for count in counts]


def _write_layer(path: Path, code: str, shapes: Shapes) -> None:
    numbers = np.arange(1, len(shapes) + 1)
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(shapes),
        field_data=[
            np.array([f"{code} 第{number}号" for number in numbers], dtype=object),
            np.array([f"{code} no. {number}" for number in numbers], dtype=object),
            24.0 + numbers % 7 * 12.0,
        ],
        fields=np.array(["name_zh", "name_en", "limit_elevation"]),
        layer=code,
        driver="GPKG",
        geometry_type="Polygon",
        crs="EPSG:4548",
        append=path.exists(),
    )


def _write_terrain(path: Path, width: float, height: float) -> None:
    shape = (int(np.ceil(height / CELL)), int(np.ceil(width / CELL)))
    profile: dict[str, Any] = {
        "driver": "GTiff", "height": shape[0], "width": shape[1], "count": 1, "dtype": "float32",
        "crs": "EPSG:4548", "transform": from_origin(WEST, SOUTH + shape[0] * CELL, CELL, CELL),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(np.full(shape, LEVEL, dtype=np.float32), 1)


def _document(codes: list[str], width: float, height: float) -> dict[str, Any]:
    known = {layer.code: layer for layer in sample_layers()}
    listed = []
    for number, code in enumerate(codes):
        name = known[code].name.to_json() if code in known else {"zh": code, "en": code}
        bureau = number % 12 + 1
        listed.append(
            {
                "code": code,
                "name": name,
                "owner": {"zh": f"第{bureau}局", "en": f"bureau {bureau}"},
                "colour": f"#{number * 97_003 % 0xFFFFFF:06x}",
            }
        )
    corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    # As few as a real blueprint has conflicts: a lot in thirty lies under some line it must not.
    pairs = [["parcel", "parcel"], ["parcel", "sea"], ["parcel", "ecological"]]
    pairs += [["urban_boundary", "sea"], ["urban_boundary", "ecological"]]
    pairs += [["green_line", "blue_line"], ["road_red_line", "purple_line"]]
    pairs += [["parcel", f"theme_{number:03d}"] for number in range(130, 142)]
    return {
        "city": "generated",
        "name": {"zh": "生成的蓝图", "en": "Generated blueprint"},
        "projected_crs": "EPSG:4548",
        "vertical": {"datum": "EPSG:5737", "separation": 10.2, "accuracy": 0.3},
        "terrain": "terrain.tif",
        "buildings": "buildings.city.jsonl",
        "rulebook": "rulebook.yaml",
        "control_lines": {"source": "control_lines.gpkg", "layers": listed},
        "blueprint": {
            "partition": list(PARTITION),
            "within": [[WEST + x, SOUTH + y] for x, y in corners],
            "prohibited_pairs": pairs,
        },
    }


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--polygons", type=int, default=125_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sound", action="store_true", help="nothing invalid, nothing twice")
    asked = parser.parse_args()
    write_blueprint(asked.folder, polygons=asked.polygons, seed=asked.seed, sound=asked.sound)


if __name__ == "__main__":
    main()
