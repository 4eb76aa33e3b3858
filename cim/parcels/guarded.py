"""Read a parcel file somebody has uploaded in a process of its own, within limits: ``python -m cim.parcels.guarded REQUEST``."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from cim.city_frame import CityFrame
from cim.errors import ParcelError
from cim.parcel import Parcel, parcels_from_json, parcels_to_json
from cim.parcels.reader import read_parcels
from cim.text import Text
from cim.vertical import VerticalSeparation

CPU_SECONDS, WALL_SECONDS = 20, 60.0
MEMORY_BYTES = 4 << 30


def read_parcels_guarded(
    path: Path,
    frame: CityFrame,
    extent: tuple[float, float, float, float],
    *,
    layer: str | None = None,
) -> tuple[Parcel, ...]:
    """As `read_parcels`, in a child.

    Raises:
        ParcelError: as `read_parcels`; or the file crashed its reader or cost too much.
    """
    request = {
        "path": str(path.resolve()),
        "projected_crs": frame.projected_crs,
        "extent": list(extent),
        "layer": layer,
    }
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    environment = kept | {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    with tempfile.TemporaryDirectory(prefix="cim-parcel-") as folder:
        asked = Path(folder) / "request.json"
        asked.write_text(json.dumps(request), encoding="utf-8")
        try:
            ended = subprocess.run(
                (sys.executable, "-m", "cim.parcels.guarded", str(asked)),
                cwd=folder,
                env=environment,
                capture_output=True,
                timeout=WALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _too_much(path) from error
    if ended.returncode != 0:
        raise _too_much(path)
    told = json.loads(ended.stdout)
    if "error" in told:
        remedy = told["error"]["remedy"]
        raise ParcelError(
            Text(**told["error"]["reason"]),
            path=path,
            place=told["error"]["place"],
            remedy=Text(**remedy) if remedy else None,
        )
    return parcels_from_json(told["parcels"])


def _too_much(path: Path) -> ParcelError:
    return ParcelError(
        Text(
            zh="读取该文件超出限制，或使读取程序崩溃。",
            en="reading the file exceeded a limit, or crashed the reader.",
        ),
        path=path,
        remedy=Text(
            zh="请改以界址点 TXT 提供。", en="Provide the boundary points as a TXT list instead."
        ),
    )


def main(arguments: list[str]) -> int:
    """Serve one request; JSON on standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    request: dict[str, Any] = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    # Plan coordinates alone are read here; the vertical part of the frame has no say in them.
    frame = CityFrame(request["projected_crs"], VerticalSeparation("", 0.0, 0.0))
    west, south, east, north = request["extent"]
    try:
        found = read_parcels(
            Path(request["path"]), frame, (west, south, east, north), layer=request["layer"]
        )
        told: dict[str, Any] = {"parcels": parcels_to_json(found)}
    except ParcelError as error:
        told = {
            "error": {
                "reason": error.reason.to_json(),
                "place": error.place,
                "remedy": error.remedy.to_json() if error.remedy else None,
            }
        }
    sys.stdout.write(json.dumps(told))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
