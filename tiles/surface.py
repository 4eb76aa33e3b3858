"""Triangles of many owners in one set of arrays, and the normals that make them look right.

An owner is whatever the triangles are told apart by: a shared mesh, an element, a building. Working
on all owners at once keeps the time in numpy rather than in a loop over thousands of small bodies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import meshoptimizer
import numpy as np
from numpy.typing import NDArray

from cim.mesh import Mesh
from tiles.local_frame import unit

CREASE_COSINE = float(np.cos(np.radians(30.0)))  # faces that meet flatter than this shade as one
WELD_GRID = 1e-5  # m; vertices of one body closer than this are one
# A vertex where more face directions meet (the tip of a fine cone) is shaded flat: pairs grow with the square.
MAX_DIRECTIONS = 48
NORMAL_STEPS = 127  # normals are compared, and mostly stored, in steps of 1/127


@dataclass(frozen=True, slots=True, eq=False)
class Soup:
    """Welded triangles; vertices and faces stand in the order of their owners.

    Attributes:
        positions: shape (V, 3), metres.
        faces: shape (M, 3), indices into `positions`.
        materials: shape (M,), the owner's own numbering; -1 for none.
        owners: shape (M,), owner of each face, ascending.
        owner_count: owners are 0 .. owner_count - 1; some may have no face.
    """

    positions: NDArray[np.float64]
    faces: NDArray[np.int64]
    materials: NDArray[np.int64]
    owners: NDArray[np.int64]
    owner_count: int

    def picked(self, keep: NDArray[np.bool_]) -> Soup:
        """Only some faces, shape (M,); vertices stay."""
        return Soup(
            self.positions,
            self.faces[keep],
            self.materials[keep],
            self.owners[keep],
            self.owner_count,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A soup whose vertices have normals: a vertex at an edge stands once for each side of it.

    Attributes:
        positions: shape (W, 3), metres.
        normals: shape (W, 3), unit.
        faces: shape (M, 3).
        materials, owners: shape (M,), as in `Soup`.
        vertex_starts: shape (owner_count + 1,); the vertices of owner i are vertex_starts[i] up to vertex_starts[i + 1].
        face_starts: the same for faces.
    """

    positions: NDArray[np.float64]
    normals: NDArray[np.float64]
    faces: NDArray[np.int64]
    materials: NDArray[np.int64]
    owners: NDArray[np.int64]
    vertex_starts: NDArray[np.int64]
    face_starts: NDArray[np.int64]


def weld(meshes: Sequence[Mesh]) -> Soup:
    """Put meshes side by side, each an owner, and join the vertices that coincide within each.

    Kernels and file formats often repeat a vertex for each face; closedness, creases and
    simplification all need to know that it is one.
    """
    counts = np.array([len(mesh.vertices) for mesh in meshes], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)])
    face_counts = np.array([len(mesh.faces) for mesh in meshes], dtype=np.int64)
    owners = np.repeat(np.arange(len(meshes)), face_counts)
    if not len(owners):
        return Soup(np.zeros((0, 3)), np.zeros((0, 3), np.int64), owners, owners, len(meshes))
    positions = np.concatenate([mesh.vertices for mesh in meshes])
    faces = np.concatenate([mesh.faces for mesh in meshes]).astype(np.int64)
    faces += starts[owners][:, None]
    materials = np.concatenate([_materials(mesh) for mesh in meshes])
    keys = np.zeros((len(positions), 4), dtype=np.int64)
    keys[:, :3] = np.round(positions / WELD_GRID)
    keys[:, 3] = np.repeat(np.arange(len(meshes)), counts)
    flat = np.ascontiguousarray(faces, dtype=np.uint32).ravel()
    new_of_old = np.zeros(len(positions), dtype=np.uint32)
    total = meshoptimizer.generate_vertex_remap(new_of_old, flat, len(flat), keys, len(keys), 32)
    used = np.unique(flat)
    welded = np.zeros((total, 3))
    welded[new_of_old[used]] = positions[used]
    return Soup(welded, new_of_old[faces].astype(np.int64), materials, owners, len(meshes))


def crease(soup: Soup) -> Surface:
    """Give every face corner a normal: averaged with neighbours across flat edges, kept apart across sharp ones."""
    normals, angles = _face_normals(soup), _corner_angles(soup)
    corners = soup.faces.ravel()
    # A wedge is one vertex with one face direction: the coplanar faces round it shade as one.
    steps = np.round(normals * NORMAL_STEPS).astype(np.int64) + NORMAL_STEPS
    direction = (steps[:, 0] * 256 + steps[:, 1]) * 256 + steps[:, 2]
    keys = corners * 2**24 + np.repeat(direction, 3)
    wedges, wedge_of_corner = np.unique(keys, return_inverse=True)
    sums = np.zeros((len(wedges), 3))
    for axis in range(3):
        amounts = (normals[:, axis, None] * angles).ravel()
        sums[:, axis] = np.bincount(wedge_of_corner, amounts, minlength=len(wedges))
    smooth = _averaged(wedges >> 24, unit(sums), sums)
    # Wedges that came out alike are one vertex again.
    steps = np.round(smooth * NORMAL_STEPS).astype(np.int64) + NORMAL_STEPS
    direction = (steps[:, 0] * 256 + steps[:, 1]) * 256 + steps[:, 2]
    vertices, first, vertex_of_wedge = np.unique(
        (wedges >> 24) * 2**24 + direction, return_index=True, return_inverse=True
    )
    faces = vertex_of_wedge[wedge_of_corner].reshape(-1, 3)
    origin = vertices >> 24
    owner_of_position = np.zeros(len(soup.positions), dtype=np.int64)
    owner_of_position[corners] = np.repeat(soup.owners, 3)
    owners = np.arange(soup.owner_count + 1)
    return Surface(
        positions=soup.positions[origin],
        normals=smooth[first],
        faces=faces,
        materials=soup.materials,
        owners=soup.owners,
        vertex_starts=np.searchsorted(owner_of_position[origin], owners),
        face_starts=np.searchsorted(soup.owners, owners),
    )


