"""The HTTP contract, on a small city, with no worker: what is handed in stays queued."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import json
import math
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pyproj
import pytest
import yaml
from fastapi.testclient import TestClient

from cim.building import BuildingModel, Storey
from cim.frame import Placement
from cim.snapshot import write_snapshot
from tests.support.cities import FRAME, ORIGIN
from tests.support.models import box, element, model_of
from tests.viewer.live import serving, wait_until
from tiles.building import write_building_tileset
from viewer.server import app as application
from viewer.server import openapi
from viewer.server.app import create_app
from viewer.settings import Settings

WALL = "0wall0000000000000000A"
UPLOAD_BYTES = 4096
SECRET = b"not for the page"


@pytest.fixture(scope="module")
def settings(small_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    data = tmp_path_factory.mktemp("api")
    (data / "secret.json").write_bytes(SECRET)
    return Settings(data=data, city=small_city, upload_bytes=UPLOAD_BYTES)


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), headers={"accept-encoding": "identity"}) as client:
        yield client


@pytest.fixture
def empty(small_city: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A server nobody has handed anything in to."""
    settings = Settings(data=tmp_path, city=small_city, upload_bytes=UPLOAD_BYTES)
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.fixture(scope="module")
def read(client: TestClient, settings: Settings) -> str:
    """A submission whose model was read and tiled, and whose report is not there yet."""
    identifier: str = _hand_in(client, b"first")["id"]
    model, work = _model(), settings.work(identifier)
    work.mkdir(parents=True)
    write_snapshot(model, work / "model.cim")
    write_building_tileset(model, Placement(*ORIGIN, 5.0, 0.0, 1.0, FRAME), work / "tiles")
    (work / "notes.json").write_bytes(SECRET)
    return identifier


def _model() -> BuildingModel:
    wall = replace(
        element(WALL, 0, storey="1F"),
        predefined_type="PARAPET",
        type_name="WT-200",
        property_sets={"Pset_WallCommon": {"IsExternal": True, "FireRating": None, "Width": 0.2}},
    )
    model = model_of([wall], [box((0.0, 0.0, 0.0), (6.0, 0.2, 3.0))], lat_long=(24.45, 118.09))
    return replace(model, storeys=(Storey("1F", "一层", None, 0.0),))


