"""The `cim` command: what it prints, what it writes, and what its exit code means."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bim_checks.exports.html import render_document
from bim_checks.landscape.method import HASH_DIGITS
from bim_checks.rulebook import read_rulebook
from tests.viewer.huts import EASTINGS, NORTHINGS, SIZE, ZERO, cut_hut, hut
from viewer import console
from viewer.cli import app

CLEAN, FAILED_RULE, USAGE, UNREADABLE = 0, 1, 2, 3
PLACE = ("eastings", "northings", "orthogonal_height", "rotation_degrees")
OF_THE_FILE_AS_IT_IS = ("DEL-01", "DEL-02", "DEL-03", "DEL-04")
CUT_OFF = b"ISO-10303-21;\nHEADER;"
NOT_IFC = {
    "cut-off.ifc": CUT_OFF,
    "empty.ifc": b"",
    "drawing.ifc": b"AC1032\x00\x00",
    "archive.ifczip": b"PK\x03\x04rest",
    "noise.ifc": bytes(range(256)) * 8,
    "hollow.ifc": b"ISO-10303-21;\nHEADER;\nENDSEC;\nDATA;\nENDSEC;\nEND-ISO-10303-21;\n",
    "garbled.ifc": b"ISO-10303-21;\nHEADER;\nFILE_SCHEMA(('IFC4'));\nENDSEC;\nDATA;\n"
    b"#1=IFCPROJECT(\xff((;\n#2=#1=\nENDSEC;\nEND-ISO-10303-21;\n",
}


def _run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception  # a traceback for the person at the terminal
    return result


@pytest.fixture
def right(tmp_path: Path) -> Path:
    """A hut that tells where it stands."""
    path = tmp_path / "hut.ifc"
    path.write_bytes(hut())
    return path


@pytest.fixture
def exchanged(tmp_path: Path) -> Path:
    """A hut whose easting and northing are the wrong way round."""
    path = tmp_path / "exchanged.ifc"
    path.write_bytes(hut(eastings=NORTHINGS, northings=EASTINGS))
    return path


@pytest.fixture(scope="module")
def planted(submissions: Path) -> dict[str, float]:
    """What was built into the violating tower, by formulas that share nothing with the checks."""
    text = (submissions / "expected.json").read_text(encoding="utf-8")
    figures: dict[str, float] = json.loads(text)["violating"]
    return figures


def test_a_tower_that_keeps_the_rules(city: Path, submissions: Path) -> None:
    result = _run("check", submissions / "compliant.ifc", "--city", city, "--lang", "en")
    assert result.exit_code == CLEAN
    lines = result.stdout.splitlines()
    assert re.sub(" +", " ", lines[0]) == (
        "compliant.ifc pass Xiamen sample district · Sample city rules"
    )
    counts = re.fullmatch(r"pass (\d+) · not applicable (\d+)", lines[-1])
    assert counts is not None, lines[-1]
    rules = len(read_rulebook(city / "rulebook.yaml").rules)
    assert int(counts[1]) + int(counts[2]) >= rules
    assert int(counts[1]) > 0.8 * rules


def test_a_tower_that_breaks_rules_in_chinese(
    violating_report: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    console.print_report(violating_report, "zh")
    shown = capsys.readouterr().out
    lines = shown.splitlines()
    assert lines[0].split()[:3] == ["violating.ifc", "不通过", "厦门样例区"]
    assert re.fullmatch(r"不通过 5 · 需办手续 1 · 通过 \d+ · 不适用 \d+", lines[-1])
    rules = [found[0] for line in lines if (found := re.findall(r"[A-Z]{3}-\d\d", line))]
    assert set(rules[:5]) == {"RES-01", "ROD-01", "HGT-01", "VIW-01", "VIW-07"}
    assert rules[5] == "RAI-01"
    assert len(rules) == len(violating_report["findings"])
    assert "-62.00 m²" in shown
    assert "-4.80 m" in shown
    assert re.search(r"[a-z]{3}", _without_names(shown)) is None


def _without_names(text: str) -> str:
    """Without what is the same in every language: names of the file and of IFC, and the sign of a minute."""
    names = r"violating\.ifc|IfcMapConversion|IfcBuildingStorey|(?<=\d)min"
    return re.sub(names, "", re.sub(r"\s", "", text))


def test_the_outcome_of_every_rule(violating_report: dict[str, Any]) -> None:
    outcomes = {finding["rule"]: finding["outcome"] for finding in violating_report["findings"]}
    assert outcomes.pop("RAI-01") == "procedure"
    failed = {rule for rule, outcome in outcomes.items() if outcome == "fail"}
    assert failed == {"RES-01", "ROD-01", "HGT-01", "VIW-01", "VIW-07"}
    assert {outcomes[rule] for rule in outcomes.keys() - failed} == {"pass", "not_applicable"}
    assert violating_report["verdict"] == "fail"
    summary = violating_report["summary"]
    assert sum(summary.values()) == len(violating_report["findings"])
    assert summary | {"pass": 0, "not_applicable": 0} == {
        "fail": 5,
        "procedure": 1,
        "pass": 0,
        "discuss": 0,
        "not_applicable": 0,
        "not_checkable": 0,
    }


def test_the_figures_are_the_planted_ones(
    violating_report: dict[str, Any], planted: dict[str, float]
) -> None:
    found = {finding["rule"]: finding for finding in violating_report["findings"]}
    assert found["RES-01"]["measured"] == pytest.approx(62.0, abs=0.05)
    assert found["RES-01"]["unit"] == "m2"
    assert found["RES-01"]["layer"] == "restricted_construction"
    assert -found["HGT-01"]["margin"] == pytest.approx(4.80, abs=0.01)
    assert found["HGT-01"]["limit"] == 100.0
    assert found["HGT-01"]["unit"] == "m"
    assert found["ROD-01"]["measured"] == pytest.approx(planted["road_distance_m"], abs=0.01)
    assert found["RAI-01"]["measured"] == pytest.approx(planted["rail_m2"], abs=0.01)
    assert -found["VIW-01"]["margin"] == pytest.approx(planted["ridge_intrusion_m"], abs=0.01)
    assert planted["restricted_m2"] == pytest.approx(62.0)
    assert planted["above_limit_m"] == pytest.approx(4.8)


def test_the_report_is_of_this_file(violating_report: dict[str, Any]) -> None:
    assert violating_report["format"] == "cim-review/report/1"
    assert violating_report["model"]["file_name"] == "violating.ifc"
    assert violating_report["model"]["undrawn"] == []
    assert violating_report["city"]["code"] == "xiamen-sample"
    ledger = violating_report["frame"]
    assert ledger["candidates"][ledger["taken"]]["source"] == "IfcMapConversion"


@pytest.fixture(scope="module")
def batch(city: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """A folder with a hut, one that is no model, and something else; and the reports about it."""
    folder, reports = tmp_path_factory.mktemp("batch"), tmp_path_factory.mktemp("reports")
    (folder / "north").mkdir()
    (folder / "broken.ifc").write_bytes(CUT_OFF)
    (folder / "readme.txt").write_text("huts", encoding="utf-8")
    (folder / "north" / "hut.v2.IFC").write_bytes(hut())
    command = ("check", folder, "--city", city, "--json", "--report", reports / "new")
    return _run(*command, "--lang", "en"), reports / "new"


def test_a_folder_gives_a_list_and_the_worst_exit_code(
    batch: tuple[Result, Path], city: Path, right: Path
) -> None:
    result, _ = batch
    assert result.exit_code == UNREADABLE
    broken, told = json.loads(result.stdout)
    assert broken == {
        "file_name": "broken.ifc",
        "error": {
            "reason": {
                "zh": "文件不完整：结尾缺少 END-ISO-10303-21。",
                "en": "the file is cut off: END-ISO-10303-21 is missing at its end.",
            },
            "place": None,
            "remedy": {
                "zh": "请重新导出并完整上传。",
                "en": "Export it again and upload it whole.",
            },
        },
    }
    alone = json.loads(_run("check", right, "--city", city, "--json").stdout)
    assert told == alone | {"model": alone["model"] | {"file_name": "hut.v2.IFC"}}


def test_reports_lie_as_their_files_do_and_are_named_after_them(batch: tuple[Result, Path]) -> None:
    result, folder = batch
    _, told = json.loads(result.stdout)
    names = ("hut.v2.json", "hut.v2.zh.html", "hut.v2.en.html")
    assert set(folder.rglob("hut*")) == {folder / "north" / name for name in names}
    folder /= "north"
    assert json.loads((folder / "hut.v2.json").read_text(encoding="utf-8")) == told
    for language in ("zh", "en"):
        page = (folder / f"hut.v2.{language}.html").read_text(encoding="utf-8")
        assert page == render_document(told, language)


def test_two_files_of_one_name_get_a_report_each(city: Path, tmp_path: Path) -> None:
    for block in ("east", "west"):
        (tmp_path / "huts" / block).mkdir(parents=True)
        (tmp_path / "huts" / block / "hut.ifc").write_bytes(hut(project=block))
    reports = tmp_path / "reports"
    result = _run("check", tmp_path / "huts", "--city", city, "--json", "--report", reports)
    written = [json.loads(path.read_text(encoding="utf-8")) for path in reports.rglob("*.json")]
    projects = {report["model"]["project_name"] for report in written}
    assert len(json.loads(result.stdout)) == 2
    assert projects == {"east", "west"}


def test_two_files_of_one_name_given_one_by_one_get_a_report_each(
    city: Path, tmp_path: Path
) -> None:
    paths = []
    for block in ("east", "west"):
        (tmp_path / block).mkdir()
        paths.append(tmp_path / block / "hut.ifc")
        paths[-1].write_bytes(hut(project=block))
    _run("check", *paths, "--city", city, "--report", tmp_path / "reports")
    written = {path.name for path in (tmp_path / "reports").glob("*.json")}
    assert written == {"hut.json", "hut-2.json"}


@pytest.mark.parametrize("name", NOT_IFC)
def test_a_file_that_cannot_be_read_is_one_readable_line(
    city: Path, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(NOT_IFC[name])
    result = _run("check", path, "--city", city, "--lang", "en")
    assert result.exit_code == UNREADABLE
    assert result.stdout == ""
    told = [line for line in result.stderr.splitlines() if not re.search(r"\d %$", line)]
    assert len(told) == 1
    assert re.fullmatch(rf"{re.escape(str(path))}(:\S+)?: .{{10,}}", told[0])


def test_the_real_command_ends_without_a_traceback(city: Path, tmp_path: Path) -> None:
    path = tmp_path / "broken.ifc"
    path.write_bytes(CUT_OFF)
    command = [sys.executable, "-m", "viewer"]
    command += ["check", str(path), "--city", str(city), "--lang", "zh"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == UNREADABLE
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1] == (
        f"{path}: 文件不完整：结尾缺少 END-ISO-10303-21。请重新导出并完整上传。"
    )


@pytest.mark.parametrize("command", ["inspect", "frame", "tile"])
def test_every_command_says_it_the_same_way(city: Path, tmp_path: Path, command: str) -> None:
    path = tmp_path / "broken.ifc"
    path.write_bytes(CUT_OFF)
    more = {
        "inspect": (),
        "frame": ("--city", city),
        "tile": ("--city", city, "--output", tmp_path / "tiles"),
    }
    result = _run(command, path, *more[command], "--lang", "en")
    assert result.exit_code == UNREADABLE
    assert "END-ISO-10303-21 is missing" in result.stderr
    assert not (tmp_path / "tiles").exists()


def test_a_city_that_is_not_there(right: Path, tmp_path: Path) -> None:
    result = _run("check", right, "--city", tmp_path / "none", "--lang", "en")
    assert result.exit_code == UNREADABLE
    assert str(tmp_path / "none") in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("check",),
        ("check", "a.ifc"),
        ("check", "a.ifc", "--city", "c", "--place", "1,2,3"),
        ("check", "a.ifc", "--city", "c", "--place", "here"),
        ("check", "a.ifc", "--city", "c", "--place", "1,2,3,nan"),
        ("check", "a.ifc", "--city", "c", "--lang", "fr"),
        ("check", "{empty}", "--city", "c"),
        ("check", "a.ifc", "--city", "c", "--fast"),
        ("inspect",),
        ("frame", "a.ifc"),
        ("tile", "a.ifc", "--city", "c"),
        ("city",),
        ("city", "build"),
        ("fly",),
    ],
    ids=lambda arguments: " ".join(arguments) or "nothing",
)
def test_a_command_line_that_is_wrong(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = _run(*(argument.format(empty=tmp_path) for argument in arguments))
    assert result.exit_code == USAGE
    assert "Traceback" not in result.output


def test_the_language_of_the_environment(
    city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "broken.ifc"
    path.write_bytes(CUT_OFF)
    for name in ("CIM_LANG", "LC_ALL", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert "cut off" in _run("check", path, "--city", city).stderr
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "文件不完整" in _run("check", path, "--city", city).stderr
    monkeypatch.setenv("CIM_LANG", "en")
    assert "cut off" in _run("check", path, "--city", city).stderr


def test_inspect_tells_what_a_file_holds(right: Path) -> None:
    result = _run("inspect", right, "--json")
    assert result.exit_code == CLEAN
    told = json.loads(result.stdout)
    assert told.pop("sha256") == hashlib.sha256(hut()).hexdigest()
    assert told.pop("size") == pytest.approx(list(SIZE), abs=1e-6)
    assert told == {
        "file_name": "hut.ifc",
        "schema": "IFC4",
        "authoring_tool": None,
        "project": "hut",
        "sites": ["yard"],
        "buildings": ["house"],
        "storeys": ["1F  +0.000 m"],
        "facility_parts": [],
        "spaces": 0,
        "space_kinds": {},
        "zones": [],
        "groups": {},
        "elements": {"IfcWall": 1},
        "on_no_storey": 0,
        "without_host": 0,
        "types": 0,
        "made_of": {},
        "classifications": {},
        "parcels": [],
        "roofs": [],
        "parapets": [],
        "main_entrances": [],
        "dwellings": 0,
        "meshes": 1,
        "triangles": 12,
        "map_conversion": f"IfcMapConversion EPSG:4548 E {EASTINGS} N {NORTHINGS} H {ZERO}",
        "undrawn": [],
        "defects": [],
        "warnings": [],
    }


@pytest.mark.parametrize(
    ("language", "line"), [("zh", "三角形 12"), ("en", "Triangles 12")], ids=["zh", "en"]
)
def test_inspect_speaks_both_languages(right: Path, language: str, line: str) -> None:
    result = _run("inspect", right, "--lang", language)
    assert result.exit_code == CLEAN
    assert line in result.stdout.splitlines()


def test_names_are_shown_as_they_are_written(city: Path, tmp_path: Path) -> None:
    path = tmp_path / "[blue]a:house:.ifc"
    path.write_bytes(hut(project="[/bold] [red]"))
    inspected = _run("inspect", path, "--lang", "en")
    assert "File [blue]a:house:.ifc" in inspected.stdout.splitlines()
    assert "Project [/bold] [red]" in inspected.stdout.splitlines()
    checked = _run("check", path, "--city", city, "--lang", "en")
    assert checked.stdout.startswith("[blue]a:house:.ifc ")


def test_frame_tells_by_what_proof_a_model_stands(city: Path, right: Path) -> None:
    result = _run("frame", right, "--city", city, "--json")
    assert result.exit_code == CLEAN
    ledger = json.loads(result.stdout)
    assert ledger["taken"] == 0
    taken = ledger["candidates"][0]
    figures = [taken[key] for key in PLACE]
    assert taken["source"] == "IfcMapConversion"
    assert taken["crs_understood"] == "EPSG:4548"
    assert figures == pytest.approx([EASTINGS, NORTHINGS, ZERO, 0.0], abs=1e-9)
    assert taken["above_ground"] == pytest.approx(0.0, abs=0.05)
    assert taken["refused"] is None


def test_frame_says_why_no_source_was_taken(city: Path, exchanged: Path) -> None:
    result = _run("frame", exchanged, "--city", city, "--lang", "en")
    assert result.exit_code == FAILED_RULE
    assert "IfcMapConversion  not taken" in result.stdout
    assert "easting and northing are swapped" in " ".join(result.stdout.split())


def test_a_misplaced_model_stands_where_a_person_says(
    city: Path, right: Path, exchanged: Path
) -> None:
    refused = _run("check", exchanged, "--city", city, "--json")
    outcomes = {f["rule"]: f["outcome"] for f in json.loads(refused.stdout)["findings"]}
    assert refused.exit_code == FAILED_RULE
    assert outcomes.pop("FRM-01") == "fail"
    delivered = {rule for rule in outcomes if rule.startswith("DEL-")}
    assert {outcomes.pop(rule) for rule in delivered} == {"pass"}
    assert set(outcomes.values()) == {"not_checkable"}
    place = f"{EASTINGS},{NORTHINGS},{ZERO},0"
    told = _run("check", exchanged, "--city", city, "--place", place, "--json")
    placed = json.loads(told.stdout)
    own = json.loads(_run("check", right, "--city", city, "--json").stdout)
    assert placed["frame"]["candidates"][placed["frame"]["taken"]]["source"] == "--place"
    assert _judged(placed) == _judged(own)
    assert len(_judged(own)) >= len(read_rulebook(city / "rulebook.yaml").rules) - 1


def _judged(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What was judged once the place was settled; notes of methods name the file by its hash, which is left out."""
    found = [finding for finding in report["findings"] if finding["rule"] != "FRM-01"]
    text = json.dumps(found).replace(report["model"]["sha256"][:HASH_DIGITS], "")
    named: list[dict[str, Any]] = json.loads(text)
    return named


