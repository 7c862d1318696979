"""The run in view: picked in the sidebar, kept in the address, the same on every page."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, tzinfo
from functools import lru_cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from hnviz.app.kit.fields.picture import controls
from hnviz.app.kit.text import escape, linked, problem
from hnviz.app.run import made
from hnviz.app.run.names import Named, labels
from hnviz.app.run.start import start, train_button, whose
from hnviz.app.run.text import CurrentRun
from hnviz.app.shell import session as state
from hnviz.app.shell.server import server
from hnviz.config import ConfigError, RunConfig
from hnviz.figures.sentences import as_sentence
from hnviz.models.catalogue import FIRST_RUN
from hnviz.runs import DamagedRun, RunFolder, RunNotFound
from hnviz.runs.folder import read_label
from hnviz.sweeps.store import SweepStore
from hnviz.web.live import LISTED


def run_picker() -> None:
    """Draw the picker of runs, on every page, and keep its run in the address.

    Not bound to the address: Streamlit would write the label there in place of the id.
    """
    ids = server().store.ids()
    default = FIRST_RUN if FIRST_RUN in ids else next(iter(ids), None)
    run = state.choose_run(ids, default)
    offered = server().store.ids(LISTED, SweepStore(server().store.root).run_ids())
    if run and run not in offered:  # an older one or one of a sweep, by a link
        offered = [run, *offered]
    names = _names(offered)
    st.selectbox(
        "Run shown on all pages",
        offered,
        index=offered.index(run) if run else None,
        key=state.RUN,
        format_func=lambda each: names.get(each, each),
        on_change=state.forget_lost_run,
        placeholder="no run yet",
        help="A run is one training of one model. It consists of training steps: each reads one "
        "mini-batch and updates the weights once.",
    )
    state.keep_run(default)
    lost = state.lost_run()
    if lost:
        problem(f"There is no run named {lost!r}; this one is shown instead.")


def _offer(lost: str) -> None:
    """Offer to train a run that a link names and this machine lacks; the link only shows."""
    text = state.lost_settings()
    if not text:
        return
    try:
        config = made.read(text)
    except ConfigError as error:
        problem(f"The link cannot say how {lost!r} was made: {error}")
        return
    changes = made.differences(config)
    recipe = f"{config.called}, its recipe" + (f" with {changes}" if changes else "")
    with controls("lost_train_fields") as row:
        train_button(
            row,
            "Train it here, with the same settings",
            "lost_train",
            partial(_train, config),
            help=f"{recipe}. The same settings give the same run.",
        )
    st.caption(escape(f"The link says how it was made: {recipe}."))
    problem(state.get(state.LOST_ERROR))


def _train(config: RunConfig) -> None:
    run_id = start(state.LOST_ERROR, config)
    if run_id is not None:
        state.show_run(run_id)


def _names(ids: Sequence[str]) -> dict[str, str]:
    """Name the runs, with times of the reader's own clock."""
    zone: tzinfo = UTC
    with suppress(ZoneInfoNotFoundError, ValueError):  # a name that is not known here
        zone = ZoneInfo(st.context.timezone or "UTC")
    return labels([_named(run_id) for run_id in ids], zone, time.time())


def _named(run_id: str) -> Named:
    try:
        folder = server().store.folder(run_id)
        named = _read(folder.path, shipped=folder.shipped)
        given = "" if folder.shipped else read_label(folder.path).name
        return replace(named, whose=whose(run_id), given=given)
    except RunNotFound:  # deleted meanwhile
        return Named(run_id)
    except DamagedRun as error:
        return Named(run_id, problem="model not loaded" if error.unknown_model else "damaged")


@lru_cache(maxsize=1024)  # neither a run's settings nor its start ever change
def _read(path: Path, *, shipped: bool) -> Named:
    folder = RunFolder(path, shipped=shipped)
    return Named(folder.id, folder.config, folder.created, shipped)


def run_in_view() -> CurrentRun | None:
    """Return the run in view; None, with a sentence in its place, when it cannot be read."""
    if lost := state.lost_run():  # also here: on a phone the sidebar is shut
        problem(f"There is no run named {lost!r}; {state.get(state.RUN)} is shown instead.")
        _offer(lost)
    run_id = state.get(state.RUN)
    if run_id is None:
        linked("There is no run yet. Press Train on the [Train](train) page to make one.")
        return None
    try:
        found = server().current(run_id)
        server().store.folder(run_id).check_sources()
        return found
    except (RunNotFound, DamagedRun) as error:
        st.error(escape(f"{as_sentence(str(error))} Pick another run."))
        return None
