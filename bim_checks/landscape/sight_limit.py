"""A limit that a rule of sight sets from a viewpoint, and how the scheme stands to it: what plates, plans and sections draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.text import Text


@dataclass(frozen=True, slots=True, eq=False)
class SightLimit:
    """A limit surface seen from an eye.

    Attributes:
        rule: identifier of the rule that sets it.
        part: which of the rule's surfaces it is, for file names: ``band``, ``corridor``, ``setting-1``, ``background`` or ``cone``.
        name: of the surface, for people.
        surface: gives the orthogonal height that may be reached at points of shape (N, 2) or (N, 3); NaN where there is no limit.
        region: polygon in which it holds, projected frame; None where the surface itself knows.
        target: shape (K, 3), what is looked at: a ridge's vertices, a landmark's ends at the threshold; K 0 where there is nothing.
        worst: shape (3,), the point of the scheme that rises highest above the surface, or comes nearest to it from below.
        excess: by how much it is above, metres; negative is room left.
        is_consulted: whether breaking it is to be consulted on and not refused.
    """

    rule: str
    part: str
    name: Text
    surface: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    region: BaseGeometry | None
    target: NDArray[np.float64]
    worst: NDArray[np.float64]
    excess: float
    is_consulted: bool = False

    @property
    def is_broken(self) -> bool:
        """Whether anything of the scheme is above it."""
        return self.excess > 0.0

    def heights(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The height that may be reached at points, shape (N, 2) or (N, 3); NaN where there is no limit."""
        found = self.surface(points)
        if self.region is None:
            return found
        shapely.prepare(self.region)
        inside = shapely.contains_xy(self.region, points[:, 0], points[:, 1])
        return np.where(inside, found, np.nan)
