"""The blueprint's self-check against areas known in closed form."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cim.control_lines.blueprint import BlueprintReport, blueprint_document, check_blueprint
from cim.control_lines.blueprint.finding import Code, Severity
from cim.errors import ControlLineError
from tests.support.blueprints import (
    EAST,
    NORTH,
    OWNERS,
    city_with,
    ring,
    square,
    write_layer,
    write_lines,
)
from tests.support.cities import flat_terrain

WHOLE = [[EAST, NORTH], [EAST + 100, NORTH], [EAST + 100, NORTH + 100], [EAST, NORTH + 100]]
PAIRS = [["land", "water"]]


def told(report: BlueprintReport) -> list[tuple[str, float | None, int]]:
    """Code, m2 and count of every fault, in the report's order."""
    return [
        (str(f.code).removeprefix("BLUEPRINT-"), f.area and round(f.area, 6), f.count)
        for f in report.findings
        if f.severity is Severity.FAULT
    ]


def checked(folder: Path, layers: dict[str, Sequence[Any]], **blueprint: Any) -> BlueprintReport:
    write_lines(folder / "lines.gpkg", layers)
    return check_blueprint(city_with(folder, *layers, **blueprint))


def partitioned(folder: Path, **layers: Sequence[Any]) -> BlueprintReport:
    return checked(folder, dict(layers), partition=list(layers), within=WHOLE)


def test_a_partition_that_adds_up_like_a_city_of_1699_square_kilometres(tmp_path: Path) -> None:
    """981 + 640 + 78 = 1699, in strips of those widths."""
    parts = {
        "land": [square(0, 0, 981, 1000)],
        "water": [square(981, 0, 640, 1000)],
        "parks": [square(1621, 0, 78, 1000)],
    }
    write_lines(tmp_path / "lines.gpkg", parts)
    whole = [[EAST + x, NORTH + y] for x, y in ((0, 0), (1699, 0), (1699, 1000), (0, 1000))]
    report = check_blueprint(city_with(tmp_path, *parts, partition=list(parts), within=whole))
    ledger = report.partition
    assert ledger is not None
    assert [share.area for share in ledger.shares] == [981e3, 640e3, 78e3]
    assert (ledger.total, ledger.whole) == (1699e3, 1699e3)
    assert (ledger.gap, ledger.overlap, ledger.excess, ledger.imbalance) == (0, 0, 0, 0)
    assert told(report) == []
    assert report.is_clean
    assert [f.code for f in report.findings] == [Code.UNDECLARED]  # no pairs: said, not passed over


def test_gap_overlap_excess_and_slivers_are_told_apart_with_their_areas(tmp_path: Path) -> None:
    report = partitioned(
        tmp_path,
        land=[square(0, 0, 40, 100), square(90, 0, 15, 50)],  # 5 x 50 beyond the whole
        water=[square(38, 0, 30, 100)],  # 2 x 100 upon the land
        parks=[square(70, 0, 20.02, 50), square(70, 60, 30, 40)],  # 0.02 x 50 upon the land
    )
    # Beside the water 2 x 100 and north of the land and park 30 x 10 are one gap.
    assert told(report) == [
        ("GAP", 500.0, 1),
        ("EXCESS", 250.0, 1),
        ("OVERLAP", 200.0, 1),
        ("SLIVER", 1.0, 1),
    ]
    gap, excess, overlap, sliver = (f for f in report.findings if f.code is not Code.UNDECLARED)
    assert gap.layers == ("land", "parks", "water")
    assert excess.layers == ("land",)
    assert overlap.layers == ("land", "water")
    assert overlap.owners == (OWNERS["land"], OWNERS["water"])
    assert overlap.geometry is not None
    assert overlap.geometry.equals(square(38, 0, 2, 100))
    assert [str(one.feature) for one in overlap.concerned] == ["land #1", "water #1"]
    assert "200.00 m²" in overlap.sentence.en
    assert sliver.layers == ("land", "parks")
    ledger = report.partition
    assert ledger is not None
    assert ledger.total == pytest.approx(4000 + 750 + 3000 + 1001 + 1200)
    assert ledger.overlap == pytest.approx(201.0)
    assert (ledger.gap, ledger.excess) == (pytest.approx(500.0), pytest.approx(250.0))
    assert (ledger.sliver_gaps, ledger.sliver_overlaps) == (0, 1)
    assert ledger.imbalance == pytest.approx(0.0, abs=1e-6)


