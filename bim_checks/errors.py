"""What can go wrong with the inputs of a check.

CimError
├── RulebookError   a rulebook cannot be used: where, why, and what to write instead
└── SceneError      a scene (a worked example, a case) cannot be understood
"""

from __future__ import annotations

from cim.errors import CimError


class RulebookError(CimError):
    """A rulebook has an unknown key, a missing one, or a value that is not of its kind."""


class SceneError(CimError):
    """A scene (a worked example, a case) cannot be understood."""
