"""Where a model stands: the frame ledger, proposals, the record."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from viewer.server.schemas.common import GlobePosition, Words


class ToolStepsInfo(BaseModel):
    """A remedy in one authoring tool's words."""

    tool: str
    steps: Words


class FrameFindingInfo(BaseModel):
    """What the frame ledger found, and how to mend it."""

    code: str
    severity: Literal["refuse", "discuss", "note"]
    sentence: Words
    remedy: Words
    steps: list[ToolStepsInfo]


class AsReadInfo(BaseModel):
    """What a source says before anything is understood: in its own CRS and unit (metres per unit)."""

    eastings: float
    northings: float
    orthogonal_height: float | None
    rotation_degrees: float | None
    scale: float | None
    unit: float | None


class OperationInfo(BaseModel):
    """The PROJ operation or local grid that leads to the city's CRS; accuracy in metres."""

    name: str
    accuracy: float


class ParcelResidualInfo(BaseModel):
    """How the model lies on the applicant's parcel; metres and m2."""

    parcel: str
    subject: Literal["site", "footprint"]
    max_vertex_distance: float | None
    symmetric_difference: float | None
    outside: float
    apart: float


class TerrainResidualInfo(BaseModel):
    """Height of the zero level above the ground below the model, metres."""

    minimum: float
    mean: float
    maximum: float


class DoubtInfo(BaseModel):
    """One thing that makes a position uncertain; half-widths in metres."""

    reason: Words
    horizontal: float
    vertical: float


class UncertaintyInfo(BaseModel):
    """Half-widths of the interval a placed point lies in, metres."""

    horizontal: float
    vertical: float
    doubts: list[DoubtInfo]


class CandidateInfo(BaseModel):
    """One source's answer to where the model stands; metres and degrees."""

    source: str
    as_read: AsReadInfo | None
    operation: OperationInfo | None
    declared: bool
    terrain: TerrainResidualInfo | None
    parcel: ParcelResidualInfo | None
    uncertainty: UncertaintyInfo | None
    findings: list[FrameFindingInfo]
    position_wgs84: GlobePosition | None
    outline_wgs84: dict[str, Any] | None
    city_distance: float | None = Field(
        None, description="metres from the model there to the city's ground; 0 inside"
    )
    crs_as_read: str | None
    crs_understood: str | None
    eastings: float | None
    northings: float | None
    orthogonal_height: float | None
    rotation_degrees: float | None
    scale: float | None
    assumptions: list[Words]
    above_ground: float | None
    refused: Words | None
    remedy: Words | None


class FrameInfo(BaseModel):
    """The frame ledger."""

    taken: int | None
    candidates: list[CandidateInfo]
    findings: list[FrameFindingInfo]
    uncertainty: UncertaintyInfo | None


class PointPairInfo(BaseModel):
    """The same point in the model (x, y, z) and in the city (easting, northing, orthogonal height), metres."""

    engineering: tuple[float, float, float]
    city: tuple[float, float, float]


class ProposalRequest(BaseModel):
    """What to propose a placement from: pairs of points, or the parcel handed in with the submission."""

    pairs: list[PointPairInfo] | None = Field(None, max_length=50)
    height: float | None = Field(
        None,
        description="orthogonal height of the zero level, metres; for a parcel, which has none",
    )


class ProposalInfo(BaseModel):
    """A placement to be confirmed; nothing is changed by it. Metres and degrees."""

    place: str
    eastings: float
    northings: float
    orthogonal_height: float
    angle_degrees: float
    residuals: list[float]
    height_residuals: list[float]
    fitted_scale: float
    rival: float | None
    notes: list[Words]
    frame: FrameInfo


class PlaceStated(BaseModel):
    """A placement a person states: ``E,N,H,angle``, or the `place` of a proposal."""

    place: str = Field(max_length=200)


class ParcelInfo(BaseModel):
    """A parcel handed in; m2, degrees."""

    name: str
    area: float
    stated_area: float | None
    notes: list[Words]
    geometry: dict[str, Any]
    geometry_wgs84: dict[str, Any]


class CityPointInfo(BaseModel):
    """A point in the city's projected CRS and vertical datum, metres."""

    eastings: float
    northings: float
    orthogonal_height: float


class PlanPointInfo(BaseModel):
    """A point of the model one can recognise in the city: engineering CRS, metres."""

    name: Words
    engineering: tuple[float, float, float]


class PlanInfo(BaseModel):
    """The model from above, engineering CRS, metres: outlines as rings, and the points to pick from."""

    site: list[list[tuple[float, float]]]
    contact: list[tuple[float, float]]
    points: list[PlanPointInfo]


class StatedPlaceInfo(BaseModel):
    """A placement a person has stated; metres, degrees, and what it was proposed from."""

    eastings: float
    northings: float
    orthogonal_height: float
    angle_degrees: float
    horizontal_uncertainty: float
    vertical_uncertainty: float
    basis: Literal["pairs", "parcel"] | None


class EventInfo(BaseModel):
    """A line of a submission's record: what a person or the review has done, and when."""

    at: datetime
    event: Literal["submitted", "placed", "parcel", "published"]
    detail: str | None
    place: StatedPlaceInfo | None
