"""Every drawn body of a model where it stands, in one set of arrays: moved in one pass, cut up by views."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cim.building import BuildingModel
from cim.mesh import Mesh


@dataclass(frozen=True, eq=False)
class PlacedBodies:
    """Bodies in the order of the model; elements without faces are left out.

    Attributes:
        vertices: shape (V, 3), metres, body by body.
        faces: shape (M, 3), int32 indices into `vertices`, body by body, counter-clockwise seen from outside.
        vertex_bounds: shape (B + 1,), where the vertices of each body begin, and their end.
        face_bounds: shape (B + 1,), where its faces begin, and their end.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int32]
    vertex_bounds: NDArray[np.int64]
    face_bounds: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.face_bounds) - 1

    @cached_property
    def triangles(self) -> NDArray[np.float64]:
        """Corners of every face, shape (M, 3, 3)."""
        return self.vertices[self.faces]

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """The body of every face, shape (M,), ascending."""
        return np.repeat(np.arange(len(self)), np.diff(self.face_bounds))

    @cached_property
    def boxes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest corner of the box of every face, shape (M, 3) each."""
        a, b, c = (self.vertices[self.faces[:, i]] for i in range(3))
        return np.minimum(np.minimum(a, b), c), np.maximum(np.maximum(a, b), c)

    @cached_property
    def extent(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest corner of the box of every face together, shape (3,) each; without faces, of nothing."""
        low, high = self.boxes
        return low.min(axis=0, initial=np.inf), high.max(axis=0, initial=-np.inf)

    def triangles_of(
        self, bodies: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Corners of the faces of some bodies, shape (K, 3, 3), and the body each is of, shape (K,)."""
        starts = self.face_bounds[bodies]
        counts = self.face_bounds[bodies + 1] - starts
        return self.triangles[ranges(starts, counts)], np.repeat(bodies, counts)

    def mesh(self, body: int) -> Mesh:
        """One body as a mesh."""
        first, last = self.vertex_bounds[body : body + 2]
        start, end = self.face_bounds[body : body + 2]
        return Mesh(self.vertices[first:last], self.faces[start:end] - np.int32(first))


def placed_bodies(model: BuildingModel, matrix: NDArray[np.float64]) -> PlacedBodies:
    """The drawn bodies of a model in another frame.

    Args:
        model: as read.
        matrix: shape (4, 4), engineering CRS -> the frame wanted.
    """
    has_faces = [len(mesh.faces) > 0 for mesh in model.meshes]
    drawn = [body for _, body in model.drawn() if has_faces[body.mesh]]
    used, mesh_of = np.unique(
        np.array([body.mesh for body in drawn], dtype=np.int64), return_inverse=True
    )
    meshes = [model.meshes[i] for i in used.tolist()]
    places = np.array([body.placement for body in drawn], dtype=np.float64).reshape(-1, 4, 4)
    places = matrix @ places
    vertices, faces = (
        np.concatenate([np.zeros((0, 3)), *(mesh.vertices for mesh in meshes)]),
        np.concatenate([np.zeros((0, 3), np.int32), *(mesh.faces for mesh in meshes)]),
    )
    vertex_counts = np.array([len(mesh.vertices) for mesh in meshes], dtype=np.int64)
    face_counts = np.array([len(mesh.faces) for mesh in meshes], dtype=np.int64)
    vertex_starts, face_starts = (
        (np.cumsum(counts) - counts)[mesh_of] for counts in (vertex_counts, face_counts)
    )
    vertex_counts, face_counts = vertex_counts[mesh_of], face_counts[mesh_of]
    own = np.repeat(np.arange(len(drawn)), vertex_counts)
    moved = _moved(vertices[ranges(vertex_starts, vertex_counts)], places, own)
    bounds = np.concatenate([[0], np.cumsum(vertex_counts)])
    placed = faces[ranges(face_starts, face_counts)] + np.repeat(bounds[:-1], face_counts)[:, None]
    mirrored = np.repeat(np.linalg.det(places[:, :3, :3]) < 0.0, face_counts)
    placed[mirrored] = placed[mirrored, ::-1]
    return PlacedBodies(
        moved, placed.astype(np.int32), bounds, np.concatenate([[0], np.cumsum(face_counts)])
    )


def ranges(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Runs of whole numbers one after the other.

    >>> ranges(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    runs: NDArray[np.int64] = np.arange(total) + np.repeat(starts - (ends - counts), counts)
    return runs


def _moved(
    points: NDArray[np.float64], matrices: NDArray[np.float64], own: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Points, shape (V, 3), each moved by the matrix of its own; axis by axis, for nine numbers a point would not stay in cache."""
    moved = np.zeros_like(points)
    for axis in range(3):
        row = matrices[:, axis]
        for i in range(3):
            moved[:, axis] += row[:, i][own] * points[:, i]
        moved[:, axis] += row[:, 3][own]
    return moved
