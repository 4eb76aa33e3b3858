from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cim.building import BuildingModel, Storey
from cim.footprint import Footprint, FootprintEdge, Footprints, body_outline
from cim.frame import Placement
from cim.ifc import read_ifc
from cim.mesh import Mesh
from tests.support.cities import FRAME, ORIGIN
from tests.support.models import box, boxes_model, element, model_of
from tests.support.solids import (
    damaged,
    inside_out,
    regular_area,
    ring_with_a_hole,
    sphere,
    twisted_tower,
)

UPRIGHT = Placement(*ORIGIN, 5.0, 0.0, 1.0, FRAME)
SEAMS = 1e-3  # m2; corners move by 1e-6 m where elements are united

Box = tuple[tuple[float, float, float], tuple[float, float, float]]
COUNTRY_HOUSE: dict[str, Box] = {
    "cellar": ((1, 1, -3), (9, 9, -0.2)),
    "ground slab": ((0, 0, -0.2), (10, 10, 0)),
    "west wall": ((0, 0, 0), (0.3, 10, 3)),
    "east wall": ((9.7, 0, 0), (10, 10, 3)),
    "upper slab": ((-2, 0, 3), (12, 10, 3.3)),
    "post": ((11.5, 4.8, 0), (11.8, 5.1, 3)),
    "roof": ((-1, -1, 6), (11, 11, 6.2)),
}


def house(**parts: object) -> BuildingModel:
    return boxes_model(COUNTRY_HOUSE, **parts)


def storey(name: str, elevation: float | None) -> Storey:
    return Storey(global_id=name, name=name, building=None, elevation=elevation)


def ids(footprint: Footprint) -> set[str]:
    return {part.global_id for part in footprint.parts}


@given(st.floats(-math.pi, math.pi), st.floats(-500, 500), st.floats(-500, 500))
def test_an_outline_does_not_depend_on_where_and_how_it_stands(
    rotation: float, dx: float, dy: float
) -> None:
    placement = Placement(ORIGIN[0] + dx, ORIGIN[1] + dy, 5.0, rotation, 1.0, FRAME)
    model = model_of([element("A", 0)], [ring_with_a_hole()])
    (outline,) = Footprints(model, placement).outlines
    assert outline.geometry.area == pytest.approx(84.0, abs=1e-6)
    assert (outline.low, outline.high) == (5.0, 8.0)


def test_a_tilted_body_is_projected_after_it_is_tilted() -> None:
    quarter = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], dtype=np.float64)
    model = model_of([element("A", 0, placement=quarter)], [box((0, 0, 0), (5, 2, 7))])
    (outline,) = Footprints(model, UPRIGHT).outlines
    assert outline.geometry.area == pytest.approx(35.0)
    assert (outline.low, outline.high) == (5.0, 7.0)


def test_a_mirrored_body_keeps_its_area_and_turns_its_side() -> None:
    mirror = np.diag([-1.0, 1.0, 1.0, 1.0])
    wedge = Mesh(
        np.array([[0, 0, 0], [4, 0, 0], [0, 3, 0], [0, 0, 2]], dtype=np.float64),
        np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]], dtype=np.int32),
    )
    model = model_of([element("A", 0), element("B", 0, placement=mirror)], [wedge])
    footprints = Footprints(model, UPRIGHT)
    first, second = footprints.outlines
    assert first.geometry.area == second.geometry.area == pytest.approx(6.0)
    west, south, east, north = footprints.whole.geometry.bounds
    assert (west, east) == pytest.approx((ORIGIN[0] - 4, ORIGIN[0] + 4))
    assert (south, north) == pytest.approx((ORIGIN[1], ORIGIN[1] + 3))


def test_each_footprint_of_a_house_is_what_is_there() -> None:
    footprints = Footprints(house())
    assert footprints.whole.area == pytest.approx(140.0 + 2 * 12.0, abs=SEAMS)
    contact = footprints.ground_contact(0.0)
    assert contact.area == pytest.approx(100.0 + 0.09, abs=SEAMS)
    assert ids(contact) == {"ground slab", "west wall", "east wall", "post"}
    assert ids(footprints.basement(0.0)) == {"cellar", "ground slab"}
    assert footprints.basement(0.0).area == pytest.approx(100.0, abs=SEAMS)
    assert footprints.basement(0.0, tolerance=0.5).area == pytest.approx(64.0, abs=SEAMS)
    section = footprints.section(1.0)
    assert section.area == pytest.approx(2 * 3.0 + 0.09, abs=SEAMS)
    assert (section.low, section.high, section.gap) == (1.0, 1.0, 0.0)
    assert footprints.section(5.0).geometry.is_empty
    assert footprints.section(99.0).geometry.is_empty
    assert footprints.band(2.9, 3.1).area == pytest.approx(140.0, abs=SEAMS)
    assert footprints.of_elements({"post", "roof"}).area == pytest.approx(144.09, abs=SEAMS)


