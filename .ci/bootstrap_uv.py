"""Put uv into .tools, with nothing but Python's standard library and PyPI.

Tries, in this order: a virtual environment with pip, pip of the running Python, and the wheel itself
(some systems split pip and venv off into packages a fresh machine lacks).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import stat
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from io import BytesIO
from pathlib import Path

UV_VERSION = "0.13.9"
TOOLS = Path(__file__).resolve().parent.parent / ".tools"


def main() -> int:
    """Install uv and print where it is."""
    if sys.version_info < (3, 11):
        print(
            "cim-review needs Python 3.11 or newer; 需要 Python 3.11 或更新版本。", file=sys.stderr
        )
        return 1
    target = TOOLS / "uv"
    TOOLS.mkdir(exist_ok=True)
    for attempt in (by_virtual_environment, by_pip, by_wheel):
        source = attempt()
        if source is not None and source.is_file():
            shutil.copy2(source, target)
            target.chmod(target.stat().st_mode | stat.S_IXUSR)
            print(target)
            return 0
    print("uv could not be installed from PyPI; 无法从 PyPI 安装 uv。", file=sys.stderr)
    return 1


def by_virtual_environment() -> Path | None:
    """Through venv and its pip."""
    folder = TOOLS / "bootstrap"
    python = folder / "bin" / "python"
    if quietly(sys.executable, "-m", "venv", str(folder)) and quietly(
        str(python), "-m", "pip", "install", "--quiet", f"uv=={UV_VERSION}"
    ):
        return folder / "bin" / "uv"
    return None


def by_pip() -> Path | None:
    """Through the pip of this Python, into a folder of our own."""
    folder = TOOLS / "pip"
    if quietly(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--target",
        str(folder),
        f"uv=={UV_VERSION}",
    ):
        return folder / "bin" / "uv"
    return None


def by_wheel() -> Path | None:
    """The wheel for this machine straight from the index, checked against its digest."""
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    request = urllib.request.Request(  # noqa: S310
        f"{index}/uv/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            files = json.load(answer)["files"]
        chosen = next(file for file in files if fits(file["filename"]))
        with urllib.request.urlopen(chosen["url"], timeout=300) as answer:  # noqa: S310
            content = answer.read()
    except (OSError, ValueError, StopIteration) as error:
        print(error, file=sys.stderr)
        return None
    if hashlib.sha256(content).hexdigest() != chosen["hashes"]["sha256"]:
        print("the uv wheel does not match its digest", file=sys.stderr)
        return None
    with zipfile.ZipFile(BytesIO(content)) as wheel:
        name = next(entry for entry in wheel.namelist() if entry.endswith("/scripts/uv"))
        return Path(wheel.extract(name, TOOLS / "wheel"))


def fits(filename: str) -> bool:
    """Whether a wheel is the pinned version for this operating system and processor."""
    if not filename.startswith(f"uv-{UV_VERSION}-py3-none-") or not filename.endswith(".whl"):
        return False
    machine = platform.machine().lower()
    if sys.platform == "darwin":
        return "macosx" in filename and machine in filename
    flavour = "musllinux" if "musl" in (sysconfig.get_config_var("SOABI") or "") else "manylinux"
    return flavour in filename and machine in filename


def quietly(*command: str) -> bool:
    """Whether a command succeeds; what it says is shown only by the last resort failing."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    raise SystemExit(main())
