"""The questions behind the counting map and the pictures of what is inside an accuracy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.data import KINDS, numbers_of
from hnviz.data.stream import SPLITS
from hnviz.observe.counting import (
    COMMA,
    FIRST_NUMBER,
    LAST_NUMBER,
    count_on,
    counting_accuracy,
    number_tokens,
    prompt_of,
    spelling,
)
from hnviz.observe.params import Params, one_of, only, whole
from hnviz.observe.reply import Reply
from hnviz.observe.subject import Subject
from hnviz.observe.worst import worst_places

MOST_GIVEN = 5  # numbers in a prompt
BEST = 4  # likeliest words in an answer
MOST_PLACES = 50


def ask_counting_accuracy(subject: Subject, params: Params) -> Reply:
    """Return which numbers the model says on its own after the `given` before.

    arrays: "number", from 2 to 9999, "right", "first_wrong" and "alone", as in `Counted`. meta:
    "given"; "train" and "valid", the share of each split's numbers that it says right.
    """
    only(params, "given")
    given = whole(params, "given", 3, 1, MOST_GIVEN)
    numbers = numbers_of(subject.config)
    counted = counting_accuracy(subject, given)
    shares = {
        split: counted.right[np.isin(counted.number, numbers.of(split))].mean() for split in SPLITS
    }
    arrays: dict[str, NDArray[Any]] = counted._asdict()
    return Reply(arrays, {"given": given, **{name: float(each) for name, each in shares.items()}})


def ask_counted_number(subject: Subject, params: Params) -> Reply:
    """Return what the model says for one `number` after the `given` before it.

    meta: "given", the numbers read; "truth" and "said", each a list of [word, probability] up to
    the comma ("truth" after the true words, "said" after the words said); "right"; "asked", the
    place of the first wrong word, or of the least likely one if none is wrong; "best", the four
    likeliest words there.
    """
    only(params, "number", "given")
    given = whole(params, "given", 3, 1, MOST_GIVEN)
    number = whole(params, "number", None, FIRST_NUMBER, LAST_NUMBER)
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
        "right": not wrong.any(),
        "asked": asked,
        "best": [(itos[index], float(shares[asked, index])) for index in best],
    }
    return Reply({}, meta | {"right": bool(meta["right"])})


def _after_true_words(subject: Subject, prompt: list[str], words: list[str]) -> NDArray[Any]:
    """Return the probabilities of all words at each place of a number, (len(words), nv)."""
    ids, found = subject.vocab.numericalize([*prompt, *words]), []
    for end in range(len(prompt), len(ids)):
        first = max(0, end - subject.window) if subject.window else 0
        logits, _ = subject.answer(torch.from_numpy(ids[None, first:end]))
        found.append(logits[0].softmax(-1).numpy())
    return np.stack(found)


def ask_worst_places(subject: Subject, params: Params) -> Reply:
    """Return where the words of one `kind` cost most loss in one pass over `split`, from zeros.

    meta: "n" and "right", how many words of that kind there are and how many were right;
    "places", the `top` worst, each with "position" in the text, "before", "after", "truth",
    "said", "p_truth", "p_said" and "loss"; "mixed", the most frequent mistakes as
    [truth, said, times].
    """
    only(params, "split", "kind", "top")
    split = one_of(params, "split", SPLITS, "valid")
    kind = one_of(params, "kind", KINDS, "ones")
    return Reply({}, worst_places(subject, split, kind, whole(params, "top", 8, 1, MOST_PLACES)))


COUNTING_QUESTIONS: dict[str, Callable[[Subject, Params], Reply]] = {
    "counted_number": ask_counted_number,
    "counting_accuracy": ask_counting_accuracy,
    "worst_places": ask_worst_places,
}
