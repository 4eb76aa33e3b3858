"""The gate: a model whose place is not proven is not judged in space."""

from __future__ import annotations

from dataclasses import dataclass

from bim_checks.finding import Judgement, Outcome
from cim.frame import FrameLedger
from cim.text import Text

CODE = "FRAME-PROVEN"
TITLE = Text(zh="位置已证实", en="The position is proven")


@dataclass(frozen=True, slots=True)
class FrameParameters:
    """FRAME-PROVEN has no parameters: the frame ledger decides."""


def check_frame(ledger: FrameLedger) -> Judgement:
    """FRAME-PROVEN: some candidate of the ledger places the model in the city."""
    if ledger.taken is not None:
        return Judgement(
            Outcome.PASS,
            Text(zh="位置由 {source} 确定。", en="The position comes from {source}.").format(
                source=ledger.taken.source
            ),
        )
    if not ledger.candidates:
        return Judgement(
            Outcome.FAIL,
            Text(
                zh="文件没有地理参照，无法知道建筑位于何处。",
                en="The file has no georeference; nobody can tell where the building stands.",
            ),
            fix=Text(
                zh="请在建模软件中设置测量点并导出 IfcMapConversion 与 IfcProjectedCRS，或给出 --place。",
                en="Set the survey point in the authoring tool and export IfcMapConversion with IfcProjectedCRS, or state --place.",
            ),
        )
    best = ledger.candidates[0]
    return Judgement(
        Outcome.FAIL,
        Text(zh="{source} 不能采用：{why}", en="{source} cannot be taken: {why}").format(
            source=best.source, why=best.refused or Text(zh="", en="")
        ),
        fix=best.remedy,
    )
