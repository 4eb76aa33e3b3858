"""Existing buildings from CityJSONSeq (CityJSON 2.0): one object a line, streamed.

Each feature becomes one `CityObject`: its own geometry and that of its parts at their highest level of
detail, as triangles in the city's projected frame.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import mapbox_earcut
import numpy as np
from numpy.typing import NDArray

from cim.errors import CityError
from cim.mesh import Mesh
from cim.text import Text

Ring = Sequence[int]
Polygon = Sequence[Ring]  # the outer ring, then its holes

# How many list levels lie between a geometry's boundaries and its polygons.
NESTING: Mapping[str, int] = {
    "MultiSurface": 0,
    "CompositeSurface": 0,
    "Solid": 1,
    "MultiSolid": 2,
    "CompositeSolid": 2,
}
# Points and lines have no surface; templates stand for trees and lamps, not for buildings.
NOT_DRAWN = frozenset({"MultiPoint", "MultiLineString", "GeometryInstance"})
VERSIONS = frozenset({"1.1", "2.0"})


@dataclass(frozen=True, slots=True, eq=False)
class CityObject:
    """One feature of the city: most often a building.

    Attributes:
        id: its identifier in the source.
        kind: the CityJSON type, e.g. ``Building``.
        attributes: as written.
        lod: the highest level of detail drawn, e.g. ``"1"`` or ``"2.2"``; None without geometry.
        mesh: easting, northing, orthogonal height, metres; no faces without geometry.
    """

    id: str
    kind: str
    attributes: Mapping[str, Any]
    lod: str | None
    mesh: Mesh


def read_cityjson_sequence(path: Path) -> Iterator[CityObject]:
    """Read features one by one, never the whole file.

    Args:
        path: a ``.city.jsonl`` whose coordinates are in the city's projected CRS.

    Raises:
        CityError: not such a file, or a line of it cannot be understood.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            grid = _understood(path, 1, next(stream, ""), _Grid.of_header)
            for number, line in enumerate(stream, start=2):
                if line.strip():
                    yield _understood(path, number, line, grid.feature)
    except (OSError, UnicodeDecodeError) as error:
        raise CityError(
            Text(zh="文件无法读取：{error}。", en="the file cannot be read: {error}.").format(
                error=error
            ),
            path=path,
        ) from error


def triangulate(vertices: NDArray[np.float64], polygons: Sequence[Polygon]) -> NDArray[np.int32]:
    """Cut flat polygons, possibly with holes, into triangles that face the same way.

    Args:
        vertices: shape (N, 3), metres.
        polygons: rings of vertex indices, the outer one counter-clockwise seen from outside.

    Returns:
        Shape (M, 3), indices into `vertices`. A polygon without an area has no triangles.
    """
    triangles = [polygon[0] for polygon in polygons if _corners(polygon) == 3]
    quads = [polygon[0] for polygon in polygons if _corners(polygon) == 4]
    parts = [np.array(triangles, dtype=np.int32).reshape(-1, 3), _cut_quads(vertices, quads)]
    parts += [_cut(vertices, polygon) for polygon in polygons if _corners(polygon) > 4]
    return np.concatenate(parts)


T = TypeVar("T")


def _understood(path: Path, number: int, line: str, read: Callable[[Any], T]) -> T:
    try:
        return read(json.loads(line))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise CityError(
            Text(
                zh="不是可以理解的 CityJSONSeq({error})。",
                en="cannot be understood as CityJSONSeq ({error}).",
            ).format(error=f"{type(error).__name__}: {error}"),
            path=path,
            place=f"line {number}",
            remedy=Text(
                zh="请提供 CityJSON 2.0 逐行文件(.city.jsonl)，首行为带 transform 的 CityJSON 对象。",
                en="Provide a CityJSON 2.0 text sequence (.city.jsonl) whose first line is a CityJSON object with a transform.",
            ),
        ) from error


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """The integer grid of a sequence: metres = integers * scale + translate, each of shape (3,)."""

    scale: NDArray[np.float64]
    translate: NDArray[np.float64]

    @staticmethod
    def of_header(document: Mapping[str, Any]) -> _Grid:
        if document["type"] != "CityJSON" or document["version"] not in VERSIONS:
            raise ValueError("the first line is not CityJSON 2.0")
        transform = document["transform"]
        return _Grid(
            np.array(transform["scale"], dtype=np.float64).reshape(3),
            np.array(transform["translate"], dtype=np.float64).reshape(3),
        )

    def feature(self, document: Mapping[str, Any]) -> CityObject:
        if document["type"] != "CityJSONFeature":
            raise ValueError("not a CityJSONFeature")
        objects: Mapping[str, Any] = document["CityObjects"]
        main = objects[document["id"]]
        grid = np.array(document["vertices"], dtype=np.float64).reshape(-1, 3)
        vertices = grid * self.scale + self.translate
        drawn = [found for found in (_finest(o, objects) for o in objects.values()) if found]
        polygons = [polygon for geometry in drawn for polygon in _polygons(geometry)]
        lods = [str(geometry["lod"]) for geometry in drawn]
        return CityObject(
            id=document["id"],
            kind=main["type"],
            attributes=main.get("attributes", {}),
            lod=max(lods, key=float) if lods else None,
            mesh=Mesh(vertices, triangulate(vertices, polygons)),
        )


