"""An exported file's contents besides its code: answers, news, weights and files, compressed."""

import gzip
import json
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from copy import copy, deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz import __version__
from hnviz.app.pictures import VIEWS
from hnviz.app.shell.server import server
from hnviz.app.topics import TOPICS
from hnviz.browser.form import ANSWERED, IN_BROWSER, facts_of, job_of
from hnviz.config import RunConfig
from hnviz.data import Choice
from hnviz.data.corpora import texts
from hnviz.data.corpora.own import text_hash
from hnviz.export.questions import COMPUTED, Question
from hnviz.figures.surgery_text import CLAIM_RANGE, CLAIMS
from hnviz.figures.theme import MODES
from hnviz.figures.time_text import OF_LOSS, TAKEAWAYS
from hnviz.models.catalogue import entry
from hnviz.questions.frame import pack, to_json, unpack
from hnviz.questions.table import DECLARED
from hnviz.runs.files import Tensors
from hnviz.runs.texts import content_hash
from hnviz.web.answers import Answers, read_step
from hnviz.web.assets import PACKAGE
from hnviz.web.http import Refusal

STATISTICS = ("running_mean", "running_var")
"""Batch norm's tensors in a snapshot, besides its weights."""

FREE: Mapping[str, tuple[str, ...]] = {
    "unit_rows": ("text", "ids", "split", "first", "n", "show"),
}
"""Question -> parameters that do not change its answer, since what a unit codes is counted over
train. Only one order of the rows depends on the text, "clustered", and files do not offer it.
"""


def weights_of(config: RunConfig, snapshot: Tensors) -> dict[str, NDArray[Any]]:
    """Return the part of a snapshot that a file's network needs, as float16: 128 kB for a GRU."""
    net = entry(config.model)
    names = [f"{part.name}.{weight.name}" for part in net.parts for weight in part.weights]
    if net.norm == "bn":
        names += [f"{net.part('bn').name}.{name}" for name in STATISTICS]
    return {name: snapshot[name].astype(np.float16) for name in names}


def declared() -> dict[str, Any]:
    """Return the questions and views that a page answers itself: parameters, and sentences."""
    views = {view.name: view.params for view in VIEWS if view.name in COMPUTED}
    return {
        "questions": {name: {"params": DECLARED[name]["params"]} for name in ANSWERED},
        "views": {
            name: {each: param.declared for each, param in params.items()}
            for name, params in views.items()
        },
        "says": {
            "claims": {"clauses": CLAIMS, "range": CLAIM_RANGE},
            "lanes": {**TAKEAWAYS, "of_loss": OF_LOSS},
        },
    }


def address(path: str, params: Mapping[str, Any]) -> str:
    """Write an address as `hnviz/export/js/filesource.js` does."""
    free = FREE.get(path.rpartition("/")[2], ())
    named = sorted([name, value] for name, value in params.items() if name not in free)
    return json.dumps([path, named], ensure_ascii=False, separators=(",", ":"))


MAX_TRAINED = 250_000
"""The most tokens of a text on which a file trains: 100 kB of it."""

BUSY = 503  # the status of a temporary refusal
PATIENCE = 600.0  # seconds for a question: no reader is waiting for a picture


def packed(content: bytes) -> str:
    """Compress a content, and encode it in base64."""
    return b64encode(gzip.compress(content, 9, mtime=0)).decode()


