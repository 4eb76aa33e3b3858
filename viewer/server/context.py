"""What routes share: settings, stores and the job queue, made once an app."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from cim.building import BuildingModel
from cim.city import City, read_city
from cim.snapshot import read_snapshot
from cim.text import Text
from viewer.jobs import JobQueue
from viewer.pipeline import MODEL
from viewer.review.store import ReviewStore
from viewer.review.tables import SubmissionRow
from viewer.server.errors import NotFoundError, NotReadyError
from viewer.settings import Settings

MODELS_KEPT = 8


class Context:
    """The parts of a running server.

    Args:
        settings: of this server.
        store: the review database, migrated.
        queue: the job queue.
    """

    def __init__(self, settings: Settings, store: ReviewStore, queue: JobQueue) -> None:
        self.settings = settings
        self.store = store
        self.queue = queue
        self.model_of = lru_cache(maxsize=MODELS_KEPT)(self._read_model)

    def city(self) -> City:
        """The city, read anew when its description changed."""
        path = self.settings.city_folder / "city.yaml"
        changed = path.stat().st_mtime_ns if path.is_file() else 0
        return _city(self.settings.city_folder, changed)

    def submission(self, identifier: str) -> SubmissionRow:
        """One submission.

        Raises:
            NotFoundError: there is none of that identifier.
        """
        row = self.store.get(identifier)
        if row is None:
            raise NotFoundError(Text(zh="没有这个报建项目。", en="there is no such submission."))
        return row

    def made(self, identifier: str, name: str) -> Path:
        """A file the review of a submission has made.

        Raises:
            NotFoundError: no such submission.
            NotReadyError: not made yet, or the review failed before.
        """
        row = self.submission(identifier)
        path = self.settings.work(row.id) / name
        if not path.is_file():
            if row.state == "failed":
                raise NotReadyError(
                    Text(
                        zh="审查未能完成，没有生成。",
                        en="the review failed before it could be made.",
                    ),
                    remedy=Text(
                        zh="请按提示修改模型后重新提交。",
                        en="Mend the model as the submission says, and submit again.",
                    ),
                )
            raise NotReadyError(
                Text(zh="尚未生成。", en="it has not been made yet."),
                remedy=Text(zh="请等待处理完成。", en="Wait until the review is done."),
            )
        return path

    def _read_model(self, identifier: str) -> BuildingModel:
        return read_snapshot(self.made(identifier, MODEL))


@lru_cache(maxsize=2)
def _city(folder: Path, _changed: int) -> City:
    return read_city(folder)


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Here = Annotated[Context, Depends(_context)]
