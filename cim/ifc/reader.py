"""One open IFC file -> one `BuildingModel`. Runs inside the guarded child."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cim.building import (
    BuildingModel,
    Element,
    ElementType,
    Representation,
    Site,
    Space,
    Storey,
    Undrawn,
)
from cim.ifc.attributes import Attributes
from cim.ifc.classifications import ClassificationReader
from cim.ifc.containment import Containment
from cim.ifc.direct import DirectBodies
from cim.ifc.document import Document, take_complaints
from cim.ifc.drawing import Plan, draw, elements_of
from cim.ifc.geometry_cache import GeometryCache
from cim.ifc.georeference import read_georeference
from cim.ifc.groups import read_groups
from cim.ifc.instances import Around, Instances
from cim.ifc.map_conversion import (
    read_latitude_longitude,
    read_map_conversions,
    read_true_north,
)
from cim.ifc.materials import MaterialReader
from cim.ifc.measures import Measures
from cim.ifc.parcel import ParcelReader
from cim.ifc.properties import PropertyReader
from cim.ifc.spatial import SpatialReader, storey_warnings
from cim.ifc.tessellation import Tessellation
from cim.ifc.units import ProjectUnits, read_units, scale_of
from cim.text import Text

LISTED = 8  # units in a warning
LOG_LINES = 20  # this many of the parser's complaints are kept; the rest are counted


def read_open_file(
    document: Document,
    path: Path,
    *,
    plan: Plan,
    progress: Callable[[float, int], None],
    when_drawn: Callable[[], None],
    cache: GeometryCache | None = None,
) -> BuildingModel:
    """Read everything checks and tiles need.

    Args:
        document: the file, open.
        path: where it lies.
        plan: which products are drawn, and how.
        progress: see `draw`.
        when_drawn: called when nothing more is drawn.
        cache: of bodies a kernel drew before.

    Raises:
        OutOfTimeError: time ran out before anything was drawn.
    """
    model = document.model
    elements = elements_of(model)
    spaces, sites = list(model.by_type("IfcSpace")), list(model.by_type("IfcSite"))
    units = read_units(model)
    direct = DirectBodies(document.take_step(), units.length, units.angle)
    products = [*elements, *spaces, *sites]
    drawn = draw(model, products, plan, progress, direct=direct, cache=cache)
    del direct
    when_drawn()
    readers = _Readers(model, units)
    content = _Content(readers, drawn)
    frame = _frame(document, path, readers, drawn.bodies)
    zones, groups = read_groups(
        model,
        attributes=readers.attributes,
        sets_of=readers.sets.sets_of,
        classes_of=readers.classifications.classes_of,
    )
    built = replace(
        frame,
        spaces=tuple(content.space(space) for space in spaces),
        elements=tuple(content.element(element) for element in elements),
        meshes=tuple(drawn.meshes),
        materials=tuple(drawn.materials),
        undrawn=tuple(_undrawn((*elements, *spaces, *sites), drawn)),
        types=content.types(),
        zones=zones,
        groups=groups,
    )
    # Values that cannot be read are known only when all has been read.
    return replace(built, warnings=_all_warnings(document, readers, built.storeys))


def read_frame(document: Document, path: Path) -> BuildingModel:
    """Read what is around elements, spaces, types and groups, without these: file, project, sites, buildings, storeys, place, warnings.

    Args:
        document: a sound file, open.
        path: where it lies.

    Raises:
        TypeError: it is open in IfcOpenShell.
    """
    model = document.model
    if not isinstance(model, Instances):
        raise TypeError(path)
    units = read_units(model)
    around = np.concatenate(
        [model.rows("IfcProject"), model.rows("IfcSpatialStructureElement", but=["IfcSpace"])]
    )
    readers = _Readers(Around(model, around), units)
    frame = _frame(document, path, readers, {})
    return replace(frame, warnings=_all_warnings(document, readers, frame.storeys))


class _Readers:
    """One reader a subject, each of which reads what is shared once for the whole file.

    Args:
        model: the open file.
        units: of the project.
    """

    def __init__(self, model: Any, units: ProjectUnits) -> None:
        self.model, self.units = model, units
        self.measures, self.attributes = Measures(model), Attributes(model)
        self.sets = PropertyReader(model, measures=self.measures, attributes=self.attributes)
        self.classifications = ClassificationReader(model, self.attributes)
        self.parcels = ParcelReader(units.length, units.angle)
        self.containment = Containment(model)
        self.spatial = SpatialReader(
            model,
            length_unit=units.length,
            containment=self.containment,
            attributes=self.attributes,
            sets_of=self.sets.sets_of,
            classes_of=self.classifications.classes_of,
        )


def _frame(
    document: Document, path: Path, readers: _Readers, bodies: Mapping[int, Representation]
) -> BuildingModel:
    """A model without elements, spaces, types and groups, and without warnings."""
    model, units, spatial = readers.model, readers.units, readers.spatial
    projects, sites = list(model.by_type("IfcProject")), list(model.by_type("IfcSite"))
    conversions = read_map_conversions(
        model,
        length_unit=units.length,
        scale_of=scale_of,
        property_sets=[readers.sets.sets_of(entity) for entity in (*projects, *sites)],
    )
    return BuildingModel(
        sha256=_sha256(path),
        file_name=path.name,
        schema=document.schema,
        authoring_tool=_authoring_tool(model),
        project_name=next((p.Name or p.LongName for p in projects if p.Name or p.LongName), None),
        sites=tuple(_site(site, readers, bodies) for site in sites),
        buildings=spatial.buildings(),
        storeys=spatial.storeys(),
        spaces=(),
        elements=(),
        meshes=(),
        materials=(),
        map_conversion=conversions[0] if conversions else None,
        true_north=read_true_north(model),
        undrawn=(),
        warnings=(),
        length_unit=units.length,
        defects=document.defects,
        georeference=read_georeference(model, units.length, conversions[1:]),
        project=spatial.project(),
        facility_parts=spatial.facility_parts(),
    )


def _all_warnings(
    document: Document, readers: _Readers, storeys: Iterable[Storey]
) -> tuple[Text, ...]:
    return (
        *document.notes,
        *(defect.sentence for defect in document.defects),
        *_warnings(document.complaints),
        *storey_warnings(storeys, readers.spatial.building_level),
        *readers.parcels.warnings(),
        *_unit_warnings(readers.units, readers.measures),
        *_unreadable_values(readers.sets),
    )


def _site(entity: Any, readers: _Readers, bodies: Mapping[int, Representation]) -> Site:
    """A site with its parcel."""
    latitude, longitude = read_latitude_longitude(entity)
    parcel, source = readers.parcels.parcel_of(entity)
    return Site(
        global_id=entity.GlobalId,
        name=entity.Name or entity.LongName,
        ref_latitude=latitude,
        ref_longitude=longitude,
        ref_elevation=readers.attributes.number(entity, "RefElevation", readers.units.length),
        representation=bodies.get(entity.id()),
        long_name=entity.LongName,
        object_type=entity.ObjectType,
        whole=readers.containment.whole_of(entity, "IfcSite"),
        composition=entity.CompositionType,
        land_title_number=entity.LandTitleNumber,
        address=readers.spatial.address(entity, "SiteAddress"),
        parcel=parcel,
        parcel_source=source,
        property_sets=readers.sets.sets_of(entity),
        classifications=readers.classifications.classes_of(entity),
    )


class _Content:
    """Turns entities into what the model holds.

    Args:
        readers: of the subjects.
        drawn: the bodies.
    """

    def __init__(self, readers: _Readers, drawn: Tessellation) -> None:
        self.attributes, self.classifications = readers.attributes, readers.classifications
        self._containment, self._sets = readers.containment, readers.sets
        self._materials = MaterialReader(
            readers.model, length_unit=readers.units.length, attributes=readers.attributes
        )
        self._length, self._drawn = readers.units.length, drawn
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


def _warnings(parsing: Iterable[str]) -> Iterable[Text]:
    complaints = [*parsing, *take_complaints()]
    for told in complaints[:LOG_LINES]:
        yield Text(zh="解析器提示：{told}", en="the parser says: {told}").format(told=told)
    if len(complaints) > LOG_LINES:
        yield Text(
            zh="解析器还有 {count} 条提示。", en="{count} more messages of the parser"
        ).format(count=len(complaints) - LOG_LINES)


def _unit_warnings(units: ProjectUnits, measures: Measures) -> Iterable[Text]:
    if "LENGTHUNIT" in units.unassigned:
        yield Text(
            zh="文件没有指定长度单位，按米读取。",
            en="the file assigns no unit of length; it was read in metres.",
        )
    if measures.unknown:
        yield Text(
            zh="{count} 个属性值的单位无法换算（{names}），按文字保留。",
            en="the units of {count} property values cannot be converted ({names}); they are kept as text.",
        ).format(count=measures.unknown.total(), names=", ".join(sorted(measures.unknown)[:LISTED]))
