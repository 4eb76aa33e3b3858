"""Surfaces that limit heights as 3D Tiles: translucent, one feature each, with a rim that shows where it ends.

A large surface is one tile of its own, small ones share a tile with their neighbours. What is drawn is as true as it will get from the start, so
there is nothing to refine: tiles are added, not replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cim.city_frame import CityFrame
from tiles.batch import Batch
from tiles.bounding_volume import Box
from tiles.gltf import Material
from tiles.local_frame import LocalFrame, unit
from tiles.property_table import PropertyTable
from tiles.spatial_tree import Branch, divide
from tiles.tileset import (
    Tile,
    TilesetSummary,
    above,
    replacing,
    summarize,
    write_tileset_json,
)

TRIANGLE_BUDGET = 20_000  # a tile; a surface with more stays whole
FILL, RIM = (
    0.07,
    0.75,
)  # opacity; half a dozen surfaces may lie over one another, and the city is to be seen through them


@dataclass(frozen=True, slots=True, eq=False)
class LimitFeature:
    """One surface, drawn.

    Attributes:
        identifier: unique in the tileset.
        rule, rule_type: of the rulebook's entry.
        names: by column of the property table, e.g. ``name_zh``; every feature has the same columns.
        colour: red, green, blue, each 0..1, sRGB.
        vertices: shape (N, 3), N > 0, easting, northing, orthogonal height, metres.
        faces: shape (M, 3), M > 0, counter-clockwise seen from above.
        rim: shape (M,), whether a face lies along the outline.
        sagitta: how far a triangle is off the surface at most, metres.
    """

    identifier: str
    rule: str
    rule_type: str
    names: dict[str, str]
    colour: tuple[float, float, float]
    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    rim: NDArray[np.bool_]
    sagitta: float


def write_limits_tileset(
    features: Sequence[LimitFeature], frame: CityFrame, folder: Path, *, compressed: bool = True
) -> TilesetSummary:
    """Write ``folder/tileset.json`` and its tiles, replacing what was there in one step.

    Args:
        features: at least one.
        frame: the city's projected frame.
        folder: made anew.
        compressed: use EXT_meshopt_compression.

    Raises:
        FrameError: the city's projected CRS is unknown.
    """
    corners = np.array([[f.vertices.min(axis=0), f.vertices.max(axis=0)] for f in features])
    middle = (corners[:, 0].min(axis=0) + corners[:, 1].max(axis=0)) / 2.0
    local = LocalFrame.at(frame, np.append(middle[:2], 0.0))
    weights = np.array([len(f.faces) for f in features], dtype=np.float64)
    tree = divide(corners.mean(axis=1), weights, TRIANGLE_BUDGET)
    with replacing(folder) as draft:
        root = _write(tree, features, local, draft, "0", compressed=compressed)
        write_tileset_json(draft, root, local.transform, refine="ADD")
        return summarize(
            draft,
            root,
            local.transform,
            frame,
            elements=len(features),
            triangles=int(weights.sum()),
        )


def _write(
    branch: Branch,
    features: Sequence[LimitFeature],
    local: LocalFrame,
    folder: Path,
    place: str,
    *,
    compressed: bool,
) -> Tile:
    """The tile of a branch and all below it; only leaves draw."""
    if branch.children:
        children = tuple(
            _write(child, features, local, folder, f"{place}-{i}", compressed=compressed)
            for i, child in enumerate(branch.children)
        )
        box = Box.union(child.box for child in children)
        error = above([child.geometric_error for child in children], box.diagonal)
        return Tile(box, error, None, children)
    chosen = [features[i] for i in branch.items]
    name = f"{place}.glb"
    materials = list(dict.fromkeys(m for f in chosen for m in _materials(f)))
    batch = _batch(chosen, materials, local)
    box = batch.write(folder / name, materials, _table(chosen), compressed=compressed)
    return Tile(box, max(f.sagitta for f in chosen), name)


def _materials(feature: LimitFeature) -> tuple[Material, Material]:
    """Of its inside and of its rim; seen from below as well."""
    fill, rim = (Material((*feature.colour, opacity), double_sided=True) for opacity in (FILL, RIM))
    return fill, rim


def _batch(
    features: Sequence[LimitFeature], materials: Sequence[Material], local: LocalFrame
) -> Batch:
    starts = np.cumsum([0, *(len(f.vertices) for f in features)])
    looks = [np.where(f.rim, *(materials.index(m) for m in _materials(f)[::-1])) for f in features]
    return Batch(
        positions=local.from_projected(np.concatenate([f.vertices for f in features])),
        normals=local.directions(np.concatenate([_normals(f) for f in features])),
        features=np.repeat(np.arange(len(features)), [len(f.vertices) for f in features]),
        faces=np.concatenate([f.faces + start for f, start in zip(features, starts, strict=False)]),
        looks=np.concatenate(looks),
    )


def _normals(feature: LimitFeature) -> NDArray[np.float64]:
    """Of each vertex, from the faces about it by their area, shape (N, 3), unit."""
    corners = feature.vertices[feature.faces]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sums = np.zeros_like(feature.vertices)
    for axis in range(3):
        amounts = np.repeat(areas[:, axis], 3)
        sums[:, axis] = np.bincount(feature.faces.ravel(), amounts, minlength=len(sums))
    return unit(sums)


def _table(features: Sequence[LimitFeature]) -> PropertyTable:
    """What each is: its rule, what it is called, and between which heights above datum it lies inside the city."""
    names = {column: [f.names[column] for f in features] for column in features[0].names}
    return PropertyTable(
        "limit",
        {
            "id": [f.identifier for f in features],
            "rule": [f.rule for f in features],
            "rule_type": [f.rule_type for f in features],
            **names,
            "low": np.array([f.vertices[:, 2].min() for f in features]),
            "high": np.array([f.vertices[:, 2].max() for f in features]),
            "sagitta": np.array([f.sagitta for f in features]),
        },
    )
