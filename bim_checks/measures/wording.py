"""Words that rules about distances share: which way, which storeys, how many metres."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.scheme import Scheme
from cim.text import Text

COMPASS = (
    Text(zh="东", en="east"),
    Text(zh="东北", en="north-east"),
    Text(zh="北", en="north"),
    Text(zh="西北", en="north-west"),
    Text(zh="西", en="west"),
    Text(zh="西南", en="south-west"),
    Text(zh="南", en="south"),
    Text(zh="东南", en="south-east"),
)
EIGHTH = (
    2.0 * math.pi / len(COMPASS)
)  # radians between two of them, from east on, counter-clockwise


def towards(east: float, north: float) -> Text:
    """The nearest of eight compass directions of a way in plan, metres.

    >>> towards(0.0, -2.0).en, towards(3.0, 2.9).en
    ('south', 'north-east')
    """
    return COMPASS[round(math.atan2(north, east) / EIGHTH) % len(COMPASS)]


def compass_way(number: int) -> tuple[float, float]:
    """The way of an entry of `COMPASS`: east and north, together 1."""
    return math.cos(number * EIGHTH), math.sin(number * EIGHTH)


def up_to_centimetre(metres: float) -> float:
    """Metres rounded up to whole centimetres, so that a fix is never too small.

    >>> up_to_centimetre(1.5), up_to_centimetre(1.501)
    (1.5, 1.51)
    """
    return math.ceil(round(metres * 100.0, 6)) / 100.0


def way_out(witness: BaseGeometry, *, across: bool = False) -> Text | None:
    """The compass direction that leads from the far end of a witness segment to the subject.

    Args:
        witness: from the subject to what it is measured to.
        across: whether the subject lies beyond it and must come back over it.

    Returns:
        None where the two touch.
    """
    (x0, y0), (x1, y1) = np.asarray(shapely.get_coordinates(witness))[[0, -1]]
    if math.hypot(x0 - x1, y0 - y1) == 0.0:
        return None
    sign = -1.0 if across else 1.0
    return towards(sign * (x0 - x1), sign * (y0 - y1))


def storeys_of(scheme: Scheme, global_ids: Collection[str]) -> Text | None:
    """The storeys that hold elements, lowest and highest named; None where the file assigns none."""
    elements = (scheme.elements_by_id.get(found) for found in global_ids)
    held = {element.storey for element in elements if element is not None}
    names = [s.name or s.global_id for s in scheme.model.storeys if s.global_id in held]
    if not names:
        return None
    if len(names) == 1:
        return Text(zh=names[0], en=names[0])
    return Text(zh="{first} 至 {last}", en="{first} to {last}").format(
        first=names[0], last=names[-1]
    )
