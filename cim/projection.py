"""What a mesh covers in plan: the exact union of its projected triangles."""

from __future__ import annotations

from collections.abc import Iterable

import manifold3d
import numpy as np
import rasterio.features
import shapely
from numpy.typing import NDArray
from rasterio.transform import Affine
from shapely.geometry.base import BaseGeometry

from cim.mesh import Mesh
from cim.solid import first_of_equal_rows, to_manifold

SLIVER_WIDTH = 1e-8  # m; triangles this thin in plan are walls seen from above
SNAP = 1e-8  # m; corners are moved by no more than this where the exact union cannot be had
STRAIGHT = 1e-9  # m; a corner this close to the line past it is none
# Up to so many triangles the plain union takes less than 0.1 s, and the compiled core-band is not even loaded.
DIRECT_UNION = 2_000
FEW = 60  # triangles; the plain union of no more takes less than to look for sheets
SAME_AREA = 1e-10  # of an area; rounding of sums
REPEATED = 0.3  # of all triangles; dropping fewer would only tear the sheets of the core-band
MIX = np.uint64(0x9E3779B97F4A7C15)  # odd and without pattern (2**64 over the golden ratio)


def project_mesh(mesh: Mesh) -> BaseGeometry:
    """Exact plan projection of a mesh.

    A closed mesh that faces outward is projected by Manifold; any other by the union of its triangles,
    which needs neither property. The first places corners on a grid of 1e-8 m.

    Returns:
        Polygon or MultiPolygon in the mesh's own frame; lines for a mesh without plan area; empty for one without faces.
    """
    solid = to_manifold(mesh)
    if solid is not None and solid.volume() > 0.0:
        covered = polygons_of(solid.project())
        if not covered.is_empty:
            return covered
    return project_triangles(mesh.vertices, mesh.faces)


def project_triangles(
    points: NDArray[np.float64],
    faces: NDArray[np.integer],
    *,
    also: Iterable[BaseGeometry] = (),
) -> BaseGeometry:
    """The union of projected triangles, whatever their order, orientation and overlaps.

    Args:
        points: shape (N, 2) or (N, 3), metres; heights only tell corners apart.
        faces: shape (M, 3).
        also: polygons to unite with them, same frame.

    Returns:
        Polygon or MultiPolygon; lines where nothing has plan area; empty where there is nothing.
    """
    flat, up = _flat_triangles(points, faces)
    more = [shape for shape in also if not shape.is_empty]
    if not len(flat) and not more:
        rings = points[faces][:, [0, 1, 2, 0], :2]
        return shapely.union_all(shapely.linestrings(rings)) if len(rings) else shapely.Polygon()
    if len(flat) > FEW:
        sheets = [_sheet(points[flat[side]][:, :, :2]) for side in (up, ~up)]
        found = [sheet for sheet in sheets if sheet is not None]
        if len(found) == len(sheets):
            return tidied(_united([*found, *more]))
    if len(flat) > DIRECT_UNION:
        flat = _each_once(points, flat)
    if len(flat) > DIRECT_UNION:
        return tidied(_core_band_union(points, flat, more))
    triangles = shapely.polygons(points[flat][:, :, :2])
    return tidied(_united([*triangles, *more]))


def _united(shapes: list[BaseGeometry]) -> BaseGeometry:
    try:
        return shapely.union_all(shapes)
    except (
        shapely.errors.GEOSException
    ):  # sides that adjoin cross by rounding, and the exact overlay gives up
        return shapely.union_all(shapes, grid_size=SNAP)


def flat_triangles(points: NDArray[np.float64], faces: NDArray[np.integer]) -> NDArray[np.int64]:
    """The triangles that have plan area, corners counter-clockwise in plan, shape (K, 3)."""
    return _flat_triangles(points, faces)[0]


