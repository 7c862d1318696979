"""What a user has written on a run: a name of their own, and whether it is pinned.

Kept in label.json beside the run's config, which nobody changes after the start. A run without the
file, such as each run of before, has neither.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from hnviz.runs.files import printable, read_json, write_atomic

LABEL = "label.json"
LONGEST = 60  # characters of a name
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Label:
    """A run's own name, "" for none, and whether it comes first in lists."""

    name: str = ""
    pinned: bool = False


NO_LABEL = Label()


def read_label(folder: Path) -> Label:
    """Return a run's label; an unreadable one counts as none, since the run itself is whole."""
    try:
        told = read_json(folder / LABEL, _MOST_BYTES)
        return Label(_checked(told["name"]), told["pinned"] is True)
    except (OSError, ValueError, KeyError, TypeError):
        return NO_LABEL


def write_label(folder: Path, label: Label) -> None:
    """Replace a run's label. Raises ValueError for a name, and RunWriteError."""
    told = {"name": _checked(label.name), "pinned": label.pinned}
    write_atomic(folder / LABEL, json.dumps(told).encode() + b"\n", "label")


def _checked(name: str) -> str:
    """Return a name without blanks around it. Raises ValueError."""
    if not isinstance(name, str):
        raise ValueError(f"a run's name must be a text; got {str(name)[:LONGEST]!r}")
    name = " ".join(part for part in name.split(" ") if part)
    if len(name) > LONGEST:
        raise ValueError(
            f"a run's name can have at most {LONGEST} characters; got {len(name):,}: shorten it"
        )
    if printable(name) != name or not name.isprintable():
        raise ValueError("a run's name can hold no line breaks or control characters: remove them")
    return name
