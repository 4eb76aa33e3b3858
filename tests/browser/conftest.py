"""A running review of the sample city, and a page in Chromium that may reach nothing else."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.browser.page import ReviewPage
from viewer import pipeline, web_build

# Rendering in software, without sound, updates or anything else that would go out.
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
)
SIZE = {"width": 640, "height": 360}
PATIENCE = 60.0  # s


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser; its absence is a failure, for without it nothing of the page is proven."""
    named = os.environ.get("CIM_CHROMIUM")
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = named or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail("no Chromium or Chrome; `make test` installs it when run as root on Debian")
    return Path(found)


@pytest.fixture(scope="session")
def server(sample_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with a worker on a copy of the sample city."""
    data = tmp_path_factory.mktemp("browser")
    shutil.copytree(sample_folder / "city", data / "city")
    pipeline.build_city(data / "city")
    web_build.build()
    port = _free_port()
    log = (data / "server.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "viewer", "serve"],
        env=os.environ | {"CIM_DATA": str(data), "CIM_PORT": str(port)},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/api/health")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30.0)
        log.close()


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[ReviewPage]:
    """The page, small, in Chinese, cut off from everything but the server."""
    context = browser.new_context(viewport=SIZE, locale="zh-CN", device_scale_factor=1)
    opened = context.new_page()
    review = ReviewPage(opened, server)
    _cut_the_cable(opened, review)
    yield review
    context.close()
    assert review.outside == [], "the page asked for something outside"
    assert review.complaints == [], "the page complained"


def _cut_the_cable(page: Page, review: ReviewPage) -> None:
    def only_ours(route: Route) -> None:
        url = route.request.url
        if url.startswith((review.server, "data:", "blob:")):
            route.continue_()
        else:
            review.outside.append(url)
            route.abort()

    page.route("**/*", only_ours)
    page.on("pageerror", lambda error: review.complaints.append(str(error)))
    page.on(
        "response",
        lambda answer: (
            review.complaints.append(f"{answer.status} {answer.url}")
            if answer.status >= 400 and answer.status != review.complaints_allowed
            else None
        ),
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5.0):
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    pytest.fail(f"{url} does not answer")
