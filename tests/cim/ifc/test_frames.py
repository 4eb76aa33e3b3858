from __future__ import annotations

from pathlib import Path

import numpy as np

from cim.ifc.direct.frames import local_frames
from cim.ifc.direct.placement import Placements
from cim.ifc.direct.records import Records
from cim.ifc.step import argument_references, scan

PLACEMENT = 5


def test_frames_of_all_products_are_those_of_each(sample_folder: Path) -> None:
    step = scan((sample_folder / "submissions" / "compliant.ifc").read_bytes())
    products = step.rows_of("IFCWALL", "IFCDOOR", "IFCWINDOW", "IFCSLAB", "IFCSPACE", "IFCSITE")
    placed = argument_references(step.kinds, step.values, step.firsts, products, PLACEMENT)
    frames = local_frames(step, placed, 0.001)
    assert frames is not None
    one_by_one = Placements(Records(step, 0.001, 1.0))
    expected = [one_by_one.local(row) for row in placed.tolist()]
    np.testing.assert_allclose(frames, expected, rtol=1e-13, atol=1e-13)
    assert len(frames) > 1000


def test_a_placement_that_leads_back_to_itself_has_no_frame() -> None:
    text = b"DATA;#1=IFCCARTESIANPOINT((0.,0.,0.));#2=IFCAXIS2PLACEMENT3D(#1,$,$);#3=IFCLOCALPLACEMENT(%b,#2);ENDSEC;"
    third = np.array([2])
    whole = local_frames(scan(text % b"$"), third, 1.0)
    assert whole is not None
    np.testing.assert_array_equal(whole[0], np.eye(4))
    assert local_frames(scan(text % b"#3"), third, 1.0) is None
    assert local_frames(scan(text % b"#2"), third, 1.0) is None  # relative to no placement


def test_no_placement_is_the_origin() -> None:
    step = scan(b"DATA;#1=IFCCARTESIANPOINT((0.,0.,0.));ENDSEC;")
    frames = local_frames(step, np.array([-1]), 1.0)
    assert frames is not None
    np.testing.assert_array_equal(frames[0], np.eye(4))
