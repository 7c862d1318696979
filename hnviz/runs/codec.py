"""Events as lines of events.jsonl."""

import json
import math
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, get_args, get_origin

from hnviz import events
from hnviz.events import Event

BATCH_PREFIX = b'{"event": "batch"'
"""The start of the most frequent kind of line, so that a skim can skip it."""


_ENCODER = json.JSONEncoder(allow_nan=False)
_TYPES: dict[type, tuple[tuple[str, Any], ...]] = {
    cls: tuple((field.name, field.type) for field in fields(cls)) for cls in get_args(Event)
}


def encode(event: Event, *, digits: int | None = None) -> bytes:
    """Write an event as one line.

    JSON has no nan and no infinity: both become null, and are read back as nan. `digits` rounds
    every float to that many significant digits, for the pre-trained runs.
    """
    values = {name: _to_json(value, digits) for name, value in events.to_dict(event).items()}
    return _ENCODER.encode(values).encode() + b"\n"


def _to_json(value: Any, digits: int | None) -> Any:
    if isinstance(value, dict):  # figures by kind
        return {kind: [_to_json(each, digits) for each in told] for kind, told in value.items()}
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}") if digits else value


def decode(line: bytes) -> Event:
    """Read one line. Raises ValueError that says what is wrong with it."""
    try:
        values = json.loads(line)
    except ValueError:  # also for bytes that are not UTF-8
        raise ValueError(f"{shortened(line)} is not JSON") from None
    if not isinstance(values, dict) or not isinstance(values.get("event"), str):
        raise ValueError(f"{shortened(line)} is not an event")
    event = events.from_dict(values)
    for name, wanted in _TYPES[type(event)]:
        value = values.get(name, {})  # figures by kind, which older runs lack, are already checked
        if value is None and wanted is float:
            object.__setattr__(event, name, math.nan)  # nothing else holds it yet
        elif not _fits(value, wanted):
            raise ValueError(f"{name} of a {event.kind!r} event cannot be {value!r}")
    return event


def _fits(value: Any, wanted: Any) -> bool:
    if wanted is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return type(value) is (get_origin(wanted) or wanted)


def decode_lines(content: bytes, first: int = 1) -> Iterator[Event]:
    """Read whole lines, numbered from `first`. Raises ValueError that names the line."""
    for number, line in enumerate(content.split(b"\n")[:-1], first):
        try:
            yield decode(line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None


def shortened(line: bytes) -> str:
    """Return the start of a line, for use in a sentence."""
    text = line[:40].decode(errors="replace")
    return repr(text if len(line) <= 40 else text + "...")
