"""What each answer looks back at: the marked row first, then the map, in one live picture."""

import base64
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from hnviz.app.kit.asking import Wanted
from hnviz.app.kit.component import BrowserComponent
from hnviz.app.kit.phrase import Phrase, read_phrase
from hnviz.app.kit.text import escape, problem
from hnviz.app.run.engine import expect, observe, store
from hnviz.app.run.text import Standing
from hnviz.app.run.view import look_again
from hnviz.app.shell import session as state
from hnviz.catalogue import CATALOGUE, entry
from hnviz.data import human_numbers_stream
from hnviz.engine.client import Answer
from hnviz.figures.sentences import when

KEY = "time_lookback"
PHRASE = "time_phrase"
ROW = "row"  # of the marked answer in the address
LONGEST = 44  # words that can be written at a map's sides
DEFAULT_PHRASE = "4311 to 4314"
COMPARED = {"Model5": 3, "Model4": 1, "Model3": 2}  # shipped runs beside the one in view: style
UNTRAINED = 4  # its style

_component = BrowserComponent(
    "rooms/through_time/look_back", states=("wants", ROW), min_height="600px"
)


def phrase_box() -> Phrase | None:
    """Draw the box for the words; return them, or None with a sentence beside it."""
    text = st.text_input(
        "Words, or a range of numbers",
        DEFAULT_PHRASE,
        max_chars=2000,
        key=PHRASE,
        bind="query-params",
    )
    try:
        phrase = read_phrase(text or "", human_numbers_stream().vocab)
    except ValueError as error:
        problem(str(error))
        return None
    tokens = phrase.tokens[:LONGEST]
    remark = phrase.remark
    if len(phrase.tokens) > LONGEST:
        remark = f"The map has room for {LONGEST} words: the first {LONGEST} are shown."
    if remark:
        st.markdown(f":gray[:small[{escape(remark)}]]")
    return Phrase(tokens, remark)


class _Asked(NamedTuple):
    """What the browser's mark and the words ask for."""

    picture: str
    start: int  # the marked answer
    whole: bool  # the browser has painted the marked row and wants the map
    params: dict[str, Any]

    @classmethod
    def of(cls, run_id: str, step: int, words: tuple[str, ...]) -> "_Asked":
        mounted: Any = state.get(KEY) or {}
        picture = json.dumps([run_id, step, words])
        whole = mounted.get("wants") == picture
        start = _start(mounted.get(ROW), len(words))
        ids = human_numbers_stream().vocab.numericalize(words).tolist()
        return cls(picture, start, whole, {"ids": ids} if whole else {"ids": ids, "row": start})


def foresee(run_id: str, step: int) -> None:
    """Let the observer begin with what `look_back` will ask, before its words are drawn."""
    try:
        phrase = read_phrase(state.get(PHRASE) or DEFAULT_PHRASE, human_numbers_stream().vocab)
    except ValueError:
        return
    if words := phrase.tokens[:LONGEST]:
        expect(run_id, step, "look_back", _Asked.of(run_id, step, words).params)


def marked_row(run_id: str, step: int, words: tuple[str, ...]) -> Wanted:
    """Return the question that `look_back` will ask first of another snapshot."""
    asked = _Asked.of(run_id, step, words)
    row = (("ids", tuple(asked.params["ids"])), ("row", asked.start))
    return Wanted(run_id, step, "look_back", row)


@st.fragment
def look_back(run_id: str, step: int, words: tuple[str, ...]) -> None:
    """Draw the map of a snapshot; the browser asks for all of it once the marked row is painted."""
    run = look_again(run_id)
    if run is None:
        return
    picture, start, whole, params = _Asked.of(run_id, step, words)
    answer, trouble = observe(run_id, step, "look_back", params)
    if answer is None:
        problem(trouble)
        return
    model = run.record.config.model
    lines = [line(f"{model} {when(step)}", 0, answer, whole=whole)]
    if whole:
        lines += _others(run, step, params["ids"])
    window = None if entry(model).stateful else run.record.config.bptt
    _component(
        KEY,
        {
            "picture": picture,
            "words": words,
            # Constant once the map is there: the mark is the browser's, and may have moved on.
            "start": -1 if whole else start,
            "window": window,
            "lines": lines,
        },
    )


def line(name: str, style: int, answer: Answer, *, whole: bool = True) -> dict[str, Any]:
    """Pack one model's answers for the browser: one row up to its own word, or all rows."""
    norms, rows = answer.arrays["norms"], answer.meta["rows"]
    values = norms[np.tril_indices(len(rows))] if whole else norms[0, : rows[0] + 1]
    return {
        "name": name,
        "style": style,
        "answers": answer.meta["answers"],
        "row": None if whole else rows[0],
        "values": _packed(values),
    }


def _packed(values: NDArray[np.floating]) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def _others(run: Standing, step: int, ids: Sequence[int]) -> list[dict[str, Any]]:
    """The same words read by the shipped relu, tanh and GRU, and by the run before training."""
    known, record = store().ids(), run.record
    asked: list[tuple[str, int, str, int | str]] = []
    for name, style in COMPARED.items():
        is_shown = record.id == name and step == record.snapshots[-1]
        if name in known and not is_shown:
            net = CATALOGUE[name]
            kind = "GRU" if net.gates else net.nonlinearity
            trained = " trained" if record.id == name else ""  # beside its own other snapshot
            asked.append((f"{name}{trained}, {kind}", style, name, "last"))
    first = record.snapshots[0]
    if first == 0 and step != 0:
        asked.append((f"{record.config.model} untrained", UNTRAINED, record.id, first))
    found = []
    for name, style, run_id, at in asked:
        answer, _ = observe(run_id, at, "look_back", {"ids": list(ids)})
        if answer is not None:
            found.append(line(name, style, answer))
    return found


def _start(marked: object, n: int) -> int:
    """Return the marked answer: the browser's, the address's, or the last one."""
    asked = st.query_params.get(ROW, "") if marked is None else str(marked)
    if asked.isdecimal() and len(asked) < 9 and int(asked) < n:
        return int(asked)
    return n - 1
