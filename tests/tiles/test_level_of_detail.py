from __future__ import annotations

import numpy as np
import pytest

from cim.mesh import Mesh
from tests.support.models import box
from tiles.level_of_detail import simplify, sorted_by_material
from tiles.surface import volumes, weld


def dome(rings: int = 24) -> Mesh:
    """A height field over the unit square, z = 1 - x^2 - y^2: simplification cannot be free."""
    steps = np.linspace(-1.0, 1.0, rings)
    x, y = np.meshgrid(steps, steps)
    vertices = np.column_stack([x.ravel(), y.ravel(), (1.0 - x**2 - y**2).ravel()])
    index = np.arange(rings * rings).reshape(rings, rings)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([b, d, c], -1)]).reshape(-1, 3)
    return Mesh(vertices, faces.astype(np.int32))


@pytest.mark.parametrize("error", [0.01, 0.05, 0.2])
def test_surfaces_stay_near_the_truth(error: float) -> None:
    before = weld([dome()])
    after = simplify(before, error)
    assert len(after.faces) < len(before.faces)
    middles = after.positions[after.faces].mean(axis=1)
    truth = 1.0 - middles[:, 0] ** 2 - middles[:, 1] ** 2
    slopes = 2.0 * np.hypot(middles[:, 0], middles[:, 1])
    distances = np.abs(middles[:, 2] - truth) / np.hypot(1.0, slopes)
    assert distances.max() <= 2.0 * error


def test_a_larger_error_leaves_fewer_triangles() -> None:
    counts = [len(simplify(weld([dome()]), error).faces) for error in (0.01, 0.05, 0.2)]
    assert counts[0] > counts[1] > counts[2] > 0


def test_owners_and_materials_keep_their_own_triangles() -> None:
    plain = dome()
    halved = Mesh(
        plain.vertices,
        plain.faces,
        np.where(np.arange(len(plain.faces)) % 2 == 0, 0, 1).astype(np.int32),
    )
    soup = sorted_by_material(weld([box((0, 0, 0), (1, 1, 1)), halved, dome()]))
    after = simplify(soup, 0.05)
    assert np.bincount(after.owners).tolist()[0] == 12
    assert set(zip(after.owners.tolist(), after.materials.tolist(), strict=True)) == {
        (0, -1),
        (1, 0),
        (1, 1),
        (2, -1),
    }
    assert volumes(after)[0] == pytest.approx(1.0)


def test_a_body_smaller_than_the_error_does_not_vanish() -> None:
    after = simplify(weld([dome()]), 100.0)
    assert len(after.faces) > 0
