"""Triangles of many features, ready for one tile: merged by look, numbered by feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tiles.bounding_volume import BOX_MARGIN, Box
from tiles.gltf import Material, Primitive, write_glb
from tiles.property_table import PropertyTable


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The triangles of some features, in place.

    Attributes:
        positions: shape (V, 3), metres, local frame of the tileset.
        normals: shape (V, 3), unit, local frame.
        features: shape (V,), row of each vertex's feature in the tile's property table.
        faces: shape (M, 3), indices of vertices.
        looks: shape (M,), index of each face's material in a list its maker keeps.
    """

    positions: NDArray[np.float64]
    normals: NDArray[np.float64]
    features: NDArray[np.int64]
    faces: NDArray[np.int64]
    looks: NDArray[np.int64]

    def write(
        self, path: Path, materials: Sequence[Material], table: PropertyTable, *, compressed: bool
    ) -> Box:
        """Write one glb, and tell the box around what it holds."""
        glb = write_glb(self._primitives(materials), table=table, compressed=compressed)
        path.write_bytes(glb)
        return Box.around(self.positions, BOX_MARGIN)

    def _primitives(self, materials: Sequence[Material]) -> list[Primitive]:
        """One primitive for each material that occurs, merged over all features."""
        by_material: dict[Material, list[int]] = {}
        for look in np.unique(self.looks).tolist():
            by_material.setdefault(materials[look], []).append(look)
        return [
            self._primitive(material, np.isin(self.looks, looks))
            for material, looks in by_material.items()
        ]

    def _primitive(self, material: Material, chosen: NDArray[np.bool_]) -> Primitive:
        used, triangles = np.unique(self.faces[chosen], return_inverse=True)
        return Primitive(
            positions=self.positions[used],
            triangles=triangles.reshape(-1, 3),
            material=material,
            normals=self.normals[used],
            features=self.features[used],
        )
