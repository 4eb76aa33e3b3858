"""The shortest way from a building's bodies to a control line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from bim_checks.measures.space import Witness, nearest_in_plan, nearest_in_space
from bim_checks.scheme import Scheme
from cim.control_lines.feature import ControlFeature


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """The shortest way from the bodies to a line.

    Attributes:
        segment: body first, line second; metres, projected frame, 3D.
        distance: metres.
        global_id: of the element it begins at.
    """

    segment: shapely.LineString
    distance: float
    global_id: str


def way_to(scheme: Scheme, feature: ControlFeature, height_attribute: str | None) -> Way:
    """The shortest way to a feature.

    Args:
        scheme: placed, and drawing something.
        feature: a vertical surface over its plan shape, or a line at an elevation.
        height_attribute: states that elevation; None for the vertical surface.

    Raises:
        ValueError: the feature is no line with that attribute.
    """
    triangles, owners = scheme.all_triangles
    if height_attribute is not None:
        height = line_height(feature, height_attribute)
        if height is None:
            raise ValueError(feature.name.en)
        found = nearest_in_space(triangles, _segments(feature.geometry, height))
    else:
        found = nearest_in_plan(triangles, _segments(feature.geometry, 0.0))
        if scheme.footprint.intersects(feature.geometry):
            found = Witness(found.start, found.start, 0.0, found.triangle)
    return Way(
        shapely.LineString([found.start, found.end]),
        found.distance,
        scheme.outlines[int(owners[found.triangle])].global_id,
    )


def line_height(feature: ControlFeature, attribute: str) -> float | None:
    """The elevation of a line, metres; None where it is no line or does not state it as a number."""
    value = feature.attributes.get(attribute)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if "LineString" in feature.geometry.geom_type else None


def _segments(shape: shapely.Geometry, height: float) -> NDArray[np.float64]:
    """Segments of the lines or rings of a shape at a height, shape (K, 2, 3)."""
    outline = shape.boundary if "Polygon" in shape.geom_type else shape
    parts = []
    for line in shapely.get_parts(outline):
        corners = np.column_stack(
            [shapely.get_coordinates(line), np.full(shapely.get_num_coordinates(line), height)]
        )
        parts.append(np.stack([corners[:-1], corners[1:]], axis=1))
    return np.concatenate(parts)
