"""The buildings a city has already, as rules of spacing, light and sight ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
        outline: its exact plan projection where that is known already; None to compute it when asked for.
    """

    identifier: str
    attributes: Mapping[str, Any]
    mesh: Mesh
    outline: BaseGeometry | None = None

    @cached_property
    def footprint(self) -> BaseGeometry:
        """Exact plan projection, metres, projected frame; empty without faces."""
        if self.outline is not None:
            return self.outline
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
        self._buildings: Sequence[ExistingBuilding] = tuple(
            b for b in buildings if len(b.mesh.faces)
        )
        self._boxes = _boxes(self._buildings)

    @classmethod
    def of_boxes(
        cls, buildings: Sequence[ExistingBuilding], boxes: NDArray[np.float64]
    ) -> ExistingBuildings:
        """Buildings whose boxes are known, each made only when it is looked at.

        Args:
            buildings: each with a body.
            boxes: shape (N, 6): west, south, east, north, low, high, metres.
        """
        found = cls(())
        found._buildings, found._boxes = buildings, boxes
        return found

    def __len__(self) -> int:
        return len(self._buildings)

    @cached_property
    def all(self) -> tuple[ExistingBuilding, ...]:
        """Every one of them, in the order of the source."""
        return tuple(self._buildings)

    @property
    def tallest(self) -> float:
        """The greatest height of any of them, metres; 0 without any."""
        return float((self._boxes[:, 5] - self._boxes[:, 4]).max(initial=0.0))

    def near(self, bounds: Bounds) -> list[ExistingBuilding]:
        """Buildings whose boxes in plan touch `bounds` (west, south, east, north; metres), in the order of the source."""
        west, south, east, north = bounds
        boxes = self._boxes
        inside = (
            (boxes[:, 0] <= east)
            & (boxes[:, 2] >= west)
            & (boxes[:, 1] <= north)
            & (boxes[:, 3] >= south)
        )
        return [self._buildings[int(i)] for i in np.flatnonzero(inside)]


def read_existing(path: Path) -> ExistingBuildings:
    """The buildings of a CityJSONSeq file in the city's projected frame.

    Raises:
        CityError: it cannot be read.
    """
    return ExistingBuildings(stream_existing(path))


def stream_existing(path: Path) -> Iterator[ExistingBuilding]:
    """The same one by one, those without a body too.

    Raises:
        CityError: it cannot be read.
    """
    for found in read_cityjson_sequence(path):
        if _is_building(found):
            yield ExistingBuilding(found.id, found.attributes, found.mesh)


def _boxes(buildings: Sequence[ExistingBuilding]) -> NDArray[np.float64]:
    """West, south, east, north, low, high of each, metres, shape (N, 6)."""
    boxes = [box_of(building) for building in buildings]
    return np.array(boxes, dtype=np.float64).reshape(-1, 6)


def box_of(building: ExistingBuilding) -> tuple[float, ...]:
    """West, south, east, north, low, high, metres."""
    (west, south, low), (east, north, high) = (
        building.mesh.vertices.min(axis=0).tolist(),
        building.mesh.vertices.max(axis=0).tolist(),
    )
    return (west, south, east, north, low, high)


def _is_building(found: CityObject) -> bool:
    return found.kind in ("Building", "BuildingPart")
