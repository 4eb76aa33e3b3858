"""What every room of the contract speaks in: words in both languages, problems, places."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

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


class GlobePosition(BaseModel):
    """Where a candidate puts the engineering origin: degrees, ellipsoidal metres."""

    longitude: float
    latitude: float
    height: float
