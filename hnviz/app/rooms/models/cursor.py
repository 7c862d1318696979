"""The Models page's code cursor, its proof that two models are one, and their files."""

import gzip
import json
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from hnviz.app.kit import cards
from hnviz.app.kit.choice import choice
from hnviz.app.kit.component import BrowserComponent, publish_for_now
from hnviz.app.kit.text import lead, page_theme, problem, section
from hnviz.app.rooms.models.weights import Weights
from hnviz.app.run.engine import observe
from hnviz.app.run.view import look_again
from hnviz.catalogue import PAIRS, entry, partner
from hnviz.data import human_numbers_stream
from hnviz.figures.cursor_text import (
    match_sentences,
    opening_step,
    pair_sentence,
    reading_line,
    row_names,
    step_sentences,
)
from hnviz.figures.diagrams import previous
from hnviz.figures.sentences import source_sentence
from hnviz.source import SHOWN_PATH, Source, class_source, new_lines

TICK = 1.0  # seconds between two looks at a run that trains
BATCHES = ("first", "second")

_CURSOR = BrowserComponent("rooms/models/cursor", min_height="38rem")
_PAIR = BrowserComponent("rooms/models/pair", min_height="40rem")


def code_cursor(model: str, weights: Weights) -> None:
    """Draw a model's forward beside what each of its lines makes; follows a run that trains."""
    _follow(weights, lambda now: _draw_cursor(model, now))


@st.fragment
def twins(model: str, weights: Weights) -> None:
    """Draw a model and its partner in step, if it has one."""
    other = partner(model)
    if other is None:
        return
    left, right = next(pair for pair in PAIRS if model in pair)
    if entry(left).stateful == entry(right).stateful:
        section(f"{left} and {right} are one network", "The same weights, the same tokens.")
        batch = 0
    else:
        section(f"{left} and {right}: one network until the second mini-batch")
        batch = _batch_choice()
    _follow(weights, lambda now: _draw_pair(model, now, batch))


def _batch_choice() -> int:
    return BATCHES.index(choice("Mini-batch", BATCHES, "models_batch"))


def _follow(weights: Weights, draw: Callable[[Weights], None]) -> None:
    """Draw, and again when a run that trains has a newer snapshot."""
    if not weights.live:
        draw(weights)
        return

    def tick() -> None:
        run = look_again(weights.run_id)
        if run is None:
            return
        if not run.is_live:
            st.rerun()
        draw(Weights(weights.run_id, run.record.snapshots[-1], live=True))

    st.fragment(tick, run_every=TICK)()


def _draw_cursor(model: str, weights: Weights) -> None:
    answer, trouble = observe(weights.run_id, weights.step, "cursor", {"batch": 0})
    if answer is None:
        problem(trouble)
        return
    meta, ids = answer.meta, answer.arrays["ids"]
    itos = human_numbers_stream().vocab.itos
    words = [[itos[index] for index in row] for row in ids.tolist()]
    sentences, first = step_sentences(meta), opening_step(meta)
    source = {**meta["source"], "new": new_forward_lines(model, meta["source"])}
    header = {
        "names": [model],
        "sources": [source],
        "roles": _part_roles(model),
        "tensors": meta["tensors"],
        "scales": meta["scales"],
        "steps": [
            {"lines": [step["line"]], "lasts": [step["last"]], "made": step["made"], "say": say}
            for step, say in zip(meta["steps"], sentences, strict=True)
        ],
        "rows": row_names(words),
        "words": words,
        "itos": list(itos),
        "first": first,
        "note": reading_line(meta, (len(ids), ids.shape[1]), previous(model)),
    }
    _CURSOR(
        "models_cursor",
        {
            "trace": publish_for_now(trace_file(header, answer.arrays["values"]), ".gz"),
            "alt": sentences[first].replace("**", ""),
        },
    )


def _draw_pair(model: str, weights: Weights, batch: int) -> None:
    answer, trouble = observe(weights.run_id, weights.step, "pair", {"batch": batch})
    if answer is None:
        problem(trouble)
        return
    meta = answer.meta
    sentence = pair_sentence(meta)
    lead(sentence)
    says = match_sentences(meta)
    header = {
        "names": meta["names"],
        "sources": meta["sources"],
        "roles": _part_roles(model),
        "tensors": meta["tensors"],
        "scales": meta["scales"],
        "steps": [{**each, "say": say} for each, say in zip(meta["matches"], says, strict=True)],
        "first": 0 if meta["begun"] else min(2, len(says) - 1),
    }
    _PAIR(
        "models_pair",
        {
            "trace": publish_for_now(trace_file(header, answer.arrays["values"]), ".gz"),
            "alt": sentence.replace("**", ""),
        },
    )


def new_forward_lines(model: str, source: Mapping[str, Any]) -> list[int]:
    """Return the lines of a forward, from 0, that the model before does not have."""
    try:
        whole, new = class_and_new_lines(model)
    except ValueError:
        return []  # a class from elsewhere: its forward may be read, but not what came before
    offset = source["first_line"] - whole.first_line
    return sorted(line - offset for line in new if 0 <= line - offset < len(source["lines"]))


def class_and_new_lines(model: str) -> tuple[Source, frozenset[int]]:
    """Return a model's class and its lines that the model before does not have.

    Raises ValueError for a class that does not stand in the file of models.
    """
    whole, old = class_source(model), None
    if (before := previous(model)) is not None:
        with suppress(ValueError):
            old = class_source(before)
    return whole, new_lines(whole, old)


def whole_class(model: str) -> None:
    """Show a model's class as it stands in its file; a sentence if it cannot be read."""
    try:
        source, new = class_and_new_lines(model)
    except ValueError as error:
        problem(str(error))
        return
    st.markdown(f":gray[{source_sentence(model, SHOWN_PATH)}]")
    st.html(cards.source_block(source, new, page_theme()))


def trace_file(header: Mapping[str, Any], values: NDArray[np.int8]) -> bytes:
    """Pack a trace for the browser: header length, JSON header, a byte a value; all as gzip.

    Streamlit would compress it for every request, and takes three times as long.
    """
    text = json.dumps(header).encode()
    content = struct.pack("<I", len(text)) + text + values.astype(np.int8).tobytes()
    return gzip.compress(content, compresslevel=1, mtime=0)


def _part_roles(model: str) -> dict[str, str]:
    return {part.name: part.role for part in entry(model).parts}