def _hand_in(
    client: TestClient, body: bytes, *, file_name: str = "tower.ifc", **more: str
) -> dict[str, Any]:
    answer = client.post("/api/submissions", params={"file_name": file_name, **more}, content=body)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_health(client: TestClient) -> None:
    answer = client.get("/api/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "version": version("cim-review")}


def test_city_is_what_its_description_says(client: TestClient, small_city: Path) -> None:
    described = yaml.safe_load((small_city / "city.yaml").read_text(encoding="utf-8"))
    told = client.get("/api/city").json()
    assert told["code"] == "xiamen-sample"
    assert told["name"] == described["name"]
    assert told["projected_crs"] == "EPSG:4548"
    assert told["vertical_datum"] == "EPSG:5737"
    assert told["separation"] == 10.2
    limits = told["tilesets"].pop("limits")
    assert limits.startswith("/tiles/city/limits/")
    assert told["tilesets"] == {
        "terrain": "/tiles/city/terrain/tileset.json",
        "buildings": "/tiles/city/buildings/tileset.json",
        "points": [],
    }
    assert told["layers"] == [
        {
            "code": layer["code"],
            "name": layer["name"],
            "owner": layer["owner"],
            "colour": layer["colour"],
            "shown": layer.get("shown", True),
            "url": f"/api/city/layers/{layer['code']}",
        }
        for layer in described["control_lines"]["layers"]
    ]


def test_layers_come_in_the_order_of_the_city(client: TestClient) -> None:
    assert [layer["code"] for layer in client.get("/api/city").json()["layers"]] == [
        "ecological",
        "urban_boundary",
        "sea",
        "restricted_construction",
        "parcel",
        "road_red_line",
        "blue_line",
        "green_line",
        "purple_line",
        "yellow_line",
        "rail_protection",
        "sanitary_buffer",
        "height_zone",
        "heritage_core",
        "heritage_buffer",
    ]


def test_the_camera_starts_over_the_middle_of_the_ground(client: TestClient) -> None:
    home = client.get("/api/city").json()["home"]
    to_map = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:4548", always_xy=True)
    middle = to_map.transform(home["longitude"], home["latitude"])
    assert middle == pytest.approx((610_500.0, 2_705_500.0), abs=0.01)
    assert home["height"] == pytest.approx(10.2, abs=1e-6)
    assert home["range"] == pytest.approx(0.5 * math.hypot(512.0, 512.0))


def test_tilesets_of_the_city_are_served(client: TestClient) -> None:
    tilesets = client.get("/api/city").json()["tilesets"]
    for url in (tilesets["terrain"], tilesets["buildings"], tilesets["limits"]):
        answer = client.get(url)
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["asset"]["version"] == "1.1"


def test_a_point_seen_on_the_globe_is_told_in_the_citys_coordinates(client: TestClient) -> None:
    longitude, latitude, height = FRAME.to_geographic(np.array([[*ORIGIN, 5.0]]))[0].tolist()
    seen = {"longitude": longitude, "latitude": latitude, "height": height}
    told = client.get("/api/city/point", params=seen).json()
    assert told == pytest.approx(
        {"eastings": ORIGIN[0], "northings": ORIGIN[1], "orthogonal_height": 5.0}, abs=1e-4
    )
    assert client.get("/api/city/point", params=seen | {"latitude": "nan"}).status_code == 422


def test_every_layer_is_geojson_on_the_globe(client: TestClient) -> None:
    for layer in client.get("/api/city").json()["layers"]:
        answer = client.get(layer["url"])
        assert answer.headers["content-type"] == "application/geo+json"
        collection = answer.json()
        assert collection["type"] == "FeatureCollection"
        assert collection["features"]
        for feature in collection["features"]:
            assert set(feature["properties"]["name"]) == {"zh", "en"}
            for longitude, latitude in _positions(feature["geometry"]["coordinates"]):
                assert 118.0 < longitude < 118.2
                assert 24.4 < latitude < 24.6


def _positions(nested: list[Any]) -> Iterator[tuple[float, float]]:
    if isinstance(nested[0], float):
        longitude, latitude = nested  # two numbers: the page drapes lines on the terrain
        yield longitude, latitude
        return
    for part in nested:
        yield from _positions(part)


def test_handing_in_queues_the_file_under_its_hash(empty: TestClient, tmp_path: Path) -> None:
    told = _hand_in(empty, b"some file", file_name="塔楼.ifc", place="610500,2705474,5.3,12")
    sha256 = hashlib.sha256(b"some file").hexdigest()
    identifier, created_at = told.pop("id"), told.pop("created_at")
    assert told == {
        "file_name": "塔楼.ifc",
        "sha256": sha256,
        "size": 9,
        "place": "610500,2705474,5.3,12",
        "state": "queued",
        "progress": 0.0,
        "stages": [
            {"name": name, "state": "waiting", "runs": 0, "seconds": None}
            for name in ("read", "check", "views", "tile", "publish")
        ],
        "error": None,
        "verdict": None,
        "summary": None,
        "tileset": None,
    }
    assert empty.get(f"/api/submissions/{identifier}").json() == told | {
        "id": identifier,
        "created_at": created_at,
    }
    assert (tmp_path / "review" / "blobs" / f"{sha256}.ifc").read_bytes() == b"some file"


def test_submissions_are_listed_newest_first(empty: TestClient) -> None:
    assert empty.get("/api/submissions").json() == []
    given = [_hand_in(empty, body)["id"] for body in (b"one", b"two", b"two")]
    assert len(set(given)) == 3
    assert [told["id"] for told in empty.get("/api/submissions").json()] == given[::-1]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\windows\\evil.ifc", "evil.ifc"),
        ("a\x00b\x1b[31m\n.ifc", "ab[31m.ifc"),
        ("\u202excod.ifc", "xcod.ifc"),
        ("  塔楼 3#.ifc ", "塔楼 3#.ifc"),
        ("..", ".."),
        ("///", "model.ifc"),
        ("\x07", "model.ifc"),
    ],
)
def test_a_file_name_is_shown_and_never_a_path(
    client: TestClient, settings: Settings, given: str, shown: str
) -> None:
    body = repr(given).encode()
    before = _files(settings.data.parent)
    assert _hand_in(client, body, file_name=given)["file_name"] == shown
    blob = settings.blob(hashlib.sha256(body).hexdigest())
    made = {path for path in _files(settings.data.parent) - before if "sqlite" not in path.name}
    assert made == {blob}
    assert blob.read_bytes() == body


