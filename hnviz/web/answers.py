"""Answers of the engine that need no engine: in memory, in the package, or beside the runs."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from hnviz.engine.client import Answer, pack, unpack
from hnviz.questions.table import QUESTIONS
from hnviz.runs import DamagedRun, RunFolder
from hnviz.runs.answers import KeptAnswers, Named, named, shipped_answer
from hnviz.web.cache import Cache, release
from hnviz.web.state import store

MEMORY = 32 * 2**20  # bytes
LONG = 0.2  # seconds of the engine, after which any answer is worth keeping

memory = Cache(MEMORY)


class Place:
    """Where the answer to one question about one snapshot is kept."""

    def __init__(
        self, run_id: str, step: int | str, question: str, params: Mapping[str, Any]
    ) -> None:
        self._asked = (run_id, step, question, params)
        self._folder: RunFolder | None = None
        self._named = self._look()

    def _look(self) -> Named | None:
        """Name the question; None where the engine must say what is wrong with it."""
        run_id, step, question, params = self._asked
        try:
            self._folder = store().folder(run_id)
            return named(self._folder, self._folder.resolve_step(step), question, params)
        except (OSError, ValueError, TypeError, DamagedRun):
            return None

    def find(self) -> Answer | None:
        """Return the answer if it is kept."""
        if self._named is None or self._folder is None:
            return None
        known = QUESTIONS.get(self._named.question)
        name = self._named.name(release())
        content = memory.get(name)
        if content is None and known is not None and not known.measures:
            content = shipped_answer(self._folder, self._named.name(str(known.version)))
            content = content or kept_answers(store().root).get(name)
            if content is not None:
                memory.put(name, content)
        try:
            return unpack(content) if content is not None else None
        except (ValueError, KeyError, TypeError, IndexError):  # somebody has changed the file
            return None

    def keep(self, answer: Answer) -> None:
        """Keep an answer that took long, unless the snapshot has been written again meanwhile."""
        known = QUESTIONS.get(self._asked[2])
        is_long = answer.seconds >= LONG or (known is not None and known.slow)
        if self._named is None or not is_long or self._look() != self._named:
            return
        name, content = self._named.name(release()), pack(answer)
        memory.put(name, content)
        if known is not None and not known.measures:
            kept_answers(store().root).put(name, content)


@lru_cache(maxsize=4)
def kept_answers(runs_dir: Path) -> KeptAnswers:
    """Return the answers beside a folder's runs; cached."""
    return KeptAnswers(runs_dir)
