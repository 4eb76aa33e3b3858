"""The geometry of measuring."""
