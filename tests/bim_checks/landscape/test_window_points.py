"""Which way windows look, where their sills are on the outer face of the wall, and which rooms they light."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bim_checks.landscape.facades import OFF_WALL
from bim_checks.landscape.window_points import Windows, windows_of
from bim_checks.scene import GROUND, ORIGIN, read_scene
from bim_checks.scheme import Scheme
from cim.frame import ExplicitPlace, decide_frame

HOUSE = {
    "SOUTH": [[-10, 0, 0], [10, 0.3, 2.8]],
    "NORTH": [[-10, 9.7, 0], [10, 10, 2.8]],
    "EAST": [[9.7, 0.3, 0], [10, 9.7, 2.8]],
    "WEST": [[-10, 0.3, 0], [-9.7, 9.7, 2.8]],
    "SLAB": [[-10, 0, 2.8], [10, 10, 3.0]],
}
# Each window looks through its wall and stands a little out of it on both sides.
SOUTH = {"id": "S", "class": "IfcWindow", "host": "SOUTH", "box": [[-6, -0.02, 0.9], [-4, 0.32, 2.4]]}  # fmt: skip
EAST = {"id": "E", "class": "IfcWindow", "host": "EAST", "box": [[9.68, 4, 0.9], [10.02, 6, 2.4]]}
TALL = {"id": "T", "class": "IfcWindow", "host": "NORTH", "box": [[-6, 9.68, 0.1], [-4, 10.02, 2.4]]}  # fmt: skip
ROOM = {"id": "R", "name": "living", "box": [[-9.7, 0.3, 0], [9.7, 9.7, 2.8]]}


def found(
    windows: list[dict[str, Any]],
    *,
    spaces: list[dict[str, Any]] | None = None,
    rotation: float = 0.0,
    boxes: dict[str, Any] = HOUSE,
    storeys: list[dict[str, Any]] | None = None,
) -> tuple[Scheme, Windows]:
    scene = read_scene(
        {
            "model": {
                "boxes": boxes,
                "elements": windows,
                "spaces": spaces or [],
                "storeys": storeys or [],
            }
        }
    )
    place = ExplicitPlace(*ORIGIN, GROUND, rotation)
    ledger = decide_frame(scene.model, scene.city.frame, scene.city.terrain, place=place)
    scheme = Scheme(scene.model, ledger)
    return scheme, windows_of(scheme, ("IfcWindow",), 0.9)


@pytest.mark.parametrize("spaces", [[], [ROOM]])
@given(st.floats(-3.0, 3.0))
def test_windows_look_away_from_the_house_however_it_is_turned(
    spaces: list[dict[str, Any]], rotation: float
) -> None:
    scheme, windows = found([SOUTH, EAST, TALL], spaces=spaces, rotation=rotation)
    assert not windows.inside
    assert not windows.untold
    turn = scheme.placement.matrix[:3, :3]
    for window, normal, middle in zip(
        windows.outside,
        ([0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
        # The third begins at 0.1 m; its sill is taken 0.9 m above the room's floor where that is known.
        ([-5.0, -0.02, 0.9], [10.02, 5.0, 0.9], [-5.0, 10.02, 0.9 if spaces else 0.1]),
        strict=True,
    ):
        np.testing.assert_allclose(window.normal, turn @ normal, atol=1e-5)
        expected = scheme.placement.to_projected(np.array([middle]))[0]
        np.testing.assert_allclose(window.middle, expected, atol=1e-3)
        assert window.width == pytest.approx(2.0, abs=1e-3)
        assert window.room == ("R" if spaces else None)
        assert window.has_host


def test_the_sill_is_taken_on_the_outer_face_of_the_wall_a_window_is_set_back_in() -> None:
    deep = {**SOUTH, "box": [[-6, 0.2, 0.9], [-4, 0.25, 2.4]]}
    boxes = {key: value for key, value in HOUSE.items() if key != "SOUTH"}
    # The wall with its opening, as four boxes that are one element would be drawn.
    corners = [
        [[-10, 0, 0], [-6, 0.3, 2.8]],
        [[-4, 0, 0], [10, 0.3, 2.8]],
        [[-6, 0, 0], [-4, 0.3, 0.9]],
        [[-6, 0, 2.4], [-4, 0.3, 2.8]],
    ]
    scene = read_scene({"model": {"boxes": {f"P{i}": c for i, c in enumerate(corners)}}})
    vertices, faces, first = [], [], 0
    for mesh in scene.model.meshes:
        vertices += mesh.vertices.tolist()
        faces += (mesh.faces + first).tolist()
        first += len(mesh.vertices)
    wall = {"id": "SOUTH", "mesh": {"vertices": vertices, "faces": faces}}
    _, windows = found([wall, deep], boxes=boxes)
    (window,) = windows.outside
    assert window.middle[1] - ORIGIN[1] == pytest.approx(0.0, abs=1e-6)
    assert windows.points("middle").places[0, 0, 1] - ORIGIN[1] == pytest.approx(-OFF_WALL, abs=1e-6)  # fmt: skip
    _, alone = found([wall, {**deep, "host": None}], boxes=boxes)
    assert not alone.outside[0].has_host
    assert alone.outside[0].middle[1] - ORIGIN[1] == pytest.approx(0.2, abs=1e-6)


def test_both_ends_of_a_sill_lie_within_the_opening() -> None:
    _, windows = found([SOUTH])
    places = windows.points("ends").places[:, 0] - np.array([*ORIGIN, GROUND])
    assert sorted(places[:, 0].tolist()) == pytest.approx([-5.99, -4.01], abs=1e-6)
    assert places[:, 1] == pytest.approx(-0.02 - OFF_WALL, abs=1e-6)
    assert places[:, 2] == pytest.approx(0.9, abs=1e-6)


def test_the_storey_tells_the_floor_where_no_room_does() -> None:
    _, windows = found([{**TALL, "storey": "F1"}], storeys=[{"id": "F1", "elevation": 0.05}])
    assert windows.outside[0].middle[2] - GROUND == pytest.approx(0.95, abs=1e-6)


def test_every_window_is_in_exactly_one_list() -> None:
    windows = [
        SOUTH,
        {"id": "NONE", "class": "IfcWindow"},
        {"id": "INNER", "class": "IfcWindow", "box": [[0, 4, 0.9], [2, 4.1, 2.4]]},
        {"id": "CUBE", "class": "IfcWindow", "box": [[-1, -1, 0.9], [0, 0, 2.4]]},
        {"id": "ALONE", "class": "IfcWindow", "box": [[900, 900, 0.9], [902, 900.1, 2.4]]},
    ]
    _, some = found(windows)
    assert [w.element.global_id for w in some.outside] == ["S"]
    assert [w.global_id for w in some.inside] == ["INNER"]
    assert [w.global_id for w in some.without_body] == ["NONE"]
    assert [w.global_id for w in some.untold] == ["CUBE", "ALONE"]


def test_a_window_in_a_roof_looks_up_and_is_looked_from_in_its_middle() -> None:
    flat = {"id": "F", "class": "IfcWindow", "box": [[-1, 4, 3.0], [1, 5, 3.1]]}
    _, windows = found([flat])
    (window,) = windows.outside
    assert window.normal == pytest.approx([0.0, 0.0, 1.0])
    assert window.middle - np.array([*ORIGIN, GROUND]) == pytest.approx([0.0, 4.5, 3.1], abs=1e-6)


def test_a_window_that_a_partition_meets_lights_the_first_of_both_rooms() -> None:
    # The partition stands behind the middle of the window, from -5.1 to -4.9.
    spaces = [
        {"id": "A", "box": [[-9.7, 0.3, 0], [-5.1, 9.7, 2.8]]},
        {"id": "B", "box": [[-4.9, 0.3, 0], [9.7, 9.7, 2.8]]},
        {"id": "0", "type": "GFA", "box": [[-10, 0, 0], [10, 10, 2.8]]},  # holds the rooms
    ]
    for order in (spaces, spaces[::-1]):
        _, windows = found([SOUTH, EAST], spaces=order)
        assert [window.room for window in windows.outside] == ["A", "B"]


def test_a_window_in_a_light_well_looks_outside() -> None:
    # A well 2 m square and 9 m deep: only steep rays leave it.
    well = {
        "A": [[-10, 0, 0], [10, 4, 9]],
        "B": [[-10, 6, 0], [10, 10, 9]],
        "C": [[-10, 4, 0], [-1, 6, 9]],
        "D": [[1, 4, 0], [10, 6, 9]],
    }
    window = {"id": "S", "class": "IfcWindow", "host": "A", "box": [[-0.5, 3.98, 0.9], [0.5, 4.02, 2.4]]}  # fmt: skip
    _, windows = found([window], boxes=well)
    assert not windows.inside
    assert windows.outside[0].normal == pytest.approx([0.0, 1.0, 0.0])
