from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from cim.building import BuildingModel
from cim.ifc import read_ifc
from tests.cim.ifc.author import Author

RING = [(0.0, 0.0), (40.0, 0.0), (40.0, 30.0), (0.0, 30.0)]


class Parcel:
    """A site whose curves a test draws; metres."""

    def __init__(self, length: float = 0.001) -> None:
        self.author = Author(length)
        self.make = self.author.file.create_entity
        self.author.place(self.author.site, (100.0, 200.0, 5.0))

    def point(self, *at: float) -> Any:
        return self.make("IfcCartesianPoint", [float(x) / self.author.length for x in at])

    def polyline(self, points: list[tuple[float, ...]]) -> Any:
        return self.make("IfcPolyline", [self.point(*at) for at in points])

    def circle(self, centre: tuple[float, float], radius: float) -> Any:
        axes = self.make("IfcAxis2Placement2D", self.point(*centre))
        return self.make("IfcCircle", axes, radius / self.author.length)

    def arc(self, circle: Any, start: tuple[float, float], end: tuple[float, float]) -> Any:
        return self.make("IfcTrimmedCurve", circle, [self.point(*start)], [self.point(*end)], True, "CARTESIAN")  # fmt: skip

    def shape(self, identifier: str, kind: str, items: list[Any]) -> Any:
        return self.make("IfcShapeRepresentation", self.author.body, identifier, kind, items)

    def draw(self, *shapes: Any) -> None:
        self.author.site.Representation = self.make(
            "IfcProductDefinitionShape", Representations=list(shapes)
        )

    def read(self, folder: Path) -> BuildingModel:
        return read_ifc(self.author.write(folder / "a.ifc"))


@pytest.mark.parametrize("length", [0.001, 1.0, 0.3048])
def test_a_footprint_is_a_ring_in_the_engineering_frame(tmp_path: Path, length: float) -> None:
    p = Parcel(length)
    p.draw(p.shape("FootPrint", "Curve2D", [p.polyline([*RING, RING[0]])]))
    (site,) = p.read(tmp_path).sites
    (ring,) = site.parcel
    np.testing.assert_allclose(
        ring, [(100 + x, 200 + y, 5.0) for x, y in RING], rtol=0.0, atol=1e-9
    )
    assert site.parcel_source == "FootPrint"


def test_pieces_are_joined_and_holes_kept_and_the_best_representation_is_taken(
    tmp_path: Path,
) -> None:
    p = Parcel()
    sides = [
        p.polyline([RING[0], RING[1], RING[2]]),
        p.polyline([RING[0], RING[3]]),
        p.polyline([RING[2], RING[3]]),
    ]
    hole = p.polyline([(10.0, 10.0), (20.0, 10.0), (20.0, 20.0), (10.0, 10.0)])
    p.draw(
        p.shape("Annotation", "Annotation2D", [p.polyline([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)])]),
        p.shape("FootPrint", "GeometricCurveSet", [p.make("IfcGeometricCurveSet", [*sides, hole])]),
    )  # fmt: skip
    (site,) = p.read(tmp_path).sites
    assert site.parcel_source == "FootPrint"
    assert [len(ring) for ring in site.parcel] == [4, 3]
    assert [shapely.Polygon(ring).area for ring in site.parcel] == pytest.approx([1200.0, 50.0])


def test_arcs_keep_within_a_millimetre(tmp_path: Path) -> None:
    p = Parcel()
    half = p.arc(p.circle((20.0, 0.0), 20.0), (40.0, 0.0), (0.0, 0.0))
    base = p.polyline([(0.0, 0.0), (40.0, 0.0)])
    segments = [
        p.make("IfcCompositeCurveSegment", "CONTINUOUS", True, curve) for curve in (base, half)
    ]
    whole = p.make("IfcCompositeCurve", segments, False)
    p.draw(p.shape("FootPrint", "Curve2D", [whole, p.circle((60.0, 60.0), 5.0)]))
    (site,) = p.read(tmp_path).sites
    d, disc = (shapely.Polygon(ring) for ring in site.parcel)
    assert d.area == pytest.approx(math.pi * 20.0**2 / 2.0, abs=1e-3 * math.pi * 20.0)
    assert disc.area == pytest.approx(math.pi * 25.0, abs=1e-3 * math.pi * 10.0)
    distances = np.linalg.norm(site.parcel[1][:, :2] - (160.0, 260.0), axis=1)
    np.testing.assert_allclose(distances, 5.0, atol=1e-9)


