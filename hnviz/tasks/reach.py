"""Which models can reach a task's limit: three causes, kept apart.

- "window": the state starts from zeros in every window, which holds too little context.
- "detach": the state is kept, but what decides an answer can lie further back than bptt, where
  detach hides it from the gradient.
- "open": nothing hinders the model. If it stays below, it could have learned the task and did
  not with this recipe.
"""

from dataclasses import dataclass
from math import sqrt

from hnviz.catalogue import CATALOGUE, ModelEntry
from hnviz.tasks.statement import Statement, reaches
from hnviz.tasks.words import figure, tokens

CAUSES = ("window", "detach", "open")
SIGMAS = 3  # of sampling error that a measured accuracy may be below what it reached
SLACK = 0.005  # of accuracy: a network that is so near has learned the task


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one model with one bptt can do on one task, before it is trained."""

    model: str
    bptt: int  # tokens of a window that the model reads
    cause: str  # one of CAUSES
    ceiling: float  # no weights do better; the limit where the state is kept
    shown: float  # the best with the context that the gradient reaches; the ceiling for "window"
    limit: float
    why: str  # one sentence


@dataclass(frozen=True, slots=True)
class Result:
    """How a run's accuracy compares with what was possible."""

    reached: bool
    cause: str  # one of CAUSES: what hindered the model, or would have
    sentence: str


def outlook(statement: Statement, entry: ModelEntry, bptt: int) -> Outlook:
    """Say what keeps a model from the limit, if anything.

    `statement` needs a curve of at least bptt tokens, or the ceiling is too high; it is never too
    low.
    """
    window = min(bptt, entry.max_bptt or bptt)
    last = statement.best(window)
    limit = statement.limit
    if not entry.stateful:
        ceiling = last if entry.predicts == "last" else _mean(statement, window)
        cause = "open" if reaches(ceiling, limit) else "window"
        why = _window_why(statement, entry, window)
        return Outlook(entry.name, window, cause, ceiling, ceiling, limit, why)
    within = statement.context is not None and statement.context <= window
    cause, why = "open", _open_why(statement, window)
    if not within:
        cause, why = "detach", _detach_why(statement, window)
    return Outlook(entry.name, window, cause, limit, limit if within else last, limit, why)


def outlooks(statement: Statement, bptt: int | None = None) -> list[Outlook]:
    """Return the outlook of every model of the catalogue, at one bptt or at each recipe's own."""
    return [outlook(statement, entry, bptt or entry.recipe.bptt) for entry in CATALOGUE.values()]


def _mean(statement: Statement, window: int) -> float:
    """Average over a window's positions: position t knows t + 1 tokens."""
    return sum(statement.best(k) for k in range(1, window + 1)) / window


def _window_why(statement: Statement, entry: ModelEntry, window: int) -> str:
    limit, context = statement.limit, statement.context
    if context is not None and context <= 1:
        return f"the last token is enough, and its window holds {tokens(window)}"
    needs = "no number of tokens is enough"
    if context is not None:
        needs = f"{context:,} tokens are needed"
    if entry.predicts == "last":
        if context is not None and context <= window:
            return f"it answers after {tokens(window)}, and {context:,} are enough"
        return f"it answers after {tokens(window)}, and {needs}"
    first = statement.best(1)
    said = f"it starts each window of {tokens(window)} from zeros"
    if context is not None and context <= window:
        return (
            f"{said}: {context:,} tokens are needed, and before token {context:,} of a window it "
            f"has fewer; after the first it can be right at most {figure(first)}"
        )
    return f"{said}, and {needs}: {figure(limit)} is out of reach at every position"


def _open_why(statement: Statement, window: int) -> str:
    context = statement.context or 0
    if context <= 1:
        return "the last token is enough"
    full = (window - context + 1) / window
    return (
        f"{context:,} tokens are enough, and at {full:.0%} of the positions of a window the "
        "gradient reaches all of them"
    )


def _detach_why(statement: Statement, window: int) -> str:
    last, limit = statement.best(window), statement.limit
    if statement.context is None:
        known = f"the last {tokens(window)} allow {figure(last)}"
        if len(statement.curve) < window:
            known = "shorter distances it can learn from"
        return (
            f"its state can hold what is needed, but some of it lies further back than bptt, where "
            f"no gradient reaches: {known}; for {figure(limit)} it must generalise"
        )
    return (
        f"its state can hold what is needed, but that lies up to {statement.context:,} tokens back "
        f"and gradients reach {window:,}: they can show how to get {figure(last)}"
    )


def result(before: Outlook, accuracy: float, n_answers: int) -> Result:
    """Compare a run's accuracy on valid with what was possible.

    `n_answers`: the tokens that the accuracy is a mean of.
    """
    margin = SLACK + SIGMAS * sqrt(max(before.limit * (1 - before.limit), 1e-4) / n_answers)
    reached = accuracy >= before.limit - margin
    said = f"{before.model} is right {figure(accuracy)} of the time"
    best = f"the best possible is {figure(before.limit)}"
    if reached:
        return Result(True, before.cause, f"{said} and {best}: it has learned the task.")
    if before.cause == "window":
        short = f"it could not reach it, with at most {figure(before.ceiling)}: {before.why}."
        return Result(False, "window", f"{said}; {best}, but {short}")
    if before.cause == "detach":
        more = "No gradient showed it what lies further back than bptt."
        if accuracy > before.shown + margin:
            more = (
                f"The tokens that gradients reach allow {figure(before.shown)}: its state carries "
                "more than that, but not all."
            )
        return Result(False, "detach", f"{said}; {best}. {more}")
    return Result(
        False,
        "open",
        f"{said}; {best}. Nothing hindered it: it could have learned the task and did not with "
        "this recipe.",
    )
