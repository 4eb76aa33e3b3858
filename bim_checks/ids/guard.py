"""Hold an IDS document against an IFC file in a child process, within limits."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bim_checks.errors import IdsError, IdsLimitError
from bim_checks.ids.child import ANSWER, NOT_ISOLATED
from bim_checks.ids.results import IdsReport
from cim.errors import UnreadableIfcError
from cim.ifc import DEFAULT_LIMITS, ReadLimits
from cim.ifc.sniff import refuse_other_files
from cim.nursery import Nursery
from cim.text import Text

log = logging.getLogger(__name__)

DEFAULT_IDS_LIMITS = replace(
    DEFAULT_LIMITS,
    cpu_seconds=120,  # no geometry is drawn: the largest models answer a long document in a fraction
    wall_seconds=240.0,
    written_bytes=1 << 30,
)


def get_ready() -> None:
    """Start the process that runs are forked from, without waiting for it; the first run need not wait for imports then."""
    NURSERY.warm()


def check_ids(ifc: Path, ids: Path, *, limits: ReadLimits = DEFAULT_IDS_LIMITS) -> IdsReport:
    """Hold an IDS document against an IFC file.

    Each call opens both files anew in a process of its own, so that calls share nothing.

    Args:
        ifc: ``.ifc`` or a ZIP with one inside.
        ids: the document, IDS 1.0.
        limits: what it may cost; the limits of time hold for all of it.

    Raises:
        IdsError: the document cannot be used.
        IdsLimitError: it cost too much, or crashed the process.
        UnreadableIfcError: the model cannot be read, or not as a whole.
    """
    refuse_other_files(ifc, file_bytes=limits.file_bytes)
    with tempfile.TemporaryDirectory(prefix="cim-ids-") as folder:
        answer = _ask(ifc, ids, limits, Path(folder))
    if "error" in answer:
        raise _refusal(answer["error"], ifc, ids)
    return IdsReport.from_json(answer["report"])


def _ask(ifc: Path, ids: Path, limits: ReadLimits, folder: Path) -> Mapping[str, Any]:
    asked = folder / "request.json"
    request = {
        "ifc": str(ifc.resolve()),
        "ids": str(ids.resolve()),
        "file_bytes": limits.file_bytes,
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": limits.cpu_seconds,
        "written_bytes": limits.written_bytes,
        "open_files": limits.open_files,
        "must_isolate": limits.must_isolate,
    }
    asked.write_text(json.dumps(request), encoding="utf-8")
    noise = folder / "noise"
    with noise.open("wb") as stream:
        task = NURSERY.start(
            [str(asked)], stdout=stream.fileno(), stderr=stream.fileno(), folder=folder
        )
        code, is_late = task.wait_at_most(limits.wall_seconds)
    answer = folder / ANSWER
    if code == 0 and answer.is_file():
        told: Mapping[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return told
    log.warning("IDS child ended with %s: %s", code, noise.read_text(errors="replace")[-2000:])
    raise _too_much(ids, code, is_late=is_late)


def _too_much(ids: Path, code: int, *, is_late: bool) -> IdsLimitError:
    if code == NOT_ISOLATED:
        return IdsLimitError(
            Text(
                zh="无法切断检查进程的网络，按设置拒绝检查。",
                en="the checking process cannot be cut off from the network, and the settings demand it.",
            ),
            path=ids,
        )
    if is_late or code in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
        return IdsLimitError(
            Text(
                zh="用该 IDS 检查该模型超时。",
                en="holding this IDS against the model took too long.",
            ),
            path=ids,
            remedy=Text(
                zh="请简化其中的正则表达式，或拆分 IDS。",
                en="Simplify its patterns, or split the document.",
            ),
        )
    return IdsLimitError(
        Text(
            zh="用该 IDS 检查该模型时超出内存上限或程序崩溃。",
            en="holding this IDS against the model exceeded the memory limit or crashed.",
        ),
        path=ids,
        remedy=Text(zh="请检查模型与 IDS。", en="Check the model and the document."),
    )


def _refusal(told: Mapping[str, Any], ifc: Path, ids: Path) -> IdsError | UnreadableIfcError:
    kind, path = (UnreadableIfcError, ifc) if told["is_model"] else (IdsError, ids)
    remedy = told["remedy"]
    return kind(
        Text(**told["reason"]),
        path=path,
        place=told["place"],
        remedy=Text(**remedy) if remedy else None,
    )


def _environment() -> dict[str, str]:
    """The child needs our modules and nothing of the parent's secrets."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LANG", "LC_ALL", "NUMBA_CACHE_DIR")
        if name in os.environ
    }
    return kept | {
        "PYTHONPATH": os.pathsep.join(part for part in sys.path if part),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


NURSERY = Nursery("bim_checks.ids.child", _environment)
