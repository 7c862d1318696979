"""Which models can reach a task's limit: three cases.

- "window": the state starts from zeros in every window, which holds too little context.
- "detach": the state is kept, but what decides an answer can lie further back than bptt, where
  detach hides it from the gradient.
- "open": nothing hinders the model. If it stays below the limit, it could have learned the task,
  but not with this recipe.

A model's ceiling applies to the layout in which it reads valid. There, windows and rows start only
at certain places of the text, which a network can use as a clock.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import nan, sqrt
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hnviz.layout import BatchLayout
from hnviz.models.catalogue import ModelEntry, entry
from hnviz.tasks.bounds import MAX_CONTEXT, Statement, curve, reaches, statement_of
from hnviz.tasks.cycle import Cycle
from hnviz.tasks.sentences import figure, give_or_take, nats, tokens
from hnviz.tasks.task import FAMILY, TaskStream, task_stream

CAUSES = ("window", "detach", "open")
FOLLOWED = 64  # tokens of a window or row; beyond them the limit is assumed
SIGMAS = 2  # of sampling error allowed in a measured accuracy
SLACK = 0.1  # of memory's gain: a network that lacks no more than this has learned the task


@dataclass(frozen=True, slots=True)
class Reader:
    """A model and how it reads a text."""

    model: str
    bptt: int
    bs: int = 64

    @property
    def entry(self) -> ModelEntry:
        """The model's entry in the catalogue."""
        return entry(self.model)

    @property
    def window(self) -> int:
        """Tokens of a window."""
        return min(self.bptt, self.entry.max_bptt or self.bptt)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one model can do on one task, before it is trained."""

    reader: Reader
    cause: str  # one of CAUSES
    limit: float  # the best accuracy with unbounded memory
    ceiling: float  # the best possible on valid; below the limit, since rows begin somewhere
    least: float  # the least loss to expect there, nats
    shown: float  # the best with as many tokens as the gradient reaches
    gain: float  # accuracy gained by remembering more than the last token
    answers: float  # the best accuracy on the task's answers; nan if it has none
    why: str  # what hinders the model, or why nothing does


@dataclass(frozen=True, slots=True)
class Result:
    """How a run's accuracy compares with the best possible one."""

    reached: bool | None  # the limit, as far as valid can show; None: too few tokens
    cause: str  # one of CAUSES: what hindered the model, or would have
    sentence: str


@lru_cache(maxsize=64)
def outlook(stream: TaskStream, reader: Reader) -> Outlook:
    """Say what prevents a model from reaching the limit, if anything. Raises TaskError."""
    statement = statement_of(
        stream.name, dict(stream.values), max(MAX_CONTEXT, min(reader.window, FOLLOWED))
    )
    bests, knowing = _bests(stream, reader.entry.stateful, reader.window, reader.bs)
    if reader.entry.predicts == "last":
        ceiling, least, possible = float(bests[0, -1]), float(bests[1, -1]), float(knowing[0, -1])
    else:
        (ceiling, least), possible = bests.mean(axis=1).tolist(), float(knowing[0].mean())
    gain = _gain(statement, ceiling)
    cause, shown = "open", ceiling
    if not reader.entry.stateful:
        why = _enough(reader)
        if not reaches(ceiling, possible):
            cause, why = "window", _window_why(statement, reader, float(bests[0, 0]))
    elif statement.context is not None and statement.context <= reader.window:
        why = _open_why(statement, reader)
    else:
        cause, why = "detach", _detach_why(statement, reader)
        shown = min(ceiling, statement.best(reader.window))
    answers = _answers(statement, reader)
    return Outlook(reader, cause, statement.limit, ceiling, least, shown, gain, answers, why)


def _answers(statement: Statement, reader: Reader) -> float:
    """Return the share of answers a model can get right, ignoring the beginnings of rows.

    A state that is kept can know everything. Otherwise position t of a window knows t + 1 tokens.
    """
    if not statement.answers:
        return nan
    if reader.entry.stateful:
        return 1.0
    if reader.entry.predicts == "last":
        return statement.best_answers(reader.window)
    known = range(1, reader.window + 1)
    return sum(statement.best_answers(k) for k in known) / reader.window


def _gain(statement: Statement, ceiling: float) -> float:
    """Compare with guessed answers; without answers, with a guess from the last token."""
    if statement.answers:
        return statement.answers * (1 - statement.best_answers(1))
    return max(0.0, ceiling - statement.best(1))


