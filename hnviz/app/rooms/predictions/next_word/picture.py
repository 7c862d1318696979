"""What the network expected after each word of a prompt, and how much the next one surprised it."""

from math import log2

import numpy as np

from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.rooms.predictions.answers.cells import DRAWS, Answers, Cell
from hnviz.app.rooms.predictions.prompt import read_prompt
from hnviz.data import stream_of
from hnviz.figures.answers import likeliest
from hnviz.figures.offers import without_numbers
from hnviz.figures.sentences import when
from hnviz.figures.word_text import Prompt
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View

TEXT = Param("text")
"""A prompt as it was typed: "4316 to 4318", or words."""


def network(look: Look) -> str:
    """Name the network that a picture is of: "Model5 after 400 steps"."""
    return f"{look.run.record.config.model} {when(look.step, 'before any training')}"


def _reading(look: Look) -> Reply:
    config = look.run.record.config
    given, itos = read_prompt(look.params["text"], config), stream_of(config).vocab.itos
    answer = look.ask("next_word", {"ids": list(given.ids), "n": 1})
    prompt = Prompt(
        network=network(look),
        words=given.tokens,
        ids=given.ids,
        surprise=answer.arrays["surprise"],
        probabilities=answer.arrays["probabilities"],
        itos=itos,
        counts=not without_numbers(config),
    )
    bits = [None, *prompt.surprise.tolist()]
    notes = [*({index: "in the text"} for index in given.ids[1:]), dict[int, str]()]
    pairs = zip(np.asarray(prompt.probabilities), notes, strict=True)
    picture = Answers(
        param="at",
        alt=prompt.sentence,
        cells=[Cell(word=word, bits=bit) for word, bit in zip(given.tokens, bits, strict=True)],
        bars=[likeliest([each], itos, note) for each, note in pairs],
        says=[prompt.position(at) for at in range(len(given.tokens))],
        headlines=[prompt.headline_at(at) for at in range(len(given.tokens))],
        start=prompt.worst,
        full=log2(len(itos)),
        target=True,
        note=_note(look, prompt, answer.meta["window"]),
    )
    return Reply({}, picture.meta, prompt.headline)


def _note(look: Look, prompt: Prompt, window: int | None) -> str:
    if not window:
        return prompt.average
    model = look.run.record.config.model
    reads = f"{model} carries no state: each answer reads only the last {window} tokens."
    return f"{prompt.average} {reads}".strip()


READING_VIEW = View("prompt_surprise", {"text": TEXT}, _reading)

EXAMPLES = {
    "ready": Example("Model5", [ask(READING_VIEW, text="4316 to 4318")]),
    "long": Example("Model5", [ask(READING_VIEW, text="4301 to 4330")]),
}

READING = Picture(
    __file__,
    Place("predictions_reading", "379px", "638px"),
    views=(READING_VIEW,),
    draws=DRAWS,
    silent=True,
    examples=EXAMPLES,
)
