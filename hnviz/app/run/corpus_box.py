"""Which text a page without a network shows: the run's, a corpus of the registry, or an own one."""

import streamlit as st

from hnviz.app.kit.row import said_below
from hnviz.app.run.own_text import OWN, own_text_box
from hnviz.app.shell.address import address_problem
from hnviz.data import NOTEBOOK, TextChoice
from hnviz.data.corpora import BUILT_IN
from hnviz.data.splits import Chosen
from hnviz.tasks.task import TASKS
from hnviz.web.standing import Standing

AS_RUN = "the run's"
TASK_IDS = tuple(f"task-{name}" for name in TASKS)
CORPORA = (AS_RUN, *BUILT_IN, *TASK_IDS)
"""What a reader can choose by name."""

WIDE, NARROW = 260, 160  # px
HELP = (
    "the run's: what the run in view reads. human_numbers is the lesson's text, numbers-fr the "
    "same numbers in French, and so on. A task is a text whose rule is known."
)


def corpus_box(key: str, run: Standing | None) -> TextChoice:
    """Draw the choice of a corpus beside other controls; return what was chosen."""
    chosen = _select("Corpus", key, CORPORA, NARROW)
    return _named(chosen, run)


def corpus_or_own_box(page: str, run: Standing | None) -> TextChoice | None:
    """Do the same with an own text, whose box comes below; None, with a sentence, for none."""
    chosen = _select("Text", f"{page}_corpus", (*CORPORA, OWN), WIDE)
    if chosen != OWN:
        return _named(chosen, run)
    own = own_text_box(page)
    return None if own is None else Chosen(own)


def _select(label: str, key: str, options: tuple[str, ...], width: int) -> str:
    said_below(label, address_problem(key, options))
    with st.container(width=width):
        return st.selectbox(label, options, key=key, bind="query-params", help=HELP)


def _named(chosen: str, run: Standing | None) -> TextChoice:
    if chosen != AS_RUN:
        return Chosen(chosen)
    return NOTEBOOK if run is None else run.record.config
