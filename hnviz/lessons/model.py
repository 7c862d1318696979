"""A lesson as a value: steps on the app's own pages, each perhaps with a guess first."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hnviz.lessons.beliefs import BELIEFS

KINDS = ("choice", "number", "curve", "square")
"""How students answer: pick a line, move a slider, drag points, or click a cell of a grid."""

MIN_STEPS, MAX_STEPS = 5, 10  # steps of a lesson
MAX_TEXT_CHARS = 500  # per step: two or three sentences
MIN_ANSWERS, MAX_ANSWERS = 2, 12  # per guess; a square has at most 12 rows and columns
NEAR = 0.05  # of the range of a number or a curve: no farther from the truth is right


class WrongValueError(ValueError):
    """A lesson cannot have a value; `field` names it, and `table` the table within a step."""

    def __init__(self, field: str, sentence: str, table: str = "") -> None:
        super().__init__(sentence)
        self.field = field
        self.table = table


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """What a wrong answer shows that its student believes, and what refutes it.

    It is about one answer of a choice or a square, or about the numbers from `low` to `high`.
    """

    text: str  # one or two sentences
    answer: int | None = None  # the index of the wrong answer
    low: float | None = None  # the ends of an interval of wrong numbers, both included
    high: float | None = None
    belief: str = ""  # a letter of BELIEFS, if the answer comes from one of them
    point: str = ""  # the place that refutes it; the step's own by default

    def __post_init__(self) -> None:
        """Raise WrongValueError for words about no answer, or an unknown belief."""
        if not self.text.strip():
            raise WrongValueError("text", "text must say something, got nothing")
        if len(self.text) > MAX_TEXT_CHARS:
            wanted = f"text must have at most {MAX_TEXT_CHARS} characters"
            raise WrongValueError("text", f"{wanted}, got {len(self.text)}")
        if self.belief and self.belief not in BELIEFS:
            raise WrongValueError(
                "belief",
                f"belief must be a letter from {', '.join(BELIEFS)}, got {self.belief!r:.60}",
            )

    def holds(self, answer: float) -> bool:
        """Return whether it is about an answer."""
        if self.answer is not None:
            return answer == self.answer
        return self.low is not None and self.high is not None and self.low <= answer <= self.high


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
    because: tuple[Because, ...] = ()  # about wrong answers

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
        self._check_because()

    def because_of(self, answer: float) -> Because | None:
        """Return what is said about a wrong answer, None where nothing is."""
        return next((each for each in self.because if each.holds(answer)), None)

    def _check_because(self) -> None:
        for number, each in enumerate(self.because, 1):
            if problem := self._about(each, self.because[: number - 1]):
                raise WrongValueError(*problem, table=f"because.{number}")
        if self.kind == "choice" and any(each.belief for each in self.because):
            for answer in range(len(self.answers)):
                if answer != self.truth and self.because_of(answer) is None:
                    raise WrongValueError(
                        "answers",
                        "a choice that names a belief needs a because for each wrong answer; "
                        f"answer {answer} has none",
                    )

    def _about(self, because: Because, earlier: tuple[Because, ...]) -> tuple[str, str] | None:
        """Return the field and the sentence of what is wrong with a because."""
        if self.kind == "curve":
            return "answer", "a curve takes no because: its answer is not one number"
        if self.kind == "number":
            return self._between(because, earlier)
        last = len(self.answers) - 1
        if because.answer is None or because.answer not in range(last + 1):
            wanted = f"answer must be the index of a wrong answer, 0 to {last}"
            return "answer", f"{wanted}, got {because.answer}"
        if because.answer == self.truth:
            return "answer", f"answer {because.answer} is the right one; a because is about a wrong"
        if any(each.answer == because.answer for each in earlier):
            return "answer", f"answer {because.answer} has two becauses; give it one"
        return None

    def _between(self, because: Because, earlier: tuple[Because, ...]) -> tuple[str, str] | None:
        low, high = because.low, because.high
        if low is None or high is None or because.answer is not None:
            return "low", "a because about a number needs low and high, and no answer"
        if not self.low <= low <= high <= self.high:
            ends = f"{self.low:g} to {self.high:g}"
            return "low", f"low and high must be within {ends}, got {low:g} to {high:g}"
        if isinstance(self.truth, int | float) and low <= self.truth <= high:
            return "low", f"{low:g} to {high:g} holds the truth, {self.truth:g}"
        if any(each.holds(low) or each.holds(high) or _inside(each, low, high) for each in earlier):
            return "low", f"{low:g} to {high:g} overlaps an earlier because"
        return None

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


def _inside(because: Because, low: float, high: float) -> bool:
    return because.low is not None and low <= because.low <= high


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A question for a class or a test, on another run or text than its step's.

    Only the picture answers it: with other figures in the picture, another answer is right.
    """

    ask: str
    answers: tuple[str, ...]
    truth: int  # the index of the right answer
    page: str  # where the picture is, as of a step
    point: str
    at: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise WrongValueError for a question that nobody could answer."""
        for name in ("ask", "page", "point"):
            if not getattr(self, name).strip():
                raise WrongValueError(name, f"a transfer question needs {name}, got nothing")
        if not MIN_ANSWERS <= len(self.answers) <= MAX_ANSWERS:
            wanted = f"from {MIN_ANSWERS} to {MAX_ANSWERS} answers"
            raise WrongValueError("answers", f"it needs {wanted}, got {len(self.answers)}")
        if self.truth not in range(len(self.answers)):
            last = len(self.answers) - 1
            wanted = f"truth must be the index of an answer, 0 to {last}"
            raise WrongValueError("truth", f"{wanted}, got {self.truth}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step: a page of the app at an address, and what a teacher says about it."""

    title: str
    text: str  # Markdown, two or three sentences
    page: str  # the page's file and address: "batches"
    at: Mapping[str, str] = field(default_factory=dict)  # parameters of the address
    point: str = ""  # the picture or control to point at: "batches/grid", "batches_bptt"
    guess: Guess | None = None
    transfer: Transfer | None = None  # for the teacher: the panel does not show it

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
