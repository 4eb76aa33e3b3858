"""The second way of measuring: from triangles and corners, without the overlays of the first."""
