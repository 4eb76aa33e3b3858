"""One source's answer to where the model stands, with all it is judged by; and the ledger of all of them."""

from __future__ import annotations

from dataclasses import dataclass

from cim.frame.finding import FrameFinding
from cim.frame.placement import Placement
from cim.text import Text


@dataclass(frozen=True, slots=True)
class ExplicitPlace:
    """A placement a person stated: ``--place E,N,H,angle``.

    Attributes:
        eastings, northings, orthogonal_height: where the engineering origin lands, metres.
        angle_degrees: from grid east to the engineering x axis, counter-clockwise.
        horizontal_uncertainty, vertical_uncertainty: half-widths in metres, as found when it was proposed.
        basis: what it was proposed from (``pairs``, ``parcel``), or None when it was just stated.
    """

    eastings: float
    northings: float
    orthogonal_height: float
    angle_degrees: float
    horizontal_uncertainty: float = 0.0
    vertical_uncertainty: float = 0.0
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class AsRead:
    """What a source says, before anything is understood: in its own CRS and unit.

    Attributes:
        eastings, northings, orthogonal_height: as written.
        rotation_degrees: counter-clockwise from grid east to the engineering x axis.
        scale: as written, or None.
        unit: metres per unit as the source names it, or None.
    """

    eastings: float
    northings: float
    orthogonal_height: float | None
    rotation_degrees: float | None
    scale: float | None
    unit: float | None


@dataclass(frozen=True, slots=True)
class OperationUsed:
    """The way from a source's CRS to the city's: its PROJ name, and its accuracy in metres."""

    name: str
    accuracy: float


@dataclass(frozen=True, slots=True)
class ParcelResidual:
    """How the model lies on the applicant's parcel.

    Attributes:
        parcel: its name.
        subject: ``site`` (the IfcSite outline) or ``footprint`` (what touches the ground, when no site is drawn).
        max_vertex_distance: the farthest vertex of either outline from the other outline, metres; None for a footprint.
        symmetric_difference: area that only one of them covers, m2; None for a footprint.
        outside: area of the subject beyond the parcel, m2.
        apart: metres between the two; 0 where they touch.
    """

    parcel: str
    subject: str
    max_vertex_distance: float | None
    symmetric_difference: float | None
    outside: float
    apart: float


@dataclass(frozen=True, slots=True)
class TerrainResidual:
    """Height of the zero level above the ground below the model's ground contact: metres, least, mean and most."""

    minimum: float
    mean: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing that makes a position uncertain, as half-widths in metres."""

    reason: Text
    horizontal: float
    vertical: float


@dataclass(frozen=True, slots=True)
class FrameUncertainty:
    """Half-widths of the interval a placed point lies in, metres, and what they are made of; systematic, so they add up."""

    horizontal: float = 0.0
    vertical: float = 0.0
    doubts: tuple[Doubt, ...] = ()


EXACT = FrameUncertainty()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One source's answer.

    Attributes:
        source: ``--place``, ``IfcMapConversion``, ``IfcMapConversionScaled``, ``IfcRigidOperation``, ``ePSet_MapConversion``,
            ``IfcSite placement``, ``IfcBuilding placement``, ``element coordinates``, ``parcel``, ``IfcSite``.
        placement: what it gives in the city's frame; None when it cannot be understood.
        as_read: the same as written; None when it has no numbers of its own.
        crs_as_read: the CRS name in the file, or None.
        crs_understood: its EPSG code or local grid, or None.
        operation: the way from there to the city's CRS; None when it is the city's own.
        assumptions: what had to be assumed to read it.
        declared: whether the source names its CRS; if not, only a parcel can prove it.
        parcel: residual against the applicant's parcel; None without one.
        terrain: residual against the ground; None off the terrain.
        uncertainty: of its position.
        findings: what speaks against it, or must be known.
        refused: why it was not taken; None for the one taken.
        remedy: what the author can do about that.
    """

    source: str
    placement: Placement | None
    as_read: AsRead | None = None
    crs_as_read: str | None = None
    crs_understood: str | None = None
    operation: OperationUsed | None = None
    assumptions: tuple[Text, ...] = ()
    declared: bool = True
    parcel: ParcelResidual | None = None
    terrain: TerrainResidual | None = None
    uncertainty: FrameUncertainty = EXACT
    findings: tuple[FrameFinding, ...] = ()
    refused: Text | None = None
    remedy: Text | None = None

    @property
    def above_ground(self) -> float | None:
        """Height of the zero level above the mean ground below the model, metres; None off the terrain."""
        return self.terrain.mean if self.terrain else None


@dataclass(frozen=True, slots=True)
class FrameLedger:
    """All candidates in the order of their rank, the one taken, and what was found.

    Attributes:
        candidates: in the order of their rank.
        findings: of the ledger as a whole; those of a candidate are with it.
        authoring_tool: as the file names it; remedies are told in its words.
    """

    candidates: tuple[Candidate, ...]
    findings: tuple[FrameFinding, ...] = ()
    authoring_tool: str | None = None

    @property
    def taken(self) -> Candidate | None:
        """The candidate that places the model, or None when no frame is proven."""
        return next((c for c in self.candidates if c.refused is None), None)

    @property
    def placement(self) -> Placement | None:
        """The proven placement, or None."""
        return self.taken.placement if self.taken else None

    @property
    def uncertainty(self) -> FrameUncertainty:
        """Of the placement taken; exact when there is none, for then nothing is measured."""
        return self.taken.uncertainty if self.taken else EXACT

    def all_findings(self) -> tuple[FrameFinding, ...]:
        """Those of the ledger, then those of the candidates in their order."""
        return (*self.findings, *(f for c in self.candidates for f in c.findings))
