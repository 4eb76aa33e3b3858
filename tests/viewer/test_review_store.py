"""The review database: a submission of an earlier program, and a stage that may fail."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from viewer.review.store import STAGES, ReviewStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ReviewStore]:
    with contextlib.closing(ReviewStore(f"sqlite:///{tmp_path / 'review.sqlite'}")) as store:
        store.migrate()
        yield store


def _add(store: ReviewStore) -> str:
    return store.add(file_name="tower.ifc", sha256="0" * 64, size=1, place=None)


def _states(store: ReviewStore, identifier: str) -> dict[str, str]:
    row = store.get(identifier)
    assert row is not None
    return {stage.name: stage.state for stage in row.stages}


def test_a_submission_of_an_earlier_program_takes_the_present_stages_when_judged_again(
    store: ReviewStore, tmp_path: Path
) -> None:
    identifier = _add(store)
    for name in STAGES:
        store.start_stage(identifier, name)
        store.finish_stage(identifier, name, 1.0)
    store.finish(identifier, verdict="pass", summary={}, placed=True)
    with contextlib.closing(sqlite3.connect(tmp_path / "review.sqlite")) as database:
        database.execute("delete from stage where name = 'views'")
        database.execute("update stage set position = position - 1 where position > 2")
        database.commit()
    assert list(_states(store, identifier)) == ["read", "check", "tile", "publish"]
    assert store.recheck(identifier, "placed", "0,0,0,0", "0,0,0,0") == f"{identifier}-1"
    assert list(_states(store, identifier).items()) == [
        ("read", "done"),
        ("check", "waiting"),
        ("views", "waiting"),
        ("tile", "waiting"),
        ("publish", "waiting"),
    ]
    store.start_stage(identifier, "views")
    assert _states(store, identifier)["views"] == "running"


def test_a_stage_that_is_missed_does_not_end_the_review(store: ReviewStore) -> None:
    identifier = _add(store)
    for name in STAGES:
        store.start_stage(identifier, name)
        if name == "views":
            store.miss_stage(identifier, name, {"reason": {"en": "no"}}, "Traceback: here")
        else:
            store.finish_stage(identifier, name, 1.0)
        row = store.get(identifier)
        assert row is not None
        assert (row.state, row.error) == ("running", None)
    store.finish(identifier, verdict="fail", summary={"fail": 1}, placed=True)
    row = store.get(identifier)
    assert row is not None
    assert (row.state, row.verdict, row.trace) == ("done", "fail", "Traceback: here")
    expected = dict.fromkeys(STAGES, "done") | {"views": "failed"}
    assert _states(store, identifier) == expected
    assert ("views failed", "{'en': 'no'}") in store.audit(identifier)


def test_a_job_that_is_given_up_blames_the_stage_it_was_in(store: ReviewStore) -> None:
    identifier = _add(store)
    for name in ("read", "check"):
        store.start_stage(identifier, name)
        store.finish_stage(identifier, name, 1.0)
    store.start_stage(identifier, "views")
    store.miss_stage(identifier, "views", {"reason": None}, None)
    store.start_stage(identifier, "tile")
    store.fail(identifier, None, {"reason": None}, None)
    assert _states(store, identifier)["tile"] == "failed"
