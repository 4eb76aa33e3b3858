"""The frame ledger: the proof of where a model stands, or why nobody can tell."""

from cim.frame.candidate import (
    Candidate,
    ExplicitPlace,
    FrameLedger,
    FrameUncertainty,
    ParcelResidual,
    TerrainResidual,
)
from cim.frame.decide import decide_frame
from cim.frame.finding import FrameCode, FrameFinding, Severity
from cim.frame.limits import FrameLimits
from cim.frame.placement import Placement
from cim.frame.remedies import ToolSteps
from cim.frame.repair import PointPair, Proposal, propose_from_pairs, propose_from_parcel

__all__ = [
    "Candidate",
    "ExplicitPlace",
    "FrameCode",
    "FrameFinding",
    "FrameLedger",
    "FrameLimits",
    "FrameUncertainty",
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
]
