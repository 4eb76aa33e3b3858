"""What goes over the wire; the page's TypeScript types are generated from these."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bim_checks.finding import Unit
from viewer.review.tables import SubmissionRow

Outcome = Literal["pass", "fail", "procedure", "discuss", "not_applicable", "not_checkable"]


class Words(BaseModel):
    """A sentence in both languages."""

    zh: str
    en: str


class Problem(BaseModel):
    """Why something did not work, and what to do about it."""

    reason: Words
    remedy: Words | None = None
    place: str | None = None


class ProblemAnswer(BaseModel):
    """The body of every answer that is an error."""

    error: Problem


class Health(BaseModel):
    """The server is up."""

    status: Literal["ok"] = "ok"
    version: str


class Home(BaseModel):
    """Where the camera starts: degrees, ellipsoidal metres, distance in metres."""

    longitude: float
    latitude: float
    height: float
    range: float


class Focus(BaseModel):
    """What a camera should show: a sphere; degrees and ellipsoidal metres."""

    longitude: float
    latitude: float
    height: float
    radius: float


class CityTilesets(BaseModel):
    """URLs of the city's tilesets."""

    terrain: str
    buildings: str
    points: list[str]
    limits: str | None = Field(
        description="surfaces of the rulebook as it is now; null where none reaches the city, or they are not built yet"
    )


class LimitInfo(BaseModel):
    """A surface that a rule sets over the city; heights above the city's datum, metres, inside its ground."""

    id: str = Field(description="as in the property table of the tileset")
    rule: str
    rule_type: str
    title: Words
    name: Words
    low: float | None = Field(description="null where it does not reach the city's ground")
    high: float | None
    sagitta: float | None = Field(description="how far what is drawn is off the surface at most")


class LayerInfo(BaseModel):
    """One control-line layer."""

    code: str
    name: Words
    owner: Words
    colour: str
    shown: bool
    url: str


class ViewpointInfo(BaseModel):
    """A protected viewpoint; the eye's ellipsoidal height in metres."""

    code: str
    name: Words
    longitude: float
    latitude: float
    height: float


class CityInfo(BaseModel):
    """What the page needs to know about the city."""

    code: str
    name: Words
    projected_crs: str
    vertical_datum: str
    separation: float
    home: Home
    tilesets: CityTilesets
    layers: list[LayerInfo]
    viewpoints: list[ViewpointInfo]


class Stage(BaseModel):
    """One stage of a review."""

    model_config = ConfigDict(from_attributes=True)

    name: Literal["read", "check", "views", "tile", "publish"]
    state: Literal["waiting", "running", "done", "failed"]
    runs: int
    seconds: float | None


class Submission(BaseModel):
    """One upload on its way to a verdict."""

    id: str
    file_name: str
    sha256: str
    size: int
    created_at: datetime
    place: str | None
    state: Literal["queued", "running", "done", "failed"]
    progress: float
    stages: list[Stage]
    error: Problem | None
    verdict: Outcome | None
    summary: dict[str, int] | None
    tileset: str | None

    @classmethod
    def of(cls, row: SubmissionRow) -> Submission:
        """From the review database."""
        return cls(
            id=row.id,
            file_name=row.file_name,
            sha256=row.sha256,
            size=row.size,
            created_at=row.created_at,
            place=row.place,
            state=row.state,
            progress=round(row.progress, 3),
            stages=[Stage.model_validate(stage) for stage in row.stages],
            error=Problem.model_validate(row.error) if row.error else None,
            verdict=row.verdict,
            summary=row.summary,
            tileset=f"/tiles/submissions/{row.id}/tileset.json" if row.placed else None,
        )


class UndrawnElement(BaseModel):
    """An element that could not be drawn."""

    global_id: str
    ifc_class: str
    reason: Words


class DefectInfo(BaseModel):
    """Something wrong with a file as a whole."""

    kind: str
    count: int
    bars_verdicts: bool
    sentence: Words
    examples: list[str]


