"""Houses of plain walls, slabs and a flat roof, as scenes."""

from __future__ import annotations

import itertools
from typing import Any

WALL, SLAB = 0.2, 0.2  # m thick


def house(
    heights: list[float],
    size: tuple[float, float] = (10.0, 8.0),
    spaces: list[dict[str, Any]] | None = None,
    more: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """A scene's model: one storey on the other, the topmost under a flat roof on a storey of its own."""
    floors = [0.0]
    for height in heights:
        floors.append(round(floors[-1] + height, 6))
    elements: list[dict[str, Any]] = []
    for number, (low, high) in enumerate(itertools.pairwise(floors), start=1):
        elements.append(_box(f"F{number}", "IfcSlab", (0, 0, low - SLAB), (*size, low)))
        elements += _walls(number, low, high - SLAB, size)
    roof = _box("ROOF", "IfcSlab", (0, 0, floors[-1] - SLAB), (*size, floors[-1]))
    names = [f"{number}F" for number in range(1, len(floors))] + ["RF"]
    return {
        "storeys": [{"id": n, "elevation": f} for n, f in zip(names, floors, strict=True)],
        "elements": [*elements, roof | {"type": "ROOF"}, *(more or [])],
        "spaces": spaces or [],
    }


def _walls(number: int, low: float, high: float, size: tuple[float, float]) -> list[dict[str, Any]]:
    x, y = size
    return [
        _box(f"S{number}", "IfcWall", (0, 0, low), (x, WALL, high)),
        _box(f"N{number}", "IfcWall", (0, y - WALL, low), (x, y, high)),
        _box(f"W{number}", "IfcWall", (0, WALL, low), (WALL, y - WALL, high)),
        _box(f"E{number}", "IfcWall", (x - WALL, WALL, low), (x, y - WALL, high)),
    ]


def _box(
    name: str,
    ifc_class: str,
    low: tuple[float, float, float],
    high: tuple[float, float, float],
) -> dict[str, Any]:
    return {"id": name, "class": ifc_class, "box": [list(low), list(high)]}