def _flat_triangles(
    points: NDArray[np.float64], faces: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The same, and which of them faced upward as they were, shape (K,)."""
    a, b, c = (points[faces[:, i], :2] for i in range(3))
    u, v, w = b - a, c - b, a - c
    doubled = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    longest = np.sqrt(np.maximum.reduce([(side**2).sum(axis=1) for side in (u, v, w)]))
    upward = np.where((doubled < 0.0)[:, None], faces[:, ::-1], faces).astype(np.int64)
    flat = np.abs(doubled) > SLIVER_WIDTH * longest
    return upward[flat], doubled[flat] > 0.0


def _sheet(triangles: NDArray[np.float64]) -> BaseGeometry | None:
    """The union of triangles that share edges and nothing else, as those of one side of a surface do; None where they overlap.

    Only the edges that one triangle has are looked at. Where triangles overlap these cross each other, or enclose another area than
    that of all triangles together; nothing else is proof enough, so both are held against the result.

    Args:
        triangles: shape (K, 3, 2), metres, counter-clockwise.
    """
    try:
        covered = shapely.coverage_union_all(shapely.polygons(triangles))
    except shapely.GEOSException:  # their edges cross
        return None
    u, v = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    area = float((u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum()) / 2.0
    whole = abs(covered.area - area) <= SAME_AREA * (1.0 + area)
    return covered if whole and covered.is_valid else None


def polygons_of(section: manifold3d.CrossSection) -> BaseGeometry:
    """Manifold's plane regions as polygons with holes."""
    regions = section.decompose() if section.num_contour() > 1 else [section]
    polygons = [_region([r for r in region.to_polygons() if len(r) >= 3]) for region in regions]
    found = [polygon for polygon in polygons if polygon is not None]
    shape = found[0] if len(found) == 1 else shapely.MultiPolygon(found)
    # Rounding to the grid can make rings touch themselves.
    return shape if shape.is_valid else shapely.union_all([shapely.make_valid(p) for p in found])


def _region(rings: list[NDArray[np.float64]]) -> BaseGeometry | None:
    """The polygon of one outer ring and its holes; None when rounding left nothing of it."""
    if len(rings) == 1:
        return shapely.Polygon(rings[0])
    areas = [_doubled_area(ring) for ring in rings]
    outer = [ring for ring, area in zip(rings, areas, strict=True) if area > 0.0]
    holes = [ring for ring, area in zip(rings, areas, strict=True) if area < 0.0]
    return shapely.Polygon(outer[0], holes) if outer else None


def tidied(shape: BaseGeometry) -> BaseGeometry:
    """The same shape without corners on straight lines, without what rounding left, and without lines beside polygons."""
    # A ring starts at its westernmost corner, for simplifying keeps the first even on a straight line.
    return shapely.simplify(shapely.normalize(without_slits(shape, SLIVER_WIDTH)), STRAIGHT)


def without_slits(shape: BaseGeometry, narrowest: float) -> BaseGeometry:
    """The same polygons without the holes and pieces that are narrower, and without lines beside them.

    Args:
        shape: polygons or lines; lines alone are left as they are.
        narrowest: metres.
    """
    if shape.geom_type == "Polygon" and not shape.interiors:
        return shape
    parts = shapely.get_parts(shape)
    if shape.geom_type != "Polygon" and (shapely.area(parts) > 0.0).any():
        parts = parts[shapely.area(parts) > narrowest * shapely.length(parts)]
    if (shapely.get_num_interior_rings(parts) > 0).any():
        parts = np.array([_without_narrow_holes(part, narrowest) for part in parts], dtype=object)
    if len(parts) == 1:
        return parts[0]
    areal = (shapely.area(parts) > 0.0).all()
    return shapely.multipolygons(parts) if areal else shapely.union_all(parts)


def _without_narrow_holes(polygon: BaseGeometry, narrowest: float) -> BaseGeometry:
    if not shapely.get_num_interior_rings(polygon):
        return polygon
    holes = shapely.polygons(np.array(polygon.interiors, dtype=object))
    wide = shapely.area(holes) > narrowest * shapely.length(holes)
    return shapely.Polygon(polygon.exterior, list(shapely.get_exterior_ring(holes[wide])))


def _doubled_area(ring: NDArray[np.float64]) -> float:
    x, y = (ring - ring[0]).T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())


def _core_band_union(
    points: NDArray[np.float64], flat: NDArray[np.int64], more: list[BaseGeometry]
) -> BaseGeometry:
    # Compiled code takes half a second to load, which only large meshes repay.
    from cim.core_band import split_core

    if len(points) > len(flat):
        # More corners than faces: each face has its own, and only joined ones tell where sheets end.
        bits = np.ascontiguousarray(points + 0.0).view(np.int64)
        flat = first_of_equal_rows(bits)[flat]
    band = split_core(np.ascontiguousarray(points[:, :2]), flat)
    grid = Affine(band.cell, 0.0, band.corner[0], 0.0, band.cell, band.corner[1])
    core = [
        shapely.geometry.shape(ring)
        for ring, _ in rasterio.features.shapes(
            band.core.astype(np.uint8), mask=band.core, transform=grid
        )
    ]
    kept = shapely.polygons(points[flat[band.needed]][:, :, :2])
    return shapely.union_all([*core, *kept, *more])


def _each_once(points: NDArray[np.float64], flat: NDArray[np.int64]) -> NDArray[np.int64]:
    """Triangles without those that lie exactly over another, as stacked parts do; few repetitions are left in.

    Told apart by a hash, which sorts ten times faster than six coordinates; a triangle goes only if it is
    found to equal the one it stands for.
    """
    corners = points[flat][:, :, :2] + 0.0
    order = np.lexsort((corners[:, :, 1], corners[:, :, 0]), axis=1)
    sides = np.take_along_axis(corners, order[:, :, None], axis=1).reshape(-1, 6)
    bits = sides.view(np.uint64)
    hashed = np.zeros(len(bits), dtype=np.uint64)
    for column in range(6):
        hashed = (hashed ^ (bits[:, column] >> np.uint64(17)) ^ bits[:, column]) * MIX
    _, first, index = np.unique(hashed, return_index=True, return_inverse=True)
    stand_in = first[index.reshape(-1)]
    equal = (sides == sides[stand_in]).all(axis=1) & (stand_in != np.arange(len(flat)))
    return flat[~equal] if equal.sum() > REPEATED * len(flat) else flat
