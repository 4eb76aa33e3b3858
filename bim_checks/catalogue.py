"""All rule types, by code."""

from __future__ import annotations

from collections.abc import Mapping

from bim_checks.rule import RuleType
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
