"""One open IFC file -> one `BuildingModel`. Runs inside the guarded child."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import ifcopenshell

from cim.building import BuildingModel, Element, ElementType, Site, Space, Undrawn
from cim.ifc.attributes import Attributes
from cim.ifc.classifications import ClassificationReader
from cim.ifc.containment import Containment
from cim.ifc.document import Document
from cim.ifc.groups import read_groups
from cim.ifc.map_conversion import read_latitude_longitude, read_map_conversion, read_true_north
from cim.ifc.materials import MaterialReader
from cim.ifc.measures import Measures
from cim.ifc.parcel import ParcelReader
from cim.ifc.properties import PropertyReader
from cim.ifc.spatial import SpatialReader, storey_warnings
from cim.ifc.tessellation import Kernel, Tessellation, tessellate
from cim.ifc.units import ProjectUnits, read_units, scale_of
from cim.text import Text

NOT_ELEMENTS = ("IfcFeatureElement", "IfcVirtualElement")
LOG_LINES = 20  # this many of the parser's complaints are kept; the rest are counted


def read_open_file(
    document: Document,
    path: Path,
    *,
    kernel: Kernel,
    skip: Mapping[str, Text],
    only: frozenset[str] | None,
    progress: Callable[[float, int], None],
) -> BuildingModel:
    """Read everything checks and tiles need.

    Args:
        document: the file, open.
        path: where it lies.
        kernel: geometry library.
        skip: GlobalIds that must not be drawn, each with the reason.
        only: GlobalIds to draw; None draws all.
        progress: see `tessellate`.
    """
    model = document.model
    elements = _elements(model)
    spaces, sites = list(model.by_type("IfcSpace")), list(model.by_type("IfcSite"))
    products = [
        product
        for product in (*elements, *spaces, *sites)
        if product.GlobalId not in skip and (only is None or product.GlobalId in only)
    ]
    drawn = tessellate(model, products, kernel=kernel, progress=progress)
    drawn.refused.update(
        (product.id(), skip[product.GlobalId])
        for product in (*elements, *spaces, *sites)
        if product.GlobalId in skip
    )
    units = read_units(model)
    measures, attributes = Measures(model), Attributes(model)
    sets = PropertyReader(model, measures=measures, attributes=attributes)
    content = _Content(model, units, attributes, sets, drawn)
    spatial = content.spatial
    projects = list(model.by_type("IfcProject"))
    spread = [sets.sets_of(entity) for entity in (*projects, *sites)]
    storeys = spatial.storeys()
    zones, groups = read_groups(
        model,
        attributes=attributes,
        sets_of=sets.sets_of,
        classes_of=content.classifications.classes_of,
    )
    built = BuildingModel(
        sha256=_sha256(path),
        file_name=path.name,
        schema=document.schema,
        authoring_tool=_authoring_tool(model),
        project_name=next((p.Name or p.LongName for p in projects if p.Name or p.LongName), None),
        sites=tuple(content.site(site) for site in sites),
        buildings=spatial.buildings(),
        storeys=storeys,
        spaces=tuple(content.space(space) for space in spaces),
        elements=tuple(content.element(element) for element in elements),
        meshes=tuple(drawn.meshes),
        materials=tuple(drawn.materials),
        map_conversion=read_map_conversion(
            model,
            length_unit=units.length,
            scale_of=scale_of,
            property_sets={name: values for found in spread for name, values in found.items()},
        ),
        true_north=read_true_north(model),
        undrawn=tuple(_undrawn((*elements, *spaces, *sites), drawn)),
        warnings=(),
        length_unit=units.length,
        project=spatial.project(),
        facility_parts=spatial.facility_parts(),
        types=content.types(),
        zones=zones,
        groups=groups,
    )
    warnings = (
        *document.notes,
        *_warnings(model),
        *storey_warnings(storeys, spatial.building_level),
        *content.parcels.warnings(),
        *_unknown_units(measures),
        *_unreadable_values(sets),
    )
    return replace(built, warnings=warnings)


def _elements(model: Any) -> list[Any]:
    """Physical elements; openings and other features are part of what they cut."""
    others = {entity.id() for kind in NOT_ELEMENTS for entity in model.by_type(kind)}
    return [entity for entity in model.by_type("IfcElement") if entity.id() not in others]


class _Content:
    """Turns entities into what the model holds, each subject read once for the whole file.

    Args:
        model: the open file.
        units: of the project.
        attributes: of its schema.
        sets: property sets.
        drawn: the bodies.
    """

    def __init__(
        self,
        model: Any,
        units: ProjectUnits,
        attributes: Attributes,
        sets: PropertyReader,
        drawn: Tessellation,
    ) -> None:
        self.attributes = attributes
        self.classifications = ClassificationReader(model, attributes)
        self.parcels = ParcelReader(units.length, units.angle)
        self._containment = Containment(model)
        self.spatial = SpatialReader(
            model,
            length_unit=units.length,
            containment=self._containment,
            attributes=attributes,
            sets_of=sets.sets_of,
            classes_of=self.classifications.classes_of,
        )
        self._materials = MaterialReader(model, length_unit=units.length, attributes=attributes)
        self._length, self._sets, self._drawn = units.length, sets, drawn
        self._types: dict[int, ElementType] = {}

    def element(self, entity: Any) -> Element:
        """A physical part."""
        kind = self._sets.type_of(entity)
        known = None if kind is None else self._type(kind)
        place = self._containment.place_of(entity)
        filling = self._containment.filling_of(entity)
        return Element(
            global_id=entity.GlobalId,
            ifc_class=entity.is_a(),
            name=entity.Name,
            storey=place.storey,
            representation=self._drawn.bodies.get(entity.id()),
            predefined_type=self.attributes.predefined_type(entity, kind),
            type_name=None if known is None else known.name,
            property_sets=self._sets.sets_of(entity),
            building=place.building,
            container=place.container,
            whole=self._containment.whole_of(entity, "IfcElement"),
            host=None if filling is None else filling.host,
            opening=None if filling is None else filling.opening,
            object_type=entity.ObjectType,
            type_id=None if known is None else known.global_id,
            material=self._materials.material_of(entity, kind),
            classifications=self.classifications.classes_of(entity, kind),
        )

    def space(self, entity: Any) -> Space:
        """A room."""
        kind = self._sets.type_of(entity)
        known = None if kind is None else self._type(kind)
        place = self._containment.place_of(entity)
        return Space(
            global_id=entity.GlobalId,
            name=entity.Name,
            long_name=entity.LongName,
            storey=place.storey,
            predefined_type=self._kind_of_space(entity, kind),
            representation=self._drawn.bodies.get(entity.id()),
            property_sets=self._sets.sets_of(entity),
            building=place.building,
            whole=self._containment.whole_of(entity, "IfcSpace"),
            object_type=entity.ObjectType,
            floor_level=self.attributes.number(entity, "ElevationWithFlooring", self._length),
            type_name=None if known is None else known.name,
            type_id=None if known is None else known.global_id,
            classifications=self.classifications.classes_of(entity, kind),
        )

    def site(self, entity: Any) -> Site:
        """A site with its parcel."""
        latitude, longitude = read_latitude_longitude(entity)
        parcel, source = self.parcels.parcel_of(entity)
        return Site(
            global_id=entity.GlobalId,
            name=entity.Name or entity.LongName,
            ref_latitude=latitude,
            ref_longitude=longitude,
            ref_elevation=self.attributes.number(entity, "RefElevation", self._length),
            representation=self._drawn.bodies.get(entity.id()),
            long_name=entity.LongName,
            object_type=entity.ObjectType,
            whole=self._containment.whole_of(entity, "IfcSite"),
            composition=entity.CompositionType,
            land_title_number=entity.LandTitleNumber,
            address=self.spatial.address(entity, "SiteAddress"),
            parcel=parcel,
            parcel_source=source,
            property_sets=self._sets.sets_of(entity),
            classifications=self.classifications.classes_of(entity),
        )

    def types(self) -> tuple[ElementType, ...]:
        """All types that something is an occurrence of, in the order of the file."""
        return tuple(self._types[number] for number in sorted(self._types))

    def _type(self, kind: Any) -> ElementType:
        number = kind.id()
        if number not in self._types:
            self._types[number] = ElementType(
                global_id=kind.GlobalId,
                ifc_class=kind.is_a(),
                name=kind.Name,
                predefined_type=self.attributes.predefined_type(kind, None),
                property_sets=self._sets.own_sets_of_type(kind),
                material=self._materials.material_of(kind, None),
                classifications=self.classifications.classes_of(kind),
            )
        return self._types[number]

    def _kind_of_space(self, entity: Any, kind: Any) -> str | None:
        """IFC2X3 has no PredefinedType for spaces; it says inside or outside."""
        found = self.attributes.predefined_type(entity, kind)
        older = self.attributes.word(entity, "InteriorOrExteriorSpace")
        return found if found is not None or older in (None, "NOTDEFINED") else older


def _unknown_units(measures: Measures) -> Iterable[Text]:
    for name, count in sorted(measures.unknown.items()):
        yield Text(
            zh="{count} 个数值的单位 {name} 无法换算为国际单位，保留原值。",
            en="{count} values are in {name}, a unit that has no way to SI; they stay as written.",
        ).format(count=count, name=name)


def _unreadable_values(sets: PropertyReader) -> Iterable[Text]:
    if sets.unreadable:
        yield Text(
            zh="有 {count} 个属性值不是有效数值，按未填处理。",
            en="{count} values of properties are no finite numbers and count as absent.",
        ).format(count=sets.unreadable)


def _undrawn(products: Iterable[Any], drawn: Tessellation) -> Iterable[Undrawn]:
    for product in products:
        reason = drawn.refused.get(product.id())
        if reason is not None:
            yield Undrawn(product.GlobalId, product.is_a(), reason)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _authoring_tool(model: Any) -> str | None:
    for application in model.by_type("IfcApplication"):
        told = " ".join(
            str(part) for part in (application.ApplicationFullName, application.Version) if part
        )
        if told:
            return told
    return None


def _warnings(model: Any) -> Iterable[Text]:
    log: str = ifcopenshell.get_log()  # type: ignore[no-untyped-call]
    complaints = [line for line in log.splitlines() if "[error]" in line]
    for line in complaints[:LOG_LINES]:
        told = line.split("] ", 2)[-1].strip()
        yield Text(zh="解析器提示：{told}", en="the parser says: {told}").format(told=told)
    if len(complaints) > LOG_LINES:
        yield Text(
            zh="解析器还有 {count} 条提示。", en="{count} more messages of the parser"
        ).format(count=len(complaints) - LOG_LINES)
    repeated = Counter(root.GlobalId for root in model.by_type("IfcRoot"))
    twice = sum(1 for count in repeated.values() if count > 1)
    if twice:
        yield Text(
            zh="有 {count} 个 GlobalId 被重复使用。",
            en="{count} GlobalIds are used more than once.",
        ).format(count=twice)
