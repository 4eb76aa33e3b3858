"""How much of an open corridor's width is built up, slice by slice across it.

Along the corridor the built width and the whole width are linear between the corners of what is cut, so their quotient is
greatest just beside a corner: these places are asked, and nothing is sampled.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry.base import BaseGeometry

BESIDE = 1e-6  # m; a slice just before and one just behind each corner
LEAST_ADDED = 1e-3  # m; less width than this is what a drawing's tolerance adds


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """One cut across a corridor.

    Attributes:
        line: across the corridor, metres, projected frame.
        width: of the corridor there, metres.
        before, after: what is built up of it without and with the scheme, metres.
    """

    line: BaseGeometry
    width: float
    before: float
    after: float

    @property
    def share(self) -> float:
        """What is built up, 0 to 1."""
        return self.after / self.width


def worst_slice(
    corridor: BaseGeometry,
    bearing: float | None,
    *,
    scheme: BaseGeometry,
    existing: BaseGeometry,
) -> Slice | None:
    """The slice most built up, of those in which the scheme takes width that was open.

    Args:
        corridor: polygon, metres, projected frame.
        bearing: along it, radians clockwise from grid north; None for the long side of the smallest box around it.
        scheme: what the scheme covers, polygons.
        existing: what is covered already.

    Returns:
        None where the scheme takes no open width.
    """
    along = long_side(corridor) if bearing is None else bearing
    anchor = corridor.centroid
    # Turned so that the corridor runs along +x: a bearing counts clockwise from north.
    turn = along - math.pi / 2.0

    def turned(shape: BaseGeometry, angle: float) -> BaseGeometry:
        return affinity.rotate(shape, angle, origin=anchor, use_radians=True)

    open_ = turned(corridor, turn)
    added = turned(scheme, turn).intersection(open_)
    if added.area <= 0.0:
        return None
    west, _, east, _ = added.bounds
    near = open_.intersection(shapely.box(west, open_.bounds[1], east, open_.bounds[3]))
    before = turned(existing, turn).intersection(near)
    after = shapely.union_all([before, added])
    places = _places([near, before, after], west, east)
    lines = _across(places, open_.bounds)
    widths, built, whole = (
        shapely.length(shapely.intersection(shape, lines)) for shape in (open_, before, after)
    )
    taken = np.flatnonzero((whole - built > LEAST_ADDED) & (widths > 0.0))
    if not len(taken):
        return None
    worst = int(taken[np.argmax(whole[taken] / widths[taken])])
    line = turned(shapely.intersection(open_, lines[worst]), -turn)
    return Slice(line, float(widths[worst]), float(built[worst]), float(whole[worst]))


def long_side(corridor: BaseGeometry) -> float:
    """Bearing of the long side of the smallest box around a corridor, radians clockwise from grid north, 0 to pi."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(corridor))
    sides = np.diff(corners[:3], axis=0)
    east, north = sides[np.hypot(sides[:, 0], sides[:, 1]).argmax()]
    return float(np.arctan2(east, north) % np.pi)


def _places(shapes: list[BaseGeometry], west: float, east: float) -> NDArray[np.float64]:
    """Places just beside every corner between two ends."""
    corners = np.concatenate([shapely.get_coordinates(shape)[:, 0] for shape in shapes])
    inside = corners[(corners >= west) & (corners <= east)]
    places = np.unique(np.concatenate([inside - BESIDE, inside + BESIDE]))
    found: NDArray[np.float64] = places[(places > west) & (places < east)]
    return found


def _across(
    places: NDArray[np.float64], bounds: tuple[float, float, float, float]
) -> NDArray[np.object_]:
    south, north = bounds[1] - 1.0, bounds[3] + 1.0
    ends = np.stack(
        [
            np.stack([places, np.full_like(places, south)], axis=1),
            np.stack([places, np.full_like(places, north)], axis=1),
        ],
        axis=1,
    )
    lines: NDArray[np.object_] = np.asarray(shapely.linestrings(ends), dtype=object)
    return lines
