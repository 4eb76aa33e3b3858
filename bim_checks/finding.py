"""A finding: what one rule says about one model, with everything needed to believe and to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from cim.text import Text


class Outcome(StrEnum):
    """What a rule answers. Nothing checked is never a pass."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    PROCEDURE = "procedure"  # allowed once a named procedure is filed
    DISCUSS = (
        "discuss"  # inside the stated uncertainty of the limit, or resting on an unverified number
    )
    NOT_APPLICABLE = "not_applicable"
    NOT_CHECKABLE = "not_checkable"  # the finding says what is missing


class LegalEffect(StrEnum):
    """What crossing the line means in law."""

    PROHIBIT = "prohibit"
    DISTANCE = "distance"
    PROCEDURE = "procedure"
    ADVISORY = "advisory"


class Unit(StrEnum):
    """Unit of a value."""

    METRE = "m"
    SQUARE_METRE = "m2"
    CUBIC_METRE = "m3"
    DEGREE = "deg"
    MINUTE = "min"
    PERCENT = "%"
    RATIO = "ratio"  # of two like quantities, such as the floor area ratio
    COUNT = "count"
    MEGABYTE = "MB"  # 10^6 bytes


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Half-width of the interval a measured value is known to lie in, by where it comes from, in the value's unit.

    Attributes:
        frame: the model is known to stand where it does only so well.
        mesh: bodies are drawn, and lengths compared, only so exactly.
        data: the line, the terrain or the neighbour it is held against is known only so well.
    """

    frame: float = 0.0
    mesh: float = 0.0
    data: float = 0.0

    @property
    def total(self) -> float:
        """The three together: they may all point the same way."""
        return self.frame + self.mesh + self.data


CERTAIN = Uncertainty()


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number against a limit.

    Attributes:
        measured, limit: in `unit`.
        margin: how much room is left; negative when the limit is broken.
        unit: of all of them.
        uncertainty: of the measured value.
    """

    measured: float
    limit: float
    margin: float
    unit: Unit
    uncertainty: Uncertainty = CERTAIN


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """The same quantity computed once more, in another way.

    Attributes:
        method: how.
        measured: in the unit of the measurement it is held against.
        resolution: half-width of what the other way can tell apart, same unit.
    """

    method: Text
    measured: float
    resolution: float


@dataclass(frozen=True, slots=True)
class Remedy:
    """Changes of the whole scheme, each of which alone clears what a rule found; the rule was asked again about each.

    Attributes:
        lower: metres down; None where no lowering clears it.
        storeys: how many storeys, from the top down, are together at least so high; None where that is not known.
        move: metres east and north; None where no move was found.
    """

    lower: float | None = None
    storeys: int | None = None
    move: tuple[float, float] | None = None

    def to_json(self) -> Mapping[str, Any]:
        """As stored in a report; metres rounded to a tenth of a millimetre."""
        return {
            "lower": None if self.lower is None else _number(self.lower),
            "storeys": self.storeys,
            "move": None if self.move is None else [_number(metres) for metres in self.move],
        }


