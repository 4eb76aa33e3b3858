"""The review page as a test uses it: what a person does, and the hook `?test` adds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

VERDICT_SECONDS = 90.0
HOOK_SECONDS = 60.0


class ReviewPage:
    """One open page.

    Args:
        page: of Playwright.
        server: address of the review server.
    """

    def __init__(self, page: Page, server: str) -> None:
        self.page = page
        self.server = server
        self.outside: list[str] = []
        self.complaints: list[str] = []
        self.complaints_allowed: int | None = None  # a status this test provokes

    def open(self, view: str = "") -> None:
        """Open the page, with a view after ``#``, and wait for the scene."""
        self.page.goto(f"{self.server}/?test#{view}")
        self.until(lambda: bool(self.page.evaluate("!!window.cimReview")), HOOK_SECONDS)

    def find(self, name: str) -> Locator:
        """A part of the page by its ``data-test``."""
        return self.page.locator(f'[data-test="{name}"]')

    def upload(self, path: Path) -> None:
        """Hand a file in through the page and wait until its review is over."""
        self.find("upload").set_input_files(path)
        self.until(lambda: self.state("submission.file_name") == path.name, VERDICT_SECONDS)
        over = ("done", "failed")
        self.until(lambda: self.state("submission.state") in over, VERDICT_SECONDS)

    def click_finding(self, identifier: str) -> None:
        """Click a finding in the list, and wait for the final picture."""
        self.page.locator(f'[data-test-finding="{identifier}"]').click()
        self.settle()

    def settle(self) -> None:
        """Wait for the final picture."""
        assert self.page.evaluate("cimReview.settle(120000)"), "the picture did not come to rest"

    def state(self, path: str) -> Any:
        """A value of the page's state, None when it or anything on the way is missing."""
        value = self.page.evaluate("cimReview.state()")
        for step in path.split("."):
            value = value.get(step) if value is not None else None
        return value

    def picked(self, step: int = 12) -> Iterator[tuple[int, int, str]]:
        """Pixels of the stage on a grid, from its middle outwards, with the GlobalId seen there."""
        box = self.find("stage").bounding_box()
        assert box is not None
        width, height = int(box["width"]), int(box["height"])
        grid = [(x, y) for x in range(0, width, step) for y in range(0, height, step)]
        grid.sort(key=lambda at: (at[0] - width / 2) ** 2 + (at[1] - height / 2) ** 2)
        for x, y in grid:
            global_id = self.element_at(x, y)
            if global_id is not None and self.is_open(x, y):
                yield x, y, global_id

    def element_at(self, x: int, y: int) -> str | None:
        """GlobalId of the element of the submission at a pixel of the stage."""
        hit = self.page.evaluate(f"cimReview.pickAt({x}, {y})")
        found: str | None = hit["globalId"] if hit and hit["kind"] == "element" else None
        return found

    def is_open(self, x: int, y: int) -> bool:
        """Whether no card lies over a pixel of the stage."""
        box = self.find("stage").bounding_box()
        assert box is not None
        at = f"{box['x'] + x}, {box['y'] + y}"
        return bool(self.page.evaluate(f"document.elementFromPoint({at}).tagName === 'CANVAS'"))

    def click_stage(self, x: int, y: int) -> None:
        """Click a pixel of the stage."""
        self.find("stage").click(position={"x": x, "y": y})

    def coordinate(self, pair: int, axis: str) -> float | None:
        """A coordinate of a pair of points as the page shows it; None while it is empty."""
        shown = self.page.locator(f'[data-test-coordinate="{pair}-{axis}"]').input_value()
        return float(shown) if shown else None

    def type_coordinate(self, pair: int, axis: str, value: float) -> None:
        """Type a coordinate of a pair of points, to a tenth of a millimetre, and leave its field."""
        field = self.page.locator(f'[data-test-coordinate="{pair}-{axis}"]')
        field.fill(f"{value:.4f}")
        field.blur()

    def height_at(self, x: int, y: int) -> float:
        """Ellipsoidal height of what is seen at a pixel, metres."""
        place: list[float] = self.page.evaluate(f"cimReview.placeAt({x}, {y})")
        return place[2]

    def window_position(self, longitude: float, latitude: float, height: float) -> tuple[int, int]:
        """Pixel of the stage where a point appears."""
        x, y = self.page.evaluate(f"cimReview.windowPositionOf({longitude}, {latitude}, {height})")
        return round(x), round(y)

    @staticmethod
    def until(holds: Any, seconds: float) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.1)
