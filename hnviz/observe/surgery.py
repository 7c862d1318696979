"""What a model says after a change of its state: some units set, or another text's state.

Does the effect after one prompt hold for others? Prompts drawn from train with a seed test that. A
drawn prompt is three consecutive numbers of train; the number after them is in train, too. For a
swap, each prompt gets the state of another one, drawn in the same way, whose next number has
another thousand. Whether a claim "holds" is a function of what the model said: see `CLAIMS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hnviz.data import numbers_of
from hnviz.learn.state import State, mapped, tensors
from hnviz.models.catalogue import entry
from hnviz.observe.counting import COMMA, LAST_NUMBER, corpus_spelling, number_tokens, spelling
from hnviz.observe.question import LAST_UNIT, Ids, Layer, Range, question
from hnviz.observe.speech import MAX_SAID, Prompt, finite, say
from hnviz.observe.subject import Subject
from hnviz.questions.view import Reply

MOST_VALUE = 100  # largest value for a unit
TOLERANCE = 1e-4  # for logits: the same sums in another order
N_PROMPTS = 100
SEED = 0
GIVEN = 3  # numbers in a prompt
WORDS = 40  # said after each
THOUSAND = 1000
NO_NUMBER = -THOUSAND  # replaces a number where words spell none; no number's thousand
Holds = NDArray[np.bool_]

Operation = Callable[[State], State]


class Course(NamedTuple):
    """How a model continues from some states, one per row, always with the likeliest word."""

    state: NDArray[np.float32]  # (n_layers, rows, nh): before the first word
    ids: Ids  # (rows, n)
    probabilities: NDArray[np.float64]  # (rows, n, nv)


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Set some units of one layer to a value."""

    layer: int
    units: tuple[int, ...]
    value: float = 0.0

    def __call__(self, state: State) -> State:
        """Return a copy of a state with the same change in each row, and in each of its tensors."""
        changed = mapped(state, Tensor.clone)
        for tensor in tensors(changed):
            _layers(tensor)[self.layer][:, list(self.units)] = self.value
        return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Replace the state by another text's: all of it, one layer, or some units of that layer."""

    other: State
    layer: int | None = None
    units: tuple[int, ...] | None = None  # None for all

    def __call__(self, state: State) -> State:
        """Return the state that replaces the given one."""
        if self.layer is None:
            return self.other
        changed = mapped(state, Tensor.clone)
        units = slice(None) if self.units is None else list(self.units)
        for mine, theirs in zip(tensors(changed), tensors(self.other), strict=True):
            _layers(mine)[self.layer][:, units] = _layers(theirs)[self.layer][:, units]
        return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Erase:
    """Set the part of one layer's state that lies along some directions to that of a target."""

    layer: int
    basis: Tensor  # (nh, k): orthonormal columns
    target: Tensor  # (nh,)

    def __call__(self, state: State) -> State:
        """Return a copy of a state with the same change in each row, in its first tensor alone."""
        first, *rest = (tensor.clone() for tensor in tensors(state))
        rows = _layers(first)[self.layer]  # (rows, nh)
        rows += (self.target - rows) @ self.basis @ self.basis.T
        return (first, *rest) if rest else first


class Change(NamedTuple):
    """What changes: the state becomes the one after `other`, or `units` of a layer get a value."""

    other: Prompt | None = None
    layer: Layer | None = None  # the only one that `other` replaces; of `units`, or the last
    units: Annotated[Ids, Range(0, LAST_UNIT)] | None = None
    value: Annotated[float, Range(-MOST_VALUE, MOST_VALUE)] = 0.0
    hold: bool = False  # apply it before every word, not once

    def operation(self, subject: Subject) -> Swap | Units:
        """Return the change of a state. Raises ValueError."""
        if self.other is not None:
            if self.hold:
                raise ValueError("hold applies only to units, and a text is given; leave it out")
            return Swap(other=read(subject, self.other), layer=self.layer)
        last = entry(subject.config.model).n_layers - 1
        units = () if self.units is None else tuple(self.units.tolist())
        return Units(
            layer=last if self.layer is None else self.layer, units=units, value=self.value
        )


