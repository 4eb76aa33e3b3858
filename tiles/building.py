"""A submitted building as 3D Tiles: a coarse whole, refined into one tile a storey.

Every element stands exactly once at the leaves, and coarse tiles name their elements too, so that a
finding can be shown from any distance. Repeated meshes are shaded and simplified once and then
baked into each place: a baked vertex goes through the map projection itself, whereas GPU instances would
carry an affine approximation of it and are picked differently by different viewers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cim.building import BuildingModel, Element, Representation
from cim.frame import Placement
from cim.mesh import box_corners, transform_points
from cim.placed_bodies import ranges
from tiles.batch import Batch
from tiles.bounding_volume import Box
from tiles.gltf import Material
from tiles.level_of_detail import simplify, sorted_by_material
from tiles.local_frame import LocalFrame, unit
from tiles.palette import class_colour
from tiles.property_table import PropertyTable
from tiles.spatial_tree import Branch, divide
from tiles.surface import Soup, Surface, closed, crease, weld
from tiles.tileset import (
    Tile,
    TilesetSummary,
    above,
    replacing,
    summarize,
    write_tileset_json,
)

TRIANGLE_BUDGET = 60_000  # a leaf; about 1 MB compressed
# The coarse whole leaves out elements smaller than a hundredth of the building: at the distance where
# a viewer stops refining (16 pixels) they would be a few pixels large.
COARSE_SHARE = 0.01
COARSE_LIMITS = (0.25, 5.0)  # m
# Surfaces move less than a tenth of that, which is about one pixel there.
SIMPLIFY_SHARE = 0.1


def write_building_tileset(
    model: BuildingModel, placement: Placement, folder: Path, *, compressed: bool = True
) -> TilesetSummary:
    """Write ``folder/tileset.json`` and its tiles, replacing what was there in one step.

    Args:
        model: the building; its elements with a body are drawn, the others counted.
        placement: where it stands.
        folder: made anew.
        compressed: use EXT_meshopt_compression.

    Raises:
        FrameError: the city's projected CRS is unknown.
    """
    scene = _Scene.of(model, placement)
    with replacing(folder) as draft:
        root = _Writer(scene, draft, compressed).write_root()
        write_tileset_json(draft, root, scene.local.transform)
        return summarize(
            draft,
            root,
            scene.local.transform,
            placement.frame,
            elements=len(scene.elements),
            triangles=int(scene.weights.sum()),
            undrawn=len(model.elements) - len(scene.elements),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """What there is to draw, element by element.

    Attributes:
        elements: those that have a body with triangles.
        shapes: mesh of each, shape (E,), owner in `soup`.
        matrices: shape (E, 4, 4), mesh frame -> easting, northing, orthogonal height.
        centres: shape (E, 3), of its box, projected.
        sizes: diagonal of its box, shape (E,), metres.
        weights: triangles, shape (E,).
        soup: all meshes, welded.
        closed: which meshes may be drawn from the front alone.
        classes: the IFC classes there are.
        kinds: class of each element, shape (E,), index into `classes`.
        looks: the materials as `_faces_looks` counts them.
    """

    model: BuildingModel
    local: LocalFrame
    elements: tuple[Element, ...]
    shapes: NDArray[np.int64]
    matrices: NDArray[np.float64]
    centres: NDArray[np.float64]
    sizes: NDArray[np.float64]
    weights: NDArray[np.float64]
    diagonal: float
    soup: Soup
    closed: NDArray[np.bool_]
    classes: tuple[str, ...]
    kinds: NDArray[np.int64]
    looks: tuple[Material, ...]

    @staticmethod
    def of(model: BuildingModel, placement: Placement) -> _Scene:
        drawn = [(e, body) for e, body in model.drawn() if len(model.meshes[body.mesh].faces)]
        matrices = [placement.matrix @ body.placement for _, body in drawn]
        corners = _corners(model, [body for _, body in drawn], matrices)
        soup = sorted_by_material(weld(model.meshes))
        flat = corners.reshape(-1, 3) if drawn else placement.to_projected(np.zeros((1, 3)))
        low, high = flat.min(axis=0), flat.max(axis=0)
        classes = tuple(sorted({element.ifc_class for element, _ in drawn}))
        shapes = np.array([body.mesh for _, body in drawn], dtype=np.int64)
        counts = np.bincount(soup.owners, minlength=soup.owner_count)
        return _Scene(
            model=model,
            local=LocalFrame.at(placement.frame, np.append((low + high)[:2] / 2.0, low[2])),
            elements=tuple(element for element, _ in drawn),
            shapes=shapes,
            matrices=np.array(matrices).reshape(-1, 4, 4),
            centres=corners.mean(axis=1),
            sizes=np.linalg.norm(corners.max(axis=1) - corners.min(axis=1), axis=1),
            weights=counts[shapes].astype(np.float64),
            diagonal=float(np.linalg.norm(high - low)),
            soup=soup,
            closed=closed(soup),
            classes=classes,
            kinds=np.searchsorted(classes, [element.ifc_class for element, _ in drawn]),
            looks=_looks(model, classes),
        )

    def groups(self) -> list[NDArray[np.int64]]:
        """Elements of each storey, bottom of the list first; last those on no known storey."""
        place = {storey.global_id: i for i, storey in enumerate(self.model.storeys)}
        nowhere = len(place)
        storeys = np.array([place.get(e.storey or "", nowhere) for e in self.elements])
        groups = [np.flatnonzero(storeys == i) for i in range(nowhere + 1)]
        return [group for group in groups if len(group)]

    def table(self, members: NDArray[np.int64]) -> PropertyTable:
        """The property table of some elements."""
        storeys = {storey.global_id: storey.name or "" for storey in self.model.storeys}
        chosen = [self.elements[i] for i in members.tolist()]
        return PropertyTable(
            "element",
            {
                "global_id": [element.global_id for element in chosen],
                "ifc_class": [element.ifc_class for element in chosen],
                "name": [element.name or "" for element in chosen],
                "storey": [storeys.get(element.storey or "", "") for element in chosen],
            },
        )


@dataclass(slots=True)
class _Writer:
    """Writes the tree of one scene, children before their parent."""

    scene: _Scene
    folder: Path
    compressed: bool
    surfaces: dict[float, Surface] = field(default_factory=dict)  # by error

    def write_root(self) -> Tile:
        scene = self.scene
        if not scene.elements:
            return Tile(Box((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), 0.0, None)
        error = float(np.clip(COARSE_SHARE * scene.diagonal, *COARSE_LIMITS))
        children = tuple(
            self._write(
                divide(scene.centres, scene.weights, TRIANGLE_BUDGET, items=group, ways=2),
                f"0-{i}",
                error / 2.0,
            )
            for i, group in enumerate(scene.groups())
        )
        return self._write_coarse(np.arange(len(scene.elements)), "0", error, children)

    def _write(self, branch: Branch, name: str, error: float) -> Tile:
        if not branch.children:
            content, box = self._write_content(branch.items, name, 0.0)
            return Tile(box, 0.0, content)
        children = tuple(
            self._write(child, f"{name}-{i}", error / 2.0)
            for i, child in enumerate(branch.children)
        )
        return self._write_coarse(branch.items, name, error, children)

    def _write_coarse(
        self, members: NDArray[np.int64], name: str, error: float, children: tuple[Tile, ...]
    ) -> Tile:
        """A tile that stands for its children: small elements left out, the others simplified."""
        boxes = [child.box for child in children]
        error = above([child.geometric_error for child in children], error)
        large = members[self.scene.sizes[members] >= error]
        content = None
        if len(large):
            content, box = self._write_content(large, name, error * SIMPLIFY_SHARE)
            boxes.append(box)
        return Tile(Box.union(boxes), error, content, children)

    def _write_content(
        self, members: NDArray[np.int64], name: str, error: float
    ) -> tuple[str, Box]:
        scene, path = self.scene, self.folder / f"{name}.glb"
        batch = _bake(scene, self._surface(error), members)
        table = scene.table(members)
        return path.name, batch.write(path, scene.looks, table, compressed=self.compressed)

    def _surface(self, error: float) -> Surface:
        """All meshes, simplified within an error and shaded; once for each level of the tree."""
        if error not in self.surfaces:
            soup = simplify(self.scene.soup, error) if error else self.scene.soup
            self.surfaces[error] = crease(soup)
        return self.surfaces[error]


def _corners(
    model: BuildingModel, bodies: list[Representation], matrices: list[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Corners of each body's box, shape (E, 8, 3), projected."""
    boxes = {mesh: box_corners(model.meshes[mesh].vertices) for mesh in {b.mesh for b in bodies}}
    corners = [
        transform_points(matrix, boxes[body.mesh])
        for body, matrix in zip(bodies, matrices, strict=True)
    ]
    return np.array(corners).reshape(-1, 8, 3)


