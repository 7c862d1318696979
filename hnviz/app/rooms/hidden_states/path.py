"""The path of the state while a model counts, in two dimensions."""

import base64

import numpy as np
import streamlit as st

from hnviz.app.kit.component import BrowserComponent
from hnviz.app.kit.seen import when_seen
from hnviz.app.kit.text import problem, section
from hnviz.app.rooms.hidden_states.states import Shown
from hnviz.app.run.engine import observe
from hnviz.app.run.settled import layer_name, note, settled
from hnviz.app.shell.address import address_problem
from hnviz.data import human_numbers_stream, kind_of
from hnviz.figures import code_text

FIRST, N = 4295, 20  # numbers
MOST = 100
LAST_OF_SPLIT = {1: 7999, 8001: 9999}

_component = BrowserComponent("rooms/hidden_states/path", min_height="620px")


def path(shown: Shown) -> None:
    """Draw the numbers to follow, and the path."""
    section("Path of the state")
    _fragment(shown)


@st.fragment
def _fragment(shown: Shown) -> None:
    when_seen("states_seen_path", lambda: _path(shown))


def _path(shown: Shown) -> None:
    sentence = st.container()
    numbers = _numbers_box()
    looked = settled(shown)
    if looked is None or numbers is None:
        return
    run, step = looked
    layer = shown.asked.layer
    params = {"layer": layer, "first": numbers[0], "last": numbers[1]}
    answer, trouble = observe(run.record.id, step, "state_path", params)
    if answer is None:
        problem(trouble)
        return
    explained = answer.meta["explained"]
    said = code_text.path_sentence(run.record.config.model, step, numbers, explained)
    with sentence:
        st.markdown(said)
    itos = human_numbers_stream().vocab.itos
    words = [itos[index] for index in answer.arrays["ids"].tolist()]
    _component(
        "states_path",
        {
            "alt": said.replace("**", ""),
            "points": base64.b64encode(answer.arrays["points"].astype("<f4").tobytes()).decode(),
            "bounds": np.abs(answer.arrays["points"]).max(axis=0).tolist(),
            "words": words,
            "kinds": [kind_of(word) for word in words],
            "numbers": answer.arrays["number"].tolist(),
            "explained": explained,
            "picture": f"{run.record.id} {numbers}",
        },
    )
    note(code_text.path_note(layer_name(run, layer)), run)


def _numbers_box() -> tuple[int, int] | None:
    """Draw the first number and how many; None, with a sentence beside them, if they cannot be."""
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=180):
            lost = address_problem("states_path_first", "whole number")
            first = st.number_input(
                "First number", value=FIRST, step=1, key="states_path_first", bind="query-params"
            )
            problem(lost)
        with st.container(width=180):
            lost = address_problem("states_path_n", "whole number")
            n = st.number_input(
                "Numbers", value=N, step=1, key="states_path_n", bind="query-params"
            )
            problem(lost)
    wrong = numbers_problem(int(first), int(n))
    problem(wrong)
    return None if wrong else (int(first), int(first) + int(n) - 1)


def numbers_problem(first: int, n: int) -> str | None:
    """Say why a path cannot be drawn, None if it can."""
    if not 1 <= first <= 9999 or first == 8000:
        return f"The first number is from 1 to 7999 or from 8001 to 9999; got {first:,}."
    end = LAST_OF_SPLIT[1 if first < 8000 else 8001]
    most = min(MOST, end - first + 1)
    if 1 <= n <= most:
        return None
    rest = f": its text ends with {end:,}" if most < MOST else ""
    return f"From {first:,} on, 1 to {most} numbers can be followed{rest}; got {n:,}."
