"""A self-check as JSON values: format ``cim-review/blueprint/1``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.city import City
from cim.control_lines.blueprint.check import BlueprintReport
from cim.control_lines.blueprint.finding import ORDER, BlueprintFinding, FeatureReference
from cim.control_lines.blueprint.partition import PartitionLedger
from cim.control_lines.blueprint.repair import Repair
from cim.control_lines.blueprint.worklist import DepartmentWork

FORMAT = "cim-review/blueprint/1"
AREA_DECIMALS = 6  # of m2; float64 carries no more over a whole city
COORDINATE_DECIMALS = 4  # of a metre


def blueprint_document(
    report: BlueprintReport, city: City, repairs: Sequence[Repair] | None = None
) -> dict[str, Any]:
    """A report as JSON values, geometries as GeoJSON in the city's projected frame.

    Args:
        report: as `check_blueprint` gave it.
        city: the one checked.
        repairs: what the repaired copy changed; None when none was asked for.
    """
    counts = Counter(finding.code for finding in report.findings)
    return {
        "format": FORMAT,
        "city": {"code": city.code, "name": city.name.to_json()},
        "projected_crs": city.frame.projected_crs,
        "clean": report.is_clean,
        "summary": {str(code): counts[code] for code in sorted(counts, key=ORDER.__getitem__)},
        "layers": [
            {
                "code": layer.code,
                "name": layer.name.to_json(),
                "owner": layer.owner.to_json(),
                "features": layer.features,
                "compared": layer.compared,
                "area_m2": _area(layer.area),
            }
            for layer in report.layers
        ],
        "partition": None if report.partition is None else _partition(report.partition),
        "pairs": {label: _area(area) for label, area in report.pairs.items()},
        "findings": [_finding(finding) for finding in report.findings],
        "departments": [_work(work) for work in report.work],
        "repairs": None if repairs is None else [_repair(repair) for repair in repairs],
    }


def _partition(ledger: PartitionLedger) -> dict[str, Any]:
    return {
        "shares": [
            {"layer": share.layer, "features": share.features, "area_m2": _area(share.area)}
            for share in ledger.shares
        ],
        "sum_m2": _area(ledger.total),
        "whole_m2": _area(ledger.whole),
        "gap_m2": _area(ledger.gap),
        "overlap_m2": _area(ledger.overlap),
        "excess_m2": _area(ledger.excess),
        "imbalance_m2": _area(ledger.imbalance),
        "sliver_gaps": ledger.sliver_gaps,
        "sliver_overlaps": ledger.sliver_overlaps,
    }


def _finding(finding: BlueprintFinding) -> dict[str, Any]:
    return {
        "code": str(finding.code),
        "severity": str(finding.severity),
        "layers": list(finding.layers),
        "owners": [owner.to_json() for owner in finding.owners],
        "amended": list(finding.amended),
        "sentence": finding.sentence.to_json(),
        "remedy": finding.remedy.to_json(),
        "area_m2": None if finding.area is None else _area(finding.area),
        "count": finding.count,
        "features": [
            _feature(one.feature) | {"area_m2": _area(one.area)} for one in finding.concerned
        ],
        "geometry": None if finding.geometry is None else _geometry(finding.geometry),
    }


def _work(work: DepartmentWork) -> dict[str, Any]:
    return {
        "owner": work.owner.to_json(),
        "findings": work.findings,
        "pairs": {label: _area(area) for label, area in work.by_pair.items()},
        "features": [
            _feature(item.feature)
            | {
                "codes": [str(code) for code in item.codes],
                "area_m2": _area(item.area),
                "findings": item.findings,
            }
            for item in work.items
        ],
    }


def _repair(repair: Repair) -> dict[str, Any]:
    return _feature(repair.feature) | {
        "repaired": repair.mended.shape is not None,
        "before_m2": _area(repair.mended.before),
        "after_m2": _area(repair.mended.after),
        "change_m2": _area(repair.mended.change),
    }


def _feature(feature: FeatureReference) -> dict[str, Any]:
    return {"layer": feature.layer, "fid": feature.fid, "name": feature.name.to_json()}


def _area(area: float) -> float:
    return round(area, AREA_DECIMALS) + 0.0  # no minus zero


def _geometry(shape: BaseGeometry) -> dict[str, Any]:
    def rounded(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.round(points, COORDINATE_DECIMALS)

    return dict(shapely.geometry.mapping(shapely.transform(shape, rounded)))
