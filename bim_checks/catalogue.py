"""All rule types, by code."""

from __future__ import annotations

from collections.abc import Mapping

from bim_checks.rule import RuleType
from bim_checks.rules import (
    areas,
    declared_areas,
    frame,
    height,
    intensity,
    lines,
    parking,
    views,
)

RULE_TYPES: Mapping[str, RuleType] = {
    rule_type.code: rule_type
    for module in (frame, lines, height, views, areas, intensity, declared_areas, parking)
    for rule_type in module.RULE_TYPES
}
