"""Events as lines of events.jsonl: one JSON object per line, checked when read."""

import json
import math
import re
from dataclasses import MISSING, fields
from typing import Any, get_args

from hnviz.events import ENDS, Ended, Event, KindFigures, RunStarted
from hnviz.runs.files import LARGEST_NUMBER, is_number, parse_json, printable
from hnviz.schedule import batch_stride

BATCH_PREFIX, ONCE = b'{"event": "batch"', (b"\n", b', "loss": ')  # in a mini-batch's line
"""The start of the most frequent kind of line, so that a skim can skip it."""

MAX_VALUE_CHARS = 40  # of a value quoted in a sentence; a line that is no event is not quoted

_STEP = re.compile(rb', "step": (\d{1,15}),')  # the first field of a mini-batch's line
_ENCODER = json.JSONEncoder(allow_nan=False)
_EVENTS: dict[str, type[Event]] = {cls.kind: cls for cls in get_args(Event)}
_TYPES = {kind: {each.name: each.type for each in fields(cls)} for kind, cls in _EVENTS.items()}
_NEEDED = {
    kind: {each.name for each in fields(cls) if each.default_factory is MISSING}
    for kind, cls in _EVENTS.items()
}


def encode(event: Event, *, digits: int | None = None) -> bytes:
    """Write an event as one line.

    JSON has no nan and no infinity: both become null, and are read back as nan. `digits` rounds
    every float to that many significant digits, for the pre-trained runs.
    """
    values = {name: _to_json(getattr(event, name), digits) for name in _TYPES[event.kind]}
    return _ENCODER.encode({"event": event.kind, **values}).encode() + b"\n"


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
    kind = values.pop("event", None) if isinstance(values, dict) else None
    if not isinstance(kind, str):
        raise ValueError("it is not an event")
    if kind not in _EVENTS:
        raise ValueError(f"no event is named {kind!r:.60}")
    types = _TYPES[kind]
    if not _NEEDED[kind] <= values.keys() <= types.keys():
        raise ValueError(
            f"the event {kind!r} has the fields {', '.join(sorted(types))}; "
            f"got {', '.join(sorted(values)):.200}"
        )
    for name, value in values.items():
        values[name] = found = _from_json(value, types[name])
        if found is None:
            raise ValueError(f"{name} of the event {kind!r} cannot be {shortened(value)}")
    event = _EVENTS[kind](**values)
    if isinstance(event, RunStarted) and 0 in (event.n_batches, event.n_steps):
        raise ValueError("a run has at least one step")
    if isinstance(event, Ended) and event.status not in ENDS:
        raise ValueError(f"a run ends as {', '.join(ENDS)}; got {shortened(event.status)}")
    return event


def _from_json(value: Any, wanted: Any) -> Any:
    """Return the value of a field of type `wanted`; None if it cannot have this one."""
    if wanted is float:
        return math.nan if value is None else value if is_number(value) else None
    if wanted is int:  # all whole numbers in events are counts
        return value if type(value) is int and 0 <= value <= LARGEST_NUMBER else None
    if wanted is str:
        return printable(value) if isinstance(value, str) else None
    fits = isinstance(value, dict) and all(map(_is_by_kind, value.values()))
    return {kind: KindFigures(*figures) for kind, figures in value.items()} if fits else None


def _is_by_kind(figures: Any) -> bool:
    types = [type(each) for each in figures] if isinstance(figures, list) else []
    # JSON may write 2.0 as 2.
    return types in ([int, int, float], [int, int, int]) and all(map(is_number, figures))


class Lines:
    """Reads a run's lines in pieces; of a long run it keeps only some mini-batches."""

    def __init__(self, every: int | None = None) -> None:
        """`every`: steps between the mini-batches to read; None for as many as a record keeps."""
        self._fixed, self._every = every, every or 1
        self.number = 0  # number of the last line, from 1

    def read(self, content: bytes) -> list[Event]:
        """Return the events in whole lines. Raises a ValueError that names the line.

        The last mini-batch before another event, and before the end, is always read.
        """
        found, waiting, start = [], None, 0
        while (end := content.find(b"\n", start)) >= 0:
            line, start = content[start:end], end + 1
            self.number += 1
            if self._every > 1 and (step := _step_between(line, self._every)) is not None:
                if waiting is None:
                    last = last_between(content, end, step, self._every)
                    if last > start:
                        self.number += content.count(b"\n", end, last)
                        line, start = content[content.rfind(b"\n", end, last) + 1 : last], last + 1
                waiting = line
                continue
            if waiting and not line.startswith(BATCH_PREFIX):
                found.append(self._decode(waiting))
            waiting = None
            event = self._decode(line)
            found.append(event)
            if isinstance(event, RunStarted) and self._fixed is None:
                self._every = batch_stride(event.n_steps)
        return [*found, self._decode(waiting)] if waiting else found

    def _decode(self, line: bytes) -> Event:
        try:
            return decode(line)
        except ValueError as error:
            raise ValueError(f"line {self.number}: {error}") from None


def _step_between(line: bytes, every: int) -> int | None:
    """Return the step in a mini-batch's whole line, unless it is a multiple of `every`."""
    if not line.startswith(BATCH_PREFIX) or not line.endswith(b"}"):
        return None
    found = _STEP.match(line, len(BATCH_PREFIX))
    return step if found is not None and (step := int(found[1])) % every else None


def last_between(content: bytes, end: int, step: int, every: int) -> int:
    """Return where the last line before the next multiple of `every` ends.

    `end` is where the line of `step` ends. Returns `end` unless whole lines of mini-batches, one
    per step, lead up to that multiple: a search and three counts cost less than parsing each line.
    """
    target = step + every - step % every
    line = end - content.rfind(b"\n", 0, end)
    limit = end + 2 * every * line
    last = content.find(b'\n%b, "step": %d,' % (BATCH_PREFIX, target), end, limit)
    if last < 0 or {content.count(each, end, last) for each in ONCE} != {target - step - 1}:
        return end
    starts = content.count(b"}\n" + BATCH_PREFIX, end - 1, last + 1 + len(BATCH_PREFIX))
    return last if starts == target - step else end


def shortened(value: Any) -> str:
    """Return the start of a value, to quote in a sentence."""
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        return f"a number above {LARGEST_NUMBER:,}"
    text = repr(value)
    return text if len(text) <= MAX_VALUE_CHARS else f"{text[:MAX_VALUE_CHARS]}..."
