from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cim.building import BuildingModel, Representation
from cim.ifc import read_ifc
from cim.ifc.document import open_document
from cim.ifc.drawing import Plan
from cim.ifc.geometry_cache import take_over
from cim.ifc.kernel import FAST
from cim.ifc.precheck import find_undrawable
from cim.ifc.reader import read_open_file
from cim.ifc.revision import find_revision, keep, revise
from cim.ifc.units import read_units
from cim.snapshot import read_snapshot, sections_of, write_sections

INSTANCE = re.compile(r"^#(\d+)=(\w+)\((.*)\);$", re.MULTILINE)
PART = re.compile(r"'(?:[^']|'')*'|#\d+|-?\d+\.\d*(?:E-?\d+)?|(?<=[(,])-?\d+(?=[,)])|\.\w+\.")
REFERENCES = re.compile(r"#(\d+)").findall
REFERENCE = re.compile(r"'(?:[^']|'')*'|#(\d+)")


@dataclass
class Readings:
    """A file read in full and as a revision; the second is None where nothing was taken over.

    Attributes:
        drawn: how many bodies were drawn for the revision.
    """

    full: BuildingModel
    revised: BuildingModel | None
    drawn: int = 0


class Shelf:
    """A folder of kept models."""

    def __init__(self, folder: Path) -> None:
        self.cache, self.fresh = folder / "cache", folder / "fresh"
        self.folder = folder
        for made in (self.cache, self.fresh):
            made.mkdir(parents=True)

    def read(self, text: str, *, kept: bool = False) -> Readings | None:
        """Read a file both ways; None when something in it is set aside, so that no one asks for a revision.

        Args:
            text: of the file.
            kept: whether its model is kept.
        """
        path = self.folder / "read.ifc"
        path.write_text(text, encoding="ascii")
        document = open_document(path, self.folder, file_bytes=1 << 30)
        skip = find_undrawable(document.model, document.odd, read_units(document.model).length)
        revision = None if skip else find_revision(document, path)
        if revision is None:
            return None
        drawn: list[int] = []
        told = {"plan": Plan(FAST), "when_drawn": lambda: None}
        revised = revise(
            revision,
            self.cache,
            self.folder / "left",
            progress=lambda _, number: drawn.append(number),
            when_taken=lambda _: None,
            **told,  # type: ignore[arg-type]
        )
        whole = read_open_file(document, path, progress=lambda *_: None, **told)  # type: ignore[arg-type]
        sections = sections_of(whole)
        if kept:
            keep(revision, sections, self.fresh)
            take_over(self.fresh, self.cache, most_bytes=1 << 30)
        if revised is None:
            return Readings(self._through(sections), None)
        return Readings(self._through(sections), self._through(revised), len(drawn))

    def _through(self, sections: Any) -> BuildingModel:
        write_sections(sections, self.folder / "model.cim")
        return read_snapshot(self.folder / "model.cim")


def assert_same(one: BuildingModel, other: BuildingModel) -> None:
    """Two models say the same, whatever the order of their meshes and materials."""
    plain = [replace(m, meshes=(), materials=()) for m in (one, other)]
    assert without_bodies(plain[0]) == without_bodies(plain[1])
    assert sorted(m.name for m in one.materials) == sorted(m.name for m in other.materials)
    for name in ("elements", "spaces", "sites"):
        for part, its_like in zip(getattr(one, name), getattr(other, name), strict=True):
            assert_same_body(one, part.representation, other, its_like.representation)


def without_bodies(value: Any) -> Any:
    """A value as plain tuples, its bodies left out."""
    if hasattr(value, "__dataclass_fields__"):
        told = [(f.name, getattr(value, f.name)) for f in fields(value)]
        return [(name, without_bodies(v)) for name, v in told if name != "representation"]
    if isinstance(value, tuple):
        return [without_bodies(part) for part in value]
    if isinstance(value, dict):
        return [(key, without_bodies(part)) for key, part in value.items()]
    return value.tolist() if isinstance(value, np.ndarray) else value


