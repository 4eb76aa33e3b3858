"""A made-up city among hills for the figures of `landscape.py`: always the same, of any fineness."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bim_checks.rule import Surroundings
from bim_checks.scene import ORIGIN, SceneCity, read_scene
from bim_checks.scheme import Scheme
from cim.existing import ExistingBuilding, ExistingBuildings
from cim.frame import decide_frame
from cim.mesh import Mesh
from cim.terrain import Terrain

SEED = 20_240_601
SIDE = 10_000.0  # m; of the ground
WAVES = 80  # of which the hills are made
CREST = 3_600.0  # m north of the origin; of the ridge
BUILDINGS_A_SIDE, PITCH = 224, 32.0  # 50,176 of them, less those that stand in the way; m
TOWER = (150.0, 900.0)  # m from the origin
TOWER_SIDE, STOREY, STOREYS = 44.0, 4.0, 40  # m, m
PANELS, GAP = 25, 0.16  # along a side of a storey; m between two of them
POSTS = 126  # of the crown, with a rail on them: there is sky between
CLEAR = 60.0  # m round the tower and each eye, without buildings
EYES = {"street": (40.0, -900.0), "square": (-700.0, -300.0), "hillside": (1_900.0, -4_650.0)}
EYE_HEIGHT = 1.6  # m
LANDMARK = (215.0, 3_000.0, 55.0, 90.0)  # m: east, north, height, width


def hills(cell: float) -> Terrain:
    """Rolling ground with a ridge in the north, 10 x 10 km, sampled at such a cell; the same ground at every cell."""
    count = round(SIDE / cell) + 1
    at = (np.arange(count) - (count - 1) / 2.0) * cell
    random = np.random.default_rng(SEED)
    ridge = 420.0 * np.exp(-(((at - CREST) / 650.0) ** 2))
    heights = 20.0 + ridge[::-1, None] * (0.8 + 0.2 * np.cos(at / 700.0))[None, :]
    for _ in range(WAVES):
        length = 10.0 ** random.uniform(1.8, 3.6)
        turn, east, north = random.uniform(0.0, 2.0 * np.pi, 3)
        a = 2.0 * np.pi * np.cos(turn) / length * at + east
        b = 2.0 * np.pi * np.sin(turn) / length * at[::-1] + north
        waves = np.cos(b)[:, None] * np.cos(a)[None, :] - np.sin(b)[:, None] * np.sin(a)[None, :]
        heights += 0.0015 * length * waves
    west, north_edge = ORIGIN[0] + at[0] - cell / 2.0, ORIGIN[1] + at[-1] + cell / 2.0
    return Terrain(heights, float(west), float(north_edge), cell)


def town(ground: Terrain) -> ExistingBuildings:
    """Some 50,000 turned boxes of 12 triangles that stand on the ground."""
    random = np.random.default_rng(SEED + 1)
    line = (np.arange(BUILDINGS_A_SIDE) - BUILDINGS_A_SIDE / 2.0) * PITCH
    plan = np.stack(np.meshgrid(line, line - 800.0), axis=-1).reshape(-1, 2)
    plan = plan + random.uniform(-4.0, 4.0, plan.shape)
    kept = [
        np.hypot(*(plan - np.array(place)).T) > CLEAR + TOWER_SIDE
        for place in (TOWER, *EYES.values())
    ]
    plan = plan[np.all(kept, axis=0)]
    half = random.uniform(4.0, 10.0, (len(plan), 2))
    height = np.minimum(random.lognormal(2.7, 0.5, len(plan)), 90.0)
    turn = random.uniform(0.0, np.pi / 2.0, len(plan))
    foot = ground.height_at(plan + np.array(ORIGIN)) - 1.0
    low, high = np.column_stack([-half, np.zeros(len(plan))]), np.column_stack([half, height])
    corners, faces = boxes(low, high)
    cosine, sine = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x, y = corners[..., 0], corners[..., 1]
    turned = np.stack([cosine * x - sine * y, sine * x + cosine * y, corners[..., 2]], axis=-1)
    placed = turned + np.column_stack([plan + np.array(ORIGIN), foot])[:, None, :]
    return ExistingBuildings(
        ExistingBuilding(f"B{number}", {}, Mesh(body, faces)) for number, body in enumerate(placed)
    )


def boxes(
    low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Corners of upright boxes, shape (N, 8, 3), and the twelve triangles of each, seen from outside."""
    pick = np.array([[i & 1, i >> 1 & 1, i >> 2] for i in range(8)], dtype=np.bool_)
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    faces = [face for a, b, c, d in quads for face in ((a, b, c), (a, c, d))]
    return np.where(pick, high[:, None, :], low[:, None, :]), np.array(faces, dtype=np.int32)


