"""An experiment as a value: what students train on their own devices, and which results count.

With one axis it asks which of two settings is better: each student trains both from one seed. With
two axes it is a map: each student trains one square at a time. Nothing that is sent is trusted:
`Experiment.due` lists the results whose first losses the server trains again.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from math import ceil
from random import Random, SystemRandom
from statistics import fmean, median
from typing import Any, NamedTuple

MAX_EXPERIMENTS = 20  # in a class
MAX_STEPS = 1000  # of a run: a phone trains it in a minute
MAX_TASKS = 20  # of a student, on a map
MAX_SEEDS = 32  # of a square of a map
SEEDS = 3  # of a square, before another seed begins
MAX_LOSS = 1e6

DECIDING = 40  # first losses that a check compares
DECIDING_OF = {"IRNN": 10}  # of a model that rounding leads astray sooner
CLOSE = 0.01  # how far a loss may be from the server's
FEW = 5  # fewer results are all checked
DRAWN = 0.1  # the share of results that is drawn for a check
SPREADS = 4.0  # from the median of the others, beyond which a result is an outlier
MAD_OF_NORMAL = 1.4826  # standard deviations per median absolute deviation

NEITHER = 2  # the guess that no setting is better


class ExperimentError(ValueError):
    """The experiment does not take something; the message says what was wanted and what came."""


class Task(NamedTuple):
    """What a student trains: some squares from one seed."""

    seed: int
    squares: tuple[int, ...]


class Key(NamedTuple):
    """Whose result it is, and of what."""

    member: str
    task: Task


@dataclass(frozen=True, slots=True)
class Trained:
    """A run that a student's device has trained."""

    losses: tuple[float, ...]  # of each step, before its update
    valid_losses: tuple[float, ...]  # after each epoch
    accuracies: tuple[float, ...]  # on valid, after each epoch
    diverged: bool = False

    @property
    def accuracy(self) -> float | None:
        """The final accuracy on valid; None of a run that diverged."""
        return None if self.diverged else self.accuracies[-1]


