"""Counting on: what a model says after a few numbers, and how often it is right."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hnviz.data import CorpusError, Vocab, corpus, numbers_of
from hnviz.data.numbers import VALID_NUMBERS
from hnviz.data.stream import SPLITS
from hnviz.learn.state import State, mapped
from hnviz.observe.progress import reported
from hnviz.observe.question import Ids, Range, question
from hnviz.observe.subject import Subject
from hnviz.questions.params import Of
from hnviz.questions.view import Reply

COMMA = ","
FIRST_NUMBER = 2  # the first with a number before it
LAST_NUMBER = VALID_NUMBERS[-1]
SPARE = 5  # tokens by which a number may exceed the longest true one and its comma
ROWS = 512  # texts read at once, and
STEPS = 8  # tokens of each; more would not fit in the processor's cache

MOST_SAID = 20  # numbers to say
MOST_GIVEN = 5  # numbers in a prompt
BEST = 4  # likeliest words to return

BEFORE_LAST: Any = Of("9,999 less n", lambda asked: LAST_NUMBER - asked.values["n"])

Given = Annotated[int, Range(1, MOST_GIVEN)]

Spell = Callable[[int], tuple[str, ...]]


class Said(NamedTuple):
    """One token that a model said: the likeliest, and its probability."""

    id: int
    probability: float


class Counted(NamedTuple):
    """Which numbers a model says on its own after the previous ones; arrays of equal length."""

    number: Ids  # the number to say
    right: NDArray[np.bool_]  # it said all words, then a comma
    first_wrong: NDArray[np.int8]  # place of the first wrong word; -1 if there is none
    alone: NDArray[np.bool_]  # only one word is wrong: all later ones are right


class Texts(NamedTuple):
    """Prompts and numbers, one per row."""

    number: Ids  # (n,)
    ids: Ids  # (n, longest): a prompt, its number, a comma, then zeros, which affect no answer
    begin: Ids  # (n,): place of the number's first word
    end: Ids  # (n,): place after its comma


@question()
def ask_count_on(
    subject: Subject,
    n: Annotated[int, Range(1, MOST_SAID)] = 3,
    given: Given = 3,
    *,
    number: Annotated[int, Range(1, BEFORE_LAST)],
) -> Reply:
    """Let the model count on from `number`, after it has read the last `given` numbers.

    arrays: "ids" and "probabilities" of all tokens said. meta: "given", the numbers read; "said",
    one entry for each of the `n` numbers that follow: "truth", a number; "words" and
    "probabilities", token by token, including the comma; and "right".
    """
    prompt = list(range(max(1, number - given + 1), number + 1))
    said = count_on(subject, prompt, n)
    arrays: dict[str, NDArray[Any]] = {
        "ids": np.array([each.id for each in said], dtype=np.int64),
        "probabilities": np.array([each.probability for each in said], dtype=np.float32),
    }
    entries = [
        _said(subject, number + 1 + place, tokens)
        for place, tokens in enumerate(_by_number(subject, said, n))
    ]
    return Reply(arrays, {"given": prompt, "said": entries})


@question(slow=True)
def ask_counting_accuracy(subject: Subject, given: Given = 3) -> Reply:
    """Return which numbers the model says on its own after the `given` numbers before them.

    arrays: "number", from 2 to 9999, "right", "first_wrong" and "alone", as in `Counted`. meta:
    "given"; "train" and "valid", the share of each split's numbers that it says right.
    """
    numbers = numbers_of(subject.config)
    counted = counting_accuracy(subject, given)
    shares = {
        split: counted.right[np.isin(counted.number, numbers.of(split))].mean() for split in SPLITS
    }
    arrays: dict[str, NDArray[Any]] = counted._asdict()
    return Reply(arrays, {"given": given, **{name: float(each) for name, each in shares.items()}})


@question()
def ask_counted_number(
    subject: Subject,
    number: Annotated[int, Range(FIRST_NUMBER, LAST_NUMBER)],
    given: Given = 3,
) -> Reply:
    """Return what the model says for one `number` after the `given` numbers before it.

    meta: "given", the numbers read; "truth" and "said", each a list of [word, probability] up to
    the comma ("truth" after the true words, "said" after the words said); "right"; "asked", the
    place of the first wrong word, or of the least likely one if none is wrong; "best", the four
    likeliest words there.
    """
    prompt = list(prompt_of(number, given))
    itos, said = subject.vocab.itos, count_on(subject, prompt, 1)
    spell = spelling(subject)
    words = [*spell(number), COMMA]
    shares = _after_true_words(subject, number_tokens(spell, prompt), words)  # (len(words), nv)
    probabilities = shares[np.arange(len(words)), subject.vocab.numericalize(words)]
    wrong = shares.argmax(axis=1) != subject.vocab.numericalize(words)
    asked = int(wrong.argmax() if wrong.any() else probabilities.argmin())
    best = np.argsort(-shares[asked], kind="stable")[:BEST]
    meta = {
        "given": prompt,
        "truth": list(zip(words, probabilities.tolist(), strict=True)),
        "said": [(itos[each.id], each.probability) for each in said],
        "right": not bool(wrong.any()),
        "asked": asked,
        "best": [(itos[index], float(shares[asked, index])) for index in best],
    }
    return Reply({}, meta)


def _after_true_words(subject: Subject, prompt: list[str], words: list[str]) -> NDArray[Any]:
    """Return the probabilities of all words at each place of a number, (len(words), nv)."""
    ids, found = subject.vocab.numericalize([*prompt, *words]), []
    for end in range(len(prompt), len(ids)):
        first = max(0, end - subject.window) if subject.window else 0
        logits, _ = subject.answer(torch.from_numpy(ids[None, first:end]))
        found.append(logits[0].softmax(-1).numpy())
    return np.stack(found)


def spelling(subject: Subject) -> Spell:
    """Return how the subject's text writes a number. Raises CorpusError if it has none."""
    return corpus_spelling(subject.config.corpus)


