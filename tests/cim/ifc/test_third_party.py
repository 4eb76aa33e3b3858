from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cim.errors import CimError
from cim.ifc import read_ifc

LARGEST = 600_000  # bytes


def account(path: Path) -> str | None:
    """What is wrong with how a file was read; None when all is accounted for."""
    try:
        model = read_ifc(path)
    except CimError as error:
        return None if error.remedy and path.name in error.sentence("en") else f"{path}: no remedy"
    identities = {e.global_id for e in (*model.elements, *model.spaces, *model.sites)}
    lost = [u for u in model.undrawn if u.global_id not in identities or not u.reason]
    return f"{path}: {lost[:3]}" if lost else None


@pytest.mark.slow
def test_every_small_third_party_file_ends_in_a_model_or_a_readable_error(
    data_folder: Path,
) -> None:
    found = sorted((data_folder / "ifc").rglob("*.ifc"))
    paths = [path for path in found if path.stat().st_size < LARGEST]
    assert len(paths) > 30
    with ThreadPoolExecutor(max_workers=2) as pool:
        assert [told for told in pool.map(account, paths) if told is not None] == []
