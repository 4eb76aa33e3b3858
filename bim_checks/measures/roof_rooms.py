"""Rooms on a roof - stairs, lifts, tanks - that are too small together to count as height."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Unit
from bim_checks.measures.penetration import within
from bim_checks.measures.roof_form import JOINT, RISES, RoofForm
from bim_checks.parameters import parameter, parameters
from bim_checks.scheme import Scheme
from cim.union import filled, unite


@parameters
class RoofRoomParameters:
    """Which rooms on a roof do not count."""

    share: float = parameter(
        zh="屋顶房间合计面积不超过所在屋面平面面积的份额",
        en="their areas together are at most this share of the plan area of the roof they stand on",
        unit=Unit.RATIO,
    )
    height: float = parameter(
        zh="且高出屋面不超过", en="and they rise at most this high above it", unit=Unit.METRE
    )


def roof_rooms(
    scheme: Scheme,
    forms: tuple[RoofForm, ...],
    parts: frozenset[int],
    stated: RoofRoomParameters | None,
) -> tuple[frozenset[int], float | None]:
    """Outlines of what stands on roofs, is low enough and small enough together; and the largest share it takes of its roof."""
    rooms: frozenset[int] = frozenset()
    if stated is None:
        return rooms, None
    largest = None
    for form in forms:
        if set(form.elements) <= rooms:
            continue
        roof = filled(form.plan)
        low = [
            (members, area)
            for members, area, top in _standing_on(scheme, form, roof, parts | rooms)
            if top <= form.high + stated.height
        ]
        share = sum(area for _, area in low) / roof.area
        if low and share <= stated.share:
            rooms |= frozenset(i for members, _ in low for i in members)
            largest = max(share, largest or 0.0)
    return rooms, largest


def _standing_on(
    scheme: Scheme, form: RoofForm, roof: BaseGeometry, without: frozenset[int]
) -> list[tuple[list[int], float, float]]:
    """What stands apart on a roof: its outlines, the area it covers with all it encloses, and its top."""
    own = {*form.elements, *form.parapets, *without}
    inner = within(roof)
    shapely.prepare(inner)
    rising = np.flatnonzero(scheme.outline_heights[:, 1] > form.high + RISES)
    rising = rising[shapely.intersects(inner, scheme.outline_shapes[rising])]
    rising = np.array([i for i in rising if i not in own], dtype=np.int64)
    if not len(rising):
        return []
    shapes = scheme.outline_shapes[rising]
    reach = roof.buffer(JOINT)
    found = []
    for cluster in shapely.get_parts(filled(unite(list(shapes.tolist())).buffer(JOINT))):
        members = rising[shapely.intersects(cluster, shapes)]
        covered = filled(unite(scheme.outline_shapes[members].tolist()))
        if shapely.covers(reach, covered):
            top = float(scheme.outline_heights[members, 1].max())
            found.append((members.tolist(), float(covered.area), top))
    return found
