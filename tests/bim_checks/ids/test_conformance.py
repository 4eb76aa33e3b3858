"""Every published test case of IDS 1.0: a document and a model, whose file name says what must come of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bim_checks.errors import IdsError
from bim_checks.ids.document import read_document
from bim_checks.ids.evaluate import evaluate
from bim_checks.ids.results import Status
from bim_checks.ids.soundness import refuse_unsound
from cim.ifc.document import open_document

DATA = os.environ.get("CIM_TEST_DATA")
FOLDER = Path(DATA or ".") / "conformance/buildingSMART__IDS/Documentation/testcases"
CASES = sorted(FOLDER.glob("*/*.ids")) if DATA else []
DISAGREE: dict[str, str] = {}
"""Cases whose answer here is another, each with the reason: none."""

pytestmark = pytest.mark.skipif(not DATA, reason="CIM_TEST_DATA is not set")


@pytest.mark.parametrize("ids", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case_is_answered_as_its_name_says(ids: Path, tmp_path: Path) -> None:
    expected = ids.name.split("-")[0]
    assert expected in ("pass", "fail", "invalid")
    answered = answer(ids, tmp_path)
    assert (answered == expected) is (f"{ids.parent.name}/{ids.stem}" not in DISAGREE)


def test_all_cases_are_there() -> None:
    assert len(CASES) == 151
    assert set(DISAGREE) <= {f"{path.parent.name}/{path.stem}" for path in CASES}


def answer(ids: Path, scratch: Path) -> str:
    try:
        document = read_document(ids)
        refuse_unsound(document, ids)
    except IdsError:
        return "invalid"
    opened = open_document(ids.with_suffix(".ifc"), scratch, file_bytes=1 << 24)
    status = evaluate(document, opened.opened()).status
    return "fail" if status is Status.FAILED else "pass"
