from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cim.errors import CityError
from cim.pointcloud import read_point_cloud


@pytest.mark.parametrize(
    ("name", "count", "coloured"),
    [
        ("PDAL__PDAL/simple.las", 1065, True),
        ("PDAL__PDAL/autzen_trim.laz", 110_000, True),
        ("PDAL__PDAL/no-points.las", 0, False),
        ("py3dtiles__py3dtiles/without_rgb.las", 10, False),
    ],
)
def test_scans_of_other_programs_are_read_whole(
    data_folder: Path, name: str, count: int, coloured: bool
) -> None:
    cloud = read_point_cloud(data_folder / "pointcloud" / name)
    assert cloud.positions.shape == (count, 3)
    assert np.isfinite(cloud.positions).all()
    assert (cloud.colours is not None) == coloured
    if cloud.colours is not None:
        assert 0.1 < cloud.colours.max() <= 1.0


def test_a_missing_file_is_a_city_error(tmp_path: Path) -> None:
    with pytest.raises(CityError) as caught:
        read_point_cloud(tmp_path / "none.laz")
    assert caught.value.path == tmp_path / "none.laz"
