"""One table from errors to HTTP statuses, and one shape for every error answer."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from bim_checks.errors import IdsError, IdsLimitError, RulebookError, SceneError
from cim.errors import (
    CimError,
    CityError,
    ControlLineError,
    FrameError,
    IfcLimitError,
    ParcelError,
    SnapshotError,
    TerrainError,
    UnreadableIfcError,
)
from cim.text import Text
from viewer.web_build import PageBuildError


class NotFoundError(CimError):
    """What was asked for does not exist."""


class NotReadyError(CimError):
    """It will exist, but not yet."""


class ConflictError(CimError):
    """The submission is in a state that does not allow it."""


class TooLargeError(CimError):
    """An upload exceeds the limit."""


STATUS: Mapping[type[CimError], int] = {
    CimError: 400,
    UnreadableIfcError: 422,
    IfcLimitError: 422,
    FrameError: 422,
    ParcelError: 422,
    NotFoundError: 404,
    NotReadyError: 409,
    ConflictError: 409,
    TooLargeError: 413,
    # The city and its rulebook are the operator's; so is a damaged snapshot.
    CityError: 500,
    ControlLineError: 500,
    TerrainError: 500,
    RulebookError: 500,
    SceneError: 500,
    IdsError: 500,
    IdsLimitError: 500,
    SnapshotError: 500,
    PageBuildError: 500,
}

HTTP_WORDS: Mapping[int, Text] = {
    404: Text(zh="没有这个页面或数据。", en="There is nothing at this address."),
    405: Text(zh="不支持这种请求方式。", en="This address does not take that method."),
}


def add_exception_handlers(app: FastAPI) -> None:
    """Answer every error in the one shape."""

    @app.exception_handler(CimError)
    async def _cim(_: Request, error: CimError) -> JSONResponse:
        return _answer(STATUS[type(error)], error.reason, error.remedy, error.place)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = Text(zh="请求参数不正确。", en="A parameter of the request is not valid.")
        return _answer(422, reason, Text(zh=first["msg"], en=first["msg"]), place)

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        plain = Text(zh=str(error.detail), en=str(error.detail))
        return _answer(error.status_code, HTTP_WORDS.get(error.status_code, plain), None, None)


def _answer(status: int, reason: Text, remedy: Text | None, place: str | None) -> JSONResponse:
    told = {
        "reason": reason.to_json(),
        "remedy": remedy.to_json() if remedy else None,
        "place": place,
    }
    return JSONResponse({"error": told}, status_code=status)
