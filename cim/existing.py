"""The buildings a city has already, as rules of spacing, light and sight ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.cityjson import CityObject, read_cityjson_sequence
from cim.mesh import Mesh
from cim.projection import project_mesh

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class ExistingBuilding:
    """One building that stands.

    Attributes:
        identifier: in the city's own source.
        attributes: as written, e.g. ``usage`` or ``fire_class``.
        mesh: metres, the city's projected frame, orthogonal heights.
    """

    identifier: str
    attributes: Mapping[str, Any]
    mesh: Mesh

    @cached_property
    def footprint(self) -> BaseGeometry:
        """Exact plan projection, metres, projected frame; empty without faces."""
        middle = self.mesh.vertices.mean(axis=0) if len(self.mesh.vertices) else np.zeros(3)
        near = project_mesh(Mesh(self.mesh.vertices - middle, self.mesh.faces))
        return shapely.transform(near, lambda xy: xy + middle[:2])

    @property
    def low(self) -> float:
        """Orthogonal height of its lowest point, metres."""
        return float(self.mesh.vertices[:, 2].min())

    @property
    def high(self) -> float:
        """Orthogonal height of its highest point, metres."""
        return float(self.mesh.vertices[:, 2].max())


class ExistingBuildings:
    """All buildings of a city that have a body, found by place."""

    def __init__(self, buildings: Iterable[ExistingBuilding]) -> None:
        self.all: tuple[ExistingBuilding, ...] = tuple(b for b in buildings if len(b.mesh.faces))

    def near(self, bounds: Bounds) -> list[ExistingBuilding]:
        """Buildings whose boxes in plan touch `bounds` (west, south, east, north; metres), in the order of the source."""
        if not self.all:
            return []
        west, south, east, north = bounds
        boxes = self._boxes
        inside = (
            (boxes[:, 0] <= east)
            & (boxes[:, 2] >= west)
            & (boxes[:, 1] <= north)
            & (boxes[:, 3] >= south)
        )
        return [self.all[i] for i in np.flatnonzero(inside)]

    @cached_property
    def _boxes(self) -> NDArray[np.float64]:
        corners = [
            (b.mesh.vertices[:, :2].min(axis=0), b.mesh.vertices[:, :2].max(axis=0))
            for b in self.all
        ]
        return np.array([[*low, *high] for low, high in corners])


def read_existing(path: Path) -> ExistingBuildings:
    """The buildings of a CityJSONSeq file in the city's projected frame.

    Raises:
        CityError: it cannot be read.
    """
    return ExistingBuildings(
        ExistingBuilding(found.id, found.attributes, found.mesh)
        for found in read_cityjson_sequence(path)
        if _is_building(found)
    )


def _is_building(found: CityObject) -> bool:
    return found.kind in ("Building", "BuildingPart")
