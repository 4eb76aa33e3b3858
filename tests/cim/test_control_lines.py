from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cim.city import City, Layer
from cim.control_lines.feature import ControlFeature
from cim.control_lines.loaded import LoadedLineStore
from cim.control_lines.store import build_store, open_store
from cim.errors import ControlLineError
from cim.text import Text
from tests.support.cities import FRAME, LinesInMemory

SIDE = 100.0


def write_layer(
    path: Path, layer: str, shapes: list[shapely.Geometry], *, crs: str = "EPSG:4548"
) -> None:
    names = np.array([f"{layer}-{i}" for i in range(len(shapes))], dtype=object)
    limits = np.array([np.nan if i % 2 else 10.0 * i for i in range(len(shapes))])
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array(shapes, dtype=object)),
        field_data=[names, names, limits],
        fields=np.array(["name_zh", "name_en", "limit_elevation"]),
        layer=layer,
        driver="GPKG",
        geometry_type="Polygon",
        crs=crs,
        append=path.exists(),
    )


def city_of(folder: Path, *layers: str) -> City:
    (folder / "city.yaml").write_text("made by a test")
    (folder / "terrain").write_text("not read here")
    here = folder / "city.yaml"
    return City(
        folder=folder,
        code="test",
        name=Text(zh="", en=""),
        frame=FRAME,
        terrain_path=folder / "terrain",
        buildings_path=here,
        control_lines_path=folder / "lines.gpkg",
        rulebook_path=here,
        point_cloud_paths=(),
        layers=tuple(Layer(c, Text(zh=c, en=c), Text(zh="", en=""), "#fff") for c in layers),
        viewpoints=(),
        ridges=(),
    )


def squares(count: int) -> list[shapely.Polygon]:
    return [
        shapely.box(6e5 + SIDE * i, 27e5, 6e5 + SIDE * (i + 1), 27e5 + SIDE) for i in range(count)
    ]


def test_features_come_back_by_layer_and_place(tmp_path: Path) -> None:
    write_layer(tmp_path / "lines.gpkg", "parcel", squares(5))
    write_layer(tmp_path / "lines.gpkg", "green", squares(2))
    store = open_store(build_store(city_of(tmp_path, "parcel", "green")))
    everything = store.features("parcel")
    assert [f.name.en for f in everything] == [f"parcel-{i}" for i in range(5)]
    assert [f.attributes["limit_elevation"] for f in everything] == [0.0, None, 20.0, None, 40.0]
    assert all(f.geometry.equals_exact(s) for f, s in zip(everything, squares(5), strict=True))
    assert len(store.features("green")) == 2
    assert store.features("nothing") == []
    store.close()


def test_the_index_agrees_with_every_box_taken_alone(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("lines")
    shapes = squares(30)
    write_layer(folder / "lines.gpkg", "parcel", shapes)
    store = open_store(build_store(city_of(folder, "parcel")))

    @settings(max_examples=60)
    @given(st.floats(0, 3000), st.floats(0, 200))
    def agrees(x: float, width: float) -> None:
        bounds = (6e5 + x, 27e5 + 10, 6e5 + x + width, 27e5 + 20)
        found = {f.identifier for f in store.features("parcel", bounds)}
        expected = {i + 1 for i, s in enumerate(shapes) if s.intersects(shapely.box(*bounds))}
        # The R-tree rounds its boxes outward to float32, so it may offer a neighbour, never miss one.
        assert expected <= found
        assert len(found) <= len(expected) + 2

    agrees()
    store.close()


def test_all_layers_around_a_place_are_what_each_layer_says_of_it(tmp_path: Path) -> None:
    codes = ("parcel", "green", "far")
    moved = shapely.transform(squares(3), lambda at: at + 5_000.0)
    for code, shapes in zip(codes, (squares(12), squares(4), list(moved)), strict=True):
        write_layer(tmp_path / "lines.gpkg", code, shapes)
    store = open_store(build_store(city_of(tmp_path, *codes)))
    place = (6e5 + 250.0, 27e5 + 10.0, 6e5 + 350.0, 27e5 + 20.0)
    around = store.around(place)
    assert {code: [f.name.en for f in found] for code, found in around.items()} == {
        "parcel": ["parcel-2", "parcel-3"],
        "green": ["green-2", "green-3"],
    }
    assert around == {code: store.features(code, place) for code in ("parcel", "green")}
    in_memory = LinesInMemory([f for code in codes for f in store.features(code)])
    assert in_memory.around(place) == around
    assert store.around((0.0, 0.0, 1.0, 1.0)) == {}
    store.close()


def test_a_store_held_in_memory_answers_as_the_embedded_one(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("loaded")
    for code, count in (("parcel", 40), ("green", 9)):
        write_layer(folder / "lines.gpkg", code, squares(count))
    store = open_store(build_store(city_of(folder, "parcel", "green")))
    loaded = LoadedLineStore(reversed(store.everything()))
    assert len(loaded) == 49
    assert loaded.features("parcel") == store.features("parcel")
    assert loaded.features("nothing") == []
    plain = LinesInMemory(store.everything())

    @settings(max_examples=40)
    @given(st.lists(st.tuples(st.floats(0, 4500), st.floats(0, 400)), min_size=1, max_size=5))
    def agrees(places: list[tuple[float, float]]) -> None:
        bounds = [(6e5 + x, 27e5 + 10, 6e5 + x + width, 27e5 + 20) for x, width in places]
        rows: dict[int, list[ControlFeature]] = {}
        for place, row in zip(*loaded.nearby(np.array(bounds)), strict=True):
            rows.setdefault(int(place), []).append(loaded[row])
        for place, box in enumerate(bounds):
            around = loaded.around(box)
            assert around == plain.around(box)
            assert [f for found in around.values() for f in found] == rows.get(place, [])
            assert loaded.features("green", box) == around.get("green", [])
            for code, found in around.items():  # the R-tree rounds its boxes outward
                assert {f.identifier for f in found} <= {
                    f.identifier for f in store.around(box)[code]
                }

    agrees()
    store.close()


def test_an_unchanged_city_is_not_read_again_and_a_changed_one_is(tmp_path: Path) -> None:
    write_layer(tmp_path / "lines.gpkg", "parcel", squares(2))
    path = build_store(city_of(tmp_path, "parcel"))
    stamp = path.stat().st_mtime_ns
    assert build_store(city_of(tmp_path, "parcel")).stat().st_mtime_ns == stamp
    (tmp_path / "lines.gpkg").unlink()
    write_layer(tmp_path / "lines.gpkg", "parcel", squares(3))
    store = open_store(build_store(city_of(tmp_path, "parcel")))
    assert len(store.features("parcel")) == 3
    store.close()


def test_a_crossing_ring_another_crs_a_missing_and_an_empty_layer_are_refused(
    tmp_path: Path,
) -> None:
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    write_layer(tmp_path / "lines.gpkg", "bow", [*squares(1), bow])
    with pytest.raises(ControlLineError, match=r"number 2: Self-intersection"):
        build_store(city_of(tmp_path, "bow"))
    write_layer(tmp_path / "other.gpkg", "parcel", squares(1), crs="EPSG:32650")
    elsewhere = replace(city_of(tmp_path, "parcel"), control_lines_path=tmp_path / "other.gpkg")
    with pytest.raises(ControlLineError, match=r"EPSG:32650.*ogr2ogr"):
        build_store(elsewhere)
    with pytest.raises(ControlLineError, match="layer nowhere cannot be read"):
        build_store(city_of(tmp_path, "nowhere"))
    assert not (tmp_path / "build" / "control_lines.sqlite").exists()
