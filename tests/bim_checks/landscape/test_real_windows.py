"""Windows of houses that others drew."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely

from bim_checks.landscape.window_points import Windows, windows_of
from bim_checks.scene import FRAME, ORIGIN, flat_terrain
from bim_checks.scheme import Scheme
from cim.frame import ExplicitPlace, decide_frame
from cim.ifc import read_ifc


def windows(path: Path) -> tuple[Scheme, Windows]:
    model, ground = read_ifc(path), flat_terrain()
    ledger = decide_frame(model, FRAME, ground, place=ExplicitPlace(*ORIGIN, 5.0, 0.0))
    scheme = Scheme(model, ledger)
    return scheme, windows_of(scheme, ("IfcWindow",), 0.9)


@pytest.mark.parametrize(
    ("name", "outside", "in_roof"),
    [
        ("ThatOpen__engine_web-ifc/AC20-FZK-Haus.ifc", 11, 0),
        ("stijngoedertier__georeference-ifc/Duplex_A_20110907_georeferenced.ifc", 24, 2),
        ("youshengCode__IfcSampleFiles/Ifc4_SampleHouse.ifc", 4, 0),
    ],
)
def test_every_window_looks_out_of_the_walls_from_a_room(
    data_folder: Path, name: str, outside: int, in_roof: int
) -> None:
    scheme, found = windows(data_folder / "ifc" / name)
    assert len(found.outside) == outside
    assert (found.inside, found.untold, found.without_body) == ((), (), ())
    walls = {e.global_id for e in scheme.model.elements if e.ifc_class.startswith("IfcWall")}
    hull = shapely.convex_hull(
        shapely.union_all([o.geometry for o in scheme.outlines if o.global_id in walls])
    )
    upright = [w for w in found.outside if w.normal[2] < 0.5]
    assert len(upright) == outside - in_roof
    for window in upright:
        assert window.has_host
        assert window.room is not None
        # Outside nothing of the model stands in front of the glass; inside there is a room.
        inward = shapely.Point(window.middle[:2] - 0.6 * window.normal[:2])
        assert hull.contains(inward)
        assert np.linalg.norm(window.normal) == pytest.approx(1.0)


def test_the_windows_of_a_free_standing_house_look_to_its_four_sides(data_folder: Path) -> None:
    scheme, found = windows(data_folder / "ifc" / "ThatOpen__engine_web-ifc" / "AC20-FZK-Haus.ifc")
    walls = {e.global_id for e in scheme.model.elements if e.ifc_class.startswith("IfcWall")}
    west, south, east, north = shapely.union_all(
        [o.geometry for o in scheme.outlines if o.global_id in walls]
    ).bounds
    sides = Counter[str]()
    for window in found.outside:
        x, y = window.middle[:2]
        gaps = {"west": x - west, "south": y - south, "east": east - x, "north": north - y}
        side = min(gaps, key=lambda s: abs(gaps[s]))
        # Its sill lies on the outer face of the wall of that side, and looks away from it.
        assert gaps[side] == pytest.approx(0.0, abs=2e-3)
        normal = {"west": (-1, 0), "south": (0, -1), "east": (1, 0), "north": (0, 1)}[side]
        assert window.normal[:2] == pytest.approx(normal, abs=1e-6)
        sides[side] += 1
    assert sum(sides.values()) == 11
    assert len(sides) >= 3
