"""Shapes that cross themselves, made valid, with what that changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from cim.control_lines.blueprint.source import Shapes


@dataclass(frozen=True, slots=True)
class Mended:
    """An invalid shape and what it becomes.

    Attributes:
        shape: valid; None when nothing of it is left (a ring without area).
        before: m2, shells less holes as they are drawn; a bow tie's halves cancel.
        after: m2.
    """

    shape: BaseGeometry | None
    before: float
    after: float

    @property
    def change(self) -> float:
        """What the repair adds, m2; negative is lost."""
        return self.after - self.before


def mend(shape: BaseGeometry) -> Mended:
    """Make a shape valid: rings are cut where they cross, shells united, holes taken out; what has no area is dropped.

    Args:
        shape: invalid, finite; metres.
    """
    before = float(shapely.area(shape))
    shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if shape.is_empty or not shape.is_valid:
        return Mended(None, before, 0.0)
    return Mended(shape, before, float(shapely.area(shape)))


def invalid_rows(shapes: Shapes) -> list[int]:
    """Rows that hold an invalid shape; a missing or empty one is none."""
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return [int(row) for row in np.flatnonzero(there & ~shapely.is_valid(shapes))]