def test_tile_writes_a_tileset(city: Path, right: Path, tmp_path: Path) -> None:
    result = _run("tile", right, "--city", city, "-o", tmp_path / "tiles")
    assert result.exit_code == CLEAN
    assert json.loads(result.stdout)["triangles"] == 12
    tileset = json.loads((tmp_path / "tiles" / "tileset.json").read_text(encoding="utf-8"))
    contents = set(_contents(tileset["root"]))
    assert contents
    assert {path.name for path in (tmp_path / "tiles").iterdir()} == contents | {"tileset.json"}


def _contents(tile: dict[str, Any]) -> list[str]:
    own = [tile["content"]["uri"]] if "content" in tile else []
    return own + [uri for child in tile.get("children", ()) for uri in _contents(child)]


def test_tile_refuses_a_place_that_is_not_proven(
    city: Path, exchanged: Path, tmp_path: Path
) -> None:
    result = _run("tile", exchanged, "--city", city, "-o", tmp_path / "tiles", "--lang", "zh")
    assert result.exit_code == UNREADABLE
    assert "位置未经证实，无法生成瓦片。" in result.stderr
    assert not (tmp_path / "tiles").exists()


def test_building_a_built_city_changes_no_tile(small_city: Path) -> None:
    before = _stamps(small_city / "build" / "tiles")
    assert (small_city / "build" / "tiles" / "terrain" / "tileset.json").is_file()
    assert _run("city", "build", small_city).exit_code == CLEAN
    assert _stamps(small_city / "build" / "tiles") == before


