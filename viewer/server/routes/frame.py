"""Where a submission stands: its ledger, proposals to mend it, and the place a person states."""

from __future__ import annotations

import asyncio
import json
import tempfile
from dataclasses import asdict
from datetime import UTC
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request

from bim_checks.report import frame_document
from cim.city import City
from cim.errors import FrameError, ParcelError
from cim.frame import (
    ExplicitPlace,
    PointPair,
    Proposal,
    propose_from_pairs,
    propose_from_parcel,
)
from cim.parcel import Parcel, parcels_to_json
from cim.parcels import SUFFIXES
from cim.text import Text
from viewer import pipeline
from viewer.globe import frame_on_globe, shape_on_globe
from viewer.place_text import format_place, parse_place
from viewer.review.tables import AuditRow
from viewer.server.context import Context, Here
from viewer.server.errors import ConflictError, TooLargeError
from viewer.server.plan import plan_of
from viewer.server.schemas.frame import (
    EventInfo,
    FrameInfo,
    ParcelInfo,
    PlaceStated,
    PlanInfo,
    ProposalInfo,
    ProposalRequest,
)
from viewer.server.schemas.submissions import Submission

router = APIRouter(prefix="/api/submissions/{identifier}", tags=["frame"])

TOLD_EVENTS = ("submitted", "placed", "parcel", "published")
PARCEL_BYTES = 20_000_000  # a parcel's boundary points take kilobytes


@router.get("/frame")
def frame_ledger(identifier: str, here: Here) -> FrameInfo:
    """The frame ledger, each candidate with its place on the globe."""
    text = here.made(identifier, pipeline.GLOBE_REPORT).read_text(encoding="utf-8")
    return FrameInfo.model_validate(json.loads(text)["frame"])


@router.get("/frame/plan")
def plan(identifier: str, here: Here) -> PlanInfo:
    """The model from above, with the points one can pair with points of the city."""
    return plan_of(here.model_of(identifier))


@router.get("/history")
def history(identifier: str, here: Here) -> list[EventInfo]:
    """What was done with a submission, oldest first: handed in, placed by hand, parcel, published."""
    here.submission(identifier)
    return [_event(row) for row in here.store.history(identifier) if row.event in TOLD_EVENTS]


def _event(row: AuditRow) -> EventInfo:
    place = asdict(parse_place(row.detail)) if row.event == "placed" and row.detail else None
    return EventInfo.model_validate(
        {
            "at": row.at
            if row.at.tzinfo
            else row.at.replace(tzinfo=UTC),  # SQLite forgets the zone
            "event": row.event,
            "detail": row.detail,
            "place": place,
        }
    )


@router.post("/frame/proposal")
def propose(identifier: str, asked: ProposalRequest, here: Here) -> ProposalInfo:
    """A placement from pairs of points, or from the parcel; stated nowhere until it is confirmed."""
    model, city = here.model_of(identifier), here.city()
    parcels = pipeline.stored_parcels(here.settings.work(identifier))
    if asked.pairs is not None:
        proposal = propose_from_pairs(
            [PointPair(pair.engineering, pair.city) for pair in asked.pairs]
        )
    elif parcels:
        proposal = propose_from_parcel(
            model, city.frame, parcels, height=asked.height, limits=city.frame_limits
        )
    else:
        raise FrameError(
            Text(
                zh="既没有点对，也没有提交界址点。",
                en="there are no pairs of points, and no parcel was handed in.",
            ),
            remedy=Text(
                zh="请选取点对或提交界址点。", en="Pick pairs of points, or hand in the parcel."
            ),
        )
    ledger = pipeline.ledger_of(model, city, proposal.place, parcels)
    document = frame_on_globe(frame_document(ledger), model, city.frame, city.terrain.extent)
    return _proposal(proposal, FrameInfo.model_validate(document))


def _proposal(proposal: Proposal, frame: FrameInfo) -> ProposalInfo:
    place = proposal.place
    return ProposalInfo.model_validate(
        {
            "place": format_place(place),
            "eastings": place.eastings,
            "northings": place.northings,
            "orthogonal_height": place.orthogonal_height,
            "angle_degrees": place.angle_degrees,
            "residuals": list(proposal.residuals),
            "height_residuals": list(proposal.height_residuals),
            "fitted_scale": proposal.fitted_scale,
            "rival": proposal.rival,
            "notes": [note.to_json() for note in proposal.notes],
            "frame": frame,
        }
    )


