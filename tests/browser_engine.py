"""The engine of hnviz/browser, driven in node by tests/js/engine.js, and torch beside it."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from hnviz.browser.form import job_of
from hnviz.config import RunConfig
from hnviz.data import TokenStream, kind_of, stream_of
from hnviz.events import BatchEnd, EpochEnd
from hnviz.learn import Learner
from tests.conftest import ROOT

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="no node: apt-get install nodejs")

Arrays = dict[str, NDArray[Any]]

SOON = ("Model1", "Model3", "Model5")
"""The models whose recipes are compared before every commit; the others when the slow tests run."""

CLOSE = 1e-5  # of torch's figure: single precision sums in another order
CHAOTIC = {"IRNN": 10}
"""The steps after which torch's own run differs when its weights are disturbed by a rounding."""


@dataclass(frozen=True)
class Subject:
    """A run that both engines train."""

    config: RunConfig
    stream: TokenStream
    folder: Path

    @classmethod
    def of(cls, config: RunConfig, folder: Path, stream: TokenStream | None = None) -> "Subject":
        return cls(config, stream or stream_of(config), folder)

    def learner(self) -> Learner:
        return Learner(self.config, self.stream)

    def ask(self, **asked: Any) -> Any:
        """Let node do what is asked; see tests/js/engine.js."""
        return answers([self.asking(**asked)], self.folder)[0]

    def asking(self, **asked: Any) -> dict[str, Any]:
        """Write a question about the run."""
        return {"job": self.job, "out": str(self.folder), **asked}

    @property
    def job(self) -> dict[str, Any]:
        """What the engine is given."""
        job = job_of(self.config)
        if self.stream is stream_of(self.config):
            return job
        texts = {"train": self.stream.train.tolist(), "valid": self.stream.valid.tolist()}
        return job | texts | {"kinds": [kind_of(token) for token in self.stream.vocab.itos]}

    def save(self, name: str, checkpoint: Arrays) -> str:
        """Write a checkpoint so that the kit's JavaScript reads it."""
        path = self.folder / name
        save_file(checkpoint, path, {"meta": "{}", "sentence": ""})
        return str(path)


def answers(questions: Sequence[dict[str, Any]], folder: Path) -> list[Any]:
    """Let one node answer all questions."""
    path = folder / "asked.json"
    path.write_text(json.dumps(questions))
    command = [str(NODE), str(ROOT / "tests/js/engine.js"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


def arrays_of(written: dict[str, Any]) -> Arrays:
    """Read what node has written."""
    numbers = np.fromfile(written["file"], dtype=np.float32)
    found, start = {}, 0
    for name, length in written["arrays"]:
        found[name] = numbers[start : start + length]
        start += length
    assert start == len(numbers)
    return found


def passed(learner: Learner, n_batches: int) -> Iterator[BatchEnd | EpochEnd]:
    """Train so many mini-batches; yield their events and the epochs'."""
    for event in learner.events():
        if isinstance(event, BatchEnd | EpochEnd):
            yield event
        whole = learner.step % learner.n_batches or isinstance(event, EpochEnd)
        if learner.step >= n_batches and whole:
            return


def checkpoints(learner: Learner, places: Sequence[int]) -> dict[int, Arrays]:
    """Train, and take a checkpoint at each place and after the step from it."""
    wanted = {0, *places, *(place + 1 for place in places)}
    found = {0: learner.checkpoint()}
    for event in learner.events():
        if isinstance(event, BatchEnd) and learner.step in wanted:
            found[learner.step] = learner.checkpoint()
        if learner.step >= max(wanted):
            break
    return {step: found[step] for step in wanted}


def apart(mine: NDArray[Any], theirs: NDArray[Any]) -> float:
    """How far two arrays are apart, relative to the length of torch's as a vector."""
    theirs = theirs.ravel()
    return float(np.linalg.norm(mine - theirs) / max(float(np.linalg.norm(theirs)), 1e-30))


def recipe(model: str) -> RunConfig:
    """A model's recipe, on the cpu."""
    return RunConfig.for_model(model, device="cpu")
