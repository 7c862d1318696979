"""The Words page: every term in one line, with a link to the picture that shows it."""

from hnviz.app.kit.terms.picture import all_terms
from hnviz.app.kit.text import page_title
from hnviz.figures.terms import TERMS


def page() -> None:
    """Draw the page."""
    page_title("Words", f"**{len(TERMS)}** words are all you need; each links to its picture.")
    all_terms()