def closed(soup: Soup) -> NDArray[np.bool_]:
    """Which owners are closed bodies that face outward, shape (owner_count,).

    Every edge is walked as often in one direction as in the other, and the enclosed volume is
    positive. Only such bodies may be drawn from the front alone.
    """
    a, b = soup.faces.ravel(), np.roll(soup.faces, -1, axis=1).ravel()
    low, high = np.minimum(a, b), np.maximum(a, b)
    edges, edge_of = np.unique(low * len(soup.positions) + high, return_inverse=True)
    balance = np.bincount(edge_of, np.where(a < b, 1.0, -1.0), minlength=len(edges))
    open_faces = (balance[edge_of] != 0.0).reshape(-1, 3).any(axis=1)
    open_counts = np.bincount(soup.owners, open_faces, minlength=soup.owner_count)
    whole: NDArray[np.bool_] = open_counts == 0
    return whole & (volumes(soup) > 0.0)


def volumes(soup: Soup) -> NDArray[np.float64]:
    """Signed volume of every owner by the divergence theorem, shape (owner_count,), m3."""
    if not len(soup.faces):
        return np.zeros(soup.owner_count)
    # Counted from a point of the body itself, so that far-off coordinates lose no digits.
    first_face = np.minimum(
        np.searchsorted(soup.owners, np.arange(soup.owner_count)), len(soup.faces) - 1
    )
    anchors = soup.positions[soup.faces[first_face, 0]][soup.owners]
    p, q, r = (soup.positions[soup.faces[:, i]] - anchors for i in range(3))
    six_volumes = np.einsum("ij,ij->i", p, np.cross(q, r))
    return np.bincount(soup.owners, six_volumes, minlength=soup.owner_count) / 6.0


def _materials(mesh: Mesh) -> NDArray[np.int64]:
    if len(mesh.materials):
        return mesh.materials.astype(np.int64)
    return np.full(len(mesh.faces), -1, dtype=np.int64)


def _face_normals(soup: Soup) -> NDArray[np.float64]:
    """Unit normals, shape (M, 3)."""
    p, q, r = (soup.positions[soup.faces[:, i]] for i in range(3))
    return unit(np.cross(q - p, r - p).astype(np.float64))


def _corner_angles(soup: Soup) -> NDArray[np.float64]:
    """Angle of each face at each of its corners, shape (M, 3), radians.

    Weighting normals with them makes the shading independent of how a facet was cut into triangles.
    """
    corners = soup.positions[soup.faces]
    ahead = np.roll(corners, -1, axis=1) - corners
    back = np.roll(corners, 1, axis=1) - corners
    crossed = np.linalg.norm(np.cross(ahead, back), axis=2)
    angles: NDArray[np.float64] = np.arctan2(crossed, np.einsum("mij,mij->mi", ahead, back))
    return angles


def _averaged(
    vertex: NDArray[np.int64], normals: NDArray[np.float64], sums: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Normal of each wedge from all wedges of its vertex that lie within the crease angle.

    Args:
        vertex: shape (W,), ascending.
        normals: shape (W, 3), unit.
        sums: shape (W, 3), normals weighted by their angle at the vertex.
    """
    _, starts, counts = np.unique(vertex, return_index=True, return_counts=True)
    wedge_counts = np.repeat(np.where(counts > MAX_DIRECTIONS, 1, counts), counts)
    wedge_starts = np.repeat(starts, counts)
    crowded = np.repeat(counts > MAX_DIRECTIONS, counts)
    wedge_starts[crowded] = np.flatnonzero(crowded)
    one = np.repeat(np.arange(len(vertex)), wedge_counts)
    ends = np.cumsum(wedge_counts)
    other = np.arange(len(one)) - np.repeat(ends - wedge_counts, wedge_counts)
    other += np.repeat(wedge_starts, wedge_counts)
    alike = np.einsum("ij,ij->i", normals[one], normals[other]) >= CREASE_COSINE
    one, other = one[alike], other[alike]
    averaged = np.zeros_like(sums)
    for axis in range(3):
        averaged[:, axis] = np.bincount(one, sums[other, axis], minlength=len(sums))
    lengths = np.linalg.norm(averaged, axis=1, keepdims=True)
    return np.where(lengths > 0.0, unit(averaged), normals)
