"""Write a map conversion into a copy of an IFC file, for the architect; the writing is a task of `cim.nursery`.

The original is never changed. IFC4 and later get IfcMapConversion with IfcProjectedCRS; IFC2X3 has neither, so it gets the property
sets ePset_MapConversion and ePset_ProjectedCRS of the buildingSMART convention, on the project and on its sites, for tools look in either.
"""

from __future__ import annotations

import json
import logging
import math
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import ifcopenshell
import ifcopenshell.guid

from cim.errors import IfcLimitError, UnreadableIfcError
from cim.ifc.confinement import bound, leave_network
from cim.ifc.document import KNOWN, open_document
from cim.ifc.foreign import EXPORT_IFC
from cim.ifc.georeference import read_georeference
from cim.ifc.limits import DEFAULT_LIMITS, ReadLimits
from cim.ifc.sniff import refuse_other_files
from cim.ifc.units import read_units
from cim.nursery import Nursery
from cim.text import Text

log = logging.getLogger(__name__)

ANSWER = "answer.json"
NOT_ISOLATED = 76  # exit code: the network could not be left, and the settings demand it
EPSETS = ("epset_mapconversion", "epset_projectedcrs")


@dataclass(frozen=True, slots=True)
class WrittenConversion:
    """What to write: where the engineering origin lands.

    Attributes:
        eastings, northings, orthogonal_height: metres, projected CRS.
        rotation: from grid east to the engineering x axis, radians, counter-clockwise.
        scale: map metres per engineering metre; the unit conversion comes on top.
        projected_crs: e.g. ``EPSG:4548``.
        vertical_datum: e.g. ``EPSG:5737``.
    """

    eastings: float
    northings: float
    orthogonal_height: float
    rotation: float
    scale: float
    projected_crs: str
    vertical_datum: str


def write_conversion(
    source: Path,
    target: Path,
    conversion: WrittenConversion,
    *,
    limits: ReadLimits = DEFAULT_LIMITS,
) -> None:
    """Write a copy of a file that states its place; the copy appears whole or not at all.

    Args:
        source: the architect's file, left as it is.
        target: the copy; its folder exists.
        conversion: what it is to state; whatever conversion it had is replaced.
        limits: what reading may cost.

    Raises:
        UnreadableIfcError: the file is no IFC this program can write again.
        IfcLimitError: it exceeded a limit or crashed the writer.
    """
    refuse_other_files(source, file_bytes=limits.file_bytes)
    with tempfile.TemporaryDirectory(prefix="cim-write-") as name:
        folder = Path(name)
        copy, told = folder / "copy.ifc", _asked(source, folder, conversion, limits)
        if told is not None:
            raise UnreadableIfcError(Text(**told), path=source, remedy=EXPORT_IFC)
        partial = target.with_name(f".{target.name}.partial")
        partial.write_bytes(copy.read_bytes())
        partial.replace(target)


def _asked(
    source: Path, folder: Path, conversion: WrittenConversion, limits: ReadLimits
) -> Mapping[str, str] | None:
    """Have ``copy.ifc`` written into a folder; why it was not, or None."""
    asked, answer, noise = (folder / part for part in ("request.json", ANSWER, "noise"))
    request = {
        "source": str(source.resolve()),
        "copy": str(folder / "copy.ifc"),
        "conversion": asdict(conversion),
        "file_bytes": limits.file_bytes,
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": limits.cpu_seconds,
        "written_bytes": limits.written_bytes,
        "open_files": limits.open_files,
        "must_isolate": limits.must_isolate,
    }
    asked.write_text(json.dumps(request), encoding="utf-8")
    with noise.open("wb") as stream:
        task = NURSERY.start(
            [str(asked)], stdout=stream.fileno(), stderr=stream.fileno(), folder=folder
        )
        code, _ = task.wait_at_most(limits.wall_seconds)
    if code != 0 or not answer.is_file():
        log.warning("writer ended with %s: %s", code, noise.read_text(errors="replace")[-2000:])
        raise _too_much(source)
    told: Mapping[str, str] | None = json.loads(answer.read_text(encoding="utf-8"))
    return told


def _too_much(path: Path) -> IfcLimitError:
    return IfcLimitError(
        Text(
            zh="改写该文件超出限制，或使程序崩溃。",
            en="writing the file again exceeded a limit, or crashed the writer.",
        ),
        path=path,
        remedy=EXPORT_IFC,
    )


def preload() -> None:
    """Open a small file of each schema, which loads the schemas and what is compiled."""
    with tempfile.TemporaryDirectory(prefix="cim-write-") as name:
        small = Path(name) / "small.ifc"
        for schema in KNOWN:
            ifcopenshell.file(schema=schema).write(str(small))  # type: ignore[arg-type]
            open_document(small, small.parent, file_bytes=small.stat().st_size)