def assert_same_body(
    one: BuildingModel,
    body: Representation | None,
    other: BuildingModel,
    its_like: Representation | None,
) -> None:
    assert (body is None) == (its_like is None)
    if body is None or its_like is None:
        return
    mesh, like = one.meshes[body.mesh], other.meshes[its_like.mesh]
    np.testing.assert_allclose(body.placement, its_like.placement, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(mesh.vertices, like.vertices)
    np.testing.assert_array_equal(mesh.faces, like.faces)
    looks = [[m.materials[n] if n >= 0 else None for n in faces.materials.tolist()]
             for m, faces in ((one, mesh), (other, like))]  # fmt: skip
    assert looks[0] == looks[1]


@pytest.fixture(scope="module")
def tower(sample_folder: Path) -> str:
    return (sample_folder / "submissions" / "compliant.ifc").read_text(encoding="ascii")


@pytest.fixture(scope="module")
def shelf(tower: str, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    made = Shelf(tmp_path_factory.mktemp("shelf"))
    assert made.read(tower, kept=True) is not None
    return made


def renumbered(text: str, by: int) -> str:
    head, data = text.split("DATA;\n", 1)
    return f"{head}DATA;\n" + REFERENCE.sub(
        lambda found: f"#{int(found[1]) + by}" if found[1] else found[0], data
    )


def replaced(text: str, pattern: str, by: str) -> str:
    changed, count = re.subn(pattern, by, text, count=1, flags=re.MULTILINE)
    assert count == 1
    return changed


def test_the_same_model_numbered_anew_is_taken_over_whole(shelf: Shelf, tower: str) -> None:
    read = shelf.read(renumbered(tower, 1000))
    assert read is not None
    assert read.revised is not None
    assert read.drawn == 0
    assert_same(read.full, read.revised)


def test_a_storey_that_moves_takes_its_bodies_along(shelf: Shelf, tower: str) -> None:
    storey = next(m for m in INSTANCE.finditer(tower) if m[2] == "IFCBUILDINGSTOREY")
    placement = REFERENCES(storey[3])[0]
    axes = re.search(rf"^#{placement}=IFCLOCALPLACEMENT\(.*#(\d+)\);$", tower, re.MULTILINE)
    assert axes is not None
    point = re.search(rf"^#{axes[1]}=IFCAXIS2PLACEMENT3D\(#(\d+)", tower, re.MULTILINE)
    assert point is not None
    moved = replaced(tower, rf"^(#{point[1]}=IFCCARTESIANPOINT\(\().*(\)\);)$", r"\g<1>7.,8.,9.\2")
    read = shelf.read(moved)
    assert read is not None
    assert read.revised is not None
    assert read.drawn == 0
    assert_same(read.full, read.revised)


def test_only_a_body_that_changed_is_drawn(shelf: Shelf, tower: str) -> None:
    wall = next(m for m in INSTANCE.finditer(tower) if m[2] == "IFCWALL")
    shape = re.search(rf"^#{REFERENCES(wall[3])[-1]}=.*\(#(\d+)\)\);$", tower, re.MULTILINE)
    assert shape is not None
    body = re.search(rf"^#{shape[1]}=.*\(#(\d+)\)\);$", tower, re.MULTILINE)
    assert body is not None
    solid = rf"^(#{body[1]}=IFCEXTRUDEDAREASOLID\(.*,)([^,]+)(\);)$"
    taller = replaced(tower, solid, r"\g<1>1234.5\3")
    read = shelf.read(taller)
    assert read is not None
    assert read.revised is not None
    assert read.drawn == 1
    assert_same(read.full, read.revised)


def test_another_name_is_not_overlooked(shelf: Shelf, tower: str) -> None:
    read = shelf.read(replaced(tower, r"^(#\d+=IFCWALL\('.{22}',[^,]*,)'[^']*'", r"\g<1>'other'"))
    assert read is not None
    assert read.full.elements != ()
    if read.revised is not None:
        assert_same(read.full, read.revised)


def changes(text: str) -> Iterator[tuple[str, list[re.Match[str]]]]:
    """Class name -> its instances."""
    found: dict[str, list[re.Match[str]]] = {}
    for instance in INSTANCE.finditer(text):
        found.setdefault(instance[2], []).append(instance)
    return iter(found.items())


def other_than(part: str, number: int, alike: list[str]) -> str:
    """Another value of the same kind."""
    if part.startswith("'"):
        return f"'{part[1:-1][:-1]}{'xyzw$'[number % 5]}'"
    if part.startswith("#"):
        return alike[number % len(alike)]
    if part.startswith("."):
        return {".T.": ".F.", ".F.": ".T."}.get(part, part)
    return f"{int(part) + 1}" if re.fullmatch(r"-?\d+", part) else f"{float(part) * 1.25 + 1.0}"


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],  # to find a smaller example takes too long
    deadline=None,
    max_examples=12,  # each reads the tower twice
)
@given(data=st.data())
def test_one_value_changed_anywhere_is_read_as_without_a_cache(
    shelf: Shelf, tower: str, data: st.DataObject
) -> None:
    classes = dict(changes(tower))
    kinds = {m[1]: m[2] for instances in classes.values() for m in instances}
    instance = data.draw(st.sampled_from(classes[data.draw(st.sampled_from(sorted(classes)))]))
    places = list(PART.finditer(instance[3]))
    if not places:
        return
    place = data.draw(st.sampled_from(places))
    alike = [f"#{m[1]}" for m in classes.get(kinds.get(place[0][1:], ""), [])]
    changed = other_than(place[0], data.draw(st.integers(0, 10_000)), alike or [place[0]])
    start = instance.start(3)
    text = tower[: start + place.start()] + changed + tower[start + place.end() :]
    read = shelf.read(text)
    if read is not None and read.revised is not None:
        assert_same(read.full, read.revised)


def test_the_guarded_child_takes_over_what_is_kept(tower: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first.ifc", tmp_path / "second.ifc"
    first.write_text(tower, encoding="ascii")
    second.write_text(renumbered(tower, 77), encoding="ascii")
    cache = tmp_path / "cache"
    read_ifc(first, cache=cache)
    (kept,) = cache.rglob("*.kept")
    assert_same(read_ifc(second), read_ifc(second, cache=cache))
    kept.write_bytes(kept.read_bytes()[:-100])  # a damaged one is not believed
    assert_same(read_ifc(second), read_ifc(second, cache=cache))


def test_a_model_with_something_undrawn_is_not_kept(tower: str, tmp_path: Path) -> None:
    flat = replaced(tower, r"^(#\d+=IFCEXTRUDEDAREASOLID\(.*,)([^,]+)(\);)$", r"\g<1>-5.\3")
    shelf = Shelf(tmp_path)
    assert shelf.read(flat, kept=True) is None
    assert list(shelf.cache.rglob("*.kept")) == []
