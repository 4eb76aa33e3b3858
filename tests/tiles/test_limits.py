"""Limit surfaces as a tileset: read back, every vertex stands on the surface in EPSG:4978."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from bim_checks.landscape.aerodrome import RunwayEnd
from bim_checks.landscape.airspace import airspace_surfaces
from bim_checks.landscape.limit_mesh import CityLimit, LimitPiece, limit_mesh
from bim_checks.measures.limit_surface import InclinedPlane, RisingSurface
from cim.text import Text
from tests.support.aerodromes import precision_code_4
from tests.support.cities import FRAME, ORIGIN
from tests.tiles.houses import Seen, tiles_of, to_ecef
from tiles import limits
from tiles.limits import FILL, RIM, LimitFeature, write_limits_tileset
from tiles.validation import check_tileset

MILLIMETRE = 1e-3
AMBER = (0.9, 0.6, 0.1)


def at(x: float, y: float) -> tuple[float, float]:
    return (ORIGIN[0] + x, ORIGIN[1] + y)


def feature(identifier: str, limit: CityLimit, extent: shapely.Polygon) -> LimitFeature:
    mesh = limit_mesh(limit, extent)
    assert mesh is not None
    return LimitFeature(
        identifier=identifier,
        rule=identifier.split("/")[0],
        rule_type="TEST",
        names={"name_zh": limit.name.zh, "name_en": limit.name.en},
        colour=AMBER,
        vertices=mesh.vertices,
        faces=mesh.faces,
        rim=mesh.rim,
        sagitta=mesh.sagitta,
    )


def corners_of(folder: Path, seen: Seen, row: int) -> NDArray[np.float64]:
    """Triangles of one feature as they stand on the globe, shape (M, 3, 3), EPSG:4978."""
    found = []
    assert seen.glb is not None
    for primitive in seen.glb.primitives:
        assert primitive.features is not None
        assert primitive.triangles is not None
        triangles = primitive.triangles[primitive.features[primitive.triangles[:, 0]] == row]
        found.append(to_ecef(folder, primitive.positions)[triangles])
    return np.concatenate(found)


def features_of(folder: Path) -> dict[str, tuple[dict[str, Any], NDArray[np.float64]]]:
    """Row of the property table and triangles of every feature, by identifier."""
    found = {}
    for seen in tiles_of(folder):
        if seen.glb is None:
            continue
        for row, name in enumerate(seen.glb.columns["id"]):
            values = {key: column[row] for key, column in seen.glb.columns.items()}
            found[str(name)] = (values, corners_of(folder, seen, row))
    return found


def off_surface(limit: CityLimit, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far points, shape (N, 3), EPSG:4978, are above or below the nearest of a limit's pieces, metres."""
    placed = FRAME.from_ecef(points)
    off = [np.abs(placed[:, 2] - piece.surface.at(placed)) for piece in limit.pieces]
    least: NDArray[np.float64] = np.min(off, axis=0)
    return least


CONE = CityLimit.of(
    Text(zh="视锥", en="a cone"),
    RisingSurface(shapely.Point(at(0, 0)), 20.0, 0.08),
    shapely.Point(at(0, 0)).buffer(250.0),
)
PLANE = CityLimit.of(
    Text(zh="平面", en="a plane"),
    InclinedPlane((*at(0, 0), 60.0), (0.02, -0.01)),
    shapely.box(*at(-400, -400), *at(500, 300)),
)


def test_vertices_stand_on_the_surface_and_faces_near_it_on_the_globe(tmp_path: Path) -> None:
    extent = shapely.box(*at(-3000, -3000), *at(3000, 3000))
    given = {"CONE/1": CONE, "PLANE/1": PLANE}
    features = [feature(name, limit, extent) for name, limit in given.items()]
    summary = write_limits_tileset(features, FRAME, tmp_path / "t")
    assert check_tileset(tmp_path / "t") == []
    assert summary.elements == 2
    assert summary.triangles == sum(len(f.faces) for f in features)
    found = features_of(tmp_path / "t")
    assert set(found) == set(given)
    for name, (row, corners) in found.items():
        assert off_surface(given[name], corners.reshape(-1, 3)).max() <= MILLIMETRE
        shares = np.random.default_rng(7).dirichlet((1.0, 1.0, 1.0), (len(corners), 10))
        inside = np.einsum("mkc,mcd->mkd", shares, corners).reshape(-1, 3)
        assert off_surface(given[name], inside).max() <= row["sagitta"] + MILLIMETRE


