"""Writes lectures of 50 minutes as pages to print, and a test before and after them.

A class answers each guess alone. One guess or more of a lecture gets two votes with a talk between
them, as long as there is time: "think alone, vote, talk, vote again, say why each wrong answer is
wrong" (Vickrey et al. 2015, doi 10.1187/cbe.14-11-0198).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import accumulate

from markupsafe import Markup

from hnviz.app.shell.navigation import PAGES
from hnviz.export.html import FILES, plain_page
from hnviz.lessons import BELIEFS, Because, Guess, Lesson, Step, lessons
from hnviz.lessons.exam import COLUMNS, LETTERS, questions
from hnviz.lessons.words import parts

MINUTES = 50  # of a lecture
OPENING, CLOSING = 3, 4  # minutes to join the class, and for questions at the end
LOOK, ONE_VOTE, TWO_VOTES = 2, 3, 8  # minutes of a step without a guess, and with one or two votes
STYLE = FILES / "plan.css"

ROOMS = {name: title for section in PAGES.values() for name, title in section.items()}


@dataclass(frozen=True, slots=True)
class Part:
    """A step of a lecture."""

    lesson: Lesson
    number: int  # of the step
    votes: int  # 0 for a step without a guess

    @property
    def step(self) -> Step:
        """The step."""
        return self.lesson.steps[self.number - 1]

    @property
    def minutes(self) -> int:
        """How long it takes a class."""
        return (LOOK, ONE_VOTE, TWO_VOTES)[self.votes]


@dataclass(frozen=True, slots=True)
class Lecture:
    """Lessons that fit into 50 minutes."""

    number: int
    parts: tuple[Part, ...]

    @property
    def lessons(self) -> list[Lesson]:
        """Its lessons, in their order."""
        return list({each.lesson.id: each.lesson for each in self.parts}.values())

    @property
    def minutes(self) -> int:
        """How long it takes."""
        return OPENING + sum(each.minutes for each in self.parts) + CLOSING

    @property
    def name(self) -> str:
        """The name of its file."""
        return f"lecture-{self.number}.html"


@dataclass(slots=True)
class _Draft:
    """A lecture that is being filled."""

    parts: list[Part] = field(default_factory=list)

    def takes(self, more: Iterable[Part] = ()) -> int:
        return OPENING + sum(each.minutes for each in [*self.parts, *more]) + CLOSING


def lectures(found: Iterable[Lesson]) -> list[Lecture]:
    """Put lessons into lectures, in their order; guesses get two votes as long as there is time.

    Each lesson has at least one guess with two votes. A lesson that takes longer than a lecture is
    one of its own.
    """
    drafts: list[_Draft] = []
    for lesson in found:
        own = _with_two_votes(_parts(lesson))
        if not drafts or drafts[-1].takes(own) > MINUTES:
            drafts.append(_Draft())
        drafts[-1].parts += own
    for draft in drafts:
        while draft.takes() + TWO_VOTES - ONE_VOTE <= MINUTES and _next_of(draft.parts) is not None:
            draft.parts = _with_two_votes(draft.parts)
    return [Lecture(number, tuple(each.parts)) for number, each in enumerate(drafts, 1)]


def _parts(lesson: Lesson) -> list[Part]:
    return [
        Part(lesson, at, int(step.guess is not None)) for at, step in enumerate(lesson.steps, 1)
    ]


def _with_two_votes(held: list[Part]) -> list[Part]:
    """Return parts of which one more has two votes."""
    if (at := _next_of(held)) is None:
        return held
    return [*held[:at], replace(held[at], votes=2), *held[at + 1 :]]


def _next_of(held: list[Part]) -> int | None:
    """Return the guess that most needs a talk: one about a belief, then a choice, then any."""
    waiting = [at for at, each in enumerate(held) if each.votes == 1]

    def worth(at: int) -> tuple[bool, bool, int]:
        guess = held[at].step.guess
        about = any(each.belief for each in guess.because) if guess else False
        return about, bool(guess and guess.kind == "choice"), -at

    return max(waiting, key=worth, default=None)


def export_plan() -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each page, and of the file for the test's answers."""
    found = lectures(lessons().values())
    yield "index.html", plain_page("Lectures", _index(found), style=STYLE)
    for each in found:
        yield each.name, plain_page(_title(each), _plan(each), style=STYLE)
    yield "test.html", plain_page("Ten questions", _sheet(), style=STYLE)
    yield "key.html", plain_page("Ten questions: answers", _key(), style=STYLE)
    yield "answers.csv", (",".join(COLUMNS) + "\r\n").encode()


