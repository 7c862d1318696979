"""Answers by kind of token, epoch by epoch, and whole numbers counted at some snapshots."""

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.figures.numbers import accuracy
from hnviz.figures.split_words import split_words
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View

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
    "ready": Example("Model5"),
    "long": Example("Model5-blocks"),  # its numbers are named at more length
}

INSIDE = Picture(
    __file__,
    Place("train_inside", "831px", "1445px"),
    views=(NUMBERS_VIEW,),
    silent=True,
    examples=EXAMPLES,
)
