"""How well a model counts: with the true words before each answer, or with its own words only."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from math import exp
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hnviz.data import numbers_of
from hnviz.learn.state import State, mapped, tensors
from hnviz.observe.counting import (
    COMMA,
    LAST_NUMBER,
    Given,
    corpus_spelling,
    longest_number,
    number_tokens,
    prompt_of,
    spelling,
)
from hnviz.observe.passes import split_pass
from hnviz.observe.progress import reported
from hnviz.observe.question import Ids, Split, question
from hnviz.observe.speech import finite
from hnviz.observe.subject import Subject
from hnviz.questions.view import Reply

N_STARTS = 100
SEED = 0
MOST_RIGHT = 100  # numbers after which a start ends without a mistake
LARGEST = 700.0  # nats: exp of more is no float
NO_MISTAKE, NO_NUMBER = -1, 0


class Freely(NamedTuple):
    """How a model counts on from some numbers, without ever reading a true word again."""

    start: Ids  # (n,): the last number given
    right: Ids  # (n,): whole numbers right before the first wrong one
    mistake: Ids  # (n,): the wrong number, NO_NUMBER for words that are none, or NO_MISTAKE
    goes_on: NDArray[np.bool_]  # (n,): after a wrong number it said that number plus 1


@question(slow=True)
def ask_forced_or_free(subject: Subject, split: Split = "valid", given: Given = 3) -> Reply:
    """Return how well the model answers after the true words of `split`, and after its own words.

    With the true words: one pass over the split, from zeros. With its own: it reads the `given`
    numbers up to each of 100 starts, which a seed draws from the split, and counts on, until it has
    said the number after its first wrong one, or 100 right ones. Once the texts part, no word is
    the true one, so there is no perplexity of its own words. arrays: "start"; "right", whole
    numbers before the first wrong one; "mistake", the wrong number, 0 where its words are no
    number, -1 without a mistake; "goes_on", whether the next number is the wrong one plus 1. meta:
    "split", "given", "seed", "n_starts", "most"; with the true words "accuracy", "loss" in nats and
    "perplexity"; "median" and "quartiles" of "right"; the starts with "no_mistake", with words that
    are "no_number", with a "wrong_number", and of these those that count on: "goes_on".
    """
    spelling(subject)  # a text without numbers is refused before it is read
    accuracy, loss = forced(subject, split)
    freely = free(subject, starts(subject, split), given)
    low, median, high = np.percentile(freely.right, [25, 50, 75]).tolist()
    wrong = freely.mistake > NO_NUMBER
    meta = {
        "split": split,
        "given": given,
        "seed": SEED,
        "n_starts": N_STARTS,
        "most": MOST_RIGHT,
        "accuracy": accuracy,
        "loss": loss,
        "perplexity": exp(min(loss, LARGEST)),
        "median": median,
        "quartiles": [low, high],
        "no_mistake": int((freely.mistake == NO_MISTAKE).sum()),
        "no_number": int((freely.mistake == NO_NUMBER).sum()),
        "wrong_number": int(wrong.sum()),
        "goes_on": int(freely.goes_on.sum()),
    }
    return Reply(freely._asdict(), meta)


def forced(subject: Subject, split: str) -> tuple[float, float]:
    """Return accuracy and mean loss, in nats, of all answers in one pass over a split."""
    read = split_pass(subject, split)
    logits, truth = finite(torch.from_numpy(read.logits[:-1])), torch.tensor(read.ids[1:])
    right = (logits.argmax(-1) == truth).double().mean()
    # In parts: a copy of all logits in double precision may be large.
    losses = [
        torch.nn.functional.cross_entropy(some.double(), true, reduction="sum")
        for some, true in zip(logits.split(4096), truth.split(4096), strict=True)
    ]
    return float(right), float(torch.stack(losses).sum() / len(truth))


def starts(subject: Subject, split: str) -> Ids:
    """Draw numbers of a split after which there are MOST_RIGHT more, (N_STARTS,)."""
    numbers = numbers_of(subject.config).of(split)
    chance = np.random.default_rng(SEED)
    return chance.choice(numbers[numbers <= LAST_NUMBER - MOST_RIGHT], N_STARTS, replace=False)


def free(subject: Subject, first: Ids, given: int) -> Freely:
    """Let a model count on from each number of `first`, (n,), after the `given` up to it."""
    spell, vocab = spelling(subject), subject.vocab
    texts = [
        vocab.numericalize(number_tokens(spell, prompt_of(each + 1, given))).tolist()
        for each in first.tolist()
    ]
    rows = [_Row(subject, start) for start in first.tolist()]
    for saying, said in _spoken(subject, texts, lambda row: not rows[row].ended):
        for row, token in zip(saying, said, strict=True):
            rows[row].take(token)
    columns = zip(
        *((each.start, each.right, each.mistake, each.goes_on) for each in rows), strict=True
    )
    start, right, mistake, goes_on = (np.array(column) for column in columns)
    return Freely(start, right, mistake, goes_on)


class _Row:
    """What a model said from one start; it ends itself."""

    def __init__(self, subject: Subject, start: int) -> None:
        corpus = subject.config.corpus
        self._itos, self._longest = subject.vocab.itos, longest_number(corpus)
        self._numbers = _numbers(corpus)
        self._words: list[str] = []
        self.start, self.right, self.mistake = start, 0, NO_MISTAKE
        self.goes_on = self.ended = False

    def take(self, token: int) -> None:
        """Take the next token that was said."""
        self._words.append(self._itos[token])
        if self._words[-1] == COMMA:
            self._take_number(self._numbers.get(tuple(self._words[:-1]), NO_NUMBER))
            self._words = []
        elif len(self._words) == self._longest:
            self._take_number(NO_NUMBER)

    def _take_number(self, number: int) -> None:
        if self.mistake != NO_MISTAKE:
            self.goes_on, self.ended = number == self.mistake + 1, True
        elif number == self.start + self.right + 1:
            self.right += 1
            self.ended = self.right == MOST_RIGHT
        else:
            self.mistake, self.ended = number, number == NO_NUMBER


@cache
def _numbers(corpus_id: str) -> Mapping[tuple[str, ...], int]:
    """Return the number that each text of words spells."""
    spell = corpus_spelling(corpus_id)
    return {tuple(spell(number)): number for number in range(1, LAST_NUMBER + 1)}


def _spoken(
    subject: Subject, texts: Sequence[list[int]], goes_on: Callable[[int], bool]
) -> Iterator[tuple[list[int], list[int]]]:
    """Let a model continue texts side by side; yield rows, and the token that each says.

    A row speaks as long as it `goes_on`. A model that carries no state reads the last bptt tokens
    before each answer, as in `count_on`.
    """
    rows, state = list(range(len(texts))), None
    texts = [list(each) for each in texts]
    most = MOST_RIGHT * longest_number(subject.config.corpus)
    for _ in reported(range(most), "words"):
        if state is None:
            logits, state = _read(subject, [texts[row] for row in rows])
        else:
            logits, state = subject.answer(torch.tensor([texts[row][-1:] for row in rows]), state)
        said = finite(logits).argmax(-1).tolist()
        for row, token in zip(rows, said, strict=True):
            texts[row].append(token)
        yield rows, said
        on = [place for place, row in enumerate(rows) if goes_on(row)]
        if not on:
            return
        rows = [rows[place] for place in on]
        state = None if subject.window else _chosen(state, on)


def _read(subject: Subject, texts: Sequence[list[int]]) -> tuple[Tensor, State]:
    """Read texts of any lengths from zeros; return the last logits, (n, nv), and the states."""
    read = [text[-subject.window :] if subject.window else text for text in texts]
    order, parts = list[int](), []
    for length in sorted({len(text) for text in read}):
        alike = [row for row, text in enumerate(read) if len(text) == length]
        parts.append(subject.answer(torch.tensor([read[row] for row in alike])))
        order += alike
    back = np.argsort(order).tolist()
    logits = torch.cat([each for each, _ in parts])[back]
    if subject.window:  # an attention's state has a length of its own
        return logits, parts[0][1]
    joined = tuple(
        torch.cat(each, -2) for each in zip(*(tensors(s) for _, s in parts), strict=True)
    )
    return logits, _chosen(joined if len(joined) > 1 else joined[0], back)


def _chosen(state: State, rows: list[int]) -> State:
    return mapped(state, lambda tensor: tensor[..., rows, :])
