"""Where every third-party model stands, and why: ``python -m tests.cim.frame.survey [FOLDER]`` prints the table.

A file that names a projected CRS is held against a flat city in that CRS around the place it states; every other
one against the flat test city at Xiamen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pyproj import CRS

from cim.building import BuildingModel, MapConversion
from cim.city_frame import CityFrame
from cim.crs import understand_crs
from cim.errors import CimError
from cim.frame import FrameLedger, decide_frame
from cim.ifc import read_ifc
from cim.terrain import Terrain
from cim.vertical import VerticalSeparation
from tests.support.cities import FRAME, flat_terrain

SIDE, CELL = 20_000.0, 100.0


@dataclass(frozen=True)
class Row:
    """One file: its ledger, or why it cannot be read."""

    path: Path
    model: BuildingModel | None
    ledger: FrameLedger | None
    city: str
    error: str | None


def survey(folder: Path) -> Iterator[Row]:
    """A row for every IFC file below a folder, in the order of their names."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in (".ifc", ".ifczip"):
            continue
        try:
            model = read_ifc(path)
        except CimError as error:
            yield Row(path, None, None, "", error.reason.en)
            continue
        frame, terrain = home_of(model)
        yield Row(path, model, decide_frame(model, frame, terrain), frame.projected_crs, None)


def home_of(model: BuildingModel) -> tuple[CityFrame, Terrain]:
    """A flat city where the file says it stands, if that is where its CRS is used; else in the middle of that area."""
    conversion = model.map_conversion
    crs = understand_crs(conversion.projected_crs or "") if conversion else None
    if conversion is None or crs is None or not crs.projected or crs.code is None:
        return FRAME, flat_terrain()
    datum = conversion.vertical_datum or crs.vertical or "EPSG:5773"
    frame = CityFrame(crs.code, VerticalSeparation(datum, 0.0, 0.0))
    west, south, east, north = CRS.from_user_input(crs.code).area_of_use.bounds
    for unit in (conversion.map_unit or 1.0, 1.0, conversion.length_unit):
        place = np.array([[conversion.eastings * unit, conversion.northings * unit]])
        lon, lat = frame.degrees(place)[0]
        if west <= lon <= east and south <= lat <= north:
            return frame, level(*place[0], ground(model, conversion, unit))
    middle = frame.from_degrees(np.array([[(west + east) / 2.0, (south + north) / 2.0]]))[0]
    return frame, level(*middle, 0.0)


def stated_home(model: BuildingModel) -> tuple[CityFrame, Terrain]:
    """A flat city just where a conversion in its own unit puts the model."""
    conversion = model.map_conversion
    assert conversion is not None
    unit = conversion.map_unit or 1.0
    crs = understand_crs(conversion.projected_crs or "")
    assert crs is not None
    datum = conversion.vertical_datum or crs.vertical or "EPSG:5773"
    frame = CityFrame(str(crs.code), VerticalSeparation(datum, 0.0, 0.0))
    place = (conversion.eastings * unit, conversion.northings * unit)
    return frame, level(*place, ground(model, conversion, unit))


def ground(model: BuildingModel, conversion: MapConversion, unit: float) -> float:
    """The zero level's height: where there is no terrain the model is believed."""
    bounds = model.bounds()
    low = (
        0.0 if bounds is None or bounds[0, 2] <= 0.5 <= bounds[1, 2] + 0.5 else float(bounds[0, 2])
    )
    return conversion.orthogonal_height * unit + low


def level(east: float, north: float, height: float) -> Terrain:
    """Flat ground around a point."""
    cells = int(SIDE / CELL)
    return Terrain(np.full((cells, cells), height), east - SIDE / 2, north + SIDE / 2, CELL)


def told(row: Row) -> str:
    """One line: file, city, what was taken or refused, and the codes that say why."""
    if row.ledger is None:
        return f"{row.path.name} | — | unreadable | {row.error}"
    taken = row.ledger.taken
    parts = [
        f"{c.source}{'*' if c is taken else ''}: "
        + (", ".join(f.code.value for f in c.findings) or ("taken" if c is taken else "outranked"))
        for c in row.ledger.candidates
    ] or [f.code.value for f in row.ledger.findings]
    state = f"taken {taken.source}" if taken else "refused"
    return f"{row.path.parent.name}/{row.path.name} | {row.city} | {state} | {'; '.join(parts)}"


if __name__ == "__main__":
    named = sys.argv[1] if len(sys.argv) > 1 else os.environ["CIM_TEST_DATA"] + "/ifc"
    for found in survey(Path(named)):
        sys.stdout.write(told(found) + "\n")
        sys.stdout.flush()
