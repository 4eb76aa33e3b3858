"""The model from above, for picking points: outlines and their corners."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.building import BuildingModel
from cim.frame.shape import shape_of
from cim.text import Text
from viewer.server.schemas.common import Words
from viewer.server.schemas.frame import PlanInfo, PlanPointInfo

MOST_CORNERS = 40  # of one outline; a person picks three, and a plan with more cannot be read
FINEST = 0.01  # m; where thinning out begins


def plan_of(model: BuildingModel) -> PlanInfo:
    """Outline of the site, hull of what touches the ground, and their corners at the zero level."""
    shape = shape_of(model)
    site = [] if shape.site is None else [_thinned(ring) for ring in _rings(shape.site)]
    contact = _thinned(_closed(shape.contact)) if len(shape.contact) > 2 else np.zeros((0, 2))
    points = [
        *_corners(site[:1], shape.zero, Text(zh="用地角点", en="site corner")),
        *_corners([contact], shape.zero, Text(zh="落地角点", en="foot corner")),
        _point(np.zeros(3), Text(zh="模型原点", en="model origin")),
    ]
    return PlanInfo(site=[_pairs(ring) for ring in site], contact=_pairs(contact), points=points)


def _rings(site: BaseGeometry) -> list[NDArray[np.float64]]:
    """Outlines of a site's parts, the largest first."""
    parts = [part for part in shapely.get_parts(site) if part.geom_type == "Polygon"]
    parts.sort(key=lambda part: -float(part.area))
    return [shapely.get_coordinates(part.exterior) for part in parts]


def _closed(hull: NDArray[np.float64]) -> NDArray[np.float64]:
    return hull if (hull[0] == hull[-1]).all() else np.vstack([hull, hull[:1]])


def _thinned(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners of a ring, shape (N, 2), that matter most; each is one of the model's own."""
    outline, tolerance = shapely.Polygon(ring), FINEST
    thin = outline.simplify(tolerance)
    while len(thin.exterior.coords) > MOST_CORNERS + 1:
        tolerance *= 2.0
        thin = outline.simplify(tolerance)
    return np.asarray(shapely.get_coordinates(thin.exterior))


def _corners(
    rings: list[NDArray[np.float64]], height: float, name: Text
) -> Iterator[PlanPointInfo]:
    for ring in rings:
        for number, (x, y) in enumerate(ring[:-1].tolist(), start=1):
            said = Text(zh=f"{name.zh} {number}", en=f"{name.en} {number}")
            yield _point(np.array([x, y, height]), said)


def _point(at: NDArray[np.float64], name: Text) -> PlanPointInfo:
    x, y, z = (round(value, 4) for value in at.tolist())
    return PlanPointInfo(name=Words(**name.to_json()), engineering=(x, y, z))


def _pairs(ring: NDArray[np.float64]) -> list[tuple[float, float]]:
    return [(round(x, 4), round(y, 4)) for x, y in ring.tolist()]
