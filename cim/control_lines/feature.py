"""One control line as every room reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from cim.text import Text

AttributeValue = str | float | int | bool | None
Bounds = tuple[float, float, float, float]
"""West, south, east, north, metres, the city's projected frame."""


@dataclass(frozen=True, slots=True)
class ControlFeature:
    """A polygon or line of one layer.

    Attributes:
        identifier: unique in the store.
        layer: layer code of the city's catalogue.
        name: for people.
        geometry: metres, the city's projected frame, easting then northing; valid and not empty.
        attributes: what else the source says, e.g. ``limit_elevation``.
    """

    identifier: int
    layer: str
    name: Text
    geometry: BaseGeometry
    attributes: Mapping[str, AttributeValue]
