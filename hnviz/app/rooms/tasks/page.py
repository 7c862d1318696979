"""The Tasks page: how much a network must remember, known before it is trained."""

import streamlit as st

from hnviz.app.kit.fold import fold
from hnviz.app.kit.text import kept_place, lead, linked, page_theme, prose, section
from hnviz.app.rooms.data.guess.picture import GUESS, task_settings
from hnviz.app.rooms.tasks.automaton.picture import automaton
from hnviz.app.rooms.tasks.controls import edited_automaton, prepare, task_controls
from hnviz.app.rooms.tasks.outcome import outcome
from hnviz.app.rooms.tasks.study import Study, outlooks
from hnviz.app.rooms.tasks.training import (
    bptt_in_hand,
    follow,
    model_in_hand,
    recipe_note,
    training_settings,
)
from hnviz.app.rooms.tasks.understood.picture import understood_network
from hnviz.app.run.view import run_in_view
from hnviz.app.shell import session as state
from hnviz.figures import parity_text, understood_text
from hnviz.figures.task_text import CAUSES, curve_sentence, loss_sentence, models_table, takeaway
from hnviz.runs.reference import parity_table
from hnviz.tasks.reach import is_task
from hnviz.tasks.sentences import statement_lines
from hnviz.tasks.task import task, task_stream
from hnviz.web.state import CurrentRun

ABOUT = (
    "How much a network must remember is a property of the task. It can be calculated before any "
    "training, and some networks cannot remember that much."
)

NETWORK = "tasks_network"


def page() -> None:
    """Draw this part of its room."""
    run = run_in_view()
    if run is not None:
        follow(run.record)
    prepare(bptt_in_hand())
    headline, line = kept_place("tasks_opening"), kept_place("tasks_line")
    shown = task_controls()
    expected = outlooks(shown.stream, bptt_in_hand())
    with headline:
        lead(takeaway(shown.statement, expected))
    with line:
        GUESS(key="tasks_text", settings=task_settings(shown.stream))
    prose(f":gray[{task(shown.stream.name).what}]")
    automaton(shown.stream, edited_automaton(shown.stream.name))
    section("Which models can reach it?", ABOUT)
    with st.container(key="tasks_outlook"):  # Streamlit draws a table after what is below it
        st.html(models_table(expected, model_in_hand(), page_theme()))
    prose(f":gray[{CAUSES}]")
    _train(shown, run)
    if shown.stream.name == "parity":
        _lengths()
    fold("How much it needs, in figures", "tasks_figures", lambda: _figures(shown))
    if "tasks_bits" in st.query_params and state.get(NETWORK) is None:
        state.put(NETWORK, True)  # a link to the small network opens it
    fold("One network, understood to the last weight", NETWORK, _understood)
    linked("[Next: which networks read these texts, and what does each add?](build)")


def _train(shown: Study, run: CurrentRun | None) -> None:
    """Draw what trains a model on the task; say how the run in view did, if it reads the task."""
    with st.container(key="tasks_try"):  # a locked page has none of it
        section("Train one on it")
        model = training_settings()
    if run is not None and _reads(run, shown):
        prose(outcome(run))
        linked(f"[{run.record.id} reads this task: see it train, its curves and the bound](train)")
    prose(f":gray[{recipe_note(model)}]")


def _figures(shown: Study) -> None:
    """Say the best accuracy and the least loss by context, and what the task needs."""
    made, statement = task(shown.stream.name), shown.statement
    prose(f"{curve_sentence(statement)} {loss_sentence(statement)}")
    prose("\n\n".join(statement_lines(made, statement, shown.stream.n_valid)))
    prose(f":gray[:small[Calculated from the generator, not fitted on a text. {made.source}.]]")


def _reads(run: CurrentRun, shown: Study) -> bool:
    """Return whether a run reads the task in view, with the same parameters."""
    corpus = run.record.config.corpus
    if not is_task(corpus):
        return False
    read = task_stream(corpus)
    return (read.name, read.values) == (shown.stream.name, shown.stream.values)


def _lengths() -> None:
    """Show which networks do parity at lengths that they never saw."""
    rows = parity_table()
    section("Which networks do parity at any length?", parity_text.ABOUT)
    with st.container(key="tasks_lengths"):
        st.html(parity_text.parity_table(rows, page_theme()))
    prose(f":gray[:small[{parity_text.seeds_sentence(rows)}]]")
    prose(parity_text.WHY)
    prose(parity_text.CHANGE)


def _understood() -> None:
    prose(understood_text.LEAD)
    understood_network()
    for line in understood_text.understood_lines():
        prose(line)
    prose(f":gray[:small[{understood_text.how_found()}]]")
