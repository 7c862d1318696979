"""Checks a file of models in another process, within a time limit. Does not import torch."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

import hnviz
from hnviz.own.models import OwnModelError, OwnModels, own_models, register

MODELS_VARIABLE = "HNVIZ_MODELS"
START_SECONDS = 60.0  # for the process to load torch from a cold disk
LIMIT_SECONDS = 15.0  # for the file, once torch is loaded
MAX_BYTES = 2**18


def use_named() -> None:
    """Use the file named by $HNVIZ_MODELS, unless one is in use already. Raises OwnModelError."""
    named = os.environ.get(MODELS_VARIABLE)
    if named and own_models() is None:
        use_file(Path(named))


def use_file(path: Path) -> None:
    """Check a file of models, and add them to this process's catalogue.

    Raises OwnModelError, with a sentence that says what is wrong and where.
    """
    register(checked_apart(path.name, _text_of(path)))


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise OwnModelError(
            f"{path}: {error.strerror}; --models takes a Python file with a class and an entry"
        ) from error
    if len(content) > MAX_BYTES:
        raise OwnModelError(
            f"{path.name} has more than {MAX_BYTES:,} bytes: name a file that holds only models"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise OwnModelError(
            f"{path.name} is not UTF-8 (line {line}): save it in that encoding"
        ) from error


def checked_apart(file: str, text: str) -> OwnModels:
    """Check the models in another process. Raises OwnModelError."""
    with _started(file) as process:
        doing = "while Python was starting"
        with _Limit(process) as limit:
            with cast(IO[bytes], process.stdin) as stdin, suppress(OSError):
                stdin.write(text.encode())
            for message in _messages(cast(IO[bytes], process.stdout)):
                if "problem" in message:
                    raise OwnModelError(message["problem"])
                if "models" in message:
                    return OwnModels.from_json(json.dumps(message["models"]))
                doing = message["doing"]
                limit.begin(LIMIT_SECONDS)
            status = process.wait()
    if limit.over:
        raise OwnModelError(
            f"{file} was not ready within {limit.seconds:g} s, {doing}: look for a loop that does "
            "not end, or for work that a run should do"
        )
    raise OwnModelError(
        f"{file} ended Python with status {status}, {doing}: it may only define classes and entries"
    )


def _started(file: str) -> "subprocess.Popen[bytes]":
    root = str(Path(hnviz.__file__).parent.parent)
    path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "hnviz.learn.checks", file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # discard what the file prints
        env={"OMP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": ""},
    )


def _messages(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    for line in stream:
        with suppress(json.JSONDecodeError):  # printed while Python starts
            yield json.loads(line)


class _Limit:
    """Kills a process that takes too long."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._timer: threading.Timer | None = None
        self.seconds = START_SECONDS
        self.over = False

    def __enter__(self) -> "_Limit":
        self._begin()
        return self

    def begin(self, seconds: float) -> None:
        """Start the file's own time limit, once."""
        if seconds != self.seconds:
            self.seconds = seconds
            self._begin()

    def _begin(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = threading.Timer(self.seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def _end(self) -> None:
        self.over = True
        self._process.kill()

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()
        self._process.kill()  # its answer has been read already
