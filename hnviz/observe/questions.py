"""The questions that a page can ask about a snapshot, by name; answers are plain values."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.data.stream import SPLITS
from hnviz.observe.attention import ask_attention
from hnviz.observe.cells import ask_cell
from hnviz.observe.counting import COMMA, LAST_NUMBER, Said, count_on, spelling
from hnviz.observe.counting_questions import COUNTING_QUESTIONS, MOST_GIVEN
from hnviz.observe.cursor import ask_cursor, ask_pair
from hnviz.observe.params import Params, only, whole
from hnviz.observe.pinned import ask_pinned
from hnviz.observe.reply import Reply
from hnviz.observe.state_questions import STATE_QUESTIONS
from hnviz.observe.subject import Subject
from hnviz.observe.time_questions import TIME_QUESTIONS
from hnviz.observe.units import UNIT_QUESTIONS
from hnviz.observe.windows import accuracy_by_position
from hnviz.observe.word_questions import WORD_QUESTIONS

MOST_SAID = 20  # numbers counted on


def ask_count_on(subject: Subject, params: Params) -> Reply:
    """Let the model count on from `number`, after reading the `given` last numbers up to it.

    arrays: "ids" and "probabilities" of all tokens said. meta: "given", the numbers read; "said",
    one entry for each of the `n` numbers that follow: "truth", a number; "words" and
    "probabilities", token by token, including the comma; and "right".
    """
    only(params, "number", "given", "n")
    n = whole(params, "n", 3, 1, MOST_SAID)
    given = whole(params, "given", 3, 1, MOST_GIVEN)
    number = whole(params, "number", None, 1, LAST_NUMBER - n)
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


def ask_accuracy_by_position(subject: Subject, params: Params) -> Reply:
    """Return the share of right answers at each position of a window, over the text's `split`.

    With `reset` (true; default false) every mini-batch starts from a state of zeros.
    arrays: "accuracy", float64 (bptt,). meta: "split", "reset"; "mean", over all positions.
    """
    only(params, "split", "reset")
    split, reset = params.get("split", "valid"), params.get("reset", False)
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}; got {split!r}")
    if not isinstance(reset, bool):
        raise ValueError(f"reset must be true or false; got {reset!r}")
    accuracy = accuracy_by_position(subject, subject.stream.ids(split), reset=reset)
    meta = {"split": split, "reset": reset, "mean": float(accuracy.mean())}
    return Reply({"accuracy": accuracy}, meta)


QUESTIONS: dict[str, Callable[[Subject, Params], Reply]] = {
    "accuracy_by_position": ask_accuracy_by_position,
    "attention": ask_attention,
    "cell": ask_cell,
    "count_on": ask_count_on,
    "cursor": ask_cursor,
    "pair": ask_pair,
    "pinned": ask_pinned,
    **STATE_QUESTIONS,
    **COUNTING_QUESTIONS,
    **TIME_QUESTIONS,
    **UNIT_QUESTIONS,
    **WORD_QUESTIONS,
}
"""Every question by name. Each raises ValueError, with a sentence, for invalid parameters."""


def _by_number(subject: Subject, said: Sequence[Said], n: int) -> list[list[Said]]:
    """Cut the words said after each comma, into n pieces; the last ones may be empty."""
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