@dataclass(frozen=True, slots=True)
class Result:
    """The runs of a task, in the order of its squares, and what a check has found."""

    runs: tuple[Trained, ...]
    check: str = ""  # "due", "same", "wrong"; "" for one that is not to be checked
    why: str = ""  # it is wrong
    drawn: bool = False  # for a check at random


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One experiment at a moment: a change returns a new one, or raises ExperimentError."""

    id: int
    axes: Mapping[str, tuple[Any, ...]]  # setting -> values; squares are in rows of the first axis
    squares: tuple[Mapping[str, Any], ...]  # all settings of each, apart from the seed
    steps: int  # of each run
    tasks: Mapping[str, tuple[Task, ...]] = field(default_factory=dict)  # by member
    guesses: Mapping[str, int] = field(default_factory=dict)  # member -> square, or NEITHER
    results: Mapping[Key, Result] = field(default_factory=dict)
    revealed: bool = False

    @property
    def is_map(self) -> bool:
        """Whether it has two axes; its squares are seen as they come."""
        return len(self.axes) > 1

    @property
    def epochs(self) -> int:
        """Passes over train of each run."""
        return int(self.squares[0]["epochs"])

    def guessed(self, member: str, choice: Any) -> "Experiment":
        """Take a member's guess, before the member has trained."""
        if self.is_map:
            raise ExperimentError("a map asks for no guess")
        if self.revealed:
            raise ExperimentError("this guess came after the class saw the results")
        if type(choice) is not int or not 0 <= choice <= NEITHER:
            raise ExperimentError(f"a guess is 0, 1, or 2 for no difference; got {choice!r:.40}")
        if any(key.member == member for key in self.results):
            raise ExperimentError("you have trained, so your guess stays as it is")
        return replace(self, guesses={**self.guesses, member: choice})

    def open_task(self, member: str) -> Task | None:
        """Return what a member has been given to train and has not sent."""
        given = self.tasks.get(member, ())
        return next((task for task in given if Key(member, task) not in self.results), None)

    def handed(self, member: str) -> "Experiment":
        """Give a member something to train, unless the member has that."""
        given = self.tasks.get(member, ())
        if self.open_task(member) or (given and not self.is_map):
            return self
        if len(given) >= MAX_TASKS:
            raise ExperimentError(f"a student may train {MAX_TASKS} runs, and you have trained all")
        task = self._next_square(given) if self.is_map else Task(len(self.tasks), (0, 1))
        return replace(self, tasks={**self.tasks, member: (*given, task)})

    def _next_square(self, given: Collection[Task]) -> Task:
        """Return the square and seed that the fewest have; the first seeds come first."""
        held = [task for tasks in self.tasks.values() for task in tasks]
        done = {key.task for key, each in self.results.items() if each.check != "wrong"}
        full = next(seed for seed in count() if not done.issuperset(self._of_seed(seed)))
        some = [
            task
            for seed in range(min(MAX_SEEDS, max(SEEDS, full + 1)))
            for task in self._of_seed(seed)
            if task not in done and task not in given
        ]
        if not some:
            raise ExperimentError("all squares are trained, or you have trained what is left")
        return min(some, key=lambda task: (held.count(task), task.seed))

    def _of_seed(self, seed: int) -> list[Task]:
        return [Task(seed, (square,)) for square in range(len(self.squares))]

    def sent(self, key: Key, result: Result, chance: Random | None = None) -> "Experiment":
        """Take a result, once, and choose what is to be checked now."""
        if key.task not in self.tasks.get(key.member, ()):
            raise ExperimentError("this is not the seed that the class gave to you")
        if (known := self.results.get(key)) is not None:
            if known.runs == result.runs:
                return self  # its first answer was lost
            raise ExperimentError("you have sent this seed, and only the first result counts")
        results = {**self.results, key: result}
        return replace(self, results=_chosen(results, key, chance or SystemRandom()))

    def checked(self, key: Key, check: str, why: str = "") -> "Experiment":
        """Store what a check has found; a result that is wrong does not count."""
        found = replace(self.results[key], check=check, why=why)
        return replace(self, results={**self.results, key: found})

    def due(self) -> list[Key]:
        """List the results that are to be checked, the oldest first."""
        return [key for key, each in self.results.items() if each.check == "due"]

    def counting(self, removed: Collection[str] = ()) -> dict[Key, Result]:
        """Return the results that count: not wrong, and of students in the class.

        If several students trained a square from one seed, the first of them counts.
        """
        found: dict[Task, Key] = {}
        for key, each in self.results.items():
            if each.check != "wrong" and key.member not in removed:
                found.setdefault(key.task, key)
        return {key: self.results[key] for key in found.values()}

    @property
    def deciding(self) -> int:
        """How many first losses a check compares."""
        return min(self.steps, *(DECIDING_OF.get(each["model"], DECIDING) for each in self.squares))


def _chosen(results: dict[Key, Result], new: Key, chance: Random) -> dict[Key, Result]:
    """Mark what is to be checked: at random, of few results all, and every outlier."""
    if chance.random() < DRAWN:
        results[new] = replace(results[new], drawn=True)
    drawn = sum(each.drawn for each in results.values())
    for _ in range(ceil(DRAWN * len(results)) - drawn):
        key = chance.choice([key for key, each in results.items() if not each.drawn])
        results[key] = replace(results[key], drawn=True)
    apart = set(results) if len(results) < FEW else outliers(results)
    return {
        key: replace(each, check="due") if not each.check and (each.drawn or key in apart) else each
        for key, each in results.items()
    }


FIGURES: tuple[Callable[[Trained], float], ...] = (
    lambda run: run.accuracies[-1],
    lambda run: run.valid_losses[-1],
    lambda run: fmean(run.losses[:DECIDING]),
)
"""What is compared: the final accuracy, the final loss and the mean of the first losses."""


