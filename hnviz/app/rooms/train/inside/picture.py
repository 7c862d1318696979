"""Answers by kind of token at an epoch, whole numbers counted at some snapshots, worst places."""

from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.rooms.train.inside.worst import CHOICES, WORST_VIEW
from hnviz.figures.numbers import accuracy
from hnviz.figures.split_words import split_words
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View
from hnviz.web.state import CurrentRun

GIVEN = 3  # numbers given before the one to say


def _whole_numbers(look: Look) -> Reply:
    """Return the shares of whole next numbers that are right, of train's and of valid's."""
    meta = look.ask("counting_accuracy", {"given": look.params["given"]}).meta
    inside, beyond = meta["train"], meta["valid"]
    words = split_words(look.run.record.config)
    sentence = (
        f"Whole next numbers: **{accuracy(inside)}** right {words.on_train}, "
        f"**{accuracy(beyond)}** {words.on_valid}."
    )
    return Reply({}, {"train": inside, "valid": beyond}, sentence)


NUMBERS_VIEW = View(
    "whole_numbers", {"given": Param("int", GIVEN, 1, 5)}, _whole_numbers, slow=True
)

EXAMPLES = {
    "ready": Example("Model5", [ask(WORST_VIEW, at="rest")], CHOICES),
    # Its numbers are named at more length.
    "long": Example("Model5-blocks", [ask(WORST_VIEW, at="rest")], CHOICES),
}

INSIDE = Picture(
    __file__,
    Place("train_inside", "640px", "900px"),
    views=(NUMBERS_VIEW, WORST_VIEW),
    silent=True,
    examples=EXAMPLES,
)


def inside(run: CurrentRun) -> None:
    """Draw the picture; without a snapshot there are no places to list."""
    asks = [ask(WORST_VIEW, at="rest")] if run.is_live or run.record.snapshots else []
    INSIDE(run=run.record.id, asks=asks, settings=CHOICES)
