"""The words of the room Count on a model, and its ladder of models."""

import streamlit as st

from hnviz.app.kit.text import page_theme, prose
from hnviz.app.run.text import counted_twice
from hnviz.app.shell.server import server
from hnviz.config import RunConfig
from hnviz.data import human_numbers_stream
from hnviz.figures.ladder import LadderRow, ladder, recipe_step
from hnviz.figures.numbers import accuracy
from hnviz.figures.ruler_text import number
from hnviz.figures.sentences import listed
from hnviz.models.catalogue import CATALOGUE, LADDER, called, entry
from hnviz.runs import RunNotFound, notebook_accuracy
from hnviz.runs.reference import spread_of
from hnviz.runs.ruler import possible

NOTEBOOK = (
    "[fast.ai's human-numbers notebook](https://github.com/fastai/course-v3/blob/master/nbs/dl1/"
    "lesson7-human-numbers.ipynb), which guess the next word of the numbers 1 to 9,999"
)
"""Named and linked here alone."""


def what_it_is(model: str) -> str:
    """Say what kind of network a model is, and what to press."""
    net = entry(model)
    if net.attends:
        return (
            f"{model} is **not a recurrent network**. For each guess it looks at all the words of "
            "its window again, and it keeps no memory. Press **Play**, then choose Model5 to "
            "compare."
        )
    reads = (
        "It reads word by word, keeps a memory and guesses the next word."
        if net.stateful
        else "It reads word by word and guesses the next word; its memory is empty at the start "
        "of each mini-batch."
    )
    return f"{called(model)} is a **recurrent network**. {reads} Press **Play**."


def ladder_rows() -> list[LadderRow]:
    """Return a row for each model: the pre-trained run's last accuracies and the notebook's."""
    nv = len(human_numbers_stream().vocab)
    rows = []
    for name, model in CATALOGUE.items():
        valid, train = last_figures(name)
        spread = spread_of(RunConfig.for_model(name), ())
        rows.append(
            LadderRow(
                model=name,
                title=model.title,
                recipe=recipe_step(name),
                valid=valid,
                train=train,
                seeds=spread.figures["accuracy"] if spread else None,
                notebook=notebook_accuracy(name),
                n_weights=model.n_weights(nv, model.recipe.nh),
            )
        )
    return rows


def last_figures(run_id: str) -> tuple[float | None, float | None]:
    """Return a run's last accuracies on valid and train, from its line in the list of runs."""
    try:
        line = server().store.line(run_id)
    except RunNotFound:
        return None, None
    return line.accuracy, line.train_accuracy


def ladder_sentence(rows: list[LadderRow]) -> str:
    """Say where the ladder begins and ends, and what its chart shows."""
    shown = [row for row in rows if row.notebook is not None]  # the notebook's own ladder
    first, last = shown[0], shown[-1]
    if first.valid is None or last.valid is None:
        return "The pre-trained runs are missing; the triangles are the notebook's accuracies."
    known = number(entry(first.model).recipe.bptt)
    given = accuracy(possible(RunConfig.for_model(first.model), "valid"))
    return (
        "On **valid**, which no network learns from, the share of words guessed right goes "
        f"from **{accuracy(first.valid)}** ({first.model}) to **{accuracy(last.valid)}** "
        f"({last.model}). With {first.model}'s {known} words, a table gets {given} of the same "
        f"answers right. {_seeds(shown)} The chart scores words, the sentence at the top whole "
        f"numbers. {counted_twice(RunConfig.for_model(last.model))}"
    )


def _seeds(rows: list[LadderRow]) -> str:
    """Say where the first and the last model end with other seeds, and which run is an extreme."""
    spreads = [(row, spread_of(RunConfig.for_model(row.model), ())) for row in rows]
    known = [(row, spread) for row, spread in spreads if spread is not None]
    ends = [
        "{1} to {2} ({0})".format(row.model, *map(accuracy, spread.figures["accuracy"]))
        for row, spread in (known[0], known[-1])
    ]
    said = f"Each run is **one seed**; {known[0][1].n} seeds in fastai end at {listed(ends)}."
    places = [(row.model, spread.none_is(row.valid)) for row, spread in known]
    odd = [f"none of {model}'s is {none} than its run here" for model, none in places if none]
    return f"{said[:-1]}; {listed(odd)}." if odd else said


def ladder_picture() -> None:
    """Draw the ladder below its sentence."""
    rows = ladder_rows()
    prose(f"{LADDER[0]} to {LADDER[-1]} are the networks of {NOTEBOOK}. {ladder_sentence(rows)}")
    st.html(ladder(rows, page_theme()))
