"""The clinic: twelve training loops, eleven with one bug and one without, and what was measured.

``python -m hnviz bench clinic`` runs all of them and writes ``clinic.json``. A loop is the program
``loop.template`` with a few characters changed.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp, log
from pathlib import Path
from statistics import median
from typing import NamedTuple

FILE = Path(__file__).with_name("clinic.json")
LOOP = Path(__file__).with_name("loop.template")

SEEDS, PASSES = 5, 8  # runs of a loop, and each run's passes over train
WARDS, BEDS = ("A", "B", "C"), ("1", "2", "3", "4")
HEALTHY = "healthy"
AGAIN = "healthy, other seeds"
"""The loop without a bug from other seeds: what the healthy patient is compared with."""

CURVES = ("train loss", "valid loss", "valid accuracy")
"""What is measured in each pass, in the order in which a run has them."""

Change = tuple[str, str]  # a piece of the loop, and what replaces it


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a loop."""

    steps: list[float]  # train loss: means over a few training steps each
    passes: list[list[float]]  # of each pass the values of CURVES; loss in nats per token
    x: list[list[str]]  # words read: the first of three rows of the first mini-batch
    y: list[list[str]]  # their targets
    valid_x: list[list[str]]  # the same of valid, by train's vocabulary
    starts: list[list[int]]  # of three mini-batches: where in the text each of three rows begins
    shift: int  # how many words after a word its target is
    go_on: float  # share of rows that continue in the next mini-batch
    states: list[list[float]]  # with which three rows begin the second mini-batch; three units
    n_states: int  # rows of the state that the loop carries
    spread: float  # of the rows' states: standard deviation over rows, mean over units
    wrong: list[str]  # what the doctor calls wrong, by name
    doctor: list[str]  # what the doctor says

    def last(self, curve: str) -> float:
        """Return a curve's value in the last pass."""
        return self.passes[-1][CURVES.index(curve)]


@dataclass(frozen=True, slots=True)
class Measured:
    """What ``python -m hnviz bench clinic`` wrote."""

    words: int  # of the vocabulary
    rows: int  # of a mini-batch
    steps: int  # tokens of a row
    runs: dict[str, list[Run]]  # by a diagnosis, the seeds in order


@cache
def measured() -> Measured:
    """Read what was measured; once."""
    found = json.loads(FILE.read_text(encoding="utf-8"))
    runs = {name: [Run(**run) for run in each] for name, each in found.pop("runs").items()}
    return Measured(**found, runs=runs)


class Ends(NamedTuple):
    """The lowest and the highest of five seeds."""

    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Ends":
        """Return the range of some values."""
        return cls(min(values), max(values))

    def meets(self, other: "Ends") -> bool:
        """Return whether two ranges have a value in common."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True, slots=True)
class Case:
    """A patient: the bug that its loop has, and the diagnoses that a student chooses from."""

    bed: str  # "A1": its ward and its bed
    name: str  # the doctor's name for the bug; HEALTHY for none
    others: tuple[str, ...]  # the wrong diagnoses that are offered

    @property
    def offered(self) -> list[str]:
        """All diagnoses that are offered, in the order of `BUGS`."""
        return [each for each in BUGS if each in (self.name, *self.others)]

    @property
    def ill(self) -> list[Run]:
        """The five seeds of the patient's loop."""
        return measured().runs[self.name]

    @property
    def mended(self) -> list[Run]:
        """Five seeds of the loop without the bug; of the healthy patient five other seeds."""
        return measured().runs[AGAIN if self.name == HEALTHY else HEALTHY]

    def ends(self, curve: str, at: int = -1) -> tuple[Ends, Ends]:
        """Return the ranges of a curve in a pass: of the patient's seeds, and of the mended."""
        column = CURVES.index(curve)
        ill, mended = ([run.passes[at][column] for run in runs] for runs in (self.ill, self.mended))
        return Ends.of(ill), Ends.of(mended)

    def parted(self) -> list[str]:
        """Return the curves that end further apart than the seeds of either side spread."""
        return [curve for curve in CURVES if self._is_parted(curve)]

    def _is_parted(self, curve: str) -> bool:
        sides = [[run.last(curve) for run in runs] for runs in (self.ill, self.mended)]
        spread = max(max(side) - min(side) for side in sides)
        apart = abs(median(sides[0]) - median(sides[1]))
        return apart > spread and not Ends.meets(*self.ends(curve))

    def overlaps(self) -> bool:
        """Return whether in every pass, and of every curve, both sides' ranges meet."""
        return all(Ends.meets(*self.ends(curve, at)) for curve in CURVES for at in range(PASSES))

    def shows(self) -> list[str]:
        """Return which evidence shows the bug: names of `EVIDENCE`; none of a healthy patient."""
        return [name for name, differs in EVIDENCE.items() if differs(self)]


