"""A study of views as files: plates, skylines as tables, the figures as JSON, and a page that shows them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from bim_checks.landscape.study import Cumulative, ViewStudy, owner_name
from bim_checks.rule import Surroundings
from bim_checks.scheme import Scheme
from cim.text import Language, Text

TITLE = Text(zh="景观视线分析", en="Study of views")
FIGURES: Mapping[str, Text] = {
    "degrees_raised": Text(
        zh="天际线被抬高的方位宽度 (°)", en="azimuth over which the skyline rises (degrees)"
    ),
    "most_raised": Text(zh="最大抬高 (°)", en="most it rises (degrees)"),
    "sky_lost": Text(zh="减少的天空 (10⁻³ sr)", en="sky taken (1e-3 sr)"),
    "peaks_before": Text(zh="峰数（现状）", en="peaks before"),
    "peaks_after": Text(zh="峰数（建成后）", en="peaks after"),
    "distance": Text(zh="距离 (m)", en="distance (m)"),
}
CUMULATIVE = Text(
    zh="计入已批未建方案：这些方案遮去天空 {consented:.4g}·10⁻³ sr，本方案另遮去 {scheme:.4g}·10⁻³ sr，合计 {together:.4g}·10⁻³ sr。",
    en="With consented schemes: they take {consented:.4g}e-3 sr of sky, this scheme {scheme:.4g}e-3 sr besides, both {together:.4g}e-3 sr.",
)
SEEN_FROM = Text(
    zh="地面可见范围：所示范围公共地面的 {any:.1f} % 可见建筑的至少一处，{all:.1f} % 可见全部 {count} 处测点（{cell:g} m 格网，眼高 {eye:g} m）。",
    en="From {any:.1f} % of the public ground of the map at least one of the scheme's points is seen, from {all:.1f} % all {count} of them (cells of {cell:g} m, eye {eye:g} m above ground).",
)
STYLE = (
    "body{margin:2rem auto;max-width:104rem;padding:0 1.2rem;color:#1c2530;"
    'font:15px/1.6 system-ui,"Noto Sans CJK SC","Microsoft YaHei","PingFang SC",sans-serif}'
    "h1{font-size:1.6rem}h2{font-size:1.15rem;border-bottom:1px solid #d9e0e7;margin-top:2.4rem}"
    "img{width:100%;border:1px solid #d9e0e7;border-radius:4px}"
    "table{border-collapse:collapse}th,td{text-align:left;padding:.25rem 1rem .25rem 0;border-bottom:1px solid #d9e0e7}"
    "figure{margin:1rem 0}figcaption{color:#5a6878}"
)


def figures(found: ViewStudy) -> dict[str, Any]:
    """The figures of a view as JSON values; degrees, steradians, metres."""
    east, north, up = found.eye.position
    return {
        "viewpoint": found.viewpoint.code,
        "name": found.viewpoint.name.to_json(),
        "eye": [east, north, up],
        "refraction": found.eye.refraction,
        "column_degrees": round(float(np.degrees(found.before.columns.step)), 6),
        "degrees_raised": round(found.degrees_raised, 4),
        "most_raised": round(found.most_raised, 4),
        "sky_lost": round(found.sky_lost, 9),
        "peaks_before": found.peaks_before,
        "peaks_after": found.peaks_after,
        "distance": round(found.distance, 2),
        "cumulative": None if found.cumulative is None else _cumulative(found.cumulative),
    }


def _cumulative(found: Cumulative) -> dict[str, Any]:
    """What consented schemes take, what the scheme takes besides, and both."""
    return {
        name: {
            "degrees_raised": round(raised.degrees, 4),
            "most_raised": round(raised.most, 4),
            "sky_lost": round(raised.sky, 9),
        }
        for name, raised in (
            ("consented", found.consented),
            ("scheme", found.scheme),
            ("together", found.together),
        )
    }


def skyline_table(scheme: Scheme, around: Surroundings, found: ViewStudy) -> str:
    """Every column as CSV: azimuth, elevation before and after in degrees, distance, and what stands there after."""
    seen, named = np.unique(found.after.owners, return_inverse=True)
    # Written once for each body, quoted where its name needs it.
    names = [_quoted(owner_name(scheme, around, found, int(owner))) for owner in seen]
    columns = (
        np.degrees(found.before.columns.azimuths),
        np.degrees(found.before.elevations),
        np.degrees(found.after.elevations),
        found.after.distances,
        named,
    )
    lines = [
        f"{azimuth:.4f},{low:.5f},{high:.5f},{distance:.2f},{names[owner]}\n"
        for azimuth, low, high, distance, owner in zip(
            *(column.tolist() for column in columns), strict=True
        )
    ]
    return "".join(["azimuth,before,after,distance,what\n", *lines])


def _quoted(value: str) -> str:
    """A value as CSV writes it in a row of others."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(("", value))
    return out.getvalue()[1:]


def page(
    document: Mapping[str, Any],
    pictures: Mapping[str, Sequence[str]],
    language: Language,
) -> str:
    """The page of a study; pictures lie beside it.

    Args:
        document: as written to ``views.json``.
        pictures: names of the SVG files of each viewpoint.
        language: of the words.
    """
    return "\n".join(
        [
            f'<!doctype html><html lang="{"zh-CN" if language == "zh" else "en"}"><meta charset="utf-8">',
            f"<title>{TITLE.in_language(language)}</title><style>{STYLE}</style>",
            f"<h1>{TITLE.in_language(language)} · {escape(str(document['model']['file_name']))}</h1>",
            *_visibility(document, language),
            *(
                part
                for view in document["views"]
                for part in _view(view, pictures[view["viewpoint"]], language)
            ),
            "</html>",
        ]
    )


def _visibility(document: Mapping[str, Any], language: Language) -> Iterable[str]:
    seen = document.get("visibility")
    if seen:
        told = SEEN_FROM.format(
            any=100.0 * seen["share_any"],
            all=100.0 * seen["share_all"],
            count=len(seen["heights"]),
            cell=seen["cell"],
            eye=seen["eye_height"],
        )
        yield f"<p>{escape(told.in_language(language))}</p>"


def _view(view: Mapping[str, Any], pictures: Sequence[str], language: Language) -> Iterable[str]:
    yield f"<h2>{escape(view['viewpoint'])} · {escape(view['name'][language])}</h2><table>"
    for key, title in FIGURES.items():
        value = view[key] * (1000.0 if key == "sky_lost" else 1.0)
        yield f"<tr><th>{title.in_language(language)}</th><td>{value:,.4g}</td></tr>"
    yield "</table>"
    if view["cumulative"]:
        sky = {name: 1000.0 * found["sky_lost"] for name, found in view["cumulative"].items()}
        yield f"<p>{escape(CUMULATIVE.format(**sky).in_language(language))}</p>"
    for name in pictures:
        yield f'<figure><img src="{escape(name)}" alt="{escape(name)}"></figure>'
