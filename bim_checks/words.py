"""The words of a report, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from cim.text import Text

SIGNS: Mapping[str, str] = {"m2": "m²", "m3": "m³", "deg": "°", "ratio": "", "count": ""}


def sign_of(unit: str | None) -> str:
    """How a unit of a report is written behind a number; nothing for a plain number."""
    return "" if unit is None else SIGNS.get(unit, unit)


WORDS: Mapping[str, Text] = {
    "report": Text(zh="审查报告", en="Review report"),
    "pass": Text(zh="通过", en="pass"),
    "fail": Text(zh="不通过", en="fail"),
    "procedure": Text(zh="需办手续", en="procedure"),
    "discuss": Text(zh="会商", en="discuss"),
    "not_applicable": Text(zh="不适用", en="not applicable"),
    "not_checkable": Text(zh="无法检查", en="not checkable"),
    "prohibit": Text(zh="禁止", en="prohibited"),
    "distance": Text(zh="保持距离", en="keep a distance"),
    "advisory": Text(zh="建议", en="advisory"),
    "rule": Text(zh="规则", en="Rule"),
    "outcome": Text(zh="结论", en="Outcome"),
    "finding": Text(zh="审查意见", en="Finding"),
    "measured": Text(zh="实测", en="Measured"),
    "limit": Text(zh="限值", en="Limit"),
    "margin": Text(zh="余量", en="Margin"),
    "clause": Text(zh="条款", en="Clause"),
    "owner": Text(zh="主管部门", en="Department"),
    "fix": Text(zh="整改", en="How to fix"),
    "second": Text(zh="复核", en="Computed again"),
    "blocks": Text(zh="受阻规则", en="Rules it blocks"),
    "elements": Text(zh="构件", en="Elements"),
    "legal_effect": Text(zh="效力", en="Legal effect"),
    "unverified": Text(zh="限值未核实", en="limit unverified"),
    "views": Text(zh="视点画面", en="Views"),
    "picture": Text(zh="见视点画面", en="See the view"),
    "model": Text(zh="模型", en="Model"),
    "file": Text(zh="文件", en="File"),
    "project": Text(zh="项目", en="Project"),
    "tool": Text(zh="建模软件", en="Authoring tool"),
    "schema": Text(zh="IFC 版本", en="IFC schema"),
    "hash": Text(zh="校验值", en="SHA-256"),
    "city": Text(zh="城市", en="City"),
    "rulebook": Text(zh="规则库", en="Rulebook"),
    "edition": Text(zh="版本", en="Edition"),
    "frame": Text(zh="位置台账", en="Frame ledger"),
    "source": Text(zh="来源", en="Source"),
    "taken": Text(zh="采用", en="taken"),
    "refused": Text(zh="未采用", en="not taken"),
    "assumption": Text(zh="假定", en="Assumption"),
    "eastings": Text(zh="东坐标", en="Easting"),
    "northings": Text(zh="北坐标", en="Northing"),
    "height": Text(zh="高程", en="Height"),
    "rotation": Text(zh="旋转", en="Rotation"),
    "above_ground": Text(zh="±0.000 高出地面", en="Zero level above ground"),
    "ground_range": Text(
        zh="高出地面（最小 / 平均 / 最大）", en="above ground (least / mean / most)"
    ),
    "parcel": Text(zh="界址点", en="Parcel"),
    "vertex_distance": Text(zh="最大偏差", en="vertices off by up to"),
    "not_shared": Text(zh="不重合", en="not shared"),
    "outside_parcel": Text(zh="界外", en="outside"),
    "apart": Text(zh="相距", en="apart"),
    "operation": Text(zh="坐标转换", en="Operation"),
    "accuracy": Text(zh="精度", en="accuracy"),
    "uncertainty": Text(zh="不确定度", en="Uncertainty"),
    "horizontal": Text(zh="平面", en="horizontal"),
    "vertical": Text(zh="高程", en="vertical"),
    "nobody_knows": Text(
        zh="没有任何来源可以确定位置。", en="No source can tell where the model stands."
    ),
    "undrawn": Text(zh="无法绘制", en="Not drawn"),
    "warnings": Text(zh="读取提示", en="Noticed while reading"),
    "and_more": Text(zh="等", en="and more:"),
}
