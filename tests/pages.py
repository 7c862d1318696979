"""Pages run by Streamlit's own test runner, without a browser."""

from streamlit.testing.v1 import AppTest

from hnviz.app.shell.asgi import SCRIPT
from hnviz.app.shell.navigation import page_file

SHARED = {"run_line", "run_copy", "page_terms"}
"""The pictures that are on every page."""

PATIENCE = 120  # seconds, on a machine that others use too


def open_page(name: str, /, **query: str) -> AppTest:
    """Open a page as a link does."""
    app = AppTest.from_file(str(SCRIPT), default_timeout=PATIENCE)
    app.query_params.update(query)
    return (app if name == "start" else switch_page(app, name)).run()


def switch_page(app: AppTest, name: str) -> AppTest:
    """Go to another page; it is drawn by the next run."""
    return app.switch_page(str(page_file(name)))
