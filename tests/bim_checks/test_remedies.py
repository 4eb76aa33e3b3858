"""A remedy of a rule of sight or airspace clears it, and a little less does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from bim_checks.catalogue import RULE_TYPES
from bim_checks.finding import Judgement, Outcome
from bim_checks.landscape.remedy import RINGS, least_lowering, least_move
from bim_checks.landscape.scheme_view import changed
from bim_checks.rule import Rule, Surroundings
from bim_checks.runner import answer
from bim_checks.scene import read_scene
from bim_checks.scheme import Scheme
from cim.frame import decide_frame
from tests.bim_checks.test_cases import FILES, rulebook

MENDED = {code for code, kind in RULE_TYPES.items() if kind.mended_by is not None}
BROKEN = [
    path
    for path in FILES
    if path.parent.name in MENDED and path.stem.split("-")[0] in ("fail", "discuss", "procedure")
]
CLEAR = {Outcome.PASS, Outcome.NOT_APPLICABLE}
# m; less of a lowering or a move by so much must not do. A move is told in whole decimetres.
LESS_LOWER, LESS_MOVE = 0.012, 0.11


def asked(case: dict[str, Any], code: str, folder: Path) -> tuple[Rule, Scheme, Surroundings]:
    scene = read_scene(case, folder)
    (rule,) = rulebook(case, code, folder).rules
    ledger = decide_frame(scene.model, scene.city.frame, scene.city.terrain, place=scene.place)
    scheme = Scheme(scene.model, ledger, scene.parcel, scene.city.terrain.height_at)
    return rule, scheme, Surroundings(scene.city, scene.lines, scene.existing)


def answers(
    rule: Rule, scheme: Scheme, around: Surroundings, shift: tuple[float, float, float]
) -> list[Judgement]:
    change = np.eye(4)
    change[:3, 3] = shift
    return answer(rule, changed(scheme, change), around)


def is_clear(judgements: list[Judgement]) -> bool:
    """What asks for nothing to be done, such as what is only to be studied, is no matter of remedies."""
    return all(j.outcome in CLEAR or j.fix is None for j in judgements)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, list[Judgement]]:
    """What each broken case says, with its remedies."""
    found = {}
    for path in BROKEN:
        case = yaml.safe_load(path.read_text(encoding="utf-8"))
        folder = tmp_path_factory.mktemp("case")
        found[path] = answer(*asked(case, path.parent.name, folder), remedies=True)
    return found


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_told_clears_the_rule_and_a_little_less_does_not(
    path: Path, tmp_path: Path, told: dict[Path, list[Judgement]]
) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    rule, scheme, around = asked(case, path.parent.name, tmp_path)
    for remedy in {j.remedy for j in told[path] if j.remedy is not None}:
        if remedy.lower is not None:
            assert is_clear(answers(rule, scheme, around, (0.0, 0.0, -remedy.lower)))
            less = (0.0, 0.0, LESS_LOWER - remedy.lower)
            assert not is_clear(answers(rule, scheme, around, less))
        if remedy.move is not None:
            east, north = remedy.move
            assert is_clear(answers(rule, scheme, around, (east, north, 0.0)))
            share = 1.0 - LESS_MOVE / np.hypot(east, north)
            assert not is_clear(answers(rule, scheme, around, (share * east, share * north, 0.0)))


@pytest.mark.parametrize("code", sorted(MENDED))
def test_every_rule_type_of_sight_and_airspace_has_a_case_with_a_remedy(
    code: str, told: dict[Path, list[Judgement]]
) -> None:
    remedies = [
        j.remedy for path in BROKEN if path.parent.name == code for j in told[path] if j.remedy
    ]
    # What stands in a corridor blocks it however low it is.
    kind = "move" if code == "VIEW-CORRIDOR" else "lower"
    assert any(getattr(remedy, kind) is not None for remedy in remedies)


def test_all_rules_of_sight_and_airspace_are_mended_whole() -> None:
    assert {code for code in RULE_TYPES if code.startswith(("VIEW-", "AIR-"))} == MENDED


TOWER = {
    "model": {
        "elements": [
            {"id": f"F{n}", "storey": f"S{n}", "box": [[-5, 0, 4 * n], [5, 10, 4 * n + 4]]}
            for n in range(25)
        ],
        "storeys": [{"id": f"S{n}", "elevation": 4 * n} for n in range(25)],
    },
    "views": {
        "viewpoints": [{"code": "VP", "position": [0, -1000, 5.0], "eye_height": 1.6}],
        "ridges": [{"code": "RIDGE", "vertices": [[-900, 900, 200.0], [900, 900, 200.0]]}],
        "landmarks": [{"code": "LM", "position": [0, 890, 170.0], "height": 30.0, "width": 16.0}],
    },
}
LOOKED_AT: dict[str, dict[str, Any]] = {
    "VIEW-RIDGE-BAND": {"ridge": "RIDGE", "base_elevation": 0.0, "limit": 0.2, "refraction": 0.13},
    "VIEW-LANDMARK": {"landmark": "LM", "limit": 10.0},
}


@pytest.mark.parametrize("code", sorted(LOOKED_AT))
def test_as_many_storeys_fewer_clear_the_rule_and_one_more_does_not(
    code: str, tmp_path: Path
) -> None:
    case = {**TOWER, "rule": {"viewpoint": "VP", **LOOKED_AT[code]}}
    rule, scheme, around = asked(case, code, tmp_path)
    (judgement,) = answer(rule, scheme, around, remedies=True)
    assert judgement.remedy is not None
    storeys = judgement.remedy.storeys
    assert storeys is not None
    assert f"remove {storeys} of its upper storeys" in (judgement.fix.en if judgement.fix else "")

    def without(count: int) -> bool:
        elements = TOWER["model"]["elements"][: 25 - count]
        other = {**case, "model": {**TOWER["model"], "elements": elements}}
        return is_clear(answer(*asked(other, code, tmp_path)))

    assert without(storeys)
    assert not without(storeys - 1)


def test_a_scheme_is_never_lowered_until_nothing_of_it_is_left(tmp_path: Path) -> None:
    case = {
        **TOWER,
        "model": {"boxes": {"HUT": [[-5, 0, 0], [5, 10, 2.5]]}},
        "rule": {"viewpoint": "VP", "ridge": "RIDGE", "limit": 0.5},
    }
    rule, scheme, around = asked(case, "VIEW-RIDGE-HIDDEN", tmp_path)
    judgements = answer(rule, scheme, around)
    assert least_lowering(judgements, scheme, lambda _: True) is None


@pytest.mark.parametrize("clear_beyond", [0.1, 3.9, 4.0, 7.3, 16.0, 29.9])
def test_the_least_of_all_moves_that_clear_is_found(clear_beyond: float) -> None:
    """Clear from a distance on northward, from a decimetre more on westward, and nowhere else."""
    found = least_move(
        lambda shift: (
            (abs(shift[0]) < 1e-9 and shift[1] > clear_beyond - 1e-6)
            or (abs(shift[1]) < 1e-9 and -shift[0] > clear_beyond + 0.1 - 1e-6)
        )
    )
    assert found == pytest.approx((0.0, clear_beyond), abs=1e-9)


def test_no_move_is_told_beyond_the_last_ring() -> None:
    assert least_move(lambda shift: bool(np.hypot(*shift[:2]) > RINGS[-1] + 0.01)) is None
