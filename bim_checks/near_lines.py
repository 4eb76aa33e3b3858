"""The control lines near one submission: read from the store once, however many rules ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import shapely
from numpy.typing import NDArray

from cim.bodies import objects
from cim.control_lines.feature import ControlFeature
from cim.control_lines.store import LineStore

# m; how far the nearest feature is looked for where the rule does not ask for more. Searching to the end of the city cost
# 30 ms a layer with 125,000 polygons, for the distance of something that does not matter.
SEARCH = 320.0
# m around the first place that is asked for: the narrow window answers all but the search for what is nearest.
REACHES = (60.0, SEARCH + 10.0)

Bounds = tuple[float, float, float, float]
"""West, south, east, north; metres, the city's projected frame."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerNearby:
    """Features of one layer, with their boxes as an array.

    Attributes:
        features: in the order of the store.
        boxes: west, south, east, north, shape (N, 4).
    """

    features: Sequence[ControlFeature]
    boxes: NDArray[np.float64]


@runtime_checkable
class AnswersTogether(Protocol):
    """A store that tells of all layers around a place in one query."""

    def around(self, bounds: Bounds) -> Mapping[str, list[ControlFeature]]:
        """Features of every layer whose boxes touch `bounds`; a layer that has nothing there is absent."""
        ...


class NearLines:
    """Features near one place, kept for as long as the rules of one submission are answered."""

    def __init__(self, lines: LineStore) -> None:
        self._lines = lines
        self._windows: tuple[_Window, ...] = ()
        self._far: dict[tuple[str, Bounds | None], Sequence[ControlFeature]] = {}

    def features(self, layer: str, bounds: Bounds | None) -> Sequence[ControlFeature]:
        """Features of a layer whose boxes touch `bounds`, as the store has them; all of it when None."""
        if bounds is not None and not self._windows:
            self._windows = tuple(_Window(self._lines, grown(bounds, r)) for r in REACHES)
        for window in self._windows:
            if bounds is not None and window.covers(bounds):
                return window.features(layer, bounds)
        key = (layer, bounds)
        if key not in self._far:
            self._far[key] = self._lines.features(layer, bounds)
        return self._far[key]


class _Window:
    """Everything in a box; read when first asked for."""

    def __init__(self, lines: LineStore, box: Bounds) -> None:
        self._lines = lines
        self._box = box
        self._together: Mapping[str, list[ControlFeature]] | None = None
        self._layers: dict[str, LayerNearby] = {}

    def covers(self, bounds: Bounds) -> bool:
        west, south, east, north = bounds
        box = self._box
        return west >= box[0] and south >= box[1] and east <= box[2] and north <= box[3]

    def features(self, layer: str, bounds: Bounds) -> list[ControlFeature]:
        nearby = self._layer(layer)
        west, south, east, north = bounds
        boxes = nearby.boxes
        touching = (boxes[:, 0] <= east) & (boxes[:, 2] >= west)
        touching &= (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
        return [nearby.features[i] for i in np.flatnonzero(touching)]

    def _layer(self, layer: str) -> LayerNearby:
        if layer not in self._layers:
            found = self._read(layer)
            boxes = shapely.bounds(objects([feature.geometry for feature in found])).reshape(-1, 4)
            self._layers[layer] = LayerNearby(found, boxes)
        return self._layers[layer]

    def _read(self, layer: str) -> Sequence[ControlFeature]:
        if not isinstance(self._lines, AnswersTogether):
            return self._lines.features(layer, self._box)
        if self._together is None:
            self._together = self._lines.around(self._box)
        return self._together.get(layer, [])


def grown(bounds: Bounds, reach: float) -> Bounds:
    """Bounds wider by a reach (metres) on every side."""
    west, south, east, north = bounds
    return (west - reach, south - reach, east + reach, north + reach)
