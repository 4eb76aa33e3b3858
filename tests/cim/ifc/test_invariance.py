from __future__ import annotations

import dataclasses
from pathlib import Path

import ifcopenshell.api.pset as pset
import ifcopenshell.guid
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cim.building import BuildingModel
from cim.ifc import read_ifc
from cim.snapshot import write_snapshot
from tests.cim.ifc.author import Author

sizes = st.floats(0.1, 50.0)
heights = st.floats(-20.0, 200.0)


def house(length: float, size: tuple[float, float, float], elevation: float) -> Author:
    """A house of one wall, a room and a parcel, written in a unit; all figures in metres."""
    author = Author(length)
    storey = author.storey("1F", elevation)
    author.place(author.building, (1.0, 2.0, 0.5))
    author.place(storey, (1.0, 2.0, 0.5 + elevation))
    wall = author.block(size, at=(3.0, 4.0, elevation), storey=storey)
    room = author.block(size, at=(9.0, 4.0, elevation), ifc_class="IfcSpace")
    room.ElevationWithFlooring = elevation / length
    author.building.ElevationOfRefHeight = 4.2 / length
    make = author.file.create_entity
    layer = make("IfcMaterialLayer", make("IfcMaterial", "brick"), size[1] / length, None)
    layers = make("IfcMaterialLayerSet", [layer], "solid")
    make("IfcRelAssociatesMaterial", ifcopenshell.guid.new(), None, None, None, [wall], layers)
    sizes_of = pset.add_qto(author.file, product=room, name="Qto_SpaceBaseQuantities")
    pset.edit_qto(author.file, qto=sizes_of, properties={"Height": size[2] / length})
    own = pset.add_pset(author.file, product=wall, name="Own")
    value = make("IfcLengthMeasure", size[0] / length)
    pset.edit_pset(author.file, pset=own, properties={"Reach": value})
    ring = [(0.0, 0.0), (size[0], 0.0), (size[0], size[1]), (0.0, 0.0)]
    points = [make("IfcCartesianPoint", [x / length, y / length]) for x, y in ring]
    shape = make("IfcShapeRepresentation", author.body, "FootPrint", "Curve2D", [make("IfcPolyline", points)])  # fmt: skip
    author.site.Representation = make("IfcProductDefinitionShape", Representations=[shape])
    for number, entity in enumerate(author.file.by_type("IfcRoot")):
        entity.GlobalId = f"{number:022d}"
    return author


def figures(model: BuildingModel) -> list[object]:
    """Every number and word of a model but its unit and the file's name and hash, one after the other."""
    told: list[object] = []

    def walk(thing: object) -> None:
        if isinstance(thing, np.ndarray):
            told.extend(thing.ravel().tolist())
        elif dataclasses.is_dataclass(thing):
            for field in dataclasses.fields(thing):
                if field.name not in ("sha256", "file_name", "length_unit"):
                    walk(getattr(thing, field.name))
        elif isinstance(thing, dict):
            for key, value in thing.items():
                told.append(key)
                walk(value)
        elif isinstance(thing, tuple):
            for item in thing:
                walk(item)
        else:
            told.append(thing)

    walk(model)
    return told


@given(size=st.tuples(sizes, sizes, sizes), elevation=heights)
def test_a_house_in_metres_millimetres_and_feet_is_the_same_model(
    tmp_path_factory: pytest.TempPathFactory,
    size: tuple[float, float, float],
    elevation: float,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    metres, millimetres, feet = (
        figures(read_ifc(house(length, size, elevation).write(folder / "house.ifc")))
        for length in (1.0, 0.001, 0.3048)
    )
    assert size[2] in [pytest.approx(x, rel=1e-9) for x in metres if isinstance(x, float)]
    for other in (millimetres, feet):
        assert len(other) == len(metres)
        for mine, theirs in zip(metres, other, strict=True):
            if isinstance(mine, float):
                assert theirs == pytest.approx(mine, rel=1e-9, abs=1e-9)
            else:
                assert theirs == mine


def test_the_same_bytes_give_the_same_model_and_snapshot(tmp_path: Path) -> None:
    path = house(0.001, (4.0, 0.2, 3.0), 1.5).write(tmp_path / "house.ifc")
    first, second = read_ifc(path), read_ifc(path)
    assert figures(first) == figures(second)
    for model, name in ((first, "a"), (second, "b")):
        write_snapshot(model, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("name", ["AC20-FZK-Haus.ifc", "infra-bridge.ifc", "グレー*.ifc"])
def test_third_party_files_are_read_the_same_every_time(
    data_folder: Path, tmp_path: Path, name: str
) -> None:
    (path,) = (data_folder / "ifc").rglob(name)
    for copy in ("a", "b"):
        write_snapshot(read_ifc(path), tmp_path / copy)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
