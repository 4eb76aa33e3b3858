"""Stepped height classes, measured again: how high a building rises where a class has a limit, how much it takes where it has none."""

from __future__ import annotations

from bim_checks.finding import Judgement, SecondOpinion
from bim_checks.rule import Rule, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.lines import count_shared
from bim_checks.second.surfaces import recheck_surfaces
from cim.control_lines.feature import ControlFeature


def recheck_class(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """The height as `recheck_surfaces` finds it; the area where nothing may stand by counting points."""
    if isinstance(judgement.basis, ControlFeature):
        return count_shared(scheme, scheme.shapes("footprint")[0], [judgement.basis])
    return recheck_surfaces(rule, scheme, around, judgement)
