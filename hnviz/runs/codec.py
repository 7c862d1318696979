"""Events as lines of events.jsonl."""

import json
import math
import re
from dataclasses import fields
from typing import Any, get_args, get_origin

from hnviz import events
from hnviz.events import ENDS, Ended, Event, RunStarted
from hnviz.runs.files import LARGEST_NUMBER, is_number, parse_json, printable
from hnviz.schedule import told_every

BATCH_PREFIX = b'{"event": "batch"'
"""The start of the most frequent kind of line, so that a skim can skip it."""


_STEP = re.compile(rb', "step": (\d{1,15}),')  # the first field of a mini-batch's line
_SHOWN = 40  # characters of a value in a sentence; of a line that is no event, none is quoted
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
        values = parse_json(line)
    except ValueError:  # also for bytes that are not UTF-8
        raise ValueError("it is not JSON") from None
    if not isinstance(values, dict) or not isinstance(values.get("event"), str):
        raise ValueError("it is not an event")
    event = events.from_dict(values)
    if isinstance(event, RunStarted) and 0 in (event.n_batches, event.n_steps):
        raise ValueError("a run has at least one step")
    if isinstance(event, Ended) and event.status not in ENDS:
        raise ValueError(f"a run ends as {', '.join(ENDS)}; got {shortened(event.status)}")
    for name, wanted in _TYPES[type(event)]:
        value = values.get(name, {})  # older runs lack the figures by kind
        if value is None and wanted is float:
            object.__setattr__(event, name, math.nan)  # nothing else holds it yet
        elif not _fits(value, wanted):
            raise ValueError(f"{name} of a {event.kind!r} event cannot be {shortened(value)}")
        elif wanted is str:
            object.__setattr__(event, name, printable(value))
    return event


def _fits(value: Any, wanted: Any) -> bool:
    if wanted is float:
        return is_number(value)
    if wanted is int:  # all whole numbers of events count something
        return type(value) is int and 0 <= value <= LARGEST_NUMBER
    if get_origin(wanted) is dict:  # figures by kind, whose form `events` has checked
        return all(is_number(each) for figures in value.values() for each in figures)
    return type(value) is wanted


class Lines:
    """Reads a run's lines in pieces; skips mini-batches of a long run between those it keeps."""

    def __init__(self, every: int | None = None) -> None:
        """`every`: steps between the mini-batches to read; None for as many as a record keeps."""
        self._fixed, self._every = every, every or 1
        self._number = 0  # of the last line, from 1

    def read(self, content: bytes) -> list[Event]:
        """Return the events of whole lines. Raises ValueError that names the line.

        The last mini-batch before any other event, and before the end, is read in any case.
        """
        found, waiting, start = [], None, 0
        while (end := content.find(b"\n", start)) >= 0:
            line, start = content[start:end], end + 1
            self._number += 1
            if self._every > 1 and (step := _step_between(line, self._every)) is not None:
                if waiting is None:
                    last = _last_between(content, end, step, self._every)
                    if last > start:
                        self._number += content.count(b"\n", end, last)
                        line, start = content[content.rfind(b"\n", end, last) + 1 : last], last + 1
                waiting = line
                continue
            if waiting and not line.startswith(BATCH_PREFIX):
                found.append(self._decode(waiting))
            waiting = None
            event = self._decode(line)
            found.append(event)
            if isinstance(event, RunStarted) and self._fixed is None:
                self._every = told_every(event.n_steps)
        return [*found, self._decode(waiting)] if waiting else found

    def _decode(self, line: bytes) -> Event:
        try:
            return decode(line)
        except ValueError as error:
            raise ValueError(f"line {self._number}: {error}") from None


def _step_between(line: bytes, every: int) -> int | None:
    """Return the step of a whole line of a mini-batch, unless it is a multiple of `every`."""
    if not line.startswith(BATCH_PREFIX) or not line.endswith(b"}"):
        return None
    found = _STEP.match(line, len(BATCH_PREFIX))
    return step if found is not None and (step := int(found[1])) % every else None


def _last_between(content: bytes, end: int, step: int, every: int) -> int:
    """Return where the last line before the next multiple of `every` ends.

    `end` is where the line of `step` ends. Returns `end` unless whole lines of mini-batches, one a
    step, lead up to that multiple: a search and two counts cost less than a look at each line.
    """
    target = step + every - step % every
    line = end - content.rfind(b"\n", 0, end)
    limit = end + 2 * every * line
    last = content.find(b'\n%b, "step": %d,' % (BATCH_PREFIX, target), end, limit)
    if last < 0 or content.count(b"\n", end, last) != target - step - 1:
        return end
    starts = content.count(b"}\n" + BATCH_PREFIX, end - 1, last + 1 + len(BATCH_PREFIX))
    return last if starts == target - step else end


def shortened(what: Any) -> str:
    """Return the start of a value, for use in a sentence."""
    if isinstance(what, int) and abs(what) > LARGEST_NUMBER:
        return "a number above 9,007,199,254,740,992"  # LARGEST_NUMBER
    text = repr(what)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
