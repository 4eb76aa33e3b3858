"""What a body covers in plan: the exact union of its projected triangles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import manifold3d
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import affine_transform
from shapely.geometry.base import BaseGeometry

from cim.building import BuildingModel, Representation
from cim.frame import Placement
from cim.mesh import Mesh

UPRIGHT_TOLERANCE = (
    1e-9  # a direction cosine; a body tilted less than this keeps its outline to 1e-7 m over 100 m
)
SLIVER_TRIANGLE = 1e-12  # m2; triangles this thin in plan are walls seen from above


@dataclass(frozen=True, slots=True, eq=False)
class ElementOutline:
    """One element seen from above.

    Attributes:
        global_id: the element's.
        geometry: what it covers, metres, projected frame; a line where it is a vertical sheet.
        low, high: lowest and highest orthogonal height of its body, metres.
    """

    global_id: str
    geometry: BaseGeometry
    low: float
    high: float


def element_outlines(model: BuildingModel, placement: Placement) -> Iterator[ElementOutline]:
    """Outline of every drawn element, in the order of the model.

    Repeated bodies that stand upright share one projection, which is moved instead of redone.
    """
    seen: dict[int, BaseGeometry] = {}
    for element, body in model.drawn():
        mesh = model.meshes[body.mesh]
        if not len(mesh.faces):
            continue
        heights = _heights(mesh, placement.matrix @ body.placement)
        yield ElementOutline(
            global_id=element.global_id,
            geometry=_placed_outline(mesh, body, placement, seen),
            low=float(heights.min()),
            high=float(heights.max()),
        )


def body_outline(
    model: BuildingModel, representation: Representation, placement: Placement
) -> BaseGeometry:
    """Outline of one body (a site, a space), metres, projected frame."""
    return _placed_outline(model.meshes[representation.mesh], representation, placement, {})


def mesh_outline(mesh: Mesh) -> BaseGeometry:
    """Exact plan projection of a mesh.

    A closed mesh is projected by Manifold; one that is open or inconsistently oriented by the union
    of its triangles, which needs neither property.

    Returns:
        Polygon or MultiPolygon in the mesh's own frame; lines for a mesh without plan area.
    """
    outline = _project_closed(mesh)
    return outline if outline is not None else _union_of_triangles(mesh)


def _heights(mesh: Mesh, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    heights: NDArray[np.float64] = mesh.vertices @ matrix[2, :3] + matrix[2, 3]
    return heights


def _placed_outline(
    mesh: Mesh, body: Representation, placement: Placement, seen: dict[int, BaseGeometry]
) -> BaseGeometry:
    tilt = np.abs([*body.placement[2, :2], *body.placement[:2, 2], body.placement[2, 2] - 1.0])
    if tilt.max() > UPRIGHT_TOLERANCE:
        return _moved(mesh_outline(mesh.transformed(body.placement)), placement.matrix)
    if body.mesh not in seen:
        seen[body.mesh] = mesh_outline(mesh)
    return _moved(seen[body.mesh], placement.matrix @ body.placement)


def _moved(outline: BaseGeometry, matrix: NDArray[np.float64]) -> BaseGeometry:
    (a, b), (d, e) = matrix[:2, :2]
    return affine_transform(outline, [a, b, d, e, matrix[0, 3], matrix[1, 3]])


def _project_closed(mesh: Mesh) -> BaseGeometry | None:
    """Projection by Manifold, or None when the mesh is not a closed, oriented surface.

    Manifold takes writable arrays only; those of a snapshot are not, hence the copies.
    """
    solid = manifold3d.Manifold(
        manifold3d.Mesh64(
            vert_properties=np.array(mesh.vertices, dtype=np.float64, order="C"),
            tri_verts=np.array(mesh.faces, dtype=np.uint64, order="C"),
        )
    )
    if solid.status() != manifold3d.Error.NoError or solid.is_empty() or solid.volume() <= 0.0:
        return None
    rings = [ring for ring in solid.project().to_polygons() if len(ring) >= 3]
    if not rings:
        return None
    return _polygons_of_rings([shapely.Polygon(ring) for ring in rings])


def _polygons_of_rings(rings: list[shapely.Polygon]) -> BaseGeometry:
    """Shells counter-clockwise, holes clockwise, as Manifold gives them, joined into polygons."""
    shells = [ring for ring in rings if ring.exterior.is_ccw]
    holes = [ring for ring in rings if not ring.exterior.is_ccw]
    solid = shapely.union_all(shells)
    return solid.difference(shapely.union_all(holes)) if holes else solid


def _union_of_triangles(mesh: Mesh) -> BaseGeometry:
    corners = mesh.triangles()[:, :, :2]
    edge_1, edge_2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    doubled_area = np.abs(edge_1[:, 0] * edge_2[:, 1] - edge_1[:, 1] * edge_2[:, 0])
    flat = corners[doubled_area > SLIVER_TRIANGLE]
    if not len(flat):
        return shapely.union_all(shapely.linestrings(corners[:, [0, 1, 2, 0]]))
    return shapely.union_all(shapely.polygons(flat))
