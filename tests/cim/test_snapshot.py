from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cim.association import Classification, MaterialComponent, MaterialDefinition, MaterialKind
from cim.building import (
    Address,
    Building,
    BuildingModel,
    Defect,
    DefectKind,
    Element,
    ElementType,
    FacilityPart,
    Group,
    MapConversion,
    Material,
    Project,
    Representation,
    Site,
    Space,
    Storey,
    Undrawn,
)
from cim.errors import SnapshotError
from cim.mesh import Mesh
from cim.properties import BoundedValue, TableValue
from cim.snapshot import read_snapshot, write_snapshot
from cim.text import Text
from tests.support.models import boxes_model

words = st.text(max_size=20)
texts = st.builds(Text, zh=words, en=words)
maybe = st.none() | words
numbers = st.floats(-1e6, 1e6)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | numbers | words
columns = st.lists(scalars, max_size=3).map(tuple)
values = (
    scalars
    | columns
    | st.builds(BoundedValue, scalars, scalars, scalars)
    | columns.map(lambda column: TableValue(column, column))
)
sets = st.dictionaries(words, st.dictionaries(words, values, max_size=3), max_size=2)
share = st.floats(0, 1)
colours = st.tuples(share, share, share, share)
components = st.builds(
    MaterialComponent, maybe, maybe, maybe, st.none() | numbers, st.none() | share, maybe,
    st.none() | st.booleans(), st.none() | colours,
)  # fmt: skip
materials = st.none() | st.builds(
    MaterialDefinition, st.sampled_from(MaterialKind), maybe, st.lists(components, max_size=3).map(tuple),
    maybe, st.none() | numbers,
)  # fmt: skip
classes = st.lists(
    st.builds(Classification, maybe, maybe, maybe, maybe, st.booleans()), max_size=2
).map(tuple)
addresses = st.none() | st.builds(
    Address, st.lists(words, max_size=2).map(tuple), maybe, maybe, maybe, maybe, maybe
)
rings = st.lists(
    st.lists(st.tuples(numbers, numbers, numbers), min_size=3, max_size=5).map(
        lambda points: np.array(points, dtype=np.float64)
    ),
    max_size=2,
).map(tuple)


Part = TypeVar("Part")


@st.composite
def models(draw: st.DrawFn) -> BuildingModel:
    def several(part: st.SearchStrategy[Part], most: int = 2) -> tuple[Part, ...]:
        return tuple(draw(st.lists(part, max_size=most)))

    meshes = draw(st.lists(mesh(), max_size=4))
    body = st.none()
    if meshes:
        matrix = st.lists(numbers, min_size=16, max_size=16).map(
            lambda row: np.array(row).reshape(4, 4)
        )
        body = body | st.builds(Representation, st.integers(0, len(meshes) - 1), matrix)
    conversion = st.builds(
        MapConversion, words, numbers, numbers, numbers, st.none() | numbers, st.none() | numbers,
        st.none() | numbers, maybe, maybe, st.none() | numbers, numbers,
    )  # fmt: skip
    groups = st.builds(
        Group, words, words, maybe, maybe, maybe, maybe, st.lists(words, max_size=3).map(tuple),
        sets, classes,
    )  # fmt: skip
    return BuildingModel(
        sha256=draw(words),
        file_name=draw(words),
        schema=draw(words),
        authoring_tool=draw(maybe),
        project_name=draw(maybe),
        sites=several(
            st.builds(
                Site,
                words,
                maybe,
                numbers,
                numbers,
                numbers,
                body,
                maybe,
                maybe,
                maybe,
                maybe,
                maybe,
                addresses,
                rings,
                maybe,
                sets,
                classes,
            )
        ),
        buildings=several(
            st.builds(
                Building,
                words,
                maybe,
                words,
                maybe,
                maybe,
                maybe,
                maybe,
                maybe,
                maybe,
                st.none() | numbers,
                st.none() | numbers,
                addresses,
                sets,
                classes,
            )
        ),
        storeys=several(
            st.builds(
                Storey,
                words,
                maybe,
                maybe,
                st.none() | numbers,
                maybe,
                st.booleans(),
                st.none() | numbers,
                maybe,
                sets,
                classes,
            )
        ),
        spaces=several(
            st.builds(
                Space,
                words,
                maybe,
                maybe,
                maybe,
                maybe,
                body,
                sets,
                maybe,
                maybe,
                maybe,
                st.none() | numbers,
                maybe,
                maybe,
                classes,
            )
        ),
        elements=several(
            st.builds(
                Element,
                words,
                words,
                maybe,
                maybe,
                body,
                maybe,
                maybe,
                sets,
                maybe,
                maybe,
                maybe,
                maybe,
                maybe,
                maybe,
                maybe,
                materials,
                classes,
            ),
            5,
        ),
        project=draw(
            st.none() | st.builds(Project, words, maybe, maybe, maybe, maybe, sets, classes)
        ),
        facility_parts=several(
            st.builds(FacilityPart, words, words, maybe, maybe, maybe, maybe, sets, classes)
        ),
        types=several(st.builds(ElementType, words, words, maybe, maybe, sets, materials, classes)),
        zones=several(groups),
        groups=several(groups),
        meshes=tuple(meshes),
        materials=tuple(
            draw(
                st.lists(st.builds(Material, words, st.tuples(*[st.floats(0, 1)] * 4)), max_size=3)
            )
        ),
        map_conversion=draw(st.none() | conversion),
        true_north=draw(st.none() | numbers),
        undrawn=tuple(draw(st.lists(st.builds(Undrawn, words, words, texts), max_size=2))),
        warnings=tuple(draw(st.lists(texts, max_size=2))),
        length_unit=draw(st.sampled_from([1.0, 0.001, 0.3048])),
        defects=tuple(
            draw(
                st.lists(
                    st.builds(
                        Defect,
                        st.sampled_from(DefectKind),
                        st.integers(1, 1 << 40),
                        texts,
                        st.lists(words, max_size=3).map(tuple),
                    ),
                    max_size=3,
                )
            )
        ),
    )


