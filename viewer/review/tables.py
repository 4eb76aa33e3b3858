"""Tables of the review database."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import JSON, BigInteger, DateTime, Float, ForeignKey, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


def now() -> datetime:
    """The current time, UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """Common base of all tables."""


class SubmissionRow(Base):
    """One upload on its way to a verdict."""

    __tablename__ = "submission"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    file_name: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    place: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16), default="queued")
    progress: Mapped[float] = mapped_column(Float, default=0.0)
    error: Mapped[dict[str, object] | None] = mapped_column(JSON)
    trace: Mapped[str | None] = mapped_column(Text)  # for the developer, never shown
    verdict: Mapped[str | None] = mapped_column(String(16))
    summary: Mapped[dict[str, int] | None] = mapped_column(JSON)
    placed: Mapped[bool] = mapped_column(default=False)
    stages: Mapped[list[StageRow]] = relationship(
        order_by="StageRow.position", cascade="all, delete-orphan", lazy="selectin"
    )


class StageRow(Base):
    """One stage of one submission; `runs` counts how often it was started."""

    __tablename__ = "stage"

    submission_id: Mapped[str] = mapped_column(ForeignKey("submission.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    runs: Mapped[int] = mapped_column(Integer, default=0)
    seconds: Mapped[float | None] = mapped_column(Float)


class AuditRow(Base):
    """One change of state; rows are added, never changed."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    submission_id: Mapped[str] = mapped_column(String(36), index=True)
    event: Mapped[str] = mapped_column(String(64))
    detail: Mapped[str | None] = mapped_column(Text)