def _stamps(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    """A hut whose file is cut off behind its last part."""
    path = tmp_path / "cut.ifc"
    path.write_bytes(cut_hut())
    return path


def test_a_file_that_is_cut_off_is_reported_and_not_judged(
    city: Path, cut: Path, tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    result = _run("check", cut, "--city", city, "--json", "--report", reports)
    assert result.exit_code == UNREADABLE
    report = json.loads(result.stdout)
    assert report["verdict"] == "not_checkable"
    told = {finding["rule"]: finding["outcome"] for finding in report["findings"]}
    assert {told.pop(rule) for rule in OF_THE_FILE_AS_IT_IS} == {"pass"}
    assert set(told.values()) == {"not_checkable"}
    unjudged = [f for f in report["findings"] if f["rule"] not in OF_THE_FILE_AS_IT_IS]
    assert all("cut off" in finding["sentence"]["en"] for finding in unjudged)
    assert report["model"]["elements"] == 1
    assert [defect["kind"] for defect in report["model"]["defects"]] == ["cut_off"]
    assert json.loads((reports / "cut.json").read_text(encoding="utf-8")) == report
    assert "文件不完整" in (reports / "cut.zh.html").read_text(encoding="utf-8")


def test_inspect_shows_what_a_file_that_is_cut_off_holds(cut: Path) -> None:
    result = _run("inspect", cut, "--json")
    assert result.exit_code == UNREADABLE
    told = json.loads(result.stdout)
    assert told["elements"] == {"IfcWall": 1}
    assert told["triangles"] == 12
    assert [(d["kind"], d["count"]) for d in told["defects"]] == [("cut_off", 24)]
    table = _run("inspect", cut, "--lang", "zh")
    assert "cut_off 24: 文件不完整" in table.stdout


def test_a_survey_tells_the_defects_of_each_file(cut: Path, right: Path) -> None:
    assert right.parent == cut.parent
    result = _run("inspect", cut.parent, "--json")
    assert result.exit_code == UNREADABLE
    told = json.loads(result.stdout)
    rows = {Path(row["file"]).name: (row["complete"], row["defects"]) for row in told["files"]}
    assert rows == {"cut.ifc": (False, {"cut_off": 24}), "hut.ifc": (True, {})}
    assert told["summary"]["incomplete"] == 1
    assert "1 of them not whole" in _run("inspect", cut.parent, "--lang", "en").stdout
