"""What of a model matters for its place: extent, ground contact, site outline, how its coordinates are stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.building import BuildingModel, Representation
from cim.mesh import box_corners, transform_points

CONTACT_BAND = 0.5  # m above and below the zero level; what lies there touches the ground
SLIVER = 1e-12  # m2; triangles this thin in plan are upright
COLLINEAR = 1e-4  # m; a vertex nearer than this to the line of its neighbours is none
EMPTY_REACH = 50.0  # m; half the side of the square that stands for a model without bodies
FINEST_QUANTUM = 1e-4  # m; coarser steps of single precision are told
SAME_POINT_DECIMALS = 6  # of a metre
AREA_AGREEMENT = 1e-6  # a ratio
PROBED = 10_000  # vertices looked at for single precision


@dataclass(frozen=True, slots=True, eq=False)
class ModelShape:
    """Engineering CRS, metres.

    Attributes:
        corners: of the box around all bodies, shape (8, 3); of a square about the origin when nothing is drawn.
        drawn: whether anything is drawn.
        zero: height of the zero level; the lowest point of a model that lies wholly above or below its own zero.
        contact: corners of the hull around what touches the ground, shape (N, 2).
        site: outline of the IfcSite bodies; None when no site is drawn.
        farthest: largest coordinate stored in a mesh, before any placement.
        quantum: step of single precision the coordinates have gone through; 0 when they have not.
    """

    corners: NDArray[np.float64]
    drawn: bool
    zero: float
    contact: NDArray[np.float64]
    site: BaseGeometry | None
    farthest: float
    quantum: float

    @property
    def middle(self) -> NDArray[np.float64]:
        """Shape (3,)."""
        middle: NDArray[np.float64] = (self.corners.min(axis=0) + self.corners.max(axis=0)) / 2.0
        return middle

    @property
    def reach(self) -> float:
        """Largest plan distance of the model from its origin."""
        return float(np.hypot(self.corners[:, 0], self.corners[:, 1]).max())


def shape_of(model: BuildingModel) -> ModelShape:
    """Measure a model; what is drawn decides, never the order in which it is listed."""
    bounds = model.bounds()
    if bounds is None or not np.isfinite(bounds).all():
        bounds, side = None, EMPTY_REACH
        corners = np.array([[x, y, 0.0] for x in (-side, side) for y in (-side, side)] * 2)
        contact = np.zeros((1, 2))
        zero = 0.0
    else:
        corners = box_corners(bounds)
        low, high = float(bounds[0, 2]), float(bounds[1, 2])
        zero = 0.0 if low - CONTACT_BAND <= 0.0 <= high else low
        contact = _contact(model, zero, low)
    farthest, quantum = _storage(model)
    return ModelShape(corners, bounds is not None, zero, contact, _site(model), farthest, quantum)


def _bodies(model: BuildingModel) -> Iterator[Representation]:
    for _, body in model.drawn():
        if len(model.meshes[body.mesh].vertices):
            yield body


def _contact(model: BuildingModel, zero: float, low: float) -> NDArray[np.float64]:
    """Corners of the hull around the bodies' points near the zero level; of the lowest ones when none is."""
    near, lowest = [], []
    for body in _bodies(model):
        points = transform_points(body.placement, model.meshes[body.mesh].vertices)
        near.append(points[np.abs(points[:, 2] - zero) <= CONTACT_BAND, :2])
        lowest.append(points[points[:, 2] <= low + CONTACT_BAND, :2])
    found = np.concatenate(near)
    points = found if len(found) else np.concatenate(lowest)
    return np.asarray(shapely.get_coordinates(shapely.MultiPoint(points).convex_hull))


def _site(model: BuildingModel) -> BaseGeometry | None:
    parts = [
        triangle
        for site in model.sites
        if site.representation is not None
        for triangle in _plan_triangles(model, site.representation)
    ]
    if not parts:
        return None
    # Far from the origin the union would lose precision; it is made near it.
    corners = np.array(parts)
    origin = corners.reshape(-1, 2).min(axis=0)
    outline = _outline(corners - origin).simplify(COLLINEAR)
    return shapely.affinity.translate(outline, *origin)


def _outline(corners: NDArray[np.float64]) -> BaseGeometry:
    """What triangles, shape (M, 3, 2), cover: inside the edges only one of them has, where they do not overlap.

    The union of 106,000 terrain triangles takes 5 s, their outer edges 0.2 s; the areas tell whether both are the same.
    """
    points, index = np.unique(
        np.round(corners.reshape(-1, 2), SAME_POINT_DECIMALS), axis=0, return_inverse=True
    )
    faces = index.reshape(-1, 3)
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    unique, counts = np.unique(edges, axis=0, return_counts=True)
    outer = shapely.multilinestrings(
        shapely.linestrings(points[unique[counts == 1]].reshape(-1, 2, 2))
    )
    area: BaseGeometry = shapely.build_area(outer)
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    covered = float(np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).sum()) / 2.0
    if abs(area.area - covered) <= AREA_AGREEMENT * covered:
        return area
    return shapely.union_all(shapely.polygons(corners))


def _plan_triangles(model: BuildingModel, body: Representation) -> NDArray[np.float64]:
    """Triangles of a body that have an area in plan, shape (M, 3, 2)."""
    corners = model.body(body).triangles()[:, :, :2]
    u, v = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])
    return corners[area > SLIVER]


def _storage(model: BuildingModel) -> tuple[float, float]:
    """Largest coordinate in a mesh, and the step of single precision if all coordinates are multiples of it."""
    farthest, quantum = 0.0, 0.0
    for number in sorted({body.mesh for body in _bodies(model)}):
        vertices = model.meshes[number].vertices
        largest = float(np.abs(vertices).max())
        farthest = max(farthest, largest)
        step = float(np.spacing(np.float32(largest / model.length_unit))) * model.length_unit
        if step > max(FINEST_QUANTUM, quantum) and _is_single(vertices / model.length_unit):
            quantum = step
    return farthest, quantum


def _is_single(values: NDArray[np.float64]) -> bool:
    """Whether every coordinate survives single precision, though most numbers of that size do not."""
    probed = values[:PROBED]
    single = probed.astype(np.float32)
    steps = np.spacing(np.abs(single)).astype(np.float64)
    survives = bool((np.abs(probed - single.astype(np.float64)) <= 1e-6 * steps).all())
    # Whole and half numbers survive anyway; only others far from the origin tell.
    far = np.abs(probed) > np.abs(probed).max() / 2.0
    telling = steps.max() > 1.0 or bool((far & (probed * 2.0 != np.round(probed * 2.0))).any())
    return survives and telling
