"""Protected views: what is looked at from where, and what a submission does to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, JSONResponse

from bim_checks.landscape.painting import Kind
from bim_checks.rulebook import read_rulebook
from cim.text import Language, Text
from viewer.globe import sights_on_globe
from viewer.pipeline import PLATES, REPORT
from viewer.server.context import Context, Here
from viewer.server.errors import NotFoundError
from viewer.server.schemas.views import ViewInfo, ViewPlates
from viewer.views import VIEWS, plate_name, sights

router = APIRouter(prefix="/api", tags=["views"])

# A drawing shows its own picture, runs nothing and asks for nothing, even when it is opened alone.
DRAWING_SECURITY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"


@router.get("/city/views", response_class=JSONResponse)
def city_views(here: Here) -> JSONResponse:
    """Viewpoints, ridges and cones of sight as GeoJSON: longitude, latitude, ellipsoidal height."""
    city = here.city()
    found = sights(read_rulebook(city.rulebook_path), city)
    return JSONResponse(sights_on_globe(city, found), media_type="application/geo+json")


@router.get("/submissions/{identifier}/views")
def views(identifier: str, here: Here) -> list[ViewInfo]:
    """What the submission does to each view, in the city's order; none when it has no proven place or they could not be drawn."""
    return [_view(identifier, entry) for entry in _entries(here, identifier)]


@router.get("/submissions/{identifier}/views/{viewpoint}/{kind}.svg", response_class=FileResponse)
def plate(
    identifier: str,
    viewpoint: str,
    kind: Kind,
    here: Here,
    lang: Annotated[Language, Query()] = "zh",
) -> FileResponse:
    """One plate: before, after, or after with what is hidden tinted."""
    _entry(here, identifier, viewpoint)
    return _drawing(here, identifier, plate_name(viewpoint, kind, lang))


@router.get(
    "/submissions/{identifier}/views/{viewpoint}/drawings/{name}.svg", response_class=FileResponse
)
def drawing(
    identifier: str,
    viewpoint: str,
    name: str,
    here: Here,
    lang: Annotated[Language, Query()] = "zh",
) -> FileResponse:
    """The plan of a view, or a section of one of its limits."""
    entry = _entry(here, identifier, viewpoint)
    if name not in {drawing["name"] for drawing in entry.get("drawings", [])}:
        raise NotFoundError(
            Text(
                zh="视点 {code} 没有图 {name}。",
                en="there is no drawing {name} of viewpoint {code}.",
            ).format(code=viewpoint, name=name)
        )
    return _drawing(here, identifier, plate_name(viewpoint, name, lang))


def _entry(here: Context, identifier: str, viewpoint: str) -> dict[str, Any]:
    """What ``views.json`` says of a viewpoint.

    Raises:
        NotFoundError: nothing.
    """
    for entry in _entries(here, identifier):
        if entry["viewpoint"] == viewpoint:
            return entry
    raise NotFoundError(
        Text(zh="没有视点 {code} 的画面。", en="there is no plate of viewpoint {code}.").format(
            code=viewpoint
        )
    )


def _drawing(here: Context, identifier: str, name: str) -> FileResponse:
    return FileResponse(
        here.settings.work(identifier) / PLATES / name,
        media_type="image/svg+xml",
        headers={"content-security-policy": DRAWING_SECURITY, "cache-control": "no-cache"},
    )


def _entries(here: Context, identifier: str) -> list[dict[str, Any]]:
    """Entries of the submission's ``views.json``.

    Raises:
        NotFoundError: no such submission.
        NotReadyError: it has no verdict yet.
    """
    path = here.made(identifier, REPORT).parent / PLATES / VIEWS
    if not path.is_file():
        return []
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["views"]
    return found


def _view(identifier: str, entry: Mapping[str, Any]) -> ViewInfo:
    base = f"/api/submissions/{identifier}/views/{quote(entry['viewpoint'], safe='')}"
    plates = ViewPlates(
        before=f"{base}/before.svg", after=f"{base}/after.svg", overlay=f"{base}/overlay.svg"
    )
    drawings = [
        {**drawing, "url": f"{base}/drawings/{quote(drawing['name'], safe='')}.svg"}
        for drawing in entry.get("drawings", [])
    ]
    return ViewInfo.model_validate({**entry, "plates": plates, "drawings": drawings})
