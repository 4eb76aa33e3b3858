"""The forms of a building's roofs, flat or pitched, from the faces of its roof elements.

A form is what hangs together of one kind. Roof elements are those the file says are; where it says nothing, the faces seen from
straight above. Heights: of a flat form its surface and the parapets around it, of a pitched one its eave and its ridge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.measures.cut_faces import SLIVER, heights_on, narrowness
from bim_checks.scheme import Scheme
from cim.recognition import Recognised, parapets, roofs
from cim.solid import WELD_GRID
from cim.union import unite

UPWARD = 0.1  # cosine; a face within 6 degrees of upright is a wall's
JOINT = 0.05  # m; parts of a roof this close, in plan and in height, are one form
RISES = 0.05  # m; what ends less than this above a roof lies on it
LEVEL = 0.02  # rise per metre; a side of a roof that climbs less is level, as eaves are
ON_EDGE = 1e-3  # m; a corner this close to a form's outline lies on it
PARAPET_REACH = 0.5  # m; a wall this close to the edge of a roof stands along it
PARAPET_BASE = 0.5  # m; what begins higher than this above a roof is no parapet of it
PARAPET_HEIGHT = 2.2  # m; a wall along the edge that rises higher encloses a storey, unless the file calls it a parapet
VIEW = 64  # points along each side of the building, at most, from which it is seen from above


@dataclass(frozen=True, slots=True, eq=False)
class RoofForm:
    """One flat or pitched part of a roof.

    Attributes:
        kind: of its faces.
        elements: indices of the outlines whose faces form it.
        plan: what it covers, projected frame.
        low, high: lowest and highest height of its faces; of a pitched form the ridge is `high`.
        eave: of a pitched form, the height of its lowest level side on the outer edge; None for a flat one.
        slope: steepest of its faces, degrees.
        parapets: indices of the outlines of walls that rise along the edge of a flat form.
        parapet: height of the highest of these; None without any.
        assumed: whether only a position speaks for its being a roof, or a name for a parapet.
    """

    kind: Literal["flat", "pitched"]
    elements: tuple[int, ...]
    plan: BaseGeometry
    low: float
    high: float
    eave: float | None
    slope: float
    parapets: tuple[int, ...] = ()
    parapet: float | None = None
    assumed: bool = False

    @property
    def top(self) -> float:
        """Highest point of the form with its parapets, metres."""
        return self.high if self.parapet is None else max(self.high, self.parapet)


@dataclass(frozen=True, slots=True, eq=False)
class _Faces:
    """Faces that look upward: shape (F, 3, 3), the outline each is of, and its steepness in degrees."""

    triangles: NDArray[np.float64]
    owners: NDArray[np.int64]
    slopes: NDArray[np.float64]

    def only(self, chosen: NDArray[np.bool_]) -> _Faces:
        return _Faces(self.triangles[chosen], self.owners[chosen], self.slopes[chosen])


def roof_forms(
    scheme: Scheme, *, flat_below: float, without: frozenset[int] = frozenset()
) -> tuple[RoofForm, ...]:
    """The roof's forms, largest first.

    Args:
        scheme: the placed building.
        flat_below: degrees; less steep faces are flat.
        without: indices of outlines that are nothing of the roof, such as chimneys.
    """
    named = {found.global_id for found in roofs(scheme.model)}
    chosen = [
        i
        for i, outline in enumerate(scheme.outlines)
        if outline.global_id in named and i not in without
    ]
    faces = _upward(scheme, chosen)
    assumed = not len(faces.owners)
    if assumed:
        faces = _seen_from_above(scheme, without)
    if not len(faces.owners):
        return ()
    flat = faces.slopes < flat_below
    forms = [
        *_forms(faces.only(flat), "flat", assumed=assumed),
        *_forms(faces.only(~flat), "pitched", assumed=assumed),
    ]
    walls = _walls_above(scheme, min(form.low for form in forms), without)
    with_parapets = [_with_parapets(scheme, form, walls) for form in forms]
    return tuple(sorted(with_parapets, key=lambda form: -form.plan.area))


def _upward(scheme: Scheme, chosen: list[int]) -> _Faces:
    triangles, owners = scheme.bodies.triangles_of(np.array(chosen, dtype=np.int64))
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    cosine = normals[:, 2] / np.where(lengths > 0.0, lengths, 1.0)
    slopes = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    up = (cosine > UPWARD) & (narrowness(triangles) > SLIVER)
    return _Faces(triangles, owners, slopes).only(up)


def _seen_from_above(scheme: Scheme, without: frozenset[int]) -> _Faces:
    """Upward faces of which something is seen from a grid of points straight above, with all that joins them in their element."""
    points = _grid(scheme.footprint)
    shapes = scheme.outline_shapes
    point, index = shapely.STRtree(shapes).query(shapely.points(points), predicate="intersects")
    counted = ~np.isin(index, list(without))
    point, index = point[counted], index[counted]
    lows, highs = scheme.outline_heights[index].T
    # Something of an element is at least as high as its lowest point: what ends below another's lowest point there is covered by it.
    least = np.full(len(points), -np.inf)
    np.maximum.at(least, point, lows)
    chosen = np.unique(index[highs >= least[point]])
    faces = _upward(scheme, chosen.tolist())
    if not len(faces.owners):
        return faces
    tree = shapely.STRtree(shapely.polygons(faces.triangles[:, :, :2]))
    point, face = tree.query(shapely.points(points), predicate="intersects")
    heights = heights_on(faces.triangles[face], points[point])
    best = np.full(len(points), -np.inf)
    np.maximum.at(best, point, heights)
    seen = np.unique(face[heights >= best[point] - WELD_GRID])
    group = _hanging_together(faces)
    return faces.only(np.isin(group, group[seen]))


def _grid(shape: BaseGeometry) -> NDArray[np.float64]:
    """Points over a plane shape, shape (N, 2), off the corners of anything drawn in round numbers."""
    west, south, east, north = shape.bounds
    shares = (np.arange(VIEW) + 0.4637) / VIEW
    x, y = np.meshgrid(west + shares * (east - west), south + shares * (north - south))
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    shapely.prepare(shape)
    found: NDArray[np.float64] = points[shapely.intersects(shape, shapely.points(points))]
    return found


def _hanging_together(faces: _Faces) -> NDArray[np.int64]:
    """A number a face, shape (F,), the same for faces of one element that share corners."""
    corners = np.round(faces.triangles.reshape(-1, 3) / WELD_GRID).astype(np.int64)
    owned = np.column_stack([corners, np.repeat(faces.owners, 3)])
    _, corner = np.unique(owned, axis=0, return_inverse=True)
    return _spread(corner.reshape(-1, 3))


def _spread(corners: NDArray[np.int64]) -> NDArray[np.int64]:
    """The least corner number of everything each row is connected with, shape (F,), for rows of corner numbers."""
    label = np.arange(int(corners.max(initial=-1)) + 1)
    while True:
        least = label[corners].min(axis=1)
        following = label.copy()
        np.minimum.at(following, corners.ravel(), np.repeat(least, corners.shape[1]))
        following = following[following]
        if (following == label).all():
            found: NDArray[np.int64] = label[corners].min(axis=1)
            return found
        label = following


def _forms(faces: _Faces, kind: Literal["flat", "pitched"], *, assumed: bool) -> list[RoofForm]:
    """Faces of one kind, joined to forms."""
    if not len(faces.owners):
        return []
    _, part = np.unique(_hanging_together(faces), return_inverse=True)
    of_part = [faces.only(part == i) for i in range(int(part.max()) + 1)]
    plans = np.array([_plan(each) for each in of_part], dtype=object)
    heights = np.array([(f.triangles[:, :, 2].min(), f.triangles[:, :, 2].max()) for f in of_part])
    first, second = shapely.STRtree(plans).query(plans, predicate="dwithin", distance=JOINT)
    joined = (heights[first, 0] <= heights[second, 1] + JOINT) & (
        heights[second, 0] <= heights[first, 1] + JOINT
    )
    label = _spread(np.stack([first[joined], second[joined]], axis=1))
    form_of = np.zeros(len(of_part), dtype=np.int64)
    form_of[first[joined]] = label
    return [
        _form(faces.only(np.isin(part, np.flatnonzero(form_of == form))), kind, assumed=assumed)
        for form in np.unique(form_of)
    ]


def _form(faces: _Faces, kind: Literal["flat", "pitched"], *, assumed: bool) -> RoofForm:
    plan = _plan(faces)
    heights = faces.triangles[:, :, 2]
    return RoofForm(
        kind=kind,
        elements=tuple(np.unique(faces.owners).tolist()),
        plan=plan,
        low=float(heights.min()),
        high=float(heights.max()),
        eave=_eave(faces, plan) if kind == "pitched" else None,
        slope=float(faces.slopes.max()),
        assumed=assumed,
    )


def _plan(faces: _Faces) -> BaseGeometry:
    return unite(list(shapely.polygons(faces.triangles[:, :, :2])))


def _eave(faces: _Faces, plan: BaseGeometry) -> float:
    """Lowest level side on the outer edge; the lowest corner there where no side is level.

    A valley inside is lower at times and no eave, nor is its end on a gable, whose sides climb.
    """
    starts, ends = faces.triangles, np.roll(faces.triangles, -1, axis=1)
    sides = np.stack([starts, (starts + ends) / 2.0, ends], axis=2).reshape(-1, 3, 3)
    edge = shapely.union_all([part.exterior for part in shapely.get_parts(plan) if part.area > 0.0])
    shapely.prepare(edge)
    on_edge = shapely.dwithin(edge, shapely.points(sides[:, :, :2]), ON_EDGE)
    way = np.abs(sides[:, 2] - sides[:, 0])
    level = on_edge.all(axis=1) & (way[:, 2] <= LEVEL * np.hypot(way[:, 0], way[:, 1]))
    if level.any():
        return float(sides[level][:, :, 2].min())
    return float(sides[on_edge][:, 2].min())


def _walls_above(
    scheme: Scheme, height: float, without: frozenset[int]
) -> list[tuple[int, Recognised | None]]:
    """Outlines of walls that rise above a height, and what says that they are parapets."""
    said = {found.global_id: found for found in parapets(scheme.model)}
    walls = {e.global_id for e in scheme.model.elements if e.ifc_class.startswith("IfcWall")}
    return [
        (i, said.get(outline.global_id))
        for i, outline in enumerate(scheme.outlines)
        if outline.high > height and i not in without and outline.global_id in walls
    ]


def _with_parapets(
    scheme: Scheme, form: RoofForm, walls: list[tuple[int, Recognised | None]]
) -> RoofForm:
    """A flat form with the walls along its outer edge that are parapets, or low enough to be taken for such."""
    if form.kind == "pitched":
        return form
    rim = shapely.union_all([p.exterior for p in shapely.get_parts(form.plan) if p.area > 0.0])
    shapely.prepare(rim)
    found = []
    for i, said in walls:
        wall = scheme.outlines[i]
        low_enough = said is not None or wall.high <= form.high + PARAPET_HEIGHT
        stands_there = wall.low <= form.high + PARAPET_BASE and wall.high > form.high
        if (
            low_enough
            and stands_there
            and i not in form.elements
            and shapely.dwithin(rim, wall.geometry, PARAPET_REACH)
        ):
            found.append((i, said is None or said.assumed))
    if not found:
        return form
    return replace(
        form,
        parapets=tuple(i for i, _ in found),
        parapet=max(scheme.outlines[i].high for i, _ in found),
        assumed=form.assumed or any(assumed for _, assumed in found),
    )
