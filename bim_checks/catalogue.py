"""All rule types, by code, and the surfaces that some of them set over a city."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bim_checks.landscape.limit_mesh import CityLimit
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.rules import (
    airspace,
    areas,
    corridor,
    coverage,
    declared_areas,
    delivery,
    delivery_content,
    delivery_storeys,
    fire_separation,
    floor_area_ratio,
    frame,
    frontage,
    green,
    height,
    height_classes,
    height_grid,
    height_legal,
    height_storeys,
    height_surfaces,
    line_distance,
    lines,
    occlusion,
    own_sunlight,
    parking,
    projections,
    setbacks,
    spacing,
    street,
    sunlight,
    view_shares,
    views,
    vistas,
)

RULE_TYPES: Mapping[str, RuleType] = {
    rule_type.code: rule_type
    for module in (
        frame,
        lines,
        line_distance,
        setbacks,
        projections,
        street,
        frontage,
        height,
        height_classes,
        height_grid,
        height_legal,
        height_storeys,
        height_surfaces,
        areas,
        floor_area_ratio,
        coverage,
        green,
        declared_areas,
        parking,
        spacing,
        fire_separation,
        views,
        view_shares,
        vistas,
        corridor,
        occlusion,
        airspace,
        sunlight,
        own_sunlight,
        delivery,
        delivery_content,
        delivery_storeys,
    )
    for rule_type in module.RULE_TYPES
}

# By code of the rule type: what limits heights over the whole city, whatever is submitted. Rule types that measure from the
# ground at a building, or weigh what is seen, set no such surface.
LIMITS: Mapping[str, Callable[[Rule, Surroundings], list[CityLimit]]] = {
    code: limits
    for module in (height, height_grid, height_surfaces, views, vistas, corridor, airspace)
    for code, limits in module.LIMITS.items()
}