@pytest.mark.parametrize(
    ("parameters", "place"),
    [
        ({}, "query.file_name"),
        ({"file_name": ""}, "query.file_name"),
        ({"file_name": "a" * 201}, "query.file_name"),
        ({"file_name": "a.ifc", "place": "1" * 201}, "query.place"),
        ({"file_name": "a.ifc", "place": "610500,2705474,5.3"}, None),
        ({"file_name": "a.ifc", "place": "here"}, None),
        ({"file_name": "a.ifc", "place": ""}, None),
        ({"file_name": "a.ifc", "place": "nan,nan,nan,nan"}, None),
        ({"file_name": "a.ifc", "place": "inf,0,0,0"}, None),
    ],
)
def test_a_request_that_cannot_be_understood_leaves_nothing(
    client: TestClient, settings: Settings, parameters: dict[str, str], place: str | None
) -> None:
    known = client.get("/api/submissions").json()
    answer = client.post("/api/submissions", params=parameters, content=b"not understood")
    assert answer.status_code == 422
    _assert_problem(answer.json(), place=place)
    assert client.get("/api/submissions").json() == known
    assert not settings.blob(hashlib.sha256(b"not understood").hexdigest()).exists()


def test_an_upload_of_just_the_limit_is_taken(empty: TestClient) -> None:
    assert _hand_in(empty, b"x" * UPLOAD_BYTES)["size"] == UPLOAD_BYTES


def test_an_upload_over_the_limit_leaves_nothing(empty: TestClient, tmp_path: Path) -> None:
    answer = empty.post(
        "/api/submissions", params={"file_name": "big.ifc"}, content=b"x" * (UPLOAD_BYTES + 1)
    )
    assert answer.status_code == 413
    _assert_problem(answer.json())
    assert list((tmp_path / "review" / "blobs").iterdir()) == []
    assert empty.get("/api/submissions").json() == []


def test_an_upload_broken_off_leaves_nothing(small_city: Path, tmp_path: Path) -> None:
    blobs = tmp_path / "review" / "blobs"
    with serving(Settings(data=tmp_path, city=small_city)) as base:
        server = urlsplit(base)
        with socket.create_connection((server.hostname, server.port)) as line:
            line.sendall(
                b"POST /api/submissions?file_name=a.ifc HTTP/1.1\r\nHost: here\r\n"
                b"Content-Length: 1000\r\n\r\nISO-10303-21;"
            )
            wait_until(lambda: blobs.is_dir() and any(blobs.iterdir()))
        wait_until(lambda: not any(blobs.iterdir()))
        with TestClient(create_app(Settings(data=tmp_path, city=small_city))) as client:
            assert client.get("/api/submissions").json() == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/submissions/none",
        "/api/submissions/none/events",
        "/api/submissions/none/report",
        "/api/submissions/none/report.json",
        "/api/submissions/none/report.html",
        "/api/submissions/none/views",
        "/api/submissions/none/views/VP1/after.svg",
        f"/api/submissions/none/elements/{WALL}",
        "/api/city/layers/none",
        "/api/none",
        "/none",
        "/tiles/city/none/tileset.json",
        "/tiles/submissions/none/tileset.json",
    ],
)
def test_what_does_not_exist_is_said_in_both_languages(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    _assert_problem(answer.json())


@pytest.mark.usefixtures("page")
@pytest.mark.parametrize(
    "path",
    [
        "/tiles/city/terrain/tileset.json",
        "/tiles/submissions/none/tileset.json",
        "/assets/index.js",
        "/cesium/Workers/none.js",
    ],
)
def test_what_has_not_been_made_yet_does_not_exist(tmp_path: Path, path: str) -> None:
    app = create_app(Settings(data=tmp_path))
    answer = TestClient(app, raise_server_exceptions=False).get(path)
    assert answer.status_code == 404
    _assert_problem(answer.json())


def test_a_server_without_its_city_says_so(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(data=tmp_path))) as client:
        answer = client.get("/api/city")
    assert answer.status_code == 500
    _assert_problem(answer.json())
    assert str(tmp_path) not in answer.text


