"""The meshopt codecs of EXT_meshopt_compression: vertex streams and triangle lists.

The extension knows vertex codec 0 and index codec 1 only; the library's default may move on, so
both are stated on every call.
"""

from __future__ import annotations

from typing import Any

import meshoptimizer
import numpy as np
from numpy.typing import NDArray

VERTEX_CODEC = 0
INDEX_CODEC = 1


def encode_vertices(rows: NDArray[Any]) -> bytes:
    """Encode vertex data of shape (N, K), whose rows are a multiple of four bytes long."""
    meshoptimizer.encode_vertex_version(VERTEX_CODEC)
    rows = np.ascontiguousarray(rows)
    stride = rows.itemsize * rows.shape[1]
    encoded: bytes = meshoptimizer.encode_vertex_buffer(rows, len(rows), stride)
    return encoded


def decode_vertices(encoded: bytes, count: int, stride: int) -> bytes:
    """The `count` rows of `stride` bytes that `encode_vertices` was given.

    Raises:
        RuntimeError: not such a stream.
    """
    row = np.dtype((np.void, stride))
    decoded = meshoptimizer.decode_vertex_buffer(count, stride, encoded, dtype=row)
    return bytes(decoded.tobytes())


def encode_triangles(triangles: NDArray[np.uint32], vertex_count: int) -> bytes:
    """Encode triangles of shape (M, 3); the codec may turn a triangle's corners, keeping its side."""
    meshoptimizer.encode_index_version(INDEX_CODEC)
    flat = np.ascontiguousarray(triangles, dtype=np.uint32).ravel()
    encoded: bytes = meshoptimizer.encode_index_buffer(flat, len(flat), vertex_count)
    return encoded


def decode_triangles(encoded: bytes, count: int) -> NDArray[np.uint32]:
    """The `count` indices that `encode_triangles` was given, shape (count,).

    Raises:
        RuntimeError: not such a stream.
    """
    decoded: NDArray[np.uint32] = meshoptimizer.decode_index_buffer(count, 4, encoded)
    return decoded


def order_for_compression(
    triangles: NDArray[np.int64], vertex_count: int
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Order triangles for the GPU's vertex cache and vertices by first use; both compress best so.

    Args:
        triangles: shape (M, 3), indices below `vertex_count`; every vertex is used.
        vertex_count: V.

    Returns:
        Triangles in the new order and numbering, shape (M, 3), and for each new vertex the old
        one, shape (V,).
    """
    flat = np.ascontiguousarray(triangles, dtype=np.uint32).ravel()
    cached = np.zeros_like(flat)
    meshoptimizer.optimize_vertex_cache(cached, flat, len(flat), vertex_count)
    new_of_old = np.zeros(vertex_count, dtype=np.uint32)
    meshoptimizer.optimize_vertex_fetch_remap(new_of_old, cached, len(cached), vertex_count)
    old_of_new = np.argsort(new_of_old, kind="stable").astype(np.int64)
    return new_of_old[cached].reshape(-1, 3), old_of_new
