"""The applicant's parcel: the boundary points the land office has surveyed, in the city's frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from cim.text import Text


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel.

    Attributes:
        name: as the source calls it, else its number there.
        geometry: Polygon or MultiPolygon with holes, metres, easting then northing, the city's projected frame.
        stated_area: m2 as the source states it, or None.
        notes: what the reader had to understand (axes, zone prefix, unit, encoding).
    """

    name: str
    geometry: BaseGeometry
    stated_area: float | None = None
    notes: tuple[Text, ...] = ()


def nearest_parcel(parcels: Sequence[Parcel], shape: BaseGeometry) -> Parcel:
    """The parcel that shares most with a shape; when none does, the nearest."""
    return max(
        parcels,
        key=lambda parcel: (
            float(shapely.area(shapely.intersection(parcel.geometry, shape))),
            -float(shapely.distance(parcel.geometry, shape)),
        ),
    )


def parcels_to_json(parcels: Sequence[Parcel]) -> list[dict[str, Any]]:
    """Parcels as plain JSON values: geometry as GeoJSON in the city's frame, areas in m2."""
    return [
        {
            "name": parcel.name,
            "geometry": dict(shapely.geometry.mapping(parcel.geometry)),
            "area": float(parcel.geometry.area),
            "stated_area": parcel.stated_area,
            "notes": [note.to_json() for note in parcel.notes],
        }
        for parcel in parcels
    ]


def parcels_from_json(values: Sequence[Mapping[str, Any]]) -> tuple[Parcel, ...]:
    """The inverse of `parcels_to_json`."""
    return tuple(
        Parcel(
            name=value["name"],
            geometry=shapely.geometry.shape(value["geometry"]),
            stated_area=value["stated_area"],
            notes=tuple(Text(**note) for note in value["notes"]),
        )
        for value in values
    )
