"""The web application, made by a factory from settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.routing import APIRoute

from viewer.jobs import JobQueue, prepare_job_store
from viewer.review.store import ReviewStore
from viewer.server.context import Context
from viewer.server.errors import add_exception_handlers
from viewer.server.routes import city, frame, submissions, views
from viewer.server.schemas.common import ProblemAnswer
from viewer.server.static import CachedFiles
from viewer.settings import Settings

PAGE = Path(__file__).resolve().parent.parent / "web" / "dist"
# Cesium compiles WebAssembly and starts workers from blobs; nothing else may come from anywhere.
CONTENT_SECURITY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' blob:; worker-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'self'; frame-ancestors 'self'"
)
NOT_BUILT = (
    "<!doctype html><meta charset=utf-8><title>cim-review</title>"
    "<p>网页尚未构建，请运行 make demo。 · The page is not built; run make demo.</p>"
)


def create_app(settings: Settings) -> FastAPI:
    """The review server.

    Args:
        settings: where data lie and what is allowed.
    """

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        prepare_job_store(settings)
        store = ReviewStore(settings.review_database)
        store.migrate()
        queue = JobQueue(settings)
        app.state.context = Context(settings, store, queue)
        yield
        queue.close()
        store.close()

    app = FastAPI(
        title="cim-review",
        version=version("cim-review"),
        lifespan=life,
        docs_url=None,  # these pages load scripts from elsewhere; /openapi.json is the contract
        redoc_url=None,
        responses={"4XX": {"model": ProblemAnswer}},
        generate_unique_id_function=_operation_name,
    )
    app.middleware("http")(_security_headers)
    add_exception_handlers(app)
    app.include_router(city.router)
    app.include_router(submissions.router)
    app.include_router(frame.router)
    app.include_router(views.router)
    _mount_files(app, settings)
    return app


def _operation_name(route: APIRoute) -> str:
    return route.name


async def _security_headers(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    response.headers.setdefault("content-security-policy", CONTENT_SECURITY)
    response.headers["x-content-type-options"] = "nosniff"
    response.headers["referrer-policy"] = "no-referrer"
    return response


def _mount_files(app: FastAPI, settings: Settings) -> None:
    city_tiles = settings.city_folder / "build" / "tiles"
    app.mount("/tiles/city", CachedFiles(city_tiles))
    app.mount("/tiles/submissions", _SubmissionTiles(settings.review_folder / "work"))
    app.mount("/assets", CachedFiles(PAGE / "assets", immutable=True))
    app.mount("/cesium", CachedFiles(PAGE / "cesium"))

    @app.get("/", include_in_schema=False, response_model=None)
    def page() -> Response:
        path = PAGE / "index.html"
        if not path.is_file():
            return HTMLResponse(NOT_BUILT, status_code=503)
        return FileResponse(path, headers={"cache-control": "no-cache"})


class _SubmissionTiles(CachedFiles):
    """``/<submission>/<file>`` -> ``work/<submission>/tiles/<file>``: only the tiles of a submission are open."""

    def lookup_path(self, path: str) -> tuple[str, object]:  # type: ignore[override]
        submission, _, rest = path.partition("/")
        return super().lookup_path(f"{submission}/tiles/{rest}")
