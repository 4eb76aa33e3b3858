"""The applicant's parcel: the boundary points the land office has surveyed, in the city's frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
