"""All rule types, by code."""

from __future__ import annotations

from collections.abc import Mapping

from bim_checks.rule import RuleType
from bim_checks.rules import (
    airspace,
    corridor,
    delivery,
    delivery_content,
    delivery_storeys,
    frame,
    height,
    height_classes,
    height_grid,
    height_legal,
    height_storeys,
    height_surfaces,
    lines,
    occlusion,
    sunlight,
    views,
    vistas,
)

RULE_TYPES: Mapping[str, RuleType] = {
    rule_type.code: rule_type
    for module in (
        frame,
        lines,
        height,
        height_classes,
        height_grid,
        height_legal,
        height_storeys,
        height_surfaces,
        views,
        occlusion,
        sunlight,
        airspace,
        vistas,
        corridor,
        delivery,
        delivery_content,
        delivery_storeys,
    )
    for rule_type in module.RULE_TYPES
}