@question()
def ask_surgery(
    subject: Subject, ids: Prompt, change: Change, n: Annotated[int, Range(1, MAX_SAID)] = 20
) -> Reply:
    """Let the model say `n` words after `ids`, with its own state and with a changed one.

    With `other`, also ids, the state after that text replaces the model's: all of it, or `layer`.
    Otherwise `units` of `layer` are set to `value`: once, or with `hold` before every word.
    arrays, each for "untouched" and "changed": "untouched_state", float32 (n_layers, nh), before
    the first word; "untouched_said", ids; "untouched_probabilities", (n, nv). "same_words",
    (n, nv): the answers from the untouched state on the words that the changed one said. With
    `other`, "other_said": what the model says after that text itself.
    """
    state, operation = read(subject, ids), change.operation(subject)
    arrays: dict[str, NDArray[Any]] = {}
    courses = {
        "untouched": go_on(subject, state, n),
        "changed": go_on(subject, state, n, operation, hold=change.hold),
    }
    for name, course in courses.items():
        arrays[f"{name}_state"] = course.state[:, 0]
        arrays[f"{name}_said"] = course.ids[0]
        arrays[f"{name}_probabilities"] = course.probabilities[0].astype("f4")
    said = arrays["changed_said"]
    arrays["same_words"] = answers_on(subject, state, said).astype("f4")
    if change.other is not None:
        arrays["other_said"] = say(subject, change.other, n)
    return Reply(arrays)


@question(slow=True)
def ask_surgery_claims(subject: Subject, ids: Prompt, change: Change) -> Reply:
    """Say what a change of the state does after `ids`, and for how many drawn prompts it holds.

    The parameters are those of "surgery". meta: "claim", the closest of `CLAIMS`
    that holds after `ids`; "holds", for each claim, the number of the "n" prompts drawn from train
    by "seed" for which it holds. Raises CorpusError for a text that does not list numbers.
    """
    state, operation = read(subject, ids), change.operation(subject)
    here = outcomes(subject, state, operation, hold=change.hold)
    claim = next(name for name, holds in CLAIMS.items() if holds(here)[0])
    holds = tried(subject, operation, hold=change.hold)
    return Reply({}, {"claim": claim, "holds": holds, "n": N_PROMPTS, "seed": SEED})


def read(subject: Subject, ids: Ids) -> State:
    """Return the state after the last token of a text, read from zeros.

    Raises ValueError for a model that carries no state, and for one whose answer cannot be
    recomputed from its state.
    """
    if subject.window:
        raise ValueError(
            f"{subject.config.called} carries no state: each of its answers starts again and "
            f"reads only the last {subject.window} tokens, so there is nothing to change"
        )
    logits, state = subject.answer(torch.tensor(ids[None]))
    finite(logits)
    if not _is_read_out(subject, state, logits):
        raise ValueError(
            f"{subject.config.called} answers from more than its state, so a changed state alone "
            "gives no answer"
        )
    found: State = state
    return found


def _is_read_out(subject: Subject, state: State, logits: Tensor) -> bool:
    """Return whether the answers come from the top layer's state alone, as `read_out` has it."""
    try:
        found = read_out(subject, state)
    except (RuntimeError, ValueError):  # a module of the user's own may have another head, or none
        return False
    gap = (found - logits).abs().max() if found.shape == logits.shape else torch.inf
    return bool(gap <= TOLERANCE * (1 + logits.abs().max()))


def read_out(subject: Subject, state: State) -> Tensor:
    """Return the answers from a state's top layer, (rows, nv)."""
    top, net = _layers(state)[-1], entry(subject.config.model)
    with torch.no_grad():
        if net.norm and not net.norm_in_loop:  # else the state is normalised already
            top = subject.part(net.norm)(top)
        logits: Tensor = subject.part("h_o")(top)
    return logits


def go_on(
    subject: Subject, state: State, n: int, change: Operation | None = None, *, hold: bool = False
) -> Course:
    """Say n words from each row of a state: always the likeliest, which the model then reads.

    `change` applies to the state before the first word; with `hold`, before every word.
    """
    if change:
        state = change(state)
    begun = _layers(state).numpy().copy()
    logits, said = read_out(subject, state), list[Tensor]()
    probabilities = []
    for _ in range(n):
        said.append(finite(logits).argmax(-1, keepdim=True))  # (rows, 1)
        probabilities.append(logits.double().softmax(-1))
        logits, state = subject.answer(said[-1], state)
        if change and hold:
            state = change(state)
            logits = read_out(subject, state)
    return Course(begun, torch.cat(said, 1).numpy(), torch.stack(probabilities, 1).numpy())


