"""The Words page: every term in one line, with a link to the picture that shows it."""

from hnviz.app.kit.text import page_title
from hnviz.app.rooms.words.list.picture import word_list
from hnviz.figures.terms import TERMS


def page() -> None:
    """Draw the page."""
    page_title("Words", f"**{len(TERMS)}** words are all you need; each links to its picture.")
    word_list()
