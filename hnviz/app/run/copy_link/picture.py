"""The buttons that copy a link to what a page shows; it carries the settings of the run."""

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.run import made
from hnviz.app.shell.host import invited
from hnviz.app.shell.server import server
from hnviz.runs import DamagedRun, RunNotFound

EXAMPLES = {
    "ready": Example(settings={"made": "", "home": ""}),
    "long": Example(settings={"made": "Model3--lr-0.1--epochs-2", "home": ""}),
}

COPY_LINK = Picture(
    __file__, Place("run_copy", "36px"), reports=("mode",), silent=True, examples=EXAMPLES
)


def copy_link(run_id: str | None) -> None:
    """Draw the buttons. Every hnviz has the pre-trained runs: of these the name is enough."""
    into = invited()
    COPY_LINK(settings={"made": _made(run_id), "home": into.home if into else ""})


def _made(run_id: str | None) -> str:
    if run_id is None:
        return ""
    try:
        run = server().current(run_id)
    except (RunNotFound, DamagedRun):  # the page says so
        return ""
    return "" if run.shipped else made.written(run.record.config)
