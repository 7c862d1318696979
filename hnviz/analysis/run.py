"""A run, opened in a notebook: its records, its snapshots, and answers about them."""

import weakref
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from hnviz.config import RunConfig
from hnviz.data import Vocab, corpus_of, stream_of
from hnviz.data.phrase import read_phrase
from hnviz.figures.numbers import accuracy
from hnviz.figures.sentences import plural
from hnviz.given import in_one_line, kind, some
from hnviz.own import use_file
from hnviz.questions.frame import unpack
from hnviz.questions.table import DECLARED, QUESTIONS
from hnviz.runs import DamagedRun, RunFolder, RunRecord, RunStore, default_runs_dir
from hnviz.runs.answers import KeptAnswers, named, release, shipped_answer
from hnviz.runs.archive import unpack as unpack_zip
from hnviz.runs.asking import answer_of_recorder
from hnviz.runs.files import scratch

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import torch
    from numpy.typing import NDArray

    from hnviz.analysis.answer import Answer
    from hnviz.observe import Subject

NAMED = 5  # unknown words that a sentence names

Step = int | str
"""A snapshot's step, or "last"."""


@runtime_checkable
class Record(Protocol):
    """What `hnviz.record` returns."""

    @property
    def folder(self) -> Path | None:
        """The run's folder; None before the first mini-batch."""


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """A run, read as its folder is now: a run that still trains has more at the next call."""

    folder: RunFolder
    name: str  # in sentences: the id, or the zip file's name
    runs_dir: Path  # stored answers are here, as the app stores its own

    def __repr__(self) -> str:
        record, config = self.record(), self.config
        n_steps = f" of {record.started.n_steps:,}" if record.started else ""
        said = f"{self.name} is a run of {config.called} on {config.corpus}: "
        said += f"{record.step:,}{n_steps} steps, {record.status}"
        for last in record.epochs[-1:]:
            right = record.accuracies.valid
            known = [] if right is None else [f"right on valid {accuracy(right)}"]
            known += [] if isnan(last.valid_loss) else [f"loss {last.valid_loss:.3f}"]
            said += f"; {', '.join(known) or 'valid was not measured'}"
        return f"{said}; {plural(len(self.snapshots), 'snapshot')}"

    @property
    def config(self) -> RunConfig:
        """The run's settings."""
        return self.folder.config

    @property
    def snapshots(self) -> list[int]:
        """The steps that have a snapshot, in rising order."""
        return self.folder.snapshots()

    @property
    def vocab(self) -> Vocab:
        """The words of the run's text, in the order of their ids."""
        return stream_of(self.config).vocab

    @in_one_line
    def record(self) -> RunRecord:
        """Return all events as one value. Raises DamagedRun."""
        return self.folder.read()

    def batches(self) -> "pd.DataFrame":
        """Return a row per training step, from 0, with the figures before its update.

        Columns: step; loss, the mean cross-entropy in nats; smooth_loss, the notebook's
        train_loss; accuracy; lr; momentum. Of more than 20,000 steps, one in 2, 4, ...
        """
        return self.record().batch_frame()

    def epochs(self) -> "pd.DataFrame":
        """Return a row per epoch, from 0.

        Columns: epoch; step, updates so far; train_loss and train_accuracy, running; valid_loss in
        nats and accuracy, on valid; seconds.
        """
        return self.record().epoch_frame()

    def kinds(self) -> "pd.DataFrame":
        """Return what was right by kind of the true token: a row per epoch, split and kind.

        Columns: epoch, split, kind; n, its answers; right, how many of them; loss, their mean in
        nats. On train the weights move between the answers.
        """
        import pandas as pd

        rows = [
            (epoch.epoch, split, kind, told.n, told.right, told.loss / told.n)
            for epoch in self.record().epochs
            for split, kinds in (("train", epoch.train_kinds), ("valid", epoch.valid_kinds))
            for kind, told in kinds.items()
        ]
        return pd.DataFrame(rows, columns=["epoch", "split", "kind", "n", "right", "loss"])

    @in_one_line
    def weights(self, step: Step = "last") -> "dict[str, NDArray[np.float32]]":
        """Return a snapshot as float32 arrays, by their names in the model's state_dict.

        "state" is the hidden state that training carried, (n_layers, bs, nh). Pre-trained
        runs hold float16. Raises SnapshotNotFound or DamagedRun.
        """
        found = self.folder.load_snapshot(step)
        return {
            name: each.astype("f4") if each.dtype.kind == "f" else each
            for name, each in found.items()
        }

    @in_one_line
    def state_dict(self, step: Step = "last") -> "dict[str, torch.Tensor]":
        """Return a snapshot's weights as tensors, for `load_state_dict`."""
        import torch

        from hnviz.learn.state import is_state

        found = self.weights(step).items()
        return {name: torch.tensor(each) for name, each in found if not is_state(name)}

    @in_one_line
    def model(self, step: Step = "last") -> "torch.nn.Module":
        """Return a copy of a snapshot's model, in eval mode.

        `logits, state = model(x, state)` takes x, (bs, bptt) ids. Raises ValueError for
        a snapshot that does not fit.
        """
        from copy import deepcopy

        return deepcopy(self.subject(step).model)

    @in_one_line
    def subject(self, step: Step = "last") -> "Subject":
        """Return the snapshot as the questions of `hnviz.observe` take it; shared, so only read."""
        from hnviz.engine.observer import subject_now

        with undisturbed():
            return subject_now(self.folder, self.folder.resolve_step(step))

    @in_one_line
    def ids(self, text: str) -> "NDArray[np.int64]":
        """Return a text's ids, (n,): words, or numbers as "4318 to 4320" and "4318, 12".

        A word that the vocabulary lacks is xxunk. Raises ValueError.
        """
        return self.vocab.numericalize(self._words(text))

    @in_one_line
    def check_words(self, text: str) -> None:
        """Raise ValueError for a text with words that the vocabulary lacks."""
        unknown = [each for each in dict.fromkeys(self._words(text)) if each not in self.vocab.stoi]
        if unknown:
            named = some([f"“{word[:20]}”" for word in unknown], NAMED)
            raise ValueError(
                f"{self.name} does not know {named}: hnviz.open(...).vocab.itos lists the "
                f"{len(self.vocab):,} tokens of its text"
            )

    def _words(self, text: str) -> tuple[str, ...]:
        if not isinstance(text, str):
            raise ValueError(f"text must be a string; got {kind(text)}")
        return read_phrase(text, self.vocab, corpus_of(self.config)).tokens

    def questions(self) -> "pd.DataFrame":
        """Return what can be asked: a row per question, with its parameters and its docstring."""
        import pandas as pd

        told = {
            name: {
                "parameters": ", ".join(each["params"]),
                "slow": each["slow"],
                "meaning": each["meaning"],
            }
            for name, each in DECLARED.items()
        }
        return pd.DataFrame.from_dict(told, orient="index")

    @in_one_line
    def ask(self, question: str, step: Step = "last", **params: Any) -> "Answer":
        """Answer one of `questions` about a snapshot, in this process.

        `ids`, and `other`, may be a text. Raises ValueError, with a sentence.
        """
        from hnviz.analysis.answer import Answer

        if question not in QUESTIONS:
            raise ValueError(
                f"no question is named {question!r:.60}; choose one of {', '.join(QUESTIONS)}"
            )
        at = self.folder.resolve_step(step)
        frame = self._answered(question, at, self._read(question, params))
        return Answer(self.name, at, question, unpack(frame))

    def _read(self, question: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Turn texts into the ids that a question takes, and arrays into lists."""
        known = QUESTIONS[question].params
        read = dict(params)
        for name, each in params.items():
            if isinstance(each, str) and name in known and known[name].kind == "ints":
                read[name] = self.ids(each).tolist()
            elif hasattr(each, "tolist"):  # of numpy or torch
                read[name] = each.tolist()
        return read

    def _answered(self, question: str, step: int, params: dict[str, Any]) -> bytes:
        """Take a stored answer, as the app does, or find it, and store it if that is slow."""
        from hnviz.engine.observer import answer_now

        known, kept = QUESTIONS[question], KeptAnswers(self.runs_dir)
        whole = named(self.folder, step, question, _usual(question) | params)
        given = named(self.folder, step, question, params)
        if (frame := answer_of_recorder(self.folder, step, given)) is not None:
            return frame
        for asked in (given, whole):
            stored = shipped_answer(self.folder, asked.name(str(known.version)))
            if not known.measures and (frame := stored or kept.get(asked.name(release()))):
                return frame
        with undisturbed():
            frame = answer_now(self.folder, step, question, params)
        if known.slow and not known.measures and self.runs_dir.is_dir():
            kept.put(whole.name(release()), frame)
        return frame

    @in_one_line
    def to_tensorboard(self, folder: str | Path) -> Path:
        """Write the run for TensorBoard into a folder of its own below `folder`; return that.

        Scalars by step, and the weights of each snapshot as histograms. It needs the extra
        `hnviz[tensorboard]`. Raises ValueError if the run is there already.
        """
        from hnviz.analysis.tensorboard import write

        return write(self, Path(folder))


AnyRun = Run | Record | str | Path
"""What leads to a run: an id, a folder or a zip file, a record, or what is open already."""


@in_one_line
def open(run: AnyRun, runs_dir: str | Path | None = None, models: str | Path | None = None) -> Run:
    """Open a run: its folder, a zip file, its id in `runs_dir`, or what `hnviz.record` returned.

    `runs_dir` is $HNVIZ_RUNS_DIR, or runs/ here; "Model5" and the other pre-trained runs are found
    anywhere. `models` is the file of a model of your own: it is run. Raises ValueError, with a
    sentence.
    """
    if isinstance(run, Run):
        return run
    if isinstance(run, Record):
        if run.folder is None:
            raise ValueError("nothing is recorded yet: a run begins with its first mini-batch")
        run = run.folder
    if models is not None:
        use_file(Path(models))
    try:
        found = _found(run, open_runs(runs_dir))
        found.folder.check_sources()
    except DamagedRun as error:
        said = str(error).replace("start hnviz with --models ", "open it with models=")
        raise DamagedRun(said, unknown_model=error.unknown_model) from error
    return found


def open_runs(runs_dir: str | Path | None) -> RunStore:
    """Return the runs of a folder, or of the usual one."""
    return RunStore(Path(runs_dir) if runs_dir is not None else default_runs_dir())


def _found(run: object, store: RunStore) -> Run:
    if isinstance(run, str | Path) and Path(run).is_file():
        return _unpacked(Path(run))
    folder = store.find(run)
    return Run(folder, folder.id, store.root if folder.shipped else folder.path.parent)


def _unpacked(path: Path) -> Run:
    """Unpack a zip file into a temporary folder, which lasts as long as the run is open."""
    with ExitStack() as stack:
        folder = stack.enter_context(scratch())
        run = Run(unpack_zip(RunStore(folder), path), path.stem, folder)
        weakref.finalize(run, stack.pop_all().close)
    return run


def _usual(question: str) -> dict[str, Any]:
    """Return the defaults of a question that the model does not decide."""
    params = DECLARED[question]["params"]
    return {
        name: told["default"]
        for name, told in params.items()
        if told.get("default") is not None
        and (not isinstance(told["default"], str) or isinstance(told["kind"], list))
    }


@contextmanager
def undisturbed() -> Iterator[None]:
    """Leave torch as it was: its random generators, as a model draws weights, and its threads.

    Answers are found with one thread, as in the app: more make these models no faster.
    """
    import torch

    from hnviz.learn.twin import generators_kept

    threads = torch.get_num_threads()
    with generators_kept():
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