def _all_differ(look: Callable[[Run], object]) -> Callable[[Case], bool]:
    """Make a test of whether the five ill seeds have nothing that a mended one has."""

    def differs(case: Case) -> bool:
        mended = [look(run) for run in case.mended]
        return not any(look(run) in mended for run in case.ill)

    return differs


def _in_batch(run: Run) -> tuple[int, int, bool, list[list[str]]]:
    """Return what one mini-batch shows: its shift, its rows' states, and words of valid."""
    return run.shift, run.n_states, run.spread == 0, run.valid_x


EVIDENCE: dict[str, Callable[[Case], bool]] = {
    "curves": lambda case: bool(case.parted()),
    "batch": _all_differ(_in_batch),
    "layout": _all_differ(lambda run: run.go_on == 1),
    "doctor": _all_differ(lambda run: tuple(run.wrong)),
}
"""What a student can point at: the name -> whether it differs in all five seeds."""


@dataclass(frozen=True, slots=True)
class Bug:
    """A diagnosis, what its evidence would be, and the change that makes it."""

    title: str
    sign: Callable[[list[Run]], bool]
    """Whether five runs have what this bug must show."""
    change: Change = ("", "")


def _every(test: Callable[[Run], bool]) -> Callable[[list[Run]], bool]:
    return lambda runs: all(map(test, runs))


def softmax_floor(words: int) -> float:
    """Return the least loss, in nats, of a softmax of probabilities: 1 for the target."""
    return log(1 + (words - 1) / exp(1))


def blind(words: int) -> float:
    """Return the loss, in nats, of a network that finds all words equally likely."""
    return log(words)


def _gets_worse(run: Run) -> bool:
    losses = [each[1] for each in run.passes]
    return run.passes[-1][0] > run.passes[0][0] and losses[-1] > 2 * min(losses)


def _is_capped(run: Run) -> bool:
    words = measured().words
    return min(run.steps) >= softmax_floor(words) and run.last("train loss") < blind(words) - 0.3


def _learns_nothing(run: Run) -> bool:
    return all(abs(each[1] - blind(measured().words)) < 0.1 for each in run.passes)


def _fails_on_valid(run: Run) -> bool:
    near = blind(measured().words)
    return run.last("train loss") < near / 2 and all(each[1] > near for each in run.passes)


def _is_well(run: Run) -> bool:
    size = measured()
    whole = run.shift == 1 and run.go_on == 1 and run.n_states == size.rows and run.spread > 0
    return whole and not run.wrong