def test_an_unknown_element_is_named(client: TestClient, read: str) -> None:
    answer = client.get(f"/api/submissions/{read}/elements/nobody")
    assert answer.status_code == 404
    assert answer.json()["error"]["reason"] == {
        "zh": "模型中没有构件 nobody。",
        "en": "the model has no element nobody.",
    }


def test_a_method_that_is_not_taken_is_said_in_both_languages(client: TestClient) -> None:
    answer = client.delete("/api/submissions")
    assert answer.status_code == 405
    _assert_problem(answer.json())


@pytest.mark.parametrize("name", ["report", "report.json", "report.html?lang=en"])
def test_a_report_that_is_not_ready_says_so(client: TestClient, read: str, name: str) -> None:
    answer = client.get(f"/api/submissions/{read}/{name}")
    assert answer.status_code == 409
    _assert_problem(answer.json())
    assert answer.json()["error"]["remedy"] is not None


def test_a_report_in_a_language_we_do_not_speak(client: TestClient, read: str) -> None:
    answer = client.get(f"/api/submissions/{read}/report.html?lang=fr")
    assert answer.status_code == 422
    _assert_problem(answer.json(), place="query.lang")


def test_the_site_is_a_part_of_the_model(client: TestClient, read: str) -> None:
    assert client.get(f"/api/submissions/{read}/elements/SITE").json() == {
        "global_id": "SITE",
        "ifc_class": "IfcSite",
        "name": "site",
        "storey": None,
        "predefined_type": None,
        "type_name": None,
        "property_sets": {},
    }


def test_the_plan_has_the_corners_of_what_touches_the_ground(client: TestClient, read: str) -> None:
    plan = client.get(f"/api/submissions/{read}/frame/plan").json()
    corners = {(0.0, 0.0), (6.0, 0.0), (6.0, 0.2), (0.0, 0.2)}
    assert plan["site"] == []
    assert {tuple(corner) for corner in plan["contact"]} == corners
    points = {point["name"]["en"]: point["engineering"] for point in plan["points"]}
    assert points.pop("model origin") == [0.0, 0.0, 0.0]
    assert set(points) == {f"foot corner {number}" for number in (1, 2, 3, 4)}
    assert {(x, y) for x, y, _ in points.values()} == corners


def test_the_record_begins_with_the_upload(client: TestClient, read: str) -> None:
    (first,) = client.get(f"/api/submissions/{read}/history").json()
    assert (first["event"], first["detail"], first["place"]) == ("submitted", "tower.ifc", None)
    age = datetime.now(UTC) - datetime.fromisoformat(first["at"])
    assert timedelta(0) <= age < timedelta(hours=1)


def test_an_element_with_its_properties(client: TestClient, read: str) -> None:
    assert client.get(f"/api/submissions/{read}/elements/{WALL}").json() == {
        "global_id": WALL,
        "ifc_class": "IfcWall",
        "name": WALL,
        "storey": "一层",
        "predefined_type": "PARAPET",
        "type_name": "WT-200",
        "property_sets": {
            "Pset_WallCommon": {"IsExternal": True, "FireRating": None, "Width": 0.2}
        },
    }


