"""The sidebar's run line; it follows the run while that trains."""

from hnviz.app.kit.picture import Example, Picture, Place

EXAMPLES = {
    "ready": Example("Model5"),
    "long": Example("Model5-blocks"),  # its name says how valid was held out
}

LINE = Picture(__file__, Place("run_line", "2.6rem"), silent=True, examples=EXAMPLES)


def run_line(run_id: str, page: str) -> None:
    """Say what the run is and how far it has come; on a phone the header names the page."""
    LINE(run=run_id, settings={"page": page})
