"""A small flat city, and control lines held in memory."""

from __future__ import annotations

from collections.abc import Mapping

from bim_checks.scene import FRAME, ORIGIN, SceneCity, flat_terrain, read_scene
from cim.city import City
from cim.control_lines.memory import LinesInMemory

__all__ = ["FRAME", "ORIGIN", "FlatCity", "LinesInMemory", "SceneCity", "flat_terrain"]


def FlatCity(  # noqa: N802 - reads as the city it makes
    layers: tuple[str, ...], views: Mapping[str, list[dict]] | None = None
) -> City:
    """A city on level ground with empty layers; positions of views as they are."""
    shifted = {
        "viewpoints": [
            v | {"position": _from_origin(v["position"])}
            for v in (views or {}).get("viewpoints", [])
        ],
        "ridges": [
            r | {"vertices": [_from_origin(vertex) for vertex in r["vertices"]]}
            for r in (views or {}).get("ridges", [])
        ],
    }
    return read_scene({"layers": {code: [] for code in layers}, "views": shifted}).city


def _from_origin(point: tuple[float, float, float]) -> tuple[float, float, float]:
    return (point[0] - ORIGIN[0], point[1] - ORIGIN[1], point[2])
