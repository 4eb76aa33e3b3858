"""A submission, its stages and its elements."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from viewer.review.tables import SubmissionRow
from viewer.server.schemas.common import Outcome, Problem


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


class ElementInfo(BaseModel):
    """One element and its properties; lengths in metres, areas in m2, volumes in m3."""

    global_id: str
    ifc_class: str
    name: str | None
    storey: str | None
    predefined_type: str | None
    type_name: str | None
    property_sets: dict[str, dict[str, str | float | int | bool | None]]
