"""The lanes: state forward, gradient backward, scissors; untrained beside trained."""

from typing import Any

from hnviz.app.kit.drawn import MODE, look_of
from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.catalogue import CATALOGUE, entry
from hnviz.config import RunConfig
from hnviz.data import BatchLayout, stream_of
from hnviz.figures.lanes import NARROW, WIDE
from hnviz.figures.scissors import Passes, Twin, longest_way, scissors, scissors_legend
from hnviz.figures.theme import Theme
from hnviz.figures.time_text import gradient_sentence, passes_note, takeaway, twin_line
from hnviz.web.views import Look, Param, Shown, View

FIRST = 5  # the first of the three mini-batches
WINDOWS = 3


def _lanes(look: Look) -> Shown:
    """Draw the lanes once for each way between mini-batches, so that the browser switches alone.

    meta: "wide" and "narrow", the drawings by way; "sentences", what each of them shows; "step",
    "legend" and "note". The sentence is about the last step's loss, whatever `every` is.
    """
    params = {"first": _first(look), "every": look.params["every"]}
    found = look.ask("state_gradients", params)
    passes = Passes(
        model=look.run.record.config.model,
        batches=tuple(found.meta["batches"]),
        bptt=found.meta["bptt"],
        bs=found.meta["bs"],
        every=params["every"],
        ways=found.arrays,
        twin=_twin(look, params),
    )
    meta: dict[str, Any] = {
        **_drawings(passes, look_of(look)),
        "sentences": {
            way: gradient_sentence(passes.model, passes.ways, passes.bptt, passes.every, way)
            for way in passes.ways
        },
        "legend": scissors_legend(look_of(look)),
        "note": passes_note(passes.batches, passes.bs, found.meta["loss"], found.meta["n_before"]),
    }
    return Shown({}, meta, "" if passes.every else _takeaway(look, passes))


def _drawings(passes: Passes, theme: Theme) -> dict[str, dict[str, str]]:
    sizes = {"wide": WIDE, "narrow": NARROW}
    return {
        name: {way: scissors(passes, theme, way, width) for way in passes.ways}
        for name, width in sizes.items()
    }


def _other_step(look: Look) -> int | None:
    """Return the untrained network's step; for that network itself, the run's last step."""
    snapshots = look.run.record.snapshots  # a run that has just started has none yet
    other = 0 if look.step else max(snapshots, default=0)
    return other if other != look.step and other in snapshots else None


def _twin(look: Look, params: dict[str, Any]) -> Twin | None:
    """Return the run at the other end of its training."""
    other = _other_step(look)
    if other is None:
        return None
    ways = look.ask("state_gradients", params, step=other).arrays
    norms = ways[longest_way(ways)]
    return Twin(*twin_line(other, norms), norms)


def _takeaway(look: Look, passes: Passes) -> str:
    step = _other_step(look)
    other = (step, passes.twin.norms) if passes.twin and step is not None else None
    return takeaway(passes.model, passes.ways, passes.bptt, look.step, other)


def _first(look: Look) -> int:
    config = look.run.record.config
    return default_first(config) if (first := look.params["first"]) < 0 else int(first)


def n_batches(config: RunConfig) -> int:
    """Count the mini-batches of a run's train text."""
    return BatchLayout(len(stream_of(config).train), config.bs, config.bptt).n_batches


def default_first(config: RunConfig) -> int:
    """Return the first mini-batch that is shown by default."""
    return max(0, min(FIRST, n_batches(config) - WINDOWS))


def _second_backward(look: Look) -> Shown:
    """Return torch's error at a second backward through an uncut graph: meta "error"."""
    return Shown({}, look.ask("second_backward").meta)


_PARAMS = {
    "first": Param("int", -1, low=-1),  # -1 is the page's default
    "every": Param("bool", False),
    "mode": MODE,
}
LANES_VIEW = View("lanes", _PARAMS, _lanes)
SECOND_VIEW = View("second_backward", {}, _second_backward)


def _example(run: str, **params: Any) -> Example:
    lanes, second = ask(LANES_VIEW, **params), ask(SECOND_VIEW, at="end", late=True)
    asks = [lanes, second] if entry(run).stateful else [lanes]
    return Example(run, asks, {"model": run, "models": list(CATALOGUE)})


EXAMPLES = {
    "ready": _example("Model5"),
    "long": _example("Model0"),  # 313 mini-batches, and no state between them
}

LANES = Picture(
    __file__,
    Place("time_lanes", "740px", "994px"),
    views=(LANES_VIEW, SECOND_VIEW),
    isolate=False,
    silent=True,
    examples=EXAMPLES,
)
