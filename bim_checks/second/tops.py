"""Heights that are counted to a point, found again: to the highest point over a zone, or the highest of the elements that a regime counts to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, SecondOpinion
from bim_checks.rule import Rule, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.limits import level
from bim_checks.second.surfaces import QUARTERED, RESOLUTION, Below, highest_above
from cim.text import Text

CORNERS = Text(
    zh="取所列构件三角面的最高角点",
    en="the highest corner of the triangles of the elements named",
)


@dataclass(frozen=True, slots=True, eq=False)
class CountedTo:
    """What a height is counted to.

    Attributes:
        zone: polygon, metres; only what lies in it counts. None for the whole building.
        base: orthogonal height it is counted from, metres.
        elements: GlobalIds of those whose highest point it is; None for the highest of all.
        flat_below: degrees; only their faces that look up and are less steep count. None for all.
    """

    zone: BaseGeometry | None
    base: float
    elements: tuple[str, ...] | None = None
    flat_below: float | None = None


def recheck_top(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """The height of the highest point; None where the height is no point's, as the mean of eave and ridge."""
    counted = judgement.basis
    if not isinstance(counted, CountedTo):
        return None
    triangles, owners = scheme.all_triangles
    if counted.elements is not None:
        names = set(counted.elements)
        chosen = np.array([outline.global_id in names for outline in scheme.outlines])
        faces = triangles[chosen[owners]]
        if counted.flat_below is not None:
            faces = faces[_are_flat(faces, counted.flat_below)]
        if not len(faces):
            return None
        return SecondOpinion(CORNERS, float(faces[:, :, 2].max()) - counted.base, RESOLUTION)
    least, most = highest_above(triangles, Below(level(counted.base), counted.zone))
    if not math.isfinite(least):
        return None
    return SecondOpinion(QUARTERED, (least + most) / 2.0, (most - least) / 2.0 + RESOLUTION)


def _are_flat(faces: NDArray[np.float64], below: float) -> NDArray[np.bool_]:
    """Which triangles look up and are less steep than so many degrees."""
    normals = np.cross(faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 0])
    return np.asarray(
        normals[:, 2] > np.linalg.norm(normals, axis=1) * math.cos(math.radians(below))
    )
