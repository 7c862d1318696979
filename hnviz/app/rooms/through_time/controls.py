"""The Through time page's controls: the model, the first mini-batch, the words of the map."""

import streamlit as st

from hnviz.app.kit.row import said_below
from hnviz.app.kit.text import escape, problem
from hnviz.app.rooms.through_time.lanes.picture import WINDOWS, default_first, n_batches
from hnviz.app.rooms.through_time.look_back.picture import DEFAULT_PHRASE, read_words
from hnviz.app.run.text import CurrentRun
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.figures.offers import example, without_numbers
from hnviz.models.catalogue import CATALOGUE

_GOOD_FIRST, _GOOD_WORDS = "time_good_first", "time_good_words"  # the last that could be shown


def pretrained_models() -> list[str]:
    """Return the models that have a pre-trained run."""
    known = server().store.ids()
    return [name for name in CATALOGUE if name in known]


def model_box(run: CurrentRun) -> None:
    """Bring the pre-trained run of a model into view."""
    names = pretrained_models()
    own = run.record.id not in names
    state.put("time_model", None if own else run.record.id)
    st.selectbox(
        "Model",
        names,
        index=None if own else 0,
        key="time_model",
        placeholder="a run of your own",
        on_change=_take_model,
        help="The pre-trained run of a model. Choose any other run in the sidebar.",
    )


def _take_model() -> None:
    chosen = state.get("time_model")
    if chosen is not None:
        state.show_run(chosen)


def first_box(run: CurrentRun) -> int:
    """Draw the field for the first of the three mini-batches; a wrong value leaves the last one."""
    config = run.record.config
    default, n = default_first(config), n_batches(config)
    last = n - WINDOWS
    lost = address_problem("time_first", "whole number")
    label = "First mini-batch"
    value = st.number_input(label, value=default, step=1, key="time_first", bind="query-params")
    if last >= 0 and not 0 <= value <= last:
        said_below(
            label,
            f"the text has {n} mini-batches, so the first of {WINDOWS} must be from 0 to {last}; "
            f"got {value}.",
        )
        good = state.get(_GOOD_FIRST, default)
        return int(good if good <= last else default)
    said_below(label, lost)
    state.put(_GOOD_FIRST, value)
    return int(value)


def words_box(config: RunConfig) -> str:
    """Draw the box for the map's words; words that cannot be read leave the last ones."""
    default = example(config, DEFAULT_PHRASE)
    text = st.text_input(
        "Words" if without_numbers(config) else "Words, or a range of numbers",
        default,
        max_chars=2000,
        key="time_phrase",
        bind="query-params",
    )
    try:
        remark = read_words(text or "", config.corpus).remark
    except ValueError as error:
        problem(str(error))
        return str(state.get(_GOOD_WORDS, default))
    if remark:
        st.markdown(f":gray[:small[{escape(remark)}]]")
    state.put(_GOOD_WORDS, text)
    return str(text)
