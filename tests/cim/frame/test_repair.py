from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cim.building import BuildingModel
from cim.errors import FrameError
from cim.frame import (
    Placement,
    PointPair,
    decide_frame,
    propose_from_pairs,
    propose_from_parcel,
)
from cim.frame.parcel_fit import fit_parcel
from cim.parcel import Parcel
from tests.cim.frame.test_cases import conversion
from tests.support.cities import FRAME, ORIGIN, flat_terrain
from tests.support.models import boxes_model, polygon_surface

SITE = [(-20.0, -10.0), (60.0, -10.0), (60.0, 50.0), (10.0, 50.0), (-20.0, 30.0)]
SQUARE = [(0.0, 0.0), (40.0, 0.0), (40.0, 40.0), (0.0, 40.0)]
BOX = {"A": ((0.0, 0.0, 0.0), (30.0, 20.0, 60.0))}

turns = st.floats(-math.pi, math.pi)
moves = st.floats(-900.0, 900.0)


def model(site: list[tuple[float, float]] = SITE, **parts: object) -> BuildingModel:
    return boxes_model(BOX, site=polygon_surface(site), **parts)


def parcel_of(site: list[tuple[float, float]], placement: Placement) -> Parcel:
    points = placement.to_projected(np.array([(*p, 0.0) for p in site]))[:, :2]
    return Parcel("P-1", shapely.Polygon(points))


@given(turns, moves, moves, st.floats(-5.0, 50.0))
def test_three_exact_pairs_give_the_placement_back(
    turn: float, east: float, north: float, height: float
) -> None:
    true = Placement(ORIGIN[0] + east, ORIGIN[1] + north, height, turn, 1.0, FRAME)
    points = np.array([[0.0, 0.0, 0.0], [30.0, 0.0, 1.0], [30.0, 20.0, 60.0]])
    pairs = [
        PointPair(tuple(p), tuple(q))
        for p, q in zip(points.tolist(), true.to_projected(points).tolist(), strict=True)
    ]
    proposal = propose_from_pairs(pairs)
    place = proposal.place
    got = Placement(
        place.eastings, place.northings, place.orthogonal_height,
        math.radians(place.angle_degrees), 1.0, FRAME,
    )  # fmt: skip
    assert np.abs(got.to_projected(points) - true.to_projected(points)).max() < 1e-6
    assert max(proposal.residuals) < 1e-6
    assert max(proposal.height_residuals) < 1e-6
    assert proposal.fitted_scale == pytest.approx(1.0, abs=1e-8)
    assert proposal.notes == ()
    assert place.basis == "pairs"


def test_a_wrong_pick_shows_as_residual_and_uncertainty() -> None:
    pairs = [
        PointPair((0.0, 0.0, 0.0), (610_000.0, 2_705_000.0, 5.0)),
        PointPair((100.0, 0.0, 0.0), (610_100.0, 2_705_000.0, 5.0)),
        PointPair((100.0, 100.0, 0.0), (610_100.03, 2_705_100.0, 5.06)),
    ]
    proposal = propose_from_pairs(pairs)
    assert proposal.height_residuals == pytest.approx((0.02, 0.02, 0.04), abs=1e-9)
    assert 0.005 < max(proposal.residuals) < 0.03
    assert proposal.place.horizontal_uncertainty == max(proposal.residuals)
    assert proposal.place.vertical_uncertainty == pytest.approx(0.04)
    ledger = decide_frame(model(), FRAME, flat_terrain(), place=proposal.place)
    assert ledger.uncertainty.vertical == pytest.approx(0.04)
    assert ledger.uncertainty.horizontal > max(proposal.residuals)


