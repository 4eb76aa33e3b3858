"""Bodies by their triangles: which are closed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bim_checks.scheme import Scheme

OPEN = 1e-6  # of the area of all faces, and m2; those of a closed body look as much one way as the other but for rounding


def are_torn(scheme: Scheme) -> NDArray[np.bool_]:
    """Which bodies are no closed ones, by the index of their outline."""
    return scheme.once(are_torn, lambda: _torn(scheme))


def _torn(scheme: Scheme) -> NDArray[np.bool_]:
    triangles, owners = scheme.all_triangles
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    sums = np.stack([np.bincount(owners, normals[:, k]) for k in range(3)], axis=1)
    total = np.bincount(owners, np.linalg.norm(normals, axis=1))
    return np.asarray(np.linalg.norm(sums, axis=1) > OPEN * (total + 1.0))
