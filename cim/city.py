"""A city folder: `city.yaml` ties the control lines, terrain, buildings, views and rulebook together."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from cim.blueprint import EMPTY_BLUEPRINT, Blueprint, blueprint_of
from cim.city_frame import CityFrame
from cim.crs import understand_crs
from cim.errors import CityError
from cim.frame.limits import DEFAULT_LIMITS, FrameLimits, frame_limits
from cim.local_grid import local_grid
from cim.terrain import Terrain, read_terrain
from cim.text import Text
from cim.vertical import DatumOffset, Separation, VerticalSeparation, read_separation_grid
from cim.yaml_text import load_yaml


@dataclass(frozen=True, slots=True)
class Layer:
    """One control-line layer of the catalogue.

    Attributes:
        code: stable identifier, the layer name in the source, e.g. ``restricted_construction``.
        name: for people.
        owner: the department that owns the line.
        colour: ``#rrggbb``.
        shown: whether a map starts with this layer drawn (key ``shown``, true when absent).
        accuracy: half-width of the positional accuracy of its lines, metres (key ``accuracy``, 0 when absent);
            rules add it to their own uncertainty.
    """

    code: str
    name: Text
    owner: Text
    colour: str
    shown: bool = True
    accuracy: float = 0.0


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


@dataclass(frozen=True, slots=True)
class Landmark:
    """Something that is to be seen.

    Attributes:
        code, name: identity.
        position: easting, northing, orthogonal height of its foot, metres.
        height, width: of the upright body that stands for it, metres; zero where buildings are named.
        buildings: identifiers of the city's buildings that it is; then it is seen as they are.
    """

    code: str
    name: Text
    position: tuple[float, float, float]
    height: float = 0.0
    width: float = 0.0
    buildings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeightGrid:
    """A raster of the highest elevations that may be reached, cell by cell.

    Attributes:
        code, name, owner: as for `Layer`.
        path: the raster, in the city's projected CRS, metres above its vertical datum.
    """

    code: str
    name: Text
    owner: Text
    path: Path


@dataclass(frozen=True, slots=True)
class ConsentedScheme:
    """A scheme that may be built and is not yet.

    Attributes:
        code, name: identity.
        path: its buildings, CityJSONSeq in the city's projected CRS, metres above its vertical datum.
    """

    code: str
    name: Text
    path: Path


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
        landmarks: what is to be seen, possibly none.
        frame_limits: the numbers the frame ledger decides by.
        separation_path: grid of the vertical separation; None where it is a constant.
        blueprint: what the control lines must keep between themselves; empty when the city declares nothing.
        height_grids: rasters of height limits, possibly none.
        consented: schemes that may be built and are not yet, possibly none.
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
    frame_limits: FrameLimits = DEFAULT_LIMITS
    separation_path: Path | None = None
    landmarks: tuple[Landmark, ...] = ()
    blueprint: Blueprint = EMPTY_BLUEPRINT
    height_grids: tuple[HeightGrid, ...] = ()
    consented: tuple[ConsentedScheme, ...] = ()

    @cached_property
    def terrain(self) -> Terrain:
        """The ground, read once.

        Raises:
            TerrainError: it cannot be read.
        """
        return read_terrain(self.terrain_path)

    @cached_property
    def sha256(self) -> str:
        """Hash of everything a verdict can depend on: ``city.yaml``, control lines, buildings, terrain, separation, height grids and consented schemes."""
        digest = hashlib.sha256()
        sources = [
            self.folder / "city.yaml",
            self.control_lines_path,
            self.buildings_path,
            self.terrain_path,
        ]
        if self.separation_path is not None:
            sources.append(self.separation_path)
        sources.extend(grid.path for grid in self.height_grids)
        sources.extend(scheme.path for scheme in self.consented)
        for path in sources:
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()

    @cached_property
    def scenery_sha256(self) -> str:
        """Hash of what an eye can see of the city: terrain and buildings."""
        digest = hashlib.sha256()
        for path in (self.terrain_path, self.buildings_path):
            with path.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
        return digest.hexdigest()

    def height_limits(self, code: str) -> Terrain:
        """The height grid of that code; NaN where it states no limit.

        Raises:
            CityError: the city has none of that code.
            TerrainError: it cannot be read.
        """
        for grid in self.height_grids:
            if grid.code == code:
                return read_terrain(grid.path)
        raise CityError(
            Text(zh="城市没有限高栅格 {code}。", en="the city has no height grid {code}.").format(
                code=code
            ),
            path=self.folder / "city.yaml",
            place="height_grids",
        )

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
        document = load_yaml(path.read_text(encoding="utf-8"))
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
    lines = document["control_lines"]
    layers = tuple(_layer(entry, folder) for entry in lines["layers"])
    views = document.get("views", {})
    return City(
        folder=folder,
        code=document["city"],
        name=Text(**document["name"]),
        frame=CityFrame(
            projected_crs=_projected_crs(document["projected_crs"], folder),
            vertical=_vertical(folder, document["vertical"]),
            local_grids=tuple(local_grid(entry) for entry in document.get("local_grids", ())),
        ),
        frame_limits=frame_limits(document.get("frame_limits", {})),
        separation_path=_source(folder, document["vertical"]["grid"])
        if "grid" in document["vertical"]
        else None,
        height_grids=tuple(
            HeightGrid(
                code=entry["code"],
                name=Text(**entry["name"]),
                owner=Text(**entry["owner"]),
                path=_source(folder, entry["source"]),
            )
            for entry in document.get("height_grids", ())
        ),
        consented=tuple(
            ConsentedScheme(
                code=str(entry["code"]),
                name=Text(**entry["name"]),
                path=_source(folder, entry["source"]),
            )
            for entry in document.get("consented", ())
        ),
        terrain_path=_source(folder, document["terrain"]),
        buildings_path=_source(folder, document["buildings"]),
        control_lines_path=_source(folder, lines["source"]),
        rulebook_path=_source(folder, document["rulebook"]),
        point_cloud_paths=tuple(_source(folder, name) for name in document.get("point_clouds", ())),
        layers=layers,
        blueprint=blueprint_of(document.get("blueprint", {}), {layer.code for layer in layers}),
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
        landmarks=tuple(
            Landmark(
                code=entry["code"],
                name=Text(**entry["name"]),
                position=_point(entry["position"]),
                height=float(entry.get("height", 0.0)),
                width=float(entry.get("width", 0.0)),
                buildings=tuple(map(str, entry.get("buildings", ()))),
            )
            for entry in views.get("landmarks", ())
        ),
    )


def _layer(entry: Mapping[str, Any], folder: Path) -> Layer:
    accuracy = float(entry.get("accuracy", 0.0))
    if not 0.0 <= accuracy < math.inf:
        raise CityError(
            Text(
                zh="图层精度 {accuracy} 不是非负的米数。",
                en="the layer's accuracy {accuracy} is not a number of metres, zero or more.",
            ).format(accuracy=accuracy),
            path=folder / "city.yaml",
            place=f"control_lines.layers.{entry['code']}.accuracy",
            remedy=Text(
                zh="请写定位精度的半宽（米），例如 0.5。",
                en="State the half-width of its positional accuracy in metres, such as 0.5.",
            ),
        )
    return Layer(
        code=entry["code"],
        name=Text(**entry["name"]),
        owner=Text(**entry["owner"]),
        colour=entry["colour"],
        shown=bool(entry.get("shown", True)),
        accuracy=accuracy,
    )


def _projected_crs(name: str, folder: Path) -> str:
    """A horizontal CRS: a vertical part in it would make PROJ change heights, or silently not change them.

    Raises:
        CityError: it is unknown, not projected, not in metres, or has a vertical part.
    """
    crs = understand_crs(str(name))
    metric = crs is not None and all(
        axis.unit_conversion_factor == 1.0 for axis in crs.horizontal.axis_info
    )
    if crs is None or not crs.projected or crs.vertical is not None or not metric:
        raise CityError(
            Text(
                zh="{name} 不是以米为单位的平面投影坐标系。",
                en="{name} is not a horizontal projected CRS in metres.",
            ).format(name=name),
            path=folder / "city.yaml",
            place="projected_crs",
            remedy=Text(
                zh="请写平面坐标系代码（如 EPSG:4548），高程基准写在 vertical.datum。",
                en="Name the horizontal CRS alone (such as EPSG:4548) and the vertical datum as vertical.datum.",
            ),
        )
    return str(name)


def _vertical(folder: Path, stated: Mapping[str, Any]) -> Separation:
    """``vertical``: ``datum``, ``accuracy``, and ``separation`` (a constant) or ``grid`` (a file); other datums as ``offsets``."""
    offsets = tuple(
        DatumOffset(str(o["datum"]), float(o["offset"]), float(o["accuracy"]))
        for o in stated.get("offsets", ())
    )
    accuracy = float(stated["accuracy"])
    if "grid" in stated:
        path = _source(folder, stated["grid"])
        return read_separation_grid(path, datum=stated["datum"], accuracy=accuracy, offsets=offsets)
    return VerticalSeparation(stated["datum"], float(stated["separation"]), accuracy, offsets)


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
