"""Geometry of measuring: quantities of a scheme that rules hold against their limits."""