class ModelInfo(BaseModel):
    """The file a report is about."""

    sha256: str
    file_name: str
    ifc_schema: str = Field(validation_alias="schema")
    authoring_tool: str | None
    project_name: str | None
    elements: int
    undrawn: list[UndrawnElement]
    warnings: list[Words]
    complete: bool = True
    defects: list[DefectInfo] = []


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


class GlobePosition(BaseModel):
    """Where a candidate puts the engineering origin: degrees, ellipsoidal metres."""

    longitude: float
    latitude: float
    height: float


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


class UncertaintyParts(BaseModel):
    """Where an uncertainty comes from, in the unit of the measured value."""

    frame: float
    mesh: float
    data: float


class SecondOpinionInfo(BaseModel):
    """The measured value computed in another way."""

    method: Words
    measured: float
    resolution: float


class RemedyInfo(BaseModel):
    """Changes of the whole scheme, each of which alone clears a finding; metres, the move east and north."""

    lower: float | None
    storeys: int | None
    move: tuple[float, float] | None


class ColumnInfo(BaseModel):
    """A column of a table."""

    key: str
    title: Words
    unit: Unit | None


class TableInfo(BaseModel):
    """Figures a finding is made of."""

    title: Words
    columns: list[ColumnInfo]
    rows: list[list[Words | str | float | bool | None]]


class FindingInfo(BaseModel):
    """A finding, with its place on the globe."""

    id: str
    rule: str
    rule_type: str
    title: Words
    outcome: Outcome
    legal_effect: Literal["prohibit", "distance", "procedure", "advisory"]
    owner: Words
    clause: Words
    edition: str
    status: Literal["verified", "unverified"]
    measured: float | None
    limit: float | None
    margin: float | None
    unit: Unit | None
    uncertainty: float | None
    uncertainty_parts: UncertaintyParts | None
    second: SecondOpinionInfo | None
    sentence: Words
    fix: Words | None
    remedy: RemedyInfo | None = None  # reports of earlier versions have none
    elements: list[str]
    layer: str | None
    feature: Words | None
    geometry: dict[str, Any] | None
    geometry_wgs84: dict[str, Any] | None
    focus: Focus | None
    tables: list[TableInfo]
    blocks: list[str]


class CityReference(BaseModel):
    """The city a report was made in."""

    code: str
    name: Words
    sha256: str


class RulebookReference(BaseModel):
    """The rulebook a report was made by."""

    code: str
    edition: str
    title: Words
    sha256: str


class ReportInfo(BaseModel):
    """A report for the page."""

    format: str
    program: str
    verdict: Outcome
    model: ModelInfo
    city: CityReference
    rulebook: RulebookReference
    frame: FrameInfo
    summary: dict[str, int]
    findings: list[FindingInfo]
    element_names: dict[str, str]
    focus: Focus | None


class ViewPlates(BaseModel):
    """URLs of a view's plates, SVG; ``?lang=`` chooses the words on them."""

    before: str
    after: str
    overlay: str


class ViewDrawing(BaseModel):
    """A plan or a section of a view, SVG; ``?lang=`` chooses the words on it."""

    name: str
    rule: str | None = Field(description="identifier of the rule whose limit it shows")
    url: str


class ViewInfo(BaseModel):
    """What a submission does to the view from a viewpoint; degrees, steradians, metres."""

    viewpoint: str
    name: Words
    rules: list[str] = Field(description="identifiers of the rules that look from there")
    degrees_raised: float = Field(description="azimuth over which the skyline rises")
    most_raised: float
    sky_lost: float
    peaks_before: int
    peaks_after: int
    distance: float
    plates: ViewPlates
    drawings: list[ViewDrawing]


class ElementInfo(BaseModel):
    """One element and its properties; lengths in metres, areas in m2, volumes in m3."""

    global_id: str
    ifc_class: str
    name: str | None
    storey: str | None
    predefined_type: str | None
    type_name: str | None
    property_sets: dict[str, dict[str, str | float | int | bool | None]]
