"""The room Count: a network counts on word by word, and which of all numbers it gets right."""

import streamlit as st

from hnviz.app.kit.fold import fold
from hnviz.app.kit.headline.picture import headline
from hnviz.app.kit.picture import ask
from hnviz.app.kit.room import Parts, room
from hnviz.app.kit.text import escape, linked, section
from hnviz.app.machine.picture import reading_machine
from hnviz.app.rooms.predictions.counting_map.part import ASKED, counting_map
from hnviz.app.rooms.start.controls import try_it
from hnviz.app.rooms.start.lessons import lesson_cards
from hnviz.app.rooms.start.overview import ladder_picture, what_it_is
from hnviz.app.rooms.start.shares import SHARES_VIEW
from hnviz.app.run.bar.picture import run_bar
from hnviz.app.run.list.picture import run_list
from hnviz.app.run.view import run_in_view
from hnviz.figures.offers import without_numbers
from hnviz.web.state import CurrentRun


def page() -> None:
    """Draw the room."""
    room("What can it do?", "count_part", PARTS)


def _word_by_word() -> None:
    """Draw the machine that counts on, and below it the models and the lessons."""
    run = run_in_view()
    if run is not None:
        _opening(run)
    try_it(own=run is not None and not run.shipped)
    lesson_cards()
    section("Six networks, each one step beyond the last, and some more")
    ladder_picture()
    fold("All runs", "start_all_runs", lambda: run_list("start_runs"))
    linked(
        "[The clinic: find the bugs in twelve training loops](train?train_part=Exercises) · "
        "[Next: what does the network read?](feed)"
    )


def _map() -> None:
    run = run_in_view()
    if run is not None:
        counting_map(run.record.id, run.record.config)


PARTS: Parts = {"Word by word": _word_by_word, "Counting map": _map}


def _opening(run: CurrentRun) -> None:
    """Draw the takeaway, the machine and, while the run trains, its progress."""
    run_id, config = run.record.id, run.record.config
    if lacks := without_numbers(config):
        st.markdown(escape(lacks))
    else:
        shares = ask(SHARES_VIEW, at="rest")
        headline(f"start_headline_{run_id}", run_id, shares, ASKED, step={})
    reading_machine("start_reading", run_id, config)
    run_bar(run_id, "start_bar", slider=False)
    st.markdown(f"For learners and teachers: {what_it_is(config.model)}")
