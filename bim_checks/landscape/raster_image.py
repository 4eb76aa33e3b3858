"""Pixels to PNG: the few lines of the format a picture of ours needs, the same bytes every time."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGB, DEPTH = 2, 8


def png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG file (ISO/IEC 15948).

    Args:
        pixels: shape (rows, columns, 3), red, green, blue, the topmost row first.
    """
    rows, columns, _ = pixels.shape
    header = struct.pack(">IIBBBBB", columns, rows, DEPTH, RGB, 0, 0, 0)
    # Filter 2 (up): neighbouring rows of a view are alike.
    before = np.concatenate([np.zeros((1, columns, 3), np.uint8), pixels[:-1]])
    lines = np.concatenate(
        [np.full((rows, 1), 2, np.uint8), (pixels - before).reshape(rows, -1)], axis=1
    )
    return (
        SIGNATURE
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(lines.tobytes(), 6))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
