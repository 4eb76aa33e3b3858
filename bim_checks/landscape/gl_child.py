"""The guarded child that finds by OpenGL which triangle every pixel of a picture shows, a task of `cim.nursery`.

A driver may crash or hang, and so this is no part of a worker's own process. One argument, the folder with ``scene.npz``; it leaves
``faces.npy`` there. Triangles are painted in the colour that is their number, without light, smoothing or blending, so that what is
read back is a number and not a shade; a small scene of known answer goes first, so that a driver that paints otherwise is found out.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SCENE, ANSWER = "scene.npz", "faces.npy"
NO_GL = (
    3  # exit code: no window can be opened off screen, or it paints other colours than it is told
)
MOST_FACES = (1 << 24) - 1  # numbers three bytes can tell, 0 being the sky
CPU_SECONDS = 120


def preload() -> None:
    """Import the parts of VTK that are used; nothing of OpenGL is touched before a task runs."""
    import vtkmodules.util.numpy_support
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401


def main(arguments: list[str]) -> int:
    """Serve one scene."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    folder = Path(arguments[0])
    if not _paints_as_told():
        return NO_GL
    with np.load(folder / SCENE) as scene:
        seen = faces_seen(scene["points"], scene["faces"], scene["frustum"], scene["size"])
    np.save(folder / ANSWER, seen)
    return 0


def faces_seen(
    points: NDArray[np.float32],
    faces: NDArray[np.int32],
    frustum: NDArray[np.float64],
    size: NDArray[np.int64],
) -> NDArray[np.int32]:
    """Which face every pixel shows.

    Args:
        points: shape (N, 3), to the right of the optical axis, up, and backward along it, metres.
        faces: shape (M, 3), no more than `MOST_FACES`.
        frustum: ``up / forward`` of the lower and of the upper edge, and the nearest and the farthest `forward`, metres.
        size: columns and rows, px.

    Returns:
        Shape (rows, columns), the topmost row first, index of the face, -1 where there is none.
    """
    window = _window(int(size[0]), int(size[1]), frustum, _actor(points, faces))
    window.Render()
    pixels = _read(window)
    window.Finalize()
    numbers = pixels.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.int32)
    return np.asarray(numbers - 1, dtype=np.int32)


def _actor(points: NDArray[np.float32], faces: NDArray[np.int32]) -> Any:
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
    from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper

    corners, cells, mesh = vtkPoints(), vtkCellArray(), vtkPolyData()
    # VTK publishes no types for its bridge to numpy.
    corners.SetData(numpy_to_vtk(np.ascontiguousarray(points), deep=True))  # type: ignore[no-untyped-call]
    indices = np.ascontiguousarray(faces, dtype=np.int64).reshape(-1)
    cells.SetData(3, numpy_to_vtkIdTypeArray(indices, deep=True))  # type: ignore[no-untyped-call]
    mesh.SetPoints(corners)
    mesh.SetPolys(cells)
    number = np.arange(1, len(faces) + 1, dtype=np.uint32)
    colours = np.stack([number >> 16, number >> 8 & 255, number & 255], axis=1).astype(np.uint8)
    mesh.GetCellData().SetScalars(numpy_to_vtk(colours, deep=True))  # type: ignore[no-untyped-call]
    mapper, actor = vtkPolyDataMapper(), vtkActor()
    mapper.SetInputData(mesh)
    mapper.SetScalarModeToUseCellData()
    mapper.SetColorModeToDirectScalars()
    actor.SetMapper(mapper)
    actor.GetProperty().LightingOff()
    actor.GetProperty().SetInterpolationToFlat()
    return actor


def _window(columns: int, rows: int, frustum: NDArray[np.float64], actor: Any) -> Any:
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401  # registers the windows
    from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

    low, top, near, far = (float(value) for value in frustum)
    window, renderer = vtkRenderWindow(), vtkRenderer()
    window.SetOffScreenRendering(True)
    window.SetMultiSamples(0)
    window.SetSize(columns, rows)
    window.AddRenderer(renderer)
    renderer.SetBackground(0.0, 0.0, 0.0)
    renderer.AddActor(actor)
    camera = renderer.GetActiveCamera()
    camera.SetPosition(0.0, 0.0, 0.0)
    camera.SetFocalPoint(0.0, 0.0, -1.0)
    camera.SetViewUp(0.0, 1.0, 0.0)
    camera.SetViewAngle(np.degrees(2.0 * np.arctan((top - low) / 2.0)))
    camera.SetWindowCenter(0.0, (top + low) / (top - low))
    camera.SetClippingRange(near, far)
    return window


def _read(window: Any) -> NDArray[np.uint8]:
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkRenderingCore import vtkWindowToImageFilter

    reader = vtkWindowToImageFilter()
    reader.SetInput(window)
    reader.SetInputBufferTypeToRGB()
    reader.ReadFrontBufferOff()
    reader.ShouldRerenderOff()
    reader.Update()
    image = reader.GetOutput()
    columns, rows, _ = image.GetDimensions()
    stored = vtk_to_numpy(image.GetPointData().GetScalars())  # type: ignore[no-untyped-call]
    return np.asarray(stored.reshape(rows, columns, 3)[::-1])


def _paints_as_told() -> bool:
    """Two triangles, the upper left half of the picture behind the lower right quarter of it."""
    points = np.array(
        [[-4, 4, -4], [4, 4, -4], [-4, -4, -4], [0, 0, -2], [2, 0, -2], [2, -2, -2], [0, -2, -2]],
        dtype=np.float32,
    )
    faces = np.array([[0, 1, 2], [3, 4, 5], [3, 5, 6]], dtype=np.int32)
    seen = faces_seen(points, faces, np.array([-1.0, 1.0, 1.0, 10.0]), np.array([64, 64]))
    rows, columns = np.mgrid[0:64, 0:64]
    expected = np.where(rows + columns < 63, 0, -1)
    quarter = (rows >= 32) & (columns >= 32)
    expected[quarter] = np.where(columns > rows, 1, 2)[quarter]
    on_edge = (rows + columns == 63) | (quarter & (rows == columns))
    return bool((seen == expected)[~on_edge].all())


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
