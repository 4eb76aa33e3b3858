"""Rings as a source writes them, before axes, zone and unit are understood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from cim.text import Text


@dataclass(frozen=True, slots=True, eq=False)
class RawRing:
    """One ring.

    Attributes:
        points: shape (N, 2), what the source means to be easting and northing, as written.
        places: where each point stands in the source (a line, an entity), N of them.
        closed: whether the source closes it, by repeating the first point or by saying so.
    """

    points: NDArray[np.float64]
    places: tuple[str, ...]
    closed: bool


@dataclass(frozen=True, slots=True, eq=False)
class RawParcel:
    """One parcel.

    Attributes:
        name: for people.
        place: where it begins in the source.
        rings: the first is the outer one.
        stated_area: as written, or None.
        counted: whether the source states how many points it has, and that is right.
    """

    name: str
    place: str
    rings: tuple[RawRing, ...]
    stated_area: float | None = None
    counted: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class RawSource:
    """All parcels of a file.

    Attributes:
        parcels: at least one.
        crs: as the source names it; None when it does not.
        zone: zone number a header states, or None.
        zone_width: degrees of the zones, 3 or 6, or None.
        notes: what had to be understood.
    """

    parcels: tuple[RawParcel, ...]
    crs: CRS | None
    zone: int | None = None
    zone_width: int | None = None
    notes: tuple[Text, ...] = ()
