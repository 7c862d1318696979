"""What a page can ask about a snapshot: the questions by name, answered in plain values."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.data import human_numbers_stream, number_words, tokenize
from hnviz.data.stream import SPLITS
from hnviz.observe.cells import ask_cell
from hnviz.observe.counting import COMMA, LAST_NUMBER, Said, count_on
from hnviz.observe.counting_questions import COUNTING_QUESTIONS, MOST_GIVEN
from hnviz.observe.cursor import ask_cursor, ask_pair
from hnviz.observe.params import Params, numbered, only, whole
from hnviz.observe.passes import read_text
from hnviz.observe.reply import Reply
from hnviz.observe.state_questions import STATE_QUESTIONS
from hnviz.observe.subject import Subject
from hnviz.observe.time_questions import TIME_QUESTIONS
from hnviz.observe.units import UNIT_QUESTIONS
from hnviz.observe.windows import accuracy_by_position
from hnviz.observe.word_questions import WORD_QUESTIONS

MAX_TOKENS = 2000  # of one stretch
MOST_SAID = 20  # numbers counted on


def ask_states(subject: Subject, params: Params) -> Reply:
    """Tell the hidden state after each token of `text`, or of `ids`.

    arrays: "states", float32 (n_layers, n_tokens, nh), and "ids". meta: "tokens"; "unknown", the
    words that are not in the vocab, read as xxunk; "window", the tokens after which the state
    starts again from zeros, or None.
    """
    only(params, "ids", "text")
    if ("ids" in params) == ("text" in params):
        raise ValueError("states needs either ids or text, one of them")
    ids, unknown = _worded(subject, params) if "text" in params else (numbered(subject, params), [])
    if not 1 <= len(ids) <= MAX_TOKENS:
        raise ValueError(f"states reads from 1 to {MAX_TOKENS:,} tokens; got {len(ids):,}")
    tokens = [subject.vocab.itos[index] for index in ids.tolist()]
    return Reply(
        {"states": read_text(subject, ids).states, "ids": ids},
        {"tokens": tokens, "unknown": unknown, "window": subject.window},
    )


def ask_count_on(subject: Subject, params: Params) -> Reply:
    """Let the model count on from `number`, having read the `given` last numbers up to it.

    arrays: "ids" and "probabilities" of all tokens said. meta: "given", the numbers read; "said",
    one entry for each of the `n` numbers that follow: "truth", a number; "words" and
    "probabilities", token by token, the comma with them; and "right".
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
    """Tell the share of right answers at each position of a window, over human numbers' `split`.

    With `reset` (true, or else false) every mini-batch begins with a state of zeros.
    arrays: "accuracy", float64 (bptt,). meta: "split", "reset"; "mean", over all positions.
    """
    only(params, "split", "reset")
    split, reset = params.get("split", "valid"), params.get("reset", False)
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}; got {split!r}")
    if not isinstance(reset, bool):
        raise ValueError(f"reset must be true or false; got {reset!r}")
    accuracy = accuracy_by_position(subject, human_numbers_stream().ids(split), reset=reset)
    meta = {"split": split, "reset": reset, "mean": float(accuracy.mean())}
    return Reply({"accuracy": accuracy}, meta)


QUESTIONS: dict[str, Callable[[Subject, Params], Reply]] = {
    "accuracy_by_position": ask_accuracy_by_position,
    "cell": ask_cell,
    "states": ask_states,
    "count_on": ask_count_on,
    "cursor": ask_cursor,
    "pair": ask_pair,
    **STATE_QUESTIONS,
    **COUNTING_QUESTIONS,
    **TIME_QUESTIONS,
    **UNIT_QUESTIONS,
    **WORD_QUESTIONS,
}
"""Every question by name. Each raises ValueError, with a sentence, for params it cannot use."""


def _worded(subject: Subject, params: Params) -> tuple[NDArray[np.int64], list[str]]:
    """Number the tokens of a text; it stands inside the stream, so no xxbos goes before it."""
    if not isinstance(params["text"], str):
        raise ValueError(f"text must be a text; got {params['text']!r}")
    tokens = tokenize(params["text"])[1:]
    unknown = [token for token in dict.fromkeys(tokens) if token not in subject.vocab.stoi]
    return subject.vocab.numericalize(tokens), unknown


def _by_number(subject: Subject, said: Sequence[Said], n: int) -> list[list[Said]]:
    """Cut what was said after each comma, into n pieces; the last ones may be empty."""
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
        "right": words == [*number_words(truth).split(), COMMA],
    }
