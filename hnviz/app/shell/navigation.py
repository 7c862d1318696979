"""The pages of the app: their files, addresses and titles."""

from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from hnviz.app.shell.classroom import class_service
from hnviz.lessons.panel import page_path

PAGES: dict[str, dict[str, str]] = {
    "": {
        "start": "Count",
        "feed": "Feed",
        "build": "Build",
        "train": "Train",
        "remember": "Remember",
        "learn_back": "Learn back",
        "words": "Words",
    },
}
"""Section -> page file -> title."""

UNLISTED = ("words",)
"""Pages that the sidebar does not list: the drawer of words leads there (kit/terms)."""

CLASS_PAGES: dict[str, dict[str, str]] = {"Class": {"class": "Class"}}
"""The same, of a server that holds a class."""

_PACKAGE = Path(__file__).parents[2]


def page_file(name: str) -> Path:
    """Return the absolute path of a page's script, which is named as the page's address is.

    Streamlit looks for a relative one beside its own script, where no folder `pages` may be. Its
    test runner finds a page that was not drawn before by the name of its script.
    """
    return _folder() / f"{page_path(name) or name}.py"


def navigation() -> StreamlitPage:
    """Show the pages in the sidebar; return the one that the address names."""
    sections = PAGES if class_service() is None else {**PAGES, **CLASS_PAGES}
    return st.navigation(
        {
            section: [
                st.Page(
                    page_file(name),
                    title=title,
                    url_path=page_path(name),
                    default=name == "start",
                    visibility="hidden" if name in UNLISTED else "visible",
                )
                for name, title in pages.items()
            ]
            for section, pages in sections.items()
        },
        expanded=True,
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
