from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from bim_checks.measures.heights_between import (
    heights_over,
    nearest_piece_point,
    pieces_between,
)
from bim_checks.measures.outline_ground import ground_along
from bim_checks.scene import GROUND, ORIGIN, flat_terrain, gable, prism

HOUSE = gable([[0, 0, 0], [10, 6, 3]], 5.0, along="x").triangles()
BOX = prism([(0, 0), (4, 0), (4, 4), (0, 4)], 0.0, 10.0).triangles()


def test_heights_over_a_zone_follow_a_sloping_roof() -> None:
    # The roof rises 2 m over 3 m from the eaves at y = 0: over y < 1.5 it reaches 3 + 1 = 4 m.
    assert heights_over(HOUSE, shapely.box(2.0, -1.0, 8.0, 1.5)) == pytest.approx((0.0, 4.0))
    assert heights_over(HOUSE, shapely.box(2.0, 2.0, 3.0, 3.5)) == pytest.approx((0.0, 5.0))
    assert heights_over(HOUSE, shapely.box(20.0, 0.0, 21.0, 1.0)) is None


def test_heights_over_a_zone_within_one_face_are_those_of_its_plane() -> None:
    slope = np.array([[[0.0, 0.0, 0.0], [100.0, 0.0, 50.0], [0.0, 100.0, 0.0]]])
    assert heights_over(slope, shapely.box(10.0, 10.0, 12.0, 11.0)) == pytest.approx((5.0, 6.0))


@pytest.mark.parametrize(("low", "high"), [(2.0, 7.0), (-math.inf, 4.0), (9.0, math.inf)])
def test_pieces_lie_between_the_heights_and_reach_both(low: float, high: float) -> None:
    heights = pieces_between(BOX, low, high)[:, :, 2]
    assert heights.min() == pytest.approx(max(low, 0.0))
    assert heights.max() == pytest.approx(min(high, 10.0))


def test_the_nearest_point_of_a_wall_is_its_foot_between_the_heights() -> None:
    road = shapely.box(7.0, -50.0, 9.0, 50.0)
    point = nearest_piece_point(pieces_between(BOX, 2.5, 6.0), road)
    assert point is not None
    assert (point[0], point[2]) == pytest.approx((4.0, 2.5))
    assert nearest_piece_point(pieces_between(BOX, 11.0, 12.0), road) is None


def test_the_nearest_point_of_a_slope_that_is_cut_lies_on_the_cut() -> None:
    # Leaning towards x: at height z the face has reached x = z. Up to 4 m it is nearest at x = 4.
    face = np.array([[[0.0, 0.0, 0.0], [10.0, 0.0, 10.0], [5.0, 3.0, 5.0]]])
    point = nearest_piece_point(pieces_between(face, 1.0, 4.0), shapely.Point(40.0, 0.0))
    assert point == pytest.approx([4.0, 0.0, 4.0], abs=1e-9)


def test_the_ground_along_an_outline_is_its_lowest_or_its_mean() -> None:
    # 0.1 per metre to the north: 20 m by 10 m from the origin on, from 0 m to 1 m above the ground there.
    terrain = flat_terrain(slope=(0.0, 0.1))
    east, north = ORIGIN
    outline = shapely.box(east, north, east + 20.0, north + 10.0)
    assert ground_along(outline, terrain, "lowest") == pytest.approx(GROUND, abs=1e-9)
    # South side 20 m at 0, north side 20 m at 1, the others 10 m each at 0.5 on the mean.
    assert ground_along(outline, terrain, "mean") == pytest.approx(GROUND + 0.5, abs=1e-9)
    triangle = shapely.Polygon([(east, north), (east + 30.0, north), (east, north + 40.0)])
    # 30 m at 0; 50 m and 40 m at 2 on the mean: 180 / 120.
    assert ground_along(triangle, terrain, "mean") == pytest.approx(GROUND + 1.5, abs=1e-9)


def test_ground_that_is_not_known_all_along_is_not_told() -> None:
    east, north = ORIGIN
    far = shapely.box(east, north, east + 9_000.0, north + 10.0)
    assert ground_along(far, flat_terrain(), "lowest") is None
    assert ground_along(shapely.Polygon(), flat_terrain(), "mean") is None
