"""The sample city, from nothing to a page a visitor can click."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import samples
from cim.ifc import get_ready
from cim.text import Text
from viewer import console, pipeline, web_build
from viewer.settings import Settings

SUBMISSIONS = ("compliant.ifc", "violating.ifc", "misplaced.ifc", "revision.ifc")
STAMP = "samples.json"
PATIENCE = 60.0  # s; a server that has not answered by then will not


def prepare(settings: Settings, *, buildings: int) -> None:
    """Write the sample city and its submissions, unless they are there already.

    A stamp holds a hash of the generator's own source, so that a newer version writes anew and an
    unchanged one starts at once.
    """
    stamp = settings.data / STAMP
    wanted = {"buildings": buildings, "generator": _generator_sha256()}
    if stamp.is_file() and json.loads(stamp.read_text(encoding="utf-8")) == wanted:
        return
    stamp.unlink(missing_ok=True)
    get_ready()  # on the other processor, while the city is made on this one
    with console.progress(str(Text(zh="生成样例城市", en="making the sample city"))) as progress:
        samples.prepare(settings.data, buildings=buildings, progress=progress)
    stamp.write_text(json.dumps(wanted), encoding="utf-8")


def serve(settings: Settings) -> None:
    """Build what is missing, start server and worker, submit the samples once, and stay up."""
    from viewer.server.serve import serve as run

    with console.progress(str(Text(zh="建立城市数据", en="building the city"))) as progress:
        pipeline.build_city(settings.city_folder, progress)
    web_build.build()
    threading.Thread(target=_submit_when_up, args=(settings,), daemon=True).start()
    run(settings, with_worker=True)


def _submit_when_up(settings: Settings) -> None:
    """Wait for the server's first answer, then hand in what it does not have yet."""
    base = f"http://127.0.0.1:{settings.port}"
    _wait_for(f"{base}/api/health")
    known = {entry["sha256"] for entry in _get(f"{base}/api/submissions")}
    for name in SUBMISSIONS:
        path = settings.data / "submissions" / name
        if hashlib.sha256(path.read_bytes()).hexdigest() not in known:
            _submit(base, path)
    console.err.print(f"\n  → http://localhost:{settings.port}\n", style="bold green")


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            _get(url)
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return


def _get(url: str) -> list[dict[str, str]]:
    with urllib.request.urlopen(url, timeout=10.0) as answer:  # noqa: S310 - our own server
        found: list[dict[str, str]] = json.load(answer)
        return found


def _submit(base: str, path: Path) -> None:
    query = urllib.parse.urlencode({"file_name": path.name})
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{base}/api/submissions?{query}",
        data=path.read_bytes(),
        headers={"Content-Type": "application/octet-stream"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=60.0):  # noqa: S310 - our own server
        return


def _generator_sha256() -> str:
    digest = hashlib.sha256()
    for source in sorted(Path(samples.__file__).parent.rglob("*")):
        if source.suffix in (".py", ".yaml"):
            digest.update(source.read_bytes())
    return digest.hexdigest()
