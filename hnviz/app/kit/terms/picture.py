"""The words that a page uses: marked where each first appears, explained there and in a drawer.

The browser finds them in the text of the page and of its pictures; no page lists them by hand. The
page Words has all words, and no drawer.
"""

from hnviz.app.kit.glossary import published
from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.shell.navigation import titles

EXAMPLES = {
    "ready": Example(settings=lambda: {"glossary": published(titles())}),
    "all": Example(settings=lambda: {"glossary": published(titles()), "all": True}),
}

MARKED = Picture(__file__, Place("page_terms"), silent=True, examples=EXAMPLES)


def terms() -> None:
    """Mark the words that a page uses, and offer the drawer."""
    MARKED(settings={"glossary": published(titles())})


def all_terms() -> None:
    """List all words in the page."""
    MARKED(key="words_list", settings={"glossary": published(titles()), "all": True})
