"""What the pictures of a lesson's steps ask: hnviz/export/asks.py writes it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

ASKS = Path(__file__).with_name("asks.json")


def asks_in(lesson: str, n_steps: int) -> list[list[dict[str, Any]]]:
    """Return what each step of a lesson asks; nothing for one that is not in the package."""
    found = _all().get(lesson, [])
    return found if len(found) == n_steps else [[]] * n_steps


@cache
def _all() -> dict[str, list[list[dict[str, Any]]]]:
    found: dict[str, list[list[dict[str, Any]]]] = json.loads(ASKS.read_text(encoding="utf-8"))
    return found
