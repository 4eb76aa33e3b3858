"""The durable review: read, check, views, tile, publish as separately restartable steps (DBOS).

A worker may be killed at any point. After a restart under the same slot name the interrupted step is
run again and finished ones are not: their outcome is recorded in the job store, what they made lies in
the submission's folder, whole or not at all.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from dbos import DBOS, DBOSClient
from sqlalchemy import create_engine, text

from cim.nursery import Nursery
from cim.text import Text
from viewer.pipeline import MODEL, REPORT, TILES
from viewer.process import die_with_parent
from viewer.review.store import OPTIONAL, STAGES, ReviewStore
from viewer.settings import Settings

log = logging.getLogger(__name__)

APPLICATION = "cim-review"
QUEUE = "reviews"
WORKFLOW = "review"
# Jobs of another contract stay with workers of that contract; raise it when the steps change.
PIPELINE_CONTRACT = "2"
POISON_ATTEMPTS = 3  # a job that took this many workers down with it is given up
GIVEN_UP_STATES = ["MAX_RECOVERY_ATTEMPTS_EXCEEDED", "ERROR", "CANCELLED"]  # of DBOS
POLLING_SECONDS = 0.1
PROGRESS_SECONDS = 0.25
WATCH_SECONDS = 1.0
WITH_PARENT = "--with-parent"  # and its process identifier: of a worker a server brought along

OUR_FAULT = {
    "kind": "InternalError",
    "reason": Text(
        zh="处理时程序出错，已记录，请联系管理员。",
        en="the program failed on this submission; it has been logged, please tell the administrator.",
    ).to_json(),
    "remedy": None,
    "place": None,
}
GIVEN_UP = {
    "kind": "GivenUp",
    "reason": Text(
        zh="处理该文件时程序多次中断，已放弃。",
        en="the program was stopped by this file several times and has given it up.",
    ).to_json(),
    "remedy": Text(
        zh="请分部分导出后再提交，或联系管理员。",
        en="Export the model in parts and submit again, or tell the administrator.",
    ).to_json(),
    "place": None,
}
TOO_SLOW = {
    "kind": "StageTimeout",
    "reason": Text(zh="处理超时。", en="this stage took too long.").to_json(),
    "remedy": Text(
        zh="请分部分导出后再提交。", en="Export the model in parts and submit again."
    ).to_json(),
    "place": None,
}


class SlotTakenError(RuntimeError):
    """Another worker runs under this slot name; two would run the same job twice."""


def prepare_job_store(settings: Settings) -> None:
    """Make the job store's tables; several processes may do so at once."""
    settings.review_folder.mkdir(parents=True, exist_ok=True)
    with _exclusive(settings.review_folder / "jobs.lock"):
        DBOS.migrate(settings.jobs_database)
        if settings.jobs_database.startswith("sqlite"):
            engine = create_engine(settings.jobs_database)
            with engine.connect() as connection:
                connection.execute(text("pragma journal_mode = wal"))
            engine.dispose()


class JobQueue:
    """Where the server hands submissions in.

    Args:
        settings: names the job store, which `prepare_job_store` made.
    """

    def __init__(self, settings: Settings) -> None:
        self._client = DBOSClient(
            system_database_url=settings.jobs_database, application_name=APPLICATION
        )

    def enqueue(self, submission: str, job: str | None = None) -> None:
        """Hand in a submission; handing it in twice under one job name runs it once.

        Args:
            submission: its identifier.
            job: name of the job, of `ReviewStore.job_of`; None for the first.
        """
        self._client.enqueue(
            {
                "workflow_name": WORKFLOW,
                "queue_name": QUEUE,
                "workflow_id": job or submission,
                "app_version": PIPELINE_CONTRACT,
            },
            submission,
        )

    def close(self) -> None:
        """Release the job store."""
        self._client.destroy()


