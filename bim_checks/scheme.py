"""A submitted building standing in the city, with what rules ask of it computed once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.subject import BuildingInPlan, Ground, Subject, SubjectShape
from cim.bodies import objects
from cim.building import BuildingModel, Element
from cim.footprint import ElementOutline, Footprints, body_outline
from cim.frame import EXACT, FrameLedger, FrameUncertainty, Placement
from cim.placed_bodies import PlacedBodies, placed_bodies

Computed = TypeVar("Computed")
OPEN_SHARE, OPEN_AREA = (
    1e-6,
    1e-6,
)  # of the area seen from above, and m2; rounding of map coordinates

FOOTPRINT = "scheme.footprint"  # of `Scheme.once`; a changed scheme that keeps the shape of its plan is given it


@dataclass(frozen=True)
class Scheme:
    """A building model and where it stands; or the outline of a site alone.

    Attributes:
        model: as read; empty for a site alone.
        ledger: where the model stands; None for a site alone, whose corners are stated in the city's frame.
        stated_site: the site's outline as surveyed, metres, projected frame; None where the model's own IfcSite counts.
        ground: orthogonal heights of the city's ground; None where nobody knows it.
        file: the file the model was read from; None where it is not at hand.
    """

    model: BuildingModel
    ledger: FrameLedger | None
    stated_site: BaseGeometry | None = None
    ground: Ground | None = None
    file: Path | None = None

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

    @property
    def outline_shapes(self) -> NDArray[np.object_]:
        """The plane shapes of `outlines`, shape (B,)."""
        return self.footprints.outline_shapes

    @property
    def outline_heights(self) -> NDArray[np.float64]:
        """Lowest and highest orthogonal height of `outlines`, metres, shape (B, 2)."""
        return self.footprints.outline_heights

    @property
    def footprint(self) -> BaseGeometry:
        """The whole projection of all drawn elements, metres, projected frame; empty when nothing is drawn."""
        return self.once(FOOTPRINT, lambda: self.footprints.whole.geometry)

    @cached_property
    def site(self) -> BaseGeometry:
        """The site's outline, metres, projected frame: as stated, else what the IfcSite bodies cover; empty without either."""
        if self.stated_site is not None:
            return self.stated_site
        bodies = [site.representation for site in self.model.sites if site.representation]
        return shapely.union_all([body_outline(self.model, b, self.placement) for b in bodies])

    @cached_property
    def in_plan(self) -> BuildingInPlan:
        """The building's shapes that rules in plan judge."""
        return BuildingInPlan(self.footprints, self.ground)

    def shapes(self, subject: Subject) -> tuple[SubjectShape, ...]:
        """The shapes a rule in plan judges; empty where there is nothing of the subject."""
        if subject != "site":
            return self.in_plan.shapes(subject)
        if self.site.is_empty:
            return ()
        names = tuple(site.global_id for site in self.model.sites if site.representation)
        parts = objects([self.site] * len(names))
        return (SubjectShape(self.site, self._site_height, names, parts, is_site=True),)

    @cached_property
    def _site_height(self) -> float:
        """Where to draw the site: at the building's foot, else on the ground."""
        if not self.is_site_alone and self.draws_anything:
            return self.lowest
        if self.ground is None:
            return 0.0
        middle = shapely.get_coordinates(self.site.representative_point())
        height = float(self.ground(middle)[0])
        return height if np.isfinite(height) else 0.0

    @cached_property
    def lowest(self) -> float:
        """Orthogonal height of the lowest drawn point, metres; zero where nothing is drawn."""
        if self.is_site_alone:
            return 0.0
        return self.footprints.lowest

    def once(self, key: Hashable, compute: Callable[[], Computed]) -> Computed:
        """What a measure computes, kept for the next rule that asks by the same key."""
        if key not in self._computed:
            self._computed[key] = compute()
        found: Computed = self._computed[key]
        return found

    @cached_property
    def _computed(self) -> dict[Hashable, Any]:
        return {}

    @cached_property
    def bodies(self) -> PlacedBodies:
        """The drawn elements that have faces, in the projected frame and the order of `outlines`."""
        return placed_bodies(self.model, self.placement.matrix)

    @cached_property
    def body_ids(self) -> tuple[str, ...]:
        """GlobalIds of the drawn elements that have faces, in the order of `outlines`."""
        return tuple(
            element.global_id
            for element, body in self.model.drawn()
            if len(self.model.meshes[body.mesh].faces)
        )

    def triangles(self, index: int) -> NDArray[np.float64]:
        """Triangles of the element that `outlines[index]` shows, shape (M, 3, 3), projected frame."""
        start, end = self.bodies.face_bounds[index : index + 2]
        return self.bodies.triangles[start:end]

    @property
    def all_triangles(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Every triangle, shape (M, 3, 3), projected frame, and the index of its outline, shape (M,)."""
        return self.bodies.triangles, self.bodies.owners

    @property
    def triangle_boxes(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lowest and highest corner of the box of every triangle, shape (M, 3) each, projected frame."""
        return self.bodies.boxes

    @cached_property
    def elements_by_id(self) -> dict[str, Element]:
        """The model's elements by GlobalId."""
        return {element.global_id: element for element in self.model.elements}

    @cached_property
    def bodies_are_closed(self) -> bool:
        """Whether every element's faces look as much down as up, seen from above, as those of a closed body do."""
        triangles, owners = self.all_triangles
        u, v = (triangles[:, k, :2] - triangles[:, 0, :2] for k in (1, 2))
        signed = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
        net, total = np.bincount(owners, signed), np.bincount(owners, np.abs(signed))
        return bool((np.abs(net) <= OPEN_SHARE * total + OPEN_AREA).all())

    @cached_property
    def site_triangles(self) -> NDArray[np.float64]:
        """Triangles of the IfcSite bodies, shape (M, 3, 3), projected frame."""
        bodies = [site.representation for site in self.model.sites if site.representation]
        parts = [
            self.model.body(body).transformed(self.placement.matrix).triangles() for body in bodies
        ]
        return np.concatenate(parts) if parts else np.zeros((0, 3, 3))
