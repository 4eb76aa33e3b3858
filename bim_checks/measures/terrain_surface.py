"""The ground a model draws itself: its sites and terrain elements, as heights at points in plan."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from bim_checks.measures.cut_faces import SLIVER, heights_on, narrowness
from bim_checks.scheme import Scheme
from cim.building import Element, Representation, Site
from cim.recognition import terrains


class TerrainSurface:
    """Triangles seen from above."""

    def __init__(self, triangles: NDArray[np.float64]) -> None:
        """Take triangles, shape (M, 3, 3), metres, projected frame; upright ones are left out."""
        self._triangles = triangles[narrowness(triangles) > SLIVER]
        self._tree = shapely.STRtree(shapely.polygons(self._triangles[:, :, :2]))

    def height_at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The uppermost height at points, shape (N, 2), metres; NaN where nothing is drawn."""
        point, triangle = self._tree.query(shapely.points(points[:, :2]), predicate="intersects")
        found = np.full(len(points), -np.inf)
        np.maximum.at(found, point, heights_on(self._triangles[triangle], points[point, :2]))
        return np.where(np.isfinite(found), found, np.nan)


def drawn_terrain(scheme: Scheme) -> TerrainSurface | None:
    """The ground of a model; None where it draws none."""
    chosen = {found.global_id for found in terrains(scheme.model)}
    parts: tuple[Site | Element, ...] = (*scheme.model.sites, *scheme.model.elements)
    bodies = [part.representation for part in parts if part.global_id in chosen]
    triangles = [_triangles(scheme, body) for body in bodies if body is not None]
    return TerrainSurface(np.concatenate(triangles)) if triangles else None


def _triangles(scheme: Scheme, body: Representation) -> NDArray[np.float64]:
    return scheme.model.body(body).transformed(scheme.placement.matrix).triangles()