@pytest.mark.parametrize(
    "path",
    [
        "/tiles/city/..%2f..%2fcity.yaml",
        "/tiles/city/../../city.yaml",
        "/tiles/city/%2e%2e/%2e%2e/city.yaml",
        "/tiles/city//etc/passwd",
        "/tiles/city/%2fetc%2fpasswd",
        "/tiles/city/..%5c..%5ccity.yaml",
        "/tiles/city/%00",
        "/tiles/city/" + "a" * 1000,
        "/tiles/city/",
        "/tiles/city/terrain",
        "/tiles/submissions/{id}/../notes.json",
        "/tiles/submissions/{id}/..%2fnotes.json",
        "/tiles/submissions/{id}/../../../../secret.json",
        "/tiles/submissions/..%2f..%2fsecret.json",
        "/tiles/submissions/../blobs/{blob}.ifc",
        "/tiles/submissions/..",
        "/tiles/submissions/{id}",
        "/tiles/submissions/{id}/",
        "/api/city/layers/..%2f..%2fcity.yaml",
        "/api/city/layers/%2e%2e",
        "/api/submissions/..%2f..%2fsecret.json",
        "/api/submissions/%2e%2e/report",
        "/assets/..%2findex.html",
    ],
)
def test_no_path_leads_out_of_what_is_open(
    line: http.client.HTTPConnection, read: str, path: str
) -> None:
    blob = hashlib.sha256(b"first").hexdigest()
    line.request("GET", path.format(id=read, blob=blob))
    answer = line.getresponse()
    body = answer.read()
    assert answer.status == 404
    _assert_problem(json.loads(body))
    assert SECRET not in body


@pytest.fixture(scope="module")
def line(settings: Settings, client: TestClient) -> Iterator[http.client.HTTPConnection]:
    """A connection that sends paths as they are written: other clients resolve the dots."""
    with serving(settings) as base:
        server = urlsplit(base)
        connection = http.client.HTTPConnection(str(server.hostname), server.port, timeout=30.0)
        yield connection
        connection.close()


@pytest.fixture(scope="module")
def tile(settings: Settings, client: TestClient, read: str) -> tuple[str, bytes]:
    """URL and bytes of a tile that is worth compressing."""
    folder = settings.work(read) / "tiles"
    tileset = client.get(f"/tiles/submissions/{read}/tileset.json").json()
    name = tileset["root"]["content"]["uri"]
    return f"/tiles/submissions/{read}/{name}", (folder / name).read_bytes()


def test_a_tile_is_gltf(client: TestClient, tile: tuple[str, bytes]) -> None:
    url, content = tile
    answer = client.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "model/gltf-binary"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.content == content
    assert content[:4] == b"glTF"


def test_a_tile_goes_compressed_to_who_takes_it(
    client: TestClient, tile: tuple[str, bytes]
) -> None:
    url, content = tile
    with client.stream("GET", url, headers={"accept-encoding": "gzip, br"}) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"] == "model/gltf-binary"
    assert answer.headers["vary"] == "accept-encoding"
    assert answer.headers["content-length"] == str(len(sent))
    assert len(sent) < len(content)
    assert gzip.decompress(sent) == content


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_tile_that_has_not_changed_is_not_sent_again(
    client: TestClient, tile: tuple[str, bytes], encoding: str
) -> None:
    url, _ = tile
    etag = client.get(url, headers={"accept-encoding": encoding}).headers["etag"]
    headers = {"accept-encoding": encoding, "if-none-match": etag}
    again = client.get(url, headers=headers)
    assert again.status_code == 304
    assert again.content == b""
    assert client.get(url, headers=headers | {"if-none-match": '"other"'}).status_code == 200


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_range_of_a_tile(client: TestClient, tile: tuple[str, bytes], encoding: str) -> None:
    url, content = tile
    answer = client.get(url, headers={"range": "bytes=4-11", "accept-encoding": encoding})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes 4-11/{len(content)}"
    assert "content-encoding" not in answer.headers
    assert answer.content == content[4:12]


def test_a_range_beyond_the_tile(client: TestClient, tile: tuple[str, bytes]) -> None:
    url, content = tile
    answer = client.get(url, headers={"range": f"bytes={len(content)}-"})
    assert answer.status_code == 416


