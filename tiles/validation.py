"""Read a tileset back and hold it against what it promises.

The official validators check the formats; this checks what they cannot know: that every vertex lies in its
tile's volume, that refinement only sharpens, and that each element stands exactly once at the leaves.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cim.text import Text
from tiles.bounding_volume import Box
from tiles.gltf_reader import DecodedGlb, read_glb

SLACK = 1e-6  # m; numbers in JSON and matrix products round, geometry may not stand out
IDENTITIES = ("global_id", "id")  # columns that name a feature


@dataclass(frozen=True, slots=True)
class Problem:
    """One promise that a tileset breaks.

    Attributes:
        code: stable, upper case.
        place: the file, or the tile by its position in the tree, e.g. ``root/0/3``.
        message: for people.
    """

    code: str
    place: str
    message: Text


@dataclass(frozen=True, slots=True)
class _Node:
    """A tile as written, with what stands above it."""

    place: str
    tile: Mapping[str, Any]
    box: Box
    parent: _Node | None


def check_tileset(folder: Path) -> list[Problem]:
    """Everything wrong with ``folder/tileset.json`` and its contents; nothing when all is well."""
    path = folder / "tileset.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        nodes = list(_nodes(document["root"], "root", None))
        problems = [problem for node in nodes for problem in _check_place(node)]
        return problems + _check_contents(folder, nodes, document["root"]["refine"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [
            Problem(
                "TILESET_UNREADABLE",
                path.name,
                Text(zh="瓦片集无法读取：{error}", en="the tileset cannot be read: {error}").format(
                    error=repr(error)
                ),
            )
        ]


def _nodes(tile: Mapping[str, Any], place: str, parent: _Node | None) -> Iterator[_Node]:
    node = _Node(place, tile, Box.from_json(tile["boundingVolume"]["box"]), parent)
    yield node
    for i, child in enumerate(tile.get("children", ())):
        yield from _nodes(child, f"{place}/{i}", node)


def _check_place(node: _Node) -> Iterator[Problem]:
    """Volume and error against the parent's."""
    error = node.tile["geometricError"]
    if node.parent is None:
        return
    if not node.parent.box.encloses(node.box, SLACK):
        yield Problem(
            "CHILD_OUTSIDE_PARENT",
            node.place,
            Text(
                zh="包围体超出父瓦片的包围体。",
                en="the bounding volume stands out of its parent's.",
            ),
        )
    above = node.parent.tile["geometricError"]
    if not 0.0 <= error < above:
        yield Problem(
            "GEOMETRIC_ERROR_NOT_FALLING",
            node.place,
            Text(
                zh="几何误差 {error:g} 未小于父瓦片的 {above:g}。",
                en="the geometric error {error:g} is not below its parent's {above:g}.",
            ).format(error=error, above=above),
        )


def _check_contents(folder: Path, nodes: list[_Node], refine: str) -> list[Problem]:
    problems: list[Problem] = []
    at_leaves: Counter[str] = Counter()
    for node in nodes:
        if "content" not in node.tile:
            continue
        uri = node.tile["content"]["uri"]
        try:
            glb = read_glb((folder / uri).read_bytes())
        except (OSError, ValueError) as error:
            problems.append(
                Problem(
                    "CONTENT_UNREADABLE",
                    uri,
                    Text(
                        zh="瓦片内容无法读取：{error}", en="the content cannot be read: {error}"
                    ).format(error=error),
                )
            )
            continue
        problems.extend(_check_content(node, uri, glb))
        if refine == "ADD" or not node.tile.get("children"):
            at_leaves.update(_identities(glb))
    return problems + [_repeated(name, count) for name, count in at_leaves.items() if count > 1]


def _check_content(node: _Node, uri: str, glb: DecodedGlb) -> Iterator[Problem]:
    """Vertices against the volume, feature ids against the table."""
    if not all(node.box.contains(primitive.positions, SLACK) for primitive in glb.primitives):
        yield Problem(
            "VERTEX_OUTSIDE_VOLUME",
            uri,
            Text(zh="有顶点位于瓦片包围体之外。", en="a vertex lies outside the tile's volume."),
        )
    numbered = [p.features for p in glb.primitives if p.features is not None]
    used = np.unique(np.concatenate(numbered)) if numbered else np.zeros(0, dtype=np.int64)
    if len(used) != glb.feature_count or np.any(used != np.arange(glb.feature_count)):
        yield Problem(
            "FEATURES_DISAGREE",
            uri,
            Text(
                zh="顶点的要素编号与属性表的 {count} 行不一致。",
                en="the feature ids of the vertices are not the {count} rows of the property table.",
            ).format(count=glb.feature_count),
        )


def _identities(glb: DecodedGlb) -> list[str]:
    for column in IDENTITIES:
        if column in glb.columns:
            return [str(value) for value in glb.columns[column]]
    return []


def _repeated(name: str, count: int) -> Problem:
    return Problem(
        "FEATURE_REPEATED",
        name,
        Text(
            zh="构件 {name} 在叶瓦片中出现 {count} 次，应为一次。",
            en="{name} stands {count} times at the leaves, not once.",
        ).format(name=name, count=count),
    )