def answers_on(subject: Subject, state: State, ids: Ids) -> NDArray[np.float64]:
    """Read some words from a state; return the answer before each, (n, nv)."""
    logits = [read_out(subject, state)]
    for index in ids[:-1].tolist():
        answer, state = subject.answer(torch.tensor([[index]]), state)
        logits.append(answer)
    return torch.cat(logits).double().softmax(-1).numpy()


def _layers(state: State) -> Tensor:
    """View a state's first tensor as (n_layers, rows, nh)."""
    shown = tensors(state)[0]
    return shown.view(-1, *shown.shape[-2:])


class Outcomes(NamedTuple):
    """What a model said after some prompts; numbers are the first ones said, (n,)."""

    own: Ids  # untouched
    other: Ids  # from the state that is put in; NO_NUMBER if units are set
    said: Ids  # after the change
    same: Holds  # all words are the same as untouched


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
"""When each claim holds for a prompt, from the most specific claim to the loosest."""


def drawn(subject: Subject, n: int = N_PROMPTS, seed: int = SEED) -> tuple[Ids, Ids]:
    """Draw prompts from train, and another to swap with each: the last number of each, (n,)."""
    train = numbers_of(subject.config).of("train")
    beside = [np.isin(train + step, train) for step in range(1 - GIVEN, 2)]
    whole = train[np.all(beside, axis=0)]
    chance = np.random.default_rng(seed)
    own = chance.choice(whole, n, replace=False)
    thousand = (whole + 1) // THOUSAND
    others = [chance.choice(whole[thousand != (each + 1) // THOUSAND]) for each in own]
    return own, np.array(others)


def after(subject: Subject, numbers: Ids) -> State:
    """Return the states after the prompts that end in these numbers, as rows of one state."""
    spell = spelling(subject)
    texts = [
        number_tokens(spell, range(last - GIVEN + 1, last + 1))[:-1] for last in numbers.tolist()
    ]
    parts = [tensors(read(subject, subject.vocab.numericalize(text))) for text in texts]
    rows = tuple(torch.cat(each, dim=-2) for each in zip(*parts, strict=True))
    return rows if len(rows) > 1 else rows[0]


class Spoken(NamedTuple):
    """What a model said from the rows of a state."""

    words: Ids  # (n, words)
    numbers: Ids  # (n,): the first ones


def spoken(
    subject: Subject,
    state: State,
    change: Operation | None = None,
    *,
    hold: bool = False,
    n: int = WORDS,
) -> Spoken:
    """Continue from each row of a state with n words, untouched or changed."""
    words = go_on(subject, state, n, change, hold=hold).ids
    return Spoken(words, _first_numbers(subject, words))


def outcomes(
    subject: Subject, state: State, change: Swap | Units, *, hold: bool = False
) -> Outcomes:
    """Continue from each row of a state, untouched and changed; a swap's state has as many rows."""
    other = spoken(subject, change.other).numbers if isinstance(change, Swap) else None
    return compared(spoken(subject, state), spoken(subject, state, change, hold=hold), other)


def compared(own: Spoken, said: Spoken, other: Ids | None = None) -> Outcomes:
    """Put what was said untouched and after a change beside each other."""
    theirs = np.full_like(own.numbers, NO_NUMBER) if other is None else other
    return Outcomes(own.numbers, theirs, said.numbers, (said.words == own.words).all(axis=1))


def tried(subject: Subject, change: Swap | Units, *, hold: bool = False) -> Mapping[str, int]:
    """Count the drawn prompts for which each claim holds.

    Of a swap the text is not used: each prompt gets the state drawn for it.
    """
    own, other = drawn(subject)
    if isinstance(change, Swap):
        change = replace(change, other=after(subject, other))
    found = outcomes(subject, after(subject, own), change, hold=hold)
    return {name: int(holds(found).sum()) for name, holds in CLAIMS.items()}


def _is(out: Outcomes, number: Ids) -> Holds:
    return (out.said != NO_NUMBER) & (out.said == number)


def _mixed(first: Ids, last: Ids) -> Ids:
    """Combine the thousand of some numbers with the rest of others."""
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


def longest_number(subject: Subject) -> int:
    """Return how many words the longest number has, with a comma on both sides."""
    return max(map(len, _named(subject.config.corpus))) + 2


@cache
def _named(corpus_id: str) -> Mapping[tuple[str, ...], int]:
    spell = corpus_spelling(corpus_id)
    return {tuple(spell(number)): number for number in range(1, LAST_NUMBER + 1)}
