"""The headline: one sentence with a picture's own numbers, from the picture's view."""

from collections.abc import Mapping
from typing import Any

from hnviz.app.kit.picture import Ask, Example, Picture, Place, ask
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View


def _sample(look: Look) -> Reply:
    """Say how far a run is, `times` times: the gallery's sentence, which no page asks for."""
    said = f"After {look.step:,} steps, **{look.run.record.config.called}** has a snapshot. "
    return Reply({}, sentence=(said * look.params["times"]).strip())


SAMPLE = View("headline_sample", {"times": Param("int", 1, low=1, high=9)}, _sample)
EXAMPLES = {
    "ready": Example("Model5", [ask(SAMPLE)]),
    "long": Example("Model5", [ask(SAMPLE, times=6)]),
    "chosen": Example("Model5", [ask(SAMPLE)], {"controls": {"step": {}}}),
}

HEADLINE = Picture(__file__, Place("*_headline", "60px", "90px"), examples=EXAMPLES)


def headline(key: str, run: str, asked: Ask, begun: str, **controls: Mapping[str, Any]) -> None:
    """Show the sentence of a view's answer; until it comes, `begun` says what hnviz does.

    `controls` are the numbers that a reader may choose, as controls.js names them: "step", "unit",
    or "batch" with the mini-batch's entry and `before`, how many more the question is about.
    """
    HEADLINE(key=key, run=run, asks=[asked], settings={"begun": begun, "controls": controls})
