"""The existing buildings, as CityJSONSeq: boxes, and gable roofs on the low ones."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon, box

from samples.ground import ISLAND, height
from samples.lines import CANAL, HERITAGE_BLOCK, SEWAGE_WORKS
from samples.plan import NORTH, PAGODA, PARCEL, SIDE, SOUTH, VIEWPOINT, WEST
from samples.streets import STREET_EDGES, avenue_centres, blocks

LOT = 29.0  # m, one building each
STOREY = 3.1  # m
GABLE_LIMIT = 13.0  # m; lower buildings may have a gable roof
SCALE = 0.001  # m, CityJSON integer step
CENTRE = (610_500.0, 2_705_500.0)
VIEW_CORRIDOR = 20.0  # degrees either side of north from the shore lookout
VIEW_REACH, VIEW_SLOPE = 1_400.0, 0.075  # m; rise of what may be built there, 4.3 degrees
# From the top of Egret Island to the foot of the pagoda: degrees either side; metres above the town at the island, and a metre on.
PAGODA_CORRIDOR, PAGODA_LOW, PAGODA_SLOPE = 3.0, 38.0, 0.034
CONSENTED, CONSENTED_SIZE, CONSENTED_HEIGHT = (610_980.0, 2_705_500.0), (36.0, 28.0), 88.0  # m
FUNCTIONS = ("residential", "office", "retail", "mixed")


@dataclass(frozen=True, slots=True, eq=False)
class Buildings:
    """Many buildings at once; every array has one entry a building.

    Attributes:
        centre: shape (N, 2), easting and northing, metres.
        size: shape (N, 2), length and width, metres.
        turn: radians, from grid east to the length.
        base: elevation of the lowest ground under it, metres.
        eave: height of the walls, metres.
        ridge: height of the gable above the eave, metres; 0 for a flat roof.
    """

    centre: NDArray[np.float64]
    size: NDArray[np.float64]
    turn: NDArray[np.float64]
    base: NDArray[np.float64]
    eave: NDArray[np.float64]
    ridge: NDArray[np.float64]

    def corners(self) -> NDArray[np.float64]:
        """Plan corners counter-clockwise, shape (N, 4, 2)."""
        half = self.size / 2.0
        local = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half[:, None, :]
        c, s = np.cos(self.turn)[:, None], np.sin(self.turn)[:, None]
        x = local[..., 0] * c - local[..., 1] * s
        y = local[..., 0] * s + local[..., 1] * c
        return np.stack([x, y], axis=-1) + self.centre[:, None, :]


def make_buildings(count: int, seed: int) -> Buildings:
    """Place buildings on lots along the streets.

    Beyond one district's lots the district is repeated, so any number fits.

    Args:
        count: how many.
        seed: of the pseudo-random choice of lots, sizes and heights.
    """
    random = np.random.default_rng(seed)
    lots, old = _lots()
    copies = copies_for(count)
    shifts = np.array([(i * SIDE, j * SIDE) for j in range(copies) for i in range(copies)])
    every = (lots[None, :, :] + shifts[:, None, :]).reshape(-1, 2)
    aged = np.tile(old, len(shifts))
    chosen = np.sort(random.choice(len(every), size=count, replace=False))
    centre, aged = every[chosen], aged[chosen]
    size = np.column_stack([random.uniform(14.0, 26.0, count), random.uniform(10.0, 18.0, count)])
    near = np.exp(-np.hypot(*(centre - CENTRE).T) / 650.0)
    tall = random.gamma(2.0, 6.0, count) + near * random.uniform(5.0, 70.0, count)
    storeys = np.where(
        aged, random.integers(1, 4, count), np.clip(tall / STOREY, 2, 24).astype(int)
    )
    storeys = np.minimum(storeys, _storeys_in_view(centre))
    eave = storeys * STOREY + 0.6
    gabled = aged | ((eave < GABLE_LIMIT) & (random.random(count) < 0.5))
    ridge = np.where(gabled, size[:, 1] * random.uniform(0.18, 0.3, count), 0.0)
    turn = np.where(random.random(count) < 0.5, 0.0, np.pi / 2.0) + random.normal(0.0, 0.015, count)
    plan = Buildings(centre, size, turn, np.zeros(count), eave, ridge)
    corners = plan.corners()
    base = height(corners[..., 0], corners[..., 1]).min(axis=1)
    return Buildings(centre, size, turn, base, eave, ridge)


def _storeys_in_view(centre: NDArray[np.float64]) -> NDArray[np.int64]:
    """Most storeys of each lot: between a viewpoint and what is to be seen from it buildings stay low."""
    distance, aside = _from(VIEWPOINT, (VIEWPOINT[0], NORTH), centre)
    ridge = (aside < VIEW_CORRIDOR) & (distance < VIEW_REACH)
    below_ridge = np.maximum((distance * VIEW_SLOPE / STOREY).astype(np.int64), 1)
    distance, aside = _from(ISLAND[:2], PAGODA, centre)
    pagoda = (aside < PAGODA_CORRIDOR) & (distance < math.dist(ISLAND[:2], PAGODA))
    below_pagoda = ((PAGODA_LOW + distance * PAGODA_SLOPE) / STOREY).astype(np.int64)
    allowed: NDArray[np.int64] = np.minimum(
        np.where(ridge, below_ridge, 1_000), np.where(pagoda, below_pagoda, 1_000)
    )
    return allowed


def _from(
    viewpoint: tuple[float, float], seen: tuple[float, float], centre: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance of points from a viewpoint, and degrees off its line of sight."""
    offset = centre - viewpoint
    azimuth = np.arctan2(offset[:, 0], offset[:, 1])
    middle = math.atan2(seen[0] - viewpoint[0], seen[1] - viewpoint[1])
    turned = np.angle(np.exp(1j * (azimuth - middle)))
    return np.hypot(offset[:, 0], offset[:, 1]), np.abs(np.degrees(turned))


