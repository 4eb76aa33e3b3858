"""A report in the forms people and other programs read."""