def test_of_two_bodies_that_meet_a_section_shows_the_upper_one() -> None:
    assert ids(Footprints(house()).section(3.0)) == {"upper slab"}
    assert ids(Footprints(house()).section(0.0)) == {"west wall", "east wall", "post"}


def test_each_footprint_says_how_it_was_taken() -> None:
    footprints = Footprints(house(), UPRIGHT)
    assert footprints.section(6.0).basis.en == "horizontal section at 6.000 m"
    assert footprints.basement(5.0).basis.zh == "地面以下（深于 0.050 m）部分的投影"
    assert footprints.roof().basis.en.startswith("the file names no roof")


def test_storeys_stand_at_their_own_heights_lowest_first() -> None:
    model = dataclasses.replace(
        house(), storeys=(storey("2F", 3.3), storey("loft", None), storey("1F", 0.0))
    )
    ground, upper = Footprints(model, UPRIGHT).storeys()
    assert (ground.storey.global_id, upper.storey.global_id) == ("1F", "2F")
    assert (ground.plate.low, ground.plate.high) == pytest.approx((4.9, 5.1))
    assert ground.plate.area == pytest.approx(100.0 + 0.09, abs=SEAMS)
    assert ground.section.low == 6.0
    assert ids(ground.section) == {"west wall", "east wall", "post"}
    assert upper.plate.area == pytest.approx(140.0, abs=SEAMS)
    assert upper.section.geometry.is_empty


def test_the_roof_is_what_the_file_calls_one() -> None:
    model = house()
    kinds = [
        dataclasses.replace(e, ifc_class="IfcSlab", predefined_type="ROOF")
        if e.global_id == "roof"
        else e
        for e in model.elements
    ]
    roof = Footprints(dataclasses.replace(model, elements=tuple(kinds))).roof()
    assert ids(roof) == {"roof"}
    assert roof.area == pytest.approx(144.0)
    assert Footprints(model).roof().area == pytest.approx(Footprints(model).whole.area)


def test_an_empty_model_has_empty_footprints() -> None:
    footprints = Footprints(model_of([element("A", None)], []))
    assert footprints.outlines == ()
    for found in (
        footprints.whole,
        footprints.section(0.0),
        footprints.ground_contact(0.0),
        footprints.ground_contact(lambda points: points[:, 0]),
        footprints.roof(),
    ):
        assert found.geometry.is_empty
        assert found.edges() == ()


def slab(top: float) -> BuildingModel:
    return boxes_model({"slab": ((0, 0, 0), (10, 10, top))})