def test_every_surface_of_a_runway_stands_in_a_large_city(tmp_path: Path) -> None:
    ends = [
        RunwayEnd(
            name=name,
            easting=place[0],
            northing=place[1],
            elevation=0.0,
            displaced=0.0,
            clearway=0.0,
            landing=True,
            take_off=True,
        )
        for name, place in {"07": at(-1600, -500), "25": at(1600, 500)}.items()
    ]
    named: dict[Text, list[LimitPiece]] = {}
    for each in airspace_surfaces(precision_code_4(ends)):
        named.setdefault(each.name, []).append(LimitPiece(each.surface, each.region))
    given = {
        f"AIR/{number}": CityLimit(name, tuple(pieces))
        for number, (name, pieces) in enumerate(named.items(), start=1)
    }
    extent = shapely.box(*at(-12_000, -12_000), *at(12_000, 12_000))
    features = [feature(name, limit, extent) for name, limit in given.items()]
    write_limits_tileset(features, FRAME, tmp_path / "t")
    assert check_tileset(tmp_path / "t") == []
    found = features_of(tmp_path / "t")
    assert set(found) == set(given)
    for name, (row, corners) in found.items():
        assert off_surface(given[name], corners.reshape(-1, 3)).max() <= MILLIMETRE
        middle = corners.mean(axis=1)
        assert off_surface(given[name], middle).max() <= row["sagitta"] + MILLIMETRE
    conical = next(row for row, _ in found.values() if row["name_en"] == "the conical surface")
    assert (conical["low"], conical["high"]) == pytest.approx((45.0, 145.0), abs=1e-3)


def test_a_feature_tells_its_rule_its_names_and_its_heights_inside_the_city(
    tmp_path: Path,
) -> None:
    extent = shapely.box(*at(-100, -100), *at(100, 100))
    write_limits_tileset([feature("HGT-08/1", PLANE, extent)], FRAME, tmp_path / "t")
    ((row, _),) = features_of(tmp_path / "t").values()
    assert row.pop("sagitta") <= 0.05
    assert (row.pop("low"), row.pop("high")) == pytest.approx((57.0, 63.0))
    assert row == {
        "id": "HGT-08/1",
        "rule": "HGT-08",
        "rule_type": "TEST",
        "name_zh": "平面",
        "name_en": "a plane",
    }


def test_surfaces_are_seen_through_from_both_sides_and_their_rims_less(tmp_path: Path) -> None:
    extent = shapely.box(*at(-100, -100), *at(100, 100))
    write_limits_tileset([feature("A/1", PLANE, extent)], FRAME, tmp_path / "t")
    (seen,) = [seen for seen in tiles_of(tmp_path / "t") if seen.glb]
    assert seen.glb is not None
    looks = [primitive.material for primitive in seen.glb.primitives]
    assert sorted(m["pbrMetallicRoughness"]["baseColorFactor"][3] for m in looks) == [FILL, RIM]
    assert all(m["alphaMode"] == "BLEND" and m["doubleSided"] for m in looks)
    normals = np.concatenate([p.normals for p in seen.glb.primitives if p.normals is not None])
    up = np.array([-0.02, 0.01, 1.0]) / np.linalg.norm([-0.02, 0.01, 1.0])
    np.testing.assert_allclose(normals, np.tile(up, (len(normals), 1)), atol=0.02)


def test_many_surfaces_are_shared_among_tiles_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TRIANGLE_BUDGET", 40)
    extent = shapely.box(*at(-1000, -1000), *at(1000, 1000))
    features = []
    for k in range(12):
        cell = shapely.box(*at(60.0 * k, 0.0), *at(60.0 * k + 50.0, 50.0))
        level = CityLimit.of(
            Text(zh=f"格{k}", en=f"cell {k}"), InclinedPlane((0, 0, 20.0 + k)), cell
        )
        features.append(feature(f"G/{k}", level, extent))
    write_limits_tileset(features, FRAME, tmp_path / "t")
    assert check_tileset(tmp_path / "t") == []
    found = features_of(tmp_path / "t")
    assert {name: round(row["high"], 6) for name, (row, _) in found.items()} == {
        f"G/{k}": 20.0 + k for k in range(12)
    }
    document = json.loads((tmp_path / "t" / "tileset.json").read_text(encoding="utf-8"))
    assert document["root"]["refine"] == "ADD"
    assert len(list((tmp_path / "t").glob("*.glb"))) >= 4
