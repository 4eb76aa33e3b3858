"""Reviews by a real worker process: to the verdict, through a crash, once and not twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cim.ifc import DEFAULT_LIMITS
from tests.viewer.huts import cut_hut, hut
from tests.viewer.live import (
    PATIENCE,
    free_port,
    serving,
    start_worker,
    wait_until,
)
from viewer import jobs, pipeline
from viewer.jobs import JobQueue, SlotTakenError
from viewer.review.store import STAGES, ReviewStore
from viewer.settings import Settings

pytestmark = pytest.mark.slow

CUT_OFF = b"ISO-10303-21;\nHEADER;"
AT_SEA, PLACE = hut(eastings=0.0, northings=0.0), "610500,2705500,5,0"
ONCE = dict.fromkeys(STAGES, 1)
Told = dict[str, Any]


@dataclass
class Office:
    """A server, a worker, and who talks to them."""

    settings: Settings
    client: httpx2.Client
    worker: subprocess.Popen[bytes]

    def hand_in(self, body: bytes, file_name: str, **more: str) -> str:
        answer = self.client.post(
            "/api/submissions", params={"file_name": file_name, **more}, content=body
        )
        assert answer.status_code == 201
        identifier: str = answer.json()["id"]
        return identifier

    def follow(self, identifier: str) -> list[Told]:
        """Every event until the stream ends."""
        told = []
        with self.client.stream("GET", f"/api/submissions/{identifier}/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            for line in filter(None, stream.iter_lines()):
                kind, _, rest = line.partition(": ")
                if kind == "event":
                    assert rest == "progress"
                elif kind == "data":
                    told.append(json.loads(rest))
        return told

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.status_code == 200
        return answer.json()


@pytest.fixture(scope="module")
def office(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    settings = Settings(data=tmp_path_factory.mktemp("office"), city=city)
    with serving(settings) as base, httpx2.Client(base_url=base, timeout=PATIENCE) as client:
        office = Office(settings, client, start_worker(settings))
        yield office
        office.worker.terminate()
        office.worker.communicate(timeout=PATIENCE)
        assert office.worker.returncode == 0


@pytest.fixture(scope="module")
def store(office: Office) -> Iterator[ReviewStore]:
    with contextlib.closing(ReviewStore(office.settings.review_database)) as store:
        yield store


@pytest.fixture(scope="module")
def followed(office: Office, submissions: Path) -> list[Told]:
    """All that was told while the violating tower was reviewed."""
    body = (submissions / "violating.ifc").read_bytes()
    return office.follow(office.hand_in(body, "violating.ifc"))


@pytest.fixture(scope="module")
def reviewed(followed: list[Told]) -> Told:
    """The violating tower at the end of its review."""
    return followed[-1]


@pytest.fixture(scope="module")
def failed(office: Office, reviewed: Told) -> Told:
    """A file that is cut off, at the end of its review; handed in after the tower."""
    return office.follow(office.hand_in(CUT_OFF, "broken.ifc"))[-1]


def test_events_tell_the_progress_until_it_is_done(followed: list[Told]) -> None:
    states = [told["state"] for told in followed]
    order = ["queued", "running", "done"]
    assert states[-1] == "done"
    assert states.count("done") == 1
    assert [order.index(state) for state in states] == sorted(order.index(s) for s in states)
    shares = [told["progress"] for told in followed]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(set(shares)) >= 4
    running = [
        {stage["name"] for stage in told["stages"] if stage["state"] == "running"}
        for told in followed
    ]
    assert max(map(len, running)) == 1
    assert {"read", "check", "views", "tile"} <= set().union(*running)


def test_the_violating_tower_is_judged(office: Office, reviewed: Told) -> None:
    assert reviewed["verdict"] == "fail"
    assert reviewed["summary"] | {"pass": 0, "not_applicable": 0} == {
        "fail": 5,
        "procedure": 1,
        "pass": 0,
        "discuss": 0,
        "not_applicable": 0,
        "not_checkable": 0,
    }
    assert reviewed["error"] is None
    assert _runs(reviewed) == ONCE
    assert all(stage["seconds"] > 0.0 for stage in reviewed["stages"])
    assert office.get(f"/api/submissions/{reviewed['id']}") == reviewed


def test_the_report_is_the_command_lines(
    office: Office, reviewed: Told, violating_report: Told
) -> None:
    assert office.get(f"/api/submissions/{reviewed['id']}/report.json") == violating_report


def test_every_finding_has_its_place_on_the_globe(
    office: Office, reviewed: Told, violating_report: Told
) -> None:
    report = office.get(f"/api/submissions/{reviewed['id']}/report")
    told = [finding["id"] for finding in report["findings"]]
    assert told == [finding["id"] for finding in violating_report["findings"]]
    found = {finding["rule"]: finding for finding in report["findings"]}
    cut, tower = found["RES-01"]["focus"], report["focus"]
    assert cut["longitude"] > tower["longitude"]  # the corner is north-east of the tower
    assert cut["latitude"] > tower["latitude"]
    assert tower["height"] == pytest.approx(10.2 + (5.3 + 104.8) / 2.0, abs=3.0)
    for finding in report["findings"]:
        assert (finding["geometry"] is None) == (finding["geometry_wgs84"] is None)
        for longitude, latitude, height in _positions(finding["geometry_wgs84"]):
            assert 118.0 < longitude < 118.2
            assert 24.4 < latitude < 24.6
            assert 0.0 < height < 500.0


def _positions(geometry: Told | None) -> Iterator[tuple[float, float, float]]:
    def walk(nested: list[Any]) -> Iterator[tuple[float, float, float]]:
        if isinstance(nested[0], float):
            yield tuple(nested)
        else:
            for part in nested:
                yield from walk(part)

    return walk(geometry["coordinates"]) if geometry else iter(())


def test_every_part_a_finding_names_can_be_asked_for(office: Office, reviewed: Told) -> None:
    report = office.get(f"/api/submissions/{reviewed['id']}/report")
    parts = {finding["rule"]: finding["elements"] for finding in report["findings"]}
    assert set(report["element_names"]) == {name for names in parts.values() for name in names}
    for name in {names[0] for names in parts.values() if names}:
        part = office.get(f"/api/submissions/{reviewed['id']}/elements/{name}")
        assert part["global_id"] == name
    (site,) = parts["RES-01"]
    assert (
        office.get(f"/api/submissions/{reviewed['id']}/elements/{site}")["ifc_class"] == "IfcSite"
    )


def test_the_printable_report_speaks_both_languages(office: Office, reviewed: Told) -> None:
    chinese, english = (
        office.client.get(f"/api/submissions/{reviewed['id']}/report.html?lang={language}").text
        for language in ("zh", "en")
    )
    assert "审查报告" in chinese
    assert "Review report" in english
    assert office.client.get(f"/api/submissions/{reviewed['id']}/report.html").text == chinese


def test_the_plates_of_the_tower_are_served_and_stand_in_its_report(
    office: Office, reviewed: Told
) -> None:
    views = office.get(f"/api/submissions/{reviewed['id']}/views")
    assert [view["viewpoint"] for view in views] == ["VP1", "VP2", "VP3"]
    page = office.client.get(f"/api/submissions/{reviewed['id']}/report.html").text
    shown = [view["viewpoint"] for view in views if view["rules"]]
    for view in views:
        for url in view["plates"].values():
            answer = office.client.get(url)
            assert answer.headers["content-type"] == "image/svg+xml"
            assert (answer.text.strip() in page) == (view["viewpoint"] in shown)
    assert shown == ["VP1", "VP2"]


def test_every_tile_of_the_tower_is_served(office: Office, reviewed: Told) -> None:
    assert reviewed["tileset"] == f"/tiles/submissions/{reviewed['id']}/tileset.json"
    tileset = office.get(reviewed["tileset"])
    names = list(_contents(tileset["root"]))
    assert len(names) > 20
    for name in names:
        answer = office.client.get(reviewed["tileset"].replace("tileset.json", name))
        assert answer.headers["content-type"] == "model/gltf-binary"
        assert answer.content[:4] == b"glTF"


def _contents(tile: Told) -> Iterator[str]:
    if "content" in tile:
        yield tile["content"]["uri"]
    for child in tile.get("children", ()):
        yield from _contents(child)


def test_a_file_that_cannot_be_read_fails_in_both_languages(office: Office, failed: Told) -> None:
    assert failed["state"] == "failed"
    assert failed["error"] == {
        "reason": {
            "zh": "文件不完整：结尾缺少 END-ISO-10303-21。",
            "en": "the file is cut off: END-ISO-10303-21 is missing at its end.",
        },
        "remedy": {"zh": "请重新导出并完整上传。", "en": "Export it again and upload it whole."},
        "place": None,
    }
    assert failed["verdict"] is None
    assert failed["tileset"] is None
    assert {stage["name"]: stage["state"] for stage in failed["stages"]} == {
        "read": "failed",
        "check": "waiting",
        "views": "waiting",
        "tile": "waiting",
        "publish": "waiting",
    }
    answer = office.client.get(f"/api/submissions/{failed['id']}").text
    assert "Traceback" not in answer
    assert str(office.settings.data) not in answer


def test_a_file_that_is_cut_off_is_shown_and_not_judged(office: Office, failed: Told) -> None:
    assert failed["state"] == "failed"  # so that the worker is free
    told = office.follow(office.hand_in(cut_hut(), "cut.ifc"))[-1]
    assert (told["state"], told["verdict"]) == ("done", "not_checkable")
    assert told["tileset"] is not None
    report = office.get(f"/api/submissions/{told['id']}/report")
    told = {finding["rule"]: finding["outcome"] for finding in report["findings"]}
    # Version, units, identifiers and size are known of a part of a file as well.
    assert {told.pop(rule) for rule in ("DEL-01", "DEL-02", "DEL-03", "DEL-04")} == {"pass"}
    assert set(told.values()) == {"not_checkable"}
    model = report["model"]
    assert (model["complete"], model["elements"]) == (False, 1)
    (defect,) = model["defects"]
    assert (defect["kind"], defect["count"], defect["bars_verdicts"]) == ("cut_off", 24, True)
    assert defect["sentence"] in model["warnings"]


def test_a_failed_review_has_no_report(office: Office, failed: Told) -> None:
    answer = office.client.get(f"/api/submissions/{failed['id']}/report")
    assert answer.status_code == 409


def test_a_slot_has_one_worker(office: Office, reviewed: Told) -> None:
    assert reviewed["state"] == "done"  # by the worker that has the slot
    # In a thread of its own, because a worker blocks the signals of the thread it runs in.
    with ThreadPoolExecutor(1) as thread:
        rival = thread.submit(jobs.main, office.settings)
        with pytest.raises(SlotTakenError, match=r"^slot-1$"):
            rival.result(timeout=PATIENCE)
    assert office.worker.poll() is None


@dataclass
class Crash:
    """What became of three huts in the sea when the worker was killed over the first.

    Attributes:
        survivor: handed in three times, with a place; its tiles were being made.
        poison: had already taken too many workers down with it.
        unplaced: handed in last, without a place.
    """

    survivor: Told
    poison: str
    unplaced: Told


@pytest.fixture(scope="module")
def crash(office: Office, store: ReviewStore, reviewed: Told) -> Crash:
    with contextlib.closing(JobQueue(office.settings)) as queue:
        survivor = office.hand_in(AT_SEA, "hut.ifc", place=PLACE)
        for _ in range(2):
            queue.enqueue(survivor)
            queue.enqueue(reviewed["id"])
    wait_until(lambda: _state(store, survivor, "tile") == "running", every=0.005)
    office.worker.kill()
    office.worker.communicate()
    assert _state(store, survivor, "tile") == "running"
    wait_until(lambda: not _processes_about(survivor))
    poison, unplaced = (office.hand_in(AT_SEA, "hut.ifc") for _ in range(2))
    _pretend_attempts(office.settings, poison, jobs.POISON_ATTEMPTS + 1)
    office.worker = start_worker(office.settings)
    end = office.follow(unplaced)[-1]  # the queue keeps its order, so this comes last
    return Crash(office.follow(survivor)[-1], poison, end)


def _pretend_attempts(settings: Settings, identifier: str, attempts: int) -> None:
    """As if that many workers had begun the job and died of it."""
    with contextlib.closing(sqlite3.connect(settings.review_folder / "jobs.sqlite")) as database:
        changed = database.execute(
            "update workflow_status set recovery_attempts = ? where workflow_uuid = ?",
            (attempts, identifier),
        )
        assert changed.rowcount == 1
        database.commit()


def test_a_killed_worker_is_taken_over_where_it_was(store: ReviewStore, crash: Crash) -> None:
    assert crash.survivor["state"] == "done"
    assert _runs(crash.survivor) == {"read": 1, "check": 1, "views": 1, "tile": 2, "publish": 1}
    assert [event for event, _ in store.audit(crash.survivor["id"])] == [
        "submitted",
        *("read started", "read done", "check started", "check done"),
        *("views started", "views done"),
        *("tile started", "tile started", "tile done"),
        *("publish started", "publish done", "published"),
    ]


def test_a_crash_leaves_no_trace_in_what_is_made(
    office: Office, crash: Crash, tmp_path: Path
) -> None:
    undisturbed = _review_here(office.settings.city_folder, tmp_path, AT_SEA, PLACE)
    assert {
        "model.cim",
        "report.json",
        "report.globe.json",
        "tiles/tileset.json",
        "views/views.json",
    } < set(undisturbed)
    assert _made(office.settings.work(crash.survivor["id"])) == undisturbed


def test_handing_in_again_does_not_run_again(
    office: Office, store: ReviewStore, reviewed: Told, crash: Crash
) -> None:
    assert crash.unplaced["state"] == "done"
    assert office.get(f"/api/submissions/{reviewed['id']}") == reviewed
    assert [event for event, _ in store.audit(reviewed["id"])] == [
        "submitted",
        *(f"{stage} {what}" for stage in STAGES for what in ("started", "done")),
        "published",
    ]


def test_a_job_that_took_too_many_workers_down_is_given_up(office: Office, crash: Crash) -> None:
    path = f"/api/submissions/{crash.poison}"
    wait_until(lambda: office.get(path)["state"] == "failed", patience=5.0)
    told = office.get(path)
    assert _runs(told) == dict.fromkeys(STAGES, 0)
    assert set(told["error"]["reason"]) == {"zh", "en"}
    assert told["verdict"] is None


def test_a_place_that_a_person_gives_is_taken(office: Office, crash: Crash) -> None:
    told = crash.survivor
    ledger = office.get(f"/api/submissions/{told['id']}/report")["frame"]
    assert told["place"] == PLACE
    assert told["tileset"] == f"/tiles/submissions/{told['id']}/tileset.json"
    assert ledger["candidates"][ledger["taken"]]["source"] == "--place"


def test_a_model_without_a_proven_place_has_a_report_and_no_tiles(
    office: Office, crash: Crash
) -> None:
    told = crash.unplaced
    assert told["state"] == "done"
    assert told["verdict"] == "fail"
    assert told["tileset"] is None
    assert office.get(f"/api/submissions/{told['id']}/report")["focus"] is None


def test_a_verdict_does_not_wait_for_views_that_cannot_be_drawn(
    office: Office, store: ReviewStore, crash: Crash
) -> None:
    assert crash.unplaced["state"] == "done"  # so that the worker is free
    body = hut(project="without views")
    sha256 = hashlib.sha256(body).hexdigest()
    office.settings.blob(sha256).write_bytes(body)
    identifier = store.add(file_name="hut.ifc", sha256=sha256, size=len(body), place=None)
    work = office.settings.work(identifier)
    work.mkdir(parents=True)
    (work / "views").write_bytes(b"a file where the folder should be")
    with contextlib.closing(JobQueue(office.settings)) as queue:
        queue.enqueue(identifier)
    told = office.follow(identifier)[-1]
    assert (told["state"], told["error"]) == ("done", None)
    states = {stage["name"]: stage["state"] for stage in told["stages"]}
    assert states == dict.fromkeys(STAGES, "done") | {"views": "failed"}
    assert told["verdict"] == office.get(f"/api/submissions/{identifier}/report")["verdict"]
    assert told["tileset"] is not None
    assert office.get(f"/api/submissions/{identifier}/views") == []
    assert "审查报告" in office.client.get(f"/api/submissions/{identifier}/report.html").text
    row = store.get(identifier)
    assert row is not None
    assert "NotADirectoryError" in (row.trace or "")  # the developer is told why


def _review_here(city: Path, folder: Path, body: bytes, place: str) -> dict[str, str]:
    """What the stages make of a file when nothing comes between them."""
    ifc, work = folder / f"{hashlib.sha256(body).hexdigest()}.ifc", folder / "work"
    ifc.write_bytes(body)
    pipeline.read_stage(ifc, work, limits=DEFAULT_LIMITS)
    pipeline.check_stage(work, city, place, "hut.ifc", ifc)
    pipeline.views_stage(work, city, place)
    pipeline.tile_stage(work, city, place)
    pipeline.publish_stage(work, city)
    return _made(work)


def _state(store: ReviewStore, identifier: str, stage: str) -> str:
    row = store.get(identifier)
    assert row is not None
    return {entry.name: entry.state for entry in row.stages}[stage]


def _runs(told: Told) -> dict[str, int]:
    return {stage["name"]: stage["runs"] for stage in told["stages"]}


def _processes_about(identifier: str) -> list[str]:
    """Processes that have the submission on their command line."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if identifier.encode() in (process / "cmdline").read_bytes():
                found.append(process.name)
    return found


