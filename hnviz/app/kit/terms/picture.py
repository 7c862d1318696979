"""The words that a page uses: marked where each first appears, explained there and in a drawer.

The browser finds them in what the page says, its pictures included; no page lists them by hand.
"""

from hnviz.app.kit.glossary import published
from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.shell.navigation import titles

EXAMPLES = {
    "ready": Example(settings=lambda: {"glossary": published(titles())}),
}

MARKED = Picture(__file__, Place("page_terms"), silent=True, examples=EXAMPLES)


def terms() -> None:
    """Mark the words that a page uses, and offer the drawer."""
    MARKED(settings={"glossary": published(titles())})
