"""The IDS a rulebook needs: valid, and a model that lacks what a rule reads fails it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import bim_checks.requirements
import samples
from bim_checks.catalogue import RULE_TYPES
from bim_checks.errors import IdsError
from bim_checks.ids import Status, check_ids
from bim_checks.ids.document import read_document
from bim_checks.ids.soundness import refuse_unsound
from bim_checks.requirements import ids_for
from bim_checks.rule import Need
from bim_checks.rulebook import Rulebook, read_rulebook
from cim.text import Text
from tests.support.ids_documents import write_ifc

WHY = Text(zh="计算车位", en="to count parking places")
PARKING = Need("IfcSpace", WHY, "PARKING", "Pset_SpaceParking", "ParkingUse", "IFCLABEL")
ROOMS = Need("IfcSpace", Text(zh="计算面积", en="for areas"))
DOORS = Need("IfcDoor", Text(zh="找出入口", en="to find entrances"), required=False)
DECLARED = Need("IfcSite", Text(zh="申报指标", en="declared"), None, "Pset_Declared")


@pytest.fixture
def rulebook(monkeypatch: pytest.MonkeyPatch) -> Rulebook:
    """The sample rulebook, whose first rule types need the four above."""
    book = read_rulebook(Path(samples.__file__).parent / "rulebook.yaml")
    needing = {
        book.rules[0].rule_type: (PARKING, ROOMS),
        book.rules[1].rule_type: (ROOMS, DOORS, DECLARED),
    }
    types = {
        code: replace(rule_type, needs=needing.get(code, ()))
        for code, rule_type in RULE_TYPES.items()
    }
    monkeypatch.setattr(bim_checks.requirements, "RULE_TYPES", types)
    return replace(book, rules=book.rules[:2])


def test_what_is_missing_fails_its_specification_by_name(
    tmp_path: Path, rulebook: Rulebook
) -> None:
    ids = tmp_path / "needed.ids"
    ids.write_text(ids_for(rulebook), encoding="utf-8")
    first, second = (rule.identifier for rule in rulebook.rules)
    ifc = write_ifc(
        tmp_path,
        "IFCSPACE('0000000000000000000001',$,'101',$,$,$,$,$,$,.INTERNAL.,$)",
        "IFCSITE('0000000000000000000002',$,'S',$,$,$,$,$,$,$,$,$,$,$)",
        "IFCPROPERTYSINGLEVALUE('FAR',$,IFCREAL(2.5),$)",
        "IFCPROPERTYSET('0000000000000000000090',$,'Pset_Declared',$,(#12))",
        "IFCRELDEFINESBYPROPERTIES('0000000000000000000091',$,$,$,(#11),#13)",
    )
    report = check_ids(ifc, ids)
    assert [(s.name, s.cardinality, s.status) for s in report.specifications] == [
        (f"IfcSpace.PARKING: {first}", "required", Status.FAILED),
        (f"IfcSpace: {first}, {second}", "required", Status.PASSED),
        (f"IfcDoor: {second}", "optional", Status.NOT_APPLICABLE),
        (f"IfcSite: {second}", "required", Status.PASSED),
    ]
    assert report.specifications[0].is_missing
    assert report.specifications[0].description == str(WHY)
    assert report.title == str(rulebook.title)


def test_a_set_without_the_property_fails(tmp_path: Path, rulebook: Rulebook) -> None:
    ids = tmp_path / "needed.ids"
    ids.write_text(ids_for(rulebook), encoding="utf-8")
    ifc = write_ifc(tmp_path, "IFCSITE('0000000000000000000002',$,'S',$,$,$,$,$,$,$,$,$,$,$)")
    site = check_ids(ifc, ids).specifications[-1]
    assert site.status is Status.FAILED
    assert site.at_fault == ("0000000000000000000002",)


def test_rules_that_need_nothing_have_no_document(rulebook: Rulebook) -> None:
    with pytest.raises(IdsError, match="no IDS to write"):
        ids_for(replace(rulebook, rules=()))


@pytest.mark.parametrize("code", sorted(c for c, kind in RULE_TYPES.items() if kind.needs))
def test_what_a_rule_type_needs_can_be_delivered(
    code: str, tmp_path: Path, rulebook: Rulebook
) -> None:
    alone = replace(rulebook, rules=(replace(rulebook.rules[0], rule_type=code),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bim_checks.requirements, "RULE_TYPES", RULE_TYPES)
        ids = tmp_path / "needed.ids"
        ids.write_text(ids_for(alone), encoding="utf-8")
    document = read_document(ids)
    refuse_unsound(document, ids)
    assert {need.entity.upper() for need in RULE_TYPES[code].needs} == {
        facet.name for s in document.specifications for kind, facet in s.applicability
    }
