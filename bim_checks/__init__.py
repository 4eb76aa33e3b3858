"""A placed building, a city and a rulebook in; a report out. A rule type is a pure function."""
