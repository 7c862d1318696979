"""One line of text: what the network has read; the reader guesses the next word as it must."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from hnviz.app.kit.picture import Ask, Example, Picture, Place
from hnviz.app.kit.state import Entries, Whole
from hnviz.app.machine.view import READING_VIEW
from hnviz.app.rooms.data.guess.choices import guesses, unknowable
from hnviz.app.rooms.predictions.prompt import LONGEST_TEXT
from hnviz.data import (
    NOTEBOOK,
    Choice,
    Corpus,
    TextChoice,
    TokenStream,
    corpus_of,
    human_numbers_stream,
    kind_in,
    stream_of,
)
from hnviz.data.corpora.base import Tokens
from hnviz.data.numbers import PLACES
from hnviz.figures.sentences import OwnTokens, own_tokens
from hnviz.figures.task_text import needs_sentence, why_sentence
from hnviz.runs import RunRecord
from hnviz.tasks.excerpt import LENGTH, excerpt
from hnviz.tasks.task import TaskStream

MOST = 60  # tokens on the line

READ = Whole(
    name="data_step",
    page="Feed",
    low=1,
    high=MOST - 1,  # the last one is still to be guessed
    first=2,
    meaning="how many tokens of the line have been read",
)

AT = Whole(
    name="tasks_at",
    page="Feed",
    low=0,
    high=LENGTH - 1,
    first=0,  # a task begins at its place that needs most
    meaning="the place of the next token in the line",
)


def is_cut(text: OwnTokens) -> bool:
    """Return whether a text is longer than the line."""
    return len(text.tokens) > MOST


def _kind(token: str, read: Corpus) -> str:
    kind = kind_in(read)(token)
    return "place" if kind in PLACES else kind


@lru_cache(maxsize=64)  # most viewers read the line that the page begins with
def _settings(text: OwnTokens, choice: Choice) -> Mapping[str, Any]:
    read = corpus_of(choice)
    tokens, ids = text.tokens[:MOST], text.ids[:MOST]
    is_open = unknowable(ids, stream_of(choice))
    found = zip(guesses(ids, stream_of(choice)), is_open, strict=True)
    return {
        "words": [
            (token, _kind(token, read), index) for token, index in zip(tokens, ids, strict=True)
        ],
        "guesses": [
            (choices, f"{why} A right guess here is luck." if nobody else why)
            for (choices, why), nobody in found
        ],
        "open": is_open,
        "left_out": len(text.tokens) - len(tokens),
    }


@lru_cache(maxsize=32)
def task_settings(stream: TaskStream) -> Mapping[str, Any]:
    """Return a line of a task's text, and how many tokens the best guess at each place needs."""
    shown, read = excerpt(stream), TokenStream.from_tokens(Tokens(*stream.texts()))
    ids = read.vocab.numericalize([each.token for each in shown.places]).tolist()
    found = zip(shown.places, guesses(ids, read, first=0), strict=True)
    return {
        "words": [(each.token, "task", at) for each, at in zip(shown.places, ids, strict=True)],
        "guesses": [
            (choices, f"{why_sentence(place)} {why}", needs_sentence(place, before))
            for before, (place, (choices, why)) in enumerate(found)
        ],
        "needed": [each.needed for each in shown.places],
        "at": shown.at,
    }


def _typed(text: str) -> Mapping[str, Any]:
    return _settings(own_tokens(text, human_numbers_stream().vocab), NOTEBOOK)


EXAMPLES = {
    "ready": Example(settings=lambda: _typed("3045, 3046")),
    "long": Example(settings=lambda: _typed("4318 to 4340")),
    "task": Example(settings=lambda: task_settings(TaskStream.of("recall", {}))),
}


def _state(settings: Mapping[str, Any]) -> Entries:
    if "at" in settings:
        return {"read": replace(AT, first=settings["at"])}
    return {"read": READ.within(len(settings["words"]) - 1)}


GUESS = Picture(
    __file__,
    Place("data_guess", "249px", "343px"),
    silent=True,
    state=_state,
    examples=EXAMPLES,
)


def _asks(text: OwnTokens, choice: TextChoice, record: RunRecord | None) -> list[Ask]:
    """Ask for the guesses of a run's last network, if the run has learned from this text."""
    if record is None or not record.snapshots:
        return []
    config = record.config
    if (config.corpus, config.split) != (choice.corpus, choice.split):
        return []
    words = corpus_of(choice).joined(text.tokens[:MOST])
    params = {"text": words[:LONGEST_TEXT], "n": 0}
    return [Ask(READING_VIEW, params, at="last", run=record.id, late=True)]


def guess_line(
    key: str, text: OwnTokens, choice: TextChoice, record: RunRecord | None = None
) -> None:
    """Draw the beginning of a text; the guesses of a run's network come later."""
    settings = _settings(text, Choice(choice.corpus, choice.split))
    GUESS(key=key, asks=_asks(text, choice, record), settings=settings)
