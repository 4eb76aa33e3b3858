"""What a scheme does to a view: its figures, plates and drawings."""

from __future__ import annotations

from pydantic import BaseModel, Field

from viewer.server.schemas.common import Words


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
