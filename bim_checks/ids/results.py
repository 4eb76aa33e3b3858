"""What came of an IDS document held against one IFC file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cim.text import Text


class Status(StrEnum):
    """What came of a specification or of one of its requirements."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"  # nothing in the file is of the kind it speaks of
    OTHER_VERSION = "other_version"  # it is written for other versions of IFC than the file's


@dataclass(frozen=True, slots=True)
class Failure:
    """An object that does not meet a requirement.

    Attributes:
        global_id: its GlobalId; ``#12`` for an instance that has none.
        ifc_class, name: as in the file; no name is None.
        reason: why it does not.
    """

    global_id: str
    ifc_class: str
    name: str | None
    reason: Text


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """One requirement against all applicable objects.

    Attributes:
        facet: ``entity``, ``attribute``, ``classification``, ``property``, ``material`` or ``partOf``.
        sentence: what is required.
        cardinality: ``required``, ``optional`` or ``prohibited``.
        instructions: of the IDS, as written; None without any.
        status: over all applicable objects.
        passed: GlobalIds, in the order of the file.
        failures: those that do not meet it, in the order of the file.
    """

    facet: str
    sentence: Text
    cardinality: str
    instructions: str | None
    status: Status
    passed: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class SpecificationResult:
    """One specification of the document.

    Attributes:
        name, identifier, description, instructions: of the IDS, as written; None where absent.
        versions: IFC schemas it is written for.
        cardinality: whether objects it applies to must be there (``required``), may (``optional``), or must not (``prohibited``).
        status: its verdict.
        applicable: how many objects of the file it applies to.
        found: GlobalIds of objects that a prohibited specification forbids; empty for all others.
        requirements: in the order of the kinds of facet in IDS.
        entity: IFC class it applies to, in capitals; None where it names several or none.
    """

    name: str
    identifier: str | None
    description: str | None
    instructions: str | None
    versions: tuple[str, ...]
    cardinality: str
    status: Status
    applicable: int
    found: tuple[str, ...] = ()
    requirements: tuple[RequirementResult, ...] = ()
    entity: str | None = None

    @property
    def is_missing(self) -> bool:
        """Whether it failed because nothing of what it asks for is there."""
        return (
            self.status is Status.FAILED and self.cardinality == "required" and not self.applicable
        )

    @property
    def at_fault(self) -> tuple[str, ...]:
        """GlobalIds of all objects it faults, each once."""
        failed = (f.global_id for r in self.requirements for f in r.failures)
        return tuple(dict.fromkeys((*self.found, *failed)))


@dataclass(frozen=True, slots=True)
class IdsReport:
    """All specifications of a document against a file.

    Attributes:
        title: of the IDS.
        version: of the IDS, as written; None without one.
        schema: the IFC schema the file was read through.
        specifications: in the order of the document.
    """

    title: str
    version: str | None
    schema: str
    specifications: tuple[SpecificationResult, ...]

    @property
    def status(self) -> Status:
        """Failed where any specification is; passed where any passed; else the reason none could be asked."""
        found = {specification.status for specification in self.specifications}
        order = (Status.FAILED, Status.PASSED, Status.NOT_APPLICABLE, Status.OTHER_VERSION)
        return next(status for status in order if status in found or status is order[-1])

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a report or another process."""
        return {
            "title": self.title,
            "version": self.version,
            "schema": self.schema,
            "status": self.status.value,
            "specifications": [_specification_to_json(s) for s in self.specifications],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> IdsReport:
        """What `to_json` wrote."""
        return cls(
            told["title"],
            told["version"],
            told["schema"],
            tuple(_specification_from_json(s) for s in told["specifications"]),
        )


def _specification_to_json(result: SpecificationResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "identifier": result.identifier,
        "description": result.description,
        "instructions": result.instructions,
        "versions": list(result.versions),
        "cardinality": result.cardinality,
        "status": result.status.value,
        "applicable": result.applicable,
        "found": list(result.found),
        "entity": result.entity,
        "requirements": [
            {
                "facet": r.facet,
                "sentence": r.sentence.to_json(),
                "cardinality": r.cardinality,
                "instructions": r.instructions,
                "status": r.status.value,
                "passed": list(r.passed),
                "failures": [
                    {
                        "global_id": f.global_id,
                        "ifc_class": f.ifc_class,
                        "name": f.name,
                        "reason": f.reason.to_json(),
                    }
                    for f in r.failures
                ],
            }
            for r in result.requirements
        ],
    }


def _specification_from_json(told: Mapping[str, Any]) -> SpecificationResult:
    requirements = tuple(
        RequirementResult(
            facet=r["facet"],
            sentence=Text(**r["sentence"]),
            cardinality=r["cardinality"],
            instructions=r["instructions"],
            status=Status(r["status"]),
            passed=tuple(r["passed"]),
            failures=tuple(
                Failure(f["global_id"], f["ifc_class"], f["name"], Text(**f["reason"]))
                for f in r["failures"]
            ),
        )
        for r in told["requirements"]
    )
    return SpecificationResult(
        name=told["name"],
        identifier=told["identifier"],
        description=told["description"],
        instructions=told["instructions"],
        versions=tuple(told["versions"]),
        cardinality=told["cardinality"],
        status=Status(told["status"]),
        applicable=told["applicable"],
        found=tuple(told["found"]),
        requirements=requirements,
        entity=told["entity"],
    )
