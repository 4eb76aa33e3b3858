"""Submissions: hand in, follow, read the verdict."""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, HTMLResponse
from sse_starlette import EventSourceResponse

from cim.text import Language, Text
from viewer.pipeline import GLOBE_REPORT, REPORT
from viewer.place_text import parse_place
from viewer.server.context import Context, Here
from viewer.server.errors import NotFoundError, TooLargeError
from viewer.server.parts import find_part
from viewer.server.schemas.report import ReportInfo
from viewer.server.schemas.submissions import ElementInfo, Submission

router = APIRouter(prefix="/api/submissions", tags=["submissions"])

POLLING_SECONDS = 0.2
NAME_LENGTH = 200


@router.get("")
def newest_first(here: Here) -> list[Submission]:
    """All submissions, newest first."""
    return [Submission.of(row) for row in here.store.newest_first()]


@router.post("", status_code=201)
async def hand_in(
    request: Request,
    here: Here,
    file_name: Annotated[str, Query(min_length=1, max_length=NAME_LENGTH)],
    place: Annotated[str | None, Query(description="E,N,H,angle", max_length=200)] = None,
) -> Submission:
    """Hand in an IFC file as the raw body; the review starts at once."""
    if place is not None:
        parse_place(place)
    sha256, size = await _store(request, here)
    identifier = await asyncio.to_thread(
        here.store.add,
        file_name=_shown_name(file_name),
        sha256=sha256,
        size=size,
        place=place,
    )
    await asyncio.to_thread(here.queue.enqueue, identifier)
    return Submission.of(here.submission(identifier))


async def _store(request: Request, here: Context) -> tuple[str, int]:
    """Stream the body into the store under its own hash; returns hash and size in bytes."""
    folder = here.settings.review_folder / "blobs"
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{uuid.uuid4()}.partial"
    digest, size = hashlib.sha256(), 0
    try:
        with partial.open("wb") as stream:
            async for chunk in request.stream():
                size += len(chunk)
                if size > here.settings.upload_bytes:
                    raise TooLargeError(
                        Text(
                            zh="文件超过上限 {limit:.0f} MB。",
                            en="the file exceeds the limit of {limit:.0f} MB.",
                        ).format(limit=here.settings.upload_bytes / 1e6),
                        remedy=Text(
                            zh="请分专业或分楼栋导出。",
                            en="Export it by discipline or by building.",
                        ),
                    )
                digest.update(chunk)
                stream.write(chunk)
        partial.replace(here.settings.blob(digest.hexdigest()))
    finally:
        partial.unlink(missing_ok=True)
    return digest.hexdigest(), size


def _shown_name(name: str) -> str:
    """The last part of a name, without characters that do not show; it is data, never a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable()).strip() or "model.ifc"


@router.get("/{identifier}")
def one(identifier: str, here: Here) -> Submission:
    """One submission."""
    return Submission.of(here.submission(identifier))


@router.get("/{identifier}/events", response_class=EventSourceResponse)
async def events(identifier: str, here: Here) -> EventSourceResponse:
    """Server-sent events ``progress`` with the submission as data, until it is done or failed."""
    here.submission(identifier)

    async def changes() -> AsyncIterator[dict[str, str]]:
        told = ""
        while True:
            row = await asyncio.to_thread(here.submission, identifier)
            current = Submission.of(row).model_dump_json()
            if current != told:
                told = current
                yield {"event": "progress", "data": current}
            if row.state in ("done", "failed"):
                return
            await asyncio.sleep(POLLING_SECONDS)

    return EventSourceResponse(changes())


@router.get("/{identifier}/report")
def report(identifier: str, here: Here) -> ReportInfo:
    """The report, each finding with its place on the globe."""
    text = here.made(identifier, GLOBE_REPORT).read_text(encoding="utf-8")
    return ReportInfo.model_validate(json.loads(text))


@router.get("/{identifier}/report.json", response_class=FileResponse)
def report_file(identifier: str, here: Here) -> FileResponse:
    """The deterministic report file itself, in the city's frame."""
    return FileResponse(here.made(identifier, REPORT), media_type="application/json")


@router.get("/{identifier}/report.html", response_class=HTMLResponse)
def report_page(
    identifier: str, here: Here, lang: Annotated[Literal["zh", "en"], Query()] = "zh"
) -> HTMLResponse:
    """The printable report."""
    language: Language = lang
    path: Path = here.made(identifier, f"report.{language}.html")
    return HTMLResponse(path.read_text(encoding="utf-8"))


@router.get("/{identifier}/elements/{global_id}")
def element(identifier: str, global_id: str, here: Here) -> ElementInfo:
    """One element, site or space of the model, and its properties."""
    found = find_part(here.model_of(identifier), global_id)
    if found is None:
        raise NotFoundError(
            Text(zh="模型中没有构件 {id}。", en="the model has no element {id}.").format(
                id=global_id
            )
        )
    return found
