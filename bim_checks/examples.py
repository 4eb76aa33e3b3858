"""Worked examples: run a rule over the scene of its example, and say where it differs from what is expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import shapely

from bim_checks.errors import RulebookError, SceneError
from bim_checks.report import Report
from bim_checks.rule import Example, Rule
from bim_checks.rulebook import Rulebook
from bim_checks.runner import run_checks, run_site_checks
from bim_checks.scene import SCENE_KEYS, Scene, read_scene
from cim.frame import decide_frame
from cim.text import Text


def run_scene(scene: Scene, rulebook: Rulebook, *, remedies: bool = True) -> Report:
    """The report of a scene: of its model, or of its parcel alone where the scene has no model.

    Args:
        scene: as read.
        rulebook: the rules.
        remedies: as `run_checks`.
    """
    if not scene.model.elements and not scene.model.spaces and scene.parcel is not None:
        return run_site_checks("scene", scene.parcel, scene.city, scene.lines, rulebook)
    ledger = decide_frame(scene.model, scene.city.frame, scene.city.terrain, place=scene.place)
    return run_checks(
        scene.model,
        scene.city,
        ledger,
        scene.lines,
        rulebook,
        existing=scene.existing,
        consented=scene.consented,
        stated_site=scene.parcel,
        file=scene.file,
        remedies=remedies,
    )


def told(finding: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a finding that an expectation speaks of; geometry by its ``area`` or ``length``."""
    shape = shapely.geometry.shape(finding["geometry"]) if finding["geometry"] else None
    derived = {
        "area": None if shape is None else round(float(shape.area), 3),
        "length": None if shape is None else round(float(shape.length), 3),
        "sentence_en": finding["sentence"]["en"],
        "fix_en": finding["fix"]["en"] if finding["fix"] else None,
    }
    known = {**finding, **derived}
    return {key: known[key] for key in expected if key in known}


def differences(rulebook: Rulebook, path: Path) -> list[RulebookError]:
    """Run every worked example of a rulebook.

    Args:
        rulebook: as read.
        path: of its file, for messages.

    Returns:
        One error for every rule without an example and every example that does not come out as written; empty when all hold.
    """
    found: list[RulebookError] = []
    for rule in rulebook.rules:
        if not rule.examples:
            found.append(
                RulebookError(
                    Text(zh="规则没有算例。", en="the rule has no worked example."),
                    path=path,
                    place=rule.identifier,
                    remedy=Text(
                        zh="在 examples 下写一个小场景及应得的结论。",
                        en="Write a small scene under examples, and what must come of it.",
                    ),
                )
            )
        for example in rule.examples:
            found.extend(_differences(rule, example, rulebook, path))
    return found


def _differences(
    rule: Rule, example: Example, rulebook: Rulebook, path: Path
) -> list[RulebookError]:
    unknown = set(example.content) - {*SCENE_KEYS, "expect"}
    try:
        if unknown:
            raise SceneError(  # noqa: TRY301
                Text(zh="未知的键 {keys}。", en="unknown key {keys}.").format(
                    keys=", ".join(sorted(unknown))
                )
            )
        scene = read_scene(example.content, path.parent)
        expected = example.content.get("expect", ())
        remedies = any("fix_en" in one for one in expected)
        report = run_scene(scene, replace(rulebook, rules=(rule,)), remedies=remedies)
        wrong = _compared(report, expected)
    except (SceneError, RulebookError) as error:
        wrong = error.reason
    if wrong is None:
        return []
    return [RulebookError(wrong, path=path, place=f"{rule.identifier}, {example.line}")]


def _compared(report: Report, expected: Sequence[Mapping[str, Any]]) -> Text | None:
    findings = [finding.to_json() for finding in report.findings]
    got = [told(f, e) for f, e in zip(findings, expected, strict=False)]
    if len(findings) == len(expected) and got == list(expected) and expected:
        return None
    return Text(
        zh="算例应得 {expected}，实得 {got}。",
        en="the worked example should give {expected}, and gives {got}.",
    ).format(
        expected=list(expected),
        got=got if len(findings) == len(expected) else [_short(f) for f in findings],
    )


def _short(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {key: finding[key] for key in ("outcome", "measured", "limit", "unit")}
