"""Answers about a recorded network from another process than the one that trained it."""

import threading
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock
from torch import nn

from hnviz.given import in_one_line
from hnviz.learn.finding import Names, reader_of
from hnviz.learn.opened import Opened, source_of
from hnviz.learn.twin import generators_kept, unwrapped
from hnviz.own.network import OWN, Network, hash_of
from hnviz.recording.own import answer_question
from hnviz.runs import RunFolder, RunStore, default_runs_dir
from hnviz.runs.asking import answer_from_here, questions
from hnviz.runs.recorded import read_recorded

LOOK_SECONDS = 0.1  # between two looks for questions


class Answering:
    """Answers what pages ask about one run, from a thread, until `close` or the process's end."""

    def __init__(self, folder: RunFolder, opened: Opened, lock: FileLock) -> None:
        self.folder, self._opened, self._lock = folder, opened, lock
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hnviz.answer", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer no more."""
        self._over.set()
        self._thread.join()
        self._lock.release()

    def _run(self) -> None:
        while not self._over.is_set():
            for each in questions(self.folder.path):
                with suppress(Exception):  # a full disk: nobody gets this answer
                    answer_question(self.folder, each, self._opened)
            time.sleep(LOOK_SECONDS)


@in_one_line
def answer(run: str | Path, model: nn.Module) -> Answering:
    """Answer pages' questions about a recorded run with a model of its class, in this process.

    `run` is the run's id, or its folder; `model` is a new one: it gets each snapshot's weights.
    Raises ValueError, with a sentence, if the run needs no class or the class is not the run's.
    """
    folder = RunStore(default_runs_dir()).find(run)
    network = _network(folder, unwrapped(model))
    names = {part.role: part.name for part in network.parts}
    with generators_kept():
        reader = reader_of(model, Names(embedding=names["i_h"], head=names.get("h_o", "")))
    opened = Opened(reader)
    lock = answer_from_here(folder.path)
    if lock is None:
        raise ValueError(f"another process answers about the run {folder.id} already")
    return Answering(folder, opened, lock)


def _network(folder: RunFolder, model: nn.Module) -> Network:
    """Return the network of a run that only its class computes. Raises ValueError."""
    recorded = read_recorded(folder.path)
    if recorded is None or recorded.network is None or recorded.network.cell != OWN:
        raise ValueError(f"the run {folder.id} needs no class: pages show all of it without one")
    if recorded.network.code != hash_of(source_of(model)):
        raise ValueError(
            f"{type(model).__name__} is not the class that trained the run {folder.id}: its source "
            "has another hash; recorded.json in the run's folder has the source"
        )
    return recorded.network
