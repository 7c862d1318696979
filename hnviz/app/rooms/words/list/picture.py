"""All terms in one list; a link opens the picture that shows each."""

from hnviz.app.kit.glossary import published
from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.shell.navigation import titles

EXAMPLES = {
    "ready": Example(settings=lambda: {"glossary": published(titles())}),
}

WORD_LIST = Picture(
    __file__, Place("words_list", "1700px", "3271px"), silent=True, examples=EXAMPLES
)


def word_list() -> None:
    """Draw the list."""
    WORD_LIST(settings={"glossary": published(titles())})
