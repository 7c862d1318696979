"""One line of text: what the network has read, and the word that it must guess next."""

from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.data import human_numbers_stream, kind_of
from hnviz.data.corpora import PLACES
from hnviz.figures.sentences import OwnTokens, own_tokens

MOST = 60  # tokens on the line


def is_cut(text: OwnTokens) -> bool:
    """Return whether a text is longer than the line."""
    return len(text.tokens) > MOST


def _kind(token: str) -> str:
    kind = kind_of(token)
    return "place" if kind in PLACES else kind


def _settings(text: OwnTokens) -> dict[str, Any]:
    tokens = text.tokens[:MOST]
    words = [[token, _kind(token), text.ids[place]] for place, token in enumerate(tokens)]
    return {"words": words, "left_out": len(text.tokens) - len(tokens)}


def _typed(text: str) -> dict[str, Any]:
    return _settings(own_tokens(text, human_numbers_stream().vocab))


EXAMPLES = {
    "ready": Example(settings=lambda: _typed("8045, 8046")),
    "long": Example(settings=lambda: _typed("4318 to 4340")),
}

GUESS = Picture(__file__, Place("data_guess", "156px", "236px"), silent=True, examples=EXAMPLES)


def guess_line(key: str, text: OwnTokens) -> None:
    """Draw the beginning of a text; it needs no request, as the words are all that it shows."""
    GUESS(key=key, settings=_settings(text))
