"""One line of text: what the network has read; the reader guesses the next word as it must."""

from collections.abc import Mapping
from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.kit.state import Entries, Whole
from hnviz.app.rooms.data.guess.choices import guesses
from hnviz.data import (
    NOTEBOOK,
    Corpus,
    TextChoice,
    corpus_of,
    human_numbers_stream,
    kind_in,
    stream_of,
)
from hnviz.data.numbers import PLACES
from hnviz.figures.sentences import OwnTokens, own_tokens

MOST = 60  # tokens on the line

READ = Whole(
    name="data_step",
    page="Feed",
    low=1,
    high=MOST - 1,  # the last one is still to be guessed
    first=2,
    meaning="how many tokens of the line have been read",
)


def is_cut(text: OwnTokens) -> bool:
    """Return whether a text is longer than the line."""
    return len(text.tokens) > MOST


def _kind(token: str, read: Corpus) -> str:
    kind = kind_in(read)(token)
    return "place" if kind in PLACES else kind


def _settings(text: OwnTokens, choice: TextChoice) -> dict[str, Any]:
    read = corpus_of(choice)
    tokens, ids = text.tokens[:MOST], text.ids[:MOST]
    return {
        "words": [
            (token, _kind(token, read), index) for token, index in zip(tokens, ids, strict=True)
        ],
        "guesses": guesses(ids, stream_of(choice)),
        "left_out": len(text.tokens) - len(tokens),
    }


def _typed(text: str) -> dict[str, Any]:
    return _settings(own_tokens(text, human_numbers_stream().vocab), NOTEBOOK)


EXAMPLES = {
    "ready": Example(settings=lambda: _typed("3045, 3046")),
    "long": Example(settings=lambda: _typed("4318 to 4340")),
}


def _state(settings: Mapping[str, Any]) -> Entries:
    return {"read": READ.within(len(settings["words"]) - 1)}


GUESS = Picture(
    __file__,
    Place("data_guess", "249px", "320px"),
    silent=True,
    state=_state,
    examples=EXAMPLES,
)


def guess_line(key: str, text: OwnTokens, choice: TextChoice) -> None:
    """Draw the beginning of a text; it needs no request, as the text and its guesses are all."""
    GUESS(key=key, settings=_settings(text, choice))
