"""Which products must not be drawn, and that whatever is drawn from something else may be."""

from __future__ import annotations

from typing import Any

import ifcopenshell

from cim.ifc.precheck import MAPPING_CYCLE, PLACEMENT_CYCLE, find_undrawable
from cim.ifc.step.soundness import Oddity
from tests.cim.ifc.author import Author
from tests.cim.ifc.hostile import BAD, GOOD, shaped, subtracted


def opened(content: bytes) -> Any:
    return ifcopenshell.file.from_string(content.decode("ascii"))


def found(content: bytes, *, odd: dict[int, Oddity] | None = None) -> set[str]:
    """GlobalIds of the products that must not be drawn."""
    model = opened(content)
    return {model.by_id(number).GlobalId for number in find_undrawable(model, odd or {}, 1.0)}


def test_ordinary_shapes_may_all_be_drawn() -> None:
    author = Author()
    wall = author.block((4.0, 0.2, 3.0))
    author.opening(wall, (1.0, 0.2, 2.0), at=(1.5, 0.0, 0.5))
    assert find_undrawable(author.file, {}, author.length) == {}
    assert found(shaped(subtracted(300), kind="CSG")) == set()


def test_sizes_are_compared_in_metres() -> None:
    sphere = shaped("#100=IFCSPHERE(#4,600.);", kind="CSG")
    model = opened(sphere)
    assert find_undrawable(model, {}, 0.001) == {}
    assert list(find_undrawable(model, {}, 1.0)) == [92]


def test_a_danger_in_a_shared_part_concerns_all_that_share_it() -> None:
    # The profile of the good wall is that of the bad one too.
    content = shaped("#100=IFCEXTRUDEDAREASOLID(#18,#4,#19,1.);")
    assert found(content, odd={16: Oddity.NUMBER}) == {GOOD, BAD}
    assert found(content, odd={100: Oddity.NUMBER}) == {BAD}


def test_a_danger_in_a_property_concerns_no_shape() -> None:
    content = shaped(
        "#100=IFCBLOCK(#4,1.,1.,1.);\n"
        "#71=IFCPROPERTYSINGLEVALUE('P',$,IFCREAL(1.E300),$);\n"
        "#72=IFCPROPERTYSET('0hut0000000000000000q1',$,'Pset',$,(#71));\n"
        "#73=IFCRELDEFINESBYPROPERTIES('0hut0000000000000000q2',$,$,$,(#23),#72);",
        kind="CSG",
    )
    assert found(content, odd={71: Oddity.NUMBER}) == set()


def test_an_instance_that_was_not_read_is_passed_over() -> None:
    assert found(shaped("#100=IFCBLOCK(#4,1.,1.,1.);"), odd={4711: Oddity.NUMBER}) == set()


def test_what_hangs_below_a_circle_of_placements_is_found_with_it() -> None:
    model = opened(
        shaped(
            "#100=IFCBLOCK(#4,1.,1.,1.);\n"
            "#300=IFCLOCALPLACEMENT(#301,#4);\n#301=IFCLOCALPLACEMENT(#302,#4);\n"
            "#302=IFCLOCALPLACEMENT(#301,#4);\n#303=IFCLOCALPLACEMENT(#9,#4);",
            placement="#300",
        )
    )
    assert find_undrawable(model, {}, 1.0) == {92: PLACEMENT_CYCLE}


def test_a_product_that_uses_a_circle_of_mapped_items_from_outside_is_found() -> None:
    model = opened(
        shaped(
            "#100=IFCMAPPEDITEM(#101,#99);\n"
            "#99=IFCCARTESIANTRANSFORMATIONOPERATOR3D($,$,#6,$,$);\n"
            "#101=IFCREPRESENTATIONMAP(#4,#102);\n"
            "#102=IFCSHAPEREPRESENTATION(#5,'Body','MappedRepresentation',(#103));\n"
            "#103=IFCMAPPEDITEM(#104,#99);\n"
            "#104=IFCREPRESENTATIONMAP(#4,#105);\n"
            "#105=IFCSHAPEREPRESENTATION(#5,'Body','MappedRepresentation',(#106));\n"
            "#106=IFCMAPPEDITEM(#104,#99);",
            kind="MappedRepresentation",
        )
    )
    assert find_undrawable(model, {}, 1.0) == {92: MAPPING_CYCLE}