def corpus_spelling(corpus_id: str) -> Spell:
    """Return how a corpus writes a number. Raises CorpusError if it has none."""
    read = corpus(corpus_id)
    if read.spell is None:
        raise CorpusError(f"{read.title} does not list numbers, so nothing can count on")
    return read.spell


def number_tokens(spell: Spell, numbers: Sequence[int]) -> list[str]:
    """Write numbers with a comma after each."""
    return [token for number in numbers for token in (*spell(number), COMMA)]


@cache
def longest_number(corpus_id: str) -> int:
    """Return how many tokens count_on lets a model say for one number at most."""
    spell = corpus_spelling(corpus_id)
    return SPARE + 1 + max(len(spell(number)) for number in range(1, LAST_NUMBER + 1))


def count_on(subject: Subject, numbers: Sequence[int], n: int) -> list[Said]:
    """Let the model say the likeliest token again and again, until it has said n commas.

    The prompt is `numbers`, with a comma after each, read from a state of zeros. A model that
    keeps no state reads the last bptt tokens before each answer. A model that omits its commas
    stops after n times `longest_number`.
    """
    longest = longest_number(subject.config.corpus) * n
    comma, said = subject.vocab.stoi[COMMA], list[Said]()
    text = subject.vocab.numericalize(number_tokens(spelling(subject), numbers)).tolist()
    unread, state = text, None
    while sum(each.id == comma for each in said) < n and len(said) < longest:
        if subject.window:
            unread, state = text[-subject.window :], None
        logits, state = subject.answer(torch.tensor([unread]), state)
        probability, index = logits[0].softmax(-1).max(-1)
        said.append(Said(int(index), float(probability)))
        unread = [said[-1].id]
        text = text + unread
    return said


def prompt_of(number: int, given: int) -> range:
    """Return the `given` numbers before a number, or as many as exist; 1 has none."""
    return range(max(1, number - given), number)


def counting_accuracy(subject: Subject, given: int = 3) -> Counted:
    """Test for each number from 2 to 9999 whether the model says it after the `given` before.

    The prompt is the previous numbers, whether or not a text has them: 8000, in neither of the
    notebook's texts, is treated like any other. The first numbers have fewer before them. A model
    says a number right exactly up to the first token that is not its likeliest after the true
    ones. So it is enough to read the true tokens once; the model need not speak.
    """
    texts = _texts(subject.config.corpus, subject.vocab, given)
    if not (subject.model.stateful and subject.model.predicts == "every"):
        return _counted(texts, lambda some, rows: _said_by_windows(subject, some))
    parts = []
    groups = list(_of_one_length(texts.begin))
    for rows in reported(groups, "numbers", [len(rows) for rows in groups]):
        some = Texts(*(each[rows] for each in texts))
        prompts = _Prompts(subject, some.ids[:, : some.begin[0]])
        parts.append(_counted(some, prompts.said))
    together = [np.concatenate(each) for each in zip(*parts, strict=True)]
    order = together[0].argsort()
    return Counted(*(each[order] for each in together))


Read = Callable[[Texts, Ids], Ids]
"""Takes texts and their row numbers; returns the likeliest token at each place of a number, in the
shape of ids[:, 1:]. All other places keep their own tokens.
"""


def _counted(texts: Texts, read: Read) -> Counted:
    said = read(texts, np.arange(len(texts.number)))
    wrong = said != texts.ids[:, 1:]
    right = np.logical_not(wrong.any(axis=1))
    at = wrong.argmax(axis=1)
    alone = np.zeros_like(right)
    rows = np.flatnonzero(~right)
    if len(rows):
        # After the wrong word, is each later word the likeliest?
        ids = texts.ids[rows]
        ids[np.arange(len(rows)), at[rows] + 1] = said[rows, at[rows]]
        told = Texts(texts.number[rows], ids, texts.begin[rows], texts.end[rows])
        alone[rows] = (read(told, rows) == ids[:, 1:]).all(axis=1)
    first_wrong = np.where(right, -1, at + 1 - texts.begin).astype(np.int8)
    return Counted(texts.number, right, first_wrong, alone)


