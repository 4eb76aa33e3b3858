from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import samples
from bim_checks.errors import SceneError
from bim_checks.examples import differences
from bim_checks.rulebook import read_rulebook
from bim_checks.scene import gable, prism, read_scene
from cim.mesh import Mesh
from cim.solid import to_manifold
from tests.bim_checks.test_rulebook import HEAD, RULE

SAMPLE = Path(samples.__file__).parent / "rulebook.yaml"
EXAMPLE = """\
    examples:
      - model: {{site: [[0, 0], [10, 0], [10, 10], [0, 10]], boxes: {{A: [[1, 1, 0], [2, 2, 3]]}}}}
        layers: {{parcel: [{{name: P, polygon: [[0, 0], [8, 0], [8, 10], [0, 10]]}}]}}
        expect: [{{outcome: fail, measured: {measured}}}]
"""


def book(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rulebook.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_rule_of_the_sample_city_has_a_worked_example_that_holds() -> None:
    wrong = differences(read_rulebook(SAMPLE), SAMPLE)
    assert [error.sentence("en") for error in wrong] == []


def test_an_example_that_does_not_hold_is_told_with_what_came_instead(tmp_path: Path) -> None:
    path = book(tmp_path, HEAD + RULE + EXAMPLE.format(measured=20.0))
    assert differences(read_rulebook(path), path) == []
    path = book(tmp_path, HEAD + RULE + EXAMPLE.format(measured=21.0))
    (wrong,) = differences(read_rulebook(path), path)
    assert wrong.place == "R-1, 17"
    assert "21.0" in wrong.sentence("en")
    assert "20.0" in wrong.sentence("en")


def test_a_rule_without_an_example_is_told(tmp_path: Path) -> None:
    path = book(tmp_path, HEAD + RULE)
    (wrong,) = differences(read_rulebook(path), path)
    assert "no worked example" in wrong.sentence("en")


@pytest.mark.parametrize(
    ("scene", "message"),
    [
        ("model: {boxes: {A: [[0, 0, 0]]}}", "the scene's model"),
        ("layers: {parcel: [{name: P}]}", "the scene's layers"),
        ("existing: [{id: N}]", "the scene's existing"),
        ("modle: {}", "unknown key modle"),
    ],
)
def test_a_scene_that_cannot_be_understood_is_told(
    tmp_path: Path, scene: str, message: str
) -> None:
    text = f"{HEAD}{RULE}    examples:\n      - {scene}\n        expect: [{{outcome: fail}}]\n"
    path = book(tmp_path, text)
    (wrong,) = differences(read_rulebook(path), path)
    assert message in wrong.sentence("en")
    if "unknown" not in message:
        with pytest.raises(SceneError, match=message):
            read_scene({scene.split(":")[0]: _plain(scene)})


def _plain(scene: str) -> object:
    import yaml

    return yaml.safe_load(scene)[scene.split(":")[0]]


@pytest.mark.parametrize(
    ("mesh", "volume"),
    [
        (prism([(0, 0), (0, 3), (4, 3), (4, 0)], -1.0, 1.0), 24.0),
        (prism([(0, 0), (4, 0), (4, 4), (2, 1), (0, 4)], 0.0, 2.0), 2.0 * (16.0 - 6.0)),
        (gable([[0, 0, 0], [10, 6, 3]], 5.0, along="x"), 10.0 * (6 * 3 + 6 * 2 / 2)),
        (gable([[0, 0, 0], [10, 6, 3]], 5.0, along="y"), 6.0 * (10 * 3 + 10 * 2 / 2)),
    ],
)
def test_solids_of_scenes_are_closed_and_face_outward(mesh: Mesh, volume: float) -> None:
    solid = to_manifold(mesh)
    assert solid is not None
    assert solid.volume() == pytest.approx(volume, rel=1e-6)


def test_heights_and_places_of_a_scene_are_taken_from_its_origin() -> None:
    scene = read_scene(
        {
            "ground": 7.0,
            "slope": [0.1, -0.05],
            "existing": [{"id": "N", "polygon": [[0, 0], [4, 0], [4, 5], [0, 5]], "low": 7.0, "high": 27.0}],
        }
    )  # fmt: skip
    origin = np.array([[610_000.0, 2_705_000.0], [610_010.0, 2_705_020.0]])
    assert scene.city.terrain.height_at(origin) == pytest.approx([7.0, 7.0 + 1.0 - 1.0])
    (neighbour,) = scene.existing.near((610_003.0, 2_705_000.0, 610_003.0, 2_705_000.0))
    assert (neighbour.low, neighbour.high) == (7.0, 27.0)
    assert neighbour.footprint.area == pytest.approx(20.0, abs=1e-9)
    assert scene.existing.near((610_005.0, 2_705_000.0, 610_006.0, 2_705_000.0)) == []
