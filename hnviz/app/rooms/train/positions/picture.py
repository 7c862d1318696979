"""Accuracy by position in the window: with the state reset, and kept where a model keeps it."""

from dataclasses import astuple
from functools import lru_cache

from hnviz.app.kit.chart import Chart, charted, charts
from hnviz.app.kit.drawn import MODE, look_of
from hnviz.app.kit.picture import Example, Place, ask
from hnviz.config import RunConfig
from hnviz.data import BatchLayout, split_text
from hnviz.data.stream import SPLITS
from hnviz.figures import ruler_text
from hnviz.figures.ruler import Windows, position_curves
from hnviz.models.catalogue import entry
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View
from hnviz.runs.ruler import (
    MAX_TOKENS,
    Bound,
    PositionBounds,
    possible,
    random_bound,
    text_position_bounds,
)

NEVER = "The first accuracy comes at the end of the first epoch."
NONE = "The loss is no number, so the run has no accuracy."


def _positions(look: Look) -> Reply:
    """Draw what a snapshot reaches at each position, and the bounds of the same slots."""
    config, split = look.run.record.config, look.params["split"]
    ways = ("reset", "kept") if entry(config.model).stateful else ("reset",)
    measured = {}
    for way in ways:
        params = {"split": split, "reset": way == "reset"}
        measured[way] = look.ask("accuracy_by_position", params).arrays["accuracy"]
    windows = Windows(*_bounds(config, split), split, measured, look.step)
    sentence = ruler_text.measured_sentence(config.called, windows)
    return charts(sentence, Chart(position_curves(windows, look_of(look)), marks="position"))


def _last_position(look: Look) -> Reply:
    """Say how a model that answers at one position does there."""
    record = look.run.record
    reached = record.accuracies.valid
    if reached is None:
        return charts(NONE if record.epochs else NEVER)
    config: RunConfig = record.config
    most, once = (float(each[-1]) for each in astuple(_bounds(config, "valid")[0]))
    bound = Bound(config.bptt, possible(config, "valid"), once, most=most)
    random = random_bound(config, "valid", min(config.bptt, 2 * MAX_TOKENS))
    return charts(ruler_text.last_only_sentence(config.called, reached, bound, random))


@lru_cache(maxsize=16)
def _bounds(config: RunConfig, split: str) -> tuple[PositionBounds, PositionBounds]:
    """Return the bounds with the state reset, and kept."""
    text = split_text(split, config)
    layout = BatchLayout(len(text.ids), config.bs, config.bptt)
    reset = text_position_bounds(text, layout, kept=False)
    return reset, text_position_bounds(text, layout, kept=True)


POSITIONS_VIEW = View(
    "positions", {"split": Param(SPLITS, "valid"), "mode": MODE}, _positions, slow=True
)
LAST_VIEW = View("last_position", {"mode": MODE}, _last_position, lasting=False)

EXAMPLES = {
    "ready": Example("Model5", [ask(POSITIONS_VIEW, at="rest")]),
    "long": Example("Model2", [ask(POSITIONS_VIEW, at="rest", split="train")]),
    "last": Example("Model0", [ask(LAST_VIEW, at="rest")]),
}

POSITIONS = charted(
    __file__,
    Place("train_positions", "473px", "527px"),
    POSITIONS_VIEW,
    LAST_VIEW,
    examples=EXAMPLES,
)
