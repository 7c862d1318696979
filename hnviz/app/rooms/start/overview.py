"""The Start page's ladder of six models, and what it runs on."""

import streamlit as st

from hnviz.app.kit.text import escape, page_theme
from hnviz.app.run.engine import info, store
from hnviz.catalogue import CATALOGUE
from hnviz.data import human_numbers_stream
from hnviz.figures.ladder import LadderRow, ladder, recipe_step
from hnviz.runs import DamagedRun, RunNotFound, notebook_table


def ladder_rows() -> list[LadderRow]:
    """Return a row a model: the shipped run's last accuracies and the notebook's."""
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
    """Return the notebook's last accuracy; it has none of a model of one's own."""
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
        return "The shipped runs are missing; the triangles are the notebook's accuracies."
    return (
        f"From {first.model} to {last.model} the accuracy on valid goes from **{first.valid:.2f}** "
        f"to **{last.valid:.2f}**; the notebook has {first.notebook:.2f} and {last.notebook:.2f}. "
        "Here single words count, above whole numbers. Not every step changes the network "
        "alone: Model2 to Model3 also raises lr 30 times. "
        "(One run each, seed 0, batch norm starting at ones.)"
    )


def ladder_picture() -> None:
    """Draw the ladder below its sentence."""
    rows = ladder_rows()
    st.markdown(ladder_sentence(rows))
    st.html(ladder(rows, page_theme()))


def machine_line() -> None:
    """Say what it runs on, as soon as the engine has told it."""
    is_known = info() is not None
    st.fragment(_machine_line, run_every=None if is_known else 1.0)(is_known)


def _machine_line(was_known: bool) -> None:
    known = info()
    if known is None:
        st.markdown(":gray[:small[The engine is starting; its device and versions follow.]]")
        return
    if not was_known:
        st.rerun()  # which ends the clock
    versions = ", ".join(f"{name} {number}" for name, number in known.versions.items())
    devices = " and ".join(
        f"{each} ({known.device_names.get(each, each)})" for each in known.devices
    )
    runs = "1 run" if known.max_trainers == 1 else f"{known.max_trainers} runs"
    line = f"Trains on {devices}, {runs} at a time. {versions}."
    st.markdown(f":gray[:small[{escape(line)}]]")
