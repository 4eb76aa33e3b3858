"""All rule types, by code."""

from __future__ import annotations

from collections.abc import Mapping

from bim_checks.rule import RuleType
from bim_checks.rules import (
    fire_separation,
    frame,
    frontage,
    height,
    lines,
    projections,
    setbacks,
    spacing,
    street,
    views,
)

RULE_TYPES: Mapping[str, RuleType] = {
    rule_type.code: rule_type
    for module in (
        frame,
        lines,
        setbacks,
        projections,
        street,
        frontage,
        height,
        spacing,
        fire_separation,
        views,
    )
    for rule_type in module.RULE_TYPES
}
