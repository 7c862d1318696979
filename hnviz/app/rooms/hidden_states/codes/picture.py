"""What each unit codes, beside its untrained twin, and the picked unit over the words."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.rooms.hidden_states.stretch import DEFAULT_PHRASE, TEXT_PARAMS, stretch_in
from hnviz.app.rooms.hidden_states.units.picture import LAYER, layer_of, untrained_codes
from hnviz.data.places import LABELS, SLOTS, places
from hnviz.figures import code_text
from hnviz.figures.code_text import Codes
from hnviz.figures.state_text import full_colour
from hnviz.questions.view import Look, Reply, View

LONGEST = 44  # tokens of the unit's line: more rows of words would hide the page below


def _codes(look: Look) -> Reply:
    """Return how much each of LABELS explains of each unit, and the units over the first words.

    "explained" and "untrained", float32 (nh, 5); "means", float32 (47, nh), nan for a value that
    does not occur; "values", float32 (nh, n_words); "tracks", int8 (5, n_words), -1 for none.
    """
    stretch, layer = stretch_in(look), layer_of(look)
    model = look.run.record.config.model
    found = look.ask("unit_codes", {"layer": layer})
    line = look.ask("units", {**stretch.asked, "layer": layer})
    untrained = untrained_codes(look, layer)
    measured = Codes(
        step=look.step,
        explained=found.arrays["explained"],
        twin=untrained,
        chance=found.meta["chance"],
        n_tokens=found.meta["n_tokens"],
    )
    words = stretch.tokens[:LONGEST]
    at = places(words)
    means, values = found.arrays["means"], line.arrays["values"]
    arrays: dict[str, NDArray[Any]] = {
        "explained": found.arrays["explained"].astype(np.float32),
        "means": means.astype(np.float32),
        "values": values[:, : len(words)].astype(np.float32),
        "tracks": np.stack([at.label(name) for name in LABELS]).astype(np.int8),
    }
    if untrained is not None:
        arrays["untrained"] = untrained.astype(np.float32)
    meta = {
        "labels": LABELS,
        "slots": SLOTS,
        "order": found.meta["order"],
        "scale": full_colour(model, "state", np.append(values, np.nan_to_num(means))),
        "words": words,
        "left_out": len(stretch.tokens) - len(words),
        "note": code_text.codes_note(measured),
    }
    return Reply(arrays, meta, code_text.codes_sentence(model, measured))


CODES_VIEW = View("codes", {**TEXT_PARAMS, "layer": LAYER}, _codes, slow=True)

EXAMPLES = {
    "ready": Example("Model5", [ask(CODES_VIEW, at="rest", text=DEFAULT_PHRASE)]),
    "long": Example("Model5", [ask(CODES_VIEW, at="rest", split="valid", first=0, n=2000)]),
}

CODES = Picture(
    __file__,
    Place("states_codes", "875px", "1757px"),
    views=(CODES_VIEW,),
    examples=EXAMPLES,
)
