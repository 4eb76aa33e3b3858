"""Triangles prepared for looking at: every edge once, with the two faces it lies between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim.mesh import Mesh
from cim.placed_bodies import PlacedBodies

OPEN = -1  # the other face of an edge that has one only
ODD = -2  # of an edge that is not between two faces that agree which side is out


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Triangle meshes as one, edges known.

    Attributes:
        vertices: shape (N, 3), metres, projected frame.
        faces: shape (M, 3), counter-clockwise seen from outside.
        owners: shape (M,), index of the body each face belongs to.
        edges: shape (E, 2), each once.
        beside: shape (E, 2), the faces on both sides of each edge; the second is `OPEN` or `ODD` where there are not two that agree.
        edge_owners: shape (E,), index of the body.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int32]
    owners: NDArray[np.int32]
    edges: NDArray[np.int32]
    beside: NDArray[np.int32]
    edge_owners: NDArray[np.int32]


def prepared(meshes: Sequence[Mesh]) -> Surface:
    """Meshes as one surface.

    Corners are one only where the mesh itself says so: an edge whose two faces do not share it counts twice as `OPEN`,
    which costs time and changes nothing.

    Args:
        meshes: in the projected frame; the index of each is its owner.
    """
    if not meshes:
        return _of(np.zeros((0, 3)), np.zeros((0, 3), np.int32), np.zeros(0, np.int32))
    sizes = [len(mesh.vertices) for mesh in meshes]
    first = np.cumsum([0, *sizes[:-1]])
    faces = [mesh.faces + start for mesh, start in zip(meshes, first, strict=True)]
    counts = [len(mesh.faces) for mesh in meshes]
    return _of(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate(faces).astype(np.int32),
        np.repeat(np.arange(len(meshes), dtype=np.int32), counts),
    )


def of_bodies(bodies: PlacedBodies) -> Surface:
    """All bodies as one surface, as `prepared` would make of their meshes.

    Args:
        bodies: in the projected frame; the index of each is its owner.
    """
    return _of(bodies.vertices, bodies.faces, bodies.owners.astype(np.int32))


def of_triangles(triangles: NDArray[np.float64], owners: NDArray[np.integer]) -> Surface:
    """Loose triangles as one surface; corners of one body that coincide are one.

    Args:
        triangles: shape (M, 3, 3), metres, projected frame.
        owners: shape (M,), index of the body of each.
    """
    if not len(triangles):
        return prepared([])
    corners = np.column_stack([np.repeat(owners, 3), triangles.reshape(-1, 3)])
    kept, found = np.unique(corners, axis=0, return_inverse=True)
    faces = found.reshape(-1, 3).astype(np.int32)
    return _of(np.ascontiguousarray(kept[:, 1:]), faces, owners.astype(np.int32))


def _of(
    vertices: NDArray[np.float64], faces: NDArray[np.int32], owners: NDArray[np.int32]
) -> Surface:
    real = (
        (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    )
    faces, owners = faces[real], owners[real]
    count = len(faces)
    start = faces.reshape(-1).astype(np.int64)
    end = np.roll(faces, -1, axis=1).reshape(-1).astype(np.int64)
    face = np.repeat(np.arange(count, dtype=np.int32), 3)
    low, high = np.minimum(start, end), np.maximum(start, end)
    key = low * max(len(vertices), 1) + high
    order = np.argsort(key, kind="stable")
    key, face, forward = key[order], face[order], (start < end)[order]
    first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if count else np.zeros(0, np.int64)
    uses = np.diff(np.r_[first, len(key)])
    second = np.minimum(first + 1, len(key) - 1)
    agree = (uses == 2) & (forward[first] != forward[second])
    other = np.where(agree, face[second], np.where(uses == 1, OPEN, ODD)).astype(np.int32)
    return Surface(
        vertices=vertices,
        faces=faces,
        owners=owners,
        edges=np.column_stack([low[order][first], high[order][first]]).astype(np.int32),
        beside=np.column_stack([face[first], other]).astype(np.int32),
        edge_owners=owners[face[first]],
    )