def test_on_a_slope_contact_ends_where_the_ground_leaves_the_body() -> None:
    def slope(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return 0.1 * points[:, 0]

    footprints = Footprints(slab(0.5))
    assert footprints.ground_contact(slope, tolerance=0.05).area == pytest.approx(55.0, abs=SEAMS)
    below = footprints.basement(slope, tolerance=0.05)
    assert below.area == pytest.approx(95.0, abs=SEAMS)
    assert (below.low, below.high) == (-math.inf, -0.05)


def test_a_curved_ground_is_followed_within_a_large_face() -> None:
    def bowl(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return points[:, 0] ** 2 / 100.0

    contact = Footprints(slab(0.2)).ground_contact(bowl, tolerance=0.05)
    assert contact.area == pytest.approx(50.0, abs=0.25)


def test_elements_where_the_ground_is_not_known_are_named() -> None:
    def half(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(points[:, 0] < 5.5, 0.0, np.nan)

    model = boxes_model({"A": ((0, 0, 0), (4, 4, 3)), "B": ((4, 0, 0), (8, 4, 3))})
    contact = Footprints(model).ground_contact(half)
    assert ids(contact) == {"A"}
    assert contact.unjudged == ("B",)
    assert contact.area == pytest.approx(16.0, abs=SEAMS)
    above = Footprints(boxes_model({"high": ((0, 0, 50), (9, 4, 53))}))
    assert above.ground_contact(half).unjudged == ("high",)
    nowhere = Footprints(model).ground_contact(lambda points: np.full(len(points), np.nan))
    assert nowhere.unjudged == ("A", "B")
    assert nowhere.geometry.is_empty


@given(st.floats(-math.pi, math.pi), st.randoms(use_true_random=False))
def test_footprints_depend_on_neither_motion_nor_the_order_of_elements(
    rotation: float, random: object
) -> None:
    placement = Placement(*ORIGIN, 5.0, rotation, 1.0, FRAME)
    model = house()
    order = list(model.elements)
    random.shuffle(order)  # type: ignore[attr-defined]
    footprints = Footprints(dataclasses.replace(model, elements=tuple(order)), placement)
    still = Footprints(model)
    for found, wanted in (
        (footprints.whole, still.whole),
        (footprints.section(6.0), still.section(1.0)),
        (footprints.ground_contact(5.0), still.ground_contact(0.0)),
        (footprints.basement(5.0), still.basement(0.0)),
    ):
        assert found.area == pytest.approx(wanted.area, abs=SEAMS)
        assert ids(found) == ids(wanted)
        assert len(shapely.get_parts(found.geometry)) == len(shapely.get_parts(wanted.geometry))


@given(st.floats(-math.pi, math.pi))
def test_elements_that_meet_leave_no_slit(rotation: float) -> None:
    placement = Placement(*ORIGIN, 5.0, rotation, 0.99987, FRAME)
    row = {f"{i}": ((i * 1.1, 0.0, 0.0), ((i + 1) * 1.1, 3.3, 1.0)) for i in range(9)}
    whole = Footprints(boxes_model(row), placement).whole
    assert whole.geometry.geom_type == "Polygon"
    assert not whole.geometry.interiors
    assert whole.area == pytest.approx(9.9 * 3.3 * 0.99987**2, abs=SEAMS)


def test_bodies_that_share_a_mesh_are_cut_where_each_stands() -> None:
    ball = sphere(2.0, 48, 47)
    lift = [np.eye(4) for _ in range(3)]
    for i, matrix in enumerate(lift):
        matrix[0, 3], matrix[2, 3] = 10.0 * i, 1.0 * i
    shared = model_of([element(f"{i}", 0, placement=m) for i, m in enumerate(lift)], [ball])
    own = model_of(
        [element(f"{i}", i) for i in range(3)], [ball.transformed(matrix) for matrix in lift]
    )
    found, wanted = Footprints(shared).section(1.0), Footprints(own).section(1.0)
    assert [p.geometry.area for p in found.parts] == pytest.approx(
        [p.geometry.area for p in wanted.parts]
    )
    assert found.parts[1].geometry.area == pytest.approx(regular_area(2.0, 48), abs=1e-4)


def test_a_sheet_that_stands_alone_is_a_line_beside_the_polygons() -> None:
    sheet = Mesh(
        np.array([[20, 0, 0], [25, 0, 0], [25, 0, 3], [20, 0, 3]], dtype=np.float64),
        np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32),
    )
    model = model_of([element("A", 0), element("S", 1)], [box((0, 0, 0), (2, 2, 2)), sheet])
    whole = Footprints(model).whole
    assert whole.area == pytest.approx(4.0)
    assert whole.geometry.bounds == pytest.approx((0.0, 0.0, 25.0, 2.0))
    assert {e for edge in whole.edges() for e in edge.elements} == {"A"}


@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_tower_is_within_three_thousandths_of_the_exact_union(seed: int) -> None:
    tower = damaged(twisted_tower(50, 40), seed)
    triangles = shapely.polygons(tower.triangles()[:, :, :2])
    wanted = shapely.union_all(triangles[shapely.area(triangles) > 1e-12])
    found = Footprints(model_of([element("T", 0)], [tower])).whole.geometry
    assert found.symmetric_difference(wanted).area < 0.003


def named(edges: tuple[FootprintEdge, ...]) -> set[tuple[tuple[float, ...], tuple[str, ...]]]:
    return {
        ((*np.round(edge.start, 5).tolist(), *np.round(edge.end, 5).tolist()), edge.elements)
        for edge in edges
    }


def test_edges_name_the_elements_that_form_them() -> None:
    model = boxes_model(
        {
            "A": ((0, 0, 0), (2, 2, 1)),
            "B": ((2, 0, 0), (4, 1, 1)),
            "above A": ((0, 0, 1), (2, 1, 2)),
            "within": ((0.5, 0.5, 0), (1, 1, 1)),
        }
    )
    assert named(Footprints(model).whole.edges()) == {
        ((0, 0, 2, 0), ("A", "above A")),
        ((2, 0, 4, 0), ("B",)),
        ((4, 0, 4, 1), ("B",)),
        ((4, 1, 2, 1), ("B",)),
        ((2, 1, 2, 2), ("A",)),
        ((2, 2, 0, 2), ("A",)),
        ((0, 2, 0, 1), ("A",)),
        ((0, 1, 0, 0), ("A", "above A")),
    }


def test_edges_of_a_hole_run_with_the_footprint_to_their_left() -> None:
    model = model_of([element("R", 0)], [ring_with_a_hole()])
    edges = Footprints(model).whole.edges()
    assert named(edges) == {
        ((0, 0, 10, 0), ("R",)),
        ((10, 0, 10, 10), ("R",)),
        ((10, 10, 0, 10), ("R",)),
        ((0, 10, 0, 0), ("R",)),
        ((3, 3, 3, 7), ("R",)),
        ((3, 7, 7, 7), ("R",)),
        ((7, 7, 7, 3), ("R",)),
        ((7, 3, 3, 3), ("R",)),
    }


corner = st.integers(0, 12)
size = st.integers(1, 6)


@given(st.lists(st.tuples(corner, corner, size, size), min_size=1, max_size=8), st.floats(-3, 3))
def test_edges_are_the_whole_outline_and_each_lies_on_its_elements(
    boxes: list[tuple[int, int, int, int]], rotation: float
) -> None:
    placed = {f"{i}": ((x, y, 0.0), (x + w, y + h, 1.0)) for i, (x, y, w, h) in enumerate(boxes)}
    placement = Placement(*ORIGIN, 0.0, rotation, 1.0, FRAME)
    whole = Footprints(boxes_model(placed), placement).whole
    edges = whole.edges()
    assert sum(edge.length for edge in edges) == pytest.approx(whole.geometry.length, abs=1e-4)
    outlines = {part.global_id: part.geometry.exterior for part in whole.parts}
    for edge in edges:
        line = shapely.LineString([edge.start, edge.end])
        along = {name for name, outline in outlines.items() if outline.buffer(2e-5).contains(line)}
        assert along
        assert set(edge.elements) == along


def test_every_edge_of_a_damaged_round_body_has_its_element() -> None:
    model = model_of(
        [element("T", 0), element("S", 1)],
        [damaged(twisted_tower(40, 30), 1), inside_out(sphere(25.0, 40, 39))],
    )
    edges = Footprints(model, UPRIGHT).whole.edges()
    assert all(edge.elements for edge in edges)
    assert {name for edge in edges for name in edge.elements} <= {"T", "S"}


def test_a_site_outside_the_elements_has_an_outline_of_its_own() -> None:
    model = model_of([], [], site=box((0, 0, 0), (30, 20, 1)))
    (site,) = model.sites
    assert site.representation is not None
    outline = body_outline(model, site.representation, UPRIGHT)
    assert outline.bounds == pytest.approx((*ORIGIN, ORIGIN[0] + 30, ORIGIN[1] + 20))
    assert outline.area == pytest.approx(600.0)


@pytest.fixture(scope="module")
def town_house(data_folder: Path) -> BuildingModel:
    return read_ifc(data_folder / "ifc" / "ThatOpen__engine_web-ifc" / "AC20-FZK-Haus.ifc")


@pytest.mark.slow
@pytest.mark.parametrize("rotation", [0.0, 0.3])
def test_a_house_of_an_authoring_tool_covers_what_all_its_triangles_cover(
    town_house: BuildingModel, rotation: float
) -> None:
    placement = Placement(0.0, 0.0, 0.0, rotation, 1.0, FRAME)
    triangles = [
        town_house.body(body).transformed(placement.matrix).triangles()[:, :, :2]
        for _, body in town_house.drawn()
    ]
    flat = shapely.polygons(np.concatenate(triangles))
    wanted = shapely.union_all(flat[shapely.area(flat) > 1e-9])
    whole = Footprints(town_house, placement).whole
    assert whole.geometry.symmetric_difference(wanted).area < 0.003
    assert whole.area == pytest.approx(143.0, abs=0.003)
    edges = whole.edges()
    assert all(edge.elements for edge in edges)
    assert sum(edge.length for edge in edges) == pytest.approx(whole.geometry.length, abs=1e-3)


@pytest.mark.slow
def test_the_storeys_and_the_roof_of_a_house_of_an_authoring_tool(
    town_house: BuildingModel,
) -> None:
    footprints = Footprints(town_house)
    ground, upper = footprints.storeys()
    # 12 m by 10 m by its own drawing.
    assert ground.plate.area == pytest.approx(120.0, abs=0.003)
    assert ground.section.gap == upper.section.gap == 0.0
    assert footprints.ground_contact(0.0).area == pytest.approx(120.0, abs=0.003)
    assert footprints.roof().area == pytest.approx(143.0, abs=0.003)
    assert footprints.roof().basis.en == "projection of the elements that are roofs"