def _title(lecture: Lecture) -> str:
    return f"Lecture {lecture.number}: {'; '.join(each.title for each in lecture.lessons)}"


def _index(found: Iterable[Lecture]) -> Markup:
    link = Markup('<li><a href="{}">{}</a>, {} minutes</li>\n')
    listed = Markup("").join(link.format(each.name, _title(each), each.minutes) for each in found)
    return Markup(_INDEX).format(listed)


_INDEX = """<ol>
{}</ol>
<h2>Before the first lecture, and after the last</h2>
<p><a href="test.html">Ten questions</a> on paper, and <a href="key.html">the answers</a> with the
belief behind each wrong one. Give the same sheet twice, and the answers only after the second
time.</p>
<p>Type the letters into <a href="answers.csv">answers.csv</a>, a row for each: a student's number,
the question's number, 1 for the time before and 2 for the time after, and the letter.
<code>python -m hnviz lessons statistics answers.csv</code> then prints for each question how many
were right before and after, the gain, how well it separates strong from weak students, and the most
frequent wrong answer.</p>
"""

_BEFORE = """<p>{} of {} minutes. Rooms: {}. Start the class with
<code>python -m hnviz app --class</code> before the lecture, and wait until the lessons are ready
for phones.</p>
<p>Students think and answer each guess alone. A guess with <b>two votes</b> goes on like this: you
read the first vote. Between 35 and 70 % right, press <i>Discuss</i>: they talk to a neighbour for
three minutes and vote again. Below 35 % explain first; above 70 % go on. Then say why each wrong
answer is wrong.</p>
"""

_HEAD = """<table>
<thead><tr><th>Minute</th><th>Room</th><th>Step</th><th>What to do</th></tr></thead>
<tbody>
{}</tbody></table>
"""
_ROW = "<tr><td>{} to {}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n"


def _plan(lecture: Lecture) -> Markup:
    """Return a lecture's rooms and times, and then each of its guesses."""
    rooms = dict.fromkeys(ROOMS[each.step.page] for each in lecture.parts)
    asked = [_asked(each) for each in lecture.parts if each.votes]
    return (
        Markup(_BEFORE).format(lecture.minutes, MINUTES, ", ".join(rooms))
        + Markup(_HEAD).format(Markup("").join(_rows(lecture)))
        + Markup("<h2>The guesses</h2>\n")
        + Markup("\n").join(asked)
    )


def _rows(lecture: Lecture) -> Iterator[Markup]:
    row = Markup(_ROW)
    ends = accumulate([OPENING, *(each.minutes for each in lecture.parts), CLOSING])
    at = next(ends)
    yield row.format(0, at, "", "Join", "Students scan the code and choose the lesson.")
    for part, end in zip(lecture.parts, ends, strict=False):
        name = f"{part.lesson.title}, {part.number}: {part.step.title}"
        yield row.format(at, end, ROOMS[part.step.page], name, _to_do(part))
        at = end
    yield row.format(at, at + CLOSING, "", "Questions", "What surprised them; what is still open.")


def _to_do(part: Part) -> Markup:
    if part.votes == 2:
        return Markup("<b>Two votes</b>: alone 1, vote 1, talk 3, vote 1, why 2 minutes")
    return Markup("One vote, then Reveal and why" if part.votes else "Look, and say why it matters")


