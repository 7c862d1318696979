"""What students believe: each belief has a step, and the step's own picture refutes each answer.

The readers of transfer questions are simulated: no people were asked.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

import hnviz
from hnviz.app.shell.server import server
from hnviz.cli.main import main
from hnviz.figures.tables import parts_table
from hnviz.layout import BatchLayout, ShuffledLayout
from hnviz.lessons import BELIEFS, Because, lessons
from hnviz.lessons.listing import asking, beliefs_page
from hnviz.models.catalogue import entry
from hnviz.runs import five_seeds_table
from tests.test_lesson_figures import (
    BY_NAME,
    LAYOUT,
    STREAM,
    erased,
    found,
    from_zeros,
    going_on,
    last,
    losses,
    reset_ends,
    said,
    shares_of_kinds,
    tried_here,
    written,
)
from tests.views import shown

pytestmark = pytest.mark.usefixtures("own_runs")

ROOT = Path(__file__).parent.parent
Step = tuple[str, int]
ASKED = {
    (each.lesson.id, each.number): each.guess
    for letter in BELIEFS
    for each in asking(lessons(), letter)
}
WRONG = [(step, because) for step, guess in ASKED.items() for because in guess.because]


@pytest.mark.parametrize("letter", BELIEFS)
def test_each_belief_has_a_step_with_a_transfer_question(letter):
    steps = [each.step for each in asking(lessons(), letter)]
    assert steps and any(step.transfer for step in steps)


# What each wrong answer would have to be true of, in the picture of its step


def lane(way: str, run: str = "Model5") -> np.ndarray:
    """The gradient's norm at each step back, from the last word's loss."""
    norms: np.ndarray = shown(BY_NAME["lanes"], run, first=5, every=False).arrays[way]
    return norms


def state_beside(other: int) -> bool:
    """Whether row 1's state depends on what another row of the mini-batch reads."""
    x = np.stack([STREAM.valid[start : start + 70] for start in LAYOUT.row_starts(0)])
    changed = x.copy()
    changed[other] = x[other][::-1]
    states = [rows_state(each)[:, 1] for each in (x, changed)]
    return not torch.equal(*states)


def rows_state(x: np.ndarray) -> torch.Tensor:
    """The state of Model5, (layers, rows, nh), after it has read rows side by side."""
    _, state = hnviz.open("Model5").subject(400).answer(torch.from_numpy(x.copy()))
    kept: torch.Tensor = state
    return kept


def follows(row: int) -> bool:
    """Whether row 1 of mini-batch 1 begins where a row of mini-batch 0 ended."""
    ends = (LAYOUT.row_starts(0) + LAYOUT.bptt) % LAYOUT.n_tokens
    return bool(ends[row] == LAYOUT.row_starts(1)[1])


def sizes(model: str) -> dict[str, int]:
    """How many numbers each part of a model learns, as its picture lists them."""
    net = entry(model)
    table = parts_table(net, len(STREAM.vocab), net.recipe.nh)
    return dict(zip(table["part"], table["weights"], strict=True))


def twins() -> str:
    return said("models_in_step", "Model1", batch="first")


def twin_difference() -> float:
    return found(r"largest difference is ([\d.]+)\.", twins())


def unit_of_tens() -> float:
    return found(
        r"tens digit explains \d+ % of how unit (\d+)",
        said("unit_rows", "Model5Reg", text="4367 to 4372", layer=0),
    )


def ten_words() -> tuple[float, float]:
    """The percent right of the first ten words of valid, with the state from train and without."""
    says = said("train_to_valid")
    return found(r"gets ([\d.]+) %", says), found(r"zeros, ([\d.]+) %", says)


def beaten() -> int:
    """How many of five Transformers beat the pre-trained LSTM."""
    return sum(each > last("LSTM").accuracy for each in five_seeds_table("Transformer").valid)


def between(each: Because, value: float) -> bool:
    return each.low is not None and each.high is not None and each.low <= value <= each.high


