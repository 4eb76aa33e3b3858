"""The drawn bodies of a model where they stand, with what repeats kept once.

A *shape* is a mesh in a frame whose z axis is upright. Bodies that stand upright share the shape of their
mesh; bodies that are tilted alike share a tilted one. A body then is a shape, a motion in plan and a rise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.building import BuildingModel, Element, Representation
from cim.frame import Placement
from cim.mesh import Mesh
from cim.solid import welded

# A direction cosine; a body tilted less than this keeps its outline to 1e-7 m over 100 m.
UPRIGHT_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Bodies:
    """Bodies in the order of the model; elements without faces are left out.

    Attributes:
        elements: B of them.
        global_ids: shape (B,), theirs.
        shapes: upright meshes, corners welded, each used by one body or more.
        spans: shape (number of shapes, 2), lowest and highest height of each in its own frame, metres.
        shape_of: shape (B,), index into `shapes`.
        plans: shape (B, 2, 3), shape frame -> footprint frame, in plan.
        rises: shape (B,), metres to add to heights of the shape.
        lows, highs: shape (B,), lowest and highest height, metres, footprint frame.
    """

    elements: tuple[Element, ...]
    global_ids: NDArray[np.object_]
    shapes: tuple[Mesh, ...]
    spans: NDArray[np.float64]
    shape_of: NDArray[np.int64]
    plans: NDArray[np.float64]
    rises: NDArray[np.float64]
    lows: NDArray[np.float64]
    highs: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.elements)

    def moved(self, shapes: NDArray[np.object_], bodies: NDArray[np.int64]) -> NDArray[np.object_]:
        """Plane geometries from the frames of shapes to the footprint frame.

        Args:
            shapes: shape (K,), plane geometries.
            bodies: shape (K,), the body each belongs to.
        """
        coordinates, index = shapely.get_coordinates(shapes, return_index=True)
        plans = self.plans[bodies][index]
        placed = np.einsum("nij,nj->ni", plans[:, :, :2], coordinates) + plans[:, :, 2]
        moved: NDArray[np.object_] = shapely.set_coordinates(shapes.copy(), placed)
        return moved

    def mesh(self, body: int) -> Mesh:
        """One body in the footprint frame."""
        matrix = np.eye(4)
        matrix[:2, :2], matrix[:2, 3] = self.plans[body][:, :2], self.plans[body][:, 2]
        matrix[2, 3] = self.rises[body]
        return self.shapes[int(self.shape_of[body])].transformed(matrix)


def bodies_of(model: BuildingModel, placement: Placement | None) -> Bodies:
    """The drawn elements of a model; without a placement they stay in the engineering CRS."""
    has_faces = [len(mesh.faces) > 0 for mesh in model.meshes]
    elements = [element for element, body in model.drawn() if has_faces[body.mesh]]
    bodies = [body for _, body in model.drawn() if has_faces[body.mesh]]
    return _bodies(model, elements, bodies, placement)


def objects(geometries: list[BaseGeometry]) -> NDArray[np.object_]:
    """Geometries as an array, shape (N,)."""
    array = np.zeros(len(geometries), dtype=np.object_)
    array[:] = geometries
    return array


def _bodies(
    model: BuildingModel,
    elements: list[Element],
    representations: list[Representation],
    placement: Placement | None,
) -> Bodies:
    stand = placement.matrix if placement is not None else np.eye(4)
    matrices = np.array([body.placement for body in representations]).reshape(-1, 4, 4)
    upright = _are_upright(matrices[:, :3, :3])
    shapes: list[Mesh] = []
    known: dict[tuple[int, bytes], int] = {}
    shape_of = np.zeros(len(elements), dtype=np.int64)
    for i, body in enumerate(representations):
        turn = None if upright[i] else body.placement[:3, :3]
        key = (body.mesh, b"" if turn is None else turn.tobytes())
        if key not in known:
            known[key] = len(shapes)
            shapes.append(_shape(model.meshes[body.mesh], turn))
        shape_of[i] = known[key]
    matrices[~upright, :3, :3] = np.eye(3)
    matrices = stand @ matrices
    spans = _spans(shapes)
    rises = matrices[:, 2, 3]
    low, high = spans[shape_of].T
    return Bodies(
        elements=tuple(elements),
        global_ids=np.array([element.global_id for element in elements], dtype=np.object_),
        shapes=tuple(shapes),
        spans=spans,
        shape_of=shape_of,
        plans=matrices[:, :2, [0, 1, 3]],
        rises=rises,
        lows=low + rises,
        highs=high + rises,
    )


def _spans(shapes: list[Mesh]) -> NDArray[np.float64]:
    """Lowest and highest height of each shape, shape (K, 2)."""
    heights = np.concatenate([np.zeros(0), *(shape.vertices[:, 2] for shape in shapes)])
    first = np.cumsum([0, *(len(shape.vertices) for shape in shapes)], dtype=np.int64)[:-1]
    if not len(first):
        return np.zeros((0, 2))
    spans = np.minimum.reduceat(heights, first), np.maximum.reduceat(heights, first)
    return np.stack(spans, axis=1)


def _are_upright(turns: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of some linear maps, shape (B, 3, 3), leave the z axis and heights what they are."""
    tilts = np.abs(
        np.concatenate([turns[:, 2, :2], turns[:, :2, 2], turns[:, 2:, 2] - 1.0], axis=1)
    )
    return np.asarray(tilts.max(axis=1) <= UPRIGHT_TOLERANCE)


def _shape(mesh: Mesh, turn: NDArray[np.float64] | None) -> Mesh:
    if turn is not None:
        matrix = np.eye(4)
        matrix[:3, :3] = turn
        mesh = mesh.transformed(matrix)
    joined = welded(mesh)
    used = np.unique(joined.faces)
    # Corners that no face uses would stretch the body's heights.
    index = np.searchsorted(used, joined.faces).astype(np.int32)
    return Mesh(joined.vertices[used], index) if len(used) else mesh
