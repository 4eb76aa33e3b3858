"""A report: everything a review of one model found, and what it was found from.

Deterministic: the same model, city, rulebook and program give the same bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from bim_checks.finding import Finding, Outcome
from bim_checks.rulebook import Rulebook
from cim.building import BuildingModel
from cim.city import City
from cim.frame import (
    AsRead,
    Candidate,
    FrameFinding,
    FrameLedger,
    FrameUncertainty,
    OperationUsed,
    ParcelResidual,
    TerrainResidual,
    steps_for,
)

FORMAT = "cim-review/report/1"

# From the worst to the best: the first of them that occurs is the verdict on the whole model.
SEVERITY = (
    Outcome.FAIL,
    Outcome.NOT_CHECKABLE,
    Outcome.DISCUSS,
    Outcome.PROCEDURE,
    Outcome.PASS,
    Outcome.NOT_APPLICABLE,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a review found.

    Attributes:
        model, city, rulebook, ledger: what was reviewed, where, by which rules, standing how; no ledger for a site alone.
        findings: in the order of the rulebook.
    """

    model: BuildingModel
    city: City
    rulebook: Rulebook
    ledger: FrameLedger | None
    findings: tuple[Finding, ...]

    def summary(self) -> dict[str, int]:
        """How many findings have each outcome; every outcome is present."""
        counts = dict.fromkeys((outcome.value for outcome in Outcome), 0)
        for finding in self.findings:
            counts[finding.outcome.value] += 1
        return counts

    @property
    def verdict(self) -> Outcome:
        """The worst outcome that occurs."""
        found = {finding.outcome for finding in self.findings}
        return next((o for o in SEVERITY if o in found), Outcome.NOT_CHECKABLE)

    def to_document(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            "format": FORMAT,
            "program": version("cim-review"),
            "model": _model(self.model),
            "city": {
                "code": self.city.code,
                "name": self.city.name.to_json(),
                "sha256": self.city.sha256,
            },
            "rulebook": {
                "code": self.rulebook.code,
                "edition": self.rulebook.edition,
                "title": self.rulebook.title.to_json(),
                "sha256": self.rulebook.sha256,
            },
            "frame": frame_document(self.ledger) if self.ledger else None,
            "verdict": self.verdict.value,
            "summary": self.summary(),
            "findings": [finding.to_json() for finding in self.findings],
        }

    def to_json(self) -> str:
        """The report file's text, UTF-8, ending in a line feed."""
        return json.dumps(self.to_document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def frame_document(ledger: FrameLedger) -> dict[str, Any]:
    """The frame ledger as plain JSON values; lengths in metres, the rotation in degrees."""
    taken = ledger.taken
    return {
        "taken": ledger.candidates.index(taken) if taken else None,
        "candidates": [
            _candidate(candidate, ledger.authoring_tool) for candidate in ledger.candidates
        ],
        "findings": [_frame_finding(f, ledger.authoring_tool) for f in ledger.findings],
        "uncertainty": _uncertainty(ledger.uncertainty) if taken else None,
    }


def _candidate(candidate: Candidate, tool: str | None) -> Mapping[str, Any]:
    placement = candidate.placement
    return {
        "source": candidate.source,
        "as_read": _rounded(candidate.as_read),
        "crs_as_read": candidate.crs_as_read,
        "crs_understood": candidate.crs_understood,
        "operation": _rounded(candidate.operation),
        "declared": candidate.declared,
        "eastings": round(placement.eastings, 4) if placement else None,
        "northings": round(placement.northings, 4) if placement else None,
        "orthogonal_height": round(placement.orthogonal_height, 4) if placement else None,
        "rotation_degrees": round(math.degrees(placement.rotation), 8) if placement else None,
        "scale": round(placement.scale, 9) if placement else None,
        "assumptions": [assumption.to_json() for assumption in candidate.assumptions],
        "above_ground": None if candidate.terrain is None else round(candidate.terrain.mean, 3),
        "terrain": _rounded(candidate.terrain),
        "parcel": _rounded(candidate.parcel),
        "uncertainty": None if candidate.refused else _uncertainty(candidate.uncertainty),
        "findings": [_frame_finding(found, tool) for found in candidate.findings],
        "refused": candidate.refused.to_json() if candidate.refused else None,
        "remedy": candidate.remedy.to_json() if candidate.remedy else None,
    }


def _frame_finding(found: FrameFinding, tool: str | None) -> Mapping[str, Any]:
    return {
        "code": found.code.value,
        "severity": found.severity.value,
        "sentence": found.sentence.to_json(),
        "remedy": found.remedy.to_json(),
        "steps": [
            {"tool": steps.tool, "steps": steps.steps.to_json()}
            for steps in steps_for(found.code, tool)
        ],
    }


def _uncertainty(uncertainty: FrameUncertainty) -> Mapping[str, Any]:
    return {
        "horizontal": round(uncertainty.horizontal, 4),
        "vertical": round(uncertainty.vertical, 4),
        "doubts": [
            {
                "reason": doubt.reason.to_json(),
                "horizontal": round(doubt.horizontal, 4),
                "vertical": round(doubt.vertical, 4),
            }
            for doubt in uncertainty.doubts
        ],
    }


def _rounded(
    part: AsRead | OperationUsed | ParcelResidual | TerrainResidual | None,
) -> Mapping[str, Any] | None:
    """A flat record as JSON values, lengths to a tenth of a millimetre; as-read values keep nine digits."""
    if part is None:
        return None
    digits = 9 if isinstance(part, AsRead) else 4
    return {
        key: round(value, digits) if isinstance(value, float) else value
        for key, value in asdict(part).items()
    }


def _model(model: BuildingModel) -> Mapping[str, Any]:
    return {
        "sha256": model.sha256,
        "file_name": model.file_name,
        "schema": model.schema,
        "authoring_tool": model.authoring_tool,
        "project_name": model.project_name,
        "elements": len(model.elements),
        "undrawn": [
            {"global_id": u.global_id, "ifc_class": u.ifc_class, "reason": u.reason.to_json()}
            for u in model.undrawn
        ],
        "warnings": [warning.to_json() for warning in model.warnings],
        "complete": model.is_complete,
        "defects": defects_document(model),
    }


def defects_document(model: BuildingModel) -> list[dict[str, Any]]:
    """What is wrong with a model's file as a whole, as plain JSON values."""
    return [
        {
            "kind": defect.kind.value,
            "count": defect.count,
            "bars_verdicts": defect.kind.bars_verdicts,
            "sentence": defect.sentence.to_json(),
            "examples": list(defect.examples),
        }
        for defect in model.defects
    ]
