"""Make sure there is an OpenGL that draws without a screen, by EGL, for the tests of the plates.

What is there is taken; as root on Debian Mesa's is installed. Without it these tests are left out on a desk and fail in CI.
"""

from __future__ import annotations

import ctypes
import sys

from debian import can_install, install

LIBRARY = "libEGL.so.1"


def main() -> int:
    """Say whether there is one, installing it first where that is possible."""
    if sys.platform == "linux" and not is_there() and can_install():
        install("libegl1", "libgl1-mesa-dri")
    print(f"{LIBRARY}: {'found' if is_there() else 'not found'}")
    return 0


def is_there() -> bool:
    """Whether the library can be loaded."""
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    raise SystemExit(main())
