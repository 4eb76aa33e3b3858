"""The review of a metro station's site of 2018, both rounds: cut out, keep a distance, file the procedure.

Site, metres from the scene's origin. Round 1 is a rectangle of 100 m by 80 m. Its north-east corner lies in the restricted
construction zone: a triangle with legs of 12.4 m and 10 m, 62 m2. The sewage works begin 38 m to the east (50 m are asked for),
the cold store 290 m to the west (300 m), the tunnel 42 m to the south (50 m are protected, 8 m x 100 m of the site).
Round 2 pulls the boundary back: 12.5 m in the east, 10.1 m in the west, 8.2 m in the south.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bim_checks.examples import run_scene
from bim_checks.report import Report
from bim_checks.rulebook import read_rulebook
from bim_checks.scene import read_scene

ROUND_1 = [[0, 0], [100, 0], [100, 80], [0, 80]]
ROUND_2 = [[10.1, 8.2], [87.5, 8.2], [87.5, 80], [10.1, 80]]
LAYERS: dict[str, Any] = {
    "restricted": [{"name": "限制建设区", "polygon": [[100, 67.6], [100, 150], [0, 150], [90, 80]]}],
    "facilities": [
        {"name": "污水处理厂", "polygon": [[138, -500], [200, -500], [200, 500], [138, 500]],
         "attributes": {"kind": "sewage_works"}},
        {"name": "冷库", "polygon": [[-400, -500], [-290, -500], [-290, 500], [-400, 500]],
         "attributes": {"kind": "cold_store"}},
    ],
    "metro": [
        {"name": "6 号线隧道", "polygon": [[-500, -60], [500, -60], [500, -42], [-500, -42]],
         "attributes": {"kind": "underground"}},
    ],
}  # fmt: skip
RULEBOOK = """\
code: metro
edition: "2018"
title: {zh: 官浔站, en: Guanxun station}
rules:
  - id: RES
    type: LINE-OVERLAP
    title: &title {zh: 用地审查, en: site review}
    clause: *title
    source: *title
    owner: *title
    legal_effect: prohibit
    status: verified
    subject: site
    layer: restricted
    limit: 0.0
  - id: SAN
    type: LINE-SANITARY
    title: *title
    clause: *title
    source: *title
    owner: *title
    legal_effect: distance
    status: verified
    subject: site
    layer: facilities
    attributes: [kind]
    classes:
      - {values: [sewage_works], distance: 50 m}
      - {values: [cold_store], distance: 300 m}
  - id: RAI
    type: LINE-BUFFER
    title: *title
    clause: *title
    source: *title
    owner: *title
    legal_effect: procedure
    status: verified
    subject: site
    layer: metro
    attributes: [kind]
    classes:
      - {values: [underground], distance: 50 m}
      - {values: [surface], distance: 30 m}
      - {values: [entrance], distance: 10 m}
      - {values: [sea_crossing], distance: 100 m}
  - id: BUI
    type: LINE-OVERLAP
    title: *title
    clause: *title
    source: *title
    owner: *title
    legal_effect: prohibit
    status: verified
    subject: each
    layer: restricted
    limit: 0.0
"""


def review(site: list[list[float]], folder: Path) -> Report:
    path = folder / "rulebook.yaml"
    path.write_text(RULEBOOK, encoding="utf-8")
    return run_scene(read_scene({"parcel": site, "layers": LAYERS}), read_rulebook(path))


def told(report: Report) -> list[tuple[str, str, str, str]]:
    return [
        (f.rule, f.outcome.value, f.judgement.sentence.zh, f.judgement.sentence.en)
        for f in report.findings
    ]


def test_round_one_is_cut_kept_away_and_sent_to_file(tmp_path: Path) -> None:
    report = review(ROUND_1, tmp_path)
    assert told(report) == [
        (
            "RES", "fail", "用地占用限制建设区 62.0 m²，请裁去该部分。",
            "The site occupies 62.0 m² of 限制建设区; that part is to be cut out.",
        ),
        (
            "SAN", "fail", "用地距污水处理厂 38.00 m，其卫生防护距离为 50 m。",
            "The site is 38.00 m from 污水处理厂; its sanitary protection distance is 50 m.",
        ),
        (
            "SAN", "fail", "用地距冷库 290.00 m，其卫生防护距离为 300 m。",
            "The site is 290.00 m from 冷库; its sanitary protection distance is 300 m.",
        ),
        (
            "RAI", "procedure",
            "用地距6 号线隧道 42.00 m，有 800.0 m² 位于其 50 m 控制保护区内，请办理保护审批手续。",
            "The site is 42.00 m from 6 号线隧道, with 800.0 m² inside its protection zone of 50 m; "
            "the protection procedure is to be filed.",
        ),
        ("BUI", "not_applicable", "只提交了用地范围，没有建筑。", "Only the outline of a site was submitted, no building."),
    ]  # fmt: skip
    cut = [f.judgement.geometry for f in report.findings[:4]]
    # 62 m2; the 12 m in the east; the 10 m in the west; the 8 m in the south.
    assert [round(shape.area, 2) for shape in cut] == [62.0, 960.0, 800.0, 800.0]


def test_round_two_is_agreed(tmp_path: Path) -> None:
    report = review(ROUND_2, tmp_path)
    assert told(report)[:3] == [
        ("RES", "pass", "用地未占用restricted。", "The site does not touch restricted."),
        # The cold store, 300.10 m away, is out of reach of every distance.
        ("SAN", "pass", "用地距污水处理厂 50.50 m，满足要求的 50 m。", "The site is 50.50 m from 污水处理厂; 50 m are required."),
        (
            "RAI", "pass", "用地距6 号线隧道 50.20 m，满足要求的 50 m。",
            "The site is 50.20 m from 6 号线隧道; 50 m are required.",
        ),
    ]  # fmt: skip
    assert report.verdict.value == "pass"
