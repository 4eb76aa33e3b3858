"""Write the API contract: ``python -m viewer.server.openapi`` -> ``viewer/openapi.json``."""

from __future__ import annotations

import json
from pathlib import Path

from viewer.server.app import create_app
from viewer.settings import Settings

CONTRACT = Path(__file__).resolve().parent.parent / "openapi.json"


def contract() -> str:
    """The OpenAPI document of the server, as stored."""
    return json.dumps(create_app(Settings()).openapi(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    CONTRACT.write_text(contract(), encoding="utf-8")