def tower() -> dict[str, list[list[float]]]:
    """Boxes of a tower of 50,000 triangles, metres from its own foot: slabs, panels with gaps, a crown of posts."""
    side, parts = TOWER_SIDE, list[list[list[float]]]()
    wide = side / PANELS
    for storey in range(STOREYS):
        low, high = storey * STOREY, (storey + 1) * STOREY
        parts.append([[0, 0, low], [side, side, low + 0.3]])
        for i in range(PANELS):
            a, b = i * wide + GAP / 2.0, (i + 1) * wide - GAP / 2.0
            parts.append([[a, 0, low + 0.3], [b, 0.15, high]])
            parts.append([[a, side - 0.15, low + 0.3], [b, side, high]])
            parts.append([[0, a, low + 0.3], [0.15, b, high]])
            parts.append([[side - 0.15, a, low + 0.3], [side, b, high]])
    top = STOREYS * STOREY
    parts.append([[0, 0, top], [side, side, top + 0.3]])
    parts.append([[0, 2.0, top + 6.0], [side, 2.4, top + 6.6]])
    for i in range(POSTS):
        at = (i + 0.5) * side / POSTS
        parts.append([[at - 0.05, 2.0, top + 0.3], [at + 0.05, 2.4, top + 6.0]])
    move = np.array([*TOWER, 0.0]) - np.array([side / 2.0, side / 2.0, 0.0])
    return {f"T{i}": (np.array(part) + move).tolist() for i, part in enumerate(parts)}


@dataclass(frozen=True)
class HillCity(SceneCity):
    """A city on stated ground."""

    relief: Terrain | None = None

    @cached_property
    def terrain(self) -> Terrain:
        """The hills."""
        assert self.relief is not None
        return self.relief


def big_scene(cell: float) -> tuple[Scheme, Surroundings]:
    """The tower among 50,000 buildings on ground of such a cell."""
    relief = hills(cell)
    foot = _height(relief, *TOWER)
    scene = read_scene({"ground": foot, "model": {"boxes": tower()}, "views": _views(relief)})
    stated: dict[str, Any] = {f.name: getattr(scene.city, f.name) for f in fields(scene.city)}
    city = HillCity(**stated, relief=relief)
    ledger = decide_frame(scene.model, city.frame, city.terrain, place=scene.place)
    return Scheme(scene.model, ledger), Surroundings(city, scene.lines, town(relief))


def _views(relief: Terrain) -> dict[str, Any]:
    x = np.arange(-2_400.0, 2_401.0, 120.0)
    y = np.arange(CREST - 500.0, CREST + 500.0, 10.0)
    plan = np.stack(np.meshgrid(x, y), axis=-1)
    heights = relief.height_at(plan.reshape(-1, 2) + np.array(ORIGIN)).reshape(plan.shape[:2])
    crest = [[float(a), float(y[i]), float(heights[i, j])] for j, (a, i) in enumerate(zip(x, heights.argmax(axis=0), strict=True))]  # fmt: skip
    east, north, height, width = LANDMARK
    return {
        "viewpoints": [
            {"code": code, "position": [*place, _height(relief, *place)], "eye_height": EYE_HEIGHT}
            for code, place in EYES.items()
        ],
        "ridges": [{"code": "crest", "vertices": crest}],
        "landmarks": [
            {
                "code": "hall",
                "position": [east, north, _height(relief, east, north)],
                "height": height,
                "width": width,
            }
        ],
    }


def _height(ground: Terrain, east: float, north: float) -> float:
    return float(ground.height_at(np.array([[ORIGIN[0] + east, ORIGIN[1] + north]]))[0])
