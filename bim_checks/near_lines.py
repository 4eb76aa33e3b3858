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

# m around the first place that is asked for; the longest protection and sanitary distances but a few are shorter, and a
# window of a few hundred metres still holds only some dozens of features
WINDOW_REACH = 60.0

Bounds = tuple[float, float, float, float]
"""West, south, east, north; metres, the city's projected frame."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerNearby:
    """Features of one layer, with their shapes and boxes as arrays.

    Attributes:
        features: in the order of the store.
        shapes: theirs, shape (N,).
        boxes: west, south, east, north, shape (N, 4).
    """

    features: Sequence[ControlFeature]
    shapes: NDArray[np.object_]
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
        self._window: Bounds | None = None
        self._together: Mapping[str, list[ControlFeature]] | None = None
        self._layers: dict[str, LayerNearby] = {}
        self._far: dict[tuple[str, Bounds | None], list[ControlFeature]] = {}

    def features(self, layer: str, bounds: Bounds | None) -> list[ControlFeature]:
        """Features of a layer whose boxes touch `bounds`, as the store has them; all of it when None."""
        if bounds is None or not self._covers(bounds):
            key = (layer, bounds)
            if key not in self._far:
                self._far[key] = self._lines.features(layer, bounds)
            return self._far[key]
        nearby = self._layer(layer)
        west, south, east, north = bounds
        boxes = nearby.boxes
        touching = (
            (boxes[:, 0] <= east)
            & (boxes[:, 2] >= west)
            & (boxes[:, 1] <= north)
            & (boxes[:, 3] >= south)
        )
        return [nearby.features[i] for i in np.flatnonzero(touching)]

    def _covers(self, bounds: Bounds) -> bool:
        """Whether bounds lie inside the window; the first that are asked for make it."""
        west, south, east, north = bounds
        if self._window is None:
            reach = WINDOW_REACH
            self._window = (west - reach, south - reach, east + reach, north + reach)
        window = self._window
        return bool(
            west >= window[0] and south >= window[1] and east <= window[2] and north <= window[3]
        )

    def _layer(self, layer: str) -> LayerNearby:
        if layer not in self._layers:
            found = self._read(layer)
            shapes = objects([feature.geometry for feature in found])
            boxes = shapely.bounds(shapes).reshape(-1, 4)
            self._layers[layer] = LayerNearby(found, shapes, boxes)
        return self._layers[layer]

    def _read(self, layer: str) -> Sequence[ControlFeature]:
        """What the window shows of a layer."""
        if self._window is None or not isinstance(self._lines, AnswersTogether):
            return self._lines.features(layer, self._window)
        if self._together is None:
            self._together = self._lines.around(self._window)
        return self._together.get(layer, [])


def grown(bounds: Bounds, reach: float) -> Bounds:
    """Bounds wider by a reach (metres) on every side."""
    west, south, east, north = bounds
    return (west - reach, south - reach, east + reach, north + reach)
