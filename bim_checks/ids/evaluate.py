"""Hold a document's specifications against an open IFC file.

Runs inside the guarded child. Nothing of a run outlives it: facets are the document's own, read for this run, and the
caches of ifctester are emptied before and after.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bim_checks.ids.document import Document, Specification
from bim_checks.ids.facets import Facet, Instance, forget
from bim_checks.ids.results import (
    Failure,
    IdsReport,
    RequirementResult,
    SpecificationResult,
    Status,
)
from bim_checks.ids.sentences import asked_for, crashed, why_not
from cim.text import Text


def evaluate(document: Document, model: Any) -> IdsReport:
    """Answer every specification.

    Args:
        document: read for this run alone.
        model: open file of IfcOpenShell.
    """
    forget()
    try:
        return IdsReport(
            title=document.title,
            version=document.version,
            schema=model.schema_identifier,
            specifications=tuple(_answer(s, model) for s in document.specifications),
        )
    finally:
        forget()


def _answer(specification: Specification, model: Any) -> SpecificationResult:
    if model.schema_identifier not in specification.versions:
        return _result(specification, Status.OTHER_VERSION, [], ())
    applicable = _applicable(specification, model)
    if specification.is_prohibited:
        status = Status.FAILED if applicable else Status.PASSED
        return _result(specification, status, applicable, ())
    requirements = tuple(
        _require(kind, facet, applicable) for kind, facet in specification.requirements
    )
    if len(applicable) < specification.least:
        status = Status.FAILED
    elif not applicable:
        status = Status.NOT_APPLICABLE
    elif any(requirement.status is Status.FAILED for requirement in requirements):
        status = Status.FAILED
    else:
        status = Status.PASSED
    return _result(specification, status, applicable, requirements)


def _applicable(specification: Specification, model: Any) -> list[Instance]:
    """The objects a specification applies to, in the order of the file."""
    facets = [facet for _, facet in specification.applicability]
    if not facets:
        return []
    found = {instance.id(): instance for instance in facets[0].filter(model, None)}
    # The first facet narrows the file down; where it is the class, it has answered already.
    rest = facets[1:] if specification.applicability[0][0] == "entity" else facets
    return [
        instance
        for _, instance in sorted(found.items())
        if all(_holds(facet, instance) for facet in rest)
    ]


def _holds(facet: Facet, instance: Instance) -> bool:
    try:
        return bool(facet(instance))
    except Exception:
        # Left out it would be passed in silence; taken as concerned, it is asked for what is required and told.
        return True


def _require(kind: str, facet: Facet, applicable: Sequence[Instance]) -> RequirementResult:
    passed: list[str] = []
    failures: list[Failure] = []
    for instance in applicable:
        reason = _why_not(kind, facet, instance)
        if reason is None:
            passed.append(_identity(instance))
        else:
            failures.append(Failure(_identity(instance), instance.is_a(), _name(instance), reason))
    status = Status.NOT_APPLICABLE
    if applicable:
        status = Status.FAILED if failures else Status.PASSED
    return RequirementResult(
        facet=kind,
        sentence=asked_for(kind, facet),
        cardinality=facet.cardinality,
        instructions=getattr(facet, "instructions", None) or None,
        status=status,
        passed=tuple(passed),
        failures=tuple(failures),
    )


def _why_not(kind: str, facet: Facet, instance: Instance) -> Text | None:
    try:
        answer = facet(instance)
    except Exception as error:  # one odd object must not hide what is to be said of the others
        return crashed(error)
    return None if answer else why_not(kind, answer.reason)


def _identity(instance: Instance) -> str:
    return getattr(instance, "GlobalId", None) or f"#{instance.id()}"


def _name(instance: Instance) -> str | None:
    name = getattr(instance, "Name", None)
    return name if isinstance(name, str) else None


def _result(
    specification: Specification,
    status: Status,
    applicable: Sequence[Instance],
    requirements: tuple[RequirementResult, ...],
) -> SpecificationResult:
    return SpecificationResult(
        name=specification.name,
        identifier=specification.identifier,
        description=specification.description,
        instructions=specification.instructions,
        versions=specification.versions,
        cardinality=specification.cardinality,
        status=status,
        applicable=len(applicable),
        found=tuple(_identity(i) for i in applicable) if specification.is_prohibited else (),
        requirements=requirements,
        entity=_entity(specification),
    )


def _entity(specification: Specification) -> str | None:
    names = [facet.name for kind, facet in specification.applicability if kind == "entity"]
    return names[0] if names and isinstance(names[0], str) else None
