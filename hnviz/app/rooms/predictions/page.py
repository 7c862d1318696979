"""The Predictions page: the next word, a changed state, and which numbers the network counts to."""

from collections.abc import Callable

import streamlit as st

from hnviz.app.kit.choice import choice
from hnviz.app.kit.headline.picture import headline
from hnviz.app.kit.picture import ask
from hnviz.app.kit.row import controls_row, said_below
from hnviz.app.kit.terms.picture import terms
from hnviz.app.kit.text import (
    escape,
    kept_place,
    lead,
    linked,
    opening,
    page_title,
    problem,
    prose,
    section,
)
from hnviz.app.rooms.predictions.attention.picture import ATTENTION, ATTENTION_VIEW
from hnviz.app.rooms.predictions.change_state.picture import CHANGE, change_asks
from hnviz.app.rooms.predictions.controls import PROMPT, change_box, going_box, prompt_box, text_box
from hnviz.app.rooms.predictions.counting_map.picture import (
    CHOICES,
    GIVEN,
    MAP,
    MAP_VIEW,
    NUMBER_VIEW,
    START,
)
from hnviz.app.rooms.predictions.given_table.picture import TABLE, table_asks
from hnviz.app.rooms.predictions.going_on.picture import SAYING, SAYING_VIEW
from hnviz.app.rooms.predictions.next_word.picture import READING, READING_VIEW
from hnviz.app.rooms.predictions.prompt import DEFAULT_PROMPT
from hnviz.app.run.bar.picture import run_bar
from hnviz.app.run.view import run_in_view
from hnviz.app.shell import session as state
from hnviz.app.shell.address import SWITCH, address_problem
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.figures.counting import prompt_note
from hnviz.figures.offers import without_numbers
from hnviz.figures.word_text import SURPRISE_NOTE
from hnviz.models.catalogue import CATALOGUE, entry

BAR = "predictions_bar"
STATE_NOTE = (
    "The network reads the prompt from a state of zeros. Its state is the only thing that it "
    "carries to the next word, so a state that another text left makes it count on from there. "
    "It always says the most probable word, and reads each word before it says the next. The "
    "prompt itself stays the same. Seed 0 draws the 100 prompts, each three numbers that follow "
    "each other in train. For a swap, each prompt gets the state after three other numbers, whose "
    "next number has another thousand."
)
LOOKS = (
    "A state would have to hold all that is needed later. Attention looks it up instead: each word "
    "takes a share of itself and of each word before it. Try step 0: they are nearly even."
)


WAYS = "predictions_ways"


def page() -> None:
    """Draw the page."""
    with controls_row("predictions_title", "medium", vertical_alignment="bottom"):
        with st.container(width="content"):
            page_title("Predictions")
        with st.container(width="content"):
            view = choice("Look at", tuple(VIEWS), "predictions_view", label_visibility="collapsed")
    run = run_in_view()
    if run is not None:
        VIEWS[view](run.record.id, run.record.config)
    linked("[Next: how far back does the network learn from?](time)")


def next_word(run_id: str, config: RunConfig) -> None:
    """Draw the prompt with its surprise, and the words that the network says after it."""
    takeaway = opening()
    text = prompt_box(config)
    reading = ask(READING_VIEW, text=text)
    with takeaway:
        headline("predictions_headline", run_id, [reading])
        terms()
    run_bar(run_id, BAR)
    READING(run=run_id, asks=[reading])
    if entry(config.model).attends:
        section("Where each word looks", LOOKS)
        ATTENTION(run=run_id, asks=[ask(ATTENTION_VIEW, text=text)])
    section("Let it go on alone")
    going = going_box(config)
    SAYING(run=run_id, asks=[ask(SAYING_VIEW, text=text, **going)])
    _measured(SURPRISE_NOTE)


def change_state(run_id: str, config: RunConfig) -> None:
    """Draw the state before and after a change, and both continuations."""
    if not entry(config.model).stateful:
        _nothing_to_change(config)
        return
    picture = kept_place("predictions_change_place")
    run_bar(run_id, BAR)
    terms()
    problem(address_problem(WAYS, SWITCH))
    with (
        st.expander(
            "Choose other texts, a layer, or single units",
            key=WAYS,
            on_change="rerun",
            bind="query-params",
        ),
        controls_row("predictions_controls"),
    ):
        with st.container(width=160):
            text = text_box("Prompt", DEFAULT_PROMPT, PROMPT, config)
        params, settings = change_box(config)
    asks = change_asks(text=text, numbers=not without_numbers(config), **params)
    with picture:
        CHANGE(run=run_id, asks=asks, settings={**settings, "prompt": f"“{text[:40]}”"})
    _measured(STATE_NOTE)


def _nothing_to_change(config: RunConfig) -> None:
    """Say why a model has no state to change, and offer a model that has one."""
    known = server().store.ids()
    lead(
        f"{config.model} carries no state: each of its answers starts again and reads only "
        f"the last {config.bptt} tokens, so there is no state to change."
    )
    with st.container(horizontal=True):
        for name in (name for name, net in CATALOGUE.items() if net.stateful and name in known):
            st.button(
                f"Look at {name}",
                key=f"predictions_to_{name}",
                on_click=state.show_run,
                args=(name,),
            )


def counting_map(run_id: str, config: RunConfig) -> None:
    """Draw which of the numbers 1 to 9,999 the network gets right after the ones before."""
    if lacks := without_numbers(config):
        st.markdown(escape(lacks))
        run_bar(run_id, BAR)
        return
    takeaway = opening()
    with controls_row("map_controls", "medium", vertical_alignment="bottom"):
        with st.container(width=220):
            said_below("Numbers given", address_problem("map_given", CHOICES))
            given = st.select_slider(
                "Numbers given, 1 to 5",
                CHOICES,
                value=GIVEN,
                key="map_given",
                bind="query-params",
            )
        with st.container(width="stretch"):
            run_bar(run_id, BAR)
    asks = [ask(view, at="paced", given=given) for view in (MAP_VIEW, NUMBER_VIEW)]
    with takeaway:
        headline("predictions_headline", run_id, asks[:1])
        terms()
    MAP(run=run_id, asks=asks, settings={"start": START})
    more = st.expander("Does it help to give more numbers?", key="map_more", on_change="rerun")
    if more.open:
        with more:
            TABLE(run=run_id, asks=table_asks(given), settings={"given": given})
    _measured(prompt_note(given, config))


def _measured(note: str) -> None:
    with st.expander("How this was measured"):
        prose(note)


VIEWS: dict[str, Callable[[str, RunConfig], None]] = {
    "Next word": next_word,
    "Change the state": change_state,
    "Counting map": counting_map,
}
"""Each view by its name in the address. The page draws one at a time."""