def test_land_covered_three_times_is_two_times_too_many(tmp_path: Path) -> None:
    report = partitioned(
        tmp_path,
        land=[square(0, 0, 100, 100)],
        water=[square(0, 0, 10, 10)],
        parks=[square(0, 0, 10, 10)],
    )
    assert report.partition is not None
    assert report.partition.overlap == pytest.approx(200.0)
    assert told(report) == [("OVERLAP", 100.0, 1)] * 3


@pytest.mark.parametrize(("width", "sliver"), [(0.099, True), (0.101, False)])
def test_a_sliver_is_thinner_than_its_limit(tmp_path: Path, width: float, sliver: bool) -> None:
    """2 x area / perimeter of a strip of this width and 100 m: its mean width."""
    breadth = 100.0 * width / (100.0 - width)
    report = partitioned(
        tmp_path, land=[square(0, 0, 50, 100)], water=[square(50 + breadth, 0, 50 - breadth, 100)]
    )
    assert told(report) == [("SLIVER-GAP" if sliver else "GAP", round(breadth * 100, 6), 1)]


def test_slivers_along_one_line_are_counted_in_one_finding(tmp_path: Path) -> None:
    """The line of one side has every second vertex 1 cm off: pieces of 10 x 0.01 / 2 m2."""
    line = [(50.0 + (0.01 if y % 20 else 0.0), float(y)) for y in range(0, 101, 10)]
    report = partitioned(
        tmp_path,
        land=[square(0, 0, 50, 100)],
        water=[ring(*line, (100, 100), (100, 0))],
    )
    assert told(report) == [("SLIVER-GAP", 0.5, 5)]


def test_the_whole_may_be_the_terrain_or_a_layer(tmp_path: Path) -> None:
    layers = {"land": [square(0, 0, 100, 100)], "water_whole": [square(0, 0, 100, 110)]}
    write_lines(tmp_path / "lines.gpkg", layers)
    city = city_with(tmp_path, *layers, partition=["land"], within="water_whole")
    assert told(check_blueprint(city)) == [("GAP", 1000.0, 1)]
    city = city_with(tmp_path, *layers, partition=["land"], within="terrain")
    city.__dict__["terrain"] = flat_terrain(side=4000.0)
    assert told(check_blueprint(city)) == [("GAP", 16e6 - 1e4, 1)]


def test_a_prohibited_pair_names_both_features_and_what_they_share(tmp_path: Path) -> None:
    layers = {
        "land": [square(0, 0, 50, 50), square(200, 0, 50, 50)],
        "water": [
            square(30, 30, 50, 50),  # 20 x 20
            square(210, 10, 10, 10),  # wholly inside
            square(50, 0, 50, 30),  # touches only
        ],
    }
    report = checked(tmp_path, layers, prohibited_pairs=PAIRS)
    assert told(report) == [("CONFLICT", 400.0, 1), ("CONFLICT", 100.0, 1)]
    assert report.pairs == {"land × water": 500.0}
    first, second = (f for f in report.findings if f.code is Code.CONFLICT)
    assert [str(one.feature) for one in first.concerned] == ["land #1", "water #1"]
    assert [str(one.feature) for one in second.concerned] == ["land #2", "water #2"]
    assert second.geometry is not None
    assert second.geometry.equals(square(210, 10, 10, 10))


def test_areas_of_one_layer_must_not_overlap_when_it_is_paired_with_itself(tmp_path: Path) -> None:
    parcels = [square(0, 0, 10, 10), square(9, 0, 10, 10), square(19, 0, 10, 10)]
    report = checked(tmp_path, {"land": parcels}, prohibited_pairs=[["land", "land"]])
    assert told(report) == [("CONFLICT", 10.0, 1)]
    assert report.pairs == {"land × land": 10.0}


def test_each_department_has_its_features_largest_first(tmp_path: Path) -> None:
    layers = {
        "land": [square(0, 0, 100, 100)],
        "water": [square(0, 0, 10, 10), square(50, 50, 20, 20)],
        "parks": [square(90, 90, 20, 20)],
    }
    pairs = [["land", "water"], {"layers": ["land", "parks"], "yields": "parks"}]
    work = checked(tmp_path, layers, prohibited_pairs=pairs).work
    assert [department.owner for department in work] == [
        OWNERS["land"],
        OWNERS["water"],
        OWNERS["parks"],
    ]
    land, water, parks = work
    assert [(str(i.feature), i.area, i.findings) for i in land.items] == [("land #1", 500.0, 2)]
    assert [(str(i.feature), i.area) for i in water.items] == [
        ("water #2", 400.0),
        ("water #1", 100.0),
    ]
    assert [(str(i.feature), i.area) for i in parks.items] == [("parks #1", 100.0)]
    assert land.by_pair == water.by_pair == {"land × water": 500.0}
    assert parks.by_pair == {"land × parks": 100.0}


