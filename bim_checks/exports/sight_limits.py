"""The limits a rulebook sets from a viewpoint, as plates, plans and sections draw them: the same surfaces its rules judge by."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.landscape.ridge_band import RidgeView, ridge_intrusion
from bim_checks.landscape.scheme_view import surface_of
from bim_checks.landscape.sight_limit import SightLimit
from bim_checks.landscape.vista import Vista, sight_surface
from bim_checks.measures.limit_surface import LimitSurface, RisingSurface
from bim_checks.measures.penetration import penetration
from bim_checks.rule import Rule, Surroundings
from bim_checks.rulebook import Rulebook
from bim_checks.rules.vistas import LEAST_DEPTH, view_sector
from bim_checks.scheme import Scheme
from cim.city import Viewpoint
from cim.text import Text

BAND = Text(zh="{ridge}下方保护带下限", en="lower limit of the band below {ridge}")
CORRIDOR = Text(zh="视廊门槛面", en="threshold of the viewing corridor")
SETTING = Text(zh="外围咨询区（{zone}）门槛面", en="threshold of the wider setting ({zone})")
BACKGROUND = Text(zh="背景区门槛面", en="threshold of the background")
CONE = Text(zh="视锥面", en="view cone")
NOTHING_LOOKED_AT = np.zeros((0, 3))


def sight_limits(
    book: Rulebook, scheme: Scheme, around: Surroundings, viewpoint: Viewpoint
) -> list[SightLimit]:
    """The limits the rules set from a viewpoint, where anything of the scheme stands in them, in the rulebook's order.

    Args:
        book: the rules.
        scheme: placed, with a body.
        around: the city.
        viewpoint: looked from.
    """
    found: list[SightLimit] = []
    for rule in book.rules:
        make = MAKERS.get(rule.rule_type)
        if make is not None and rule.parameters.viewpoint == viewpoint.code:
            found += make(rule, scheme, around, viewpoint)
    return found


def _band(
    rule: Rule, scheme: Scheme, around: Surroundings, viewpoint: Viewpoint
) -> Iterator[SightLimit]:
    stated = rule.parameters
    ridge = next(r for r in around.city.ridges if r.code == stated.ridge)
    vertices = np.array(ridge.vertices)
    view = RidgeView(
        _eye(viewpoint), vertices, stated.limit, stated.base_elevation, stated.refraction
    )
    found = ridge_intrusion(view, surface_of(scheme), len(scheme.body_ids))
    if np.isfinite(found.excess).any():
        worst = int(np.nanargmax(found.excess))
        name = BAND.format(ridge=ridge.name)
        yield SightLimit(
            rule.identifier,
            "band",
            name,
            view.limit_at,
            None,
            vertices,
            found.points[worst],
            float(found.excess[worst]),
        )


def _vista(
    rule: Rule, scheme: Scheme, around: Surroundings, viewpoint: Viewpoint
) -> Iterator[SightLimit]:
    stated, eye = rule.parameters, _eye(viewpoint)
    vista = Vista(
        (float(eye[0]), float(eye[1]), float(eye[2])),
        stated.left,
        stated.right,
        stated.threshold,
        stated.refraction,
    )
    if vista.depth < LEAST_DEPTH:
        return
    corridor = vista.corridor()
    parts: list[tuple[str, Text, BaseGeometry, bool]] = [("corridor", CORRIDOR, corridor, False)]
    if stated.setting is not None:
        zones = around.near(stated.setting, scheme.footprint.bounds)
        for number, zone in enumerate(zones, start=1):
            shape = zone.geometry.difference(corridor)
            parts.append((f"setting-{number}", SETTING.format(zone=zone.name), shape, True))
    if stated.background > 0.0:
        parts.append(("background", BACKGROUND, vista.background(stated.background), True))
    near = [part for part in parts if part[2].intersects(scheme.footprint)]
    if not near:
        return
    surface = sight_surface(vista, [corridor, *(part[2] for part in near)])
    target = np.array([[*stated.left, stated.threshold], [*stated.right, stated.threshold]])
    for part, name, region, is_consulted in near:
        yield from _surface_limit(rule, scheme, surface, (part, name, region, target, is_consulted))


def _cone(
    rule: Rule, scheme: Scheme, _: Surroundings, viewpoint: Viewpoint
) -> Iterator[SightLimit]:
    stated = rule.parameters
    bearings = (stated.bearing_from, stated.bearing_to)
    region = view_sector(viewpoint.position[:2], bearings, reach=stated.reach)
    if not region.intersects(scheme.footprint):
        return
    start = float(_eye(viewpoint)[2]) if stated.start is None else stated.start
    surface = RisingSurface(shapely.Point(viewpoint.position[:2]), start, stated.slope)
    yield from _surface_limit(
        rule, scheme, surface, ("cone", CONE, region, NOTHING_LOOKED_AT, False)
    )


def _surface_limit(
    rule: Rule,
    scheme: Scheme,
    surface: LimitSurface,
    part: tuple[str, Text, BaseGeometry, NDArray[np.float64], bool],
) -> Iterator[SightLimit]:
    code, name, region, target, is_consulted = part
    found = penetration(scheme, surface, region)
    if found.is_empty:
        return
    worst, over = found.points[found.worst], float(found.excess[found.worst])
    yield SightLimit(
        rule.identifier, code, name, surface.at, region, target, worst, over, is_consulted
    )


def _eye(viewpoint: Viewpoint) -> NDArray[np.float64]:
    east, north, ground = viewpoint.position
    return np.array([east, north, ground + viewpoint.eye_height])


Maker = Callable[[Rule, Scheme, Surroundings, Viewpoint], Iterator[SightLimit]]
MAKERS: dict[str, Maker] = {"VIEW-RIDGE-BAND": _band, "VIEW-VISTA": _vista, "VIEW-CONE": _cone}
