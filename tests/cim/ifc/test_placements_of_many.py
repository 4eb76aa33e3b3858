from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cim.ifc.direct.placement import Placements
from cim.ifc.direct.records import NotDirectError, Records
from cim.ifc.step import argument_references, scan

PLACEMENT = 5


def frames(text: bytes, rows: list[int]) -> np.ndarray:
    return Placements(Records(scan(text), 1.0, 1.0)).all_local(np.array(rows, dtype=np.int64))


def test_frames_of_all_products_are_those_of_each(sample_folder: Path) -> None:
    step = scan((sample_folder / "submissions" / "compliant.ifc").read_bytes())
    products = step.rows_of("IFCWALL", "IFCDOOR", "IFCWINDOW", "IFCSLAB", "IFCSPACE", "IFCSITE")
    placed = argument_references(step.kinds, step.values, step.firsts, products, PLACEMENT)
    placements = Placements(Records(step, 0.001, 1.0))
    found = placements.all_local(placed)
    np.testing.assert_array_equal(found, [placements.local(row) for row in placed.tolist()])
    assert len(found) > 1000


def test_a_placement_that_leads_back_to_itself_has_no_frame() -> None:
    text = b"DATA;#1=IFCCARTESIANPOINT((0.,0.,0.));#2=IFCAXIS2PLACEMENT3D(#1,$,$);#3=IFCLOCALPLACEMENT(%b,#2);ENDSEC;"
    np.testing.assert_array_equal(frames(text % b"$", [2])[0], np.eye(4))
    for parent in (b"#3", b"#2"):  # itself; what is no placement
        with pytest.raises(NotDirectError):
            frames(text % parent, [2])


def test_no_placement_is_the_origin() -> None:
    text = b"DATA;#1=IFCCARTESIANPOINT((0.,0.,0.));ENDSEC;"
    np.testing.assert_array_equal(frames(text, [-1])[0], np.eye(4))
    with pytest.raises(NotDirectError):
        frames(text, [0])
