"""The lanes: state forward, gradient backward, scissors; untrained beside trained."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.kit.state import Whole
from hnviz.config import RunConfig
from hnviz.data import BatchLayout, stream_of
from hnviz.figures.reaches import longest_way
from hnviz.figures.time_text import takeaway
from hnviz.models.catalogue import CATALOGUE, called, entry
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View

WINDOWS = 3
BEFORE = WINDOWS - 1  # mini-batches before the one whose gradient is followed back
BATCH = Whole(
    name="time_batch",
    page="Learn back",
    low=BEFORE,
    high=50828,
    first=7,
    meaning="the mini-batch whose gradient is followed back, through two before it",
)
MEASURED = ("batches", "bptt", "bs", "loss", "n_before")


def _lanes(look: Look) -> Reply:
    """Return the norm of dLoss/dh after each step of three mini-batches, an array for each lane.

    "reset"; "detach" and "keep" of a model that carries its state; "untrained", with nothing cut,
    if the run stored that network: float64 (3 * bptt,), 0 where there is no gradient. meta:
    "model"; "every", whether all steps have a loss; "answers_every", whether the model answers
    after each step; "words", those that the first row reads, one for each step; MEASURED, as in
    "state_gradients". The sentence is about the last step's loss.
    """
    params = {"first": _first(look), "every": look.params["every"]}
    found, model = look.ask("state_gradients", params), look.run.record.config.model
    lanes = {**found.arrays, **_untrained(look, params)}
    meta: dict[str, Any] = {
        "model": called(model),
        "every": params["every"],
        "answers_every": entry(model).predicts == "every",
        **{name: found.meta[name] for name in MEASURED},
        "words": _words(look, found.meta["batches"][0], len(lanes["reset"])),
    }
    return Reply(
        lanes,
        meta,
        "" if params["every"] else takeaway(called(model), lanes, look.step, found.meta),
    )


def _words(look: Look, batch: int, n: int) -> list[str]:
    """Return the `n` words that a mini-batch's first row reads, and its next ones'."""
    config = look.run.record.config
    stream = stream_of(config)
    first = batch * config.bptt
    ids = stream.train[np.arange(first, first + n) % len(stream.train)]
    return [stream.vocab.itos[index] for index in ids.tolist()]


def _untrained(look: Look, params: dict[str, Any]) -> dict[str, NDArray[np.floating]]:
    """Return the norms of the run's first snapshot, if that is untrained, with nothing cut."""
    if look.step and 0 not in look.run.record.snapshots:
        return {}
    ways = look.ask("state_gradients", params, step=0).arrays
    return {"untrained": ways[longest_way(ways)]}


def _first(look: Look) -> int:
    config = look.run.record.config
    first: int = look.params["first"]
    return batch_of(config).first - BEFORE if first < 0 else first


def n_batches(config: RunConfig) -> int:
    """Count the mini-batches of a run's train text."""
    return BatchLayout(len(stream_of(config).train), config.bs, config.bptt).n_batches


def batch_of(config: RunConfig) -> Whole:
    """Return the entry of the mini-batch, up to the last one that the run's text has."""
    return BATCH.within(max(BEFORE, n_batches(config) - 1))


def chosen_batch(config: RunConfig) -> dict[str, Any]:
    """Return that entry for the headline; `before`: how many mini-batches it asks about as well."""
    return {**batch_of(config).sent(), "before": BEFORE}


def _second_backward(look: Look) -> Reply:
    """Return torch's error at a second backward through an uncut graph: meta "error"."""
    return Reply({}, look.ask("second_backward").meta)


_PARAMS = {
    "first": Param("int", -1, low=-1),  # -1 is the page's default
    "every": Param("bool", False),
}
LANES_VIEW = View("lanes", _PARAMS, _lanes)
SECOND_VIEW = View("second_backward", {}, _second_backward)


def settings_for(config: RunConfig, models: Sequence[str]) -> dict[str, Any]:
    """Return what the page hands to the picture."""
    last = batch_of(config).high
    return {"model": config.model, "models": list(models), "last": last, "before": BEFORE}


def _example(run: str, **params: Any) -> Example:
    lanes, second = ask(LANES_VIEW, **params), ask(SECOND_VIEW, at="end", late=True)
    asks = [lanes, second] if entry(run).stateful else [lanes]
    config = RunConfig.for_model(run)
    return Example(run, asks, settings_for(config, list(CATALOGUE)))


EXAMPLES = {
    "ready": _example("Model5"),
    "long": _example("Model0"),  # 313 mini-batches, and no state between them
}

LANES = Picture(
    __file__,
    Place("time_lanes", "677px", "1008px"),
    views=(LANES_VIEW, SECOND_VIEW),
    isolate=False,
    silent=True,
    state=lambda settings: {"batch": BATCH.within(settings["last"])},
    examples=EXAMPLES,
)
