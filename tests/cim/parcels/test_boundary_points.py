from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from cim.city_frame import CityFrame
from cim.errors import ParcelError
from cim.parcel import Parcel, parcels_from_json, parcels_to_json
from cim.parcels import read_parcels
from cim.parcels.guarded import read_parcels_guarded
from tests.support.cities import FRAME, ORIGIN, flat_terrain

E, N = ORIGIN
EXTENT = flat_terrain().extent
RING = [(0.0, 0.0), (120.0, 0.0), (120.0, 104.5), (112.0, 120.0), (0.0, 120.0)]
HOLE = [(10.0, 10.0), (10.0, 20.0), (20.0, 20.0), (20.0, 10.0)]
AREA = 120.0 * 120.0 - 62.0
HEADER = "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号=39\n计量单位=米\n精度=0.001\n[地块坐标]\n"


def lines(
    ring: list[tuple[float, float]],
    *,
    number: int = 1,
    prefix: float = 39_000_000.0,
    first: int = 1,
) -> str:
    """Point lines, X northing and Y easting with zone number, closed by the first point."""
    rows = [
        f"J{first + i},{number},{N + y:.3f},{E + x + prefix:.3f}" for i, (x, y) in enumerate(ring)
    ]
    return "\n".join([*rows, rows[0]]) + "\n"


def parcel_line(count: int, area: float | str, name: str = "2026-018") -> str:
    return f"{count},{area},1,{name},面,,住宅,,@\n"


def listed(tmp_path: Path, text: str, *, encoding: str = "utf-8") -> tuple[Parcel, ...]:
    path = tmp_path / "parcel.txt"
    path.write_bytes(text.encode(encoding))
    return read_parcels(path, FRAME, EXTENT)


def moved(ring: list[tuple[float, float]]) -> BaseGeometry:
    return shapely.Polygon([(E + x, N + y) for x, y in ring])


REGULAR = HEADER + parcel_line(6, f"{AREA / 10_000.0:.4f}") + lines(RING)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_regular_list_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    (parcel,) = listed(tmp_path, REGULAR, encoding=encoding)
    assert parcel.name == "2026-018"
    assert parcel.geometry.equals(moved(RING))
    assert parcel.geometry.area == pytest.approx(AREA)
    assert parcel.stated_area == pytest.approx(AREA, abs=1.0)
    told = " ".join(note.en for note in parcel.notes)
    assert "zone number; it was taken off" in told
    assert ("GBK" in told) == (encoding == "gb18030")


def test_rings_of_a_higher_number_are_holes(tmp_path: Path) -> None:
    text = HEADER + parcel_line(11, f"{(AREA - 100.0) / 10_000.0:.4f}")
    (parcel,) = listed(tmp_path, text + lines(RING) + lines(HOLE, number=2, first=6))
    assert parcel.geometry.equals(moved(RING).difference(moved(HOLE)))


def test_a_ring_beside_the_first_is_another_part(tmp_path: Path) -> None:
    beside = [(x + 200.0, y) for x, y in HOLE]
    text = HEADER + parcel_line(11, f"{(AREA + 100.0) / 10_000.0:.4f}")
    (parcel,) = listed(tmp_path, text + lines(RING) + lines(beside, number=2, first=6))
    assert parcel.geometry.area == pytest.approx(AREA + 100.0)
    assert parcel.geometry.geom_type == "MultiPolygon"


def test_several_parcels(tmp_path: Path) -> None:
    second = [(x + 200.0, y) for x, y in HOLE]
    text = REGULAR + parcel_line(5, 0.01, "B") + lines(second)
    parcels = listed(tmp_path, text)
    assert [parcel.name for parcel in parcels] == ["2026-018", "B"]
    assert parcels[1].geometry.equals(moved(second))


def test_points_without_any_header(tmp_path: Path) -> None:
    text = "\n".join(f"{N + y} {E + x}" for x, y in [*RING, RING[0]])
    (parcel,) = listed(tmp_path, text)
    assert parcel.name == "parcel"
    assert parcel.geometry.equals(moved(RING))
    assert [note.en for note in parcel.notes] == [
        "The points name no CRS; the city's, EPSG:4548, is assumed."
    ]


@pytest.mark.parametrize("prefix", [0.0, 39_000_000.0])
def test_swapped_axes_are_understood_and_told(tmp_path: Path, prefix: float) -> None:
    text = "\n".join(f"J{i},{E + x + prefix},{N + y}" for i, (x, y) in enumerate([*RING, RING[0]]))
    (parcel,) = listed(tmp_path, text)
    assert parcel.geometry.equals(moved(RING))
    assert any("exchanged" in note.en for note in parcel.notes)


