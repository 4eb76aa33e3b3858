"""Streets and the blocks between them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from shapely.geometry import Polygon, box

from cim.text import Text
from samples.plan import EAST, SOUTH, WEST

STREET_WIDTH = 24.0  # m
AVENUE_SPACING = 240.0  # m between the centre lines of avenues
FIRST_AVENUE = WEST + 180.0
AVENUES = 12
BLOCK_MARGIN = 4.0  # m from a street's edge to a parcel


@dataclass(frozen=True, slots=True)
class Street:
    """A road red line: what is reserved for the road."""

    name: Text
    area: Polygon


# South and north edge of each street that runs from west to east.
STREET_EDGES = (
    (SOUTH + 788.0, SOUTH + 812.0),
    (SOUTH + 1_088.0, SOUTH + 1_112.0),
    (SOUTH + 1_380.0, SOUTH + 1_440.0),  # the boulevard, with the metro below its southern half
    (SOUTH + 1_668.0, SOUTH + 1_692.0),
    (SOUTH + 1_928.0, SOUTH + 1_952.0),
)
STREET_NAMES = (
    Text(zh="环岛南路", en="Ring Road South"),
    Text(zh="思明路", en="Siming Road"),
    Text(zh="滨海大道", en="Coast Boulevard"),
    Text(zh="湖滨路", en="Hubin Road"),
    Text(zh="山前路", en="Foothill Road"),
)
SOUTHERN_END, NORTHERN_END = STREET_EDGES[0][0], STREET_EDGES[-1][1]


def streets() -> list[Street]:
    """All road red lines; crossings belong to both roads."""
    from_west_to_east = [
        Street(name, box(WEST, south, EAST, north))
        for name, (south, north) in zip(STREET_NAMES, STREET_EDGES, strict=True)
    ]
    avenues = [
        Street(
            Text(zh=f"{number + 1}号路", en=f"Avenue {number + 1}"),
            box(centre - STREET_WIDTH / 2, SOUTHERN_END, centre + STREET_WIDTH / 2, NORTHERN_END),
        )
        for number, centre in enumerate(avenue_centres())
    ]
    return [*from_west_to_east, *avenues]


def avenue_centres() -> list[float]:
    """Eastings of the avenues' centre lines."""
    return [FIRST_AVENUE + AVENUE_SPACING * number for number in range(AVENUES)]


def blocks() -> list[Polygon]:
    """Rectangles between streets and avenues, row by row from the south."""
    centres = avenue_centres()
    rows = [(north, following[0]) for (_, north), following in itertools.pairwise(STREET_EDGES)]
    return [
        box(
            west + STREET_WIDTH / 2 + BLOCK_MARGIN,
            south + BLOCK_MARGIN,
            east - STREET_WIDTH / 2 - BLOCK_MARGIN,
            north - BLOCK_MARGIN,
        )
        for south, north in rows
        for west, east in itertools.pairwise(centres)
    ]
