"""The model everyone reads: metres, radians, float64, one projected frame. Knows no web."""
