"""Small IFC files with shapes whose figures are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ifcopenshell
import ifcopenshell.api.aggregate as aggregate
import ifcopenshell.api.context as context
import ifcopenshell.api.feature as feature
import ifcopenshell.api.geometry as geometry
import ifcopenshell.api.root as root
import ifcopenshell.api.spatial as spatial
import ifcopenshell.api.unit as unit
import numpy as np


class Author:
    """One project with a site, a building and storeys.

    Args:
        length: metres of one unit of the file.
        schema: of the file.
    """

    def __init__(self, length: float = 0.001, schema: str = "IFC4") -> None:
        self.length = length
        self.file = ifcopenshell.file(schema=schema)
        if schema == "IFC2X3":
            self._sign()
        self.project = root.create_entity(self.file, ifc_class="IfcProject", name="project")
        unit.assign_unit(self.file, units=[self._unit(length)])
        model = context.add_context(self.file, context_type="Model")
        self.body = context.add_context(
            self.file,
            context_type="Model",
            context_identifier="Body",
            target_view="MODEL_VIEW",
            parent=model,
        )
        self.site = self._part("IfcSite", "site", self.project)
        self.building = self._part("IfcBuilding", "building", self.site)

    def storey(self, name: str, elevation: float) -> Any:
        """A storey; elevation in metres."""
        found = self._part("IfcBuildingStorey", name, self.building)
        found.Elevation = elevation / self.length
        return found

    def block(
        self,
        size: Sequence[float],
        at: Sequence[float] = (0.0, 0.0, 0.0),
        *,
        ifc_class: str = "IfcWall",
        name: str = "block",
        storey: Any = None,
    ) -> Any:
        """An element that is a box of `size` with its lowest corner `at`; metres."""
        element = root.create_entity(self.file, ifc_class=ifc_class, name=name)
        geometry.assign_representation(self.file, product=element, representation=self.solid(size))
        self.place(element, at)
        if storey is not None:
            spatial.assign_container(self.file, products=[element], relating_structure=storey)
        return element

    def place(self, product: Any, at: Sequence[float]) -> None:
        """Place a product; metres."""
        matrix = np.eye(4)
        matrix[:3, 3] = np.asarray(at) / self.length
        geometry.edit_object_placement(self.file, product=product, matrix=matrix, is_si=False)

    def solid(self, size: Sequence[float]) -> Any:
        """A body: a box from the origin; metres."""
        x, y, z = (float(value) / self.length for value in size)
        profile = self.file.create_entity(
            "IfcRectangleProfileDef",
            ProfileType="AREA",
            Position=self.file.create_entity(
                "IfcAxis2Placement2D", Location=self._point(x / 2.0, y / 2.0)
            ),
            XDim=x,
            YDim=y,
        )
        extruded = self.file.create_entity(
            "IfcExtrudedAreaSolid",
            SweptArea=profile,
            ExtrudedDirection=self.file.create_entity("IfcDirection", (0.0, 0.0, 1.0)),
            Depth=z,
            Position=self.file.create_entity(
                "IfcAxis2Placement3D", Location=self._point(0.0, 0.0, 0.0)
            ),
        )
        return self.file.create_entity(
            "IfcShapeRepresentation", self.body, "Body", "SweptSolid", [extruded]
        )

    def opening(self, wall: Any, size: Sequence[float], at: Sequence[float]) -> None:
        """Cut a box out of a wall; metres, from the project's origin."""
        cut = root.create_entity(self.file, ifc_class="IfcOpeningElement")
        geometry.assign_representation(self.file, product=cut, representation=self.solid(size))
        self.place(cut, at)
        feature.add_feature(self.file, feature=cut, element=wall)

    def write(self, path: Path) -> Path:
        """Write the file."""
        self.file.write(str(path))
        return path

    def _sign(self) -> None:
        """IFC2X3 wants to know who wrote a file."""
        create = self.file.create_entity
        person, office = create("IfcPerson", FamilyName="a"), create("IfcOrganization", Name="b")
        create("IfcPersonAndOrganization", person, office)
        create("IfcApplication", office, "1", "hand", "hand")

    def _part(self, ifc_class: str, name: str, whole: Any) -> Any:
        found = root.create_entity(self.file, ifc_class=ifc_class, name=name)
        aggregate.assign_object(self.file, products=[found], relating_object=whole)
        return found

    def _unit(self, length: float) -> Any:
        if length == 1.0:
            return unit.add_si_unit(self.file, unit_type="LENGTHUNIT")
        if length == 0.001:
            return unit.add_si_unit(self.file, unit_type="LENGTHUNIT", prefix="MILLI")
        return unit.add_conversion_based_unit(self.file, name="foot")

    def _point(self, *coordinates: float) -> Any:
        return self.file.create_entity("IfcCartesianPoint", coordinates)
