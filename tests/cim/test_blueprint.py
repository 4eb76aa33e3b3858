"""The key ``blueprint`` of ``city.yaml``."""

from __future__ import annotations

from typing import Any

import pytest

from cim.blueprint import Blueprint, ProhibitedPair, SliverLimits, blueprint_of

LAYERS = ("land", "sea", "parcel")


def test_everything_a_city_may_declare() -> None:
    stated = {
        "partition": ["land", "sea"],
        "within": [[0, 0], [9, 0], [9, 9]],
        "prohibited_pairs": [["land", "parcel"], {"layers": ["parcel", "parcel"], "yields": "parcel"}],
        "sliver": {"width": 0.5},
    }  # fmt: skip
    assert blueprint_of(stated, LAYERS) == Blueprint(
        partition=("land", "sea"),
        within=((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)),
        prohibited_pairs=(
            ProhibitedPair("land", "parcel"),
            ProhibitedPair("parcel", "parcel", "parcel"),
        ),
        sliver=SliverLimits(area=1.0, width=0.5),
    )
    assert blueprint_of({}, LAYERS) == Blueprint()
    for within in ("terrain", "sea"):
        assert blueprint_of({"partition": ["land"], "within": within}, LAYERS).within == within


@pytest.mark.parametrize(
    ("stated", "place"),
    [
        ({"partitions": []}, "blueprint.partitions"),
        ({"partition": ["lake"], "within": "terrain"}, "blueprint.partition: lake"),
        ({"partition": ["land", "land"], "within": "terrain"}, "named twice"),
        ({"partition": ["land"]}, "blueprint.within"),
        ({"partition": ["land"], "within": "lake"}, "blueprint.within: lake"),
        ({"partition": ["land"], "within": [[0, 0], [1, 1]]}, "three corners"),
        ({"partition": ["land"], "within": [[0, 0], [1, 1], [0, float("nan")]]}, "three corners"),
        ({"partition": ["land"], "within": [[0, 0], [9, 9], [9, 0], [0, 9]]}, "crosses itself"),
        ({"prohibited_pairs": [["land", "lake"]]}, "lake"),
        ({"prohibited_pairs": [["land", "sea"], ["sea", "land"]]}, "named twice"),
        ({"prohibited_pairs": [{"layers": ["land", "sea"], "yields": "parcel"}]}, "parcel"),
        ({"sliver": {"width": -1}}, "blueprint.sliver.width"),
        ({"sliver": {"length": 1}}, "blueprint.sliver.length"),
    ],
)
def test_a_blueprint_that_cannot_be_is_told(stated: dict[str, Any], place: str) -> None:
    with pytest.raises(ValueError, match=place):
        blueprint_of(stated, LAYERS)
