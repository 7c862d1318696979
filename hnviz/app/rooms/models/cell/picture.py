"""How one unit gets its state, at each token of a mini-batch's first row."""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from hnviz.app.kit.drawn import MODE, look_of
from hnviz.app.kit.picture import Example, Picture, Place, ask
from hnviz.app.kit.tabled import Cell, Tabled
from hnviz.data import stream_of
from hnviz.figures.cell import GATE_NAMES, cell_sentence, equations, token_places, unit_line
from hnviz.models.catalogue import entry
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View
from hnviz.web.http import Refusal

FIRST_UNIT = 16  # of the pre-trained Model5: it keeps its position in the number
FIRST_STEP = 3
NAMES = {
    **GATE_NAMES,
    "before": "old state",
    "torch": "torch's own result",
    "cell_before": "old cell",
    "cell_after": "new cell",
}
CELLS = ("RNN", "GRU", "LSTM")
"""The layers of torch.nn whose unit can be followed."""


def cell_of(model: str) -> str | None:
    """Name the one of CELLS that a model has; None for a model whose step is written out."""
    return next((part.kind for part in entry(model).parts if part.kind in CELLS), None)


def _cell(look: Look) -> Reply:
    """Return, for one unit, its line as SVG, and for each token a sentence and its equations.

    meta: "line", the drawing; "x", where each token is in it, in its own units; "words";
    "sentences" and "equations" (HTML, one for each gate), a list for each token.
    """
    model = look.run.record.config.model
    layer, unit = look.params["layer"], look.params["unit"]
    last = entry(model).n_layers - 1
    if layer > last:
        raise Refusal(f"layer must be from 0 to {last} for {model}; got {layer}")
    layer = last if layer < 0 else layer
    found = look.ask("cell", {"layer": layer, "unit": unit, "row": 0})
    kind = found.meta["kind"]
    arrays = {name: values for name, values in found.arrays.items() if name != "ids"}
    itos = stream_of(look.run.record.config).vocab.itos
    words = [itos[index] for index in found.arrays["ids"].tolist()]
    sentences = [cell_sentence(arrays, kind, unit, step, word) for step, word in enumerate(words)]
    first = min(FIRST_STEP, len(words) - 1)
    meta = {
        "words": words,
        "sentences": sentences,
        "equations": [equations(arrays, kind, step) for step in range(len(words))],
        "line": unit_line(arrays, words, look_of(look)),
        "x": token_places(len(words)),
        "first": first,
        "tables": [_table(arrays, words, unit).sent],
    }
    return Reply({}, meta, sentences[first])


def _table(arrays: Mapping[str, NDArray[Any]], words: Sequence[str], unit: int) -> Tabled:
    """Tabulate every number of the equations, one row for each token."""
    rows: list[list[Cell]] = [
        [step, word, *(float(values[step]) for values in arrays.values())]
        for step, word in enumerate(words)
    ]
    return Tabled(f"Unit {unit}, token by token", ["step", "word", *map(_named, arrays)], rows)


def _named(array: str) -> str:
    """Name a number of the equations: "input_n" is the input's part of the candidate."""
    if array in NAMES:
        return NAMES[array]
    part, _, whole = array.rpartition("_")
    name = NAMES.get(whole, "new state")
    return f"{part} part of the {name}" if part else name


CELL_VIEW = View(
    "one_unit",
    {"layer": Param("int", -1, low=-1), "unit": Param("int", FIRST_UNIT, low=0), "mode": MODE},
    _cell,
)

EXAMPLES = {
    "ready": Example("Model5", [ask(CELL_VIEW, at="end")]),
    "long": Example("Model5", [ask(CELL_VIEW, at="end", layer=0, unit=0)]),
    "four gates": Example("LSTM", [ask(CELL_VIEW, at="end")]),
}

CELL = Picture(
    __file__,
    Place("models_unit_line", "432px"),
    views=(CELL_VIEW,),
    silent=True,
    examples=EXAMPLES,
)
