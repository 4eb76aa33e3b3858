"""Fixtures every room may use: the sample city, written once, and third-party models where they lie."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

import samples

# Machines are noisy, so no example has a deadline; CI looks harder than a desk does.
settings.register_profile("fast", deadline=None, max_examples=30)
# The same code gets the same answer there; a desk looks elsewhere every time.
settings.register_profile("thorough", deadline=None, max_examples=100, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


@pytest.fixture(scope="session")
def sample_folder(pytestconfig: pytest.Config) -> Path:
    """The sample data (``city/`` and ``submissions/``), kept between runs until their generator changes.

    Shared by all tests: whoever writes into it copies it first.
    """
    cache = pytestconfig.cache
    assert cache is not None
    folder = cache.mkdir("samples") / _generator()
    with FileLock(folder.parent.with_suffix(".lock")):  # tests run in several processes
        if not folder.is_dir():
            for old in folder.parent.iterdir():
                shutil.rmtree(old)
            partial = folder.with_suffix(".partial")
            samples.prepare(partial)
            partial.rename(folder)
    return folder


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Third-party models and conformance suites, named by ``CIM_TEST_DATA``; CI must have them."""
    named = os.environ.get("CIM_TEST_DATA")
    if named and Path(named).is_dir():
        return Path(named)
    if os.environ.get("CI"):
        pytest.fail("CIM_TEST_DATA must name the third-party test data in CI")
    pytest.skip("CIM_TEST_DATA is not set")


def _generator() -> str:
    digest = hashlib.sha256()
    for source in sorted(Path(samples.__file__).parent.rglob("*")):
        if source.suffix in (".py", ".yaml", ".ids", ".ifc"):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
