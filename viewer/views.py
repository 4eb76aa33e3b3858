"""What a scheme does to the views of a city, as a folder: plates of every viewpoint, their figures, and which rules look from where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from bim_checks.exports.sight_limits import sight_limits
from bim_checks.exports.views import figures
from bim_checks.landscape.eye import REFRACTION
from bim_checks.landscape.painting import Kind
from bim_checks.landscape.scheme_view import surface_of
from bim_checks.landscape.study import ViewStudy, study
from bim_checks.landscape.view_plates import plates
from bim_checks.landscape.view_sections import section_name, view_sections
from bim_checks.rule import Surroundings
from bim_checks.rulebook import Rulebook
from bim_checks.scheme import Scheme
from cim.city import City
from cim.text import Language
from viewer.globe import Sight

VIEWS = "views.json"  # the figures, in a folder of plates
SIGHT = "VIEW-"  # rule types of sight
MUTE = ("not_applicable", "not_checkable")  # outcomes a picture has nothing to say about


def study_views(
    scheme: Scheme, around: Surroundings, book: Rulebook, folder: Path
) -> Iterator[tuple[ViewStudy, dict[str, Any]]]:
    """Study every viewpoint of a city in its order and write its plates; none for a scheme that has no body.

    Args:
        scheme: placed.
        around: the city.
        book: says what is looked at from where.
        folder: exists; gets ``<viewpoint>-<kind>.<language>.svg`` of plates, plan and sections.

    Yields:
        The study, and its entry in ``views.json``: the figures and the rules that look from there.
    """
    if not len(surface_of(scheme).vertices):
        return
    for viewpoint in around.city.viewpoints:
        found = study(scheme, around, viewpoint, refraction=REFRACTION)
        limits = sight_limits(book, scheme, around, viewpoint)
        for kind, language, drawing in plates(scheme, around, found, get_args(Language), limits):
            path = folder / plate_name(viewpoint.code, kind, language)
            path.write_text(drawing, encoding="utf-8")
        rules = {section_name(limit): limit.rule for limit in limits}
        drawings: dict[str, str | None] = {}
        for name, language, drawing in view_sections(
            scheme, around, found, get_args(Language), limits
        ):
            path = folder / plate_name(viewpoint.code, name, language)
            path.write_text(drawing, encoding="utf-8")
            drawings[name] = rules.get(name)
        yield (
            found,
            figures(found)
            | {
                "rules": rules_from(book, viewpoint.code),
                "drawings": [{"name": name, "rule": rule} for name, rule in drawings.items()],
            },
        )


def plate_name(viewpoint: str, kind: str, language: Language) -> str:
    """Name of the file of a plate, plan or section."""
    return f"{viewpoint}-{kind}.{language}.svg"


def views_named(
    document: Mapping[str, Any],
    views: Sequence[Mapping[str, Any]],
    folder: Path,
    language: Language,
) -> list[dict[str, Any]]:
    """The views from which a report's findings look, with their plates, for its page.

    Args:
        document: the report's JSON values.
        views: entries of ``views.json``.
        folder: where the plates lie.
        language: of the words on them.
    """
    judged = {finding["rule"] for finding in document["findings"] if finding["outcome"] not in MUTE}
    return [
        {**view, "rules": named, "plates": _drawings(view, folder, language)}
        for view in views
        if (named := [rule for rule in view["rules"] if rule in judged])
    ]


def drawn(view: Mapping[str, Any]) -> list[str]:
    """Names of all drawings of an entry of ``views.json``, as they are to be looked at."""
    return [*get_args(Kind), *(drawing["name"] for drawing in view["drawings"])]


def _drawings(view: Mapping[str, Any], folder: Path, language: Language) -> list[str]:
    return [
        (folder / plate_name(view["viewpoint"], name, language)).read_text(encoding="utf-8")
        for name in drawn(view)
    ]


def sights(book: Rulebook, city: City) -> list[Sight]:
    """What the rules of sight look at, in the rulebook's order; a rule that looks at no ridge has none."""
    viewpoints = {viewpoint.code: viewpoint for viewpoint in city.viewpoints}
    ridges = {ridge.code: ridge for ridge in city.ridges}
    found = []
    for rule in book.rules:
        viewpoint = viewpoints.get(getattr(rule.parameters, "viewpoint", ""))
        ridge = ridges.get(getattr(rule.parameters, "ridge", ""))
        if rule.rule_type.startswith(SIGHT) and viewpoint is not None and ridge is not None:
            found.append(Sight(rule.identifier, viewpoint, ridge))
    return found


def rules_from(book: Rulebook, viewpoint: str) -> list[str]:
    """Identifiers of the rules of sight that look from a viewpoint, in the rulebook's order."""
    return [
        rule.identifier
        for rule in book.rules
        if rule.rule_type.startswith(SIGHT)
        and getattr(rule.parameters, "viewpoint", None) == viewpoint
    ]
