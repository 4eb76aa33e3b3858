"""A small flat city, and control lines held in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cim.city import City, Layer, Ridge, Viewpoint
from cim.city_frame import CityFrame
from cim.control_lines.feature import ControlFeature
from cim.control_lines.store import Bounds
from cim.terrain import Terrain
from cim.text import Text
from cim.vertical import VerticalSeparation

ORIGIN = (610_000.0, 2_705_000.0)
FRAME = CityFrame("EPSG:4548", VerticalSeparation("EPSG:5737", 10.2, 0.3))


def flat_terrain(height: float = 5.0, side: float = 4000.0, cell: float = 10.0) -> Terrain:
    """Level ground centred on `ORIGIN`."""
    cells = int(side / cell)
    heights = np.full((cells, cells), height)
    return Terrain(heights, ORIGIN[0] - side / 2, ORIGIN[1] + side / 2, cell)


class LinesInMemory:
    """A line store over a list."""

    def __init__(self, features: list[ControlFeature]) -> None:
        self._features = features

    def features(self, layer: str, bounds: Bounds | None = None) -> list[ControlFeature]:
        found = [feature for feature in self._features if feature.layer == layer]
        return found if bounds is None else [f for f in found if _touches(f, bounds)]

    def around(self, bounds: Bounds) -> Mapping[str, list[ControlFeature]]:
        codes = dict.fromkeys(f.layer for f in self._features if _touches(f, bounds))
        return {code: self.features(code, bounds) for code in codes}


def _touches(feature: ControlFeature, bounds: Bounds) -> bool:
    west, south, east, north = bounds
    left, bottom, right, top = feature.geometry.bounds
    return left <= east and right >= west and bottom <= north and top >= south


class FlatCity(City):
    """A city whose terrain is not read from a file."""

    def __init__(
        self, layers: tuple[str, ...], views: Mapping[str, list[dict]] | None = None
    ) -> None:
        views = views or {}
        nowhere = Path("nowhere")
        super().__init__(
            folder=nowhere,
            code="flat",
            name=Text(zh="平城", en="Flat city"),
            frame=FRAME,
            terrain_path=nowhere,
            buildings_path=nowhere,
            control_lines_path=nowhere,
            rulebook_path=nowhere,
            point_cloud_paths=(),
            layers=tuple(
                Layer(code, Text(zh=code, en=code), Text(zh="部门", en="department"), "#000000")
                for code in layers
            ),
            viewpoints=tuple(
                Viewpoint(
                    v["code"],
                    Text(zh=v["code"], en=v["code"]),
                    tuple(v["position"]),
                    v["eye_height"],
                )
                for v in views.get("viewpoints", [])
            ),
            ridges=tuple(
                Ridge(r["code"], Text(zh=r["code"], en=r["code"]), tuple(map(tuple, r["vertices"])))
                for r in views.get("ridges", [])
            ),
        )
        self.__dict__["terrain"] = flat_terrain()
        self.__dict__["sha256"] = "0" * 64
