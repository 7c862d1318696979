"""A lesson as a value: steps on the app's own pages, each perhaps with a guess first."""

from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("choice", "number", "curve", "square")
"""How students answer: pick a line, move a slider, drag points, or click a cell of a grid."""

MIN_STEPS, MAX_STEPS = 5, 10  # steps of a lesson
MAX_TEXT_CHARS = 500  # per step: two or three sentences
MIN_ANSWERS, MAX_ANSWERS = 2, 12  # per guess; a square has at most 12 rows and columns


class WrongValueError(ValueError):
    """A lesson cannot have a value; `field` names it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What a student answers before the picture is shown.

    `answers` are the lines of a choice, the names along the x axis of a curve, or the cells of a
    square, row by row. `truth` is the index of the right one, or the number; for a curve, a number
    for each name.
    """

    kind: str  # one of KINDS
    ask: str  # the question
    why: str  # one sentence after the reveal
    answers: tuple[str, ...] = ()
    columns: int = 0  # of a square
    low: float = 0  # the ends of a number's slider, or of a curve's y axis
    high: float = 0
    unit: str = ""
    truth: float | tuple[float, ...] = 0

    def __post_init__(self) -> None:
        """Raise WrongValueError for a guess that nobody could answer."""
        if self.kind not in KINDS:
            raise WrongValueError(
                "kind", f"kind must be one of {', '.join(KINDS)}, got {self.kind!r:.60}"
            )
        for name in ("ask", "why"):
            if not getattr(self, name).strip():
                raise WrongValueError(name, f"{name} must say something, got nothing")
        if self.kind != "number" and not MIN_ANSWERS <= len(self.answers) <= self._most():
            wanted = f"from {MIN_ANSWERS} to {self._most()}"
            raise WrongValueError(
                "answers", f"a {self.kind} needs {wanted} answers, got {len(self.answers)}"
            )
        if self.kind == "square" and not 0 < self.columns <= MAX_ANSWERS:
            raise WrongValueError(
                "columns", f"columns must be from 1 to {MAX_ANSWERS}, got {self.columns}"
            )
        if self.kind in ("choice", "square"):
            self._check_index()
        else:
            self._check_numbers()

    def _most(self) -> int:
        return MAX_ANSWERS * MAX_ANSWERS if self.kind == "square" else MAX_ANSWERS

    def _check_index(self) -> None:
        last = len(self.answers) - 1
        if not isinstance(self.truth, int | float) or self.truth not in range(last + 1):
            raise WrongValueError(
                "truth",
                f"truth must be the index of an answer, 0 to {last}, got {self.truth!r:.60}",
            )

    def _check_numbers(self) -> None:
        if not self.low < self.high:
            raise WrongValueError(
                "high", f"high must be above low, got {self.low:g} to {self.high:g}"
            )
        if isinstance(self.truth, tuple) != (self.kind == "curve"):
            wanted = "a list of numbers" if self.kind == "curve" else "one number"
            raise WrongValueError(
                "truth", f"the truth of a {self.kind} is {wanted}, got {self.truth!r:.60}"
            )
        numbers = self.truth if isinstance(self.truth, tuple) else (self.truth,)
        if self.kind == "curve" and len(numbers) != len(self.answers):
            raise WrongValueError(
                "truth",
                f"truth must have a number for each of {len(self.answers)} names, "
                f"got {len(numbers)}",
            )
        for number in numbers:
            if not self.low <= number <= self.high:
                raise WrongValueError(
                    "truth",
                    f"truth must be from {self.low:g} to {self.high:g}, the ends of the guess, "
                    f"got {number:g}",
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: a page of the app at an address, and what a teacher says about it."""

    title: str
    text: str  # Markdown, two or three sentences
    page: str  # the page's file and address: "batches"
    at: Mapping[str, str] = field(default_factory=dict)  # parameters of the address
    point: str = ""  # the picture or control to point at: "batches/grid", "batches_bptt"
    guess: Guess | None = None

    def __post_init__(self) -> None:
        """Raise WrongValueError for a step without a text or a page."""
        for name in ("title", "text", "page", "point"):
            if not getattr(self, name).strip():
                raise WrongValueError(name, f"a step needs a {name}, got nothing")
        if len(self.text) > MAX_TEXT_CHARS:
            raise WrongValueError(
                "text",
                f"text must be two or three sentences of at most {MAX_TEXT_CHARS} characters, "
                f"got {len(self.text)}",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A few minutes about one idea."""

    id: str  # the file's name
    title: str
    about: str  # one sentence
    steps: tuple[Step, ...]
    order: int = 0  # its place in the list

    def __post_init__(self) -> None:
        """Raise WrongValueError for a lesson without a name, or with too few or too many steps."""
        for name in ("title", "about"):
            if not getattr(self, name).strip():
                raise WrongValueError(name, f"a lesson needs a {name}, got nothing")
        if not MIN_STEPS <= len(self.steps) <= MAX_STEPS:
            raise WrongValueError(
                "step", f"a lesson has from {MIN_STEPS} to {MAX_STEPS} steps, got {len(self.steps)}"
            )
