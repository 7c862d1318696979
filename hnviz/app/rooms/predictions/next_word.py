"""The Predictions page's first view: what follows each word, and what the network says itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from hnviz.app.kit.text import lead, problem, section
from hnviz.app.rooms.predictions import prompt
from hnviz.app.rooms.predictions.answers import Answers, Cell, show_answers
from hnviz.app.run.engine import observe
from hnviz.app.run.text import Standing
from hnviz.app.shell.address import address_problem
from hnviz.data import continuation, human_numbers_stream
from hnviz.engine.client import Answer
from hnviz.figures.answers import Bar, likeliest
from hnviz.figures.sentences import when
from hnviz.figures.word_text import (
    Prompt,
    first_wrong,
    said_position,
    said_sentence,
)

MOST_SAID = 200
HOTTEST = 10.0
LAST_SEED = 2**31 - 1
HELP = {
    "temperature": "0 says the likeliest word each time; 1 draws by the network's own "
    "probabilities; above 1 the unlikely words come more often.",
    "top_k": "The draw is among the k likeliest words; their probabilities are made to sum to 1.",
    "seed": "The same settings and the same seed draw the same words.",
    "n": "How many tokens it says, each read before the next.",
}

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Going:
    """How the network goes on by itself."""

    temperature: float
    top_k: int
    seed: int
    n: int


def next_word(run: Standing) -> None:
    """Draw the prompt with its surprise, and the words that the network says after it."""
    sentence = st.empty()
    given, step = prompt.opening(run)
    reading, saying = st.container(), st.container()
    with saying:
        section("How it goes on by itself")
        going = _going_box()
    if given is None or step is None:
        return
    ids = human_numbers_stream().vocab.numericalize(given.tokens).tolist()
    asked = {
        "ids": ids,
        "n": going.n,
        "temperature": going.temperature,
        "top_k": going.top_k,
        "seed": going.seed,
    }
    answer, trouble = observe(run.record.id, step, "next_word", asked)
    if answer is None:
        problem(trouble)
        return
    text = Prompt(
        network=f"{run.record.config.model} {when(step, 'before any training')}",
        words=given.tokens,
        ids=ids,
        surprise=answer.arrays["surprise"],
        probabilities=answer.arrays["probabilities"],
        itos=human_numbers_stream().vocab.itos,
    )
    with sentence:
        lead(text.sentence)
    with reading:
        _reading(text, answer)
    with saying:
        _saying(text, answer)


def _reading(text: Prompt, answer: Answer) -> None:
    """Draw the prompt: its words' surprise, and the answer after each."""
    section("What it expects after each word")
    if window := answer.meta["window"]:
        model = text.network.split()[0]
        st.markdown(
            f":gray[{model} carries no state: each answer reads the last {window} tokens alone.]"
        )
    bits = [None, *text.surprise.tolist()]
    notes = [{index: "came"} for index in text.ids[1:]]
    show_answers(
        Answers(
            key="predictions_reading",
            param="at",
            alt=text.sentence,
            cells=[Cell(word=word, bits=bit) for word, bit in zip(text.words, bits, strict=True)],
            bars=_bars(text.probabilities[: len(text.ids)], text.itos, [*notes, {}]),
            says=[text.position(at) for at in range(len(text.words))],
            start=text.worst,
            full=log2(len(text.itos)),
            target=True,
        )
    )


def _saying(text: Prompt, answer: Answer) -> None:
    """Draw what was said by itself under the true continuation."""
    said = [text.itos[index] for index in answer.arrays["said"].tolist()]
    truth, no_truth = _truth(text.words, len(said))
    sentence = said_sentence(said, truth, no_truth)
    st.markdown(sentence)
    answers = text.probabilities[len(text.ids) - 1 :]
    wrong = first_wrong(said, truth)
    true = [*truth, *[None] * (len(said) - len(truth))]
    stoi = human_numbers_stream().vocab.stoi
    cells, notes, says = [], [], []
    for at, (word, index) in enumerate(zip(said, answer.arrays["said"].tolist(), strict=True)):
        late = wrong is not None and at > wrong
        cells.append(
            Cell(
                word=word,
                above=(true[at] or "") if truth else None,
                share=float(answers[at, index]),
                mark="wrong" if at == wrong else "late" if late else "",
            )
        )
        wanted = None if late else true[at]
        note = {index: "said"}
        if wanted is not None:
            note[stoi[wanted]] = "said, true" if wanted == word else "true"
        notes.append(note)
        drawn = (float(answer.arrays["drawn"][at]), index)
        says.append(said_position(word, answers[at], drawn, wanted))
    show_answers(
        Answers(
            key="predictions_saying",
            param="said",
            alt=sentence,
            cells=cells,
            bars=_bars(answers, text.itos, notes),
            says=says,
            start=wrong or 0,
            lines=("above: the true text", "below: what it says") if truth else (),
        )
    )


def _bars(answers: Floats, itos: Sequence[str], notes: Sequence[dict[int, str]]) -> list[list[Bar]]:
    return [likeliest([answer], itos, note) for answer, note in zip(answers, notes, strict=True)]


def _truth(words: Sequence[str], n: int) -> tuple[list[str], str]:
    """Return how the text truly goes on, or no words and the sentence that says why."""
    try:
        return continuation(words, n), ""
    except ValueError as error:
        return [], str(error)


def _going_box() -> Going:
    """Draw what decides the words said."""
    nv = len(human_numbers_stream().vocab)
    with st.container(horizontal=True, gap="small"):
        return Going(
            temperature=float(_number_box("Temperature", "temperature", 0.0, (0, HOTTEST))),
            top_k=int(_number_box("Top k", "top_k", nv, (1, nv))),
            seed=int(_number_box("Seed", "seed", 0, (0, LAST_SEED))),
            n=int(_number_box("Tokens to say", "n", 40, (1, MOST_SAID))),
        )


def _number_box(label: str, name: str, default: float, ends: tuple[float, float]) -> float:
    """Draw one number; outside of its ends the default stands in, with a sentence beside it."""
    key, is_whole = f"predictions_{name}", isinstance(default, int)
    low, high = ends
    with st.container(width=165):
        lost = address_problem(key, "whole number" if is_whole else "number")
        value = st.number_input(
            label,
            value=default,
            step=1 if is_whole else 0.1,
            key=key,
            bind="query-params",
            help=HELP[name],
        )
        if not low <= value <= high:
            got = f"{value:,g}" if abs(value) < 1e9 else f"{value:.0e}"
            problem(f"{label}: from {low:g} to {high:,.0f}; got {got}. {default:g} is taken.")
            return default
        problem(lost)
        return value
