"""The city as the page shows it: tilesets, layers, viewpoints, the surfaces that limit heights."""

from __future__ import annotations

from pydantic import BaseModel, Field

from viewer.server.schemas.common import Home, Words


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