def outliers(results: Mapping[Key, Result]) -> set[Key]:
    """Return the results of which a figure is far from those of the same setting.

    The spread is that of the setting, and at least that of all settings: few results of a setting,
    or many that end alike, say too little of how seeds differ.
    """
    found: set[Key] = set()
    squares: dict[int, dict[Key, Trained]] = {}
    for key, result in results.items():
        for square, run in zip(key.task.squares, result.runs, strict=True):
            if result.check != "wrong":
                squares.setdefault(square, {})[key] = run
    for runs in squares.values():
        rare = sum(run.diverged for run in runs.values()) * 2 < len(runs)
        found |= {key for key, run in runs.items() if run.diverged is rare}
    for figure in FIGURES:
        gaps = [_gaps(runs, figure) for runs in squares.values()]
        everywhere = _spread([gap for each in gaps for gap in each.values()])
        for each in gaps:
            spread = max(everywhere, _spread(each.values()))
            found |= {key for key, gap in each.items() if gap > SPREADS * spread + 1e-9}
    return found


def _gaps(runs: Mapping[Key, Trained], figure: Callable[[Trained], float]) -> dict[Key, float]:
    """Return how far each is from the median of the others; nothing for one without others."""
    figures = {key: figure(run) for key, run in runs.items() if not run.diverged}
    keys = sorted(figures, key=figures.__getitem__) if len(figures) > 1 else []
    values = [figures[key] for key in keys]
    others = (values[:at] + values[at + 1 :] for at in range(len(values)))
    return {key: abs(figures[key] - median(rest)) for key, rest in zip(keys, others, strict=True)}


def _spread(gaps: Collection[float]) -> float:
    """Return the standard deviation of seeds; 0 if there are too few, so that each gap counts."""
    return MAD_OF_NORMAL * median(gaps) if len(gaps) >= FEW else 0.0


def differs(sent: Trained, trained: list[float], deciding: int) -> str:
    """Compare a run's first losses with the server's; say where they differ, "" if nowhere."""
    mine = trained[:deciding]
    theirs = sent.losses[: len(mine)]
    for step, (loss, came) in enumerate(zip(mine, theirs, strict=False)):
        if abs(loss - came) > CLOSE:
            return f"at step {step} the loss is {loss:.4f}, and {came:.4f} was sent"
    if len(theirs) != len(mine):
        return f"the first steps have {len(mine)} losses, and {len(theirs)} were sent"
    return ""


def read_result(content: Any, task: Task, experiment: Experiment) -> Result:
    """Check a result from JSON. Raises ExperimentError."""
    if not isinstance(content, list) or len(content) != len(task.squares):
        raise ExperimentError(f"runs must be a list of {len(task.squares)}; got {content!r:.40}")
    return Result(tuple(_read_run(each, experiment) for each in content))


def _read_run(content: Any, experiment: Experiment) -> Trained:
    names = ("losses", "valid_losses", "accuracies")
    if not isinstance(content, dict) or content.keys() != {*names, "diverged"}:
        raise ExperimentError(f"a run has {', '.join(names)} and diverged; got {content!r:.40}")
    if not isinstance(content["diverged"], bool):
        raise ExperimentError(f"diverged must be true or false; got {content['diverged']!r:.40}")
    numbers = {name: _numbers(name, content[name]) for name in names}
    run = Trained(**numbers, diverged=content["diverged"])
    wanted = (experiment.steps, experiment.epochs, experiment.epochs)
    for name, most in zip(names, wanted, strict=True):
        n = len(getattr(run, name))
        if n > most or (n < most and not run.diverged):
            raise ExperimentError(f"a run has {most} {name}; got {n}")
    if any(not 0 <= each <= 1 for each in run.accuracies):
        raise ExperimentError("an accuracy is a number from 0 to 1")
    return run


def _numbers(name: str, content: Any) -> tuple[float, ...]:
    if not isinstance(content, list):
        raise ExperimentError(f"{name} must be a list of numbers; got {content!r:.40}")
    for each in content:
        if type(each) not in (int, float) or not abs(each) <= MAX_LOSS:  # nan is not
            raise ExperimentError(f"{name} has numbers up to {MAX_LOSS:g}; got {each!r:.40}")
    return tuple(map(float, content))
