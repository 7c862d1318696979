"""The first rows of the mini-batch in view, word by word; drawn in the browser.

It follows the mark "batch" of the page. "One past the last mini-batch" is in the address as
``?batches_past=true``.
"""

from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.rooms.batches.settings import LARGE, SMALL, Reading, cut, reading_of
from hnviz.figures.sentences import table_sentence


def _settings(reading: Reading) -> dict[str, Any]:
    text = reading.text.name
    called = text if reading.is_lesson else f"this corpus's {text}"
    sentence = table_sentence(reading.layout, called)
    return {**cut(reading), "sentence": sentence}


EXAMPLES = {
    "ready": Example(settings=lambda: _settings(reading_of("valid", SMALL))),
    "long": Example(settings=lambda: _settings(reading_of("train", LARGE))),
}

ROWS = Picture(__file__, Place("batches_text_rows", "20rem"), silent=True, examples=EXAMPLES)


def text_rows(reading: Reading) -> None:
    """Draw the rows as text."""
    ROWS(settings=_settings(reading))
