"""The misplaced tower: its parcel as a file, and what it must be judged like once it stands."""

from __future__ import annotations

from typing import Any

import pytest

from samples.plan import COMPLIANT


def boundary_points() -> bytes:
    """The parcel as the land office lists it: X northing, Y easting with zone number, hectares, GBK."""
    ring = list(COMPLIANT.site.exterior.coords)
    points = [f"J{i + 1},1,{n:.4f},{e + 39e6:.4f}" for i, (e, n) in enumerate(ring[:-1])]
    points.append(f"J1,1,{ring[0][1]:.4f},{ring[0][0] + 39e6:.4f}")
    head = "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号=39\n计量单位=米\n[地块坐标]\n"
    first = f"{len(points)},{COMPLIANT.site.area / 1e4:.4f},1,滨海中心地块,面,,住宅,,@\n"
    return (head + first + "\n".join(points) + "\n").encode("gb18030")


def same_verdicts(report: dict[str, Any], twin: dict[str, Any]) -> None:
    """Assert that two reports judge alike, though their files differ."""
    assert report["verdict"] == twin["verdict"] == "pass"
    assert report["summary"] == twin["summary"]
    for found, expected in zip(report["findings"], twin["findings"], strict=True):
        for key in ("id", "outcome", "layer", "unit", "limit"):
            assert found[key] == expected[key]
        assert len(found["elements"]) == len(expected["elements"])  # GlobalIds differ by file
        for key in ("measured", "margin"):
            assert found[key] == pytest.approx(expected[key], abs=1e-3)
