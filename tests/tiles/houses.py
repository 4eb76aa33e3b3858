"""Synthetic buildings with storeys, and ways to look at a written tileset."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.building import BuildingModel, Element, Material, Storey
from cim.frame import Placement
from cim.mesh import Mesh
from tests.support.cities import FRAME, ORIGIN
from tests.support.models import box, element, model_of
from tiles.gltf_reader import DecodedGlb, read_glb

PLACEMENT = Placement(ORIGIN[0], ORIGIN[1], 20.0, 0.5, 1.0, FRAME)
STOREY_HEIGHT = 3.0


def shift(x: float, y: float, z: float) -> NDArray[np.float64]:
    matrix = np.eye(4)
    matrix[:3, 3] = [x, y, z]
    return matrix


def globe(segments: int) -> Mesh:
    """A closed sphere of radius 1: something worth simplifying."""
    polar = np.linspace(0.0, np.pi, segments + 1)[1:-1]
    around = np.arange(2 * segments) * np.pi / segments
    ring = np.stack(
        [
            np.outer(np.sin(polar), np.cos(around)),
            np.outer(np.sin(polar), np.sin(around)),
            np.outer(np.cos(polar), np.ones_like(around)),
        ],
        axis=-1,
    )
    vertices = np.concatenate([ring.reshape(-1, 3), [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]])
    count = 2 * segments
    index = np.arange(len(polar) * count).reshape(len(polar), count)
    right = np.roll(index, -1, axis=1)
    a, b, c, d = index[:-1], right[:-1], index[1:], right[1:]
    top, bottom = len(vertices) - 2, len(vertices) - 1
    faces = [np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)]
    faces.append(np.column_stack([index[0], right[0], np.full(count, top)]))
    faces.append(np.column_stack([right[-1], index[-1], np.full(count, bottom)]))
    return Mesh(vertices, np.concatenate(faces).astype(np.int32))


def house(storeys: int = 3, balls: int = 0) -> BuildingModel:
    """Storeys of a slab, a wall, its mirror image, a window and balls; one beam on no storey, one thing without body."""
    meshes = [
        box((0.0, 0.0, 0.0), (10.0, 8.0, 0.2)),
        box((0.0, 0.0, 0.0), (4.0, 0.2, 3.0)),
        box((0.0, 0.0, 0.0), (0.1, 0.05, 0.12)),
        globe(12),
        box((0.0, 0.0, 0.0), (0.3, 8.0, 0.5)),
    ]
    glass = Mesh(meshes[2].vertices, meshes[2].faces, np.zeros(12, dtype=np.int32))
    meshes[2] = glass
    elements: list[Element] = []
    for k in range(storeys):
        z, storey = STOREY_HEIGHT * k, f"storey-{k}"
        mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
        mirror[:3, 3] = [9.0, 1.0, z]
        elements += [
            element(f"slab-{k}", 0, placement=shift(0, 0, z), storey=storey, ifc_class="IfcSlab"),
            element(f"wall-{k}", 1, placement=shift(2, 0, z), storey=storey),
            element(f"mirror-{k}", 1, placement=mirror, storey=storey),
            element(f"pane-{k}", 2, placement=shift(3, 0, z), storey=storey, ifc_class="IfcWindow"),
        ]
        elements += [
            element(f"ball-{k}-{i}", 3, placement=shift(3 * i, 4, z + 1), storey=storey)
            for i in range(balls)
        ]
    elements += [element("beam", 4, ifc_class="IfcBeam"), element("thought", None)]
    return dataclasses.replace(
        model_of(elements, meshes),
        storeys=tuple(
            Storey(f"storey-{k}", f"{k + 1}层", None, STOREY_HEIGHT * k) for k in range(storeys)
        ),
        materials=(Material("玻璃", (0.5, 0.7, 0.8, 0.4)),),
    )


@dataclasses.dataclass(frozen=True)
class Seen:
    """One tile with its content."""

    place: str
    tile: dict[str, Any]
    glb: DecodedGlb | None

    @property
    def is_leaf(self) -> bool:
        return not self.tile.get("children")


def tiles_of(folder: Path) -> list[Seen]:
    """Every tile of a tileset, the root first."""

    def walk(tile: dict[str, Any], place: str) -> Iterator[Seen]:
        content = tile.get("content")
        glb = read_glb((folder / content["uri"]).read_bytes()) if content else None
        yield Seen(place, tile, glb)
        for i, child in enumerate(tile.get("children", [])):
            yield from walk(child, f"{place}/{i}")

    document = json.loads((folder / "tileset.json").read_text(encoding="utf-8"))
    return list(walk(document["root"], "root"))


def to_ecef(folder: Path, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Local points of a tileset to Earth-centred metres, as a viewer does it."""
    document = json.loads((folder / "tileset.json").read_text(encoding="utf-8"))
    transform = np.array(document["root"]["transform"]).reshape(4, 4).T
    return points @ transform[:3, :3].T + transform[:3, 3]


def vertices_of(seen: Seen, feature: int | None = None) -> NDArray[np.float64]:
    """All vertices of a tile, or those of one feature."""
    assert seen.glb is not None
    parts = []
    for primitive in seen.glb.primitives:
        keep = slice(None) if feature is None else primitive.features == feature
        parts.append(primitive.positions[keep])
    return np.concatenate(parts)
