"""The lanes: state forward, gradient backward, scissors; untrained beside trained."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.app.kit.drawn import MODE, look_of
from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.kit.tabled import Tabled
from hnviz.config import RunConfig
from hnviz.data import BatchLayout, stream_of
from hnviz.figures.lanes import NARROW
from hnviz.figures.scissors import (
    LANE_WIDE,
    Passes,
    lane,
    lanes_head,
    longest_way,
    scissors_legend,
)
from hnviz.figures.theme import Theme
from hnviz.figures.time_text import lane_sentences, passes_note, takeaway
from hnviz.models.catalogue import CATALOGUE, entry
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View

FIRST = 5  # the first of the three mini-batches
WINDOWS = 3
SIZES = {"wide": LANE_WIDE, "narrow": NARROW}


def _lanes(look: Look) -> Reply:
    """Draw each lane on its own, so that the browser alone marks the one that a reader chooses.

    meta: "head" and "lanes", the drawings, "wide" and "narrow" each, and of a lane its "id",
    "name" and "why"; "sentences" by lane, "" if none is chosen; "legend" and "note". The takeaway
    is about the last step's loss, whatever `every` is.
    """
    params = {"first": _first(look), "every": look.params["every"]}
    found = look.ask("state_gradients", params)
    passes = Passes(
        model=look.run.record.config.model,
        batches=tuple(found.meta["batches"]),
        bptt=found.meta["bptt"],
        bs=found.meta["bs"],
        every=params["every"],
        lanes={**found.arrays, **_untrained(look, params)},
    )
    nearest = {passes.names(each)[0]: passes.lanes[each][-1] for each in passes.ordered()}
    n_before, theme = found.meta["n_before"], look_of(look)
    meta: dict[str, Any] = {
        "head": {name: lanes_head(passes, theme, width) for name, width in SIZES.items()},
        "lanes": [_lane(passes, each, theme) for each in passes.ordered()],
        "sentences": lane_sentences(passes.lanes, passes.bptt, passes.every),
        "legend": scissors_legend(theme, passes.every),
        "tables": [_table(passes).sent],
        "note": passes_note(passes.batches, passes.bs, found.meta["loss"], n_before, nearest),
    }
    said = "" if passes.every else takeaway(passes.model, passes.lanes, look.step)
    return Reply({}, meta, said)


def _table(passes: Passes) -> Tabled:
    """Tabulate the norms, one row for each step of the three mini-batches."""
    lanes = {f"{passes.names(each)[0]}|norm": passes.lanes[each] for each in passes.ordered()}
    steps = range(len(passes.batches) * passes.bptt)
    rows = [
        [passes.batches[at // passes.bptt], at % passes.bptt]
        + [float(norms[at]) for norms in lanes.values()]
        for at in steps
    ]
    return Tabled("The gradient of the loss by the state", ["mini-batch", "step", *lanes], rows)


def _lane(passes: Passes, name: str, theme: Theme) -> dict[str, str]:
    named, why = passes.names(name)
    drawings = {size: lane(passes, name, theme, width) for size, width in SIZES.items()}
    return {"id": name, "name": named, "why": why, **drawings}


def _untrained(look: Look, params: dict[str, Any]) -> dict[str, NDArray[np.floating]]:
    """Return the norms of the run's first snapshot, if that is untrained, with nothing cut."""
    if look.step and 0 not in look.run.record.snapshots:
        return {}
    ways = look.ask("state_gradients", params, step=0).arrays
    return {"untrained": ways[longest_way(ways)]}


def _first(look: Look) -> int:
    config = look.run.record.config
    return default_first(config) if (first := look.params["first"]) < 0 else int(first)


def n_batches(config: RunConfig) -> int:
    """Count the mini-batches of a run's train text."""
    return BatchLayout(len(stream_of(config).train), config.bs, config.bptt).n_batches


def default_first(config: RunConfig) -> int:
    """Return the first mini-batch that is shown by default."""
    return max(0, min(FIRST, n_batches(config) - WINDOWS))


def _second_backward(look: Look) -> Reply:
    """Return torch's error at a second backward through an uncut graph: meta "error"."""
    return Reply({}, look.ask("second_backward").meta)


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
    Place("time_lanes", "622px", "955px"),
    views=(LANES_VIEW, SECOND_VIEW),
    isolate=False,
    silent=True,
    examples=EXAMPLES,
)
