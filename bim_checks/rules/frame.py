"""The gate: a model whose place is not proven is not judged in space."""

from __future__ import annotations

from dataclasses import dataclass

from bim_checks.finding import Judgement, Outcome
from cim.frame import FrameCode, FrameLedger, Severity, steps_for
from cim.text import Text

CODE = "FRAME-PROVEN"
TITLE = Text(zh="位置已证实", en="The position is proven")


@dataclass(frozen=True, slots=True)
class FrameParameters:
    """FRAME-PROVEN has no parameters: the frame ledger decides."""


def check_frame(ledger: FrameLedger) -> list[Judgement]:
    """FRAME-PROVEN: some candidate of the ledger places the model in the city, and nothing about it is open.

    Returns:
        A pass or a fail; where the candidate taken leaves something open, one judgement to discuss for each.
    """
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