@lru_cache(maxsize=5)
def _texts(corpus_id: str, vocab: Vocab, given: int) -> Texts:
    """Write all prompts and numbers, as slices of one text of all numbers."""
    spell = corpus_spelling(corpus_id)
    pieces = [vocab.numericalize(number_tokens(spell, [n])) for n in range(1, LAST_NUMBER + 1)]
    starts = np.cumsum([0, 0, *map(len, pieces)])  # number n begins at starts[n]
    number = np.arange(FIRST_NUMBER, LAST_NUMBER + 1)
    first = starts[np.maximum(1, number - given)]
    begin, end = starts[number] - first, starts[number + 1] - first
    place = np.arange(end.max())
    text = np.concatenate([*pieces, np.zeros(len(place), dtype=np.int64)])
    ids = np.where(place < end[:, None], text[first[:, None] + place], 0)
    return Texts(number, ids, begin, end)


class _Prompts:
    """Prompts of one length, read once; their numbers are then read from the resulting states."""

    def __init__(self, subject: Subject, ids: Ids) -> None:
        """Read prompts, (rows, steps), from zeros; equal beginnings are read once."""
        self._model = subject.model
        state, alike = subject.model.init_state(1), np.zeros(len(ids), dtype=np.int64)
        for start in range(0, ids.shape[1], STEPS):
            part = ids[:, start : start + STEPS]
            keys = np.column_stack([alike, part])
            _, first, now = np.unique(keys, axis=0, return_index=True, return_inverse=True)
            logits, state = self._read(part[first], _rows(state, alike[first]))
            alike = now.ravel()
        self._state = _rows(state, alike)
        self._first: Ids = logits[:, -1].argmax(-1).numpy()[alike]  # after the prompt

    def said(self, texts: Texts, rows: Ids) -> Ids:
        """Answer the positions of each number; see `Read`.

        A number is read up to its first wrong answer: later ones are not needed.
        """
        begin, state = texts.begin[0], _rows(self._state, rows)
        said, asked = texts.ids[:, 1:].copy(), _answered(texts)
        said[:, begin - 1] = self._first[rows]
        reading = np.arange(len(rows))
        for start in range(begin, texts.end.max() - 1, STEPS):
            right = (said[reading] == texts.ids[reading, 1:]).all(axis=1)
            on = np.flatnonzero(right & (start < texts.end[reading] - 1))
            reading, state = reading[on], _rows(state, on)
            if not len(reading):
                break
            part = np.s_[reading, start : start + STEPS]
            logits, state = self._read(texts.ids[:, :-1][part], state)
            said[part] = np.where(asked[part], logits.argmax(-1).numpy(), said[part])
        return said

    def _read(self, ids: Ids, state: State) -> tuple[Tensor, State]:
        with torch.inference_mode():
            logits, state = self._model(torch.from_numpy(ids), state)
        return logits, state


def _rows(state: State, rows: Ids) -> State:
    chosen = torch.from_numpy(rows)
    return mapped(state, lambda tensor: tensor[..., chosen, :])


def _of_one_length(lengths: Ids) -> Iterator[Ids]:
    """Group rows by length, at most ROWS in a group."""
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        yield from (rows[piece] for piece in _pieces(len(rows)))


def _said_by_windows(subject: Subject, texts: Texts) -> Ids:
    """Answer each position from its own window."""
    ids, said = texts.ids, texts.ids[:, 1:].copy()
    rows, ends = np.nonzero(_answered(texts))
    lengths = np.minimum(ends + 1, subject.window or ids.shape[1])
    for length in np.unique(lengths):
        chosen = np.flatnonzero(lengths == length)
        row, end = rows[chosen], ends[chosen]
        windows = ids[row[:, None], end[:, None] + np.arange(1 - length, 1)]  # (n, length)
        pieces = list(_pieces(len(windows)))
        answers = [
            subject.answer(torch.from_numpy(windows[piece]))[0].argmax(-1).numpy()
            for piece in reported(pieces, "answers", [each.stop - each.start for each in pieces])
        ]
        said[row, end] = np.concatenate(answers)
    return said


def _answered(texts: Texts) -> NDArray[np.bool_]:
    """Mark where the next token is a word of the number, or its comma."""
    place = np.arange(1, texts.ids.shape[1])  # of the token to predict
    return (place >= texts.begin[:, None]) & (place < texts.end[:, None])


def _pieces(n_rows: int) -> Iterator[slice]:
    return (slice(start, min(start + ROWS, n_rows)) for start in range(0, n_rows, ROWS))


def _by_number(subject: Subject, said: Sequence[Said], n: int) -> list[list[Said]]:
    """Cut the words said after each comma into n pieces; the last ones may be empty."""
    pieces: list[list[Said]] = [[]]
    for each in said:
        pieces[-1].append(each)
        if each.id == subject.vocab.stoi[COMMA]:
            pieces.append([])
    return (pieces + [[]] * n)[:n]


def _said(subject: Subject, truth: int, tokens: Sequence[Said]) -> dict[str, Any]:
    words = [subject.vocab.itos[each.id] for each in tokens]
    return {
        "truth": truth,
        "words": words,
        "probabilities": [each.probability for each in tokens],
        "right": words == [*spelling(subject)(truth), COMMA],
    }
