"""Tiles and the page as files: ranges and validators from Starlette, caching and compression from here."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

MEDIA_TYPES = {
    ".glb": "model/gltf-binary",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".js": "text/javascript",
}
COMPRESSED = (".json", ".glb", ".js", ".css", ".html", ".svg", ".pnts", ".wasm")
LEAST_BYTES = 1024  # below this the header costs more than it saves
KEPT_BYTES = 4 << 20  # larger files are sent as they are
KEPT_FILES = 256
REVALIDATE = "no-cache"  # keep it, but ask whether it changed
FOREVER = "public, max-age=31536000, immutable"


class CachedFiles(StaticFiles):
    """Files of one folder.

    Args:
        directory: the folder.
        immutable: names carry a content hash, so a browser need never ask again.
    """

    def __init__(self, directory: Path, *, immutable: bool = False) -> None:
        super().__init__(directory=directory, check_dir=False)
        self._cache = FOREVER if immutable else REVALIDATE

    async def check_config(self) -> None:
        """A folder that is not there yet holds no files; it may come later."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, compressed where the client takes it and nothing is lost by it."""
        response = await super().get_response(path, scope)
        suffix = Path(path).suffix
        if suffix in MEDIA_TYPES:
            response.headers["content-type"] = MEDIA_TYPES[suffix]
        response.headers["cache-control"] = self._cache
        headers = Headers(scope=scope)
        wanted = "gzip" in headers.get("accept-encoding", "") and "range" not in headers
        if isinstance(response, NotModifiedResponse) or not wanted or suffix not in COMPRESSED:
            return response
        return self._compressed(path, response)

    def _compressed(self, path: str, response: Response) -> Response:
        found, stat = self.lookup_path(path)
        if stat is None or not LEAST_BYTES <= stat.st_size <= KEPT_BYTES:
            return response
        body = _gzip(found, stat.st_mtime_ns)
        if len(body) >= stat.st_size * 0.95:
            return response
        kept = ("content-type", "etag", "last-modified", "cache-control")
        headers = {name: response.headers[name] for name in kept if name in response.headers}
        return Response(
            body, headers=headers | {"content-encoding": "gzip", "vary": "accept-encoding"}
        )


@lru_cache(maxsize=KEPT_FILES)
def _gzip(path: str, _changed: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), compresslevel=6, mtime=0)