@pytest.mark.parametrize("path", ["/api/health", "/api/none", "/", "/tiles/city/none"])
def test_nothing_comes_from_elsewhere(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    rules = dict(
        rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";")
    )
    assert rules["default-src"] == "'self'"
    assert rules["object-src"] == "'none'"
    assert rules["frame-ancestors"] == "'self'"
    allowed = {"'self'", "'none'", "'unsafe-inline'", "'wasm-unsafe-eval'", "data:", "blob:"}
    assert {source for sources in rules.values() for source in sources.split()} == allowed
    assert "'unsafe-inline'" not in rules["script-src"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the page is looked for."""
    folder = tmp_path / "dist"
    monkeypatch.setattr(application, "PAGE", folder)
    return folder


def test_the_page_and_its_parts(page: Path, small_city: Path, tmp_path: Path) -> None:
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<p>页面</p>", encoding="utf-8")
    (page / "assets" / "index-1a2b.js").write_text("1;", encoding="utf-8")
    client = TestClient(create_app(Settings(data=tmp_path, city=small_city)))
    shown, script = client.get("/"), client.get("/assets/index-1a2b.js")
    assert shown.text == "<p>页面</p>"
    assert shown.headers["cache-control"] == "no-cache"
    assert script.headers["content-type"] == "text/javascript"
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.usefixtures("page")
def test_a_page_that_is_not_built_says_what_to_do(small_city: Path, tmp_path: Path) -> None:
    answer = TestClient(create_app(Settings(data=tmp_path, city=small_city))).get("/")
    assert answer.status_code == 503
    assert "网页尚未构建" in answer.text
    assert "run make demo" in answer.text


def test_the_stored_contract_is_the_servers() -> None:
    assert openapi.CONTRACT.read_text(encoding="utf-8") == openapi.contract()


def test_the_contract_names_every_address() -> None:
    paths = json.loads(openapi.contract())["paths"]
    assert set(paths) == {
        "/api/health",
        "/api/city",
        "/api/city/point",
        "/api/city/limits",
        "/api/city/layers/{code}",
        "/api/city/views",
        "/api/submissions",
        "/api/submissions/{identifier}",
        "/api/submissions/{identifier}/events",
        "/api/submissions/{identifier}/report",
        "/api/submissions/{identifier}/report.json",
        "/api/submissions/{identifier}/report.html",
        "/api/submissions/{identifier}/elements/{global_id}",
        "/api/submissions/{identifier}/frame",
        "/api/submissions/{identifier}/frame/plan",
        "/api/submissions/{identifier}/frame/proposal",
        "/api/submissions/{identifier}/history",
        "/api/submissions/{identifier}/place",
        "/api/submissions/{identifier}/parcel",
        "/api/submissions/{identifier}/views",
        "/api/submissions/{identifier}/views/{viewpoint}/{kind}.svg",
        "/api/submissions/{identifier}/views/{viewpoint}/drawings/{name}.svg",
    }


def _assert_problem(answer: dict[str, Any], *, place: str | None = None) -> None:
    assert set(answer) == {"error"}
    error = answer["error"]
    assert set(error) == {"reason", "remedy", "place"}
    for words in filter(None, (error["reason"], error["remedy"])):
        assert set(words) == {"zh", "en"}
        assert words["zh"]
        assert words["en"]
    assert error["place"] == place


@pytest.fixture(scope="module")
def viewed(client: TestClient, settings: Settings) -> str:
    """A submission with a report and the plates of a viewpoint whose code is no word."""
    identifier: str = _hand_in(client, b"viewed")["id"]
    work = settings.work(identifier)
    (work / "views").mkdir(parents=True)
    (work / "report.json").write_text("{}", encoding="utf-8")
    entry = {
        "viewpoint": "观 1",
        "name": {"zh": "观景台", "en": "lookout"},
        "rules": ["VIW-01"],
        "degrees_raised": 4.0,
        "most_raised": 2.5,
        "sky_lost": 0.001,
        "peaks_before": 1,
        "peaks_after": 2,
        "distance": 757.31,
        "eye": [0.0, 0.0, 0.0],
        "drawings": [
            {"name": "plan", "rule": None},
            {"name": "section-VIW 1-band", "rule": "VIW 1"},
        ],
    }
    (work / "views" / "views.json").write_text(json.dumps({"views": [entry]}), encoding="utf-8")
    for kind in ("before", "after", "overlay", "plan", "section-VIW 1-band"):
        for language in ("zh", "en"):
            drawing = f"<svg>{kind} {language}</svg>"
            (work / "views" / f"观 1-{kind}.{language}.svg").write_text(drawing, encoding="utf-8")
    (work / "views" / "secret-after.zh.svg").write_bytes(SECRET)
    return identifier


def test_plates_are_listed_with_their_addresses(client: TestClient, viewed: str) -> None:
    (view,) = client.get(f"/api/submissions/{viewed}/views").json()
    plates, drawings = view.pop("plates"), view.pop("drawings")
    assert view == {
        "viewpoint": "观 1",
        "name": {"zh": "观景台", "en": "lookout"},
        "rules": ["VIW-01"],
        "degrees_raised": 4.0,
        "most_raised": 2.5,
        "sky_lost": 0.001,
        "peaks_before": 1,
        "peaks_after": 2,
        "distance": 757.31,
    }
    assert set(plates) == {"before", "after", "overlay"}
    for kind, url in plates.items():
        assert client.get(url).text == f"<svg>{kind} zh</svg>"
        assert client.get(f"{url}?lang=en").text == f"<svg>{kind} en</svg>"
    assert [(d["name"], d["rule"]) for d in drawings] == [
        ("plan", None),
        ("section-VIW 1-band", "VIW 1"),
    ]
    for drawing in drawings:
        assert client.get(f"{drawing['url']}?lang=en").text == f"<svg>{drawing['name']} en</svg>"


def test_a_plate_is_a_drawing_that_may_do_nothing(client: TestClient, viewed: str) -> None:
    answer = client.get(f"/api/submissions/{viewed}/views/观 1/after.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["x-content-type-options"] == "nosniff"
    allowed = dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers["content-security-policy"].split(";")
    )
    assert allowed == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": "'unsafe-inline'",
        "sandbox": "",
    }
    page = client.get(f"/api/submissions/{viewed}/views").headers["content-security-policy"]
    assert page == application.CONTENT_SECURITY


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("secret/after.svg", 404),
        ("VP1/after.svg", 404),
        ("观 1/secret.svg", 422),
        ("观 1/drawings/after.svg", 404),
        ("观 1/drawings/secret.svg", 404),
        ("secret/drawings/plan.svg", 404),
        ("..%2Fviews%2F观 1/after.svg", 404),
        ("观 1/after.svg?lang=de", 422),
        ("观 1/after.zh.svg", 422),
    ],
)
def test_only_plates_of_viewpoints_are_served(
    client: TestClient, viewed: str, path: str, status: int
) -> None:
    answer = client.get(f"/api/submissions/{viewed}/views/{path}")
    assert answer.status_code == status
    assert SECRET not in answer.content


def test_a_submission_without_plates_has_none_and_one_without_a_report_is_not_ready(
    client: TestClient, settings: Settings
) -> None:
    identifier = _hand_in(client, b"not viewed")["id"]
    assert client.get(f"/api/submissions/{identifier}/views").status_code == 409
    work = settings.work(identifier)
    work.mkdir(parents=True)
    (work / "report.json").write_text("{}", encoding="utf-8")
    assert client.get(f"/api/submissions/{identifier}/views").json() == []


def test_sights_of_the_city_are_geojson_on_the_globe(client: TestClient) -> None:
    answer = client.get("/api/city/views")
    assert answer.headers["content-type"] == "application/geo+json"
    features = answer.json()["features"]
    found = {feature["properties"]["code"]: feature for feature in features[:4]}
    assert list(found) == ["VP1", "VP2", "VP3", "RIDGE1"]
    assert found["RIDGE1"]["properties"]["name"] == {"zh": "云顶山脊", "en": "the Yunding ridge"}
    for view in client.get("/api/city").json()["viewpoints"]:
        place = [view["longitude"], view["latitude"], view["height"]]
        assert found[view["code"]]["geometry"]["coordinates"] == pytest.approx(place, abs=1e-8)
