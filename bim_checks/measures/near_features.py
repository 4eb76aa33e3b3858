"""The control lines around a building: those within reach, and where there are none the nearest."""

from __future__ import annotations

import math
from collections.abc import Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.rule import Surroundings
from cim.control_lines.feature import ControlFeature

GROWTH = 4.0  # of the box that is searched, so that a city-wide layer stays cheap


def features_within(
    around: Surroundings, layer: str, shape: BaseGeometry, reach: float
) -> list[ControlFeature]:
    """Features of a layer no farther than `reach` metres from a shape, in the order of the store."""
    west, south, east, north = shape.bounds
    box = (west - reach, south - reach, east + reach, north + reach)
    return [f for f in around.near(layer, box) if shapely.distance(f.geometry, shape) <= reach]


def near_features(
    around: Surroundings, layer: str, shape: BaseGeometry, reach: float, *, extent: float
) -> list[ControlFeature]:
    """Features of a layer within reach; where there are none, the nearest alone; empty for an empty layer.

    Args:
        around: the city.
        layer: code.
        shape: metres, projected frame.
        reach: metres.
        extent: metres; beyond this all of the layer is looked through.
    """
    far = max(reach, 1.0)
    while far < extent:
        found = features_within(around, layer, shape, far)
        if found:
            within = [f for f in found if shapely.distance(f.geometry, shape) <= reach]
            return within or [_nearest(found, shape)]
        far *= GROWTH
    every = around.near(layer, None)
    return [_nearest(every, shape)] if every else []


def home_of(around: Surroundings, layer: str, shape: BaseGeometry) -> ControlFeature | None:
    """The feature that a shape covers most of; None where it shares area with none."""
    found = around.near(layer, shape.bounds)
    shares = [float(shapely.intersection(f.geometry, shape).area) for f in found]
    best = max(range(len(found)), key=shares.__getitem__, default=None)
    return found[best] if best is not None and shares[best] > 0.0 else None


def extent_of(bounds: tuple[float, float, float, float]) -> float:
    """The diagonal of a box, metres."""
    west, south, east, north = bounds
    return math.hypot(east - west, north - south)


def _nearest(features: Sequence[ControlFeature], shape: BaseGeometry) -> ControlFeature:
    return min(features, key=lambda f: float(shapely.distance(f.geometry, shape)))
