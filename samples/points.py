"""A laser scan of the heritage block: roofs, walls and ground with a little noise and colour."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import laspy
import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from samples.buildings import Buildings
from samples.ground import height
from samples.lines import HERITAGE_BLOCK
from samples.streets import blocks

SCANNED = date(2026, 1, 1)  # written into the header, which would say today
NOISE = 0.015  # m
SCALE = 0.001  # m
GROUND, ROOF, WALL = 2, 6, 6  # LAS classification
ROOF_COLOUR, WALL_COLOUR, GROUND_COLOUR = (150, 72, 52), (214, 200, 178), (132, 134, 126)


def write_points(path: Path, buildings: Buildings, *, count: int, seed: int) -> None:
    """Write a LAZ file (point format 3) in EPSG:4548 with heights above the city's datum."""
    random = np.random.default_rng(seed)
    block = blocks()[HERITAGE_BLOCK]
    west, south, east, north = block.bounds
    x, y = buildings.centre.T
    inside = np.flatnonzero((x > west) & (x < east) & (y > south) & (y < north))
    share = count // 2 // max(len(inside), 1)
    parts = [_scan(buildings, int(i), share, random) for i in inside]
    parts.append(_ground(block.bounds, count - 2 * share * len(inside), random))
    points = np.concatenate([p for p, _, _ in parts])
    colours = np.concatenate([c for _, c, _ in parts])
    classes = np.concatenate([k for _, _, k in parts])
    points += random.normal(0.0, NOISE, points.shape)
    header = laspy.LasHeader(point_format=3, version="1.4")
    header.creation_date = SCANNED
    header.scales = np.full(3, SCALE)
    header.offsets = np.array([west, south, 0.0]).round()
    header.add_crs(CRS.from_epsg(4548))
    las = laspy.LasData(header)
    las.x, las.y, las.z = points.T
    las.red, las.green, las.blue = (colours.T.astype(np.uint16)) * 257
    las.classification = classes
    las.write(str(path))


Scan = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.uint8]]


def _scan(buildings: Buildings, number: int, share: int, random: np.random.Generator) -> Scan:
    """Roof and wall points of one building, `share` of each."""
    length, width = buildings.size[number]
    eave, ridge = buildings.eave[number], buildings.ridge[number]
    u, v = random.uniform(-0.5, 0.5, share), random.uniform(-0.5, 0.5, share)
    roof = np.column_stack([u * length, v * width, eave + ridge * (1.0 - 2.0 * np.abs(v))])
    around = random.uniform(0.0, 2.0 * (length + width), share)
    wall = np.column_stack([*_along_wall(around, length, width), random.uniform(0.0, eave, share)])
    local = np.concatenate([roof, wall])
    c, s = np.cos(buildings.turn[number]), np.sin(buildings.turn[number])
    e = local[:, 0] * c - local[:, 1] * s + buildings.centre[number, 0]
    n = local[:, 0] * s + local[:, 1] * c + buildings.centre[number, 1]
    points = np.column_stack([e, n, local[:, 2] + buildings.base[number]])
    colours = np.repeat([ROOF_COLOUR, WALL_COLOUR], share, axis=0)
    return points, colours, np.full(2 * share, ROOF, dtype=np.uint8)


def _along_wall(
    s: NDArray[np.float64], length: float, width: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points at arc length `s` along the rectangle's outline, about its centre."""
    side = np.searchsorted(np.cumsum([length, width, length]), s, side="right")
    start = np.array([0.0, length, length + width, 2.0 * length + width])[side]
    t = s - start
    x = np.choose(side, [t - length / 2, length / 2, length / 2 - t, -length / 2])
    y = np.choose(side, [-width / 2, t - width / 2, width / 2, width / 2 - t])
    return x, y


def _ground(
    bounds: tuple[float, float, float, float], count: int, random: np.random.Generator
) -> Scan:
    west, south, east, north = bounds
    e, n = random.uniform(west, east, count), random.uniform(south, north, count)
    points = np.column_stack([e, n, height(e, n)])
    colours = np.tile(GROUND_COLOUR, (count, 1))
    return points, colours, np.full(count, GROUND, dtype=np.uint8)
