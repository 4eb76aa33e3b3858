"""A report as one self-contained page: no script, no link, readable offline and printable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from bim_checks.report import SEVERITY, Report
from bim_checks.words import WORDS, sign_of
from cim.text import Language


def render(report: Report, language: Language) -> str:
    """The report's page in one language."""
    return render_document(report.to_document(), language)


def render_document(
    document: Mapping[str, Any], language: Language, views: Sequence[Mapping[str, Any]] = ()
) -> str:
    """The same from a report's stored JSON values, with plates of views.

    Args:
        document: the report.
        language: of the words.
        views: what is seen from the viewpoints of its findings: ``viewpoint`` (code), ``name``, ``rules`` (identifiers) and ``plates``,
            SVG drawings of this program's own, which are set into the page as they are.
    """
    words = {key: text.in_language(language) for key, text in WORDS.items()}
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=document,
            language=language,
            views=views,
            view_of={rule: view["viewpoint"] for view in views for rule in view["rules"]},
            words=words,
            outcomes=[outcome.value for outcome in SEVERITY],
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("bim_checks.exports"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = _number
    environment.filters["sign"] = sign_of
    environment.filters["cell"] = _cell
    return environment


def _cell(value: Any, language: Language) -> str:
    if isinstance(value, dict):
        return str(value[language])
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, float):
        return _number(value)
    return "—" if value is None else str(value)


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:,.2f}"
