"""The gate: a model whose place is not proven is not judged in space."""

from __future__ import annotations

from bim_checks.finding import Judgement, Outcome
from bim_checks.parameters import parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from cim.frame import FrameCode, FrameLedger, Severity, steps_for
from cim.text import Text


@parameters
class FrameParameters:
    """FRAME-PROVEN has no parameters: the frame ledger decides."""


def check_frame(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """FRAME-PROVEN: some candidate of the ledger places the model in the city, and nothing about it is open.

    Returns:
        A pass or a fail; where the candidate taken leaves something open, one judgement to discuss for each.
    """
    ledger = scheme.ledger
    if ledger is None:
        return [
            Judgement(
                Outcome.PASS,
                Text(
                    zh="界址点以城市坐标系给出。",
                    en="The corners of the site are stated in the city's frame.",
                ),
            )
        ]
    taken = ledger.taken
    if taken is None:
        return [_unproven(ledger)]
    open_points = [f for f in taken.findings if f.severity is Severity.DISCUSS]
    if not open_points:
        return [
            Judgement(
                Outcome.PASS,
                Text(zh="位置由 {source} 确定。", en="The position comes from {source}.").format(
                    source=taken.source
                ),
            )
        ]
    return [
        Judgement(
            Outcome.DISCUSS,
            Text(
                zh="位置由 {source} 确定，但须会商：{why}",
                en="The position comes from {source}; to be discussed: {why}",
            ).format(source=taken.source, why=found.sentence),
            fix=_fix(found.remedy, found.code, ledger.authoring_tool),
        )
        for found in open_points
    ]


def _unproven(ledger: FrameLedger) -> Judgement:
    if ledger.findings:
        nothing = ledger.findings[0]
        return Judgement(
            Outcome.FAIL,
            nothing.sentence,
            fix=_fix(nothing.remedy, nothing.code, ledger.authoring_tool),
        )
    best = ledger.candidates[0]
    code = next((f.code for f in best.findings if f.severity is Severity.REFUSE), None)
    return Judgement(
        Outcome.FAIL,
        Text(zh="{source} 不能采用：{why}", en="{source} cannot be taken: {why}").format(
            source=best.source, why=best.refused or Text(zh="", en="")
        ),
        fix=_fix(best.remedy, code, ledger.authoring_tool),
    )


def _fix(remedy: Text | None, code: FrameCode | None, authoring_tool: str | None) -> Text | None:
    """The remedy, in the words of the tool that wrote the file when it is one we know."""
    if remedy is None or code is None:
        return remedy
    steps = steps_for(code, authoring_tool)
    if len(steps) != 1:
        return remedy
    return Text(zh="{remedy}{tool}：{steps}", en="{remedy} In {tool}: {steps}").format(
        remedy=remedy, tool=steps[0].tool, steps=steps[0].steps
    )


RULE_TYPES = (
    RuleType(
        code="FRAME-PROVEN",
        title=Text(zh="位置已证实", en="The position is proven"),
        explanation=Text(
            zh="位置台账列出文件、现场与申请人给出的全部位置来源，逐一与城市范围、地形和界址点比对。没有来源成立时不通过，其余空间规则一律不可检查；采用的来源仍有疑点时逐条会商。",
            en="The frame ledger lists every source that says where the model stands and holds it against the city's extent, "
            "the terrain and the surveyed parcel. Fail when no source stands, and all rules in space are then not checkable; "
            "what the source taken leaves open is to be discussed, point by point.",
        ),
        parameters=FrameParameters,
        check=check_frame,
        needs_place=False,
        needs_bodies=False,
        needs_building=False,
    ),
)
