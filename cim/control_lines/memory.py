"""Control lines held in memory: a scene, a drawing that was just read, a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cim.control_lines.feature import Bounds, ControlFeature


class LinesInMemory:
    """A line store over a list of features."""

    def __init__(self, features: Iterable[ControlFeature]) -> None:
        self._features = tuple(features)

    def features(self, layer: str, bounds: Bounds | None = None) -> list[ControlFeature]:
        """Features of a layer whose boxes touch `bounds`, in their order; all of it when None."""
        found = [feature for feature in self._features if feature.layer == layer]
        return found if bounds is None else [f for f in found if _touches(f, bounds)]

    def around(self, bounds: Bounds) -> Mapping[str, list[ControlFeature]]:
        """Features of all layers whose boxes touch `bounds`; a layer with none there is absent."""
        codes = dict.fromkeys(f.layer for f in self._features if _touches(f, bounds))
        return {code: self.features(code, bounds) for code in codes}


def _touches(feature: ControlFeature, bounds: Bounds) -> bool:
    west, south, east, north = bounds
    left, bottom, right, top = feature.geometry.bounds
    return bool(left <= east and right >= west and bottom <= north and top >= south)
