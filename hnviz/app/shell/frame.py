"""What is around every page."""

from pathlib import Path

from hnviz.app.run.engine import engine
from hnviz.app.run.line.picture import run_line
from hnviz.app.run.view import run_picker
from hnviz.app.shell import session as state

ICON = str(
    Path(__file__).parent / "icon.svg"
)  # a file: Streamlit fetches its own icons from the network


def page_frame() -> None:
    """Draw the sidebar below the navigation; start the engine."""
    engine()
    run_picker()
    if (run_id := state.get(state.RUN)) is not None:
        run_line(run_id)
