"""The plan and the sections of a view: one plan with all that its rules limit, and one section for each limit, else for the line of sight over the scheme."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.plan_drawing import plan_drawing
from bim_checks.landscape.profile import profile_through
from bim_checks.landscape.scheme_view import surface_of
from bim_checks.landscape.section_drawing import SectionFacts, section_drawing
from bim_checks.landscape.sight_limit import SightLimit
from bim_checks.landscape.study import ViewStudy
from bim_checks.rule import Surroundings
from bim_checks.scheme import Scheme
from cim.text import Language, Text

PLAN, SECTION = "plan", "section"
WHAT = Text(zh="{rule}：{name}", en="{rule}: {name}")
NO_LIMIT = Text(
    zh="方案最高视线（无限值）", en="the highest line of sight over the scheme (no limit)"
)
THRESHOLD = Text(zh="地标门槛", en="threshold at the landmark")
HASHES = Text(
    zh="输入校验值：模型 {model}，城市地形与建筑 {city}。",
    en="Input hashes: model {model}, city terrain and buildings {city}.",
)


def view_sections(
    scheme: Scheme,
    around: Surroundings,
    found: ViewStudy,
    languages: Sequence[Language],
    limits: Sequence[SightLimit],
) -> Iterator[tuple[str, Language, str]]:
    """The plan of a view and its sections, each a self-contained SVG.

    Args:
        scheme: placed, with a body.
        around: the city.
        found: the view.
        languages: of the words.
        limits: of the rules that look from this viewpoint.

    Yields:
        Name (``plan``, ``section`` or ``section-<rule>-<part>``), language, drawing.
    """
    hashes = _hashes(scheme, around)
    points = [limit.worst for limit in limits] or [_highest(scheme, found)]
    for language, drawing in plan_drawing(scheme, around, found, points, limits, languages, hashes):
        yield PLAN, language, drawing
    if not limits:
        profile = profile_through(scheme, around, found.eye, points[0], None)
        facts = SectionFacts(
            f"{found.viewpoint.code}-{SECTION}",
            found.viewpoint.name,
            NO_LIMIT,
            None,
            None,
            hashes,
        )
        for language in languages:
            yield SECTION, language, section_drawing(profile, facts, language)
    for limit in limits:
        profile = profile_through(scheme, around, found.eye, limit.worst, limit)
        name = section_name(limit)
        facts = SectionFacts(
            f"{found.viewpoint.code}-{name}",
            found.viewpoint.name,
            WHAT.format(rule=limit.rule, name=limit.name),
            _target_name(around, limit),
            limit.excess,
            hashes,
        )
        for language in languages:
            yield name, language, section_drawing(profile, facts, language)


def section_name(limit: SightLimit) -> str:
    """Name of the drawing of a limit's section; what a file name may not hold is written by its number."""
    rule = re.sub(r"[^\w.-]", lambda found: f"~{ord(found[0]):x}~", limit.rule)
    return f"{SECTION}-{rule}-{limit.part}"


def _highest(scheme: Scheme, found: ViewStudy) -> NDArray[np.float64]:
    """The point of the scheme that stands highest in the view, the nearest of those that do."""
    vertices = surface_of(scheme).vertices
    seen = found.eye.apparent(vertices)
    away = np.maximum(np.hypot(seen[:, 0], seen[:, 1]), 1e-6)
    highest: NDArray[np.float64] = vertices[int(np.argmax(seen[:, 2] / away))]
    return highest


def _target_name(around: Surroundings, limit: SightLimit) -> Text | None:
    if not len(limit.target):
        return None
    for ridge in around.city.ridges:
        if (
            len(ridge.vertices) == len(limit.target)
            and math.dist(ridge.vertices[0], limit.target[0]) == 0.0
        ):
            return ridge.name
    return THRESHOLD


def _hashes(scheme: Scheme, around: Surroundings) -> Text:
    city = around.city
    hashed = city.scenery_sha256[:12] if city.buildings_path.is_file() else "—"
    return HASHES.format(model=scheme.model.sha256[:12], city=hashed)
