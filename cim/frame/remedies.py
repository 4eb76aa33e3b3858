"""What to do in which authoring tool. Menus are those of the English releases; where we are not sure, we say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cim.frame.finding import FrameCode
from cim.text import Text


@dataclass(frozen=True, slots=True)
class ToolSteps:
    """The remedy in one tool's words."""

    tool: str
    steps: Text


DECLARE = (
    ToolSteps(
        "Revit",
        Text(
            zh="管理 > 坐标 > 在点上指定坐标（填北距、东距、高程与正北角），或从链接的测量图“获取坐标”；导出 IFC 时“坐标基准”选“共享坐标”，并在地理参照中填 EPSG 代码。",
            en="Manage > Coordinates > Specify Coordinates at Point (northing, easting, elevation, angle), or Acquire Coordinates from the linked survey; in the IFC export setup set Coordinate Base to Shared Coordinates and enter the EPSG code under geographic reference.",
        ),
    ),
    ToolSteps(
        "Archicad",
        Text(
            zh="选项 > 项目个性设置 > 项目位置：设置测量点的东、北坐标、高程与坐标系；IFC 转换器中选择按测量点导出地图转换。",
            en="Options > Project Preferences > Project Location: give the survey point its easting, northing, elevation and CRS; let the IFC translator export the map conversion from the survey point.",
        ),
    ),
    ToolSteps(
        "Tekla Structures",
        Text(
            zh="文件 > 项目属性 > 基点：填坐标系、东、北、高程与角度；导出 IFC 时“位置依据”选该基点。",
            en="File > Project properties > Base points: enter coordinate system, easting, northing, elevation and angle; export IFC with Location by that base point.",
        ),
    ),
    ToolSteps(
        "Vectorworks",
        Text(
            zh="文件 > 文档设置 > 地理参照：选定坐标系与原点，再导出 IFC。",
            en="File > Document Settings > Georeferencing: choose the CRS and the origin, then export IFC.",
        ),
    ),
    ToolSteps(
        "Bentley",
        Text(
            zh="在 Geographic 工具中从库选定坐标系（Coordinate System > From Library），再导出 IFC。",
            en="Assign the CRS with the Geographic tools (Coordinate System > From Library), then export IFC.",
        ),
    ),
    ToolSteps(
        "Bonsai",
        Text(
            zh="项目的 Georeferencing 面板：填投影坐标系名称（EPSG:…）与坐标转换（东、北、高程、旋转、比例）。",
            en="Georeferencing panel of the project: name the projected CRS (EPSG:...) and fill the coordinate operation (eastings, northings, height, rotation, scale).",
        ),
    ),
)
TURN = (
    ToolSteps(
        "Revit",
        Text(
            zh="在点上指定坐标时，“从项目北到正北的角度”填坐标北（格网北）方向，不填真北。",
            en="In Specify Coordinates at Point enter the angle to grid north, not to true north.",
        ),
    ),
    ToolSteps(
        "Archicad",
        Text(
            zh="项目位置中的北向只影响日照；地图旋转由测量点的角度决定。",
            en="Project North in Project Location serves the sun; the map rotation is the survey point's angle.",
        ),
    ),
    ToolSteps(
        "Tekla Structures",
        Text(
            zh="基点的角度按格网北填写。",
            en="Enter the base point's angle against grid north.",
        ),
    ),
    ToolSteps(
        "Bonsai",
        Text(
            zh="Georeferencing 面板中 X Axis Abscissa / Ordinate 是到格网的旋转；True North 另填。",
            en="X Axis Abscissa / Ordinate of the Georeferencing panel is the rotation to the grid; True North is entered apart.",
        ),
    ),
)
RAISE = (
    ToolSteps(
        "Revit",
        Text(
            zh="管理 > 坐标 > 在点上指定坐标：把 ±0.000 的绝对高程填入“高程”。",
            en="Manage > Coordinates > Specify Coordinates at Point: enter the elevation of the zero level above datum.",
        ),
    ),
    ToolSteps(
        "Archicad",
        Text(
            zh="选项 > 项目个性设置 > 项目位置：填项目零点的海拔。",
            en="Options > Project Preferences > Project Location: enter the altitude of project zero.",
        ),
    ),
    ToolSteps(
        "Tekla Structures",
        Text(
            zh="基点的“高程”填 ±0.000 的绝对高程。",
            en="Enter the zero level's elevation in the base point.",
        ),
    ),
    ToolSteps(
        "Bonsai",
        Text(
            zh="Georeferencing 面板：Orthogonal Height 填 ±0.000 的绝对高程，Vertical Datum 填高程基准。",
            en="Georeferencing panel: Orthogonal Height is the zero level's elevation, Vertical Datum its datum.",
        ),
    ),
)
NEAR = (
    ToolSteps(
        "Revit",
        Text(
            zh="把模型建在内部原点附近（16 km 以内），用共享坐标表示位置，不要移动几何。",
            en="Draw near the internal origin and let shared coordinates carry the position; do not move the geometry.",
        ),
    ),
    ToolSteps(
        "Archicad",
        Text(
            zh="把模型建在项目原点附近，用测量点表示大坐标。",
            en="Draw near the project origin and let the survey point carry the large coordinates.",
        ),
    ),
    ToolSteps(
        "Tekla Structures",
        Text(
            zh="在局部原点建模，大坐标放入基点。",
            en="Model at the local origin; put the large coordinates into a base point.",
        ),
    ),
)
STEPS: Mapping[FrameCode, tuple[ToolSteps, ...]] = {
    **dict.fromkeys(
        (
            FrameCode.NONE, FrameCode.TOOL_DEFAULT, FrameCode.APPROXIMATE, FrameCode.UNDECLARED, FrameCode.CRS_UNKNOWN,
            FrameCode.CRS_NOT_PROJECTED, FrameCode.BALLPARK, FrameCode.MISSING_GRID, FrameCode.SWAPPED, FrameCode.ZONE_PREFIX,
            FrameCode.UNIT, FrameCode.SCALE, FrameCode.OUTSIDE, FrameCode.DOUBLE, FrameCode.PARCEL,
        ),
        DECLARE,
    ),
    **dict.fromkeys((FrameCode.TRUE_NORTH, FrameCode.ROTATION), TURN),
    **dict.fromkeys((FrameCode.GROUND, FrameCode.ELLIPSOIDAL, FrameCode.VERTICAL), RAISE),
    FrameCode.FAR: NEAR,
}  # fmt: skip
ALIASES = {
    "blenderbim": "Bonsai",
    "openbuildings": "Bentley",
    "microstation": "Bentley",
    "aecosim": "Bentley",
}


def steps_for(code: FrameCode, authoring_tool: str | None) -> tuple[ToolSteps, ...]:
    """How to mend a finding, in the words of the tool that wrote the file; of all tools when that is another one."""
    known = STEPS.get(code, ())
    said = (authoring_tool or "").lower()
    name = next((tool for alias, tool in ALIASES.items() if alias in said), None)
    own = [s for s in known if s.tool == name or s.tool.split()[0].lower() in said]
    return tuple(own) or known
