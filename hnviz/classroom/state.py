"""A class at one moment, as a value: a change returns a new one, or raises an error to show."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from hnviz.classroom.codes import new_code, new_token, same, tidy
from hnviz.classroom.experiment import MAX_EXPERIMENTS, Experiment, ExperimentError
from hnviz.classroom.guesses import FIRST, SECOND, GuessError, Value

VIEWS = ("free", "coded")
"""Who may look at runs and pictures: everyone, or only members."""

MAX_STEPS = 200  # steps that a class may answer
MAX_PASTED = 1000  # students outside the network who may answer a step
MAX_EVER = 4  # times the limit of members: how many may ever join
PASTED = "pasted-"  # prefix of those students' names

NOTHING: Mapping[Any, Any] = MappingProxyType({})


class ClassError(ValueError):
    """The class does not allow something; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of the machine a class may use."""

    members: int = 500
    at_once: int = 2  # unfinished runs per student
    each: int = 10  # runs per student
    in_all: int = 200  # runs of all students

    def __post_init__(self) -> None:
        for name in ("members", "at_once", "each", "in_all"):
            if not 1 <= getattr(self, name) <= 10_000:
                raise ValueError(f"{name} must be from 1 to 10,000, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Classroom:
    """A class at one moment."""

    code: str = field(default_factory=new_code)
    secret: str = field(default_factory=new_token)  # of the teacher's link
    members: Mapping[str, int] = field(default_factory=dict)
    """Token -> number, from 1 in the order of joining; neither says who it is."""

    removed: frozenset[str] = frozenset()  # members whom the teacher has removed

    guesses: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    """Step -> member -> the latest guess, in the vote that is open or was the last."""

    first: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    """Step -> member -> the guess in the first vote, for the steps that the class discussed."""

    times: Mapping[tuple[str, int], Mapping[str, int]] = field(default_factory=dict)
    """Step and vote -> member -> when the guess came, in Unix seconds."""

    revealed: frozenset[str] = frozenset()  # steps whose guesses everyone sees
    runs: Mapping[str, str] = field(default_factory=dict)  # id -> the member who started it
    experiments: Mapping[int, Experiment] = field(default_factory=dict)  # by number, from 1

    def fits(self, code: str) -> bool:
        """Return whether a text is the code of the class."""
        return same(tidy(code), self.code)

    def is_teacher(self, secret: str) -> bool:
        """Return whether a text is the teacher's secret."""
        return same(secret, self.secret)

    def joined(self, member: str, limits: Limits) -> "Classroom":
        """Admit a member. Raises ClassError if the class is full."""
        if self.size >= limits.members and member not in self.members:
            raise ClassError(f"the class is full: it has {limits.members} members")
        if len(self.members) >= MAX_EVER * limits.members and member not in self.members:
            raise ClassError(
                f"{len(self.members):,} students have joined this class, which is the limit; the "
                "teacher can start another class with --class-new"
            )
        return replace(self, members={member: len(self.members) + 1, **self.members})

    @property
    def size(self) -> int:
        """The number of members in the class."""
        return len(self.members) - len(self.removed)

    def holds(self, member: str) -> bool:
        """Return whether someone has joined and has not been removed."""
        return member in self.members and member not in self.removed

    def without(self, numbers: Collection[int]) -> "Classroom":
        """Remove members by their numbers; their guesses are kept but do not count."""
        return replace(self, removed=self.removed | self._numbered(numbers))

    def restored(self, numbers: Collection[int]) -> "Classroom":
        """Readmit removed members."""
        return replace(self, removed=self.removed - self._numbered(numbers))

    def _numbered(self, numbers: Collection[int]) -> set[str]:
        return {member for member, number in self.members.items() if number in numbers}

    def vote(self, step: str) -> int:
        """Return which vote on a step is open, or was the last."""
        return SECOND if step in self.first else FIRST

    def guessed(
        self, member: str, step: str, value: Value, vote: int | None = None, at: int | None = None
    ) -> "Classroom":
        """Replace the member's guess in the open vote; `at` is the time in Unix seconds.

        Raises GuessError, also if `vote` is another one than the open vote.
        """
        if step in self.revealed:
            raise GuessError("this answer came after Reveal and does not count")
        if vote == FIRST != self.vote(step):
            raise GuessError(
                "this answer came after the first vote and does not count; the class votes again, "
                "so answer once more"
            )
        if vote == SECOND != self.vote(step):
            raise GuessError("the class has not discussed this step; answer in the first vote")
        if step not in self.guesses and len(self.guesses) >= MAX_STEPS:
            raise GuessError(f"a class answers at most {MAX_STEPS} steps")
        of_step = {**self.guesses.get(step, NOTHING), member: value}
        room = replace(self, guesses={**self.guesses, step: of_step})
        return room if at is None else room._timed(member, step, at)

    def _timed(self, member: str, step: str, at: int) -> "Classroom":
        this = step, self.vote(step)
        return replace(
            self, times={**self.times, this: {**self.times.get(this, NOTHING), member: at}}
        )

    def pasted(self, tag: str, step: str, value: Value, at: int | None = None) -> "Classroom":
        """Replace the guess of someone outside the network. Raises GuessError."""
        member = f"{PASTED}{tag}"
        of_step = self.guesses.get(step, NOTHING)
        if member not in of_step and sum(map(_is_pasted, of_step)) >= MAX_PASTED:
            raise GuessError(f"a step takes at most {MAX_PASTED:,} pasted codes")
        return self.guessed(member, step, value, at=at)

    def discussed(self, step: str) -> "Classroom":
        """Close the first vote on a step and open the second. Raises GuessError."""
        if step in self.first:
            raise GuessError("the class has discussed this step, and its second vote is open")
        if step in self.revealed:
            raise GuessError("everyone sees the answer of this step; cover it before you discuss")
        if not self.answers(step):
            raise GuessError("nobody has answered this step; a class discusses its first vote")
        first = {**self.first, step: self.guesses[step]}
        return replace(self, first=first, guesses={**self.guesses, step: NOTHING})

    def shown(self, step: str) -> "Classroom":
        """Show everyone the guesses of a step, which then takes no more guesses."""
        return replace(self, revealed=self.revealed | {step})

    def covered(self, step: str) -> "Classroom":
        """Cover a revealed step, which then takes guesses again."""
        return replace(self, revealed=self.revealed - {step})

    def answers(self, step: str) -> Mapping[str, Value]:
        """Return those guesses in a step's open or last vote that count, by member."""
        return self._counted(self.guesses.get(step, NOTHING))

    def first_answers(self, step: str) -> Mapping[str, Value]:
        """Return those guesses in the first vote that count; none before the class discusses."""
        return self._counted(self.first.get(step, NOTHING))

    def _counted(self, found: Mapping[str, Value]) -> Mapping[str, Value]:
        if self.removed.isdisjoint(found):
            return found
        return {member: value for member, value in found.items() if member not in self.removed}

    def own(self, member: str) -> dict[str, Value]:
        """Return a member's guesses by step, in the vote that is open or was the last."""
        return {step: each[member] for step, each in self.guesses.items() if member in each}

    def own_first(self, member: str) -> dict[str, Value]:
        """Return a member's guesses in the first votes of discussed steps, by step."""
        return {step: each[member] for step, each in self.first.items() if member in each}

    def counts(self) -> dict[str, int]:
        """Return how many have answered each step."""
        return {step: len(self.answers(step)) for step in self.guesses}

    @property
    def experiment(self) -> Experiment | None:
        """The newest experiment, which students do."""
        return self.experiments.get(len(self.experiments))

    def begun(self, experiment: Experiment) -> "Classroom":
        """Begin another experiment. Raises ExperimentError."""
        if len(self.experiments) >= MAX_EXPERIMENTS:
            raise ExperimentError(f"a class does at most {MAX_EXPERIMENTS} experiments")
        return self.changed(replace(experiment, id=len(self.experiments) + 1))

    def changed(self, experiment: Experiment) -> "Classroom":
        """Put an experiment in place of the one with its id."""
        return replace(self, experiments={**self.experiments, experiment.id: experiment})

    def check_place(
        self, member: str, under_way: Collection[str], limits: Limits, starting: int = 0
    ) -> None:
        """Check that a member may have one more run under way. Raises ClassError.

        `under_way` holds the runs that have not ended; `starting` is how many of the member's runs
        have no id yet.
        """
        if not self.holds(member):
            raise ClassError("only members of the class can start runs; see the Class page")
        active = starting + sum(run in under_way for run in self._runs_of(member))
        if active >= limits.at_once:
            raise ClassError(
                f"you have {_runs(active)} under way, and a student may have {limits.at_once}; "
                "stop one, or wait until it ends"
            )

    def check_start(
        self,
        member: str,
        under_way: Collection[str],
        limits: Limits,
        starting: Sequence[str] = (),
        ordered: int = 0,
    ) -> None:
        """Check that a member may start a run; `starting` has a member for each run without an id.

        The member's own device trains `ordered` more, which take no place of this server. Raises
        ClassError.
        """
        own = starting.count(member)
        self.check_place(member, under_way, limits, own)
        if len(self._runs_of(member)) + own + ordered >= limits.each:
            raise ClassError(f"a student may start {_runs(limits.each)}, and you have started all")
        if len(self.runs) + len(starting) + ordered >= limits.in_all:
            raise ClassError(f"a class may start {_runs(limits.in_all)}, and has started all")

    def started(self, member: str, run_id: str) -> "Classroom":
        """Add a run of a member."""
        return replace(self, runs={**self.runs, run_id: member})

    def owns(self, member: str, run_id: str) -> bool:
        """Return whether a member has started a run."""
        return self.runs.get(run_id) == member

    def owner(self, run_id: str) -> int | None:
        """Return the number of the member who has started a run."""
        return self.members.get(self.runs.get(run_id, ""))

    def _runs_of(self, member: str) -> list[str]:
        return [run for run, each in self.runs.items() if each == member]


def _is_pasted(member: str) -> bool:
    return member.startswith(PASTED)


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"
