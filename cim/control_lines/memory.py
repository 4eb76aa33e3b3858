"""Control lines held in memory: a scene, a drawing that was just read, a test."""

from __future__ import annotations

from collections.abc import Iterable

from cim.control_lines.feature import ControlFeature


class LinesInMemory:
    """A line store over a list of features."""

    def __init__(self, features: Iterable[ControlFeature]) -> None:
        self._features = tuple(features)

    def features(
        self, layer: str, bounds: tuple[float, float, float, float] | None = None
    ) -> list[ControlFeature]:
        """Features of a layer whose boxes touch `bounds`, in their order; all of it when None."""
        found = [feature for feature in self._features if feature.layer == layer]
        if bounds is None:
            return found
        west, south, east, north = bounds
        return [
            feature
            for feature in found
            if feature.geometry.bounds[0] <= east
            and feature.geometry.bounds[2] >= west
            and feature.geometry.bounds[1] <= north
            and feature.geometry.bounds[3] >= south
        ]
