"""A scheme that is changed is answered as one that was submitted so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bim_checks.landscape.scheme_view import (
    changed,
    replaced_buildings,
    shifted,
    surface_of,
)
from bim_checks.measures.floors import floor_levels
from bim_checks.rule import Surroundings
from bim_checks.scene import Scene, read_scene
from bim_checks.scheme import Scheme
from cim.frame import decide_frame


def scene(shift: tuple[float, float, float] = (0.0, 0.0, 0.0), scale: float = 1.0) -> Scene:
    """A tower with a lower wing, and two houses of which it covers the first or, moved, the second."""
    dx, dy, dz = shift

    def box(x0: float, y0: float, z0: float, x1: float, y1: float, z1: float) -> Any:
        return [[x0 + dx, y0 + dy, z0 * scale + dz], [x1 + dx, y1 + dy, z1 * scale + dz]]

    return read_scene(
        {
            "model": {
                "elements": [
                    {"id": "TOWER", "box": box(0, 0, 0, 20, 15, 60)},
                    {"id": "WING", "box": box(20, 0, 0, 50, 10, 12)},
                ],
                "storeys": [{"id": "1F", "elevation": dz}, {"id": "2F", "elevation": 4 * scale + dz}],
            },
            "existing": [
                {"id": "NEAR", "polygon": [[2, 2], [12, 2], [12, 12], [2, 12]], "low": 5, "high": 15},
                {"id": "EAST", "polygon": [[62, 2], [72, 2], [72, 9], [62, 9]], "low": 5, "high": 15},
            ],
        }
    )  # fmt: skip


def placed(told: Scene) -> tuple[Scheme, Surroundings]:
    ledger = decide_frame(told.model, told.city.frame, told.city.terrain, place=told.place)
    return Scheme(told.model, ledger), Surroundings(told.city, told.lines, told.existing)


@pytest.mark.parametrize(
    ("shift", "scale", "gone"),
    [
        ((0.0, 0.0, 0.0), 1.0, {"NEAR"}),
        ((40.0, 0.0, -1.5), 1.0, {"EAST"}),
        ((0.0, 0.0, 0.0), 0.5, {"NEAR"}),
    ],
)
def test_a_changed_scheme_is_the_scheme_submitted_so(
    shift: tuple[float, float, float], scale: float, gone: set[str]
) -> None:
    scheme, around = placed(scene())
    surface_of(scheme)
    replaced_buildings(scheme, around)  # what was asked before the change must not stick to it
    change = np.diag([1.0, 1.0, scale, 1.0])
    change[:3, 3] = (*shift[:2], 5.0 * (1.0 - scale) + shift[2])  # heights scale above the ground
    other = changed(scheme, change)
    wanted, _ = placed(scene(shift, scale))
    assert [o.global_id for o in other.outlines] == [o.global_id for o in wanted.outlines]
    np.testing.assert_allclose(other.outline_heights, wanted.outline_heights, atol=1e-9)
    assert other.footprint.symmetric_difference(wanted.footprint).area < 1e-6
    np.testing.assert_allclose(surface_of(other).vertices, surface_of(wanted).vertices, atol=1e-9)
    np.testing.assert_allclose(other.all_triangles[0], wanted.all_triangles[0], atol=1e-9)
    assert [s.elevation for s in other.model.storeys] == pytest.approx(
        [s.elevation for s in wanted.model.storeys]
    )
    assert replaced_buildings(other, around) == gone
    assert replaced_buildings(scheme, around) == {"NEAR"}


@pytest.mark.parametrize("shift", [(40.0, 0.0, -1.5), (-3.25, 7.5, 0.0), (0.0, 0.0, -12.0)])
def test_a_shifted_scheme_is_the_changed_one(shift: tuple[float, float, float]) -> None:
    scheme, around = placed(scene())
    replaced_buildings(scheme, around)
    change = np.eye(4)
    change[:3, 3] = shift
    other, wanted = shifted(scheme, np.array(shift)), changed(scheme, change)
    assert other.body_ids == wanted.body_ids
    np.testing.assert_allclose(other.outline_heights, wanted.outline_heights, atol=1e-9)
    assert other.footprint.symmetric_difference(wanted.footprint).area < 1e-6
    np.testing.assert_allclose(surface_of(other).vertices, surface_of(wanted).vertices, atol=1e-9)
    np.testing.assert_allclose(other.all_triangles[0], wanted.all_triangles[0], atol=1e-9)
    np.testing.assert_allclose(floor_levels(other), floor_levels(wanted), atol=1e-9)
    assert other.uncertainty == wanted.uncertainty
    assert replaced_buildings(other, around) == replaced_buildings(wanted, around)
