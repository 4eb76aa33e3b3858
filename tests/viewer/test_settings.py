from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

import viewer
from cim.ifc import ReadLimits
from viewer.settings import Settings


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_described(name: str) -> None:
    description = Settings.model_fields[name].description
    assert description
    assert re.match(r"[\w;,./ -]{10,}$", description)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_readme(name: str) -> None:
    readme = Path(viewer.__file__).with_name("README.md").read_text(encoding="utf-8")
    assert f"`CIM_{name.upper()}`" in readme


@pytest.mark.parametrize("limit", [field.name for field in dataclasses.fields(ReadLimits)])
def test_every_limit_of_reading_is_a_setting(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    setting = {"file_bytes": "UPLOAD_BYTES"}.get(limit, f"READ_{limit.upper()}")
    monkeypatch.setenv(f"CIM_{setting}", "1" if limit == "must_isolate" else "17")
    found = getattr(Settings().read_limits, limit)
    assert found == (True if limit == "must_isolate" else 17)


def test_reading_ends_before_its_stage_does() -> None:
    settings = Settings(stage_seconds=100.0)
    assert settings.read_limits.wall_seconds == pytest.approx(90.0)


def test_the_environment_sets_what_it_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CIM_DATA", str(tmp_path))
    monkeypatch.setenv("CIM_UPLOAD_BYTES", "1000")
    settings = Settings()
    assert settings.data == tmp_path
    assert settings.read_limits.file_bytes == 1000


def test_what_the_command_line_says_outranks_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CIM_PORT", "9000")
    assert Settings(port=9001).port == 9001


def test_everything_lies_below_the_data_folder_unless_told_otherwise(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    review = tmp_path / "review"
    assert settings.city_folder == tmp_path / "city"
    assert settings.blob("ab") == review / "blobs" / "ab.ifc"
    assert settings.work("one") == review / "work" / "one"
    assert settings.review_database == f"sqlite:///{review / 'review.sqlite'}"
    assert settings.jobs_database == f"sqlite:///{review / 'jobs.sqlite'}"


def test_a_city_and_databases_may_lie_elsewhere(tmp_path: Path) -> None:
    settings = Settings(
        data=tmp_path,
        city=Path("/srv/city"),
        database_url="postgresql://review",
        jobs_url="postgresql://jobs",
    )
    assert settings.city_folder == Path("/srv/city")
    assert settings.review_database == "postgresql://review"
    assert settings.jobs_database == "postgresql://jobs"


def test_a_limit_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIM_UPLOAD_BYTES", "much")
    with pytest.raises(ValidationError, match="upload_bytes"):
        Settings()
