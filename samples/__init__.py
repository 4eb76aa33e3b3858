"""A scripted, seeded, Xiamen-like city and the buildings submitted to it."""
