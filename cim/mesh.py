"""Triangle meshes: the one shape that reader, checks and tiles share."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


def no_materials() -> NDArray[np.int32]:
    """The material array of a mesh without any: shape (0,)."""
    return np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A triangle mesh.

    Attributes:
        vertices: shape (N, 3), metres, in the frame its owner states.
        faces: shape (M, 3), int32 indices into `vertices`, counter-clockwise seen from outside.
        materials: shape (M,), int32 index of each face's material in its owner's list, -1 for
            none; shape (0,) when no face has a material.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int32]
    materials: NDArray[np.int32] = field(default_factory=no_materials)

    def transformed(self, matrix: NDArray[np.float64]) -> Mesh:
        """The mesh moved by an affine matrix.

        Args:
            matrix: shape (4, 4), acting on column vectors.

        Returns:
            A new mesh; faces are turned when the matrix mirrors, so that they still face outward.
        """
        faces = self.faces
        if np.linalg.det(matrix[:3, :3]) < 0.0:
            faces = faces[:, ::-1]
        return Mesh(transform_points(matrix, self.vertices), faces, self.materials)

    def triangles(self) -> NDArray[np.float64]:
        """Corner coordinates of every triangle, shape (M, 3, 3)."""
        return self.vertices[self.faces]


def transform_points(
    matrix: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Apply an affine (4, 4) matrix to points of shape (N, 3)."""
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def box_corners(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """The eight corners of the axis-aligned box around points of shape (N, 3), shape (8, 3)."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    pick = np.array([[(i >> axis) & 1 for axis in range(3)] for i in range(8)], dtype=bool)
    return np.where(pick, high, low)
