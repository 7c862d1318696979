"""The sidebar's run: its line, which follows it while it trains, and the buttons that copy a link.

A link carries the settings of the run. Every hnviz has the pre-trained runs: for these the name is
enough.
"""

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.run import made
from hnviz.app.shell.host import invited
from hnviz.app.shell.server import server
from hnviz.runs import DamagedRun, RunNotFound

EXAMPLES = {
    "ready": Example("Model5", settings={"made": "", "home": ""}),
    "long": Example(  # its name says how valid was held out
        "Model5-blocks", settings={"made": "Model3--lr-0.1--epochs-2", "home": ""}
    ),
}

LINE = Picture(
    __file__, Place("run_line", "5.1rem"), reports=("mode",), silent=True, examples=EXAMPLES
)


def run_line(run_id: str | None, page: str) -> None:
    """Say what the run is, and offer links to the page; on a phone the header names the page."""
    into = invited()
    settings = {"page": page, "made": _made(run_id), "home": into.home if into else ""}
    LINE(run=run_id or "", settings=settings)


def _made(run_id: str | None) -> str:
    if run_id is None:
        return ""
    try:
        run = server().current(run_id)
    except (RunNotFound, DamagedRun):  # the page says so
        return ""
    return "" if run.shipped else made.written(run.record.config)
