"""The rule types, one module a subject; none leans on another."""
