"""Make sure a Chromium the browser tests can drive is on this machine.

An installed Chromium or Chrome is taken; as root on Debian the package is installed; otherwise this
fails, for a browser test that is skipped proves nothing.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from debian import can_install, install

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def main() -> int:
    """Print the browser's path, installing it first where that is possible."""
    found = find()
    if found is None and can_install():
        install("chromium", "fonts-wqy-microhei")
        found = find()
    if found is None:
        print(
            "No Chromium or Chrome was found. Install one (Debian: apt-get install chromium) or set CIM_CHROMIUM.\n"
            "没有找到 Chromium 或 Chrome。请安装(Debian:apt-get install chromium),或设置 CIM_CHROMIUM。",
            file=sys.stderr,
        )
        return 1
    print(found)
    return 0


def find() -> str | None:
    """The browser to drive: ``CIM_CHROMIUM``, else the first on the PATH."""
    named = os.environ.get("CIM_CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    on_path = next((path for path in map(shutil.which, NAMES) if path), None)
    return on_path or (str(MAC) if MAC.is_file() else None)


if __name__ == "__main__":
    raise SystemExit(main())
