"""The list of runs: any browser may open, follow or stop any of them."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from hnviz.app.run.engine import engine, store
from hnviz.app.shell import session as state
from hnviz.engine.client import Job, live_status
from hnviz.figures.sentences import plural
from hnviz.runs import RunSummary

MARKS = {
    "running": "● running",
    "paused": "‖ paused",
    "queued": "… queued",
    "finished": "✓ finished",
    "stopped": "■ stopped",
    "interrupted": "! interrupted",
    "diverged": "✗ diverged",
    "failed": "✗ failed",
    "damaged": "✗ damaged",
}
"""A status in a list: a mark and a word, never colour alone."""

_AT_MOST = 50  # own runs in the list; older ones stay on disk and keep their links
TICK = 4.7  # seconds between two looks, while a run trains or waits


def run_list(key: str) -> None:
    """Draw the runs, newest first; picking a line brings that run into view."""
    moves = any(job.status != "paused" for job in engine().jobs())
    st.fragment(_run_list, run_every=TICK if moves else None)(key)


def _run_list(key: str) -> None:
    if state.pop(state.RERUN, False):
        st.rerun()  # another run was picked, which all of the page looks at
    everything = store().summaries()
    own = [line for line in everything if not line.shipped][:_AT_MOST]
    lines = own + [line for line in everything if line.shipped]
    table = frame(lines, {job.run_id: job for job in engine().jobs()})
    st.dataframe(
        table,
        hide_index=True,
        height=min(420, 37 + 35 * max(1, len(lines))),
        key=key,
        on_select=lambda: _open(key, lines),
        selection_mode="single-row",
        placeholder="",
        column_config={  # together as wide as a page of 1280 px has room for
            "run": st.column_config.TextColumn(width=204),
            "settings": st.column_config.TextColumn(width=222),
            "state": st.column_config.TextColumn(width=98),
            "step": st.column_config.TextColumn(alignment="right", width=96),
            "valid loss": st.column_config.NumberColumn(format="%.3f", width=80),
            "accuracy": st.column_config.NumberColumn(format="%.3f", width=76),
            "on train": st.column_config.NumberColumn(format="%.3f", width=70),
            "link": st.column_config.LinkColumn(display_text="open", width=50),
        },
        # A remark is rare, and its column would push the links out of sight.
        column_order=[name for name in map(str, table) if name != "remark" or any(table["remark"])],
    )


def frame(lines: Sequence[RunSummary], jobs: Mapping[str, Job]) -> pd.DataFrame:
    """Tabulate summaries; `jobs` holds the engine's word on runs that it has in hand."""
    return pd.DataFrame(
        {
            "run": [line.id for line in lines],
            "settings": [_settings(line) for line in lines],
            "state": [_state(line, jobs) for line in lines],
            "step": [_steps(line) for line in lines],
            "valid loss": pd.Series([line.valid_loss for line in lines], dtype="float64"),
            "accuracy": pd.Series([line.accuracy for line in lines], dtype="float64"),
            "on train": pd.Series([line.train_accuracy for line in lines], dtype="float64"),
            "link": [f"/train?run={line.id}" for line in lines],
            "remark": [_remark(line) for line in lines],
        }
    )


def _state(line: RunSummary, jobs: Mapping[str, Job]) -> str:
    if line.shipped and line.status == "finished":
        return "◆ shipped"
    status = line.status
    if not line.problem:  # as on the run's own page
        status = live_status(line.status, jobs.get(line.id))
    return MARKS.get(status, status)


def _remark(line: RunSummary) -> str:
    """Say what is wrong with a run; how a run ended as it should stands in the other columns."""
    return line.problem or (line.message if line.status in ("diverged", "failed") else "")


def _steps(line: RunSummary) -> str:
    return f"{line.step:,} of {line.n_steps:,}" if line.n_steps else ""


def _settings(line: RunSummary) -> str:
    config = line.config
    if config is None:
        return ""
    epochs = plural(config.epochs, "epoch")
    return f"seed {config.seed}, bptt {config.bptt}, lr {config.lr:g}, {epochs}"


def _open(key: str, lines: Sequence[RunSummary]) -> None:
    rows = state.get(key).selection.rows
    if rows and not lines[rows[0]].problem:
        state.show_run(lines[rows[0]].id)
        state.put(state.RERUN, True)
