"""The list of all runs: ticks choose what is compared; own runs are renamed, pinned and deleted."""

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.run.start import leads, student
from hnviz.app.shell import session as state

EXAMPLES = {
    "ready": Example(
        settings={"keeps": True, "student": None, "standard": [], "shown": None}, follows=True
    ),
    "locked": Example(
        settings={"keeps": False, "student": 7, "standard": [], "shown": None}, follows=True
    ),
}

CHOOSER = Picture(
    __file__,
    Place("compare_runs", "428px", "494px"),
    reports=("changed",),  # a run was deleted or restored: the page shows and offers others
    silent=True,
    examples=EXAMPLES,
)


def run_chooser(standard: list[str]) -> None:
    """Draw the list; in a class the teacher alone renames, pins and deletes."""
    # With another run shown the address is written again: the picture then puts its part back.
    shown = state.get(state.RUN)
    CHOOSER(
        settings={"keeps": leads(), "student": student(), "standard": standard, "shown": shown},
    )
