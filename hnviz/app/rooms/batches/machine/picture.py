"""The rows of a mini-batch as a network reads them: words, cells, and the next word of each.

It shows the rows around the cell of the address, ``?cell=2-0-66``, and moves the mark "cell",
which the grid follows. Play reads on, through the mini-batches.
"""

import re

import numpy as np
import streamlit as st

from hnviz.app.kit.picture import Ask, Example, Picture, Place, ask
from hnviz.app.kit.text import escape, prose
from hnviz.app.rooms.batches.reading import LARGE, SMALL, Reading, Size, cut, reading_of
from hnviz.data import corpus_of
from hnviz.data.stream import SPLITS
from hnviz.figures.state_text import full_colour
from hnviz.models.catalogue import entry
from hnviz.questions.params import Param
from hnviz.questions.view import Look, Reply, View
from hnviz.web.state import CurrentRun

ROWS = 4  # shown at once
FULL = 127  # of an int8: full colour
MOST = 512  # rows or steps
_CELL = re.compile(r"(\d{1,9})-(\d{1,9})-\d{1,9}")


def _rows(look: Look) -> Reply:
    """Answer the question "rows", with cells in place of numbers.

    arrays: "x", "y", "best" and "shares" as the question has them; "cells", int8 (n_layers, R,
    S + 1, nh): each number as a share of the value that has full colour, 127 for all of it. meta
    besides the question's: "model"; "carries", whether its state goes on to the next mini-batch;
    "attends", whether it has no state that goes on; "level" of the tokens: "word", "char" or "bpe".
    """
    config = look.run.record.config
    answer = look.ask("rows", {**look.params, "rows": ROWS})
    arrays, net = dict(answer.arrays), entry(config.model)
    states = arrays.pop("states")
    shares = states / full_colour(config.model, "state", states)
    arrays["cells"] = np.rint(FULL * shares.clip(-1, 1)).astype(np.int8)
    known = {"carries": net.stateful, "attends": net.attends, "level": corpus_of(config).level}
    return Reply(arrays, {**answer.meta, **known, "model": config.called})


ROWS_VIEW = View(
    "machine_rows",
    {
        "split": Param(SPLITS, SPLITS[0]),
        "bs": Param("int", SMALL.bs, low=1, high=MOST),
        "bptt": Param("int", SMALL.bptt, low=1, high=MOST),
        "random": Param("bool", False),
        "batch": Param("int", 0, low=0),
        "first": Param("int", 0, low=0, high=MOST),
    },
    _rows,
)


def _asks(reading: Reading, cell: str = "") -> list[Ask]:
    layout = cut(reading)
    size = {"bs": layout["bs"], "bptt": layout["bptt"], "random": layout["shuffled"]}
    batch, first = _place(reading, cell)
    return [ask(ROWS_VIEW, split=reading.text.name, batch=batch, first=first, **size)]


def _place(reading: Reading, cell: str) -> tuple[int, int]:
    """Return the mini-batch and the first row of those that are shown: the ones of a cell."""
    found = _CELL.fullmatch(cell)
    batch, row = map(int, found.groups()) if found else (0, 0)
    row = min(row, reading.layout.bs - 1)
    return min(batch, reading.layout.n_batches - 1), row - row % ROWS


def _example(model: str, size: Size, cell: str = "", split: str = "train") -> Example:
    reading = reading_of(split, size)
    return Example(model, _asks(reading, cell), cut(reading))


EXAMPLES = {
    "ready": _example("Model5", SMALL),
    "long": _example("LSTM", LARGE, "2-9-0", "valid"),
    "window": _example("Model1", Size(4, 8), "3-0-0"),
    "attention": _example("Transformer", Size(3, 8)),
}

MACHINES = Picture(
    __file__,
    Place("batches_machine", "430px", "550px"),
    views=(ROWS_VIEW,),
    silent=True,
    examples=EXAMPLES,
)


def row_machines(reading: Reading, run: CurrentRun | None) -> None:
    """Draw them, or say why the run in view cannot read this text."""
    if run is None:
        return
    config = run.record.config
    if (config.corpus, config.split) != (reading.choice.corpus, reading.choice.split):
        name = escape(run.record.id)
        prose(f"{name} has learned from another text. Choose a run of this one to see it read.")
        return
    asks = _asks(reading, st.query_params.get("cell", ""))
    MACHINES(run=run.record.id, asks=asks, settings=cut(reading))