CLAIMED: dict[Step, dict[int, Callable[[], bool]]] = {
    ("text-into-batches", 4): {
        1: lambda: any(state_beside(other) for other in (0, 2, 63)),
        2: lambda: follows(63) or state_beside(63),
        3: lambda: not follows(1),
    },
    ("a-loop-is-an-rnn", 2): {
        1: lambda: twin_difference() > 0,
        2: lambda: twin_difference() > 1,
    },
    ("a-loop-is-an-rnn", 4): {
        1: lambda: sizes("Model2") != sizes("Model1"),
        2: lambda: len(sizes("Model2")) != len(sizes("Model1")),
    },
    ("a-loop-is-an-rnn", 6): {
        1: lambda: sum(sizes("Model3").values()) == 9319 + 64,
        2: lambda: sum(sizes("Model3").values()) == 9319 + 64 * 64,
    },
    ("what-the-state-remembers", 8): {0: lambda: ten_words()[0] > ten_words()[1]},
    ("what-the-state-remembers", 9): {
        0: lambda: weights_changed_by_reading(),
        2: lambda: from_zeros()[0][-1] < from_zeros()[1][0],  # its last words as hard as its first
    },
    ("what-the-state-remembers", 10): {
        0: lambda: reset_ends("Model5")[1] <= reset_ends("Model5")[0],
        1: lambda: reset_ends("Model5")[1] < 0.75 * kept_end(),
    },
    ("why-truncate", 2): {
        1: lambda: bool(lane("detach")[:-20].any()) and not crosses(),
        2: lambda: bool(lane("detach")[:-20].any()),
        3: lambda: not crosses(),
    },
    ("counting-past-8000", 5): {
        0: lambda: last("Model5").accuracy < 0.25,
        1: lambda: min(most_frequent_kinds()) < 55,
    },
    ("seeds", 3): {
        0: lambda: unit_of_tens() == 11,
        2: lambda: (
            "the tens digit explains"
            not in said("unit_rows", "Model5Reg", text="4367 to 4372", layer=0)
        ),
    },
    ("regularisation", 1): {
        0: lambda: abs(losses("Model5")[-1] - losses("Model5")[4]) < 0.05,
        1: lambda: losses("Model5")[-1] < losses("Model5")[4],
    },
    ("regularisation", 3): {
        0: lambda: last("Model5Reg").accuracy > last("Model5").accuracy,
        1: lambda: abs(last("Model5Reg").accuracy - last("Model5").accuracy) < 0.005,
    },
}
"""Step -> wrong answer -> whether the picture's own numbers are as it says."""

MEASURED: dict[Step, Callable[[], float]] = {
    ("text-into-batches", 5): lambda: going_on(ShuffledLayout(LAYOUT.n_tokens, 64, 70)),
    ("what-the-state-remembers", 5): lambda: erased()["tens"]["kept"],
    ("why-truncate", 3): lambda: np.count_nonzero(lane("detach")) - 19,
    ("counting-past-8000", 6): lambda: found(
        r"([\d.]+) % in the held-out blocks", said("counting_map", "Model5-blocks", given=3)
    ),
    ("attention-or-state", 3): lambda: found(
        r"kept, ([\d.]+) % and", said("positions", split="valid")
    ),
    ("change-the-state", 6): lambda: tried_here()[-1],
    ("seeds", 1): beaten,
    ("seeds", 2): lambda: 100 * np.ptp(five_seeds_table("LSTM").valid),
}
"""Step -> the number that its picture has."""


def kept_end() -> float:
    return found(r"kept, [\d.]+ % and ([\d.]+) %", said("positions", split="valid")) / 100


def crosses() -> bool:
    """Whether the numbers of the state go on: a kept state beats zeros at a window's first word."""
    kept = found(r"kept, ([\d.]+) %", said("positions", split="valid")) / 100
    return kept > 2 * reset_ends("Model5")[0]