def test_an_indexed_curve_has_arcs_through_three_points(tmp_path: Path) -> None:
    p = Parcel()
    coordinates = [(0.0, 0.0), (40.0, 0.0), (60.0, 20.0), (40.0, 40.0), (0.0, 40.0)]
    points = p.make("IfcCartesianPointList2D", [[x * 1000.0, y * 1000.0] for x, y in coordinates])
    segments = [
        p.make("IfcLineIndex", [1, 2]),
        p.make("IfcArcIndex", [2, 3, 4]),
        p.make("IfcLineIndex", [4, 5, 1]),
    ]
    p.draw(p.shape("FootPrint", "Curve2D", [p.make("IfcIndexedPolyCurve", points, segments)]))
    (ring,) = p.read(tmp_path).sites[0].parcel
    assert shapely.Polygon(ring).area == pytest.approx(
        1600.0 + math.pi * 200.0, abs=1e-3 * math.pi * 20.0
    )
    far = np.linalg.norm(ring[:, :2] - (140.0, 220.0), axis=1)[ring[:, 0] > 140.0 + 1e-9]
    np.testing.assert_allclose(far, 20.0, atol=1e-9)


def test_curves_that_are_no_boundary_are_told(tmp_path: Path) -> None:
    p = Parcel()
    spline = p.make(
        "IfcBSplineCurve" + "WithKnots", 1, [p.point(0.0, 0.0), p.point(1.0, 1.0)], "UNSPECIFIED", False, False, [2, 2], [0.0, 1.0], "UNSPECIFIED"
    )  # fmt: skip
    contours = [p.polyline([(0.0, y), (30.0, y)]) for y in range(3)]
    p.draw(p.shape("Annotation", "Curve2D", [spline, *contours]))
    model = p.read(tmp_path)
    assert model.sites[0].parcel == ()
    assert model.sites[0].parcel_source is None
    assert [warning.en for warning in model.warnings] == [
        "1 IfcBSplineCurveWithKnots of the site's boundary could not be read.",
        "3 curves of the site do not close and are no boundary of a parcel.",
    ]


def test_a_body_is_no_parcel(tmp_path: Path) -> None:
    p = Parcel()
    p.draw(p.author.solid((10.0, 10.0, 1.0)))
    (site,) = p.read(tmp_path).sites
    assert site.representation is not None
    assert site.parcel == ()


def test_broken_curves_are_told_and_the_others_read(tmp_path: Path) -> None:
    p = Parcel()
    nowhere = p.make("IfcTrimmedCurve", p.make("IfcLine", p.point(0.0, 0.0), p.make("IfcVector", p.make("IfcDirection", (0.0, 0.0)), 1.0)), [p.make("IfcParameterValue", 0.0)], [p.make("IfcParameterValue", 1.0)], True, "PARAMETER")  # fmt: skip
    beyond = p.make("IfcIndexedPolyCurve", p.make("IfcCartesianPointList2D", [[0.0, 0.0], [1.0, 0.0]]), [p.make("IfcLineIndex", [1, 9])])  # fmt: skip
    ring = p.polyline([*RING, RING[0]])
    p.draw(p.shape("FootPrint", "GeometricCurveSet", [p.make("IfcGeometricCurveSet", [nowhere, beyond, ring])]))  # fmt: skip
    model = p.read(tmp_path)
    (found,) = model.sites[0].parcel
    assert shapely.Polygon(found).area == pytest.approx(1200.0)
    assert sorted(warning.en for warning in model.warnings) == [
        "1 IfcIndexedPolyCurve of the site's boundary could not be read.",
        "1 IfcTrimmedCurve of the site's boundary could not be read.",
        "the parser says: IfcIndexedPolyCurve index out of bounds for index 9",
    ]


def test_a_curve_of_itself_comes_to_an_end(tmp_path: Path) -> None:
    p = Parcel()
    line = p.polyline([(0.0, 0.0), (1.0, 0.0)])
    segments = [p.make("IfcCompositeCurveSegment", "CONTINUOUS", True, line) for _ in range(12)]
    whole = p.make("IfcCompositeCurve", segments, False)
    for segment in segments[1:]:
        segment.ParentCurve = whole
    p.draw(p.shape("FootPrint", "Curve2D", [whole, p.polyline([*RING, RING[0]])]))
    model = p.read(tmp_path)
    assert [len(ring) for ring in model.sites[0].parcel] == [4]
    assert [warning.en for warning in model.warnings] == [
        "1 IfcCompositeCurve of the site's boundary could not be read."
    ]


def test_an_arc_of_huge_radius_has_a_bounded_number_of_chords(tmp_path: Path) -> None:
    p = Parcel()
    p.draw(p.shape("FootPrint", "Curve2D", [p.circle((0.0, 0.0), 1e9)]))
    (ring,) = p.read(tmp_path).sites[0].parcel
    assert len(ring) == 10_000
    np.testing.assert_allclose(np.linalg.norm(ring[:, :2] - (100.0, 200.0), axis=1), 1e9)
