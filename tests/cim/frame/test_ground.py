from __future__ import annotations

import numpy as np
import pytest

from cim.frame import ExplicitPlace, decide_frame
from cim.frame.finding import FrameCode
from cim.frame.remedies import DECLARE, STEPS, steps_for
from cim.frame.shape import shape_of
from cim.frame.tool_defaults import tool_default
from cim.terrain import Terrain
from tests.support.cities import FRAME, ORIGIN
from tests.support.models import boxes_model


def slope(rise: float, side: float = 400.0, cell: float = 2.0) -> Terrain:
    """Ground at 5 m below the origin, rising to the east by `rise` metres a metre."""
    cells = int(side / cell)
    east = (np.arange(cells) + 0.5) * cell - side / 2.0
    heights = np.tile(5.0 + rise * east, (cells, 1))
    return Terrain(heights, ORIGIN[0] - side / 2, ORIGIN[1] + side / 2, cell)


def test_on_a_slope_least_mean_and_most_are_told() -> None:
    model = boxes_model({"A": ((0.0, 0.0, 0.0), (30.0, 20.0, 9.0))})
    place = ExplicitPlace(*ORIGIN, 6.0, 0.0)
    terrain = decide_frame(model, FRAME, slope(0.1), place=place).candidates[0].terrain
    assert terrain is not None
    assert (terrain.minimum, terrain.maximum) == pytest.approx((-2.0, 1.0), abs=1e-9)
    assert terrain.mean == pytest.approx(-0.5, abs=1e-9)  # the middle of the box, by symmetry


def test_only_what_touches_the_ground_counts() -> None:
    boxes = {
        "A": ((0.0, 0.0, -6.0), (10.0, 10.0, 9.0)),
        "B": ((10.0, 0.0, 6.0), (200.0, 10.0, 9.0)),
    }
    shape = shape_of(boxes_model(boxes))
    assert shape.zero == 0.0
    # No vertex lies near the zero level of this model, so its lowest points stand for it.
    assert shape.contact[:, 0].max() == 10.0


def test_a_model_wholly_above_its_zero_stands_on_its_lowest_point() -> None:
    shape = shape_of(boxes_model({"A": ((0.0, 0.0, 40.0), (10.0, 10.0, 60.0))}))
    assert shape.zero == 40.0


def test_beyond_the_known_ground_nothing_is_said_about_it() -> None:
    terrain = slope(0.0)
    terrain.heights[:] = np.nan
    model = boxes_model({"A": ((0.0, 0.0, 0.0), (30.0, 20.0, 9.0))})
    ledger = decide_frame(model, FRAME, terrain, place=ExplicitPlace(*ORIGIN, 900.0, 0.0))
    assert ledger.taken is not None
    assert ledger.taken.terrain is None
    assert ledger.taken.above_ground is None


@pytest.mark.parametrize(
    ("tool", "known"),
    [
        ("Autodesk Revit 2024 (CHS) 2024", ["Revit"]),
        ("ARCHICAD-64 27.0.0", ["Archicad"]),
        ("Tekla Structures 2016i", ["Tekla Structures"]),
        ("Vectorworks Architect 2019", ["Vectorworks"]),
        ("OpenBuildings Designer 10.00", ["Bentley"]),
        ("BlenderBIM 0.0.240", ["Bonsai"]),
        ("Bonsai 0.8", ["Bonsai"]),
        ("12d Model 15.0", [steps.tool for steps in DECLARE]),
        (None, [steps.tool for steps in DECLARE]),
    ],
)
def test_the_remedy_is_told_in_the_words_of_the_tool(tool: str | None, known: list[str]) -> None:
    assert [steps.tool for steps in steps_for(FrameCode.OUTSIDE, tool)] == known


def test_every_code_but_proposals_has_steps_in_revit() -> None:
    without = set(FrameCode) - set(STEPS)
    assert without == {FrameCode.PROPOSAL, FrameCode.PLACE_SIZE}
    for code in STEPS:
        assert [steps.tool for steps in steps_for(code, "Revit")] == ["Revit"]


@pytest.mark.parametrize("offset", [0.0, 0.0005, -0.0005])
def test_a_default_is_known_within_its_tolerance(offset: float) -> None:
    assert tool_default(51.500153 + offset, -0.126236) is not None
    assert tool_default(51.500153 + 0.002, -0.126236) is None