def most_frequent_kinds() -> list[float]:
    """The percent right of the kinds of token with more than a hundred answers."""
    figures = last("Model5").valid_kinds
    return [share for kind, share in shares_of_kinds().items() if figures[kind].n > 100]


def weights_changed_by_reading() -> bool:
    """Whether reading a mini-batch changes what the same words get afterwards."""
    x = np.stack([STREAM.valid[start : start + 70] for start in LAYOUT.row_starts(0)])[:4]
    return not torch.equal(rows_state(x), rows_state(x))


def test_each_step_that_names_a_belief_is_held_against_its_picture():
    assert set(CLAIMED) | set(MEASURED) == set(ASKED)
    for step, claims in CLAIMED.items():
        assert set(claims) == {each.answer for each in ASKED[step].because}, step


@pytest.mark.parametrize(("step", "because"), WRONG, ids=str)
def test_the_pictures_own_numbers_contradict_a_wrong_answer(step, because):
    if step in MEASURED:
        value = MEASURED[step]()
        assert not between(because, value)
        guess = ASKED[step]
        assert guess.truth == pytest.approx(value, abs=0.005 * (guess.high - guess.low))
    else:
        assert not CLAIMED[step][because.answer]()


# Transfer questions, and readers who see their picture or not


class Read(NamedTuple):
    """How the picture of a transfer question answers it."""

    figure: Callable[[], Any]  # what is read from the picture
    right: Callable[[Any, Sequence[str]], int]  # the right answer of such a figure
    copies: Callable[[Any, Sequence[str]], list[Any]]  # changed figures, one for each answer


def word_at(layout: BatchLayout, row: int) -> str:
    start = int(layout.row_starts(1)[row])
    return STREAM.vocab.itos[int(STREAM.train[start])]


def the_same(figure: str, answers: Sequence[str]) -> int:
    return list(answers).index(figure)


def nearest(figure: float, answers: Sequence[str]) -> int:
    values = [float(each.split()[0].replace(",", "")) for each in answers]
    return int(np.argmin([abs(value - figure) for value in values]))


def words(_: Any, answers: Sequence[str]) -> list[Any]:
    return list(answers)


def numbers(_: Any, answers: Sequence[str]) -> list[Any]:
    return [float(each.split()[0].replace(",", "")) for each in answers]


def larger(figure: tuple[float, float], _: Sequence[str]) -> int:
    return int(figure[1] > figure[0])


def either_way(figure: tuple[float, float], _: Sequence[str]) -> list[Any]:
    low, high = sorted(figure)
    return [(high, low), (low, high)]


def rises(figure: tuple[float, float], _: Sequence[str]) -> int:
    before, after = figure
    return 1 if abs(after - before) <= 0.01 else 2 * int(after > before)


def moved(figure: tuple[float, float], _: Sequence[str]) -> list[Any]:
    before, after = figure
    return [(before, before - abs(after - before)), (before, before), (before, after)]


def most(figure: dict[str, int], answers: Sequence[str]) -> int:
    return int(np.argmax([figure[each] for each in answers]))


def turned(figure: dict[str, int], answers: Sequence[str]) -> list[Any]:
    """The picture's sizes, moved on from part to part until each part has had the largest."""
    values = [figure[each] for each in answers]
    turns = [
        dict(zip(answers, np.roll(values, by).tolist(), strict=True)) for by in range(len(answers))
    ]
    return sorted(turns, key=lambda each: most(each, answers))


def beyond(run: str) -> float:
    return found(r"([\d.]+) % from 8,001", said("counting_map", run, given=3))


def of_zeros_and_train(run: str) -> tuple[float, float]:
    says = said("train_to_valid", run)
    return found(r"gets ([\d.]+) %", says), found(r"from zeros, ([\d.]+) %", says)


def differing_last() -> float:
    return found(r"and (\d+) at step 19", said("models_in_step", "Model3", batch="second"))


