"""Objects that cannot be asked: told, never passed in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bim_checks.ids import facets
from bim_checks.ids.document import read_document
from bim_checks.ids.evaluate import evaluate
from bim_checks.ids.results import SpecificationResult, Status
from cim.ifc.document import open_document
from tests.support.ids_documents import simple, specification, wall, write_ids, write_ifc

NAME = f"<attribute>{simple('name', 'Name')}</attribute>"
DESCRIBED = f"<attribute>{simple('name', 'Description')}</attribute>"


def answer(folder: Path, asked: str) -> SpecificationResult:
    ifc = write_ifc(folder, wall(1, "W1"), wall(2, "odd"))
    model = open_document(ifc, folder, file_bytes=1 << 20).opened()
    (found,) = evaluate(read_document(write_ids(folder, asked)), model).specifications
    return found


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall at which every attribute facet crashes."""
    whole = facets.Attribute.__call__

    def crash(self: Any, inst: Any, logger: Any = None) -> Any:
        if inst.Name == "odd":
            raise ZeroDivisionError
        return whole(self, inst, logger)

    monkeypatch.setattr(facets.Attribute, "__call__", crash)


@pytest.mark.usefixtures("odd")
def test_a_requirement_that_crashes_fails_for_that_object_alone(tmp_path: Path) -> None:
    (requirement,) = answer(tmp_path, specification(NAME)).requirements
    assert requirement.passed == (f"{1:022d}",)
    (failure,) = requirement.failures
    assert failure.global_id == f"{2:022d}"
    assert "ZeroDivisionError" in failure.reason.en


@pytest.mark.usefixtures("odd")
def test_an_object_of_which_nobody_can_tell_whether_it_is_concerned_is_asked(
    tmp_path: Path,
) -> None:
    # Neither wall has a description, so the first is not concerned; of the second that cannot be told.
    found = answer(tmp_path, specification(NAME, concerned=DESCRIBED))
    assert found.status is Status.FAILED
    assert (found.applicable, found.at_fault) == (1, (f"{2:022d}",))


def test_otherwise_neither_wall_is_concerned(tmp_path: Path) -> None:
    found = answer(tmp_path, specification(NAME, concerned=DESCRIBED))
    assert (found.status, found.applicable) == (Status.NOT_APPLICABLE, 0)
