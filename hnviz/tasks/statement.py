"""What a task needs, calculated from its generator before any network sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

from hnviz.tasks.bounds import Contexts, contexts, curve
from hnviz.tasks.cycle import Cycle
from hnviz.tasks.machine import SAME, Best
from hnviz.tasks.task import Source, Value, task

NEARLY = 0.001  # of accuracy: the context that comes so near is named too
LONGEST = 32  # tokens of context that a statement looks at, unless a longer window is asked for


@dataclass(frozen=True, slots=True)
class Statement:
    """The exact figures of one task. `curve[k - 1]` is the best with the last k tokens."""

    task: str
    values: tuple[tuple[str, Value], ...]
    n_tokens: int  # different tokens; a guess at random is right once in so many times
    blind: Best  # without any context: always the most frequent token
    limit: float  # the best accuracy with unbounded memory
    context: int | None  # the fewest tokens that reach it; None if no number does
    least: float  # the loss to expect with unbounded memory, nats
    least_context: int | None  # the fewest tokens that give each next token its true probability
    deviation: float  # of the mean of n such losses, times the root of n
    rule_states: int  # what a machine must tell apart to follow the rule
    stream_states: int  # what it needs to give every token of the stream its true probability
    answers: float  # the share of tokens that are answers to a question; 0 if there are none
    curve: tuple[Best, ...]

    def best(self, k: int) -> float:
        """Return the best accuracy with the last k tokens; the limit where it is not known."""
        return self.curve[k - 1].accuracy if k <= len(self.curve) else self.limit

    def best_answers(self, k: int) -> float:
        """Return the best accuracy on answers with the last k tokens; nan without answers."""
        return self.curve[k - 1].answers if k <= len(self.curve) else 1.0

    def least_loss(self, k: int) -> float:
        """Return the least loss to expect with the last k tokens; `least` where it is not known."""
        if k == 0:
            return self.blind.loss
        return self.curve[k - 1].loss if k <= len(self.curve) else self.least

    def error(self, n_tokens: int) -> float:
        """Return two standard errors of the least loss on a text of so many tokens."""
        return 2 * self.deviation / sqrt(n_tokens)

    @property
    def nearly(self) -> int | None:
        """The fewest tokens that come within .001 of the limit; None if not known."""
        found = (k for k, best in enumerate(self.curve, 1) if best.accuracy > self.limit - NEARLY)
        return next(found, None)


def state(name: str, values: Mapping[str, Value], longest: int = LONGEST) -> Statement:
    """Calculate a task's figures, and its best accuracy with 1 to `longest` tokens.

    Raises TaskError for parameters that are impossible or need too many states.
    """
    return _state(name, tuple(task(name).values(values).items()), longest)


@lru_cache(maxsize=32)
def _state(name: str, values: tuple[tuple[str, Value], ...], longest: int) -> Statement:
    made = task(name)
    source = made.built(dict(values))
    needed = source.n_needed
    enough = _contexts(source)
    return Statement(
        task=name,
        values=values,
        n_tokens=len(source.tokens),
        blind=source.blind,
        limit=source.limit,
        context=enough.guess,
        least=0.0 if isinstance(source, Cycle) else source.least,
        least_context=enough.chances,
        deviation=0.0 if isinstance(source, Cycle) else source.deviation,
        rule_states=made.rule_states(**dict(values)) if made.rule_states else needed,
        stream_states=needed,
        answers=0.0 if isinstance(source, Cycle) else source.answers,
        curve=tuple(_curve(source, longest)),
    )


def _contexts(source: Source) -> Contexts:
    if isinstance(source, Cycle):
        return Contexts(source.context, source.context)
    return contexts(source)


def _curve(source: Source, longest: int) -> list[Best]:
    return source.curve(longest) if isinstance(source, Cycle) else curve(source, longest)


def reaches(best: float, limit: float) -> bool:
    """Whether a best accuracy is the limit, but for rounding."""
    return best > limit - SAME
