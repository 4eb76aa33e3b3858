from __future__ import annotations

import shapely

from bim_checks.measures.near_features import extent_of, features_within, home_of, near_features
from bim_checks.rule import Surroundings
from bim_checks.scene import ORIGIN, read_scene


def around(*lots: tuple[str, float]) -> Surroundings:
    """Squares of 10 m, each with its western edge so far east of the origin."""
    zones = [
        {"name": name, "polygon": [[x, 0], [x + 10, 0], [x + 10, 10], [x, 10]]} for name, x in lots
    ]
    scene = read_scene({"layers": {"lot": zones}})
    return Surroundings(scene.city, scene.lines)


HERE = shapely.box(ORIGIN[0], ORIGIN[1], ORIGIN[0] + 8.0, ORIGIN[1] + 8.0)


def names(features: object) -> list[str]:
    return [feature.name.en for feature in features]  # type: ignore[attr-defined]


def test_what_is_within_reach_and_nothing_else() -> None:
    city = around(("A", 20), ("B", 40), ("C", 900))
    assert names(features_within(city, "lot", HERE, 12.0)) == ["A"]
    assert names(near_features(city, "lot", HERE, 40.0, extent=1000.0)) == ["A", "B"]


def test_where_nothing_is_within_reach_the_nearest_alone_however_far() -> None:
    assert names(near_features(around(("A", 90), ("B", 95)), "lot", HERE, 5.0, extent=1000.0)) == [
        "A"
    ]
    # Beyond the extent all of the layer is looked through.
    assert names(
        near_features(around(("A", 1500), ("B", 1400)), "lot", HERE, 5.0, extent=100.0)
    ) == ["B"]
    assert near_features(around(), "lot", HERE, 5.0, extent=100.0) == []


def test_home_is_where_most_of_it_lies() -> None:
    assert names([home_of(around(("A", -5), ("B", 5)), "lot", HERE)]) == ["A"]
    assert home_of(around(("A", 50)), "lot", HERE) is None
    assert extent_of((0.0, 0.0, 3.0, 4.0)) == 5.0