BUGS: dict[str, Bug] = {
    "not-shifted": Bug(
        "The target of a word is the word itself.",
        _every(lambda run: run.x == run.y),
        ("for at in (0, 1)", "for at in (0, 0)"),
    ),
    "shifted-twice": Bug(
        "The target of a word is the word after the next.",
        _every(lambda run: run.shift == 2),
        ("for at in (0, 1)", "for at in (0, 2)"),
    ),
    "looks-ahead": Bug(
        "The network also reads the words that come after.",
        _every(lambda run: run.shift == 1 and run.passes[2][2] > 0.9),
        (
            "nn.GRU(UNITS, UNITS, batch_first=True)",
            "nn.GRU(UNITS, UNITS // 2, batch_first=True, bidirectional=True)",
        ),
    ),
    "rows-at-random": Bug(
        "The state is carried on, but the next mini-batch has other rows.",
        _every(lambda run: run.go_on < 0.2),
        (
            "cut(number(train_words, vocab))",
            "[shuffled(rows) for rows in cut(number(train_words, vocab))]",
        ),
    ),
    "one-row": Bug(
        "All rows begin a mini-batch with the state of the first row.",
        _every(lambda run: run.spread == 0),
        ("h.detach()", "h[:, :1].detach().repeat(1, len(x), 1)"),
    ),
    "batch-first": Bug(
        "The GRU takes the rows for time steps.",
        _every(lambda run: run.n_states == measured().steps),
        (", batch_first=True", ""),
    ),
    "softmax-twice": Bug(
        "The network ends with a softmax, and the loss has its own.",
        _every(_is_capped),
        ("return self.h_o(out)", "return self.h_o(out).softmax(-1)"),
    ),
    "not-zeroed": Bug(
        "The gradients of earlier mini-batches are never cleared.",
        _every(_gets_worse),
        ("    optimizer.zero_grad()\n", ""),
    ),
    "not-updated": Bug(
        "The optimizer does not train the embedding.",
        _every(lambda run: run.wrong == ["not-updated"]),
        ("model.parameters(), 1e-2", "[*model.rnn.parameters(), *model.h_o.parameters()], 1e-2"),
    ),
    "reshaped": Bug(
        "Answers are reshaped where they must be transposed.",
        _every(_learns_nothing),
        ("answers.transpose(1, 2)", "answers.reshape(BS, len(vocab), BPTT)"),
    ),
    "own-vocabulary": Bug(
        "Valid is numbered with a vocabulary of its own.",
        _every(_fails_on_valid),
        (
            "cut(number(valid_words, vocab))",
            "cut(number(valid_words, list(dict.fromkeys(valid_words))))",
        ),
    ),
    HEALTHY: Bug("Nothing: this loop is healthy.", _every(_is_well)),
}
"""Each diagnosis by the doctor's name for it, in the order in which students read them."""

CASES: dict[str, Case] = {
    case.bed: case
    for case in (
        Case("A1", "not-zeroed", ("not-updated", "looks-ahead", "own-vocabulary", HEALTHY)),
        Case("A2", "not-shifted", ("looks-ahead", "shifted-twice", "batch-first", HEALTHY)),
        Case("A3", "rows-at-random", ("one-row", "not-updated", "batch-first", HEALTHY)),
        Case("A4", "softmax-twice", ("not-zeroed", "reshaped", "not-updated", HEALTHY)),
        Case("B1", "batch-first", ("shifted-twice", "one-row", "softmax-twice", HEALTHY)),
        Case("B2", HEALTHY, ("rows-at-random", "one-row", "not-updated", "shifted-twice")),
        Case("B3", "looks-ahead", ("not-shifted", "own-vocabulary", "rows-at-random", HEALTHY)),
        Case("B4", "one-row", ("rows-at-random", "batch-first", "not-updated", HEALTHY)),
        Case("C1", "own-vocabulary", ("not-zeroed", "shifted-twice", "reshaped", HEALTHY)),
        Case("C2", "not-updated", ("rows-at-random", "one-row", "not-zeroed", HEALTHY)),
        Case("C3", "reshaped", ("softmax-twice", "not-zeroed", "batch-first", HEALTHY)),
        Case("C4", "shifted-twice", ("not-shifted", "looks-ahead", "rows-at-random", HEALTHY)),
    )
}
"""Each patient by its bed."""

HIDDEN = ("rows-at-random", "one-row", "not-updated")
"""The bugs that no curve shows."""


def program(name: str) -> str:
    """Return the loop with a bug, or without one for HEALTHY. Raises ValueError for no such bug."""
    if name not in BUGS:
        raise ValueError(f"no bug is named {name!r}; choose one of {', '.join(BUGS)}")
    old, new = BUGS[name].change
    text = LOOP.read_text(encoding="utf-8")
    return text.replace(old, new) if old else text


def lines_of(name: str) -> tuple[str, str]:
    """Return the line that a bug changes: as it is in the patient's loop, and mended."""
    ill, mended = (program(each).splitlines() for each in (name, HEALTHY))
    if len(ill) < len(mended):
        return "", next(b for a, b in zip([*ill, ""], mended, strict=False) if a != b).strip()
    return next((a.strip(), b.strip()) for a, b in zip(ill, mended, strict=True) if a != b)
