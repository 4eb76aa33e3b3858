"""A small scene written in YAML: a building of plain solids on simple ground, the lines around it.

Worked examples of rulebooks and the case files of the tests are scenes. Coordinates are metres from the
scene's own origin, which stands unrotated at `ORIGIN` and `ground` metres above datum; heights of the model are above
that ground, heights of the city (limits, viewpoints, existing buildings) above datum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import mapbox_earcut
import numpy as np
import shapely
from numpy.typing import NDArray

from bim_checks.errors import SceneError
from cim.building import (
    Address,
    Building,
    BuildingModel,
    Defect,
    DefectKind,
    Element,
    Group,
    Project,
    Representation,
    Site,
    Space,
    Storey,
    Undrawn,
)
from cim.city import City, HeightGrid, Landmark, Layer, Ridge, Viewpoint
from cim.city_frame import CityFrame
from cim.control_lines.feature import ControlFeature
from cim.control_lines.memory import LinesInMemory
from cim.existing import ExistingBuilding, ExistingBuildings
from cim.frame import ExplicitPlace
from cim.mesh import Mesh
from cim.terrain import Terrain
from cim.text import Text
from cim.vertical import VerticalSeparation

ORIGIN = (610_000.0, 2_705_000.0)  # easting, northing
FRAME = CityFrame("EPSG:4548", VerticalSeparation("EPSG:5737", 10.2, 0.3))
GROUND = 5.0  # m above datum
SIDE, CELL = 4000.0, 10.0  # m; of the ground
SCENE_KEYS = (
    "model",
    "ground",
    "slope",
    "layers",
    "accuracy",
    "existing",
    "consented",
    "views",
    "place",
    "parcel",
    "file",
    "grids",
)
SOLIDS = ("box", "prism", "gable", "mesh")


@dataclass(frozen=True, slots=True)
class Scene:
    """A model, and the city it stands in.

    Attributes:
        model: as if it had been read.
        city: its ground, layers and views.
        lines: its control lines.
        existing: the buildings that stand.
        consented: the buildings of schemes that may be built and are not yet.
        place: where the model stands; None where nobody says.
        parcel: the site's outline as surveyed, projected frame; None where none is stated.
        file: the IFC file it stands for; None where no rule asks for one.
    """

    model: BuildingModel
    city: City
    lines: LinesInMemory
    existing: ExistingBuildings
    place: ExplicitPlace | None
    parcel: shapely.Polygon | None
    file: Path | None = None
    consented: ExistingBuildings = field(default_factory=lambda: ExistingBuildings(()))


def read_scene(content: Mapping[str, Any], folder: Path | None = None) -> Scene:
    """The scene of plain YAML values; other keys of the mapping are left alone.

    ``model``: ``boxes`` (``{ID: [[x, y, z], [x, y, z]]}``, each an IfcWall), ``elements`` (entries with ``id`` and one of
    ``box``; ``prism``: ``{polygon, low, high}``; ``gable``: ``{box, ridge, along}``, a pitched roof whose eaves are the top of the
    box and whose ridge runs along ``x`` or ``y`` at height ``ridge``; ``mesh``: ``{vertices, faces}``; and ``class``, ``name``,
    ``type`` (predefined), ``storey``, ``building``, ``psets``, ``object_type``, ``host``, ``whole``), ``storeys`` (``id``, ``elevation``, ``name``,
    ``psets``), ``spaces`` (as elements, with ``long_name``), ``zones`` (``id``, ``name``, ``members``, ``object_type``),
    ``site`` (a ring) and ``site_psets``, ``building`` (``name``, ``psets``) or ``buildings`` (with ``id``), ``schema``, ``length_unit`` (metres), ``undrawn`` and
    ``defects`` (kind: how many, or examples).
    ``ground``: height of the ground at the origin, and ``slope``: ``[east, north]``, its rise per metre.
    ``layers``: ``{code: [{name, polygon | line, attributes}]}``, ``accuracy``: ``{code: metres}``.
    ``existing``, ``consented``: entries with ``id``, ``polygon``, ``low``, ``high`` and ``attributes``.
    ``views``: ``viewpoints``, ``ridges`` and ``landmarks`` as in ``city.yaml``, positions from the origin. ``place: null``: nobody says where it stands.
    ``parcel``: the site's ring as surveyed. ``file``: an IFC file, named from `folder`, that rules about the file itself read.
    ``grids``: ``{code: {west, north, cell, heights}}``, height grids whose rows run from the north; null states no limit.

    Raises:
        SceneError: a part of it cannot be understood; names the part.
    """
    ground = float(content.get("ground", GROUND))
    return Scene(
        model=_part("model", lambda: _model(content.get("model", {}))),
        city=_part("city", lambda: _city(content, ground)),
        lines=_part("layers", lambda: LinesInMemory(_features(content.get("layers", {})))),
        existing=_part("existing", lambda: ExistingBuildings(_existing(content, "existing"))),
        consented=_part("consented", lambda: ExistingBuildings(_existing(content, "consented"))),
        place=ExplicitPlace(*ORIGIN, ground, 0.0) if content.get("place", True) else None,
        parcel=_part("parcel", lambda: _ring(content.get("parcel"))),
        file=_part(
            "file", lambda: (folder or Path()) / content["file"] if "file" in content else None
        ),
    )


@dataclass(frozen=True)
class SceneCity(City):
    """A city whose ground is a plane and which has no folder.

    Attributes:
        ground: height at the scene's origin, metres above datum.
        slope: rise per metre eastward and northward.
        grids: its height grids, by code.
    """

    ground: float = GROUND
    slope: tuple[float, float] = (0.0, 0.0)
    grids: Mapping[str, Terrain] = field(default_factory=dict)

    def height_limits(self, code: str) -> Terrain:
        """As stated."""
        return self.grids[code]

    @cached_property
    def terrain(self) -> Terrain:
        """The plane."""
        return flat_terrain(self.ground, slope=self.slope)

    @cached_property
    def sha256(self) -> str:
        """Of nothing: a scene is its own text."""
        return "0" * 64


def flat_terrain(
    height: float = GROUND,
    side: float = SIDE,
    cell: float = CELL,
    slope: tuple[float, float] = (0.0, 0.0),
) -> Terrain:
    """Ground that is a plane around `ORIGIN`.

    Args:
        height: at the origin, metres above datum.
        side: of the raster, metres.
        cell: of the raster, metres.
        slope: rise per metre eastward and northward.
    """
    cells = int(side / cell)
    centres = (np.arange(cells) + 0.5) * cell - side / 2.0
    heights = height + slope[0] * centres[None, :] - slope[1] * centres[:, None]
    return Terrain(heights, ORIGIN[0] - side / 2.0, ORIGIN[1] + side / 2.0, cell)


def _part(name: str, read: Any) -> Any:
    try:
        return read()
    except SceneError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise SceneError(
            Text(
                zh="场景的 {name} 无法理解：{error}。",
                en="the scene's {name} cannot be understood: {error}.",
            ).format(name=name, error=repr(error)),
            remedy=Text(
                zh="写法见 bim_checks/README.md。",
                en="bim_checks/README.md shows how to write one.",
            ),
        ) from error


def _city(content: Mapping[str, Any], ground: float) -> City:
    nowhere = Path("scene")
    views, accuracy = content.get("views", {}), content.get("accuracy", {})
    east, north = content.get("slope", (0.0, 0.0))
    return SceneCity(
        folder=nowhere,
        code="scene",
        name=Text(zh="场景", en="scene"),
        frame=FRAME,
        terrain_path=nowhere,
        buildings_path=nowhere,
        control_lines_path=nowhere,
        rulebook_path=nowhere,
        point_cloud_paths=(),
        layers=tuple(
            Layer(
                code=code,
                name=Text(zh=code, en=code),
                owner=Text(zh="部门", en="department"),
                colour="#000000",
                accuracy=float(accuracy.get(code, 0.0)),
            )
            for code in content.get("layers", {})
        ),
        viewpoints=tuple(
            Viewpoint(v["code"], _named(v["code"]), _placed(v["position"]), float(v["eye_height"]))
            for v in views.get("viewpoints", ())
        ),
        ridges=tuple(
            Ridge(r["code"], _named(r["code"]), tuple(_placed(vertex) for vertex in r["vertices"]))
            for r in views.get("ridges", ())
        ),
        landmarks=tuple(
            Landmark(
                entry["code"],
                _named(entry["code"]),
                _placed(entry.get("position", (0.0, 0.0, 0.0))),
                height=float(entry.get("height", 0.0)),
                width=float(entry.get("width", 0.0)),
                buildings=tuple(entry.get("buildings", ())),
            )
            for entry in views.get("landmarks", ())
        ),
        ground=ground,
        slope=(float(east), float(north)),
        height_grids=tuple(
            HeightGrid(code, _named(code), _named("department"), nowhere)
            for code in content.get("grids", {})
        ),
        grids={code: _grid(entry) for code, entry in content.get("grids", {}).items()},
    )


def _grid(entry: Mapping[str, Any]) -> Terrain:
    heights = np.array(entry["heights"], dtype=np.float64)  # null becomes NaN
    west, north = ORIGIN[0] + entry["west"], ORIGIN[1] + entry["north"]
    return Terrain(heights, west, north, float(entry["cell"]))


def _named(word: str) -> Text:
    return Text(zh=word, en=word)


def _placed(point: Sequence[float]) -> tuple[float, float, float]:
    return (ORIGIN[0] + point[0], ORIGIN[1] + point[1], float(point[2]))


def _ring(ring: Sequence[Sequence[float]] | None) -> shapely.Polygon | None:
    if ring is None:
        return None
    return shapely.Polygon([(ORIGIN[0] + x, ORIGIN[1] + y) for x, y in ring])


def _features(layers: Mapping[str, Any]) -> Iterator[ControlFeature]:
    for layer, entries in layers.items():
        for number, entry in enumerate(entries):
            points = [
                (ORIGIN[0] + x, ORIGIN[1] + y) for x, y in entry.get("polygon") or entry["line"]
            ]
            shape = shapely.Polygon(points) if "polygon" in entry else shapely.LineString(points)
            yield ControlFeature(
                identifier=number,
                layer=layer,
                name=_named(entry["name"]),
                geometry=shape,
                attributes=entry.get("attributes", {}),
            )


def _existing(content: Mapping[str, Any], key: str) -> Iterator[ExistingBuilding]:
    for entry in content.get(key, ()):
        mesh = prism(entry["polygon"], float(entry["low"]), float(entry["high"]))
        moved = Mesh(mesh.vertices + np.array([*ORIGIN, 0.0]), mesh.faces)
        yield ExistingBuilding(str(entry["id"]), entry.get("attributes", {}), moved)


class _Meshes:
    """The meshes of a model as they come."""

    def __init__(self) -> None:
        self.all: list[Mesh] = []

    def representation(self, entry: Mapping[str, Any]) -> Representation | None:
        mesh = _solid(entry)
        if mesh is None:
            return None
        self.all.append(mesh)
        return Representation(len(self.all) - 1, np.eye(4))


def _model(content: Mapping[str, Any]) -> BuildingModel:
    meshes = _Meshes()
    boxes = [{"id": name, "box": corners} for name, corners in content.get("boxes", {}).items()]
    elements = tuple(_element(e, meshes) for e in (*boxes, *content.get("elements", ())))
    spaces = tuple(_space(entry, meshes) for entry in content.get("spaces", ()))
    entries = content.get("buildings", ())
    if "building" in content:
        entries = [{"id": "BUILDING", **content["building"]}]
    return BuildingModel(
        sha256="0" * 64,
        file_name="scene.ifc",
        schema=content.get("schema", "IFC4"),
        authoring_tool=None,
        project_name="scene",
        sites=_sites(content, meshes),
        buildings=tuple(
            Building(
                entry["id"],
                entry.get("name"),
                property_sets=entry.get("psets", {}),
                address=Address(),
            )
            for entry in entries
        ),
        storeys=tuple(_storey(entry) for entry in content.get("storeys", ())),
        spaces=spaces,
        elements=elements,
        meshes=tuple(meshes.all),
        materials=(),
        map_conversion=None,
        true_north=None,
        undrawn=tuple(
            Undrawn(u["id"], u.get("class", "IfcWall"), _named(u.get("reason", "?")))
            for u in content.get("undrawn", ())
        ),
        warnings=(),
        defects=tuple(
            _defect(DefectKind(k), told) for k, told in content.get("defects", {}).items()
        ),
        length_unit=float(content.get("length_unit", 1.0)),
        project=Project("PROJECT", "scene"),
        zones=tuple(
            Group(
                z["id"],
                "IfcZone",
                z.get("name"),
                object_type=z.get("object_type"),
                members=tuple(z["members"]),
            )
            for z in content.get("zones", ())
        ),
    )


def _sites(content: Mapping[str, Any], meshes: _Meshes) -> tuple[Site, ...]:
    if "site" not in content and "site_psets" not in content:
        return ()
    body = None
    if "site" in content:
        meshes.all.append(surface(content["site"]))
        body = Representation(len(meshes.all) - 1, np.eye(4))
    psets = content.get("site_psets", {})
    return (Site("SITE", "site", None, None, None, body, property_sets=psets),)


def _element(entry: Mapping[str, Any], meshes: _Meshes) -> Element:
    return Element(
        global_id=entry["id"],
        ifc_class=entry.get("class", "IfcWall"),
        name=entry.get("name", entry["id"]),
        storey=entry.get("storey"),
        representation=meshes.representation(entry),
        predefined_type=entry.get("type"),
        type_name=entry.get("type_name"),
        property_sets=entry.get("psets", {}),
        host=entry.get("host"),
        whole=entry.get("whole"),
        object_type=entry.get("object_type"),
        building=entry.get("building"),
    )


def _space(entry: Mapping[str, Any], meshes: _Meshes) -> Space:
    return Space(
        global_id=entry["id"],
        name=entry.get("name", entry["id"]),
        long_name=entry.get("long_name"),
        storey=entry.get("storey"),
        predefined_type=entry.get("type"),
        representation=meshes.representation(entry),
        property_sets=entry.get("psets", {}),
        object_type=entry.get("object_type"),
    )


def _defect(kind: DefectKind, told: int | Sequence[str]) -> Defect:
    """From how many there are, or from examples."""
    if isinstance(told, int):
        return Defect(kind, told, _named(kind.value))
    return Defect(kind, len(told), _named(kind.value), tuple(map(str, told)))


def _storey(entry: Mapping[str, Any]) -> Storey:
    elevation = entry.get("elevation")
    return Storey(
        global_id=entry["id"],
        name=entry.get("name", entry["id"]),
        building=None,
        elevation=None if elevation is None else float(elevation),
        level=None if elevation is None else float(elevation),
        property_sets=entry.get("psets", {}),
    )


def _solid(entry: Mapping[str, Any]) -> Mesh | None:
    kinds = [kind for kind in SOLIDS if kind in entry]
    if not kinds:
        return None
    shape = entry[kinds[0]]
    if kinds[0] == "box":
        (x0, y0, z0), (x1, y1, z1) = shape
        return prism([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], z0, z1)
    if kinds[0] == "prism":
        return prism(shape["polygon"], shape["low"], shape["high"])
    if kinds[0] == "gable":
        return gable(shape["box"], float(shape["ridge"]), along=shape["along"])
    return Mesh(
        np.array(shape["vertices"], dtype=np.float64), np.array(shape["faces"], dtype=np.int32)
    )


def prism(ring: Sequence[Sequence[float]], low: float, high: float) -> Mesh:
    """A closed, outward prism over a simple ring.

    Args:
        ring: corners in plan, metres, either way round, the first not repeated.
        low: height of its floor, metres.
        high: height of its top, metres.
    """
    flat = np.array(ring, dtype=np.float64)
    if not shapely.LinearRing(flat).is_ccw:
        flat = flat[::-1].copy()
    n = len(flat)
    cap = mapbox_earcut.triangulate_float64(flat, np.array([n], dtype=np.uint32)).reshape(-1, 3)
    cap = _counter_clockwise(flat, cap.astype(np.int32))
    i = np.arange(n, dtype=np.int32)
    j = np.roll(i, -1)
    sides = np.concatenate([np.stack([i, j, j + n], 1), np.stack([i, j + n, i + n], 1)])
    vertices = np.concatenate(
        [np.column_stack([flat, np.full(n, z, dtype=np.float64)]) for z in (low, high)]
    )
    return Mesh(vertices, np.concatenate([cap[:, ::-1], cap + n, sides]).astype(np.int32))


def _counter_clockwise(flat: NDArray[np.float64], faces: NDArray[np.int32]) -> NDArray[np.int32]:
    a, b, c = (flat[faces[:, k]] for k in range(3))
    u, v = b - a, c - a
    turned = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0] < 0.0
    faces[turned] = faces[turned][:, ::-1]
    return faces


def gable(box: Sequence[Sequence[float]], ridge: float, *, along: str) -> Mesh:
    """A closed box whose top is a pitched roof: two slopes from the eaves up to a ridge in the middle.

    Args:
        box: its lowest corner, and its highest corner at the eaves, metres.
        ridge: height of the ridge, metres.
        along: ``x`` or ``y``, the axis the ridge runs along.
    """
    (x0, y0, z0), (x1, y1, z1) = box
    section = [(y0, z0), (y1, z0), (y1, z1), ((y0 + y1) / 2.0, ridge), (y0, z1)]
    first, last = x0, x1
    if along == "y":
        section = [(x0, z0), (x1, z0), (x1, z1), ((x0 + x1) / 2.0, ridge), (x0, z1)]
        first, last = y0, y1
    lying = prism(section, first, last)
    across, up, run = lying.vertices.T
    if along == "x":
        return Mesh(np.column_stack([run, across, up]), lying.faces)
    return Mesh(np.column_stack([across, run, up]), lying.faces[:, ::-1])


def surface(ring: Sequence[Sequence[float]], height: float = 0.0) -> Mesh:
    """A flat surface over a simple ring."""
    flat = np.array(ring, dtype=np.float64)
    faces = mapbox_earcut.triangulate_float64(flat, np.array([len(flat)], dtype=np.uint32))
    turned = _counter_clockwise(flat, faces.reshape(-1, 3).astype(np.int32))
    return Mesh(np.column_stack([flat, np.full(len(flat), height)]), turned)
