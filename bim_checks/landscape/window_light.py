"""The sun at a scheme's own windows: when each is lit, and what takes the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.scheme_view import replaced_buildings
from bim_checks.landscape.sun import SunPath
from bim_checks.landscape.sun_doubt import Scenery
from bim_checks.landscape.sun_obstacles import Standing, ground, standing
from bim_checks.landscape.sun_terms import SunTerms
from bim_checks.landscape.sunshine import (
    Intervals,
    SunPoints,
    hidden,
    in_front,
    intervals,
    obstacles,
)
from bim_checks.landscape.window_points import Part, SunWindow, Windows
from bim_checks.measures.standing import name_of
from bim_checks.rule import Surroundings
from bim_checks.scheme import Scheme
from cim.text import Text

OTHERS = 3  # buildings named that take the sun of the deciding window
BY_GROUND = Text(zh="地形 {minutes:.0f} min", en="terrain, {minutes:.0f} min")
BY_ITSELF = Text(zh="建筑自身 {minutes:.0f} min", en="the scheme itself, {minutes:.0f} min")
BY_BUILDING = Text(zh="{name} {minutes:.0f} min", en="{name}, {minutes:.0f} min")


@dataclass(frozen=True, slots=True, eq=False)
class WindowLight:
    """What is found at the windows that count.

    Attributes:
        windows: those, in the order of the model.
        points: where each looks from.
        path, scenery: the sun's way, and what stands before it.
        around: the buildings among that.
        lit: when each is lit.
        minutes: shape (N,), as the rule counts them.
        by_ground, by_standing, by_scheme: shape (N, T), the instants at which each takes the sun that what is named before it leaves.
    """

    windows: tuple[SunWindow, ...]
    points: SunPoints
    path: SunPath
    scenery: Scenery
    around: Standing
    lit: Intervals
    minutes: NDArray[np.float64]
    by_ground: NDArray[np.bool_]
    by_standing: NDArray[np.bool_]
    by_scheme: NDArray[np.bool_]


def light_at(
    stated: SunTerms,
    scheme: Scheme,
    around: Surroundings,
    windows: tuple[SunWindow, ...],
    part: Part,
) -> WindowLight:
    """When windows are lit, behind the ground, existing buildings that stay and the scheme itself.

    Args:
        stated: the rule's terms.
        scheme: placed, metres, projected frame.
        around: the city.
        windows: at least one.
        part: of each, that is looked from.
    """
    path = stated.path(around.city.frame, np.array(scheme.footprint.centroid.coords[0]))
    points = Windows(windows, (), (), ()).points(part)
    earth = ground(around.city.terrain, points, path)
    points = earth.points
    gone = replaced_buildings(scheme, around)
    lowest = float(points.places[:, :, 2].min())
    rise = float(np.nanmax(around.city.terrain.heights, initial=-np.inf)) - lowest
    others = standing(around.existing, points, path, without=gone, ground_rise=rise)
    origin = np.array([*scheme.footprint.centroid.coords[0], scheme.lowest])
    own = obstacles(scheme.all_triangles[0], origin)
    scenery = Scenery(own, others.obstacles, earth.obstacles)
    free = in_front(points, path, stated.sweep)
    taken = []
    for by in (scenery.ground, scenery.standing, scenery.scheme):
        taken.append(hidden(points, path, by, free))
        free &= ~taken[-1]
    lit = intervals(points, path, free, scenery.all, stated.sweep)
    minutes = lit.minutes(len(points), stated.count, stated.shortest)
    return WindowLight(windows, points, path, scenery, others, lit, minutes, *taken)


def takers(light: WindowLight, window: int) -> list[Text]:
    """What stands before the sun of a window, that which does so longest first."""
    share = light.path.share
    taken: list[tuple[float, Text]] = []
    for kind, told in ((light.by_ground, BY_GROUND), (light.by_scheme, BY_ITSELF)):
        minutes = float(kind[window].sum()) * share
        if minutes > 0.0:
            taken.append((minutes, told.format(minutes=minutes)))
    ways = light.path.directions[light.by_standing[window]]
    places = np.broadcast_to(light.points.places[0, window], ways.shape)
    struck = light.around.obstacles.struck(places, ways)
    met, count = np.unique(
        np.searchsorted(light.around.first, struck[struck >= 0], side="right") - 1,
        return_counts=True,
    )
    for building, instants in zip(met.tolist(), count.tolist(), strict=True):
        minutes = instants * share
        name = name_of(light.around.buildings[building])
        taken.append((minutes, BY_BUILDING.format(name=name, minutes=minutes)))
    return [text for _, text in sorted(taken, key=lambda pair: -pair[0])[:OTHERS]]
