from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import ifcopenshell.api.geometry as geometry
import ifcopenshell.api.root as root
import ifcopenshell.api.style as style
import ifcopenshell.geom
import numpy as np
import pytest

from cim.ifc.direct import DirectBodies
from cim.ifc.document import open_document
from cim.ifc.geometry_cache import SUFFIX, GeometryCache, take_over
from cim.ifc.step import Closures, scan
from cim.ifc.tessellation import Tessellation, tessellate
from cim.kept_files import trim
from tests.cim.ifc.author import Author


def ball(author: Author, radius: float, at: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Any:
    """An element that only the kernel draws; metres."""
    new = author.file.create_entity
    place = new("IfcAxis2Placement3D", author._point(0.0, 0.0, 0.0))
    solid = new("IfcSphere", place, radius / author.length)
    shape = new("IfcShapeRepresentation", author.body, "Body", "CSG", [solid])
    element = root.create_entity(author.file, ifc_class="IfcBuildingElementProxy")
    geometry.assign_representation(author.file, product=element, representation=shape)
    author.place(element, at)
    return element


def read(path: Path, folder: Path) -> Tessellation:
    """Read a file with a cache in `folder`."""
    document = open_document(path, path.parent, file_bytes=1 << 30)
    drawn = tessellate(
        document.model,
        list(document.model.by_type("IfcElement")),
        direct=DirectBodies(document.step, 0.001, 1.0),
        kernel="hybrid-cgal-simple-opencascade",
        progress=lambda *_: None,
        cache=GeometryCache(folder, folder.parent / "fresh"),
    )
    take_over(folder.parent / "fresh", folder, most_bytes=1 << 30)
    return drawn


def entries(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.body"))


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the kernel was asked")

    monkeypatch.setattr(ifcopenshell.geom, "iterator", refuse)


def test_what_was_drawn_once_is_not_drawn_again(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    author = Author()
    ball(author, 0.02)
    path = author.write(tmp_path / "a.ifc")
    first = read(path, tmp_path / "cache")
    assert len(entries(tmp_path / "cache")) == 1

    # The same ball elsewhere, in another file with other numbers.
    other = Author()
    other.block((1.0, 1.0, 1.0))
    moved = ball(other, 0.02, at=(5.0, 6.0, 7.0))
    request.getfixturevalue("no_kernel")
    second = read(other.write(tmp_path / "b.ifc"), tmp_path / "cache")
    (mesh,) = first.meshes
    body = second.bodies[moved.id()]
    np.testing.assert_array_equal(second.meshes[body.mesh].vertices, mesh.vertices)
    np.testing.assert_array_equal(second.meshes[body.mesh].faces, mesh.faces)
    np.testing.assert_allclose(body.placement[:3, 3], (5.0, 6.0, 7.0), atol=1e-12)


@pytest.mark.parametrize("change", ["radius", "opening", "style", "unit"])
def test_whatever_decides_a_body_decides_its_entry(tmp_path: Path, change: str) -> None:
    author = Author()
    element = ball(author, 0.02)
    read(author.write(tmp_path / "a.ifc"), tmp_path / "cache")
    if change == "radius":
        element.Representation.Representations[0].Items[0].Radius = 21.0
    elif change == "opening":
        author.opening(element, (1.0, 0.01, 1.0), at=(0.0, 0.0, 0.0))
    elif change == "style":
        look = style.add_style(author.file)
        style.add_surface_style(
            author.file,
            style=look,
            ifc_class="IfcSurfaceStyleShading",
            attributes={
                "SurfaceColour": {"Name": None, "Red": 1.0, "Green": 0.0, "Blue": 0.0},
                "Transparency": 0.0,
            },
        )
        style.assign_representation_styles(
            author.file,
            shape_representation=element.Representation.Representations[0],
            styles=[look],
        )
    else:
        # The angle unit alone, which a sphere does not need: an entry too many does no harm, one too few would.
        author.file.create_entity("IfcSIUnit", UnitType="PLANEANGLEUNIT", Name="RADIAN")
        element.Representation.Representations[0].Items[0].Position.Location.Coordinates = (
            1.0,
            0.0,
            0.0,
        )
    read(author.write(tmp_path / "b.ifc"), tmp_path / "cache")
    assert len(entries(tmp_path / "cache")) == 2


def test_colours_are_kept(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    author = Author()
    element = ball(author, 0.02)
    look = style.add_style(author.file, name="red")
    style.add_surface_style(
        author.file,
        style=look,
        ifc_class="IfcSurfaceStyleShading",
        attributes={
            "SurfaceColour": {"Name": None, "Red": 1.0, "Green": 0.0, "Blue": 0.0},
            "Transparency": 0.25,
        },
    )
    style.assign_representation_styles(
        author.file, shape_representation=element.Representation.Representations[0], styles=[look]
    )
    path = author.write(tmp_path / "a.ifc")
    first = read(path, tmp_path / "cache")
    request.getfixturevalue("no_kernel")
    second = read(path, tmp_path / "cache")
    assert first.materials == second.materials
    assert [m.colour for m in second.materials] == [(1.0, 0.0, 0.0, 0.75)]
    np.testing.assert_array_equal(first.meshes[0].materials, second.meshes[0].materials)


def test_two_of_a_kind_share_one_mesh_from_the_cache_too(tmp_path: Path) -> None:
    author = Author()
    for step in range(3):
        ball(author, 0.02, at=(float(step), 0.0, 0.0))
    path = author.write(tmp_path / "a.ifc")
    read(path, tmp_path / "cache")
    again = read(path, tmp_path / "cache")
    assert len(entries(tmp_path / "cache")) == 1
    assert (len(again.meshes), len(again.bodies)) == (1, 3)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04garbage", None])
def test_a_damaged_entry_is_drawn_again(tmp_path: Path, damage: bytes | None) -> None:
    author = Author()
    ball(author, 0.02)
    path = author.write(tmp_path / "a.ifc")
    first = read(path, tmp_path / "cache")
    (entry,) = entries(tmp_path / "cache")
    sound = entry.read_bytes()
    entry.write_bytes(sound[: len(sound) // 2] if damage is None else damage)
    second = read(path, tmp_path / "cache")
    np.testing.assert_array_equal(first.meshes[0].vertices, second.meshes[0].vertices)
    assert entry.read_bytes() == sound


def test_the_entries_longest_without_use_go_first(tmp_path: Path) -> None:
    for age in range(10):
        path = tmp_path / f"{age}.body"
        path.write_bytes(bytes(100))
        os.utime(path, (1000.0 - age, 1000.0 - age))
    trim(tmp_path, suffixes=(SUFFIX,), most_bytes=450)
    assert [path.name for path in entries(tmp_path)] == [f"{age}.body" for age in range(4)]


def told(body: str, root_row: int = 0) -> bytes:
    step = scan(f"ISO-10303-21;DATA;{body}ENDSEC;".encode())
    return Closures(step).take([root_row])


def test_a_closure_does_not_depend_on_numbers_or_order() -> None:
    one = told("#1=A(#2,#3,'x');#2=B(1.5);#3=C(#2);")
    assert one == told("#9=A(#30,#7,'x');#7=C(#30);#30=B(15.E-1);#99=D();")
    assert one != told("#1=A(#3,#2,'x');#2=B(1.5);#3=C(#2);")


@pytest.mark.parametrize(
    "body",
    [
        "#1=A(#2,#3,'y');#2=B(1.5);#3=C(#2);",
        "#1=A(#2,#3,'x');#2=B(1.5000001);#3=C(#2);",
        "#1=A(#2,#3,'x');#2=B(1.5);#3=C(#3);",
        "#1=A(#2,#3,'x');#2=B(1.5);#3=C($);",
        "#1=A(#2,#3,.X.);#2=B(1.5);#3=C(#2);",
        "#1=A((#2,#3),'x');#2=B(1.5);#3=C(#2);",
        "#1=A(#2,#3,'x');#2=BB(1.5);#3=C(#2);",
        "#1=A(#2,#3,'x''y');#2=B(1.5);#3=C(#2);",
    ],
)
def test_a_closure_tells_every_difference(body: str) -> None:
    assert told("#1=A(#2,#3,'x');#2=B(1.5);#3=C(#2);") != told(body)


def test_a_circle_of_references_has_a_closure() -> None:
    assert told("#1=A(#2);#2=B(#1);") == told("#5=A(#6);#6=B(#5);")
