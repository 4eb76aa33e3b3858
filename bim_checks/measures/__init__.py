"""What rules measure: the geometry and the figures that several rules ask for, each computed once."""
