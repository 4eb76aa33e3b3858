"""A city folder: `city.yaml` ties the control lines, terrain, buildings, views and rulebook together."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from cim.city_frame import CityFrame
from cim.errors import CityError
from cim.terrain import Terrain, read_terrain
from cim.text import Text
from cim.vertical import VerticalSeparation


@dataclass(frozen=True, slots=True)
class Layer:
    """One control-line layer of the catalogue.

    Attributes:
        code: stable identifier, the layer name in the source, e.g. ``restricted_construction``.
        name: for people.
        owner: the department that owns the line.
        colour: ``#rrggbb``.
        shown: whether a map starts with this layer drawn (key ``shown``, true when absent).
    """

    code: str
    name: Text
    owner: Text
    colour: str
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A protected viewpoint.

    Attributes:
        code, name: identity.
        position: easting, northing, orthogonal height of the *ground*, metres.
        eye_height: metres above that ground.
    """

    code: str
    name: Text
    position: tuple[float, float, float]
    eye_height: float


@dataclass(frozen=True, slots=True)
class Ridge:
    """A named ridge: the legal polyline, each vertex easting, northing, orthogonal height, metres."""

    code: str
    name: Text
    vertices: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class City:
    """A city as its folder states it.

    Attributes:
        folder: holds ``city.yaml`` and the sources it names.
        code, name: identity.
        frame: projected CRS and heights of everything in the folder.
        terrain_path, buildings_path, control_lines_path, rulebook_path: the sources.
        point_cloud_paths: LAZ files, possibly none.
        layers: the control-line catalogue, in drawing order.
        viewpoints, ridges: protected views, possibly none.
    """

    folder: Path
    code: str
    name: Text
    frame: CityFrame
    terrain_path: Path
    buildings_path: Path
    control_lines_path: Path
    rulebook_path: Path
    point_cloud_paths: tuple[Path, ...]
    layers: tuple[Layer, ...]
    viewpoints: tuple[Viewpoint, ...]
    ridges: tuple[Ridge, ...]

    @cached_property
    def terrain(self) -> Terrain:
        """The ground, read once.

        Raises:
            TerrainError: it cannot be read.
        """
        return read_terrain(self.terrain_path)

    @cached_property
    def sha256(self) -> str:
        """Hash of everything a verdict can depend on: ``city.yaml``, control lines and terrain."""
        digest = hashlib.sha256()
        for path in (self.folder / "city.yaml", self.control_lines_path, self.terrain_path):
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()

    @property
    def build_folder(self) -> Path:
        """Where `cim city build` puts stores and tilesets."""
        return self.folder / "build"

    def layer(self, code: str) -> Layer:
        """The layer of that code.

        Raises:
            CityError: the catalogue has none.
        """
        for layer in self.layers:
            if layer.code == code:
                return layer
        raise CityError(
            Text(zh="图层 {code} 不在目录中。", en="layer {code} is not in the catalogue.").format(
                code=code
            ),
            path=self.folder / "city.yaml",
            place="control_lines.layers",
        )


def read_city(folder: Path) -> City:
    """Read ``city.yaml`` and check that the sources it names exist.

    Raises:
        CityError: no such file, not YAML, a missing key, or a missing source.
    """
    path = folder / "city.yaml"
    document = _read_yaml(path)
    try:
        return _city(folder, document)
    except KeyError as error:
        raise CityError(
            Text(zh="缺少键 {key}。", en="key {key} is missing.").format(key=error.args[0]),
            path=path,
            place=str(error.args[0]),
        ) from error
    except (TypeError, ValueError) as error:
        raise CityError(
            Text(zh="内容无法理解：{error}。", en="cannot be understood: {error}.").format(
                error=error
            ),
            path=path,
        ) from error


def _read_yaml(path: Path) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CityError(
            Text(zh="找不到城市文件夹的 city.yaml。", en="no city.yaml in the city folder."),
            path=path,
            remedy=Text(
                zh="用 cim demo --prepare-only 生成样例城市，或检查 --city。",
                en="Make the sample city with cim demo --prepare-only, or check --city.",
            ),
        ) from error
    except yaml.YAMLError as error:
        raise CityError(
            Text(zh="不是有效的 YAML:{e}", en="not valid YAML: {e}").format(e=error), path=path
        ) from error
    if not isinstance(document, dict):
        raise CityError(Text(zh="应为键值结构。", en="must be a mapping."), path=path)
    return document


def _city(folder: Path, document: Mapping[str, Any]) -> City:
    vertical = document["vertical"]
    lines = document["control_lines"]
    views = document.get("views", {})
    return City(
        folder=folder,
        code=document["city"],
        name=Text(**document["name"]),
        frame=CityFrame(
            projected_crs=document["projected_crs"],
            vertical=VerticalSeparation(
                datum=vertical["datum"],
                separation=float(vertical["separation"]),
                accuracy=float(vertical["accuracy"]),
            ),
        ),
        terrain_path=_source(folder, document["terrain"]),
        buildings_path=_source(folder, document["buildings"]),
        control_lines_path=_source(folder, lines["source"]),
        rulebook_path=_source(folder, document["rulebook"]),
        point_cloud_paths=tuple(_source(folder, name) for name in document.get("point_clouds", ())),
        layers=tuple(
            Layer(
                code=entry["code"],
                name=Text(**entry["name"]),
                owner=Text(**entry["owner"]),
                colour=entry["colour"],
                shown=bool(entry.get("shown", True)),
            )
            for entry in lines["layers"]
        ),
        viewpoints=tuple(
            Viewpoint(
                code=entry["code"],
                name=Text(**entry["name"]),
                position=_point(entry["position"]),
                eye_height=float(entry["eye_height"]),
            )
            for entry in views.get("viewpoints", ())
        ),
        ridges=tuple(
            Ridge(
                code=entry["code"],
                name=Text(**entry["name"]),
                vertices=tuple(_point(vertex) for vertex in entry["vertices"]),
            )
            for entry in views.get("ridges", ())
        ),
    )


def _point(values: Any) -> tuple[float, float, float]:
    easting, northing, height = values
    return float(easting), float(northing), float(height)


def _source(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise CityError(
            Text(
                zh="city.yaml 指定的文件不存在。",
                en="the file that city.yaml names does not exist.",
            ),
            path=path,
        )
    return path