class Worker:
    """Runs the stages of submissions, each in a process of its own."""

    def __init__(self, settings: Settings, store: ReviewStore) -> None:
        self._settings = settings
        self._store = store
        self._stages = Nursery("viewer.stage", self._environment)
        self._stages.warm()

    def close(self) -> None:
        """End all stages."""
        self._stages.close()

    def _environment(self) -> dict[str, str]:
        # A thread pool would be lost when a stage is forked.
        single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        return os.environ | single | {"CIM_DATA": str(self._settings.data.resolve())}

    def run_stage(self, submission: str, name: str) -> bool:
        """Run one stage; False when it failed and the review has ended. What was read stays read.

        A stage the verdict does not depend on may fail, and the review goes on.
        """
        if name == "read" and self._is_read(submission):
            return True
        self._store.start_stage(submission, name)
        started = time.monotonic()
        error, trace = self._run_child(submission, name)
        if error is not None and name in OPTIONAL:
            self._store.miss_stage(submission, name, error, trace)
            return True
        if error is not None:
            self._store.fail(submission, name, error, trace)
            return False
        self._store.finish_stage(submission, name, time.monotonic() - started)
        if name == STAGES[-1]:
            self._publish(submission)
        return True

    def _is_read(self, submission: str) -> bool:
        snapshot = self._settings.work(submission) / MODEL
        return self._store.was_read(submission) and snapshot.is_file()

    def _publish(self, submission: str) -> None:
        work = self._settings.work(submission)
        report = json.loads((work / REPORT).read_text(encoding="utf-8"))
        self._store.finish(
            submission,
            verdict=report["verdict"],
            summary=report["summary"],
            placed=(work / TILES / "tileset.json").is_file(),
        )

    def _run_child(self, submission: str, name: str) -> tuple[dict[str, Any] | None, str | None]:
        """Error for people and trace for the developer; both None when the stage did its work."""
        with tempfile.TemporaryFile() as noise:
            ours, theirs = os.pipe()
            arguments = self._arguments(submission, name)
            with os.fdopen(ours, "rb") as stream:
                try:
                    task = self._stages.start(
                        arguments, stdout=theirs, stderr=noise.fileno(), folder=Path.cwd()
                    )
                finally:
                    os.close(theirs)
                limit = threading.Timer(self._settings.stage_seconds, task.kill)
                limit.start()
                try:
                    told = self._listen(submission, name, stream)
                finally:
                    task.wait()
                    in_time = limit.is_alive()
                    limit.cancel()
            noise.seek(0)
            trace = noise.read().decode(errors="replace")
        if told == "done":
            return None, None
        if isinstance(told, dict):
            return told, trace or None
        if not in_time:
            return TOO_SLOW, trace
        log.error("stage %s of %s ended with %s\n%s", name, submission, task.returncode, trace)
        return OUR_FAULT, f"exit {task.returncode}\n{trace}"

    def _arguments(self, submission: str, name: str) -> list[str]:
        row = self._store.get(submission)
        if row is None:
            raise LookupError(submission)
        settings = self._settings
        command = [name, "--work", str(settings.work(submission).resolve())]
        command += ["--city", str(settings.city_folder.resolve())]
        command += ["--ifc", str(settings.blob(row.sha256).resolve())]
        command += [f"--file-name={row.file_name}"]
        return [*command, f"--place={row.place}"] if row.place else command

    def _listen(
        self, submission: str, name: str, stream: IO[bytes]
    ) -> dict[str, Any] | Literal["done"] | None:
        told: dict[str, Any] | Literal["done"] | None = None
        last = 0.0
        with stream:
            for line in stream:
                kind, _, rest = line.decode(errors="replace").strip().partition(" ")
                if kind == "p" and time.monotonic() - last >= PROGRESS_SECONDS:
                    last = time.monotonic()
                    self._store.tell_progress(submission, name, float(rest))
                elif kind == "e":
                    told = json.loads(rest)
                elif kind == "d":
                    told = "done"
        return told


_worker: list[Worker] = []
"""The worker of this process: DBOS finds workflows by name, so they cannot carry it themselves."""


@DBOS.step(name="stage")
def _stage(submission: str, name: str) -> bool:
    return _worker[0].run_stage(submission, name)


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=POISON_ATTEMPTS - 1)
def _review(submission: str) -> None:
    for name in STAGES:
        if not _stage(submission, name):
            return


def main(settings: Settings | None = None) -> None:
    """Run a worker until it is told to stop (SIGTERM or SIGINT).

    Raises:
        SlotTakenError: the slot name is in use.
    """
    settings = settings or Settings()
    prepare_job_store(settings)
    # Blocked before any thread starts, so that the signal waits for sigtimedwait below.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    with _slot(settings):
        store = ReviewStore(settings.review_database)
        store.migrate()
        _worker[:] = [Worker(settings, store)]
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": settings.jobs_database,
                "executor_id": settings.worker_slot,
                "application_version": PIPELINE_CONTRACT,
                "log_level": "WARNING",
                "run_migrations": False,
            }
        )
        DBOS.listen_queues([QUEUE])
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=max(1, (os.cpu_count() or 2) // 2),
            polling_interval_sec=POLLING_SECONDS,
            on_conflict="always_update",
        )
        while signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, WATCH_SECONDS) is None:
            _tell_given_up(store)
        DBOS.destroy()
        _worker.pop().close()
        store.close()


def _tell_given_up(store: ReviewStore) -> None:
    """End the reviews whose jobs will not be run any more, so that nobody waits for them."""
    waiting = {store.job_of(submission): submission for submission in store.unfinished()}
    if waiting:
        for job in DBOS.list_workflows(
            workflow_ids=list(waiting), status=GIVEN_UP_STATES, load_input=False, load_output=False
        ):
            log.error("job %s ended as %s", job.workflow_id, job.status)
            store.fail(waiting[job.workflow_id], None, GIVEN_UP, f"the job ended as {job.status}")


@contextmanager
def _slot(settings: Settings) -> Iterator[None]:
    """Hold the slot name: DBOS gives an executor's unfinished jobs to whoever comes under its name."""
    path = settings.review_folder / f"worker-{settings.worker_slot}.lock"
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SlotTakenError(settings.worker_slot) from error
        yield


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    if WITH_PARENT in sys.argv:
        die_with_parent(int(sys.argv[-1]), signal.SIGTERM)
    main()
