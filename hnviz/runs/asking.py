"""Questions to the process that recorded a run: files in the run's folder.

A network that only its own class computes can be read nowhere else. The recorder looks for
questions as long as its process lives, and holds a lock that shows it. A question is JSON; its
answer is a file of the same name, which stays: the process may be gone tomorrow.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from hnviz.own.network import is_closed
from hnviz.runs.answers import (
    LARGEST,
    LASTING,
    RECORDED_ANSWERS,
    Named,
    recorded_answer,
    squeezed,
    unsqueezed,
)
from hnviz.runs.errors import RunWriteError
from hnviz.runs.files import held_by_other, read_bounded, read_json, write_atomic, writing
from hnviz.runs.folder import RunFolder
from hnviz.runs.recorded import RECORDED

QUESTIONS = "questions"  # the folder
ANSWERING = "answering.lock"
MAX_BYTES = 200_000  # of a question
MOST_AT_ONCE = 20
ANSWER_SECONDS = 8.0  # for the process that recorded a run to answer
WAIT_SECONDS = 0.02  # between two looks for an answer
REFUSAL = b"refused: "  # how a sentence in place of an answer begins

NAME_CHARS = frozenset("0123456789abcdef")


class RefusedError(ValueError):
    """The recorder cannot answer; the message is its sentence."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one snapshot."""

    name: str  # of its answer
    step: int
    question: str
    params: Mapping[str, Any]


def answer_from_here(folder: Path) -> FileLock | None:
    """Show that this process answers questions about a run, until the lock is released."""
    lock = FileLock(folder / ANSWERING, thread_local=False)
    with suppress(Timeout, OSError):
        lock.acquire(timeout=0)
        return lock
    return None


def is_answering(folder: Path) -> bool:
    """Return whether a process answers questions about a run."""
    try:
        descriptor = os.open(folder / ANSWERING, os.O_RDONLY)
    except OSError:
        return False
    try:
        return held_by_other(descriptor, folder / ANSWERING)
    finally:
        os.close(descriptor)


def ask(folder: Path, asked: Question, seconds: float) -> bytes | None:
    """Ask the recorder and wait for its answer; None if it does not answer in time.

    Raises RefusedError, or RunWriteError.
    """
    if not is_answering(folder):
        return None
    path = folder / QUESTIONS / f"{asked.name}.json"
    with writing(path):
        path.parent.mkdir(exist_ok=True)
    content = {"step": asked.step, "question": asked.question, "params": dict(asked.params)}
    write_atomic(path, json.dumps(content).encode(), "question")
    until = time.monotonic() + seconds
    while time.monotonic() < until and is_answering(folder):
        if (found := stored(folder, asked.name)) is not None:
            return found
        time.sleep(WAIT_SECONDS)
    with suppress(OSError):
        path.unlink()
    return None


def answer_of_recorder(folder: RunFolder, step: int, named: Named) -> bytes | None:
    """Return what the process that recorded a run stored, or says now, if only it can answer.

    None for another run, and without an answer in ANSWER_SECONDS. Raises RefusedError.
    """
    is_recorded = (folder.path / RECORDED).is_file()  # the config is read for few runs
    if not is_recorded or not is_closed(folder.config.model):
        return None
    asked = Question(named.name(LASTING), step, named.question, json.loads(named.params))
    found = recorded_answer(folder, step, asked.name) or stored(folder.path, asked.name)
    if found is None:
        with suppress(RunWriteError):
            found = ask(folder.path, asked, ANSWER_SECONDS)
    return found


def stored(folder: Path, name: str) -> bytes | None:
    """Return the stored answer of a name, or None. Raises RefusedError, once."""
    path = folder / RECORDED_ANSWERS / name
    try:
        content = read_bounded(path, LARGEST)
        if not content.startswith(REFUSAL):
            return unsqueezed(content)
    except (OSError, ValueError):
        return None
    with suppress(OSError):
        path.unlink()
    raise RefusedError(content.removeprefix(REFUSAL).decode(errors="replace"))


def questions(folder: Path) -> Iterator[Question]:
    """Take the questions that wait; what is not a question is dropped."""
    waiting = folder / QUESTIONS
    if not waiting.is_dir():
        return
    for path in sorted(waiting.glob("*.json"))[:MOST_AT_ONCE]:
        with suppress(OSError, ValueError, KeyError, TypeError):
            content = read_json(path, MAX_BYTES)
            if path.stem and set(path.stem) <= NAME_CHARS:
                params = dict(content["params"])
                yield Question(path.stem, int(content["step"]), str(content["question"]), params)
        with suppress(OSError):
            path.unlink()


def store(folder: Path, name: str, answer: bytes | str) -> None:
    """Store an answer, or the sentence of a refusal. Raises RunWriteError."""
    path = folder / RECORDED_ANSWERS / name
    with writing(path):
        path.parent.mkdir(exist_ok=True)
    content = REFUSAL + answer.encode() if isinstance(answer, str) else squeezed(answer)
    write_atomic(path, content, "recorded-answer")
