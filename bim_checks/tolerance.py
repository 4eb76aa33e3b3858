"""How exact a verdict is: the tolerances of all rules, in one place."""

from __future__ import annotations

from bim_checks.finding import LegalEffect, Measurement, Outcome

CONTACT = 1e-3  # m; the IFC kernel's linear deflection: two outlines this close touch, they do not overlap
LENGTH_UNCERTAINTY = 1e-3  # m; the same deflection, as half-width of a measured length or height
BOUNDARY_ACCURACY = (
    0.05  # m; a frame known better than this is as good as the boundary points a line is drawn from
)


def outcome_of(measurement: Measurement, legal_effect: LegalEffect) -> Outcome:
    """The outcome a measurement leads to."""
    return judge(measurement.margin, measurement.uncertainty.total, legal_effect)


def judge(margin: float, uncertainty: float, legal_effect: LegalEffect) -> Outcome:
    """The outcome a margin leads to.

    >>> judge(-4.8, 0.001, LegalEffect.PROHIBIT)
    <Outcome.FAIL: 'fail'>
    >>> judge(0.0005, 0.001, LegalEffect.DISTANCE)
    <Outcome.DISCUSS: 'discuss'>
    """
    if margin >= uncertainty:
        return Outcome.PASS
    if margin > -uncertainty:
        return Outcome.DISCUSS
    return Outcome.PROCEDURE if legal_effect is LegalEffect.PROCEDURE else Outcome.FAIL