def test_every_fault_of_a_layer_is_told_in_one_run(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    bow = ring((0, 0), (10, 10), (10, 0), (0, 10))
    box = square(300, 0, 10, 10)
    turned = shapely.Polygon(np.roll(np.asarray(box.exterior.coords)[:-1], 2, axis=0)[::-1])
    swapped = shapely.transform(square(0, 0, 10, 10), lambda at: at[:, ::-1])
    write_layer(
        path, "land", [bow, box, turned, swapped, None, shapely.Polygon(), square(20, 0, 5, 5)]
    )
    write_layer(path, "water", [])
    write_layer(path, "parks", [shapely.LineString([(EAST, NORTH), (EAST + 9, NORTH)])])
    write_layer(path, "stray", [box])
    city = city_with(
        tmp_path, "land", "water", "parks", "land_gone", prohibited_pairs=[["land", "parks"]]
    )
    report = check_blueprint(city)
    assert told(report) == [
        ("MISSING", None, 0),
        ("UNLISTED", None, 1),
        ("EMPTY", None, 0),
        ("SWAPPED", None, 1),
        ("INVALID", 50.0, 1),
        ("NO-SHAPE", None, 2),
        ("NO-AREA", None, 1),
        ("DUPLICATE", 100.0, 2),
    ]
    invalid = next(f for f in report.findings if f.code is Code.INVALID)
    assert invalid.geometry == shapely.Point(EAST + 5, NORTH + 5)
    assert "its boundary crosses itself at 610005.000, 2705005.000" in invalid.sentence.en
    assert "边界自相交" in invalid.sentence.zh
    assert "from 0.00 to 50.00 m²" in invalid.remedy.en
    assert [(facts.code, facts.features, facts.compared) for facts in report.layers] == [
        ("land", 7, 4),
        ("water", 0, 0),
        ("parks", 1, 1),
    ]


def test_a_shape_that_cannot_be_parsed_is_told_with_its_reason(tmp_path: Path) -> None:
    open_ring = bytearray(shapely.to_wkb(square(0, 0, 1, 1)))
    open_ring[-16:] = np.array([EAST + 0.5, NORTH]).tobytes()
    report = checked(tmp_path, {"land": [square(0, 0, 5, 5), bytes(open_ring)]})
    assert told(report) == [("NO-SHAPE", None, 1)]
    assert "closed" in report.findings[0].sentence.en


def test_a_number_that_is_none_is_told_and_not_compared(tmp_path: Path) -> None:
    stored = bytearray(shapely.to_wkb(square(0, 0, 9, 9)))
    stored[-24:-16] = np.array([np.nan]).tobytes()  # the northing of the last corner but one
    report = checked(tmp_path, {"land": [square(0, 0, 5, 5), bytes(stored)]})
    assert told(report) == [("NO-SHAPE", None, 1)]
    assert "not a finite number" in report.findings[0].sentence.en
    assert report.layers[0].compared == 1


@pytest.mark.parametrize(
    ("move", "slip"),
    [
        (lambda at: at + np.array([39e6, 0.0]), "a zone number too many"),
        (lambda at: at * np.array([1.9e-4, 9e-6]), "look like degrees"),
        (lambda at: at + 5e6, "no usual slip"),
    ],
)
def test_coordinates_outside_the_crs_are_told_with_the_slip_that_explains_them(
    tmp_path: Path, move: Any, slip: str
) -> None:
    shapes = [square(0, 0, 10, 10), shapely.transform(square(0, 0, 10, 10), move)]
    report = checked(tmp_path, {"land": shapes, "water": shapes[:1]}, prohibited_pairs=PAIRS)
    assert told(report) == [("OUTSIDE", None, 1), ("CONFLICT", 100.0, 1)]
    assert slip in report.findings[0].sentence.en
    assert report.layers[0].compared == 1


def in_crs(shape: shapely.Polygon, crs: str) -> shapely.Polygon:
    from pyproj import Transformer

    way = Transformer.from_crs("EPSG:4548", crs, always_xy=True)
    return shapely.transform(shape, lambda at: np.column_stack(way.transform(*at.T)))


def test_a_layer_of_another_crs_is_told_and_still_compared(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    write_layer(path, "land", [square(0, 0, 50, 50)])
    # The neighbouring zone of the same datum; a square stays one to 1e-4 m over 20 m.
    write_layer(path, "water", [in_crs(square(40, 40, 20, 20), "EPSG:4549")], crs="EPSG:4549")
    report = check_blueprint(city_with(tmp_path, "land", "water", prohibited_pairs=PAIRS))
    crs, conflict, _ = report.findings
    assert (crs.code, crs.layers) == (Code.CRS, ("water",))
    assert "EPSG:4549" in crs.sentence.en
    assert "ogr2ogr -t_srs EPSG:4548" in crs.remedy.en
    assert conflict.area == pytest.approx(100.0, abs=1e-3)


@pytest.mark.parametrize("crs", [None, "EPSG:4326"])
def test_a_layer_with_no_crs_or_a_wrong_label_is_compared_as_it_fits(
    tmp_path: Path, crs: str | None
) -> None:
    path = tmp_path / "lines.gpkg"
    write_layer(path, "land", [square(0, 0, 50, 50)])
    with pytest.warns() if crs is None else pytest.MonkeyPatch.context():
        write_layer(path, "water", [square(40, 40, 20, 20)], crs=crs)
    report = check_blueprint(city_with(tmp_path, "land", "water", prohibited_pairs=PAIRS))
    assert told(report) == [("CRS", None, 1), ("CONFLICT", 100.0, 1)]
    assert "-a_srs EPSG:4548" in report.findings[0].remedy.en


def test_a_layer_that_its_crs_puts_elsewhere_is_told(tmp_path: Path) -> None:
    write_layer(tmp_path / "lines.gpkg", "land", [square(0, 0, 50, 50)], crs="EPSG:4549")
    report = check_blueprint(city_with(tmp_path, "land"))
    assert told(report) == [("CRS", None, 1), ("OUTSIDE", None, 1)]
    assert report.layers[0].compared == 0


def test_a_layer_no_sound_operation_leads_from_is_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "lines.gpkg"
    write_layer(path, "land", [square(0, 0, 50, 50)])
    # Beijing 1954: its official shift to CGCS2000 is not public.
    write_layer(path, "water", [square(-109_000, 0, 9, 9)], crs="EPSG:2436")
    report = check_blueprint(city_with(tmp_path, "land", "water", prohibited_pairs=PAIRS))
    assert told(report) == [("CRS", None, 1)]
    assert "compared with nothing" in report.findings[0].sentence.en
    assert report.layers[1].compared == 0


def test_neither_ring_start_nor_orientation_nor_any_order_matters(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    plain = {
        "land": [square(0, 0, 50, 50), square(0, 50, 50, 50), square(50, 0, 50, 20)],
        "water": [square(48, 20, 50, 75)],
        "parks": [square(60, 95, 41, 5), square(97.98, 20, 2.02, 75)],
    }
    folder = tmp_path_factory.mktemp("orders")

    def facts(drawn: dict[str, list[tuple[str, shapely.Polygon]]], turned: bool) -> Any:
        path = folder / "lines.gpkg"
        path.unlink(missing_ok=True)
        for code, named in drawn.items():
            write_layer(path, code, [s for _, s in named], names=[name for name, _ in named])
        pairs = [["land", "parks"], ["parks", "water"]]
        report = check_blueprint(
            city_with(
                folder,
                *drawn,
                partition=list(drawn),
                within=WHOLE,
                prohibited_pairs=[pair[::-1] for pair in pairs[::-1]] if turned else pairs,
            )
        )
        return [
            (f.code, round(f.area or 0.0, 6), f.layers, f.owners, f.count,
             sorted(c.feature.name.en for c in f.concerned))
            for f in report.findings
        ], dict(sorted(report.pairs.items()))  # fmt: skip

    named = {
        code: [(f"{code}-{number}", shape) for number, shape in enumerate(shapes)]
        for code, shapes in plain.items()
    }
    expected = facts(named, turned=False)
    assert {code for code, *_ in expected[0]} == {
        Code.GAP, Code.EXCESS, Code.OVERLAP, Code.SLIVER
    }  # fmt: skip

    @settings(max_examples=10)
    @given(st.data(), st.integers(0, 3), st.booleans())
    def agrees(data: st.DataObject, start: int, clockwise: bool) -> None:
        def redrawn(shape: shapely.Polygon) -> shapely.Polygon:
            corners = np.roll(np.asarray(shape.exterior.coords)[:-1], start, axis=0)
            return shapely.Polygon(corners[::-1] if clockwise else corners)

        moved = {
            code: [
                (name, redrawn(shape)) for name, shape in data.draw(st.permutations(named[code]))
            ]
            for code in data.draw(st.permutations(list(named)))
        }
        assert facts(moved, turned=clockwise) == expected

    agrees()


def test_gaps_overlaps_and_excess_are_those_of_a_raster(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Rectangles on a grid of 10 m, counted cell by cell; cells 0..9 are the whole."""
    folder = tmp_path_factory.mktemp("raster")
    side = st.tuples(st.integers(0, 11), st.integers(1, 6))
    rectangles = st.lists(st.tuples(side, side), min_size=1, max_size=4)

    @settings(max_examples=25)
    @given(st.fixed_dictionaries({"land": rectangles, "water": rectangles}))
    def agrees(drawn: dict[str, list[Any]]) -> None:
        cover = np.zeros((20, 20), dtype=int)
        for (x, width), (y, height) in itertools.chain.from_iterable(drawn.values()):
            cover[x : x + width, y : y + height] += 1
        layers = {
            code: [square(10 * x, 10 * y, 10 * w, 10 * h) for (x, w), (y, h) in shapes]
            for code, shapes in drawn.items()
        }
        report = checked(
            folder, layers, partition=list(layers), within=WHOLE, sliver={"area": 0, "width": 0}
        )
        whole = np.zeros_like(cover, dtype=bool)
        whole[:10, :10] = True
        ledger = report.partition
        assert ledger is not None
        assert ledger.gap == pytest.approx(100.0 * (whole & (cover == 0)).sum())
        assert ledger.excess == pytest.approx(100.0 * (~whole & (cover > 0)).sum())
        assert ledger.overlap == pytest.approx(100.0 * np.maximum(cover - 1, 0).sum())
        assert ledger.imbalance == pytest.approx(0.0, abs=1e-6)
        found = dict.fromkeys((Code.GAP, Code.EXCESS, Code.OVERLAP), 0.0)
        for finding in report.findings:
            if finding.code in found:
                found[finding.code] += finding.area or 0.0
        assert found[Code.GAP] == pytest.approx(ledger.gap)
        assert found[Code.EXCESS] == pytest.approx(ledger.excess)
        assert found[Code.OVERLAP] == pytest.approx(100.0 * (cover * (cover - 1) // 2).sum())

    agrees()


def test_the_document_holds_what_the_report_holds(tmp_path: Path) -> None:
    layers = {"land": [square(0, 0, 60, 100)], "water": [square(50, 0, 50, 100)]}
    write_lines(tmp_path / "lines.gpkg", layers)
    city = city_with(
        tmp_path, *layers, partition=list(layers), within=WHOLE, prohibited_pairs=PAIRS
    )
    document = blueprint_document(check_blueprint(city), city)
    assert document["clean"] is False
    assert document["summary"] == {"BLUEPRINT-OVERLAP": 1, "BLUEPRINT-CONFLICT": 1}
    assert document["partition"] == {
        "shares": [
            {"layer": "land", "features": 1, "area_m2": 6000.0},
            {"layer": "water", "features": 1, "area_m2": 5000.0},
        ],
        "sum_m2": 11000.0,
        "whole_m2": 10000.0,
        "gap_m2": 0.0,
        "overlap_m2": 1000.0,
        "excess_m2": 0.0,
        "imbalance_m2": 0.0,
        "sliver_gaps": 0,
        "sliver_overlaps": 0,
    }
    conflict = document["findings"][1]
    assert conflict["area_m2"] == 1000.0
    assert shapely.geometry.shape(conflict["geometry"]).equals(square(50, 0, 10, 100))
    assert conflict["owners"] == [OWNERS["land"].to_json(), OWNERS["water"].to_json()]
    assert [d["features"][0]["area_m2"] for d in document["departments"]] == [2000.0, 2000.0]


def test_a_source_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "lines.gpkg").write_bytes(b"SQLite format 3\0 cut off")
    with pytest.raises(ControlLineError, match="cannot be opened"):
        check_blueprint(city_with(tmp_path, "land"))
