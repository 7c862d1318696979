"""The Start page's ladder of six models, and its path through the pages."""

import streamlit as st

from hnviz.app.kit.text import page_theme
from hnviz.app.run.engine import store
from hnviz.app.shell.navigation import page_file
from hnviz.catalogue import CATALOGUE
from hnviz.data import human_numbers_stream
from hnviz.figures.ladder import LadderRow, ladder, recipe_step
from hnviz.runs import DamagedRun, RunNotFound, notebook_table


def ladder_rows() -> list[LadderRow]:
    """Return a row for each model: the pre-trained run's last accuracies and the notebook's."""
    nv = len(human_numbers_stream().vocab)
    rows = []
    for name, model in CATALOGUE.items():
        last = _last_epoch(name)
        rows.append(
            LadderRow(
                model=name,
                title=model.title,
                recipe=recipe_step(name),
                valid=last[0],
                train=last[1],
                notebook=_printed(name),
                n_weights=model.n_weights(nv, model.recipe.nh),
            )
        )
    return rows


def _printed(model: str) -> float | None:
    """Return the notebook's last accuracy; it has none for the user's own model."""
    accuracy = notebook_table(model)["accuracy"]
    return None if accuracy.empty else float(accuracy.iloc[-1])


def _last_epoch(run_id: str) -> tuple[float | None, float | None]:
    try:
        record = store().record(run_id)
    except (RunNotFound, DamagedRun):
        return None, None
    if not record.epochs:
        return None, None
    return record.epochs[-1].accuracy, record.epochs[-1].train_accuracy


def ladder_sentence(rows: list[LadderRow]) -> str:
    """Say where the ladder begins and ends, and what the steps do not share."""
    shown = [row for row in rows if row.notebook is not None]  # the notebook's own ladder
    first, last = shown[0], shown[-1]
    if first.valid is None or last.valid is None:
        return "The pre-trained runs are missing; the triangles are the notebook's accuracies."
    return (
        f"From {first.model} to {last.model} the accuracy on valid goes from **{first.valid:.2f}** "
        f"to **{last.valid:.2f}**; the notebook has {first.notebook:.2f} and {last.notebook:.2f}. "
        "This chart scores words; the cards above score whole numbers. Some steps change more "
        "than the network: Model2 to Model3 also raises lr 30-fold. "
        "(One run each, seed 0, batch norm starting at ones.)"
    )


def ladder_picture() -> None:
    """Draw the ladder below its sentence."""
    rows = ladder_rows()
    st.markdown(ladder_sentence(rows))
    st.html(ladder(rows, page_theme()))


PATH = {
    "data": "**Data**: a text becomes numbers",
    "batches": "**Batches**: how a long text is fed in mini-batches",
    "models": "**Models**: six networks, each with one more idea",
    "train": "**Train**: how the loss falls, and where it stops",
    "states": "**Hidden states**: what it remembers while it reads",
    "predictions": "**Predictions**: what it says next, and what changes that",
    "time": "**Through time**: how far back it learns from",
}
"""What each page shows, by its file."""


def path_of_pages() -> None:
    """Say what hnviz is, and link to every page."""
    st.markdown(
        "hnviz takes fast.ai's human-numbers text, the numbers 1 to 9,999 in words, and the six "
        "models of [its notebook](https://github.com/fastai/course-v3/blob/master/nbs/dl1/lesson7-human-numbers.ipynb)"
        ". Copy a page's link to share what you see."
    )
    with st.container(gap=None):
        for name, label in PATH.items():
            st.page_link(page_file(name), label=label)
