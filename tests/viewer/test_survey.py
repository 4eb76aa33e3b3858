"""Many files: a row each, in order, and a survey that goes on where it was stopped."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.viewer.huts import hut
from viewer.batch import read_all
from viewer.survey import summary_of, survey


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(5):
        (tmp_path / f"{number}.ifc").write_bytes(hut(project=f"hut {number}"))
    (tmp_path / "2.ifc").write_bytes(b"%PDF-1.7")
    return tmp_path


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.ifc"))


def test_readings_come_in_the_order_asked_for_and_errors_in_their_place(folder: Path) -> None:
    shares: list[float] = []
    readings = list(read_all(files(folder), progress=shares.append))
    assert [reading.path.name for reading in readings] == [f"{n}.ifc" for n in range(5)]
    names = [reading.model.project_name if reading.model else None for reading in readings]
    assert names == ["hut 0", "hut 1", None, "hut 3", "hut 4"]
    assert readings[2].error is not None
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_a_row_says_what_a_file_holds_and_what_it_cost(folder: Path) -> None:
    rows = list(survey(files(folder)))
    assert "PDF" in rows[2]["error"]["reason"]["en"]
    first = rows[0]
    assert first["error"] is None
    assert (first["length_unit"], first["undrawn"]) == (1.0, {})
    assert first["elements"] > 0
    assert 0.0 < first["seconds"] < 60.0
    assert first["peak_mb"] > 10
    totals = summary_of(rows)
    assert (totals["files"], totals["read"]) == (5, 4)
    assert totals["errors"] == {"this is a PDF.": 1}
    assert totals["elements"] == 4 * first["elements"]


def test_a_survey_goes_on_where_it_was_stopped(folder: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    stopped = survey(files(folder), log=log)
    kept = [next(stopped), next(stopped)]
    stopped.close()
    with log.open("a", encoding="utf-8") as stream:
        stream.write('{"mark": "cut o')
    changed = folder / "1.ifc"
    changed.write_bytes(hut(project="another"))
    os.utime(changed, (1, 1))
    read_before = {json.loads(line)["file"] for line in log.read_text().splitlines()[:-1]}
    rows = list(survey(files(folder), log=log))
    assert [Path(row["file"]).name for row in rows] == [f"{n}.ifc" for n in range(5)]
    assert rows[0] == kept[0]
    assert rows[1]["mark"] != kept[1]["mark"]
    assert str(changed) in read_before
    again = list(survey(files(folder), log=log))
    assert again == rows
