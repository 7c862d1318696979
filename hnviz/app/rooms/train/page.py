"""The room Train: one run's curves and the settings of the next; runs compared; exercises."""

from collections.abc import Callable

import streamlit as st

from hnviz.app.kit.fields.picture import PRESSED, SENT, choice
from hnviz.app.kit.fold import fold
from hnviz.app.kit.picture import ask
from hnviz.app.kit.room import Parts, room
from hnviz.app.kit.text import escape, linked, page_theme, problem, section
from hnviz.app.machine.picture import reading_machine
from hnviz.app.rooms.compare.page import page as compare
from hnviz.app.rooms.sweep.page import page as sweep
from hnviz.app.rooms.train.clinic import clinic
from hnviz.app.rooms.train.curves.picture import curves
from hnviz.app.rooms.train.finder.picture import lr_finder
from hnviz.app.rooms.train.form.picture import settings_form
from hnviz.app.rooms.train.inside.picture import inside
from hnviz.app.rooms.train.lines import lines
from hnviz.app.rooms.train.positions.picture import LAST_VIEW, POSITIONS, POSITIONS_VIEW
from hnviz.app.rooms.train.schedule.picture import SCHEDULE
from hnviz.app.rooms.train.settings import KEY, config_in_hand
from hnviz.app.rooms.train.speed import chosen_speed
from hnviz.app.run.bar.picture import run_bar
from hnviz.app.run.engine import attempt
from hnviz.app.run.start import start
from hnviz.app.run.view import run_in_view
from hnviz.app.shell import session as state
from hnviz.app.shell.server import server
from hnviz.data.stream import SPLITS
from hnviz.figures import ruler_text
from hnviz.figures.offers import without_digits, without_notebook
from hnviz.figures.rates import RATES_NOTE, rates_map, rates_sentence
from hnviz.models.catalogue import entry
from hnviz.runs import lr_table
from hnviz.web.state import CurrentRun


def one_run() -> None:
    """Draw the curves of the run in view, and the settings of the next one."""
    run = run_in_view()
    if run is not None:
        curves(run)  # before the machine: they are seen whole from the last row
        with st.container(key="train_shipped" if run.shipped else "train_own"):
            run_bar(run.record.id, "train_bar", on_train=True, named=not run.shipped)
    _next_run()
    if run is not None:
        reading_machine("train_reading", run.record.id, run.record.config, compact=True)
        _closer(run)
        _take_away(run)
    linked(
        "[Next: change one setting, and compare two of all the runs](train?train_part=Compare runs)"
    )


@st.fragment
def _next_run() -> None:
    """Draw the settings of the next run, and beside each what is wrong with it.

    A fragment, so that a change of a setting does not draw the pictures of the run shown again.
    """
    if sent := state.reported(KEY, SENT):
        state.show_run(str(sent["value"]))
        st.rerun()
    if state.reported(KEY, PRESSED):
        _start()
        st.rerun()  # the page now shows the run that _start chose
    with st.container(border=True, key="train_next", gap="small"):
        config = settings_form()
        problem(state.get(state.TRAIN_ERROR))
        fold("Find a learning rate", "train_find", lambda: lr_finder(config))


def _start() -> None:
    # Read again, as a typed number and a click on Train may arrive together.
    config = config_in_hand()
    if config is None:
        return  # the settings, which are drawn now, say why
    run_id = start(state.TRAIN_ERROR, config)
    if run_id is None:
        return
    state.show_run(run_id)
    if (limit := chosen_speed()) is not None:
        attempt(state.TRAIN_ERROR, server().engine.set_speed, run_id, limit)


def _take_away(run: CurrentRun) -> None:
    """Offer files of the run in view."""
    run_id = run.record.id
    said = f"[A zip file](api/runs/{run_id}/zip) brings this run to another hnviz."
    if not without_notebook(run.record.config):
        notebook = f"[A notebook](api/runs/{run_id}/notebook)"
        said += f" {notebook} of plain PyTorch trains it again, to the same figures."
    if run.record.epochs:
        said += f" [A report](api/report?runs={run_id}) is one page with all its figures, to print."
    st.markdown(said)


def _kinds(run: CurrentRun) -> None:
    if lacks := without_digits(run.record.config):
        st.markdown(escape(lacks))
        return
    inside(run)


def _positions(run: CurrentRun) -> None:
    section("Accuracy by position in the window")
    if entry(run.record.config.model).predicts == "last":
        with st.container(key="train_last"):  # page.css reserves less height for a sentence
            POSITIONS(run=run.record.id, asks=[ask(LAST_VIEW, at="rest")])
    else:
        split = choice("Text", SPLITS, "train_positions_split", "valid")
        POSITIONS(run=run.record.id, asks=[ask(POSITIONS_VIEW, at="rest", split=split)])
    st.markdown(f":gray[:small[{ruler_text.POSITIONS_NOTE}]]")


def _epochs(run: CurrentRun) -> None:
    section("Epochs, and the schedule of lr")
    SCHEDULE(run=run.record.id)


def _rates(run: CurrentRun) -> None:
    section("Which learning rate is too high?")
    table, model = lr_table(), run.record.config.model
    st.markdown(rates_sentence(table, model))
    with st.container(key="train_rates"):
        st.html(rates_map(table, model, page_theme()))
    st.markdown(f":gray[:small[{RATES_NOTE}]]")


VIEWS: dict[str, Callable[[CurrentRun], None]] = {
    "By kind of token": _kinds,
    "By position": _positions,
    "By epoch": _epochs,
    "By learning rate": _rates,
}
"""Each closer look at the run by its name in the address; the page draws one."""


def _closer(run: CurrentRun) -> None:
    chosen = choice(
        "A closer look at the accuracy",
        tuple(VIEWS),
        "train_view",
        bare=True,
    )
    VIEWS[chosen](run)


EXERCISES: Parts = {"Clinic": clinic, "Lines": lines}


def exercises() -> None:
    """Draw one of the exercises."""
    EXERCISES[choice("Exercise", tuple(EXERCISES), "train_exercise", bare=True)]()


def page() -> None:
    """Draw the room."""
    room("How does it learn?", "train_part", PARTS)


PARTS: Parts = {
    "One run": one_run,
    "Compare runs": compare,
    "Many runs": sweep,
    "Exercises": exercises,
}