class Contents:
    """Collects the contents of a file, and stores equal ones once."""

    def __init__(self, answers: Answers, answered: dict[Question, bytes]) -> None:
        """Take the app's views and topics, and answers that are known already."""
        self._app, self._answered = answers, answered
        self._places: dict[bytes, int] = {}
        self.blobs: list[str] = []  # all contents, each compressed, in base64
        self.answers: dict[str, int] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.files: dict[str, tuple[str, int]] = {}

    def copied(self) -> "Contents":
        """Return a copy, which takes more without a change of this one."""
        made = copy(self)
        made._places, made.blobs = dict(self._places), [*self.blobs]
        made.answers, made.files = dict(self.answers), dict(self.files)
        made.runs = deepcopy(self.runs)
        return made

    @property
    def size(self) -> int:
        """Return how many bytes the contents take in a file."""
        return sum(map(len, self.blobs))

    def keep(self, content: bytes) -> int:
        """Store a content; return its number."""
        if content not in self._places:
            self._places[content] = len(self.blobs)
            self.blobs.append(packed(content))
        return self._places[content]

    def add_answer(self, asked: Question) -> None:
        """Store the answer to a question.

        Raises ValueError, with the sentence that the app would show.
        """
        if asked not in self._answered:
            self._answered[asked] = self._answer(asked)
        path = f"api/runs/{asked.run}/{asked.at}/{asked.name}"
        self.answers[address(path, dict(asked.params))] = self.keep(self._answered[asked])

    def _answer(self, asked: Question) -> bytes:
        where = self._app.read(asked.run, asked.name, list(asked.params))
        at = where.at(read_step(str(asked.at)))
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return pack(unpack(self._app.answer(at, PATIENCE).content)._replace(seconds=0.0))
            except Refusal as refusal:  # on a busy computer the engine takes minutes to start
                if refusal.status != BUSY or time.monotonic() > end:
                    raise
                time.sleep(1)

    def add_run(self, run: str, steps: list[int]) -> None:
        """Store the facts about a run, and which of its snapshots the file has."""
        if run in self.runs:
            return
        folder = server().store.folder(run)
        self.runs[run] = {
            "facts": facts_of(folder.config),
            "steps": steps,
            "last": folder.resolve_step("last"),
            "of": len(folder.snapshots()),
            "layout": [],
            "weights": {},
            "topics": {},
        }
        self.add_topic(run, "run")
        if folder.config.model in IN_BROWSER:
            self._add_job(run)

    def _add_job(self, run: str) -> None:
        """Store what it takes to train such a run in the page, if its text is not too long."""
        record = server().store.record(run)
        job = job_of(record.config)
        own = text_hash(record.config.corpus)
        ids = np.array([*job["train"], *job["valid"]], dtype=np.uint16)
        if len(ids) > MAX_TRAINED:
            return
        self.runs[run]["job"] = {
            "config": job["config"],
            "kinds": job["kinds"],
            "ids": self.keep(ids.tobytes()),
            "train": len(job["train"]),
            "accuracies": [round(epoch.accuracy, 4) for epoch in record.epochs],
            "hash": content_hash(Choice(record.config.corpus, record.config.split)),
            "version": __version__,
            "text": None if own is None else self.keep(texts.text_of(own).encode()),
        }

    def add_others(self, run: str) -> None:
        """Store what the other models are, so that the page can train one of them on the text."""
        config = server().store.record(run).config
        held, facts = self.runs[run], facts_of(config)
        if "job" not in held:
            return
        held["job"]["others"] = {
            model: {
                "facts": {
                    name: value for name, value in facts_of(other).items() if value != facts[name]
                },
                "config": other.to_dict(),
            }
            for model in IN_BROWSER
            if model != config.model
            for other in [
                RunConfig.for_model(
                    model, corpus=config.corpus, split=config.split, seed=config.seed
                )
            ]
        }

    def add_weights(self, run: str, steps: Sequence[int]) -> None:
        """Store snapshots' weights: the last as it is, each other as how the next differs."""
        held, folder, after = self.runs[run], server().store.folder(run), np.zeros(1, np.uint16)
        for step in reversed(steps):
            weights = weights_of(folder.config, folder.load_snapshot(step))
            held["layout"] = [[name, each.size] for name, each in weights.items()]
            halves = np.concatenate([each.ravel() for each in weights.values()]).view(np.uint16)
            change, after = halves - after, halves  # modulo 2 ** 16
            # High bytes, then low ones: a GRU takes 663 kB, its snapshots as they are 807.
            parts = (change >> 8).astype(np.uint8), change.astype(np.uint8)
            held["weights"][str(step)] = self.keep(b"".join(each.tobytes() for each in parts))

    def add_topic(self, run: str, name: str) -> None:
        """Store a topic's news about a run, in both modes if they differ."""
        topic = next(each for each in TOPICS if each.name == name)
        modes = [{"mode": mode} for mode in MODES] if "mode" in topic.params else [{}]
        for params in modes:
            news, _ = topic.news(topic.draw(server().current(run), params), None)
            if name == "run" and news is not None:
                news = {**news, "snapshots": [[step, "file"] for step in self.runs[run]["steps"]]}
            key = json.dumps([name, sorted(params.items())], separators=(",", ":"))
            self.runs[run]["topics"][key] = self.keep(to_json(news).encode())

    def add_file(self, where: str, content: bytes, read_as: str) -> None:
        """Store a file that a picture fetches; `where` is its address below the app's."""
        self.files[where] = (read_as, self.keep(content))

    def add_source(self, path: str, read_as: str) -> None:
        """Store one of the package's own files, by its path below the package."""
        self.add_file(path, (PACKAGE / path).read_bytes(), read_as)
