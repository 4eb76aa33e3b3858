"""VIEW-SHARE against solid angles in closed form, within the uncertainty it states."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bim_checks.rules.view_shares import ViewShareParameters
from tests.bim_checks.test_methods import TOLD, findings

STATED: dict[str, Any] = {
    "viewpoint": "V", "of": "sky", "bearing_from": 330.0, "bearing_to": 30.0, "limit": 1.0
}  # fmt: skip
HALF_TOWER, HALF_VIEW = math.atan(20.0 / 400.0), math.radians(30.0)


def azimuths(half: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    edges = np.linspace(-half, half, 20_001)
    return (edges[1:] + edges[:-1]) / 2.0


def strip(near: float, far: float, half: float) -> float:
    """Level ground 51.6 m below the eye, from one distance square to the view to another: mean over azimuths, times their width."""
    cosine = np.cos(azimuths(half))
    sines = [51.6 * cosine / np.sqrt((51.6 * cosine) ** 2 + y**2) for y in (near, far)]
    return float((sines[0] - sines[1]).mean()) * 2.0 * half


def sky() -> float:
    a = azimuths(HALF_VIEW)
    horizon = np.sin(np.arctan(-1.6 * np.cos(a) / 2395.0))  # the scene's ground ends there
    roof = np.sin(np.arctan(83.4 * np.cos(a) / 400.0))
    covered = np.abs(a) <= HALF_TOWER
    return float((roof - horizon)[covered].sum() / (0.5 - horizon).sum())


@pytest.mark.parametrize(
    ("case", "share"),
    [
        ("fail-hides-the-sea", strip(500, 1500, HALF_TOWER) / strip(500, 1500, HALF_VIEW)),
        ("fail-hides-the-hill-of-a-ridge", strip(1600, 2200, HALF_TOWER) / strip(1600, 2200, HALF_VIEW)),
        ("fail-takes-the-sky", sky()),
    ],
)  # fmt: skip
def test_the_share_is_the_one_in_closed_form(case: str, share: float, tmp_path: Path) -> None:
    (path,) = (p for p in TOLD if p.parent.name == "VIEW-SHARE" and p.stem == case)
    (finding,) = findings(path, tmp_path)
    off = abs(finding["measured"] - 100.0 * share)
    assert off <= finding["uncertainty_parts"]["mesh"] < 0.2
    assert off < 0.03


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"of": "sea"}, "layer must name"),
        ({"of": "ridge"}, "ridge must name"),
        ({"top": 0.0}, "top must be"),
        ({"top": 91.0}, "top must be"),
    ],
)
def test_a_view_of_something_that_is_not_stated_is_refused(
    stated: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ViewShareParameters(**{**STATED, **stated})


@pytest.mark.parametrize(
    ("bearings", "degrees"), [((330.0, 30.0), 60.0), ((0.0, 0.0), 360.0), ((10.0, 350.0), 340.0)]
)
def test_a_view_runs_clockwise_from_its_first_bearing(
    bearings: tuple[float, float], degrees: float
) -> None:
    first, last = bearings
    view = ViewShareParameters(**{**STATED, "bearing_from": first, "bearing_to": last}).view
    assert view == pytest.approx((math.radians(first), math.radians(degrees)))
