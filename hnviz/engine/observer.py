"""The process that answers questions about snapshots."""

import logging
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

from cachetools import LRUCache

from hnviz.engine.protocol import RUN_ERRORS, ErrorKind
from hnviz.observe import QUESTIONS, Subject
from hnviz.observe.progress import listen
from hnviz.questions.frame import pack
from hnviz.runs import RunFolder
from hnviz.runs.files import stamp

KEPT_MODELS = 64  # loaded snapshots, so that a slider can move without reading the disk
KEPT_BYTES = 64 * 2**20  # of their weights
REPORT_SECONDS = 0.5  # between two progress messages of a question, at least

log = logging.getLogger(__name__)


def serve(pipe: Connection) -> None:
    """Answer questions until the pipe closes.

    A question is (path of the run's folder, step, the snapshot file's stamp, name, params); an
    answer is ("answer", bytes) or ("refusal", sentence, kind), perhaps preceded by
    ("progress", how many are done, of how many, what they are).
    """
    subjects = _Subjects()
    reported = time.monotonic()

    def tell(done: int, of: int, what: str) -> None:
        nonlocal reported
        if time.monotonic() - reported >= REPORT_SECONDS:
            reported = time.monotonic()
            pipe.send(("progress", done, of, what))

    listen(tell)
    pipe.send(("ready",))
    while True:
        try:
            path, step, stamp, name, params = pipe.recv()
        except EOFError:
            return
        reported = time.monotonic()
        pipe.send(_reply(subjects, (path, step, stamp), name, params))


def _reply(
    subjects: "_Subjects", key: tuple[str, int, str], name: str, params: Mapping[str, Any]
) -> tuple[Literal["answer"], bytes] | tuple[Literal["refusal"], str, ErrorKind]:
    begun = time.perf_counter()
    try:
        if name not in QUESTIONS:
            raise ValueError(f"no question is named {name!r}; choose one of {', '.join(QUESTIONS)}")
        reply = QUESTIONS[name](subjects.get(key), params)
        return "answer", pack(reply._replace(seconds=time.perf_counter() - begun))
    except ValueError as error:
        return "refusal", str(error), RUN_ERRORS.get(type(error), "wrong")
    except Exception as error:  # a user's model may raise anything, and the observer must go on
        log.exception("the question %r failed", name)
        sentence = f"the question {name!r} failed: {type(error).__name__}: {error}"
        return "refusal", sentence, "failed"


def answer_now(folder: RunFolder, step: int, name: str, params: Mapping[str, Any]) -> bytes:
    """Answer a question in this process, as a frame from the engine. Raises ValueError."""
    return pack(QUESTIONS[name](subject_now(folder, step), params))


def subject_now(folder: RunFolder, step: int) -> Subject:
    """Return a snapshot's model in this process; recent ones are kept. Raises ValueError."""
    return _here.get((str(folder.path), step, stamp(folder.snapshot_path(step)) or ""))


class _Subjects:
    """The models of the most recent questions."""

    def __init__(self) -> None:
        self._kept: LRUCache[tuple[str, int, str], Subject] = LRUCache(KEPT_BYTES, _share)

    def get(self, key: tuple[str, int, str]) -> Subject:
        """Return a snapshot's model; the stamp in the key changes if the file is rewritten."""
        if key not in self._kept:
            path, step, _ = key
            folder = RunFolder(Path(path))
            folder.check_sources()
            self._kept[key] = Subject.load(folder.config, folder.load_snapshot(step))
        return self._kept[key]


def _share(subject: Subject) -> int:
    """Return the bytes of KEPT_BYTES that a model counts for: KEPT_MODELS small ones fill it."""
    size = sum(weight.nbytes for weight in subject.model.state_dict().values())
    return min(KEPT_BYTES, max(size, KEPT_BYTES // KEPT_MODELS))


_here = _Subjects()
