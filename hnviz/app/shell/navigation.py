"""The pages of the app: their files, addresses and titles."""

from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from hnviz.app.shell.classroom import class_service

PAGES: dict[str, dict[str, str]] = {
    "": {"start": "Start", "lesson": "Lessons"},
    "Feed": {"data": "Data", "batches": "Batches"},
    "Build": {"models": "Models"},
    "Train": {"train": "Train", "compare": "Compare", "sweep": "Sweep"},
    "Look inside": {
        "states": "Hidden states",
        "predictions": "Predictions",
        "time": "Through time",
    },
    "Go further": {"tasks": "Tasks"},
    "Help": {"words": "Words"},
}
"""Section -> page file (and address) -> title."""

CLASS_PAGES: dict[str, dict[str, str]] = {"Class": {"class": "Class"}}
"""The same, of a server that holds a class."""

_PACKAGE = Path(__file__).parents[2]


def page_file(name: str) -> Path:
    """Return the absolute path of a page's script.

    Streamlit looks for a relative one beside its own script, where no folder `pages` may be.
    """
    return _folder() / f"{name}.py"


def navigation() -> StreamlitPage:
    """Show the pages in the sidebar; return the one that the address names."""
    sections = PAGES if class_service() is None else {**PAGES, **CLASS_PAGES}
    return st.navigation(
        {
            section: [
                st.Page(page_file(name), title=title, default=name == "start")
                for name, title in pages.items()
            ]
            for section, pages in sections.items()
        },
        expanded=True,  # with more than twelve pages the last ones would be behind "View more"
    )


@cache
def titles() -> tuple[tuple[str, str], ...]:
    """List each page with its title."""
    return tuple(page for pages in PAGES.values() for page in pages.items())


@cache
def _folder() -> Path:
    """Find the folder of the pages: in the package (a wheel), else beside it (a checkout)."""
    inside, beside = _PACKAGE / "pages", _PACKAGE.parent / "pages"
    for folder in (inside, beside):
        if (folder / "start.py").is_file():
            return folder
    raise FileNotFoundError(
        f"the pages are missing: neither {inside} nor {beside} holds start.py; install hnviz again"
    )