def _bake(scene: _Scene, surface: Surface, members: NDArray[np.int64]) -> Batch:
    """Put the meshes of some elements where they stand."""
    shapes, matrices = scene.shapes[members], scene.matrices[members]
    corners, sides = np.diff(surface.vertex_starts)[shapes], np.diff(surface.face_starts)[shapes]
    vertices = ranges(surface.vertex_starts[shapes], corners)
    triangles = ranges(surface.face_starts[shapes], sides)
    owners, holders = (np.repeat(np.arange(len(members)), counts) for counts in (corners, sides))
    moved = np.cumsum(corners) - corners - surface.vertex_starts[shapes]
    faces = surface.faces[triangles] + moved[holders, None]
    is_mirrored = np.linalg.det(matrices[:, :3, :3]) < 0.0
    faces[is_mirrored[holders]] = faces[is_mirrored[holders], ::-1]
    positions = _turned(matrices[owners, :3, :3], surface.positions[vertices])
    normals = _turned(_normal_matrices(matrices)[owners], surface.normals[vertices])
    return Batch(
        positions=scene.local.from_projected(positions + matrices[owners, :3, 3]),
        normals=scene.local.directions(unit(normals)),
        features=owners,
        faces=faces,
        looks=_faces_looks(scene, members[holders], surface.materials[triangles]),
    )


