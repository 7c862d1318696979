"""The Start page: a network counts on; then the reader trains one."""

import streamlit as st

from hnviz.app.kit.fold import fold
from hnviz.app.kit.headline.picture import headline
from hnviz.app.kit.picture import ask
from hnviz.app.kit.terms.picture import terms
from hnviz.app.kit.text import escape, linked, page_title, section
from hnviz.app.rooms.start.controls import STARTED, number_asked, train_button
from hnviz.app.rooms.start.count.picture import SHARES_VIEW, two_counts
from hnviz.app.rooms.start.loss.picture import loss_curve
from hnviz.app.rooms.start.machine.picture import MACHINE
from hnviz.app.rooms.start.overview import ladder_picture, path_of_pages, what_it_is
from hnviz.app.run.bar.picture import run_bar
from hnviz.app.run.list.picture import run_list
from hnviz.app.run.view import run_in_view
from hnviz.app.shell import session as state
from hnviz.figures.offers import without_numbers
from hnviz.web.state import CurrentRun


def page() -> None:
    """Draw the page."""
    page_title("Watch a network learn to count")
    with st.container(key="start_lesson"):
        linked("[**Start a lesson**: guess first, then look](lesson)")
    run = run_in_view()
    if run is not None:
        _opening(run)
    train_button()
    section("Six networks, each one step beyond the last, and some more")
    terms()
    ladder_picture()
    section("What you can look at")
    path_of_pages()
    fold("All runs", "start_all_runs", lambda: run_list("start_runs"))
    MACHINE()
    linked("[Next: what does the network read?](data)")


def _opening(run: CurrentRun) -> None:
    """Draw the takeaway, the number, and what the run in view says after it."""
    run_id = run.record.id
    if lacks := without_numbers(run.record.config):
        st.markdown(f"{escape(lacks)} Look at its curves and its predictions instead.")
        run_bar(run_id, "start_bar")
        return
    headline(f"start_headline_{run_id}", run_id, [ask(SHARES_VIEW, at="rest")])
    st.markdown(f"For learners and teachers: {what_it_is(run.record.config.model)}")
    asked = number_asked()
    if not run.shipped:
        loss_curve("start_loss", run_id, comes_to_it=state.get(STARTED) == run_id)
    two_counts("start_count", run_id, run.record.config, *asked)
    run_bar(run_id, "start_bar")
