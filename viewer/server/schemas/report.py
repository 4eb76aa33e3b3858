"""A report: the model as read, and what each rule found."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from bim_checks.finding import Unit
from viewer.server.schemas.common import Focus, Outcome, Words
from viewer.server.schemas.frame import FrameInfo


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
