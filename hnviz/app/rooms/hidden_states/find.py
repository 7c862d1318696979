"""Find it elsewhere: choose tokens, and see where the units that are on there are on as well."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from hnviz.app.kit import cards
from hnviz.app.kit.seen import when_seen
from hnviz.app.kit.text import page_theme, problem, section
from hnviz.app.rooms.hidden_states.states import Shown
from hnviz.app.run.engine import observe
from hnviz.app.run.settled import note, settled
from hnviz.app.run.text import Standing
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem
from hnviz.catalogue import entry
from hnviz.data import human_numbers_stream
from hnviz.data.places import split_places
from hnviz.data.stream import SPLITS
from hnviz.engine.client import Answer
from hnviz.figures import code_text
from hnviz.figures.code_text import Found
from hnviz.figures.found import Place, found_places
from hnviz.figures.query import NARROW, WIDE, Queried, query_lines

CONTEXT = 5  # words at each side of a place
START, LENGTH = 20, 2  # of the range at first: some numbers have been read before it
THRESHOLD = 0.6  # of the scale


def find(shown: Shown) -> None:
    """Draw the query's settings, its lines, and the places it finds."""
    section("Find it elsewhere")
    _fragment(shown)


@st.fragment
def _fragment(shown: Shown) -> None:
    when_seen("states_seen_find", lambda: _query(shown))


def _query(shown: Shown) -> None:
    sentence = st.container()
    tokens = shown.asked.stretch.tokens
    first, last = _range_box(tokens)
    share, edges = _threshold_box()
    looked = settled(shown)
    if looked is None:
        return
    run, step = looked
    text = {**shown.asked.stretch.asked, "layer": shown.asked.layer}
    line, trouble = observe(run.record.id, step, "units", text)
    if line is None:
        problem(trouble)
        return
    values = line.arrays["values"]
    scale = _scale(run.record.config.model, values)
    params = {
        **text,
        "start": first,
        "length": last - first + 1,
        "threshold": round(share * scale, 4),
        "edges": edges,
    }
    answer, trouble = observe(run.record.id, step, "find", params)
    if answer is None:
        problem(trouble)
        return
    queried = Queried(
        values=values,
        words=tokens,
        units=answer.arrays["units"].tolist(),
        start=first,
        length=last - first + 1,
        threshold=share * scale,
        scale=max(scale, float(np.ceil(10 * values.max()) / 10)),
    )
    said = _answer(run, queried, answer, edges)
    with sentence:
        st.markdown(said)


def _scale(model: str, values: NDArray[np.floating]) -> float:
    """Return what a threshold is a share of: 1 for tanh, for relu a value that few are above."""
    if entry(model).nonlinearity == "tanh":
        return 1.0
    return max(0.1, float(np.ceil(10 * np.percentile(values, 95)) / 10))


def _answer(run: Standing, queried: Queried, answer: Answer, edges: bool) -> str:
    """Draw the lines and the places; return the sentence."""
    splits = SPLITS if queried.units else ()
    slots = [answer.meta[f"{split}_slots"] for split in splits]
    found = Found(
        units=queried.units,
        words=queried.words[queried.start : queried.start + queried.length],
        threshold=queried.threshold,
        edges=edges,
        ranges={split: int(answer.arrays[f"{split}_tally"][-1]) for split in splits},
        slots=np.sum(slots, axis=0).tolist() if slots else (),
        most=max(
            (int(answer.arrays[f"{split}_agree"].max(initial=0)) for split in splits), default=0
        ),
    )
    said, look = code_text.found_sentence(found), page_theme()
    cards.two_sizes(
        query_lines(queried, look, said, WIDE), query_lines(queried, look, said, NARROW)
    )
    if queried.units:
        listed = sorted(
            (place for split in splits for place in _places(answer, split, queried.length)),
            key=lambda place: -place.agree,
        )
        st.html(found_places(listed, len(queried.units), look))
        note(
            "The best 8 of each split, none overlapping another. As many units as agree, the "
            "nearer their means over the range to those here the better.",
            run,
        )
    return said


def _range_box(tokens: tuple[str, ...]) -> tuple[int, int]:
    """Draw the slider for the range; return its first and last token."""
    end = len(tokens) - 1
    if end < 1:
        return 0, 0
    kept = state.get("states_range")
    if kept is not None and not 0 <= kept[0] <= kept[1] <= end:
        state.pop("states_range")
    first = min(START, end - 1)
    chosen = st.slider(
        "Tokens, first to last",
        0,
        end,
        (first, first + LENGTH - 1),
        key="states_range",
        bind="query-params",
    )
    return int(chosen[0]), int(chosen[1])


def _threshold_box() -> tuple[float, bool]:
    """Draw the threshold, as a share of the scale, and the switch for the edges."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        with st.container(width="stretch"):
            problem(address_problem("states_threshold", "number"))
            share = st.slider(
                "Threshold, share of the scale",
                0.0,
                0.95,
                THRESHOLD,
                0.05,
                key="states_threshold",
                bind="query-params",
                help="A unit is on where its state is above it, at every token of the range. The "
                "scale is 1 for tanh; for relu one in twenty of the values shown is above it.",
            )
        with st.container(width="content"):
            edges = st.toggle("Off just before and after", key="states_edges", bind="query-params")
    return float(share), bool(edges)


def _places(answer: Answer, split: str, length: int) -> list[Place]:
    """Read the places of a split with their context."""
    stream, numbers = human_numbers_stream(), split_places(split).number
    ids = stream.ids(split)

    def words(first: int, end: int) -> list[str]:
        return [stream.vocab.itos[index] for index in ids[max(0, first) : end].tolist()]

    found = zip(answer.arrays[f"{split}_at"], answer.arrays[f"{split}_agree"], strict=True)
    return [
        Place(
            split=split,
            at=int(at),
            number=int(numbers[at]),
            agree=int(agree),
            before=words(at - CONTEXT, at),
            words=words(at, at + length),
            after=words(at + length, at + length + CONTEXT),
        )
        for at, agree in found
    ]
