from __future__ import annotations

import re

import pytest

from bim_checks.catalogue import RULE_TYPES
from bim_checks.parameters import parameters, parameters_of
from bim_checks.reference import PAGES, explained, page
from cim.text import Text

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_is_what_the_code_says(language: str) -> None:
    assert PAGES[language].read_text(encoding="utf-8") == page(language), (
        "run python -m bim_checks.reference"
    )


@pytest.mark.parametrize("code", sorted(RULE_TYPES))
def test_every_rule_type_and_parameter_explains_itself_in_both_languages(code: str) -> None:
    rule_type = RULE_TYPES[code]
    assert rule_type.code == code
    told = [rule_type.title, rule_type.explanation, *meanings(rule_type.parameters)]
    told += [need.why for need in rule_type.needs]
    for text in told:
        assert CHINESE.search(text.zh), text
        assert not CHINESE.search(text.en), text
        assert len(text.en) > 5, text
    assert code in explained(rule_type, "en")


def meanings(kind: type) -> list[Text]:
    found = []
    for stated in parameters_of(kind):
        found.append(stated.meaning)
        if stated.parts is not None:
            found += meanings(stated.parts)
    return found


def test_a_parameter_that_does_not_say_what_it_means_is_refused() -> None:
    class Silent:
        limit: float

    with pytest.raises(TypeError, match="limit"):
        parameters(Silent)
