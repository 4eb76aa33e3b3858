"""A submitted building standing in the city, with what rules ask of it computed once."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.building import BuildingModel
from cim.footprint import ElementOutline, Footprints, body_outline
from cim.frame import EXACT, FrameLedger, FrameUncertainty, Placement

Subject = Literal["footprint", "site"]


@dataclass(frozen=True)
class Scheme:
    """A building model and where it stands; or the outline of a site alone.

    Attributes:
        model: as read; empty for a site alone.
        ledger: where the model stands; None for a site alone, whose corners are stated in the city's frame.
        stated_site: the site's outline as surveyed, metres, projected frame; None where the model's own IfcSite counts.
    """

    model: BuildingModel
    ledger: FrameLedger | None
    stated_site: BaseGeometry | None = None

    @property
    def is_site_alone(self) -> bool:
        """Whether there is no building to judge."""
        return self.ledger is None

    @property
    def is_placed(self) -> bool:
        """Whether anything may be said about where it stands."""
        return self.ledger is None or self.ledger.placement is not None

    @cached_property
    def placement(self) -> Placement:
        """The proven placement.

        Raises:
            ValueError: there is none; a rule that needs no place must not ask for it.
        """
        placement = self.ledger.placement if self.ledger else None
        if placement is None:
            raise ValueError("the scheme has no proven placement")
        return placement

    @property
    def uncertainty(self) -> FrameUncertainty:
        """How well the place is known; exact for a site whose corners are stated in the city's frame."""
        return self.ledger.uncertainty if self.ledger else EXACT

    @cached_property
    def measured(self) -> dict[Hashable, Any]:
        """What measures computed once for this scheme, each under a key of its own."""
        return {}

    @cached_property
    def draws_anything(self) -> bool:
        """Whether any element has a body with faces."""
        return any(len(self.model.meshes[body.mesh].faces) for _, body in self.model.drawn())

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
        """The site's outline, metres, projected frame: as stated, else what the IfcSite bodies cover; empty without either."""
        if self.stated_site is not None:
            return self.stated_site
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