def _finest(city_object: Mapping[str, Any], objects: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Its geometry of highest detail; None when it has none, or its parts show the same at least as well."""
    own = _best(city_object)
    parts = [_best(objects[child]) for child in city_object.get("children", ()) if child in objects]
    rivals = [float(part["lod"]) for part in parts if part is not None]
    if own is None or (rivals and max(rivals) >= float(own["lod"])):
        return None
    return own


def _best(city_object: Mapping[str, Any]) -> Mapping[str, Any] | None:
    geometries = [g for g in city_object.get("geometry", ()) if g["type"] not in NOT_DRAWN]
    return max(geometries, key=lambda g: float(g["lod"]), default=None)


def _polygons(geometry: Mapping[str, Any]) -> list[Polygon]:
    """All polygons of a geometry, whatever solids and shells they are grouped in."""
    if geometry["type"] not in NESTING:
        message = f"geometry of type {geometry['type']}"
        raise ValueError(message)
    groups: list[Any] = geometry["boundaries"]
    for _ in range(NESTING[geometry["type"]]):
        groups = [inner for group in groups for inner in group]
    return groups


def _corners(polygon: Polygon) -> int:
    """Corners of a polygon; with holes, more than the outer ring alone so that it is cut with care."""
    return sum(len(ring) for ring in polygon) + (2 if len(polygon) > 1 else 0)


def _cut_quads(vertices: NDArray[np.float64], quads: Sequence[Ring]) -> NDArray[np.int32]:
    """Cut along the diagonal that lies inside: a quad may be an arrowhead."""
    corners = np.array(quads, dtype=np.int32).reshape(-1, 4)
    a, b, c, d = (vertices[corners[:, i]] for i in range(4))
    one, other = np.cross(b - a, c - a), np.cross(c - a, d - a)
    inside = np.einsum("ij,ij->i", one, other) > 0.0
    first = np.where(inside[:, None], corners[:, [0, 1, 2]], corners[:, [0, 1, 3]])
    second = np.where(inside[:, None], corners[:, [0, 2, 3]], corners[:, [1, 2, 3]])
    return np.concatenate([first, second])


def _cut(vertices: NDArray[np.float64], polygon: Polygon) -> NDArray[np.int32]:
    """Ear clipping in the polygon's own plane."""
    indices = np.concatenate([np.array(ring, dtype=np.int32) for ring in polygon])
    ends = np.cumsum([len(ring) for ring in polygon]).astype(np.uint32)
    points = vertices[indices] - vertices[indices[0]]
    normal = _newell(points[: ends[0]])
    length = float(np.linalg.norm(normal))
    if length == 0.0:
        return np.zeros((0, 3), dtype=np.int32)
    across = np.linalg.svd((normal / length)[None, :])[2][1:]
    plane = np.ascontiguousarray(points @ across.T)
    cut = mapbox_earcut.triangulate_float64(plane, ends).reshape(-1, 3).astype(np.int64)
    p, q, r = (points[cut[:, i]] for i in range(3))
    if float((np.cross(q - p, r - p) @ normal).sum()) < 0.0:
        cut = cut[:, ::-1]
    faces: NDArray[np.int32] = indices[cut]
    return faces


def _newell(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normal of a ring of shape (N, 3), as long as twice its area."""
    doubled = np.cross(ring, np.roll(ring, -1, axis=0)).astype(np.float64)
    normal: NDArray[np.float64] = doubled.sum(axis=0)
    return normal
