"""Spaces in plan: their floor, their clear height, and where two of them claim the same floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.measures.element_roles import PITCHED_SHARE, slopes
from bim_checks.measures.regions import NOTHING, areal, wide
from bim_checks.scheme import Scheme
from cim.building import BuildingModel, Space
from cim.mesh import Mesh
from cim.projection import project_mesh
from cim.section import section_meshes
from cim.solid import welded

REACHED = 2e-7  # m; heights that differ by rounding are equal; above the sections' own ON_PLANE
PARTS = {"GFA"}  # a gross area holds the rooms in it; that is no overlap


@dataclass(frozen=True, slots=True, eq=False)
class SpacePlan:
    """One space in plan, engineering CRS, metres.

    Attributes:
        space: of the model.
        geometry: what its floor covers.
        floor: height of its floor.
        height: clear height at its highest point.
        is_pitched: whether its top lies at a slope.
        body: its mesh.
    """

    space: Space
    geometry: BaseGeometry
    floor: float
    height: float
    is_pitched: bool
    body: Mesh

    def lower_than(self, height: float) -> BaseGeometry:
        """The part of its floor whose clear height is less than so many metres."""
        if height - REACHED <= 0.0:
            return NOTHING
        (cut,) = section_meshes([self.body], [self.floor + height - REACHED])
        return wide(self.geometry.difference(areal(cut.geometry)))


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two spaces that claim the same floor: their GlobalIds, and how much, m2."""

    first: str
    second: str
    area: float


def spaces_of(scheme: Scheme) -> tuple[SpacePlan, ...]:
    """The plans of a scheme's spaces, computed once."""
    return scheme.once("space plans", lambda: space_plans(scheme.model))


def space_plans(model: BuildingModel) -> tuple[SpacePlan, ...]:
    """Every space that has a body with plan area, in the order of their GlobalIds."""
    drawn = [
        (space, welded(model.body(space.representation)))
        for space in sorted(model.spaces, key=lambda space: space.global_id)
        if space.representation is not None
    ]
    drawn = [(space, body) for space, body in drawn if len(body.faces)]
    floors = [float(body.vertices[:, 2].min()) for _, body in drawn]
    cuts = section_meshes([body for _, body in drawn], floors)
    plans = (
        _plan(space, body, areal(cut.geometry))
        for (space, body), cut in zip(drawn, cuts, strict=True)
    )
    return tuple(plan for plan in plans if plan.geometry.area > 0.0)


def overlaps(plans: Sequence[SpacePlan], *, least: float) -> tuple[Overlap, ...]:
    """Pairs of spaces that share floor and height, the largest share first.

    Args:
        plans: of one model.
        least: m2; less is rounding.
    """
    shapes = np.array([plan.geometry for plan in plans], dtype=object)
    firsts, seconds = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    found = []
    for i, j in zip(firsts.tolist(), seconds.tolist(), strict=True):
        a, b = plans[i], plans[j]
        if i >= j or not _are_rivals(a, b):
            continue
        area = float(a.geometry.intersection(b.geometry).area)
        if area > least:
            found.append(Overlap(a.space.global_id, b.space.global_id, area))
    return tuple(sorted(found, key=lambda o: (-o.area, o.first, o.second)))


def _are_rivals(a: SpacePlan, b: SpacePlan) -> bool:
    """Whether two spaces stand in the same height, and neither is meant to hold the other."""
    shared = min(a.floor + a.height, b.floor + b.height) - max(a.floor, b.floor)
    is_whole = a.space.whole == b.space.global_id or b.space.whole == a.space.global_id
    one_is_gross = (a.space.predefined_type in PARTS) != (b.space.predefined_type in PARTS)
    return shared > REACHED and not is_whole and not one_is_gross


def _plan(space: Space, body: Mesh, plan: BaseGeometry) -> SpacePlan:
    low, high = float(body.vertices[:, 2].min()), float(body.vertices[:, 2].max())
    if plan.area <= 0.0:  # a sheet, or a floor that is not level
        plan = areal(project_mesh(body))
    triangles = body.triangles()
    upper = triangles[triangles[:, :, 2].max(axis=1) > low + REACHED]
    return SpacePlan(space, plan, low, high - low, slopes(upper) > PITCHED_SHARE / 2.0, body)
