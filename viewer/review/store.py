"""What server and worker do with the review database, as small functions of one class."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.orm import Session

from viewer.review.tables import AuditRow, StageRow, SubmissionRow

STAGES = ("read", "check", "views", "tile", "publish")
OPTIONAL = frozenset({"views"})
"""Stages whose failure does not end a review: they illustrate a verdict that is there already."""
SHARES: Mapping[str, float] = {
    "read": 0.45,
    "check": 0.2,
    "views": 0.1,
    "tile": 0.2,
    "publish": 0.05,
}
"""Part of the whole work each stage usually is, for the progress bar."""
RECHECKS = ("placed", "parcel")  # events after which a submission is judged again


class ReviewStore:
    """The review database.

    Args:
        url: SQLAlchemy URL; a SQLite file is made when absent.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)

    def migrate(self) -> None:
        """Bring the schema up to date."""
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self._engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        """Release all connections."""
        self._engine.dispose()

    def add(self, *, file_name: str, sha256: str, size: int, place: str | None) -> str:
        """Record an upload; returns its identifier."""
        identifier = str(uuid.uuid4())
        with self._session() as session:
            session.add(
                SubmissionRow(
                    id=identifier,
                    file_name=file_name,
                    sha256=sha256,
                    size=size,
                    place=place,
                    stages=[StageRow(name=name, position=i) for i, name in enumerate(STAGES)],
                )
            )
            _log(session, identifier, "submitted", file_name)
        return identifier

    def get(self, identifier: str) -> SubmissionRow | None:
        """One submission with its stages, detached; None when there is none."""
        with self._session() as session:
            return session.get(SubmissionRow, identifier)

    def newest_first(self, limit: int = 500) -> Sequence[SubmissionRow]:
        """Submissions, newest first, detached."""
        with self._session() as session:
            rows = select(SubmissionRow).order_by(SubmissionRow.created_at.desc()).limit(limit)
            return session.scalars(rows).all()

    def audit(self, identifier: str) -> list[tuple[str, str | None]]:
        """Events of a submission with their detail, oldest first."""
        return [(row.event, row.detail) for row in self.history(identifier)]

    def history(self, identifier: str) -> Sequence[AuditRow]:
        """Lines of the audit log of a submission, oldest first, detached."""
        with self._session() as session:
            rows = (
                select(AuditRow).where(AuditRow.submission_id == identifier).order_by(AuditRow.id)
            )
            return session.scalars(rows).all()

    def start_stage(self, identifier: str, name: str) -> None:
        """A stage begins, perhaps again."""
        with self._session() as session:
            row, stage = _stage(session, identifier, name)
            stage.state, stage.seconds = "running", None
            stage.runs += 1
            row.state = "running"
            row.progress = _before(name)
            _log(session, identifier, f"{name} started", f"run {stage.runs}")

    def tell_progress(self, identifier: str, name: str, share: float) -> None:
        """A running stage has done a share of its work, 0..1."""
        with self._session() as session:
            row, _ = _stage(session, identifier, name)
            row.progress = _before(name) + SHARES[name] * min(max(share, 0.0), 1.0)

    def finish_stage(self, identifier: str, name: str, seconds: float) -> None:
        """A stage ended well."""
        with self._session() as session:
            row, stage = _stage(session, identifier, name)
            stage.state, stage.seconds = "done", seconds
            row.progress = _before(name) + SHARES[name]
            _log(session, identifier, f"{name} done", None)

    def miss_stage(
        self, identifier: str, name: str, error: Mapping[str, Any], trace: str | None
    ) -> None:
        """A stage of `OPTIONAL` failed; the review goes on without what it would have made.

        Args:
            identifier: of the submission.
            name: of the stage.
            error: for people.
            trace: for the developer.
        """
        with self._session() as session:
            row, stage = _stage(session, identifier, name)
            stage.state, row.trace = "failed", trace
            row.progress = _before(name) + SHARES[name]
            _log(session, identifier, f"{name} failed", str(error.get("reason")))

    def recheck(
        self, identifier: str, event_name: str, detail: str, place: str | None
    ) -> str | None:
        """State a place (or parcel) anew: the model as read stays, everything after it is done again.

        Args:
            identifier: of a submission whose review is over and whose model was read.
            event_name: for the audit log, ``placed`` or ``parcel``.
            detail: for the audit log.
            place: the placement from now on, or None.

        Returns:
            The name of the job that is to do it; None when the review is not over, and nothing was changed.
        """
        with self._session() as session:
            row = session.get_one(SubmissionRow, identifier)
            if row.state not in ("done", "failed"):
                return None
            row.place, row.state, row.progress = place, "queued", _before("check")
            row.error = row.trace = row.verdict = row.summary = None
            row.placed = False
            _take_present_stages(row)
            for stage in row.stages:
                if stage.name != "read":
                    stage.state, stage.seconds = "waiting", None
            _log(session, identifier, event_name, detail)
        return self.job_of(identifier)

    def job_of(self, identifier: str) -> str:
        """Name of a submission's present job: its identifier, with the number of the recheck from the first one on."""
        with self._session() as session:
            rechecks = session.scalar(
                select(func.count(AuditRow.id)).where(
                    AuditRow.submission_id == identifier, AuditRow.event.in_(RECHECKS)
                )
            )
        return f"{identifier}-{rechecks}" if rechecks else identifier

    def was_read(self, identifier: str) -> bool:
        """Whether a submission's model has been read."""
        with self._session() as session:
            return _stage(session, identifier, "read")[1].state == "done"

    def unfinished(self) -> list[str]:
        """Identifiers of submissions whose review is not over."""
        with self._session() as session:
            over = SubmissionRow.state.in_(("done", "failed"))
            return list(session.scalars(select(SubmissionRow.id).where(~over)))

    def fail(
        self, identifier: str, name: str | None, error: Mapping[str, Any], trace: str | None
    ) -> None:
        """A stage ended the review.

        Args:
            identifier: of the submission.
            name: of the stage; None for the first that is not done.
            error: for people.
            trace: for the developer.
        """
        with self._session() as session:
            if name is None:
                stages = session.get_one(SubmissionRow, identifier).stages
                name = next(
                    (s.name for s in stages if s.state not in ("done", "failed")), STAGES[-1]
                )
            row, stage = _stage(session, identifier, name)
            stage.state = row.state = "failed"
            row.error, row.trace = dict(error), trace
            _log(session, identifier, f"{name} failed", str(error.get("reason")))

    def finish(
        self, identifier: str, *, verdict: str, summary: Mapping[str, int], placed: bool
    ) -> None:
        """The review is published."""
        with self._session() as session:
            row = session.get_one(SubmissionRow, identifier)
            row.state, row.progress = "done", 1.0
            row.verdict, row.summary, row.placed = verdict, dict(summary), placed
            _log(session, identifier, "published", verdict)

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": 30.0})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        # Readers and the writer do not wait for each other in WAL mode.
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")
        connection.execute("pragma foreign_keys = on")

    return engine


def _stage(session: Session, identifier: str, name: str) -> tuple[SubmissionRow, StageRow]:
    return (
        session.get_one(SubmissionRow, identifier),
        session.get_one(StageRow, (identifier, name)),
    )


def _take_present_stages(row: SubmissionRow) -> None:
    """Give a submission of an earlier version of the program the stages it had not."""
    known = {stage.name: stage for stage in row.stages}
    for position, name in enumerate(STAGES):
        if name in known:
            known[name].position = position
        else:
            row.stages.append(StageRow(name=name, position=position, state="waiting", runs=0))


def _before(name: str) -> float:
    return sum(SHARES[stage] for stage in STAGES[: STAGES.index(name)])


def _log(session: Session, identifier: str, event_name: str, detail: str | None) -> None:
    session.add(AuditRow(submission_id=identifier, event=event_name, detail=detail))
