"""Settings of server, worker and command line; each can be given as an environment variable ``CIM_<NAME>``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from cim.ifc import ReadLimits

READ_SHARE = 0.9  # of the time of a stage


class Settings(BaseSettings):
    """Where data lie, what may be uploaded, how much a file may cost."""

    model_config = SettingsConfigDict(env_prefix="CIM_", extra="ignore", frozen=True)

    data: Path = Field(Path(".cim"), description="folder of everything the server writes")
    city: Path | None = Field(None, description="city folder; DATA/city when absent")
    host: str = Field("127.0.0.1", description="address the server listens on")
    port: int = Field(8000, description="port the server listens on")
    database_url: str | None = Field(
        None, description="review database; SQLite in DATA/review when absent"
    )
    jobs_url: str | None = Field(None, description="job store; SQLite in DATA/review when absent")
    upload_bytes: int = Field(2 << 30, description="largest upload, bytes")
    read_memory_bytes: int = Field(8 << 30, description="address space of a reading process, bytes")
    read_cpu_seconds: int = Field(300, description="processor time of one attempt to read, seconds")
    read_stall_seconds: float = Field(
        45.0, description="time a reading process may draw nothing, seconds"
    )
    read_element_seconds: float = Field(
        15.0, description="time of one element alone, once its file has failed, seconds"
    )
    read_wall_seconds: float = Field(
        1500.0, description="wall clock of all attempts to read a file, seconds"
    )
    read_written_bytes: int = Field(4 << 30, description="largest model a file may become, bytes")
    read_cache_bytes: int = Field(
        2 << 30, description="bodies kept from one reading to the next, bytes"
    )
    read_open_files: int = Field(256, description="files a reading process may hold open")
    read_must_isolate: bool = Field(
        False,
        description="refuse to read where a process cannot be cut off from the network",
    )
    stage_seconds: float = Field(1800.0, description="wall clock of one stage, seconds")
    worker_slot: str = Field(
        "slot-1", description="name of this worker; stable over restarts, unique among workers"
    )

    @property
    def city_folder(self) -> Path:
        """The city folder."""
        return self.city or self.data / "city"

    @property
    def review_folder(self) -> Path:
        """Uploads, reports, tiles and databases."""
        return self.data / "review"

    @property
    def review_database(self) -> str:
        """URL of the review database."""
        return self.database_url or f"sqlite:///{(self.review_folder / 'review.sqlite').resolve()}"

    @property
    def jobs_database(self) -> str:
        """URL of the job store."""
        return self.jobs_url or f"sqlite:///{(self.review_folder / 'jobs.sqlite').resolve()}"

    @property
    def read_limits(self) -> ReadLimits:
        """What reading one file may cost."""
        return ReadLimits(
            memory_bytes=self.read_memory_bytes,
            cpu_seconds=self.read_cpu_seconds,
            stall_seconds=self.read_stall_seconds,
            element_seconds=self.read_element_seconds,
            # What is known when time runs out must be written before the stage is ended.
            wall_seconds=min(self.read_wall_seconds, READ_SHARE * self.stage_seconds),
            file_bytes=self.upload_bytes,
            written_bytes=self.read_written_bytes,
            cache_bytes=self.read_cache_bytes,
            open_files=self.read_open_files,
            must_isolate=self.read_must_isolate,
        )

    @property
    def geometry_cache(self) -> Path:
        """Bodies that a geometry kernel drew before."""
        return self.review_folder / "geometry"

    def blob(self, sha256: str) -> Path:
        """Where an upload lies."""
        return self.review_folder / "blobs" / f"{sha256}.ifc"

    def work(self, submission: str) -> Path:
        """Where the stages of a submission leave what they make."""
        return self.review_folder / "work" / submission