@lru_cache(maxsize=64)
def _bests(
    stream: TaskStream, stateful: bool, window: int, bs: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return accuracy and loss after 1, 2, ... tokens of a window, or of a row if state is kept.

    Both arrays are (2, n_tokens). The second is for a predictor that knows the generator's state.
    Beyond the tokens that are followed, the first equals it, as it does from the task's context on.
    """
    layout = BatchLayout(stream.n_valid + 1, bs, window)  # one more for xxbos
    starts, length = layout.all_row_starts().ravel(), layout.bptt
    if stateful:
        starts, length = layout.starts, layout.row_length
    source, places = stream.source, starts - 1
    context = statement_of(stream.name, dict(stream.values)).least_context
    enough = length if context is None else min(length, context)
    if isinstance(source, Cycle):
        places = source.first_place(stream.valid_seed) + places
        known = np.repeat([[1.0], [0.0]], length, axis=1)
        followed = source.curve_from(places, min(enough, FOLLOWED))
    else:
        shares = source.shares_from(places)
        known = source.known_from(shares, length)
        followed = curve(source, min(enough, MAX_CONTEXT), shares)
    best = np.array([(each.accuracy, each.loss) for each in followed]).reshape(-1, 2).T
    return np.concatenate([best, known[:, len(followed) :]], axis=1), known


def _window_why(statement: Statement, reader: Reader, first: float) -> str:
    context, window = statement.context, reader.window
    needs = "no number of tokens is enough"
    if context is not None:
        needs = f"{tokens(context)} are needed"
    if reader.entry.predicts == "last":
        return f"it answers after {tokens(window)} from zeros, and {needs}"
    said = f"it starts each window of {tokens(window)} from zeros, and {needs}"
    if context is not None and context <= window:
        said += ", which it lacks at the beginning of a window"
    return f"{said}; after the first it can be right at most {figure(first)} of the time"


def _enough(reader: Reader) -> str:
    return f"{tokens(reader.window)} from zeros, and their place in a window, are enough"


def _open_why(statement: Statement, reader: Reader) -> str:
    context = statement.context or 0
    if context <= 1:
        less = statement.least_context != statement.context
        return f"the last token is enough{' for the best guess' if less else ''}"
    full = (reader.window - context + 1) / reader.window
    return (
        f"{tokens(context)} are enough, and at {100 * full:.0f} % of the positions of a window the "
        "gradient reaches all of them"
    )


def _detach_why(statement: Statement, reader: Reader) -> str:
    back = "any number of tokens"
    if statement.context is not None:
        back = f"up to {tokens(statement.context)}"
    said = (
        f"its state can hold what is needed, but that can lie {back} back, and gradients reach "
        f"{reader.window:,}"
    )
    if len(statement.curve) < reader.window:  # there were too many beliefs to follow
        return said
    return f"{said}, which are enough for {figure(statement.best(reader.window))}"


def result(before: Outlook, accuracy: float, n_answers: int) -> Result:
    """Compare a run's accuracy on valid with the best possible one.

    `n_answers` is the number of tokens that the accuracy averages over.
    """
    spread = max(before.ceiling * (1 - before.ceiling), 1e-4)
    error = SIGMAS * sqrt(spread / n_answers)
    said = f"{before.reader.model} is right {figure(accuracy)} of the time on valid"
    possible = f"{said}, and {figure(before.ceiling)} is possible there"
    if before.cause == "window":
        could = f"It could not reach the task's {figure(before.limit)}: {before.why}"
        said = f"{said}. {could}. Its ceiling is {figure(before.ceiling)}."
        return Result(False, "window", said)
    if error > (0.5 - SLACK) * before.gain > 0:
        return Result(
            None,
            before.cause,
            f"{possible}. Memory adds only {figure(before.gain)}, and {tokens(n_answers)} are too "
            f"few to see that: the error is {figure(error)}. Use a longer text.",
        )
    if accuracy >= before.ceiling - SLACK * before.gain - error:
        return Result(True, before.cause, f"{possible}: {_learned(before)}.")
    said = f"{possible}. {_missed(before, accuracy > before.shown + error)}"
    return Result(False, before.cause, said)


def _learned(before: Outlook) -> str:
    if before.cause == "detach":
        return "it has learned the task, although the gradient does not reach all that it needs"
    return "it has learned the task"


def _missed(before: Outlook, carries_more: bool) -> str:
    """Say why a model that keeps its state stayed below the limit."""
    shown, reach = figure(before.shown), tokens(before.reader.window)
    if before.cause == "open":
        return "Nothing hindered it: it could have learned the task and did not with this recipe."
    if carries_more:
        return (
            f"The gradient reaches {reach}, which are enough for {shown}: its state carries more "
            "than that, but not all."
        )
    return (
        f"The gradient reaches {reach}, which are enough for {shown}: no gradient showed it what "
        "lies further back."
    )


class TaskRun(Protocol):
    """The settings of a run that matter here; a `RunConfig` has them."""

    @property
    def corpus(self) -> str:
        """The id of the corpus."""

    @property
    def model(self) -> str:
        """The name of the model."""

    @property
    def bptt(self) -> int:
        """Tokens of a window."""

    @property
    def bs(self) -> int:
        """Rows read side by side."""


def is_task(corpus_id: str) -> bool:
    """Return whether a corpus is a task."""
    return corpus_id.partition("-")[0] == FAMILY


def before(run: TaskRun) -> Outlook:
    """Say before training what a run on a task can reach. Raises TaskError."""
    return outlook(task_stream(run.corpus), Reader(run.model, run.bptt, run.bs))


def after(run: TaskRun, accuracy: float) -> Result:
    """Say whether a run on a task reached that, by its `accuracy` on valid. Raises TaskError."""
    return result(before(run), accuracy, _n_answers(run))


def loss_line(run: TaskRun, loss: float) -> str:
    """Compare a run's loss on valid, in nats, with the least to expect. Raises TaskError."""
    stream, least = task_stream(run.corpus), before(run).least
    chance = give_or_take(statement_of(stream.name, dict(stream.values)), _n_answers(run))
    return f"Its loss on valid is {nats(loss)}; the least to expect is {least:.3f}{chance}."


def _n_answers(run: TaskRun) -> int:
    n_valid = task_stream(run.corpus).n_valid
    return max(1, n_valid // run.bptt) if entry(run.model).predicts == "last" else n_valid
