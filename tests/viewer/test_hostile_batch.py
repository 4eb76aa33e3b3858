"""A running server that is handed a batch of hostile files stays up, answers meanwhile, and goes on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.cim.ifc.hostile import KINDS, Flawed, Kind, Refused, Undrawn
from tests.viewer.huts import hut
from tests.viewer.live import PATIENCE, serving, start_worker
from viewer.settings import Settings

pytestmark = pytest.mark.slow

BATCH = (
    "noise",
    "UTF-16",
    "cut in a string",
    "zeros in the middle",
    "number used twice",
    "200,000 brackets",
    "sphere of 1,000 km",
    "placement circle",
    "Boolean 20,000 deep",
    "300 subtractions",
    "coordinate 1e999",
    "bomb",
)
ANSWER = 5.0  # s; an answer takes milliseconds on a machine of one's own
ENDED = ("done", "failed")


def test_a_server_outlives_a_batch_of_hostile_files(small_city: Path, tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path,
        city=small_city,
        read_stall_seconds=4.0,
        read_element_seconds=1.5,
        read_wall_seconds=30.0,
    )
    kinds = {kind.name: kind for kind in KINDS if kind.name in BATCH}
    assert set(kinds) == set(BATCH)
    with serving(settings) as base, httpx2.Client(base_url=base, timeout=PATIENCE) as client:
        worker = start_worker(settings)
        try:
            submitted = {name: hand_in(client, kinds[name].content(), name) for name in BATCH}
            ended, slowest = follow(client, submitted)
            assert slowest < ANSWER
            for name, told in ended.items():
                assert ending(client, told) == expected(kinds[name]), name
            good = {"hut": hand_in(client, hut(), "hut")}
            assert follow(client, good)[0]["hut"]["state"] == "done"
            assert worker.poll() is None
        finally:
            worker.terminate()
            worker.communicate(timeout=PATIENCE)
    assert worker.returncode == 0


def hand_in(client: httpx2.Client, body: bytes, name: str) -> str:
    answer = client.post("/api/submissions", params={"file_name": f"{name}.ifc"}, content=body)
    assert answer.status_code == 201
    identifier: str = answer.json()["id"]
    return identifier


def follow(
    client: httpx2.Client, submitted: dict[str, str]
) -> tuple[dict[str, dict[str, Any]], float]:
    """Ask until all reviews have ended; how they did, and the longest the server took to answer, seconds."""
    ended: dict[str, dict[str, Any]] = {}
    slowest = 0.0
    deadline = time.monotonic() + 3.0 * PATIENCE
    while len(ended) < len(submitted):
        assert time.monotonic() < deadline, submitted.keys() - ended.keys()
        for name in submitted.keys() - ended.keys():
            asked = time.monotonic()
            told = client.get(f"/api/submissions/{submitted[name]}").json()
            slowest = max(slowest, time.monotonic() - asked)
            if told["state"] in ENDED:
                ended[name] = told
        assert client.get("/api/health").status_code == 200
        time.sleep(0.2)
    return ended, slowest


def ending(client: httpx2.Client, told: dict[str, Any]) -> tuple[str, bool, int]:
    """State, whether the file is whole, and how many of its elements are undrawn."""
    if told["state"] == "failed":
        assert told["error"]["remedy"] is not None
        return "failed", False, 0
    model = client.get(f"/api/submissions/{told['id']}/report").json()["model"]
    return "done", model["complete"], len(model["undrawn"])


def expected(kind: Kind) -> tuple[str, bool, int]:
    if isinstance(kind.outcome, Refused):
        return "failed", False, 0
    if isinstance(kind.outcome, Undrawn):
        return "done", True, 1
    return "done", False, 0 if isinstance(kind.outcome, Flawed) else 1
