from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import bim_checks
import cim
import viewer
from cim.errors import CimError
from cim.text import Text
from viewer.server.errors import STATUS, add_exception_handlers

REASON = Text(zh="缺了一半。", en="half of it is missing.")
REMEDY = Text(zh="请补全。", en="Complete it.")


def _family(kind: type[CimError]) -> Iterator[type[CimError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


def _errors_of_the_product() -> set[type[CimError]]:
    for package in (cim, bim_checks, viewer):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    roots = {package.__name__ for package in (cim, bim_checks, viewer)}
    return {kind for kind in _family(CimError) if kind.__module__.partition(".")[0] in roots}


def test_every_error_of_the_product_has_its_status() -> None:
    assert set(STATUS) == _errors_of_the_product()


@pytest.mark.parametrize("kind", STATUS, ids=lambda kind: kind.__name__)
def test_an_error_answers_with_its_status_in_both_languages_and_without_paths(
    kind: type[CimError],
) -> None:
    app = FastAPI()
    add_exception_handlers(app)

    @app.get("/")
    def fail() -> None:
        raise kind(REASON, path=Path("/srv/secret"), place="line 3", remedy=REMEDY)

    answer = TestClient(app).get("/")
    assert answer.status_code == STATUS[kind]
    assert answer.json() == {
        "error": {"reason": REASON.to_json(), "remedy": REMEDY.to_json(), "place": "line 3"}
    }
