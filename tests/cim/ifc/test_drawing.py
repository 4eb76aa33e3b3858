"""What is drawn when time runs out, and in which order the kernel goes through a file."""

from __future__ import annotations

import itertools

import pytest

from cim.ifc.drawing import (
    TIME_LIMIT,
    OutOfTimeError,
    Plan,
    draw,
    geometry_key,
    products_of,
)
from cim.ifc.kernel import FAST
from cim.ifc.tessellation import Tessellation
from cim.text import Text
from tests.cim.ifc.author import Author
from tests.cim.ifc.kernel_only import KERNEL_ONLY

WHY = Text(zh="不要", en="not wanted")


@pytest.fixture(scope="module")
def author() -> Author:
    """Ten walls, each with a body of its own."""
    author = Author()
    for number in range(10):
        author.block((1.0, 1.0, 1.0 + number), at=(2.0 * number, 0.0, 0.0), name=f"{number}")
    return author


def drawn_until(author: Author, last: int) -> tuple[Tessellation, list[int]]:
    """Draw until time runs out at the last-th product; and the order in which they came."""
    order: list[int] = []

    def progress(share: float, step: int) -> None:
        order.append(step)
        if len(order) == last:
            raise OutOfTimeError

    return draw(
        author.file, products_of(author.file), Plan(FAST), progress, direct=KERNEL_ONLY
    ), order


@pytest.mark.parametrize("last", [1, 4, 9])
def test_what_was_drawn_when_time_ran_out_is_kept(author: Author, last: int) -> None:
    found, order = drawn_until(author, last)
    walls = {wall.id() for wall in author.file.by_type("IfcWall")}
    assert list(found.bodies) == order
    assert found.refused == dict.fromkeys(walls - set(order), TIME_LIMIT)
    assert len(found.meshes) == last


def test_a_plan_is_followed(author: Author) -> None:
    first, second, *rest = (wall.id() for wall in author.file.by_type("IfcWall"))
    plan = Plan(FAST, skip={first: WHY}, thorough=frozenset({second}))
    order: list[int] = []
    found = draw(
        author.file,
        products_of(author.file),
        plan,
        lambda _, step: order.append(step),
        direct=KERNEL_ONLY,
    )
    assert found.refused == {first: WHY}
    assert sorted(order) == sorted([second, *rest])
    assert order[-1] == second
    heights = {
        number: float(found.meshes[body.mesh].vertices[:, 2].max())
        for number, body in found.bodies.items()
    }
    expected = dict(zip((second, *rest), itertools.count(2.0), strict=False))
    assert heights == pytest.approx(expected)


def test_the_kernel_goes_through_a_file_in_the_order_of_the_geometry_keys(author: Author) -> None:
    _, order = drawn_until(author, 10_000)
    keys = [geometry_key(author.file.by_id(number)) for number in order]
    assert len(keys) == 10
    assert keys == sorted(keys)
