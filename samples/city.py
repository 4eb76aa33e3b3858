"""Write the sample city's folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from cim.text import Text
from samples.buildings import consented_tower, copies_for, make_buildings, write_buildings
from samples.ground import ISLAND, elevation, ridge_line, write_terrain
from samples.lines import COVERING, PARTITION, PROHIBITED_PAIRS, layers, write_lines
from samples.plan import (
    EAST,
    EYE_HEIGHT,
    NORTH,
    PAGODA,
    PAGODA_HEIGHT,
    PAGODA_SUNK,
    PAGODA_WIDTH,
    SEPARATION,
    SOUTH,
    VIEWPOINT,
    WEST,
    Scenery,
)
from samples.points import write_points

SCAN_POINTS = 200_000
RULES = ("rulebook.yaml", "delivery.ids", "delivery_example.ifc")  # and what it names
VIEWPOINTS = (
    ("VP1", Text(zh="滨海观景台", en="the shore lookout"), VIEWPOINT),
    ("VP2", Text(zh="鹭岛山顶", en="the top of Egret Island"), ISLAND[:2]),
    ("VP3", Text(zh="白鹭公园", en="Egret Park"), (610_418.0, 2_705_500.0)),
)


def write_city(
    folder: Path, *, buildings: int, seed: int, progress: Callable[[float], None] | None = None
) -> None:
    """Write ``city.yaml`` and every source it names.

    Args:
        folder: made when absent; files of the same names are replaced.
        buildings: how many; beyond one district's lots the district is repeated around it.
        seed: of everything that is left to chance.
        progress: called with the share done, 0..1.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tell = progress or (lambda _: None)
    write_terrain(folder / "terrain.tif", copies=copies_for(buildings))
    tell(0.3)
    town = make_buildings(buildings, seed)
    write_buildings(folder / "buildings.city.jsonl", town, lambda share: tell(0.3 + 0.5 * share))
    write_buildings(folder / "consented.city.jsonl", consented_tower())
    write_lines(folder / "control_lines.gpkg")
    tell(0.9)
    write_points(folder / "heritage.laz", town, count=SCAN_POINTS, seed=seed)
    for name in RULES:
        shutil.copyfile(Path(__file__).with_name(name), folder / name)
    text = yaml.safe_dump(_document(), allow_unicode=True, sort_keys=False, width=100)
    (folder / "city.yaml").write_text(text, encoding="utf-8")
    tell(1.0)


def scenery() -> Scenery:
    """What the planted figures are derived from; eyes as stored in ``city.yaml``."""
    return Scenery(
        ridge=ridge_line(),
        eye=_ground(VIEWPOINT) + EYE_HEIGHT,
        island=(*ISLAND[:2], _ground(ISLAND[:2]) + EYE_HEIGHT),
        ground=elevation,
    )


def _ground(point: tuple[float, float]) -> float:
    return round(elevation(*point), 3)


def _document() -> dict[str, Any]:
    return {
        "city": "xiamen-sample",
        "name": {"zh": "厦门样例区", "en": "Xiamen sample district"},
        "projected_crs": "EPSG:4548",
        "vertical": {"datum": "EPSG:5737", "separation": SEPARATION, "accuracy": 0.3},
        "terrain": "terrain.tif",
        "buildings": "buildings.city.jsonl",
        "consented": [
            {
                "code": "2025-30",
                "name": {
                    "zh": "海湾大厦（已批未建）",
                    "en": "Bay Tower (consented, not yet built)",
                },
                "source": "consented.city.jsonl",
            }
        ],
        "rulebook": "rulebook.yaml",
        "point_clouds": ["heritage.laz"],
        "control_lines": {
            "source": "control_lines.gpkg",
            "layers": [
                {
                    "code": layer.code,
                    "name": layer.name.to_json(),
                    "owner": layer.owner.to_json(),
                    "colour": layer.colour,
                    "shown": layer.code not in COVERING,
                }
                for layer in layers()
            ],
        },
        "blueprint": {
            "partition": list(PARTITION),
            # Not the terrain: a larger sample city repeats the ground, not the lines.
            "within": [[WEST, SOUTH], [EAST, SOUTH], [EAST, NORTH], [WEST, NORTH]],
            "prohibited_pairs": [
                {"layers": list(pair), "yields": pair[1]} for pair in PROHIBITED_PAIRS
            ],
            "sliver": {"area": 1.0, "width": 0.1},
        },
        "views": _views(),
        "airports": [
            {
                "code": "AP1",
                "name": {"zh": "样例机场", "en": "Sample airport"},
                "runway_end": [616_200.0, 2_711_800.0, 15.0],
                "bearing_degrees": 48.0,
                "aerodrome_elevation": 15.0,
            }
        ],
    }


def _views() -> dict[str, Any]:
    return {
        "viewpoints": [
            {
                "code": code,
                "name": name.to_json(),
                "position": [*map(float, point), _ground(point)],
                "eye_height": EYE_HEIGHT,
            }
            for code, name, point in VIEWPOINTS
        ],
        "ridges": [
            {
                "code": "RIDGE1",
                "name": {"zh": "云顶山脊", "en": "the Yunding ridge"},
                "vertices": [list(vertex) for vertex in ridge_line()],
            }
        ],
        "landmarks": [
            {
                "code": "LM1",
                "name": {"zh": "鹭岛灯塔", "en": "Egret Island lighthouse"},
                "position": [*map(float, ISLAND[:2]), _ground(ISLAND[:2])],
                "height": 22.0,
                "width": 8.0,
            },
            {
                "code": "LM2",
                "name": {"zh": "云顶塔", "en": "Yunding pagoda"},
                "position": [*PAGODA, round(_ground(PAGODA) - PAGODA_SUNK, 3)],
                "height": PAGODA_HEIGHT,
                "width": PAGODA_WIDTH,
            },
        ],
    }
