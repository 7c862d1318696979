"""Which text a page without a network shows: the run's, a corpus of the registry, or an own one."""

from hnviz.app.kit.fields.picture import menu, text_in
from hnviz.app.run.own_text import OWN, own_text_box
from hnviz.data import NOTEBOOK, Choice, TextChoice
from hnviz.data.corpora import BUILT_IN
from hnviz.tasks.task import TASKS
from hnviz.web.state import CurrentRun

AS_RUN = "the run's text"
TASK_IDS = tuple(f"task-{name}" for name in TASKS)
CORPORA = (AS_RUN, *BUILT_IN, *TASK_IDS)
"""What a reader can choose by name."""

WIDE, NARROW = 260, 160  # px
HELP = (
    "the run's text: what the run in view reads. human_numbers is the lesson's text, numbers-fr "
    "the same numbers in French, and so on. A task is a text whose rule is known."
)


def corpus_in(page: str, row: str) -> str:
    """Return the name of the text that is chosen, even before the choice is drawn in its row."""
    return text_in(row, f"{page}_corpus") or AS_RUN


def corpus_choice(label: str, page: str, width: int = NARROW) -> str:
    """Draw the choice of a text; return its name, of CORPORA or OWN."""
    return menu(label, (*CORPORA, OWN), f"{page}_corpus", width=width, help=HELP)


def text_chosen(
    chosen: str, page: str, run: CurrentRun | None, first: str = ""
) -> TextChoice | None:
    """Return the text of a name; for OWN, draw its box, which holds `first` until it is filled."""
    if chosen == OWN:
        own = own_text_box(page, first)
        return None if own is None else Choice(own)
    if chosen != AS_RUN:
        return Choice(chosen)
    return NOTEBOOK if run is None else run.record.config
