"""One file -> parcels in the city's frame: axes, zone, unit and area understood, or an error that says where."""

from __future__ import annotations

from pathlib import Path

from cim.city_frame import CityFrame
from cim.errors import ParcelError
from cim.parcel import Parcel
from cim.parcels.assemble import assemble
from cim.parcels.boundary_points import read_boundary_points
from cim.parcels.vector import read_vector
from cim.text import Text

VECTOR = (".geojson", ".json", ".shp", ".gpkg", ".dxf")
SUFFIXES = (".txt", ".csv", *VECTOR)


def read_parcels(
    path: Path,
    frame: CityFrame,
    extent: tuple[float, float, float, float],
    *,
    layer: str | None = None,
) -> tuple[Parcel, ...]:
    """Read the applicant's parcels.

    Args:
        path: boundary points (.txt, .csv), GeoJSON, Shapefile, GeoPackage or DXF.
        frame: the city's.
        extent: west, south, east, north of the city, metres; a parcel lies inside.
        layer: of a file with several.

    Raises:
        ParcelError: with the file, the line (or entity) and the remedy.
    """
    if not path.is_file():
        raise ParcelError(Text(zh="没有这个文件。", en="there is no such file."), path=path)
    suffix = path.suffix.lower()
    if suffix in VECTOR:
        source = read_vector(path, layer)
    elif suffix in SUFFIXES:
        source = read_boundary_points(path)
    else:
        raise ParcelError(
            Text(
                zh="不认识的界址点格式 {suffix}。", en="{suffix} is no known format of a parcel."
            ).format(suffix=suffix or "?"),
            path=path,
            remedy=Text(
                zh="请提供 TXT、GeoJSON、SHP、GPKG 或 DXF。",
                en="Provide TXT, GeoJSON, SHP, GPKG or DXF.",
            ),
        )
    return assemble(source, path, frame, extent)
