"""The frame ledger: the proof of where a model stands, or why nobody can tell."""

from cim.frame.candidate import (
    EXACT,
    AsRead,
    Candidate,
    ExplicitPlace,
    FrameLedger,
    FrameUncertainty,
    OperationUsed,
    ParcelResidual,
    TerrainResidual,
)
from cim.frame.decide import decide_frame
from cim.frame.finding import FrameCode, FrameFinding, Severity
from cim.frame.limits import FrameLimits
from cim.frame.placement import Placement
from cim.frame.remedies import ToolSteps, steps_for
from cim.frame.repair import PointPair, Proposal, propose_from_pairs, propose_from_parcel

__all__ = [
    "EXACT",
    "AsRead",
    "Candidate",
    "ExplicitPlace",
    "FrameCode",
    "FrameFinding",
    "FrameLedger",
    "FrameLimits",
    "FrameUncertainty",
    "OperationUsed",
    "ParcelResidual",
    "Placement",
    "PointPair",
    "Proposal",
    "Severity",
    "TerrainResidual",
    "ToolSteps",
    "decide_frame",
    "propose_from_pairs",
    "propose_from_parcel",
    "steps_for",
]