@router.post("/place")
def state_place(identifier: str, stated: PlaceStated, here: Here) -> Submission:
    """State where the submission stands; it is judged again from there. The file itself is left as it is."""
    place: ExplicitPlace = parse_place(stated.place)
    text = format_place(place)
    _judge_again(here, identifier, event="placed", detail=text, place=text)
    return Submission.of(here.submission(identifier))


@router.put("/parcel")
async def hand_in_parcel(
    identifier: str,
    request: Request,
    here: Here,
    file_name: Annotated[str, Query(min_length=1, max_length=200)],
) -> list[ParcelInfo]:
    """Hand in the applicant's parcel (TXT, GeoJSON, GPKG, DXF) as the raw body; the submission is judged again with it."""
    suffix = Path(file_name).suffix.lower()
    if suffix not in SUFFIXES or suffix == ".shp":
        raise ParcelError(
            Text(
                zh="不认识的界址点格式 {suffix}。", en="{suffix} cannot be handed in as a parcel."
            ).format(suffix=suffix or "?"),
            remedy=Text(
                zh="请提供 TXT、GeoJSON、GPKG 或 DXF 单个文件。",
                en="Hand in one file: TXT, GeoJSON, GPKG or DXF.",
            ),
        )
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > PARCEL_BYTES:
            raise TooLargeError(
                Text(zh="界址点文件过大。", en="the file is too large for boundary points."),
            )
    return await asyncio.to_thread(_keep_parcel, here, identifier, file_name, bytes(body))


def _keep_parcel(here: Context, identifier: str, file_name: str, body: bytes) -> list[ParcelInfo]:
    row = here.submission(identifier)
    city = here.city()
    with tempfile.TemporaryDirectory(prefix="cim-parcel-") as folder:
        path = Path(folder) / f"parcel{Path(file_name).suffix.lower()}"
        path.write_bytes(body)
        parcels = pipeline.read_applicant_parcels(path, city)
    _check_judged(here, identifier)
    pipeline.store_parcels(here.settings.work(identifier), parcels)
    named = ", ".join(parcel.name for parcel in parcels)
    _judge_again(here, identifier, event="parcel", detail=named, place=row.place)
    return _parcels(parcels, city)


@router.get("/parcel")
def parcel(identifier: str, here: Here) -> list[ParcelInfo]:
    """The parcels handed in with a submission; none when nobody has."""
    here.submission(identifier)
    return _parcels(pipeline.stored_parcels(here.settings.work(identifier)), here.city())


def _parcels(parcels: tuple[Parcel, ...], city: City) -> list[ParcelInfo]:
    told = zip(parcels_to_json(parcels), parcels, strict=True)
    return [
        ParcelInfo.model_validate(
            values | {"geometry_wgs84": shape_on_globe(parcel.geometry, city.frame)}
        )
        for values, parcel in told
    ]


def _not_over() -> ConflictError:
    return ConflictError(
        Text(zh="审查尚未结束。", en="the review is not over yet."),
        remedy=Text(zh="请等待处理完成。", en="Wait until the review is done."),
    )


def _check_judged(here: Context, identifier: str) -> None:
    row = here.submission(identifier)
    if row.state not in ("done", "failed"):
        raise _not_over()
    if not here.store.was_read(identifier):
        raise ConflictError(
            Text(
                zh="模型未能读取，无从定位。", en="the model was not read, so it cannot be placed."
            ),
            remedy=Text(
                zh="请按提示修改模型后重新提交。", en="Mend the model as told, and submit again."
            ),
        )


def _judge_again(
    here: Context, identifier: str, *, event: str, detail: str, place: str | None
) -> None:
    _check_judged(here, identifier)
    job = here.store.recheck(identifier, event, detail, place)
    if job is None:  # someone else was quicker
        raise _not_over()
    pipeline.forget_verdict(here.settings.work(identifier))
    here.queue.enqueue(identifier, job)
