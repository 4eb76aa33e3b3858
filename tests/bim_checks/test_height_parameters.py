"""What a rulebook may not say of heights is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bim_checks.errors import RulebookError
from bim_checks.rulebook import read_rulebook
from tests.bim_checks.test_rulebook import HEAD

RULE = """\
  - {{id: R-1, type: {code}, title: {{zh: t, en: t}}, clause: {{zh: c, en: c}}, source: {{zh: s, en: s}},
     owner: {{zh: o, en: o}}, legal_effect: prohibit, status: verified, {parameters}}}
"""
GROUND = "ground: {reference: lowest}"


@pytest.mark.parametrize(
    ("code", "parameters", "message"),
    [
        ("HEIGHT-GRADIENT", "layer: a, slope: -0.1, reach: 10", "slope must be 0 or more"),
        ("HEIGHT-GRADIENT", "layer: a, slope: 0.1, reach: 0", "reach must be more than 0"),
        ("HEIGHT-PLANE", "layer: a", "either reference or through"),
        ("HEIGHT-PLANE", "layer: a, through: [[0, 0, 1], [1, 1, 2]]", "three points"),
        ("HEIGHT-PLANE", "layer: a, through: [[0, 0, 1], [1, 1, 2], [2, 2, 3]]", "one line"),
        ("HEIGHT-PLANE", "layer: a, reference: {start: 1, slope: 0.1}", "either viewpoint, or easting"),
        ("HEIGHT-CLASSES", "layer: a, classes: [{name: I, upto: 30}, {name: II, upto: 20, limit: 9}]", "larger than the one before"),
        ("HEIGHT-CLASSES", "layer: a, attribute: c, classes: [{name: I, upto: 30}]", "no upto"),
        ("HEIGHT-GRID", "reading: cell", "either layer or grid"),
        ("HEIGHT-LIMIT", f"regime: eave, {GROUND}", "limit or layer"),
        ("HEIGHT-LIMIT", "regime: eave, limit: 9, ground: {reference: datum}", "datum must be given"),
        ("HEIGHT-STOREYS", f"{GROUND}, counting: {{least_height: 2.2, sunk: 0.5}}", "limit or layer"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_meant_is_refused(
    code: str, parameters: str, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "rulebook.yaml"
    path.write_text(HEAD + RULE.format(code=code, parameters=parameters), encoding="utf-8")
    with pytest.raises(RulebookError, match=message) as caught:
        read_rulebook(path)
    assert caught.value.place is not None
