"""What the pictures of each lesson's steps ask, so that a panel can fetch the next step's answers.

Only a page's script says what its pictures ask, and running one takes a server longer than a reader
should wait: so this comes with the package. ``python -m hnviz.export.asks`` writes it.
"""

import json
from collections.abc import Mapping
from typing import Any

from hnviz.export.collect import Mount, collect
from hnviz.lessons import PARAMETER, Lesson, lessons, query
from hnviz.lessons.asks import ASKS

BROWSERS = ("unit_rows", "lanes", "look_back_row", "number_card", "worst", "change_claims")
"""Questions to which a picture adds parameters in the browser."""
HIDDEN = "kit/headline"  # the takeaway of a page, which a lesson does not show


def asks_of(lesson: Lesson) -> list[list[dict[str, Any]]]:
    """Return for each step what its page's pictures ask, the one that it points at first.

    Each is {"run", "ask"}, as a picture's own. Raises ExportError.
    """
    return [_asks(lesson, number) for number in range(1, len(lesson.steps) + 1)]


def _asks(lesson: Lesson, number: int) -> list[dict[str, Any]]:
    step = lesson.steps[number - 1]
    at = {key: value for key, value in query(lesson, number).items() if key != PARAMETER}
    mounts = [part for part in collect(step.page, at) if isinstance(part, Mount)]
    shown = [mount for mount in mounts if mount.called != HIDDEN]
    shown.sort(key=lambda mount: mount.called != step.point)
    found = [
        {"run": mount.data["run"], "ask": ask}
        for mount in shown
        for ask in mount.data["asks"]
        if _is_known(mount.data["run"], ask)
    ]
    return [each for place, each in enumerate(found) if each not in found[:place]]


def _is_known(run: str, ask: Mapping[str, Any]) -> bool:
    return bool(ask["run"] or run) and ask["question"] not in BROWSERS


def write() -> None:
    """Write the file of the package. Raises ExportError."""
    found = {name: asks_of(lesson) for name, lesson in lessons().items()}
    lines = [f'"{name}": {json.dumps(steps)}' for name, steps in found.items()]
    ASKS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write()
