"""A submitted building standing in the city, with what rules ask of it computed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.building import BuildingModel
from cim.footprint import ElementOutline, Footprints, body_outline
from cim.frame import EXACT, FrameUncertainty, Placement

Subject = Literal["footprint", "site"]


@dataclass(frozen=True)
class Scheme:
    """A building model and its proven placement, known within an uncertainty."""

    model: BuildingModel
    placement: Placement
    uncertainty: FrameUncertainty = EXACT

    @cached_property
    def footprints(self) -> Footprints:
        """The building in plan, projected frame: whole, at heights, storey by storey, at the ground."""
        return Footprints(self.model, self.placement)

    @property
    def outlines(self) -> tuple[ElementOutline, ...]:
        """Every drawn element seen from above, projected frame."""
        return self.footprints.outlines

    @cached_property
    def footprint(self) -> BaseGeometry:
        """The whole projection of all drawn elements, metres, projected frame; empty when nothing is drawn."""
        return self.footprints.whole.geometry

    @cached_property
    def site(self) -> BaseGeometry:
        """What the IfcSite bodies cover, metres, projected frame; empty when the file draws no site."""
        bodies = [site.representation for site in self.model.sites if site.representation]
        return shapely.union_all([body_outline(self.model, b, self.placement) for b in bodies])

    def subject(self, subject: Subject) -> BaseGeometry:
        """The shape a line rule is about."""
        return self.site if subject == "site" else self.footprint

    def elements_touching(self, subject: Subject, zone: BaseGeometry) -> tuple[str, ...]:
        """GlobalIds of the subject's elements that share area with a zone, largest share first."""
        if subject == "site":
            return tuple(site.global_id for site in self.model.sites if site.representation)
        shapes = np.array([outline.geometry for outline in self.outlines], dtype=object)
        near = np.flatnonzero(shapely.intersects(shapes, zone))
        shares = shapely.area(shapely.intersection(shapes[near], zone))
        order = near[np.argsort(-shares, kind="stable")][: int((shares > 0.0).sum())]
        return tuple(self.outlines[i].global_id for i in order)

    @cached_property
    def lowest(self) -> float:
        """Orthogonal height of the lowest drawn point, metres."""
        return min(outline.low for outline in self.outlines)

    @cached_property
    def _bodies(self) -> tuple[tuple[int, NDArray[np.float64]], ...]:
        """Mesh index and mesh -> projected matrix of each outline's element, in the same order."""
        return tuple(
            (body.mesh, self.placement.matrix @ body.placement)
            for _, body in self.model.drawn()
            if len(self.model.meshes[body.mesh].faces)
        )

    def triangles(self, index: int) -> NDArray[np.float64]:
        """Triangles of the element that `outlines[index]` shows, shape (M, 3, 3), projected frame."""
        mesh, matrix = self._bodies[index]
        return self.model.meshes[mesh].transformed(matrix).triangles()

    @cached_property
    def all_triangles(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Every triangle, shape (M, 3, 3), projected frame, and the index of its outline, shape (M,)."""
        parts = [self.triangles(i) for i in range(len(self._bodies))]
        owners = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        return np.concatenate(parts) if parts else np.zeros((0, 3, 3)), owners
