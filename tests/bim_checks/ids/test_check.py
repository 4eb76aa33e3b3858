"""An IDS document held against a model, in its guarded child: exact results, and what costs only itself."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bim_checks.errors import IdsError, IdsLimitError
from bim_checks.ids import DEFAULT_IDS_LIMITS, IdsReport, Status, check_ids
from cim.errors import UnreadableIfcError
from tests.support.ids_documents import (
    pattern,
    simple,
    specification,
    wall,
    write_ids,
    write_ifc,
)

NAMED = f"<attribute>{simple('name', 'Name')}{pattern('value', 'W[0-9]+')}</attribute>"
FIRE = f'<property dataType="IFCLABEL" instructions="see 3.1">{simple("propertySet", "Pset_WallCommon")}{simple("baseName", "FireRating")}</property>'


def model(folder: Path) -> Path:
    return write_ifc(
        folder,
        wall(1, "W1"),
        wall(2, "wall"),
        "IFCPROPERTYSINGLEVALUE('FireRating',$,IFCLABEL('REI60'),$)",
        "IFCPROPERTYSET('0000000000000000000090',$,'Pset_WallCommon',$,(#12))",
        "IFCRELDEFINESBYPROPERTIES('0000000000000000000091',$,$,$,(#10),#13)",
    )


def test_results_name_what_passed_and_what_failed_and_why(tmp_path: Path) -> None:
    ids = write_ids(tmp_path, specification(NAMED + FIRE, name="Walls"))
    (found,) = check_ids(model(tmp_path), ids).specifications
    assert (found.name, found.cardinality, found.status) == ("Walls", "optional", Status.FAILED)
    assert (found.applicable, found.versions) == (2, ("IFC4",))
    name, fire = found.requirements
    assert name.passed == fire.passed == (f"{1:022d}",)
    assert [f.global_id for f in name.failures + fire.failures] == [f"{2:022d}"] * 2
    assert name.failures[0].reason.en == "the value is “wall”."
    assert name.failures[0].reason.zh == "属性值是“wall”。"
    assert fire.failures[0].reason.en == "it has no such property set."
    assert fire.instructions == "see 3.1"
    assert fire.sentence.en == "must have the property FireRating of Pset_WallCommon"
    assert found.at_fault == (f"{2:022d}",)


@pytest.mark.parametrize(
    ("entity", "occurs", "versions", "expected"),
    [
        ("IFCWALL", 'maxOccurs="unbounded"', "IFC4", Status.PASSED),
        ("IFCDOOR", 'maxOccurs="unbounded"', "IFC4", Status.FAILED),
        ("IFCDOOR", 'minOccurs="0" maxOccurs="unbounded"', "IFC4", Status.NOT_APPLICABLE),
        ("IFCWALL", 'minOccurs="0" maxOccurs="0"', "IFC4", Status.FAILED),
        ("IFCDOOR", 'minOccurs="0" maxOccurs="0"', "IFC4", Status.PASSED),
        ("IFCWALL", 'minOccurs="0" maxOccurs="0"', "IFC2X3", Status.OTHER_VERSION),
    ],
)
def test_what_must_may_and_must_not_be_there(
    tmp_path: Path, entity: str, occurs: str, versions: str, expected: Status
) -> None:
    ids = write_ids(tmp_path, specification(entity=entity, occurs=occurs, versions=versions))
    report = check_ids(model(tmp_path), ids)
    assert report.status is expected
    (found,) = report.specifications
    assert found.is_missing is (entity == "IFCDOOR" and expected is Status.FAILED)
    assert bool(found.found) is (entity == "IFCWALL" and expected is Status.FAILED)


def test_any_of_several_groups_will_do(tmp_path: Path) -> None:
    groups = [
        "IFCZONE('0000000000000000000080',$,'Z',$,$,$)",
        "IFCINVENTORY('0000000000000000000081',$,'I',$,$,.ASSETINVENTORY.,$,$,$,$,$)",
        "IFCRELASSIGNSTOGROUP('0000000000000000000082',$,$,$,(#10),$,#11)",
        "IFCRELASSIGNSTOGROUP('0000000000000000000083',$,$,$,(#10),$,#12)",
    ]
    ifc = write_ifc(tmp_path, wall(1, "W1"), *groups)
    for kind, expected in (("IFCINVENTORY", Status.PASSED), ("IFCSYSTEM", Status.FAILED)):
        asked = f'<partOf relation="IFCRELASSIGNSTOGROUP"><entity>{simple("name", kind)}</entity></partOf>'
        assert check_ids(ifc, write_ids(tmp_path, specification(asked))).status is expected


def test_a_report_survives_the_way_to_another_process(tmp_path: Path) -> None:
    report = check_ids(model(tmp_path), write_ids(tmp_path, specification(NAMED + FIRE)))
    assert IdsReport.from_json(report.to_json()) == report


def test_runs_share_nothing_in_any_order_and_at_once(tmp_path: Path) -> None:
    """The same documents, the same GlobalIds and instance numbers; only the property differs."""
    pairs = []
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        text = model(folder).read_text()
        (folder / "model.ifc").write_text(text.replace("REI60", f"REI{number}"))
        value = simple("value", "REI1")
        asked = FIRE.replace("</property>", f"{value}</property>")
        pairs.append((folder / "model.ifc", write_ids(folder, specification(asked))))
    alone = [check_ids(*pair) for pair in pairs]
    passed = [report.specifications[0].requirements[0].passed for report in alone]
    assert passed == [(), (f"{1:022d}",), (), ()]
    assert [check_ids(*pair) for pair in reversed(pairs)] == alone[::-1]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda pair: check_ids(*pair), pairs)) == alone


def test_a_pattern_that_never_ends_costs_only_itself(tmp_path: Path) -> None:
    bomb = f"<attribute>{simple('name', 'Name')}{pattern('value', '(a|a)*b')}</attribute>"
    ifc = write_ifc(tmp_path, wall(1, "a" * 60))
    for limits in ({"cpu_seconds": 1}, {"wall_seconds": 1.0}):
        with pytest.raises(IdsLimitError) as caught:
            check_ids(
                ifc,
                write_ids(tmp_path, specification(bomb)),
                limits=replace(DEFAULT_IDS_LIMITS, **limits),  # type: ignore[arg-type]
            )
        assert "took too long" in caught.value.sentence("en")
    assert check_ids(ifc, write_ids(tmp_path, specification())).status is Status.PASSED


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<ids", "unclosed token"),
        ("<html/>", "html"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DOCTYPE"),
        ("", "no element found"),
    ],
)
def test_what_is_no_document_is_refused_with_its_place(
    tmp_path: Path, content: str, said: str
) -> None:
    ids = tmp_path / "asked.ids"
    ids.write_text(content, encoding="utf-8")
    with pytest.raises(IdsError) as caught:
        check_ids(model(tmp_path), ids)
    assert said in caught.value.sentence("en")
    assert caught.value.path == ids
    assert caught.value.place is not None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_doctype_is_seen_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    ids = tmp_path / "asked.ids"
    ids.write_text('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', encoding=encoding)
    with pytest.raises(IdsError, match="DOCTYPE"):
        check_ids(model(tmp_path), ids)


def test_a_document_that_asks_the_impossible_names_its_specification(tmp_path: Path) -> None:
    asked = f"<attribute>{simple('name', 'Colour')}</attribute>"
    ids = write_ids(tmp_path, specification(), specification(asked, name="Second"))
    with pytest.raises(IdsError) as caught:
        check_ids(model(tmp_path), ids)
    assert caught.value.place == "specification 2 (Second)"
    assert "IFCWALL has no attribute Colour" in caught.value.reason.en


def test_files_at_fault_are_told_apart(tmp_path: Path) -> None:
    ids, ifc = write_ids(tmp_path, specification()), model(tmp_path)
    with pytest.raises(IdsError, match="no such IDS"):
        check_ids(ifc, tmp_path / "absent.ids")
    with pytest.raises(UnreadableIfcError, match="no such file"):
        check_ids(tmp_path / "absent.ifc", ids)
    cut = tmp_path / "cut.ifc"
    cut.write_text(ifc.read_text().rpartition("ENDSEC")[0])
    with pytest.raises(UnreadableIfcError) as caught:
        check_ids(cut, ids)
    assert caught.value.path == cut


def test_the_parent_never_loads_ifctester() -> None:
    loaded = "import sys, bim_checks.ids; print({'ifctester', 'flask'} & set(sys.modules))"
    told = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "set()"
