"""Counting on: what a model says after a few numbers, and how often it is right."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.data import number_words
from hnviz.data.corpora import TRAIN_NUMBERS, VALID_NUMBERS
from hnviz.observe.subject import Subject

COMMA = ","
LONGEST_NUMBER = 12  # tokens; the longest true one has 7 and a comma
ROWS = 512  # texts read at once: more would leave the processor's cache

Ids = NDArray[np.int64]


class Said(NamedTuple):
    """One token that a model said: the likeliest, and how likely it found it."""

    id: int
    probability: float


class Counted(NamedTuple):
    """Which numbers a model says by itself after the ones before; arrays of equal length."""

    number: Ids  # the number to be said
    right: NDArray[np.bool_]  # all its words were said, and then a comma


def number_tokens(numbers: Sequence[int]) -> list[str]:
    """Write numbers as the corpus does, with a comma after each."""
    return [token for number in numbers for token in (*number_words(number).split(), COMMA)]


def count_on(subject: Subject, numbers: Sequence[int], n: int) -> list[Said]:
    """Let the model say the likeliest token again and again, until it has said n commas.

    The prompt is `numbers`, with a comma after each, read from a state of zeros. A model that
    keeps no state reads the last bptt tokens before each answer. A model that forgets its commas
    is stopped after 12 n tokens.
    """
    comma, said = subject.vocab.stoi[COMMA], list[Said]()
    text = subject.vocab.numericalize(number_tokens(numbers)).tolist()
    unread, state = text, None
    while sum(each.id == comma for each in said) < n and len(said) < LONGEST_NUMBER * n:
        if subject.window:
            unread, state = text[-subject.window :], None
        logits, state = subject.answer(torch.tensor([unread]), state)
        probability, index = logits[0].softmax(-1).max(-1)
        said.append(Said(int(index), float(probability)))
        unread = [said[-1].id]
        text = text + unread
    return said


def counting_accuracy(subject: Subject, given: int = 3) -> Counted:
    """Tell for every number whether the model says it after the `given` numbers before it.

    Prompt and number lie in one split, 1..7999 or 8001..9999. A model says a whole number right
    by itself if it finds each token of it likeliest after the true ones before: so the true
    tokens are read once, and nothing has to be said.
    """
    numbers = [*TRAIN_NUMBERS[given:], *VALID_NUMBERS[given:]]
    ids, answered = _texts(subject, numbers, given)
    at_once = subject.model.stateful and subject.model.predicts == "every"
    mark = _wrong_at_once if at_once else _wrong_by_windows
    wrong = mark(subject, ids, answered)
    return Counted(np.array(numbers), np.logical_not(wrong.any(axis=1)))


def _texts(subject: Subject, numbers: list[int], given: int) -> tuple[Ids, NDArray[np.bool_]]:
    """Return prompt and number as ids, one row each, and where the next token is answered.

    ids: (len(numbers), longest); shorter rows end in zeros, which no answered position sees.
    answered: (len(numbers), longest - 1).
    """
    numericalize = subject.vocab.numericalize
    prompts = [numericalize(number_tokens(range(number - given, number))) for number in numbers]
    answers = [numericalize(number_tokens([number])) for number in numbers]
    longest = max(
        len(prompt) + len(answer) for prompt, answer in zip(prompts, answers, strict=True)
    )
    ids = np.zeros((len(numbers), longest), dtype=np.int64)
    answered = np.zeros((len(numbers), longest - 1), dtype=bool)
    for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        end = len(prompt) + len(answer)
        ids[row, :end] = np.concatenate([prompt, answer])
        answered[row, len(prompt) - 1 : end - 1] = True
    return ids, answered


def _wrong_at_once(subject: Subject, ids: Ids, answered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark wrong answers, as `answered`: a pass over a text answers all its positions."""
    wrong = []
    for rows in _pieces(len(ids)):
        x = torch.from_numpy(ids[rows])
        with torch.no_grad():
            logits, _ = subject.model(x[:, :-1], subject.model.init_state(len(x)))
        wrong.append((logits.argmax(-1) != x[:, 1:]).numpy())
    return np.concatenate(wrong) & answered


def _wrong_by_windows(subject: Subject, ids: Ids, answered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark wrong answers, as `answered`: each position is answered from a window of its own."""
    wrong = np.zeros_like(answered)
    rows, ends = np.nonzero(answered)
    lengths = np.minimum(ends + 1, subject.window or ids.shape[1])
    for length in np.unique(lengths):
        chosen = np.flatnonzero(lengths == length)
        row, end = rows[chosen], ends[chosen]
        windows = ids[row[:, None], end[:, None] + np.arange(1 - length, 1)]  # (n, length)
        said = [
            subject.answer(torch.from_numpy(windows[piece]))[0].argmax(-1).numpy()
            for piece in _pieces(len(windows))
        ]
        wrong[row, end] = np.concatenate(said) != ids[row, end + 1]
    return wrong


def _pieces(n_rows: int) -> Iterator[slice]:
    return (slice(start, start + ROWS) for start in range(0, n_rows, ROWS))