@pytest.mark.parametrize(
    ("area", "unit"), [(AREA, "m²"), (AREA * 15.0 / 10_000.0, "亩 (mu)"), (AREA / 10_000.0, None)]
)
def test_the_unit_of_the_area_is_told_apart(tmp_path: Path, area: float, unit: str | None) -> None:
    (parcel,) = listed(tmp_path, HEADER + parcel_line(6, f"{area:.4f}") + lines(RING))
    assert parcel.stated_area == pytest.approx(AREA, abs=1.0)
    said = [note.en for note in parcel.notes if "area is given" in note.en]
    assert said == ([f"The area is given in {unit}, not in hectares."] if unit else [])


def test_the_count_proves_an_unclosed_ring(tmp_path: Path) -> None:
    unclosed = "\n".join(lines(RING).splitlines()[:-1]) + "\n"
    (parcel,) = listed(tmp_path, HEADER + parcel_line(5, "") + unclosed)
    assert parcel.geometry.equals(moved(RING))
    assert any("was not closed" in note.en for note in parcel.notes)


CROSSED = [RING[0], RING[2], RING[1], RING[4]]
WRONG = {
    "unclosed": ("\n".join(lines(RING).splitlines()[:-1]), "5", "not closed"),
    "crossing": (HEADER + parcel_line(5, "") + lines(CROSSED), "9", "crosses itself"),
    "area": (HEADER + parcel_line(6, 2.5) + lines(RING), "8", "the area stated is 2.5"),
    "count": (HEADER + parcel_line(9, "") + lines(RING), "8", "states 9 boundary points and has 6"),
    "text": (HEADER + parcel_line(6, "") + "J1,1,abc,def\n", "9", "no boundary point"),
    "infinite": (HEADER + parcel_line(6, "") + "J1,1,inf,nan\n", "9", "no numbers"),
    "kind": ("3,1.0,1,name,线,,,,@\n" + lines(RING), "1", "no area but 线"),
    "datum": (REGULAR.replace("2000国家大地坐标系", "80国家大地坐标系"), "2", "not CGCS2000"),
    "unit": (REGULAR.replace("计量单位=米", "计量单位=千米"), "5", "must be metres"),
    "outside": (lines([(x + 9e3, y) for x, y in RING]), "1", "outside the city"),
    "two points": (f"{N},{E}\n{N + 5},{E}\n", "1", "at least three"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, what: str) -> None:
    text, line, words = WRONG[what]
    with pytest.raises(ParcelError) as caught:
        listed(tmp_path, text)
    assert words in caught.value.reason.en
    assert caught.value.place == line
    assert caught.value.path == tmp_path / "parcel.txt"
    assert caught.value.remedy is not None or what == "two points"


@pytest.mark.parametrize(
    "text",
    [
        REGULAR.replace("带号=39", "带号=38"),
        lines(RING, prefix=38_000_000.0),
        lines(RING, prefix=20_000_000.0).replace("J", "K"),
    ],
)
def test_another_zone_is_refused(tmp_path: Path, text: str) -> None:
    if "K1" in text:  # zone 20 of 6 degrees has the central meridian of the city, 117
        assert listed(tmp_path, text)[0].geometry.equals(moved(RING))
        return
    with pytest.raises(ParcelError, match="central meridian 114"):
        listed(tmp_path, text)


def test_a_zone_prefix_is_added_where_the_city_has_one(tmp_path: Path) -> None:
    frame = CityFrame("EPSG:4527", FRAME.vertical)
    west, south, east, north = EXTENT
    path = tmp_path / "parcel.txt"
    path.write_text(lines(RING, prefix=0.0), encoding="utf-8")
    (parcel,) = read_parcels(path, frame, (west + 39e6, south, east + 39e6, north))
    assert parcel.geometry.bounds[0] == pytest.approx(E + 39e6)
    assert any("it was added" in note.en for note in parcel.notes)


def test_nothing_and_other_formats(tmp_path: Path) -> None:
    with pytest.raises(ParcelError, match="no boundary points"):
        listed(tmp_path, HEADER)
    with pytest.raises(ParcelError, match="no such file"):
        read_parcels(tmp_path / "none.txt", FRAME, EXTENT)
    (tmp_path / "parcel.dwg").write_bytes(b"AC1032")
    with pytest.raises(ParcelError, match=r"\.dwg is no known format"):
        read_parcels(tmp_path / "parcel.dwg", FRAME, EXTENT)


def test_a_child_reads_the_same_and_tells_the_same_errors(tmp_path: Path) -> None:
    path = tmp_path / "parcel.txt"
    path.write_text(REGULAR, encoding="utf-8")
    (there,) = read_parcels_guarded(path, FRAME, EXTENT)
    (here,) = read_parcels(path, FRAME, EXTENT)
    assert there == here
    assert parcels_from_json(parcels_to_json([here])) == (here,)
    path.write_text(WRONG["crossing"][0], encoding="utf-8")
    with pytest.raises(ParcelError, match="crosses itself") as caught:
        read_parcels_guarded(path, FRAME, EXTENT)
    assert caught.value.place == "9"
