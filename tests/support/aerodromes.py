"""The tables of Annex 14 for a precision approach runway of code number 4, under any runway."""

from __future__ import annotations

from collections.abc import Sequence

from bim_checks.landscape.aerodrome import (
    Aerodrome,
    Approach,
    ApproachSection,
    BalkedLanding,
    Conical,
    InnerApproach,
    InnerHorizontal,
    Outer,
    RunwayEnd,
    Strip,
    TakeOffClimb,
    Transitional,
)


def precision_code_4(ends: Sequence[RunwayEnd], elevation: float = 0.0) -> Aerodrome:
    """The aerodrome of one runway; `elevation` of its datum in metres."""
    return Aerodrome(
        elevation=elevation,
        ends=tuple(ends),
        strip=Strip(beyond=60.0, width=280.0),
        inner_horizontal=InnerHorizontal(radius=4000.0, height=45.0),
        conical=Conical(slope=0.05, height=100.0),
        approach=Approach(
            distance=60.0,
            inner_width=280.0,
            divergence=0.15,
            sections=(
                ApproachSection(length=3000.0, slope=0.02),
                ApproachSection(length=3600.0, slope=0.025),
                ApproachSection(length=8400.0, slope=0.0),
            ),
        ),
        transitional=Transitional(slope=0.143),
        take_off_climb=TakeOffClimb(
            distance=60.0,
            inner_width=180.0,
            divergence=0.125,
            final_width=1200.0,
            length=15000.0,
            slope=0.02,
        ),
        inner_approach=InnerApproach(distance=60.0, width=120.0, length=900.0, slope=0.02),
        inner_transitional=Transitional(slope=0.333),
        balked_landing=BalkedLanding(
            distance=1800.0, inner_width=120.0, divergence=0.1, slope=0.0333
        ),
        outer=Outer(radius=15000.0, height=150.0, above_ground=30.0),
    )
