"""The geometry of seeing: what a building hides, in numbers."""
