"""The page says outcomes in the words of the reports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import viewer
from bim_checks.finding import Outcome
from bim_checks.words import WORDS

LANGUAGE = Path(viewer.__file__).parent / "web" / "src" / "language"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_outcome_is_called_the_same_everywhere(language: str) -> None:
    words = json.loads((LANGUAGE / f"{language}.json").read_text(encoding="utf-8"))
    page = {outcome.value: words[f"outcome_{outcome.value}"] for outcome in Outcome}
    report = {outcome.value: WORDS[outcome.value].to_json()[language] for outcome in Outcome}
    assert page == report
