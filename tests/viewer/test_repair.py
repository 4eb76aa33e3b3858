"""The misplaced tower: refused for the right reason, mended by parcel or by points, judged like its twin."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from typer.testing import CliRunner

from samples.plan import COMPLIANT, MISPLACED, ROTATION_DEGREES, ZERO_LEVEL
from tests.support.misplaced import boundary_points, same_verdicts
from tests.viewer.huts import EASTINGS, NORTHINGS, ZERO, hut
from tests.viewer.live import PATIENCE, serving, start_worker, wait_until
from viewer.cli import app
from viewer.review.store import ReviewStore
from viewer.settings import Settings

pytestmark = pytest.mark.slow


@dataclass
class Office:
    settings: Settings
    client: httpx2.Client
    worker: subprocess.Popen[bytes]

    def hand_in(self, body: bytes, file_name: str) -> str:
        answer = self.client.post("/api/submissions", params={"file_name": file_name}, content=body)
        assert answer.status_code == 201
        identifier: str = answer.json()["id"]
        return identifier

    def judged(self, identifier: str) -> dict[str, Any]:
        """The submission when its review is over."""

        def over() -> bool:
            return self.get(f"/api/submissions/{identifier}")["state"] in ("done", "failed")

        wait_until(over, patience=2.0 * PATIENCE)
        told: dict[str, Any] = self.get(f"/api/submissions/{identifier}")
        return told

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any], status: int = 200) -> Any:
        answer = self.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def office(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    settings = Settings(data=tmp_path_factory.mktemp("repair"), city=city)
    with serving(settings) as base, httpx2.Client(base_url=base, timeout=PATIENCE) as client:
        office = Office(settings, client, start_worker(settings))
        yield office
        office.worker.terminate()
        office.worker.communicate(timeout=PATIENCE)
        assert office.worker.returncode == 0


@pytest.fixture(scope="module")
def twin(office: Office, submissions: Path) -> dict[str, Any]:
    """The report of the tower that stands where the misplaced one should."""
    identifier = office.hand_in((submissions / "compliant.ifc").read_bytes(), "compliant.ifc")
    office.judged(identifier)
    report: dict[str, Any] = office.get(f"/api/submissions/{identifier}/report")
    return report


@pytest.fixture(scope="module")
def misplaced(office: Office, submissions: Path) -> str:
    identifier = office.hand_in((submissions / "misplaced.ifc").read_bytes(), "misplaced.ifc")
    told = office.judged(identifier)
    assert (told["state"], told["verdict"], told["tileset"]) == ("done", "fail", None)
    report = office.get(f"/api/submissions/{identifier}/report")
    assert report["frame"]["taken"] is None
    (candidate,) = report["frame"]["candidates"]
    assert [f["code"] for f in candidate["findings"]] == ["FRAME-SWAPPED"]
    # Its easting is a northing: as far west and north of the city as the two differ.
    east, north = MISPLACED.centre
    assert candidate["city_distance"] == pytest.approx(math.sqrt(2.0) * (north - east), rel=1e-2)
    assert candidate["as_read"]["eastings"] == pytest.approx(MISPLACED.centre[1])
    others = {f["outcome"] for f in report["findings"] if f["rule"][:4] not in ("FRM-", "DEL-")}
    assert others == {"not_checkable"}
    return identifier


def test_by_its_parcel(office: Office, misplaced: str, twin: dict[str, Any]) -> None:
    base = f"/api/submissions/{misplaced}"
    answer = office.client.put(
        f"{base}/parcel", params={"file_name": "界址点.txt"}, content=boundary_points()
    )
    assert answer.status_code == 200, answer.text
    (parcel,) = answer.json()
    assert parcel["name"] == "滨海中心地块"
    assert parcel["area"] == pytest.approx(120.0 * 120.0 - 62.0)
    assert office.get(f"{base}/parcel") == [parcel]
    assert office.judged(misplaced)["verdict"] == "fail"  # a parcel alone proves nothing yet
    fitted = office.get(f"{base}/frame")["candidates"][-1]
    assert fitted["source"] == "parcel"
    assert [f["code"] for f in fitted["findings"]] == ["FRAME-PROPOSAL"]
    assert fitted["position_wgs84"]["longitude"] == pytest.approx(118.09, abs=0.01)

    proposal = office.post(f"{base}/frame/proposal", {})
    assert (proposal["eastings"], proposal["northings"]) == pytest.approx(
        COMPLIANT.centre, abs=1e-4
    )
    assert proposal["angle_degrees"] == pytest.approx(ROTATION_DEGREES, abs=1e-5)
    assert proposal["orthogonal_height"] == pytest.approx(ZERO_LEVEL)
    assert max(proposal["residuals"]) < 1e-3
    assert proposal["frame"]["candidates"][proposal["frame"]["taken"]]["source"] == "--place"
    assert office.get(base)["place"] is None  # nothing is changed by a proposal

    office.post(f"{base}/place", {"place": proposal["place"]})
    told = office.judged(misplaced)
    assert told["place"] == proposal["place"]
    assert told["tileset"] is not None
    runs = {stage["name"]: stage["runs"] for stage in told["stages"]}
    assert runs == {"read": 1, "check": 3, "views": 3, "tile": 3, "publish": 3}
    report = office.get(f"{base}/report")
    taken = report["frame"]["candidates"][report["frame"]["taken"]]
    assert taken["parcel"]["max_vertex_distance"] < 1e-3
    assert taken["assumptions"]
    assert office.client.get(told["tileset"]).status_code == 200
    same_verdicts(report, twin)
    store = ReviewStore(office.settings.review_database)
    events = store.audit(misplaced)
    store.close()
    assert ("placed", proposal["place"]) in events
    assert ("parcel", "滨海中心地块") in events
    record = office.get(f"{base}/history")
    assert [line["event"] for line in record] == [
        "submitted", "published", "parcel", "published", "placed", "published",
    ]  # fmt: skip
    stated = record[4]["place"]
    assert stated["basis"] == "parcel"
    assert (stated["eastings"], stated["northings"]) == pytest.approx(COMPLIANT.centre, abs=1e-3)
    assert all(line["place"] is None for line in record if line["event"] != "placed")


def test_by_three_points(
    office: Office, misplaced: str, submissions: Path, twin: dict[str, Any]
) -> None:
    identifier = office.hand_in((submissions / "misplaced.ifc").read_bytes(), "misplaced.ifc")
    office.judged(identifier)
    turn = math.radians(ROTATION_DEGREES)
    pairs = []
    for x, y, z in ((-30.0, -20.0, 0.0), (30.0, -20.0, 0.0), (30.0, 20.0, 18.5)):
        east = COMPLIANT.centre[0] + x * math.cos(turn) - y * math.sin(turn)
        north = COMPLIANT.centre[1] + x * math.sin(turn) + y * math.cos(turn)
        pairs.append({"engineering": [x, y, z], "city": [east, north, ZERO_LEVEL + z]})
    base = f"/api/submissions/{identifier}"
    proposal = office.post(f"{base}/frame/proposal", {"pairs": pairs})
    assert max(*proposal["residuals"], *proposal["height_residuals"]) < 1e-6
    office.post(f"{base}/place", {"place": proposal["place"]})
    assert office.judged(identifier)["verdict"] == "pass"
    same_verdicts(office.get(f"{base}/report"), twin)


def test_what_cannot_be_mended_is_told(office: Office) -> None:
    identifier = office.hand_in(hut(eastings=NORTHINGS, northings=EASTINGS), "hut.ifc")
    base = f"/api/submissions/{identifier}"
    office.judged(identifier)
    error = office.post(f"{base}/place", {"place": "1,2,3"}, 422)["error"]
    assert "cannot be understood" in error["reason"]["en"]
    error = office.post(f"{base}/frame/proposal", {}, 422)["error"]
    assert "no parcel was handed in" in error["reason"]["en"]
    pair = {"engineering": [0.0, 0.0, 0.0], "city": [EASTINGS, NORTHINGS, ZERO]}
    error = office.post(f"{base}/frame/proposal", {"pairs": [pair]}, 422)["error"]
    assert "two pairs" in error["reason"]["en"]
    answer = office.client.put(
        f"{base}/parcel", params={"file_name": "p.txt"}, content=b"J1,1,x,y\n"
    )
    assert answer.status_code == 422
    assert answer.json()["error"]["place"] == "1"
    for name in ("p.shp", "p.exe"):
        answer = office.client.put(f"{base}/parcel", params={"file_name": name}, content=b"x")
        assert answer.status_code == 422
    assert office.get(f"{base}/parcel") == []
    # Wrongly stated: refused again, and mended by stating it rightly.
    office.post(f"{base}/place", {"place": "0,0,0,0"})
    assert office.judged(identifier)["verdict"] == "fail"
    office.post(f"{base}/place", {"place": f"{EASTINGS},{NORTHINGS},{ZERO},0"})
    told = office.judged(identifier)
    assert told["place"] == f"{EASTINGS:.4f},{NORTHINGS:.4f},{ZERO:.4f},0.000000000"
    assert told["tileset"] is not None


def test_what_was_not_read_cannot_be_placed(office: Office) -> None:
    identifier = office.hand_in(b"ISO-10303-21;\nHEADER;", "broken.ifc")
    assert office.judged(identifier)["state"] == "failed"
    error = office.post(f"/api/submissions/{identifier}/place", {"place": "0,0,0,0"}, 409)["error"]
    assert "was not read" in error["reason"]["en"]


def run(*command: str) -> Any:
    return CliRunner().invoke(app, [*command, "--lang", "en"])


def test_on_the_command_line_the_copy_is_mended(
    city: Path, submissions: Path, tmp_path: Path
) -> None:
    parcel, copy = tmp_path / "parcel.txt", tmp_path / "mended.ifc"
    parcel.write_bytes(boundary_points())
    source = submissions / "misplaced.ifc"
    before = source.read_bytes()
    shown = run("frame", str(source), "--city", str(city), "--parcel", str(parcel))
    assert shown.exit_code == 1
    assert "FRAME-SWAPPED" in shown.output
    assert "FRAME-PROPOSAL" in shown.output
    fixed = run(
        "frame", "fix", str(source), "-o", str(copy), "--city", str(city), "--parcel", str(parcel)
    )
    assert fixed.exit_code == 0, fixed.output
    assert source.read_bytes() == before
    told = run("frame", str(copy), "--city", str(city), "--parcel", str(parcel), "--json")
    assert told.exit_code == 0, told.output
    ledger = json.loads(told.stdout)
    taken = ledger["candidates"][ledger["taken"]]
    assert taken["source"] == "IfcMapConversion"
    assert taken["findings"] == []
    place = np.array([taken["eastings"], taken["northings"], taken["orthogonal_height"]])
    assert np.abs(place - [*COMPLIANT.centre, ZERO_LEVEL]).max() < 1e-3
    assert taken["parcel"]["max_vertex_distance"] < 1e-3
    checked = run("check", str(copy), "--city", str(city))
    assert checked.exit_code == 0, checked.output


def test_fix_takes_points_and_never_the_file_itself(city: Path, tmp_path: Path) -> None:
    source, copy = tmp_path / "hut.ifc", tmp_path / "copy.ifc"
    source.write_bytes(hut(eastings=NORTHINGS, northings=EASTINGS))
    command = ["frame", "fix", str(source), "--city", str(city)]
    assert run(*command, "-o", str(source)).exit_code == 2
    assert run(*command, "-o", str(copy)).exit_code == 1  # nothing proves a place
    assert not copy.exists()
    assert run(*command, "-o", str(copy), "--pair", "1,2").exit_code == 2
    pairs = [
        f"0,0,0={EASTINGS},{NORTHINGS},{ZERO}",
        f"6,0,0={EASTINGS + 6.0},{NORTHINGS},{ZERO}",
    ]
    done = run(*command, "-o", str(copy), "--pair", pairs[0], "--pair", pairs[1])
    assert done.exit_code == 0, done.output
    assert run("frame", str(copy), "--city", str(city)).exit_code == 0
