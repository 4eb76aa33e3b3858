"""3D Tiles 1.1 out."""
