"""Messages between the client and the engine.

Requests and replies are JSON objects, one per line, on the engine's stdin and stdout. The answers
to questions are binary frames (hnviz/questions/frame.py) on a separate descriptor: a frame takes
0.3 ms, the same as JSON 170 ms.
"""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import RawIOBase
from typing import Any, Literal, NamedTuple, cast

import numpy as np

from hnviz.runs import DamagedRun, RunNotFound, SnapshotNotFound
from hnviz.runs.files import is_number, parse_json

if sys.platform == "win32":
    import msvcrt

MAX_DEPTH = 20  # of dicts and lists in a request
MAX_QUOTE_BYTES = 60  # of a line that is not a request
Fields = Mapping[str, tuple[type, ...]]

_SIZES = struct.Struct("<QQ")  # request, bytes of content


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A run that the engine manages: queued, training or paused."""

    run_id: str
    status: str  # "queued", "running", "paused"
    at_rest: bool = False  # paused, and the last step is done and stored
    place: int | None = None  # in the queue, from 1
    wait_seconds: float | None = None  # estimate, until its turn
    speed: float | None = None  # limit in steps a second, if set
    steps_per_second: float | None = None  # as measured
    seconds_left: float | None = None  # of training, at the current speed


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineInfo:
    """The machine on which runs train."""

    devices: tuple[str, ...]  # allowed values of a config's `device`, besides "auto"
    device_names: dict[str, str]  # the makers' names
    versions: dict[str, str]
    max_trainers: int  # runs that train at the same time, at most
    python: str
    machine: str
    card_bytes: int = 0  # of free memory on the graphics card, 0 without one


class HowFar(NamedTuple):
    """How far the observer has got with a question."""

    done: int
    of: int
    what: str  # "mini-batches"


ErrorKind = Literal["unknown", "damaged", "wrong", "conflict", "busy", "unavailable", "failed"]
"""Why the engine cannot do a request:

unknown      there is no such run or snapshot
damaged      a file of the run cannot be read
wrong        a parameter or setting is not allowed
conflict     the state of the run or of the queue does not allow it
busy         other requests come first; ask again
unavailable  the engine or its observer is not running, or took too long
failed       the code that answers raised an error
"""

RUN_ERRORS: dict[type[Exception], ErrorKind] = {
    RunNotFound: "unknown",
    SnapshotNotFound: "unknown",
    DamagedRun: "damaged",
}
"""The errors of a run that cannot be read."""


class EngineError(RuntimeError):
    """The engine cannot carry out a request; the message is a sentence for the page."""

    def __init__(self, sentence: str, kind: ErrorKind = "unavailable") -> None:
        super().__init__(sentence)
        self.kind = kind


def line(message: Mapping[str, Any]) -> bytes:
    """Encode a message as a line. Raises EngineError if JSON cannot hold it."""
    try:
        return json.dumps(message, default=_plain).encode() + b"\n"
    except (TypeError, ValueError) as error:
        raise EngineError(f"this cannot be sent to the engine: {error}", "wrong") from error


_RUN: dict[str, tuple[type, ...]] = {"run_id": (str,)}
_START = {**_RUN, "viewer": (str,)}
_QUESTION = {
    **_RUN,
    "step": (int, str),
    "question": (str,),
    "params": (dict,),
    "timeout": (int, float),
}

REQUESTS: Mapping[str, Fields] = {
    "train": {"config": (dict,), "viewer": (str,), "range_test": (bool,)},
    "resume": _START,
    "start_again": _START,
    "pause": _RUN,
    "go_on": _RUN,
    "step": _RUN,
    "stop": _RUN,
    "set_speed": {**_RUN, "speed": (int, float, type(None))},
    "observe": _QUESTION,
    "observe_aside": _QUESTION,
    "step_seconds": {"configs": (list,)},
    "first_losses": {"configs": (list,), "steps": (int,)},
}
"""The operations, and the types that each field of an operation may have."""


def read_request(content: bytes) -> dict[str, Any]:
    """Read a line: {"id", "op", ...}, whose other fields `check_request` looks at.

    Raises EngineError for anything that has no number to reply to.
    """
    try:
        request = parse_json(content)
    except ValueError:
        request = None
    number = request.get("id") if isinstance(request, dict) else None
    fits = type(number) is int and 0 <= number < 2**64  # as `send_frame` can write it
    if not fits or _is_deep(request):
        wanted = f'a request is a JSON object, at most {MAX_DEPTH} deep, with a whole number "id"'
        raise EngineError(f"{wanted}; got {content[:MAX_QUOTE_BYTES]!r}", "wrong")
    return cast(dict[str, Any], request)


def _is_deep(value: Any, left: int = MAX_DEPTH) -> bool:
    """Return whether a value is nested so deep that another process may not be able to get it."""
    parts = value.values() if isinstance(value, dict) else value
    nested = (each for each in parts if isinstance(each, (dict, list)))
    return left == 0 or any(_is_deep(each, left - 1) for each in nested)


def check_request(request: Mapping[str, Any]) -> None:
    """Raise EngineError unless a request has an operation, its fields, and usable numbers."""
    operation = request.get("op")
    fields = REQUESTS.get(operation) if isinstance(operation, str) else None
    if fields is None:
        known = ", ".join(REQUESTS)
        raise EngineError(f"no operation is named {operation!r:.60}; there are {known}", "wrong")
    for name, types in fields.items():
        value = request.get(name)
        is_odd = isinstance(value, (int, float)) and bool not in types and not is_number(value)
        if name not in request or not isinstance(value, types) or is_odd:
            wanted = " or ".join(each.__name__ for each in types)
            raise EngineError(f"{operation} needs {name}: {wanted}; got {value!r:.60}", "wrong")


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(f"{value!r} is not JSON")


def send_frame(descriptor: int, request: int, content: bytes) -> None:
    """Write the answer to a request, preceded by its length."""
    for piece in (_SIZES.pack(request, len(content)), content):
        rest = memoryview(piece)
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def read_frame(stream: RawIOBase) -> tuple[int, bytearray]:
    """Read the next answer and its request's number. Raises EOFError at the stream's end."""
    request, size = _SIZES.unpack(_read_whole(stream, _SIZES.size))
    return request, _read_whole(stream, size)


def _read_whole(stream: RawIOBase, size: int) -> bytearray:
    content = bytearray(size)
    rest = memoryview(content)
    while rest:
        count = stream.readinto(rest)
        if not count:
            raise EOFError
        rest = rest[count:]
    return content


def frames_for_child(descriptor: int) -> tuple[int, dict[str, Any]]:
    """Return the number that names a descriptor in a child, and the Popen options for it.

    The options also shield the child from ^C in the terminal: ^C ends the app, and the app ends
    the engine.
    """
    if sys.platform == "win32":
        handle = msvcrt.get_osfhandle(descriptor)
        os.set_handle_inheritable(handle, True)
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
        flags = subprocess.CREATE_NEW_PROCESS_GROUP
        return handle, {"startupinfo": startup, "creationflags": flags}
    return descriptor, {"pass_fds": (descriptor,), "start_new_session": True}


def frames_in_child(name: int) -> int:
    """Return the descriptor for a number that `frames_for_child` gave."""
    if sys.platform == "win32":
        return msvcrt.open_osfhandle(name, 0)
    os.set_inheritable(name, False)  # otherwise a trainer holds it open, and the client waits
    return name
