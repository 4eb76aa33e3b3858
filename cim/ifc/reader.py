"""One open IFC file -> one `BuildingModel`. Runs inside the guarded child."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ifcopenshell.util import element as element_util

from cim.building import BuildingModel, Element, Site, Space, Undrawn
from cim.ifc.direct import DirectBodies
from cim.ifc.document import Document, take_complaints
from cim.ifc.drawing import Plan, draw, elements_of
from cim.ifc.geometry_cache import GeometryCache
from cim.ifc.georeference import read_georeference
from cim.ifc.map_conversion import (
    read_latitude_longitude,
    read_map_conversions,
    read_true_north,
)
from cim.ifc.properties import PropertyReader
from cim.ifc.spatial import StoreyFinder, read_buildings, read_storeys
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
    direct = DirectBodies(document.step, units.length, units.angle)
    products = [*elements, *spaces, *sites]
    drawn = draw(model, products, plan, progress, direct=direct, cache=cache)
    when_drawn()
    sets = PropertyReader(model, units.factor)
    storey = StoreyFinder(model).storey_of
    projects = list(model.by_type("IfcProject"))
    conversions = read_map_conversions(
        model,
        length_unit=units.length,
        scale_of=scale_of,
        property_sets=[sets.sets_of(entity) for entity in (*projects, *sites)],
    )
    return BuildingModel(
        sha256=_sha256(path),
        file_name=path.name,
        schema=document.schema,
        authoring_tool=_authoring_tool(model),
        project_name=next((p.Name or p.LongName for p in projects if p.Name or p.LongName), None),
        sites=tuple(_site(site, drawn, units.length) for site in sites),
        buildings=read_buildings(model),
        storeys=read_storeys(model, units.length),
        spaces=tuple(_space(space, drawn, storey, sets) for space in spaces),
        elements=tuple(_element(element, drawn, storey, sets) for element in elements),
        meshes=tuple(drawn.meshes),
        materials=tuple(drawn.materials),
        map_conversion=conversions[0] if conversions else None,
        true_north=read_true_north(model),
        undrawn=tuple(_undrawn((*elements, *spaces, *sites), drawn)),
        warnings=(
            *document.notes,
            *(defect.sentence for defect in document.defects),
            *_warnings(model, document.complaints),
            *_unit_warnings(units, sets),
        ),
        length_unit=units.length,
        defects=document.defects,
        georeference=read_georeference(model, units.length, conversions[1:]),
    )


def _element(
    entity: Any, drawn: Tessellation, storey: Callable[[Any], str | None], sets: PropertyReader
) -> Element:
    kind = sets.type_of(entity)
    return Element(
        global_id=entity.GlobalId,
        ifc_class=entity.is_a(),
        name=entity.Name,
        storey=storey(entity),
        representation=drawn.bodies.get(entity.id()),
        predefined_type=_predefined_type(entity),
        type_name=kind.Name if kind is not None else None,
        property_sets=sets.sets_of(entity),
    )


def _space(
    entity: Any, drawn: Tessellation, storey: Callable[[Any], str | None], sets: PropertyReader
) -> Space:
    return Space(
        global_id=entity.GlobalId,
        name=entity.Name,
        long_name=entity.LongName,
        storey=storey(entity),
        predefined_type=_predefined_type(entity),
        representation=drawn.bodies.get(entity.id()),
        property_sets=sets.sets_of(entity),
    )


def _site(entity: Any, drawn: Tessellation, length_unit: float) -> Site:
    latitude, longitude = read_latitude_longitude(entity)
    elevation = entity.RefElevation
    return Site(
        global_id=entity.GlobalId,
        name=entity.Name or entity.LongName,
        ref_latitude=latitude,
        ref_longitude=longitude,
        ref_elevation=None if elevation is None else float(elevation) * length_unit,
        representation=drawn.bodies.get(entity.id()),
    )


def _predefined_type(entity: Any) -> str | None:
    found = element_util.get_predefined_type(entity)
    return None if found in (None, "NOTDEFINED") else str(found)


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


def _warnings(model: Any, parsing: Iterable[str]) -> Iterable[Text]:
    complaints = [*parsing, *take_complaints()]
    for told in complaints[:LOG_LINES]:
        yield Text(zh="解析器提示：{told}", en="the parser says: {told}").format(told=told)
    if len(complaints) > LOG_LINES:
        yield Text(
            zh="解析器还有 {count} 条提示。", en="{count} more messages of the parser"
        ).format(count=len(complaints) - LOG_LINES)
    nameless = sum(1 for s in model.by_type("IfcBuildingStorey") if s.Elevation is None)
    if nameless:
        yield Text(
            zh="有 {count} 个楼层没有标高。", en="{count} storeys have no elevation."
        ).format(count=nameless)


def _unit_warnings(units: ProjectUnits, sets: PropertyReader) -> Iterable[Text]:
    if "LENGTHUNIT" in units.unassigned:
        yield Text(
            zh="文件没有指定长度单位，按米读取。",
            en="the file assigns no unit of length; it was read in metres.",
        )
    if sets.unknown_units:
        yield Text(
            zh="{count} 个属性值的单位无法换算（{names}），按文字保留。",
            en="the units of {count} property values cannot be converted ({names}); they are kept as text.",
        ).format(
            count=sets.unknown_units.total(), names=", ".join(sorted(sets.unknown_units)[:LISTED])
        )