TRANSFERS: dict[Step, Read] = {
    ("text-into-batches", 4): Read(
        lambda: word_at(BatchLayout(len(STREAM.train), 16, 30), 5), the_same, words
    ),
    ("text-into-batches", 5): Read(
        lambda: word_at(ShuffledLayout(len(STREAM.train), 16, 30), 9), the_same, words
    ),
    ("a-loop-is-an-rnn", 2): Read(differing_last, nearest, numbers),
    ("a-loop-is-an-rnn", 6): Read(lambda: sizes("Model5"), most, turned),
    ("what-the-state-remembers", 5): Read(lambda: erased(0)["ones"]["kept"], nearest, numbers),
    ("what-the-state-remembers", 8): Read(lambda: of_zeros_and_train("Model4"), larger, either_way),
    ("what-the-state-remembers", 10): Read(lambda: 100 * reset_ends("LSTM")[1], nearest, numbers),
    ("why-truncate", 2): Read(
        lambda: float(np.count_nonzero(lane("detach", "LSTM"))), nearest, numbers
    ),
    ("counting-past-8000", 5): Read(lambda: beyond("Model4"), nearest, numbers),
    ("counting-past-8000", 6): Read(lambda: beyond("IRNN"), nearest, numbers),
    ("regularisation", 1): Read(lambda: (losses("Model4")[11], losses("Model4")[-1]), rises, moved),
}

QUESTIONS = {
    (lesson.id, number): (step.transfer, step.guess)
    for lesson in lessons().values()
    for number, step in enumerate(lesson.steps, 1)
    if step.transfer
}


def test_every_transfer_question_is_read_here():
    assert set(TRANSFERS) == set(QUESTIONS)


@pytest.mark.parametrize("step", TRANSFERS, ids=str)
def test_the_picture_answers_its_transfer_question_and_a_changed_copy_another(step):
    asked, _ = QUESTIONS[step]
    read, n = TRANSFERS[step], len(asked.answers)
    figure = read.figure()
    assert read.right(figure, asked.answers) == asked.truth
    copies = read.copies(figure, asked.answers)
    right = [read.right(each, asked.answers) for each in copies]
    assert right == list(range(n))  # so the reader who sees the copy is right each time
    blind = np.random.default_rng(0).integers(n, size=(2000, n))  # who does not see it
    stubborn = [sum(answer == each for each in right) / n for answer in range(n)]
    assert stubborn == [1 / n] * n
    assert (blind == right).mean() == pytest.approx(1 / n, abs=0.05)


@pytest.mark.parametrize("step", TRANSFERS, ids=str)
def test_a_transfer_question_is_about_another_run_or_text_than_its_step(step):
    asked, guess = QUESTIONS[step]
    lesson, number = step
    own = lessons()[lesson].steps[number - 1]
    assert guess and asked.ask != guess.ask
    assert (asked.page, dict(asked.at)) != (own.page, dict(own.at))


def test_the_figures_that_a_transfer_question_states_are_those_of_its_run():
    asked = {step: question.ask for step, (question, _) in QUESTIONS.items()}
    four = server().store.record("Model4").epochs
    told = {
        ("counting-past-8000", 5): [f"{100 * four[-1].accuracy:.1f} %"],
        ("regularisation", 1): [
            *(f"{100 * four[at].accuracy:.1f} %" for at in (11, 19)),
            f"{four[11].valid_loss:.3f}",
        ],
    }
    for step, figures in told.items():
        assert all(each in asked[step] for each in figures), step
    assert written(said("positions", "LSTM", split="valid"), r"at position (\d+);") == {"49"}


def test_the_page_for_teachers_is_written_from_the_lessons(capsys):
    page = (ROOT / "docs" / "beliefs.md").read_text(encoding="utf-8")
    assert page == beliefs_page(lessons()), "python -m hnviz lessons beliefs > docs/beliefs.md"
    for letter, belief in BELIEFS.items():
        assert f"## {letter}. {belief.says}" in page
    assert main(["lessons", "beliefs"]) == 0
    assert capsys.readouterr().out == page
