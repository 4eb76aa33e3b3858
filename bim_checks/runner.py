"""Run a rulebook over one model: the frame first, then every rule, nothing silent."""

from __future__ import annotations

import logging

from bim_checks.catalogue import SPATIAL_RULE_TYPES
from bim_checks.finding import Finding, Judgement, LegalEffect, Outcome
from bim_checks.report import Report
from bim_checks.rule import Rule, Surroundings
from bim_checks.rulebook import Rulebook, check_against_city
from bim_checks.rules import frame
from bim_checks.scheme import Scheme
from cim.building import BuildingModel
from cim.city import City
from cim.control_lines.store import LineStore
from cim.frame import FrameLedger
from cim.text import Text

log = logging.getLogger(__name__)

UNDRAWN_RULE = Rule(
    identifier="MODEL-UNDRAWN",
    rule_type="MODEL-UNDRAWN",
    title=Text(zh="无法绘制的构件", en="Elements that cannot be drawn"),
    clause=Text(
        zh="几何结论只覆盖能够绘制的构件。", en="Geometric verdicts cover drawn elements only."
    ),
    source=Text(zh="审查程序", en="the review program"),
    owner=Text(zh="报建单位", en="the applicant"),
    legal_effect=LegalEffect.ADVISORY,
    status="verified",
    parameters=None,
)


def run_checks(
    model: BuildingModel, city: City, ledger: FrameLedger, lines: LineStore, rulebook: Rulebook
) -> Report:
    """Answer every rule of a rulebook for one model.

    Args:
        model: as read.
        city: its frame, layers and views.
        ledger: where the model stands; without a proven placement spatial rules are `not_checkable`.
            So are all rules for a model that is not complete.
        lines: the city's control lines.
        rulebook: the rules.

    Raises:
        RulebookError: the rulebook reads a layer the city does not have.
    """
    check_against_city(rulebook, city)
    scheme = Scheme(model, ledger.placement, ledger.uncertainty) if ledger.placement else None
    around = Surroundings(city, lines)
    findings: list[Finding] = []
    for rule in rulebook.rules:
        judgements = (
            _answer(rule, scheme, around, ledger) if model.is_complete else [_incomplete(model)]
        )
        findings.extend(_findings(rule, judgements))
    if model.undrawn:
        findings.extend(_findings(UNDRAWN_RULE, [_undrawn(model)]))
    return Report(model, city, rulebook, ledger, tuple(findings))


def _answer(
    rule: Rule, scheme: Scheme | None, around: Surroundings, ledger: FrameLedger
) -> list[Judgement]:
    if rule.rule_type == frame.CODE:
        return frame.check_frame(ledger)
    if scheme is None:
        return [_without_frame()]
    if not scheme.outlines:
        return [_without_geometry()]
    try:
        return SPATIAL_RULE_TYPES[rule.rule_type].check(rule, scheme, around)
    except Exception:  # a rule of ours that crashes must not read as a pass, nor stop the others
        log.exception("rule %s crashed", rule.identifier)
        return [_crashed()]


def _findings(rule: Rule, judgements: list[Judgement]) -> list[Finding]:
    return [
        Finding(
            identifier=f"{rule.identifier}#{number}",
            rule=rule.identifier,
            rule_type=rule.rule_type,
            title=rule.title,
            legal_effect=rule.legal_effect,
            owner=rule.owner,
            clause=rule.clause,
            status=rule.status,
            layer=rule.layer,
            judgement=_weighed(rule, judgement),
        )
        for number, judgement in enumerate(judgements, start=1)
    ]


def _weighed(rule: Rule, judgement: Judgement) -> Judgement:
    """A number nobody has held against the primary text cannot condemn a scheme."""
    if rule.status == "verified" or judgement.outcome is not Outcome.FAIL:
        return judgement
    note = Text(
        zh="{sentence}（限值未经原文核实，须会商。）",
        en="{sentence} (The limit has not been held against the primary text; to be discussed.)",
    )
    return Judgement(
        outcome=Outcome.DISCUSS,
        sentence=note.format(sentence=judgement.sentence),
        fix=judgement.fix,
        measurement=judgement.measurement,
        elements=judgement.elements,
        feature=judgement.feature,
        geometry=judgement.geometry,
    )


def _incomplete(model: BuildingModel) -> Judgement:
    """What is missing may be what breaks the rule."""
    reasons = [defect.sentence for defect in model.defects if defect.kind.bars_verdicts]
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="文件不完整或已损坏，不作判断：{reasons}",
            en="The file is not whole, so nothing is judged: {reasons}",
        ).format(
            reasons=Text(
                zh="".join(reason.zh for reason in reasons),
                en=" ".join(reason.en for reason in reasons),
            )
        ),
        fix=Text(zh="请重新导出并完整提交。", en="Export the model again and submit it whole."),
    )


def _without_frame() -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="位置未经证实，不作空间判断。",
            en="The position is not proven; nothing is judged in space.",
        ),
        fix=Text(
            zh="先解决位置问题（见位置台账）。",
            en="Settle the position first (see the frame ledger).",
        ),
    )


def _without_geometry() -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(zh="文件没有可绘制的构件。", en="The file draws no element."),
        fix=Text(zh="导出带几何的构件。", en="Export the elements with their geometry."),
    )


def _crashed() -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="规则执行出错，未得出结论；错误已记录。",
            en="The rule could not be evaluated; the error has been logged.",
        ),
    )


def _undrawn(model: BuildingModel) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="{count} 个构件无法绘制，几何结论不包括它们。",
            en="{count} elements cannot be drawn; the geometric verdicts leave them out.",
        ).format(count=len(model.undrawn)),
        fix=Text(
            zh="在建模软件中检查这些构件的几何并重新导出。",
            en="Check the geometry of these elements in the authoring tool and export again.",
        ),
        elements=tuple(undrawn.global_id for undrawn in model.undrawn),
    )
