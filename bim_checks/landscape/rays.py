"""Whether something stands in the way: rays against triangles, by Embree.

Embree computes in float32, so coordinates are taken from a local origin: a millimetre at 10 km, where raw northings of millions
of metres would be off by a quarter of a metre.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BATCH = 2_000_000  # rays at once; 100 MB


class Occluders:
    """Triangles that may stand in the way of rays."""

    def __init__(self, triangles: NDArray[np.float64], origin: NDArray[np.float64]) -> None:
        """Build the search tree.

        Args:
            triangles: shape (M, 3, 3), metres, projected frame; possibly none.
            origin: shape (3,), near what is looked at, same frame.
        """
        from embreex.mesh_construction import TriangleMesh
        from embreex.rtcore_scene import EmbreeScene

        self._origin = origin
        self._scene = None
        if len(triangles):
            self._scene = EmbreeScene()
            TriangleMesh(self._scene, (triangles - origin).astype(np.float32))

    def blocked(
        self,
        points: NDArray[np.float64],
        directions: NDArray[np.floating],
        *,
        nearer_than: NDArray[np.floating] | None = None,
    ) -> NDArray[np.bool_]:
        """Whether anything stands on each ray.

        Args:
            points: shape (N, 3), where the rays begin, metres, projected frame; or (1, 3) where all begin.
            directions: shape (N, 3), unit vectors.
            nearer_than: shape (N,), only what is nearer than this counts, metres; None for rays without end.
        """
        if self._scene is None:
            return np.zeros(len(directions), dtype=np.bool_)
        start = np.broadcast_to((points - self._origin).astype(np.float32), directions.shape)
        along = directions.astype(np.float32, copy=False)
        ends = None if nearer_than is None else nearer_than.astype(np.float32, copy=False)
        found = [
            self._scene.run(
                start[i : i + BATCH].copy(),
                along[i : i + BATCH],
                None if ends is None else ends[i : i + BATCH],
                query="OCCLUDED",
            )
            for i in range(0, len(start), BATCH)
        ]
        hits: NDArray[np.bool_] = np.concatenate([*found, np.zeros(0, dtype=np.int32)]) == 0
        return hits

    def first(
        self, points: NDArray[np.float64], directions: NDArray[np.floating]
    ) -> NDArray[np.int64]:
        """Index of the first triangle on each ray, shape (N,); -1 where nothing stands on it. Arguments as for `blocked`."""
        if self._scene is None:
            return np.full(len(directions), -1, dtype=np.int64)
        start = np.broadcast_to((points - self._origin).astype(np.float32), directions.shape)
        along = directions.astype(np.float32, copy=False)
        found = [
            self._scene.run(start[i : i + BATCH].copy(), along[i : i + BATCH], query="INTERSECT")
            for i in range(0, len(start), BATCH)
        ]
        hits: NDArray[np.int32] = np.concatenate([*found, np.zeros(0, dtype=np.int32)])
        return hits.astype(np.int64)
