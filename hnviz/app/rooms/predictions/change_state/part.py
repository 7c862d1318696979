"""Another memory as a part of the room Remember."""

from functools import partial

import streamlit as st

from hnviz.app.kit.fields.picture import button, controls
from hnviz.app.kit.text import how_measured, kept_place, lead, problem
from hnviz.app.rooms.predictions.change_state.picture import CHANGE, change_asks
from hnviz.app.rooms.predictions.controls import PROMPT, ROW, change_box, take_drop, text_box
from hnviz.app.rooms.predictions.prompt import DEFAULT_PROMPT
from hnviz.app.run.bar.picture import run_bar
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.figures.offers import without_numbers
from hnviz.models.catalogue import CATALOGUE, entry

WAYS = "predictions_ways"
STATE_NOTE = (
    "The network reads the prompt from a state of zeros. Its state is the only thing that it "
    "carries to the next word, so a state that another text left makes it count on from there. "
    "It always says the most probable word, and reads each word before it says the next. The "
    "prompt itself stays the same. Seed 0 draws the 100 prompts, each three numbers that follow "
    "each other in train. For a swap, each prompt gets the state after three other numbers, whose "
    "next number has another thousand."
)


def change_state(run_id: str, config: RunConfig, *, pressed: bool) -> None:
    """Draw the state before and after a change, and both continuations.

    `pressed`: the change is made at once, as if its button had been pressed.
    """
    if not entry(config.model).stateful:
        _nothing_to_change(config)
        return
    take_drop()
    picture = kept_place("predictions_change_place")
    run_bar(run_id, "change_bar")
    problem(address_problem(WAYS))
    with (
        st.expander(
            "Choose other texts or a layer, take out a digit, or set single units",
            key=WAYS,
            on_change="rerun",
            bind="query-params",
        ),
        controls(ROW),
    ):
        text = text_box("Prompt", DEFAULT_PROMPT, PROMPT, config)
        params, settings = change_box(config)
    asks = change_asks(text=text, numbers=not without_numbers(config), **params)
    with picture:
        CHANGE(
            run=run_id,
            asks=asks,
            settings={**settings, "pressed": pressed},
        )
    how_measured(STATE_NOTE)


def _nothing_to_change(config: RunConfig) -> None:
    """Say why a model has no state to change, and offer a model that has one."""
    known = server().store.ids()
    lead(
        f"{config.called} carries no state: each of its answers starts again and reads only "
        f"the last {config.bptt} tokens, so there is no state to change."
    )
    with controls("predictions_others"):
        for name in (name for name, net in CATALOGUE.items() if net.stateful and name in known):
            button(f"Look at {name}", f"predictions_to_{name}", partial(state.show_run, name))
