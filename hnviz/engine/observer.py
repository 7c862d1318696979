"""The process that answers questions about snapshots."""

import logging
import sys
import time
from collections import OrderedDict
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import torch

from hnviz.engine.priority import stand_back
from hnviz.engine.protocol import Answer, pack
from hnviz.observe import QUESTIONS, Subject
from hnviz.runs import DamagedRun, RunFolder, SnapshotNotFound

NICE = 10  # of what reads a whole split; like a trainer's
KEPT_MODELS = 16  # loaded snapshots, so that a slider goes back and forth without the disk

log = logging.getLogger(__name__)


def serve(pipe: Connection, nice: int = 0) -> None:
    """Answer question after question; end when the pipe is closed.

    A question is (path of the run's folder, step, the snapshot file's stamp, name, params), an
    answer ("answer", bytes) or ("refusal", sentence).
    """
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s observer %(message)s")
    torch.set_num_threads(1)
    stand_back(nice)
    subjects = _Subjects()
    pipe.send(("ready",))
    while True:
        try:
            path, step, stamp, name, params = pipe.recv()
        except EOFError:
            return
        pipe.send(_reply(subjects, (path, step, stamp), name, params))


def serve_slowly(pipe: Connection) -> None:
    """Do as `serve`, behind all that somebody waits for: questions that take a second or more."""
    serve(pipe, NICE)


def _reply(
    subjects: "_Subjects", key: tuple[str, int, str], name: str, params: Mapping[str, Any]
) -> tuple[str, bytes | str]:
    begun = time.perf_counter()
    try:
        if name not in QUESTIONS:
            raise ValueError(f"no question is named {name!r}; there are {', '.join(QUESTIONS)}")
        arrays, meta = QUESTIONS[name](subjects.get(key), params)
        return "answer", pack(Answer(arrays, meta, time.perf_counter() - begun))
    except (DamagedRun, SnapshotNotFound, ValueError) as error:
        return "refusal", str(error)
    except Exception as error:  # an own model may raise anything, and others still have questions
        log.exception("the question %r failed", name)
        return "refusal", f"the question {name!r} failed: {type(error).__name__}: {error}"


class _Subjects:
    """The models last asked about."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int, str], Subject] = OrderedDict()

    def get(self, key: tuple[str, int, str]) -> Subject:
        """Return a snapshot's model; the file's stamp in the key tells a file written anew."""
        if key not in self._kept:
            path, step, _ = key
            folder = RunFolder(Path(path))
            self._kept[key] = Subject.load(folder.config, folder.load_snapshot(step))
            if len(self._kept) > KEPT_MODELS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]
