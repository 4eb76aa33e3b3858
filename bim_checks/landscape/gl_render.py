"""OpenGL by VTK, off screen and in a guarded child: which face every pixel of a camera's picture shows, or why it cannot be told.

Whether there is an OpenGL to be had is found out once per process, by the first picture that is asked for.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.camera import Camera
from bim_checks.landscape.gl_child import ANSWER, MOST_FACES, SCENE
from cim.nursery import Nursery, NurseryError
from cim.text import Text

log = logging.getLogger(__name__)

WALL_SECONDS = 60.0  # of one picture; 2.6 million faces take about one
WINDOW = "VTK_DEFAULT_OPENGL_WINDOW"  # VTK's own setting: the kind of window it opens
KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "NUMBA_CACHE_DIR", "__EGL_VENDOR_LIBRARY_DIRS")
NO_GL = Text(
    zh="本机无可用的 OpenGL 离屏渲染",
    en="this machine has no OpenGL that draws off screen",
)
TOO_LONG = Text(zh="OpenGL 渲染超时", en="drawing by OpenGL took too long")
BROKEN = Text(zh="OpenGL 渲染中断", en="drawing by OpenGL broke off")
TOO_MANY = Text(zh="三角面过多", en="there are more triangles than OpenGL is asked to tell apart")


class GlError(RuntimeError):
    """A picture could not be made by OpenGL.

    Attributes:
        reason: for the plate that is made otherwise.
    """

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


class GlRenderer:
    """Finds what pixels show, each scene in a child of its own; may be used from several threads.

    Args:
        environment: of the children.
        wall_seconds: a picture may take.
    """

    def __init__(
        self, environment: Mapping[str, str] | None = None, wall_seconds: float = WALL_SECONDS
    ) -> None:
        self._nursery = Nursery(
            "bim_checks.landscape.gl_child",
            lambda: _environment() if environment is None else environment,
        )
        self._seconds = wall_seconds
        self._has_drawn = False
        self._missing: Text | None = None

    def faces_seen(
        self,
        points: NDArray[np.float64],
        faces: NDArray[np.int32],
        camera: Camera,
        *,
        nearest: float,
        times: int,
    ) -> NDArray[np.int32]:
        """Which face every pixel shows.

        Args:
            points: shape (N, 3), as the camera has them (`Camera.seen`), metres.
            faces: shape (M, 3).
            camera: looks.
            nearest: what is nearer along the optical axis is not looked at, metres.
            times: columns and rows each pixel is cut into.

        Returns:
            Shape (rows * times, columns * times), the topmost row first; -1 where there is none.

        Raises:
            GlError: it cannot be told, and why.
        """
        size = camera.columns * times, camera.rows * times
        if not len(faces):
            return np.full(size[::-1], -1, dtype=np.int32)
        if self._missing is not None:
            raise GlError(self._missing)
        if len(faces) > MOST_FACES:
            raise GlError(TOO_MANY)
        forward = points[faces, 2]
        near = max(float(forward.min()) * 0.999, nearest)
        far = max(float(forward.max()) * 1.001, 2.0 * near)
        low, top = camera.tangents_of_edges
        with tempfile.TemporaryDirectory(prefix="cim-gl-") as folder:
            np.savez(
                Path(folder) / SCENE,
                points=(points * [1.0, 1.0, -1.0]).astype(np.float32),
                faces=faces,
                frustum=np.array([low, top, near, far]),
                size=np.array(size),
            )
            try:
                found = self._asked(Path(folder))
            except GlError as error:
                if not self._has_drawn:
                    self._missing = error.reason
                raise
        self._has_drawn = True
        if found.shape != size[::-1] or found.max(initial=-1) >= len(faces):
            raise GlError(BROKEN)
        return found

    def _asked(self, folder: Path) -> NDArray[np.int32]:
        noise = folder / "noise"
        with noise.open("wb") as stream:
            try:
                task = self._nursery.start(
                    [str(folder)], stdout=stream.fileno(), stderr=stream.fileno(), folder=folder
                )
            except NurseryError as error:
                raise GlError(NO_GL) from error
            code, is_late = task.wait_at_most(self._seconds)
        answer = folder / ANSWER
        if code == 0 and answer.is_file():
            return np.asarray(np.load(answer), dtype=np.int32)
        log.info("OpenGL child ended with %s: %s", code, noise.read_text(errors="replace")[-500:])
        if is_late:
            raise GlError(TOO_LONG)
        raise GlError(BROKEN if self._has_drawn else NO_GL)

    def close(self) -> None:
        """End the process children are forked from."""
        self._nursery.close()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    if sys.platform == "linux":
        # Without it VTK first asks for an X server.
        kept[WINDOW] = os.environ.get(WINDOW, "vtkEGLRenderWindow")
    return kept | {
        "PYTHONPATH": os.pathsep.join(part for part in sys.path if part),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


RENDERER = GlRenderer()
