"""Run a rulebook over one model, or over the outline of a site: the frame first, then every rule, nothing silent."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from bim_checks.catalogue import RULE_TYPES
from bim_checks.finding import Finding, Judgement, LegalEffect, Outcome, SecondOpinion
from bim_checks.landscape.remedy import with_remedies
from bim_checks.report import Report
from bim_checks.rule import Need, Rule, RuleType, Surroundings, needs_of
from bim_checks.rulebook import Rulebook, check_against_city
from bim_checks.scheme import Scheme
from cim.building import BuildingModel
from cim.city import City
from cim.control_lines.store import LineStore
from cim.existing import ExistingBuildings
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
    model: BuildingModel,
    city: City,
    ledger: FrameLedger,
    lines: LineStore,
    rulebook: Rulebook,
    *,
    existing: ExistingBuildings | None = None,
    consented: ExistingBuildings | None = None,
    stated_site: BaseGeometry | None = None,
    file: Path | None = None,
    remedies: bool = True,
) -> Report:
    """Answer every rule of a rulebook for one model.

    Args:
        model: as read.
        city: its frame, layers and views.
        ledger: where the model stands; without a proven placement spatial rules are `not_checkable`.
            So are all rules for a model that is not complete.
        lines: the city's control lines.
        rulebook: the rules.
        existing: the buildings that stand; None to read the city's own when a rule asks for them.
        consented: the buildings of consented schemes; None to read the city's own likewise.
        stated_site: the site's outline as surveyed, metres, projected frame; None where the model's IfcSite counts.
        file: the file the model was read from, for rules about the file itself; None where it is not at hand.
        remedies: whether changes of the whole scheme are tried on what is broken, as `answer`.

    Raises:
        RulebookError: the rulebook names something the city does not have.
    """
    scheme = Scheme(model, ledger, stated_site, city.terrain.height_at, file)
    around = Surroundings(city, lines, existing, consented)
    return _report(scheme, around, rulebook, remedies=remedies)


def run_site_checks(
    name: str, site: BaseGeometry, city: City, lines: LineStore, rulebook: Rulebook
) -> Report:
    """Answer every rule of a rulebook for the outline of a site, before there is a building.

    Rules about a building are `not_applicable`.

    Args:
        name: of the site, for the report.
        site: its outline, metres, the city's projected frame.
        city: its frame, layers and views.
        lines: the city's control lines.
        rulebook: the rules.

    Raises:
        RulebookError: the rulebook names something the city does not have.
    """
    scheme = Scheme(_no_building(name), None, site, city.terrain.height_at)
    return _report(scheme, Surroundings(city, lines), rulebook, remedies=True)


def _report(scheme: Scheme, around: Surroundings, rulebook: Rulebook, *, remedies: bool) -> Report:
    check_against_city(rulebook, around.city)
    findings: list[Finding] = []
    for rule in rulebook.rules:
        findings.extend(_findings(rule, answer(rule, scheme, around, remedies=remedies)))
    if scheme.model.undrawn:
        findings.extend(_findings(UNDRAWN_RULE, [_undrawn(scheme.model)]))
    return Report(
        scheme.model, around.city, rulebook, scheme.ledger, tuple(_with_blocks(findings, rulebook))
    )


def answer(
    rule: Rule, scheme: Scheme, around: Surroundings, *, remedies: bool = False
) -> list[Judgement]:
    """What one rule says of a scheme, weighed by its status; nothing silent, whatever is missing or crashes.

    Args:
        rule: asked.
        scheme: as submitted.
        around: the city.
        remedies: whether changes of the whole scheme are tried on what is broken, which asks the rule some dozens of times.
    """
    judged = _judged(rule, scheme, around, remedies=remedies)
    return [_weighed(rule, judgement) for judgement in judged]


def _judged(rule: Rule, scheme: Scheme, around: Surroundings, *, remedies: bool) -> list[Judgement]:
    rule_type = RULE_TYPES[rule.rule_type]
    if rule_type.needs_whole and not scheme.model.is_complete:
        return [_incomplete(scheme.model)]
    if scheme.is_site_alone and rule_type.needs_building and not rule.is_about_the_site:
        return [_without_building()]
    if rule_type.needs_place and not scheme.is_placed:
        return [_without_frame()]
    if rule_type.needs_bodies and not scheme.is_site_alone and not scheme.draws_anything:
        return [_without_geometry()]
    try:
        judgements = rule_type.check(rule, scheme, around)
        if remedies and rule_type.mended_by is not None:
            judgements = with_remedies(judgements, rule_type.mended_by, rule, scheme, around)
        return [_seen_twice(rule_type, rule, scheme, around, judgement=j) for j in judgements]
    except Exception:  # a rule of ours that crashes must not read as a pass, nor stop the others
        log.exception("rule %s crashed", rule.identifier)
        return [_crashed(traceback.format_exc())]


def _seen_twice(
    rule_type: RuleType,
    rule: Rule,
    scheme: Scheme,
    around: Surroundings,
    *,
    judgement: Judgement,
) -> Judgement:
    """The judgement, to be discussed where a second way of measuring does not agree with it."""
    if rule_type.recheck is None or judgement.measurement is None:
        return judgement
    second = rule_type.recheck(rule, scheme, around, judgement)
    if second is None:
        return judgement
    seen = replace(judgement, second=second)
    if _agree(seen, second):
        return seen
    note = Text(
        zh="{sentence}（另一算法（{method}）得 {other:.3f}，与 {first:.3f} 不符，须会商。）",
        en="{sentence} (Computed another way, by {method}, it is {other:.3f} and not {first:.3f}; to be discussed.)",
    )
    return replace(
        seen,
        outcome=Outcome.DISCUSS,
        sentence=note.format(
            sentence=judgement.sentence,
            method=second.method,
            other=second.measured,
            first=judgement.measurement.measured,
        ),
    )


def _agree(judgement: Judgement, second: SecondOpinion) -> bool:
    measurement = judgement.measurement
    if measurement is None:
        return True
    apart = abs(measurement.measured - second.measured)
    return apart <= second.resolution + measurement.uncertainty.mesh


def _findings(rule: Rule, judgements: Sequence[Judgement]) -> list[Finding]:
    return [
        Finding(
            identifier=f"{rule.identifier}#{number}",
            rule=rule.identifier,
            rule_type=rule.rule_type,
            title=rule.title,
            legal_effect=rule.legal_effect,
            owner=rule.owner,
            clause=rule.clause,
            edition=rule.edition,
            status=rule.status,
            layer=rule.layer,
            judgement=judgement,
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
    return replace(
        judgement,
        outcome=Outcome.DISCUSS,
        sentence=note.format(sentence=judgement.sentence),
    )


def _with_blocks(findings: list[Finding], rulebook: Rulebook) -> list[Finding]:
    """Where a delivery rule misses data, the other rules that need the same and could not be answered."""
    unanswered = {f.rule for f in findings if f.outcome is Outcome.NOT_CHECKABLE}
    needs = {rule.identifier: needs_of(rule, RULE_TYPES[rule.rule_type]) for rule in rulebook.rules}
    return [
        _blocking(
            finding,
            tuple(
                rule
                for rule in needs
                if rule in unanswered
                and rule != finding.rule
                and _is_missed(needs[rule], needs.get(finding.rule, ()), finding.judgement.lacks)
            ),
        )
        for finding in findings
    ]


def _is_missed(needs: Sequence[Need], asked: Sequence[Need], lacks: str | None) -> bool:
    """Whether a rule needs what a delivery rule asks for, or objects of a class that the model lacks."""
    subjects = {need.subject for need in asked}
    return any(need.subject in subjects or need.entity.upper() == lacks for need in needs)


def _blocking(finding: Finding, blocked: tuple[str, ...]) -> Finding:
    is_gap = finding.outcome in (Outcome.FAIL, Outcome.DISCUSS)
    if not (is_gap and blocked and finding.rule_type.startswith("DELIVERY-")):
        return finding
    return replace(finding, judgement=replace(finding.judgement, blocks=blocked))


def _no_building(name: str) -> BuildingModel:
    return BuildingModel(
        sha256="",
        file_name=name,
        schema="",
        authoring_tool=None,
        project_name=None,
        sites=(),
        buildings=(),
        storeys=(),
        spaces=(),
        elements=(),
        meshes=(),
        materials=(),
        map_conversion=None,
        true_north=None,
        undrawn=(),
        warnings=(),
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


def _without_building() -> Judgement:
    return Judgement(
        Outcome.NOT_APPLICABLE,
        Text(
            zh="只提交了用地范围，没有建筑。",
            en="Only the outline of a site was submitted, no building.",
        ),
    )


def _without_geometry() -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(zh="文件没有可绘制的构件。", en="The file draws no element."),
        fix=Text(zh="导出带几何的构件。", en="Export the elements with their geometry."),
    )


def _crashed(trace: str) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="规则执行出错，未得出结论；错误已记录。",
            en="The rule could not be evaluated; the error has been logged.",
        ),
        trace=trace,
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
