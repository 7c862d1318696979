"""Training on the task in view: the model, its settings, and the run that the page follows."""

from typing import Any

import streamlit as st

from hnviz.app.kit.fields.picture import (
    choice,
    controls,
    put_in,
    text_in,
    whole,
    wrong,
)
from hnviz.app.kit.text import problem
from hnviz.app.rooms.tasks.controls import (
    TASKS_PREFIX,
    WIDTH,
    show_task,
    task_in_hand,
    values_in_hand,
)
from hnviz.app.rooms.tasks.study import BS
from hnviz.app.run.start import goes_on, start, train_button
from hnviz.app.shell import session as state
from hnviz.config import ConfigError, RunConfig
from hnviz.figures.sentences import as_sentence, scientific
from hnviz.models.catalogue import CATALOGUE, FIRST_RUN, entry
from hnviz.runs import RunRecord
from hnviz.tasks.machine import TaskError
from hnviz.tasks.reach import is_task
from hnviz.tasks.task import LENGTH, Number, TaskStream, task_stream

ROW = "tasks_train"
MODEL, BPTT, TOKENS = "tasks_model", "tasks_bptt", "tasks_tokens"
FOLLOWED = "_tasks_followed"  # the run whose task the controls were last set to

WINDOW = Number("bptt", 20, 1, 512, "tokens that gradients reach back over")
RECIPE: dict[str, Any] = {"lr": 1e-2, "epochs": 20, "bs": BS, "nh": 32}
"""How every model is trained here; enough for each task at its smallest size."""


def follow(record: RunRecord) -> None:
    """Set the controls to the task of a run that has come into view; before they are drawn.

    Not if a link asks for something else, nor again after the reader has chosen another task.
    """
    if not is_task(record.config.corpus):
        return
    before = state.get(FOLLOWED)
    state.put(FOLLOWED, record.id)
    asked = any(name.startswith(TASKS_PREFIX) for name in st.query_params)
    if before == record.id or (before is None and asked):
        return
    show_task(task_stream(record.config.corpus))
    if record.config.model in CATALOGUE:
        put_in(ROW, {MODEL: record.config.model})


def bptt_in_hand() -> int | None:
    """Return the bptt of all models, also before it is drawn; None for each recipe's own."""
    held = text_in(ROW, BPTT)
    try:
        return None if not held else WINDOW.checked(held)
    except TaskError:
        return None


def model_in_hand() -> str:
    """Return the model that is chosen, also before the choice is drawn."""
    model = text_in(ROW, MODEL)
    return model if model in CATALOGUE else FIRST_RUN


def training_settings() -> str:
    """Draw the model, bptt and length of the text, and the button; return the model."""
    with controls(ROW) as row:
        model = choice("Model", tuple(CATALOGUE), MODEL, FIRST_RUN)
        _setting(BPTT, WINDOW, "bptt, steps")
        _setting(TOKENS, LENGTH, "Text, tokens", LENGTH.default)
        config, said = _config_in_hand()
        train_button(
            row,
            f"Train {model}",
            "tasks_start",
            _start,
            strong=True,
            off=config is None,
            help=f"Starts a run on this task. {goes_on(config)}",
        )
    problem(said or state.get(state.TASKS_ERROR))
    return model


def _setting(name: str, limits: Number, label: str, default: int | None = None) -> None:
    """Draw a number, with a sentence if it cannot be used."""
    explained = f"{label}: {limits.meaning}."
    value = whole(label, name, default, empty="recipe", width=WIDTH, help=explained)
    try:
        limits.checked(limits.default if value is None else value)
    except TaskError as error:
        wrong(name, str(error))  # it begins with the name on the label


def _config_in_hand() -> tuple[RunConfig | None, str | None]:
    """Return the run that the controls describe at this moment; None, and why, if they do not.

    A typed number and a press on Train may arrive together.
    """
    model, length = text_in(ROW, MODEL) or FIRST_RUN, text_in(ROW, TOKENS) or LENGTH.default
    try:
        given = {**values_in_hand(), "tokens": length}
        corpus = TaskStream.of(task_in_hand(), given).id
        held = text_in(ROW, BPTT)
        bptt = WINDOW.checked(held) if held else None
        return RunConfig.for_model(model, corpus=corpus, bptt=bptt, **RECIPE), None
    except TaskError:
        return None, None  # its field says why
    except ConfigError as error:
        return None, None if error.field == "corpus" else as_sentence(str(error))


def _start() -> None:
    config, _ = _config_in_hand()
    run_id = start(state.TASKS_ERROR, config) if config else None
    if run_id is not None:
        state.show_run(run_id)


def recipe_note(model: str) -> str:
    """Say how the button trains."""
    reads = bptt_in_hand() or entry(model).recipe.bptt
    return (
        f"It trains with bs {RECIPE['bs']}, nh {RECIPE['nh']}, lr {scientific(RECIPE['lr'])}, "
        f"{RECIPE['epochs']} epochs and bptt {reads}."
    )