Cell = str | float | int | bool | Text | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `unit` is None for words and plain numbers."""

    key: str
    title: Text
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The figures a judgement is made of, such as a ledger of spaces; every row has a cell a column."""

    title: Text
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def to_json(self) -> Mapping[str, Any]:
        """As stored in a report; numbers rounded to 1e-4."""
        return {
            "title": self.title.to_json(),
            "columns": [
                {
                    "key": column.key,
                    "title": column.title.to_json(),
                    "unit": column.unit.value if column.unit else None,
                }
                for column in self.columns
            ],
            "rows": [[_cell(cell) for cell in row] for row in self.rows],
        }


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a rule type concludes at one place; the runner joins it with its rule into a finding.

    Attributes:
        outcome: before the rule's status is considered.
        sentence: for the opinion letter.
        fix: what would clear it, None when nothing needs to be done or nothing is known.
        measurement: the number it rests on, None when there is none.
        elements: GlobalIds that decide it, in the order of their weight.
        feature: name of the control line, viewpoint or ridge concerned.
        geometry: metres, projected frame, 3D (easting, northing, orthogonal height): the polygon to
            cut, the witness segment, the outline above a surface.
        tables: the figures it is made of.
        blocks: identifiers of the rules that cannot be answered because of what is missing here.
        second: the measured value computed in another way, None where there is no other way.
        trace: for the developer, where a rule of ours crashed.
        lacks: IFC class of which the model has none though it must, in capitals; None where it is not that.
        basis: what was measured, as the rule type keeps it, for its second way of measuring; no part of a report.
        remedy: what would clear it as numbers, where changes of the whole scheme were tried; None where they were not.
    """

    outcome: Outcome
    sentence: Text
    fix: Text | None = None
    measurement: Measurement | None = None
    elements: tuple[str, ...] = ()
    feature: Text | None = None
    geometry: BaseGeometry | None = None
    tables: tuple[Table, ...] = ()
    blocks: tuple[str, ...] = ()
    second: SecondOpinion | None = None
    trace: str | None = None
    lacks: str | None = None
    basis: object = None
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A judgement with the rule it comes from; `identifier` is unique and stable within a report."""

    identifier: str
    rule: str
    rule_type: str
    title: Text
    legal_effect: LegalEffect
    owner: Text
    clause: Text
    edition: str
    status: str
    layer: str | None
    judgement: Judgement

    @property
    def outcome(self) -> Outcome:
        """The judgement's outcome."""
        return self.judgement.outcome

    def to_json(self) -> Mapping[str, Any]:
        """As stored in a report; numbers rounded to a tenth of a millimetre (or of 1e-4 m2)."""
        judgement, measurement = self.judgement, self.judgement.measurement
        return {
            "id": self.identifier,
            "rule": self.rule,
            "rule_type": self.rule_type,
            "title": self.title.to_json(),
            "outcome": judgement.outcome.value,
            "legal_effect": self.legal_effect.value,
            "owner": self.owner.to_json(),
            "clause": self.clause.to_json(),
            "edition": self.edition,
            "status": self.status,
            "measured": _number(measurement.measured) if measurement else None,
            "limit": _number(measurement.limit) if measurement else None,
            "margin": _number(measurement.margin) if measurement else None,
            "unit": measurement.unit.value if measurement else None,
            "uncertainty": _number(measurement.uncertainty.total) if measurement else None,
            "uncertainty_parts": _parts(measurement.uncertainty) if measurement else None,
            "second": _second(judgement.second) if judgement.second else None,
            "sentence": judgement.sentence.to_json(),
            "fix": judgement.fix.to_json() if judgement.fix else None,
            "remedy": judgement.remedy.to_json() if judgement.remedy else None,
            "elements": list(judgement.elements),
            "layer": self.layer,
            "feature": judgement.feature.to_json() if judgement.feature else None,
            "geometry": _geometry(judgement.geometry),
            "tables": [table.to_json() for table in judgement.tables],
            "blocks": list(judgement.blocks),
            "trace": judgement.trace,
        }


def _parts(uncertainty: Uncertainty) -> Mapping[str, float]:
    return {
        "frame": _number(uncertainty.frame),
        "mesh": _number(uncertainty.mesh),
        "data": _number(uncertainty.data),
    }


def _second(second: SecondOpinion) -> Mapping[str, Any]:
    return {
        "method": second.method.to_json(),
        "measured": _number(second.measured),
        "resolution": _number(second.resolution),
    }


def _cell(cell: Cell) -> Any:
    if isinstance(cell, Text):
        return cell.to_json()
    return _number(cell) if isinstance(cell, float) else cell


def _number(value: float) -> float:
    return round(value, 4) + 0.0  # + 0.0 turns -0.0 into 0.0


def _geometry(geometry: BaseGeometry | None) -> Mapping[str, Any] | None:
    if geometry is None or geometry.is_empty:
        return None
    rounded = shapely.transform(geometry, lambda xyz: xyz.round(4), include_z=True)
    return dict(shapely.geometry.mapping(rounded))
