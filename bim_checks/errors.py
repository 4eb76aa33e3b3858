"""What can go wrong with the inputs of a check.

CimError
├── RulebookError   a rulebook cannot be used: where, why, and what to write instead
├── IdsError        an IDS document cannot be used: where and why
│   └── IdsLimitError   holding it against a model cost too much, or crashed
└── SceneError      a scene (a worked example, a case) cannot be understood
"""

from __future__ import annotations

from cim.errors import CimError


class RulebookError(CimError):
    """A rulebook has an unknown key, a missing one, or a value that is not of its kind."""


class SceneError(CimError):
    """A scene (a worked example, a case) cannot be understood."""


class IdsError(CimError):
    """An IDS document is not well-formed, not valid to IDS 1.0, or asks what no IFC file can deliver."""


class IdsLimitError(IdsError):
    """Holding an IDS document against a model exceeded a limit, or crashed the process that did."""