def test_two_pairs_are_enough_and_say_so() -> None:
    pairs = [
        PointPair((0.0, 0.0, 0.0), (610_000.0, 2_705_000.0, 5.0)),
        PointPair((0.0, 50.0, 0.0), (609_950.01, 2_705_000.0, 5.0)),
    ]
    proposal = propose_from_pairs(pairs)
    assert proposal.place.angle_degrees == pytest.approx(90.0, abs=1e-9)
    assert proposal.residuals == pytest.approx((0.005, 0.005), abs=1e-9)
    assert "pick a third" in proposal.notes[0].en


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (None, "two pairs"),
        (PointPair((0.0, 0.2, 0.0), (610_000.0, 2_705_000.2, 5.0)), "too near"),
        (PointPair((0.0, 50_000.0, 0.0), (610_000.0, 2_705_050.0, 5.0)), "do not agree"),
    ],
)
def test_pairs_that_tell_nothing_are_refused(second: PointPair | None, words: str) -> None:
    first = PointPair((0.0, 0.0, 0.0), (610_000.0, 2_705_000.0, 5.0))
    with pytest.raises(FrameError, match=words):
        propose_from_pairs([first, second] if second else [first])


@given(turns, moves, moves)
def test_the_site_is_laid_on_its_parcel_whatever_its_turn(
    turn: float, east: float, north: float
) -> None:
    true = Placement(ORIGIN[0] + east, ORIGIN[1] + north, 5.3, turn, 1.0, FRAME)
    proposal = propose_from_parcel(model(), FRAME, [parcel_of(SITE, true)], height=5.3)
    place = proposal.place
    assert (place.eastings, place.northings) == pytest.approx(
        (true.eastings, true.northings), abs=1e-6
    )
    assert math.remainder(math.radians(place.angle_degrees) - turn, 2 * math.pi) == pytest.approx(
        0.0, abs=1e-8
    )
    assert place.horizontal_uncertainty < 1e-6
    assert proposal.rival is None or proposal.rival > 1.0


def test_a_symmetric_site_leaves_the_rotation_open() -> None:
    true = Placement(*ORIGIN, 5.3, 0.3, 1.0, FRAME)
    with pytest.raises(FrameError, match="two directions"):
        propose_from_parcel(model(SQUARE), FRAME, [parcel_of(SQUARE, true)], height=5.3)


def test_the_height_is_the_files_own_or_must_be_stated() -> None:
    true = Placement(*ORIGIN, 5.3, 0.3, 1.0, FRAME)
    stated = conversion({"orthogonal_height": 5.3, "eastings": ORIGIN[1], "northings": ORIGIN[0]})
    proposal = propose_from_parcel(model(map_conversion=stated), FRAME, [parcel_of(SITE, true)])
    assert proposal.place.orthogonal_height == 5.3
    assert "5.300 m" in proposal.notes[0].en
    with pytest.raises(FrameError, match="zero level's elevation"):
        propose_from_parcel(model(), FRAME, [parcel_of(SITE, true)])


def test_another_outline_is_refused_and_no_site_is_told() -> None:
    true = Placement(*ORIGIN, 5.3, 0.3, 1.0, FRAME)
    bent = [*SITE[:4], (-20.0, 35.0)]
    with pytest.raises(FrameError, match="does not fit"):
        propose_from_parcel(model(), FRAME, [parcel_of(bent, true)], height=5.3)
    with pytest.raises(FrameError, match="draws no site"):
        propose_from_parcel(boxes_model(BOX), FRAME, [parcel_of(SITE, true)], height=5.3)


def test_of_several_parcels_the_one_that_fits_is_found() -> None:
    true = Placement(*ORIGIN, 5.3, 0.3, 1.0, FRAME)
    wrong = Parcel("B", shapely.box(610_200.0, 2_705_000.0, 610_280.0, 2_705_060.0))
    proposal = propose_from_parcel(model(), FRAME, [wrong, parcel_of(SITE, true)], height=5.3)
    assert proposal.place.eastings == pytest.approx(ORIGIN[0], abs=1e-6)


def test_a_corner_more_on_a_straight_edge_does_not_matter() -> None:
    more = shapely.Polygon([SITE[0], (20.0, -10.0), *SITE[1:]])
    fit = fit_parcel(shapely.Polygon(SITE), more)
    assert fit is not None
    assert fit.distance < 1e-9
    assert fit.similarity.rotation == pytest.approx(0.0, abs=1e-12)