def _turned(matrices: NDArray[np.float64], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each vector by its own matrix, shapes (N, 3, 3) and (N, 3)."""
    turned: NDArray[np.float64] = np.einsum("nij,nj->ni", matrices, vectors)
    return turned


def _normal_matrices(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take normals along with affine matrices, also mirroring or flattening ones: their cofactors, signed; shape (N, 3, 3)."""
    x, y, z = (matrices[:, :3, column] for column in range(3))
    cofactors = np.stack([np.cross(y, z), np.cross(z, x), np.cross(x, y)], axis=2)
    is_mirrored = np.einsum("ni,ni->n", x, cofactors[:, :, 0]) < 0.0
    signed: NDArray[np.float64] = np.where(is_mirrored[:, None, None], -cofactors, cofactors)
    return signed


def _looks(model: BuildingModel, classes: tuple[str, ...]) -> tuple[Material, ...]:
    """Every material, then the colour of every class, each from the front alone and from both sides."""
    colours = [material.colour for material in model.materials]
    colours += [class_colour(ifc_class) for ifc_class in classes]
    return tuple(Material(colour, double) for colour in colours for double in (False, True))


def _faces_looks(
    scene: _Scene, members: NDArray[np.int64], materials: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Index into `_Scene.looks` of each face; without a material it takes the colour of its element's class."""
    count = len(scene.model.materials)
    colours = np.where(
        (materials >= 0) & (materials < count), materials, count + scene.kinds[members]
    )
    return 2 * colours + ~scene.closed[scene.shapes[members]]