def _asked(part: Part) -> Markup:
    """Return a guess with its answers, and room for what the class said."""
    guess = part.step.guess
    if guess is None:
        raise ValueError(f"step {part.number} of {part.lesson.id} has no guess to plan")
    votes = Markup("").join(map(Markup("<th>Vote {}</th>").format, range(1, part.votes + 1)))
    empty = Markup("<td></td>") * part.votes
    row = Markup('<tr><td class="mark">{}</td><td>{}</td>{}<td>{}</td></tr>\n')
    rows = Markup("").join(
        row.format("✓" if is_right else "", words, empty, _usual(because, is_right))
        for words, is_right, because in _answers(guess)
    )
    head = f"{part.lesson.title}, step {part.number}: {part.step.title}"
    return Markup(_ASKED).format(head, _marked(guess.ask), votes, rows, _marked(guess.why))


_ASKED = """<section><h3>{}</h3>
<p>{}</p>
<table><thead><tr><th></th><th>Answer</th>{}<th>What is behind it</th></tr></thead>
<tbody>
{}</tbody></table>
<p class="note">{}</p></section>"""


def _answers(guess: Guess) -> Iterator[tuple[str, bool, Because | None]]:
    """Yield what can be answered, whether it is right, and what is said about it."""
    if guess.kind == "choice":
        for at, words in enumerate(guess.answers):
            yield words, at == guess.truth, guess.because_of(at)
        return
    yield _truth(guess), True, None
    for each in guess.because:
        if each.answer is not None:
            yield guess.answers[each.answer], False, each
        else:
            yield f"{each.low:g} to {each.high:g} {guess.unit}".strip(), False, each


def _truth(guess: Guess) -> str:
    if guess.kind == "square":
        at = int(guess.truth if not isinstance(guess.truth, tuple) else guess.truth[0])
        row, column = divmod(at, guess.columns)
        return f"{guess.answers[at]} (row {row + 1}, column {column + 1})"
    if isinstance(guess.truth, tuple):
        pairs = zip(guess.answers, guess.truth, strict=True)
        return f"{', '.join(f'{name}: {value:g}' for name, value in pairs)} {guess.unit}".strip()
    return f"{guess.truth:g} {guess.unit}".strip()


def _usual(because: Because | None, is_right: bool) -> Markup:
    """Return what a wrong answer shows, with the threads in which students say it."""
    if is_right or because is None:
        return Markup()
    words = _marked(because.text)
    if not because.belief:
        return words
    belief = BELIEFS[because.belief]
    said = Markup("<b>{}. {}</b> {} <small>Students: {}.</small>")
    return said.format(because.belief, belief.says, words, belief.threads)


def _sheet() -> Markup:
    """Return the test as students get it."""
    form = '<p class="name">Number: <u></u> Date: <u></u> before ☐ after ☐</p>\n'
    answer = Markup("<li>☐ {}</li>")
    asked = Markup('<li><p>{}</p><ol type="a">{}</ol></li>\n')
    return Markup(form + '<ol class="test">\n{}</ol>').format(
        Markup("").join(
            asked.format(_marked(each.ask), Markup("").join(map(answer.format, each.answers)))
            for each in questions()
        )
    )


def _key() -> Markup:
    """Return the test's answers, and what is behind each wrong one."""
    row = Markup('<tr><td class="mark">{}</td><td>{} {}</td><td>{}</td></tr>\n')
    asked = Markup("<section><h3>{}. {}</h3>\n<table><tbody>\n{}</tbody></table>\n{}</section>\n")
    why = Markup('<p class="note">{}</p>')
    return Markup("").join(
        asked.format(
            number,
            _marked(guess.ask),
            Markup("").join(
                row.format("✓" if is_right else "", LETTERS[at], words, _usual(because, is_right))
                for at, (words, is_right, because) in enumerate(_answers(guess))
            ),
            why.format(_marked(guess.why)),
        )
        for number, guess in enumerate(questions(), 1)
    )


def _marked(text: str) -> Markup:
    """Return a lesson's text with its marks as elements."""
    return Markup("").join(
        Markup("<{0}>{1}</{0}>").format(tag, words) if tag else words
        for tag, words in parts(" ".join(text.split()))
    )