def _made(work: Path) -> dict[str, str]:
    """Digest of every file a review left for others; hidden ones are drafts."""
    return {
        path.relative_to(work).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in work.rglob("*")
        if path.is_file() and not any(part[0] == "." for part in path.relative_to(work).parts)
    }


def test_a_server_brings_its_worker_and_takes_it_along(small_city: Path, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, city=small_city, port=free_port())
    command = [sys.executable, "-m", "viewer", "serve"]
    command += ["--data", str(tmp_path), "--port", str(settings.port)]
    server = subprocess.Popen(command, env=os.environ | {"CIM_CITY": str(small_city)})
    base = f"http://127.0.0.1:{settings.port}"
    try:
        with httpx2.Client(base_url=base, timeout=PATIENCE) as client:
            wait_until(lambda: _is_up(client))
            office = Office(settings, client, server)
            assert office.follow(office.hand_in(CUT_OFF, "cut.ifc"))[-1]["state"] == "failed"
        (worker,) = _children(server.pid)
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: _children(server.pid) not in ([], [worker]))
        (successor,) = _children(server.pid)
    finally:
        server.terminate()
        assert server.wait(timeout=PATIENCE) == 0
    wait_until(lambda: not Path(f"/proc/{successor}").exists())


def _is_up(client: httpx2.Client) -> bool:
    try:
        return client.get("/api/health").status_code == 200
    except httpx2.ConnectError:
        return False


def _children(parent: int) -> list[int]:
    """Living processes that a process has started."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, its_parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(its_parent) == parent and state != "Z":
                found.append(int(process.name))
    return found
