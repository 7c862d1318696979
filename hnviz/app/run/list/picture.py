"""The list of runs as a picture: it follows the topic "runs", and brings a picked run into view.

Where runs are compared it lists all of them, and ticks choose some.
"""

import streamlit as st

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.run.start import leads, student
from hnviz.app.shell import session as state

_SETTINGS = {"shown": "Model5", "keeps": True, "student": None, "standard": None}

EXAMPLES = {
    "ready": Example(settings=_SETTINGS, follows=True),
    "compared": Example(settings={**_SETTINGS, "standard": ["Model4", "Model5"]}, follows=True),
    "locked": Example(settings={**_SETTINGS, "keeps": False, "student": 7}, follows=True),
}

RUN_LIST = Picture(
    __file__,
    Place("*_runs", "408px"),
    reports=("pick", "changed"),  # "changed": the page then shows and offers other runs
    silent=True,
    examples=EXAMPLES,
)


def run_list(key: str, standard: list[str] | None = None) -> None:
    """Draw the runs, newest first; picking a line brings that run into view.

    With `standard`, the runs that are compared until a reader chooses, lines are ticked instead.
    In a class the teacher alone renames, pins and deletes.
    """
    # With another run shown the address is written again: the picture then puts its part back.
    shown = state.get(state.RUN)
    settings = {"shown": shown, "keeps": leads(), "student": student(), "standard": standard}
    RUN_LIST(key=key, settings=settings)
    picked = state.reported(key, "pick")
    if picked:
        state.show_run(str(picked["value"]))
        st.rerun()
