"""A thin pen over ifcopenshell.api: boxes, slabs and mapped types in metres, written as a millimetre IFC4 file."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ifcopenshell
import ifcopenshell.api.aggregate
import ifcopenshell.api.context
import ifcopenshell.api.geometry
import ifcopenshell.api.georeference
import ifcopenshell.api.material
import ifcopenshell.api.project
import ifcopenshell.api.pset
import ifcopenshell.api.root
import ifcopenshell.api.style
import ifcopenshell.api.type
import ifcopenshell.api.unit
import ifcopenshell.guid
import numpy as np

api = ifcopenshell.api
MILLIMETRE = 1000.0
NAMESPACE = uuid.UUID("5c1a1e02-9d0c-5b0e-8f5e-c1a0c1a0c1a0")
STAMP = "2026-01-01T00:00:00"

Point = tuple[float, float]
Box = tuple[float, float, float]


class IfcAuthor:
    """One IFC4 file being written; all arguments in metres."""

    def __init__(self, *, project: str, tool: str) -> None:
        self.model: Any = api.project.create_file(version="IFC4")
        self.project = api.root.create_entity(self.model, ifc_class="IfcProject", name=project)
        length = api.unit.add_si_unit(self.model, unit_type="LENGTHUNIT", prefix="MILLI")
        others = [
            api.unit.add_si_unit(self.model, unit_type=kind)
            for kind in ("AREAUNIT", "VOLUMEUNIT", "PLANEANGLEUNIT")
        ]
        api.unit.assign_unit(self.model, units=[length, *others])
        context = api.context.add_context(self.model, context_type="Model")
        self.body = api.context.add_context(
            self.model, context_type="Model", context_identifier="Body", target_view="MODEL_VIEW", parent=context,
        )  # fmt: skip
        self._materials: dict[str, Any] = {}
        self._styles: dict[str, Any] = {}
        self._made_of: dict[str, list[Any]] = {}
        self._sets: dict[tuple[str, str], list[Any]] = {}
        self._set_values: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._held: dict[int, list[Any]] = {}
        self._maps: dict[int, Any] = {}
        self._tool = tool

    def georeference(
        self, *, eastings: float, northings: float, height: float, abscissa: float, ordinate: float
    ) -> None:
        """Write IfcMapConversion and IfcProjectedCRS (EPSG:4548, EPSG:5737, metres)."""
        api.georeference.add_georeferencing(self.model)
        api.georeference.edit_georeferencing(
            self.model,
            coordinate_operation={
                "Eastings": eastings, "Northings": northings, "OrthogonalHeight": height,
                "XAxisAbscissa": abscissa, "XAxisOrdinate": ordinate, "Scale": 1.0 / MILLIMETRE,
            },
            projected_crs={
                "Name": "EPSG:4548", "GeodeticDatum": "CGCS2000", "VerticalDatum": "EPSG:5737", "MapProjection": "3-degree Gauss-Kruger CM 117E",
            },
        )  # fmt: skip
        (crs,) = self.model.by_type("IfcProjectedCRS")
        crs.MapUnit = self.model.create_entity("IfcSIUnit", UnitType="LENGTHUNIT", Name="METRE")

    def spatial(
        self, ifc_class: str, name: str, whole: Any, *, elevation: float | None = None
    ) -> Any:
        """A site, building or storey below its whole, standing at an elevation."""
        entity = api.root.create_entity(self.model, ifc_class=ifc_class, name=name)
        api.aggregate.assign_object(self.model, products=[entity], relating_object=whole)
        self.place(
            entity,
            whole if hasattr(whole, "ObjectPlacement") else None,
            (0.0, 0.0, elevation or 0.0),
        )
        if elevation is not None and ifc_class == "IfcBuildingStorey":
            entity.Elevation = elevation * MILLIMETRE
        return entity

    def product(self, ifc_class: str, name: str, *, predefined_type: str | None = None) -> Any:
        """A product without place or body yet."""
        return api.root.create_entity(
            self.model, ifc_class=ifc_class, name=name, predefined_type=predefined_type
        )

    def place(self, product: Any, whole: Any, at: Box, *, quarter_turns: int = 0) -> None:
        """Put a product at a point of its whole's frame, turned about z by quarters."""
        turn = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)][quarter_turns % 4]
        axes = self.model.create_entity(
            "IfcAxis2Placement3D",
            self._point(at),
            self.model.create_entity("IfcDirection", (0.0, 0.0, 1.0)),
            self.model.create_entity("IfcDirection", (*turn, 0.0)),
        )
        relative = whole.ObjectPlacement if whole is not None else None
        product.ObjectPlacement = self.model.create_entity("IfcLocalPlacement", relative, axes)

    def contain(self, product: Any, storey: Any) -> None:
        """Remember that a storey holds a product; written all at once in `save`."""
        self._held.setdefault(storey.id(), []).append(product)

    def box(self, low: Box, high: Box) -> Any:
        """An extruded box."""
        (x0, y0, z0), (x1, y1, z1) = low, high
        return self.prism([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], z0, z1 - z0)

    def prism(
        self,
        ring: Sequence[Point],
        z: float,
        height: float,
        *,
        holes: Sequence[Sequence[Point]] = (),
    ) -> Any:
        """A vertical prism over a ring, with holes."""
        outer = self._polyline(ring)
        if holes:
            profile = self.model.create_entity(
                "IfcArbitraryProfileDefWithVoids",
                "AREA",
                None,
                outer,
                [self._polyline(h) for h in holes],
            )
        else:
            profile = self.model.create_entity("IfcArbitraryClosedProfileDef", "AREA", None, outer)
        return self._extrude(profile, self._axes((0.0, 0.0, z)), height)

    def side_prism(self, profile: Sequence[Point], width: float) -> Any:
        """A prism over a profile in the x-z plane, extruded along -y by its width."""
        area = self.model.create_entity(
            "IfcArbitraryClosedProfileDef", "AREA", None, self._polyline(profile)
        )
        axes = self.model.create_entity(
            "IfcAxis2Placement3D",
            self._point((0.0, 0.0, 0.0)),
            self.model.create_entity("IfcDirection", (0.0, -1.0, 0.0)),
            self.model.create_entity("IfcDirection", (1.0, 0.0, 0.0)),
        )
        return self._extrude(area, axes, width)

    def surface(self, ring: Sequence[Point], z: float) -> Any:
        """A flat open surface over a convex ring."""
        points = self.model.create_entity(
            "IfcCartesianPointList3D",
            [[x * MILLIMETRE, y * MILLIMETRE, z * MILLIMETRE] for x, y in ring],
        )
        fan = [[1, i, i + 1] for i in range(2, len(ring))]
        return self.model.create_entity(
            "IfcTriangulatedFaceSet", Coordinates=points, Closed=False, CoordIndex=fan
        )

    def give_body(self, product: Any, items: Sequence[Any], *, kind: str = "SweptSolid") -> Any:
        """Make solids or surfaces the body of a product or of a type."""
        shape = self.model.create_entity(
            "IfcShapeRepresentation", self.body, "Body", kind, list(items)
        )
        api.geometry.assign_representation(self.model, product=product, representation=shape)
        return shape

    def cut(self, wall: Any, opening_body: Any, at: Box, filling: Any | None) -> None:
        """Cut an opening into a wall at a point of the wall's frame, and fill it."""
        opening = self.product("IfcOpeningElement", "洞口", predefined_type="OPENING")
        self.place(opening, wall, at)
        self.give_body(opening, [opening_body])
        self._relate("IfcRelVoidsElement", wall, opening)
        if filling is not None:
            self._relate("IfcRelFillsElement", opening, filling)
            self.place(filling, opening, (0.0, 0.0, 0.0))

    def map_body(self, product: Any, item: Any) -> None:
        """Give a product a body shared with others (IfcMappedItem)."""
        if item.id() not in self._maps:
            shape = self.model.create_entity(
                "IfcShapeRepresentation", self.body, "Body", "SweptSolid", [item]
            )
            self._maps[item.id()] = self.model.create_entity(
                "IfcRepresentationMap", self._axes((0.0, 0.0, 0.0)), shape
            )
        target = self.model.create_entity(
            "IfcCartesianTransformationOperator3D", LocalOrigin=self._point((0.0, 0.0, 0.0))
        )
        mapped = self.model.create_entity("IfcMappedItem", self._maps[item.id()], target)
        self.give_body(product, [mapped], kind="MappedRepresentation")

    def aggregate(self, part: Any, whole: Any) -> None:
        """Make a product part of a whole."""
        api.aggregate.assign_object(self.model, products=[part], relating_object=whole)

    def assign_type(self, products: Sequence[Any], kind: Any) -> None:
        """Make products occurrences of a type; they take its body when it has one."""
        for product in products:
            api.type.assign_type(self.model, related_objects=[product], relating_type=kind)

    def point(self, at: Box) -> Any:
        """A cartesian point."""
        return self._point(at)

    def style(self, item: Any, name: str, colour: tuple[float, float, float, float]) -> None:
        """Colour one item of a body."""
        self.model.create_entity("IfcStyledItem", item, [self._style(name, colour)])

    def material(
        self, name: str, colour: tuple[float, float, float, float], products: Sequence[Any]
    ) -> None:
        """Make products of a material with a colour."""
        if name not in self._materials:
            material = api.material.add_material(self.model, name=name)
            api.style.assign_material_style(
                self.model, material=material, style=self._style(name, colour), context=self.body
            )
            self._materials[name] = material
        self._made_of.setdefault(name, []).extend(products)

    def share_set(self, name: str, values: Mapping[str, Any], products: Sequence[Any]) -> None:
        """Give products one common property set."""
        key = (name, repr(sorted(values.items())))
        self._set_values[key] = values
        self._sets.setdefault(key, []).extend(products)

    def quantities(self, product: Any, name: str, values: Mapping[str, float]) -> None:
        """Give a product its own quantity set; lengths in metres, areas in m2, volumes in m3."""
        entities = []
        for key, value in values.items():
            kind = (
                "Area" if key.endswith("Area") else "Volume" if key.endswith("Volume") else "Length"
            )
            written = value * MILLIMETRE if kind == "Length" else value
            entities.append(
                self.model.create_entity(f"IfcQuantity{kind}", key, None, None, written)
            )
        quantity_set = self.model.create_entity(
            "IfcElementQuantity", ifcopenshell.guid.new(), None, name, Quantities=entities
        )
        self._relate("IfcRelDefinesByProperties", [product], quantity_set)

    def save(self, path: Path, *, seed: str) -> None:
        """Finish relations, make identifiers and header reproducible, and write the file.

        The API keeps what it is given as sets, whose order changes from run to run; products are
        therefore handed over one by one wherever entities are made for them.
        """
        for number, products in self._held.items():
            self._relate("IfcRelContainedInSpatialStructure", products, self.model.by_id(number))
        for name, products in self._made_of.items():
            api.material.assign_material(
                self.model, products=products, material=self._materials[name]
            )
        for key, products in self._sets.items():
            first = api.pset.add_pset(self.model, product=products[0], name=key[0])
            api.pset.edit_pset(self.model, pset=first, properties=dict(self._set_values[key]))
            if len(products) > 1:
                api.pset.assign_pset(self.model, products=products[1:], pset=first)
        self._order_relations()
        for root in self.model.by_type("IfcRoot"):
            named = uuid.uuid5(NAMESPACE, f"{seed} {root.id()}")
            root.GlobalId = ifcopenshell.guid.compress(named.hex)
        header = self.model.header
        header.file_name.name = path.name
        header.file_name.time_stamp = STAMP
        header.file_name.preprocessor_version = self._tool
        header.file_name.originating_system = self._tool
        self.model.write(str(path))

    def _relate(self, ifc_class: str, first: Any, second: Any) -> None:
        """Write a relation as it stands.

        The API would work every placement out anew, though `place` has put it into the right frame:
        half the time of a tower, for placements that say the same.
        """
        self.model.create_entity(
            ifc_class, ifcopenshell.guid.new(), None, None, None, first, second
        )

    def _order_relations(self) -> None:
        """The API keeps related objects as sets, whose order changes from run to run."""
        grouped = ("IfcRelationship", "IfcUnitAssignment", "IfcPropertySet", "IfcElementQuantity")
        for relation in itertools.chain.from_iterable(map(self.model.by_type, grouped)):
            for index, value in enumerate(relation):
                if isinstance(value, tuple):
                    relation[index] = sorted(value, key=ifcopenshell.entity_instance.id)

    def _style(self, name: str, colour: tuple[float, float, float, float]) -> Any:
        if name not in self._styles:
            red, green, blue, opacity = colour
            style = api.style.add_style(self.model, name=name)
            api.style.add_surface_style(
                self.model,
                style=style,
                ifc_class="IfcSurfaceStyleRendering",
                attributes={
                    "SurfaceColour": {"Name": None, "Red": red, "Green": green, "Blue": blue},
                    "Transparency": 1.0 - opacity,
                    "ReflectanceMethod": "NOTDEFINED",
                },
            )
            self._styles[name] = style
        return self._styles[name]

    def _extrude(self, profile: Any, axes: Any, depth: float) -> Any:
        up = self.model.create_entity("IfcDirection", (0.0, 0.0, 1.0))
        return self.model.create_entity(
            "IfcExtrudedAreaSolid", profile, axes, up, depth * MILLIMETRE
        )

    def _axes(self, at: Box) -> Any:
        return self.model.create_entity("IfcAxis2Placement3D", self._point(at))

    def _point(self, at: Box) -> Any:
        scaled = np.round(np.array(at) * MILLIMETRE, 6) + 0.0
        return self.model.create_entity("IfcCartesianPoint", scaled.tolist())

    def _polyline(self, ring: Sequence[Point]) -> Any:
        points = [
            self.model.create_entity(
                "IfcCartesianPoint", (np.round(np.array(point) * MILLIMETRE, 6) + 0.0).tolist()
            )
            for point in ring
        ]
        return self.model.create_entity("IfcPolyline", [*points, points[0]])