@st.composite
def mesh(draw: st.DrawFn) -> Mesh:
    vertices = np.array(
        draw(st.lists(st.tuples(numbers, numbers, numbers), min_size=3, max_size=8))
    )
    index = st.integers(0, len(vertices) - 1)
    faces = draw(st.lists(st.tuples(index, index, index), max_size=6))
    triangles = np.array(faces, dtype=np.int32).reshape(-1, 3)
    with_materials = draw(st.booleans())
    return Mesh(
        vertices, triangles, np.zeros(len(triangles) if with_materials else 0, dtype=np.int32)
    )


def plain(thing: object) -> object:
    """Nested values that compare with ==."""
    if isinstance(thing, np.ndarray):
        return (str(thing.dtype), thing.shape, thing.tolist())
    if dataclasses.is_dataclass(thing):
        return [plain(getattr(thing, field.name)) for field in dataclasses.fields(thing)]
    if isinstance(thing, tuple | list):
        return (type(thing).__name__, [plain(item) for item in thing])
    if isinstance(thing, dict):
        return {key: plain(item) for key, item in thing.items()}
    return thing


@given(models())
def test_a_model_comes_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, model: BuildingModel
) -> None:
    path = tmp_path_factory.getbasetemp() / "model.cim"
    write_snapshot(model, path)
    assert plain(read_snapshot(path)) == plain(model)


@given(models())
def test_a_model_that_came_back_is_written_as_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, model: BuildingModel
) -> None:
    first, second = (tmp_path_factory.getbasetemp() / name for name in ("first", "second"))
    write_snapshot(model, first)
    write_snapshot(read_snapshot(first), second)
    back = second.read_bytes()
    write_snapshot(read_snapshot(second), first)
    assert first.read_bytes() == back


def test_what_many_elements_share_is_stored_once_and_shared_again(tmp_path: Path) -> None:
    model = boxes_model(dict.fromkeys("ABCDEFGHIJ", ((0, 0, 0), (1, 2, 3))))
    shared = {"Pset_WallCommon": {"Reference": "a wall of this kind" * 20}}
    brick = MaterialDefinition(MaterialKind.SINGLE, "brick", (MaterialComponent("brick"),))
    model = dataclasses.replace(
        model,
        elements=tuple(
            dataclasses.replace(e, property_sets=shared, material=brick) for e in model.elements
        ),
    )
    path = tmp_path / "model.cim"
    write_snapshot(model, path)
    assert path.read_bytes().count(b"a wall of this kind") == 20
    elements = read_snapshot(path).elements
    assert len({id(e.property_sets) for e in elements}) == 1
    assert len({id(e.material) for e in elements}) == 1
    assert elements[0].property_sets == shared


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    model = boxes_model({"A": ((0, 0, 0), (1, 2, 3))})
    write_snapshot(model, tmp_path / "a")
    write_snapshot(model, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize("cut", [0, 5, 19, 200, -1, -9])
def test_a_cut_file_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "model.cim"
    write_snapshot(boxes_model({"A": ((0, 0, 0), (1, 2, 3))}), path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(SnapshotError, match=r"model\.cim.*Read the IFC file again"):
        read_snapshot(path)


def test_what_is_absent_or_another_thing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError):
        read_snapshot(tmp_path / "absent")
    other = tmp_path / "other"
    other.write_bytes(b"ISO-10303-21;" * 20)
    with pytest.raises(SnapshotError):
        read_snapshot(other)
