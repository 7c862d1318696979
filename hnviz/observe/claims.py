"""Does a statement about one prompt hold for others? Tried on prompts drawn from train by a seed.

A drawn prompt is three numbers that follow each other in train, as does the number after them. For
a swap each prompt gets the state of another, drawn in the same way, whose next number has another
thousand. What "holds" means is a function of what was said: see `CLAIMS`.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.data import numbers_of
from hnviz.learn.state import State, tensors
from hnviz.observe.counting import COMMA, LAST_NUMBER, corpus_spelling, number_tokens, spelling
from hnviz.observe.subject import Subject
from hnviz.observe.surgery import Swap, Units, go_on, read

N_PROMPTS = 100
SEED = 0
GIVEN = 3  # numbers in a prompt
WORDS = 40  # said after each
THOUSAND = 1000
NO_NUMBER = -THOUSAND  # in place of a number, for words that spell none; no number's thousand

Ids = NDArray[np.int64]
Holds = NDArray[np.bool_]


class Outcomes(NamedTuple):
    """What a model said after some prompts; a number is the first that was said, (n,)."""

    own: Ids  # untouched
    other: Ids  # from the state that is put in; NO_NUMBER where units are set
    said: Ids  # after the change
    same: Holds  # all words are those said untouched


CLAIMS: dict[str, Callable[[Outcomes], Holds]] = {
    "same words": lambda out: out.same,
    "own number": lambda out: _is(out, out.own),
    "other number": lambda out: _is(out, out.other),
    "other thousand, own rest": lambda out: _is(out, _mixed(out.other, out.own)),
    "own thousand, other rest": lambda out: _is(out, _mixed(out.own, out.other)),
    "other thousand": lambda out: (
        (out.said != NO_NUMBER) & (out.said // THOUSAND == out.other // THOUSAND)
    ),
    "another number": lambda out: (
        (out.said != NO_NUMBER) & (out.said != out.own) & (out.said != out.other)
    ),
    "no number": lambda out: out.said == NO_NUMBER,
}
"""When a statement holds for a prompt, from the closest one to the loosest."""


def drawn(subject: Subject, n: int = N_PROMPTS, seed: int = SEED) -> tuple[Ids, Ids]:
    """Draw prompts from train, and one to swap with for each: the last number of each, (n,)."""
    train = numbers_of(subject.config).of("train")
    beside = [np.isin(train + step, train) for step in range(1 - GIVEN, 2)]
    whole = train[np.all(beside, axis=0)]
    chance = np.random.default_rng(seed)
    own = chance.choice(whole, n, replace=False)
    thousand = (whole + 1) // THOUSAND
    others = [chance.choice(whole[thousand != (each + 1) // THOUSAND]) for each in own]
    return own, np.array(others)


def after(subject: Subject, numbers: Ids) -> State:
    """Return the states after the prompts that end with some numbers, as rows of one state."""
    spell = spelling(subject)
    texts = [
        number_tokens(spell, range(last - GIVEN + 1, last + 1))[:-1] for last in numbers.tolist()
    ]
    parts = [tensors(read(subject, subject.vocab.numericalize(text))) for text in texts]
    rows = tuple(torch.cat(each, dim=-2) for each in zip(*parts, strict=True))
    return rows if len(rows) > 1 else rows[0]


def outcomes(
    subject: Subject, state: State, change: Swap | Units, *, hold: bool = False
) -> Outcomes:
    """Continue from each row of a state, untouched and changed; a swap has as many rows."""
    own = go_on(subject, state, WORDS).ids
    words = go_on(subject, state, WORDS, change, hold=hold).ids
    said = _first_numbers(subject, words)
    other = np.full_like(said, NO_NUMBER)
    if isinstance(change, Swap):
        other = _first_numbers(subject, go_on(subject, change.other, WORDS).ids)
    return Outcomes(_first_numbers(subject, own), other, said, (words == own).all(axis=1))


def tried(subject: Subject, change: Swap | Units, *, hold: bool = False) -> Mapping[str, int]:
    """Count for each claim the drawn prompts for which it holds.

    Of a swap, its layer counts: each prompt gets the state that was drawn for it.
    """
    own, other = drawn(subject)
    if isinstance(change, Swap):
        change = Swap(other=after(subject, other), layer=change.layer)
    found = outcomes(subject, after(subject, own), change, hold=hold)
    return {name: int(holds(found).sum()) for name, holds in CLAIMS.items()}


def _is(out: Outcomes, number: Ids) -> Holds:
    return (out.said != NO_NUMBER) & (out.said == number)


def _mixed(first: Ids, last: Ids) -> Ids:
    """Take the thousand of some numbers and the rest of others."""
    known = (first != NO_NUMBER) & (last != NO_NUMBER)
    return np.where(known, first // THOUSAND * THOUSAND + last % THOUSAND, NO_NUMBER)


def _first_numbers(subject: Subject, words: Ids) -> Ids:
    """Return the number between the first two commas of each row, (n,)."""
    known, comma = _named(subject.config.corpus), subject.vocab.stoi[COMMA]
    found = []
    for first, *rest in words.tolist():
        end = rest.index(comma) if comma in rest else len(rest)
        spelled = tuple(subject.vocab.itos[index] for index in rest[:end])
        found.append(known.get(spelled, NO_NUMBER) if first == comma else NO_NUMBER)
    return np.array(found)


@cache
def _named(corpus_id: str) -> Mapping[tuple[str, ...], int]:
    spell = corpus_spelling(corpus_id)
    return {tuple(spell(number)): number for number in range(1, LAST_NUMBER + 1)}