def main(arguments: list[str]) -> int:
    """Serve one request; null, or why not, as JSON in ``answer.json``."""
    request = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    bound(request)
    if not leave_network() and request["must_isolate"]:
        return NOT_ISOLATED
    told: Mapping[str, str] | None = None
    try:
        _write(request)
    except UnreadableIfcError as error:
        told = error.reason.to_json()
    Path(ANSWER).write_text(json.dumps(told), encoding="utf-8")
    return 0


def _write(request: Mapping[str, Any]) -> None:
    document = open_document(Path(request["source"]), Path.cwd(), file_bytes=request["file_bytes"])
    if document.schema not in KNOWN:
        raise UnreadableIfcError(
            Text(
                zh="{schema} 只能读取，不能原样写回。",
                en="{schema} can be read but not written again as it is.",
            ).format(schema=document.schema)
        )
    if any(defect.kind.bars_verdicts for defect in document.defects):
        raise UnreadableIfcError(
            Text(
                zh="文件不完整，写出的副本会丢失内容。",
                en="the file is not whole; a copy would lose what could not be read.",
            )
        )
    model = document.opened()
    conversion = WrittenConversion(**request["conversion"])
    values = _stated(model, conversion)
    if model.schema == "IFC2X3":
        _write_property_sets(model, conversion, values)
    else:
        _write_entities(model, conversion, values)
    model.write(request["copy"])


def _stated(model: Any, conversion: WrittenConversion) -> dict[str, float]:
    """The numbers to write, counted from the world coordinate system where that is not the identity."""
    unit = read_units(model).length
    x, y, z, turn = read_georeference(model, unit, ()).world or (0.0, 0.0, 0.0, 0.0)
    c = conversion.scale * math.cos(conversion.rotation)
    s = conversion.scale * math.sin(conversion.rotation)
    rotation = conversion.rotation + turn
    return {
        "Eastings": conversion.eastings + c * x - s * y,
        "Northings": conversion.northings + s * x + c * y,
        "OrthogonalHeight": conversion.orthogonal_height + z,
        "XAxisAbscissa": math.cos(rotation),
        "XAxisOrdinate": math.sin(rotation),
        "Scale": conversion.scale * unit,
    }


def _write_entities(model: Any, conversion: WrittenConversion, values: Mapping[str, float]) -> None:
    for old in list(model.by_type("IfcCoordinateOperation")):
        crs = old.TargetCRS
        model.remove(old)
        if crs is not None and not model.get_inverse(crs):
            model.remove(crs)
    metre = model.create_entity("IfcSIUnit", UnitType="LENGTHUNIT", Name="METRE")
    crs = model.create_entity(
        "IfcProjectedCRS",
        Name=conversion.projected_crs,
        VerticalDatum=conversion.vertical_datum,
        MapUnit=metre,
    )
    contexts = model.by_type("IfcGeometricRepresentationContext", include_subtypes=False)
    context = next(
        (c for c in contexts if c.ContextType == "Model"), contexts[0] if contexts else None
    )
    if context is None:
        raise UnreadableIfcError(
            Text(
                zh="文件没有几何表达上下文。",
                en="the file has no geometric representation context.",
            )
        )
    model.create_entity("IfcMapConversion", SourceCRS=context, TargetCRS=crs, **values)


def _write_property_sets(
    model: Any, conversion: WrittenConversion, values: Mapping[str, float]
) -> None:
    _drop_property_sets(model)
    holders = [*model.by_type("IfcProject"), *model.by_type("IfcSite")]
    history = next((h.OwnerHistory for h in holders if h.OwnerHistory is not None), None)
    words = {
        "Name": conversion.projected_crs,
        "VerticalDatum": conversion.vertical_datum,
        "MapUnit": "METRE",
    }
    named = {
        "ePset_MapConversion": {
            key: model.create_entity("IfcReal", value) for key, value in values.items()
        },
        "ePset_ProjectedCRS": {
            key: model.create_entity("IfcLabel", value) for key, value in words.items()
        },
    }
    for name, properties in named.items():
        entries = [
            model.create_entity("IfcPropertySingleValue", Name=key, NominalValue=value)
            for key, value in properties.items()
        ]
        definition = model.create_entity(
            "IfcPropertySet", ifcopenshell.guid.new(), history, name, None, entries
        )
        model.create_entity(
            "IfcRelDefinesByProperties",
            ifcopenshell.guid.new(),
            history,
            None,
            None,
            holders,
            definition,
        )


def _drop_property_sets(model: Any) -> None:
    for definition in list(model.by_type("IfcPropertySet")):
        if (definition.Name or "").lower() not in EPSETS:
            continue
        for relation in list(model.get_inverse(definition)):
            if relation.is_a("IfcRelDefinesByProperties"):
                model.remove(relation)
        model.remove(definition)


def _environment() -> dict[str, str]:
    """The child needs our modules and nothing of the parent's secrets."""
    names = ("PATH", "LANG", "LC_ALL", "NUMBA_CACHE_DIR")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}


NURSERY = Nursery("cim.ifc.conversion_writer", _environment)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
