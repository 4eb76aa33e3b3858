"""One open IFC file -> one `BuildingModel`. Runs inside the guarded child."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import ifcopenshell
from ifcopenshell.util import element as element_util

from cim.building import BuildingModel, Element, Site, Space, Undrawn
from cim.ifc.document import Document
from cim.ifc.georeference import read_georeference
from cim.ifc.map_conversion import (
    read_latitude_longitude,
    read_map_conversions,
    read_true_north,
)
from cim.ifc.properties import PropertyReader
from cim.ifc.spatial import StoreyFinder, read_buildings, read_storeys
from cim.ifc.tessellation import Kernel, Tessellation, tessellate
from cim.ifc.units import read_units, scale_of
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
        warnings=(*document.notes, *_warnings(model)),
        length_unit=units.length,
        georeference=read_georeference(model, units.length, conversions[1:]),
    )


def _elements(model: Any) -> list[Any]:
    """Physical elements; openings and other features are part of what they cut."""
    return [
        entity
        for entity in model.by_type("IfcElement")
        if not any(entity.is_a(kind) for kind in NOT_ELEMENTS)
    ]


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
    nameless = sum(1 for s in model.by_type("IfcBuildingStorey") if s.Elevation is None)
    if nameless:
        yield Text(
            zh="有 {count} 个楼层没有标高。", en="{count} storeys have no elevation."
        ).format(count=nameless)