def copies_for(count: int) -> int:
    """Districts along each axis that hold `count` buildings."""
    return int(np.ceil(np.sqrt(count / len(_lots()[0]))))


def _lots() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Centres of the lots of one district, and whether each lies in the heritage block."""
    taken = shapely.union_all([PARCEL.buffer(50.0), CANAL.buffer(14.0), SEWAGE_WORKS.buffer(20.0)])
    centres: list[tuple[float, float]] = []
    old: list[bool] = []
    for number, block in enumerate([*blocks(), *_outer_blocks()]):
        if number == 30:
            continue  # a park
        for lot in _lots_of(block):
            if not lot.intersects(taken):
                centres.append((lot.centroid.x, lot.centroid.y))
                old.append(number == HERITAGE_BLOCK)
    return np.array(centres), np.array(old)


def _outer_blocks() -> list[Polygon]:
    """The strip of town between the last street and the hills."""
    north = STREET_EDGES[-1][1]
    eastings = avenue_centres()
    return [
        box(west + 16.0, north + 4.0, east - 16.0, north + 4.0 + 3 * LOT)
        for west, east in itertools.pairwise(eastings)
    ]


def _lots_of(block: Polygon) -> Iterator[Polygon]:
    west, south, east, north = block.bounds
    across, along = int((east - west) // LOT), int((north - south) // LOT)
    width, depth = (east - west) / across, (north - south) / along
    for row in range(along):
        for column in range(across):
            x, y = west + column * width, south + row * depth
            yield box(x, y, x + width, y + depth)


def consented_tower() -> Buildings:
    """A tower that may be built on a parcel east of the submitted one, and is not yet."""
    one = np.ones(1)
    return Buildings(
        centre=np.array([CONSENTED]),
        size=np.array([CONSENTED_SIZE]),
        turn=0.0 * one,
        base=height(*np.array([CONSENTED]).T),
        eave=CONSENTED_HEIGHT * one,
        ridge=0.0 * one,
    )


def write_buildings(
    path: Path, buildings: Buildings, progress: Callable[[float], None] | None = None
) -> None:
    """Write CityJSONSeq (CityJSON 2.0): one metadata line, then one feature a line."""
    corners = buildings.corners()
    origin = np.array([WEST, SOUTH, 0.0])
    with path.open("w", encoding="utf-8") as stream:
        stream.write(json.dumps(_metadata(origin), separators=(",", ":")) + "\n")
        for number in range(len(corners)):
            feature = _feature(buildings, corners[number], number, origin)
            stream.write(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) + "\n")
            if progress is not None and number % 1000 == 0:
                progress(number / len(corners))


def _metadata(origin: NDArray[np.float64]) -> dict[str, Any]:
    return {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [SCALE] * 3, "translate": origin.tolist()},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/4548"},
        "CityObjects": {},
        "vertices": [],
    }


def _feature(
    buildings: Buildings, corners: NDArray[np.float64], number: int, origin: NDArray[np.float64]
) -> dict[str, Any]:
    base, eave = float(buildings.base[number]), float(buildings.eave[number])
    ridge = float(buildings.ridge[number])
    vertices, shells, lod = _solid(corners, base, base + eave, base + eave + ridge)
    whole = np.round((vertices - origin) / SCALE).astype(int).tolist()
    identifier = f"B{number + 1:06d}"
    return {
        "type": "CityJSONFeature",
        "id": identifier,
        "CityObjects": {
            identifier: {
                "type": "Building",
                "attributes": {
                    "name": f"{number + 1}号楼",
                    "function": FUNCTIONS[number % len(FUNCTIONS)],
                    "measuredHeight": round(eave + ridge, 2),
                    "storeysAboveGround": int(eave / STOREY),
                    "yearOfConstruction": 1930 + number * 37 % 90,
                },
                "geometry": [{"type": "Solid", "lod": lod, "boundaries": [shells]}],
            }
        },
        "vertices": whole,
    }


def _solid(
    corners: NDArray[np.float64], base: float, eave: float, top: float
) -> tuple[NDArray[np.float64], list[list[list[int]]], str]:
    """Vertices and faces of a box, or of a house with its gable over the short sides."""
    ground = np.column_stack([corners, np.full(4, base)])
    walls = np.column_stack([corners, np.full(4, eave)])
    if top == eave:
        faces = [
            [3, 2, 1, 0],
            [4, 5, 6, 7],
            *([i, (i + 1) % 4, 4 + (i + 1) % 4, 4 + i] for i in range(4)),
        ]
        return np.concatenate([ground, walls]), [[face] for face in faces], "1.2"
    ends = np.stack([corners[[3, 0]].mean(axis=0), corners[[1, 2]].mean(axis=0)])
    peaks = np.column_stack([ends, np.full(2, top)])  # 8 over the west end, 9 over the east end
    faces = [
        [3, 2, 1, 0], [0, 1, 5, 4], [2, 3, 7, 6], [1, 2, 6, 9, 5], [3, 0, 4, 8, 7], [4, 5, 9, 8], [6, 7, 8, 9],
    ]  # fmt: skip
    return np.concatenate([ground, walls, peaks]), [[face] for face in faces], "2.0"
