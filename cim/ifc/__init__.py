"""The only door to IfcOpenShell."""
