"""The counting map: which of the numbers 1 to 9999 a network says after the ones before."""

import base64
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from hnviz.app.kit import cards
from hnviz.app.kit.asking import Wanted, asker
from hnviz.app.kit.component import BrowserComponent
from hnviz.app.kit.text import lead, page_theme, problem
from hnviz.app.run.engine import observe
from hnviz.app.run.ruler import observed_step
from hnviz.app.run.text import Standing
from hnviz.app.run.timeline import LAST, snapshot_box
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem
from hnviz.engine.client import Answer
from hnviz.figures.counting import (
    MapFigures,
    given_table,
    map_sentence,
    number_card,
    prompt_note,
)
from hnviz.figures.sentences import when

KEY = "map_picture"
NUMBER = "map_number"
FIRST, LAST_NUMBER = 1, 9999
START = 8317  # the number whose card is shown before one was picked
GIVEN = 3
CHOICES = (1, 2, 3, 4, 5)
TABLED = (1, 2, 3, 5)  # numbers given, in the table
TICK = 1.0  # seconds between two looks, while the table lacks something
PATIENCE = 2  # ticks of a snapshot in view before the table is asked for


@dataclass(frozen=True, slots=True)
class Shown:
    """The snapshot in view."""

    run_id: str
    step: int


Shares = dict[int, tuple[float, float] | None]  # by numbers given: up to 7999, and from 8001 on

_component = BrowserComponent(
    "rooms/predictions/counting_map", states=("pick",), min_height="min(640px, 112vw)"
)


def counting_map(run: Standing) -> None:
    """Draw the view: controls, then map, card and table in a fragment."""
    if not run.record.snapshots:
        problem(
            "This run has no snapshot yet: the map comes with its first step."
            if run.is_live
            else "This run ended before its first snapshot, so nobody can be asked: pick another "
            "run."
        )
        return
    sentence = st.empty()
    left, right = st.columns([1, 2], vertical_alignment="top")
    with left:
        given = _given_box()
    with right:
        chosen = snapshot_box(run)
    step = _newest(run) if chosen == LAST else int(chosen)
    answer, trouble = observe(run.record.id, step, "counting_accuracy", {"given": given})
    if answer is None:
        problem(trouble)
        return
    figures = _figures(given, answer)
    told = map_sentence(f"{run.record.config.model} {when(step)}", figures)
    with sentence:
        lead(told)
    _picture(Shown(run.record.id, step), figures, told)


def _newest(run: Standing) -> int:
    """Return the newest snapshot; of a run that trains that of an epoch's end: a map takes long."""
    step = observed_step(run)
    return run.record.snapshots[0] if step is None else step


def _given_box() -> int:
    problem(address_problem("map_given", CHOICES))
    return st.select_slider(
        "Numbers it is given, 1 to 5",
        CHOICES,
        value=GIVEN,
        key="map_given",
        bind="query-params",
    )


def _figures(given: int, answer: Answer) -> MapFigures:
    found = answer.arrays
    return MapFigures(given, found["number"], found["right"], found["first_wrong"], found["alone"])


@st.fragment
def _picture(at: Shown, figures: MapFigures, told: str) -> None:
    """Draw map and card; a pick draws these again, and nothing else of the page."""
    left, right = st.columns([69, 31], gap="medium")
    serial = _take_pick()
    with right:
        number = _number_box()
    with left:
        packed = base64.b64encode(figures.places.tobytes()).decode()
        _component(
            KEY,
            {
                "alt": told.replace("**", ""),
                "given": figures.given,
                "places": packed,
                "picked": number,
                "serial": serial,
            },
        )
        st.markdown(f":gray[:small[{prompt_note(figures.given)}]]")
    with right:
        if number is not None:
            _card(at, number, figures.given)
        _table(at, figures)


def _take_pick() -> int:
    """Put the number that was picked in the map into its box, once; return the pick's serial."""
    mounted: Any = state.get(KEY) or {}
    pick = mounted.get("pick")
    if not pick:
        return 0
    number, _, serial = pick.partition(":")
    if state.reported(KEY, "pick"):
        state.put(NUMBER, int(number))
    return int(serial)


def _number_box() -> int | None:
    """Draw the box for a number; None, with a sentence, for one that the map has not."""
    lost = address_problem(NUMBER, "whole number")
    number = st.number_input("Go to a number", value=START, step=1, key=NUMBER, bind="query-params")
    if number is None or not FIRST <= number <= LAST_NUMBER:
        problem(f"The map has the numbers {FIRST} to {LAST_NUMBER:,}; got {number}.")
        return None
    problem(lost)
    return int(number)


def _card(at: Shown, number: int, given: int) -> None:
    if number == FIRST:
        st.markdown("**1** has no number before it, so it is not asked for.")
        return
    asked = {"number": number, "given": given}
    answer, trouble = observe(at.run_id, at.step, "counted_number", asked)
    if answer is None:
        problem(trouble)
        return
    st.html(number_card(number, answer.meta, page_theme()))


def _table(at: Shown, figures: MapFigures) -> None:
    """Tabulate what the number of numbers given decides, in a fragment that waits for answers."""
    st.markdown("**How many numbers it is given decides**")
    lacking = _shares(at, figures, ask=False)[1]
    draw = st.fragment(_draw_table, run_every=TICK if lacking else None)
    draw(at, figures, bool(lacking))


def _draw_table(at: Shown, figures: MapFigures, ticking: bool) -> None:
    # Asked for once the snapshot has stayed in view for a while: not while snapshots are played.
    known, looks = state.get(f"{KEY}_looks", (None, 0))
    looks = looks + 1 if known == at else 0
    state.put(f"{KEY}_looks", (at, looks))
    shares, lacking, trouble = _shares(at, figures, ask=looks >= PATIENCE)
    if ticking and not lacking:
        st.rerun()  # all is there: the clock must stop
    rows = given_table(shares, figures.given)
    table = pd.DataFrame(rows, columns=["given", "to 7,999", "8,001 on"])
    st.html(cards.text_table(table, page_theme(), long=False))
    problem(trouble)


def _shares(at: Shown, figures: MapFigures, *, ask: bool) -> tuple[Shares, int, str | None]:
    """Return what is known of the table, how many rows may still come, and what went wrong."""
    shares: Shares = dict.fromkeys(sorted({*TABLED, figures.given}))
    shares[figures.given] = figures.shares
    wanted = {
        given: Wanted(at.run_id, at.step, "counting_accuracy", (("given", given),))
        for given, known in shares.items()
        if known is None
    }
    found = asker.look(list(wanted.values()), ask=ask)
    for given, question in wanted.items():
        if question in found.known:
            meta = found.known[question]
            shares[given] = (meta["train"], meta["valid"])
    return shares, found.lacking, found.trouble
