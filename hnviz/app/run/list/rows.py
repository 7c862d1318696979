"""What the list of runs shows of each run."""

from collections.abc import Mapping
from typing import Any

from hnviz.app.run.names import rate, shown_name
from hnviz.app.run.start import owner
from hnviz.config import RunConfig
from hnviz.data import NOTEBOOK
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

NOT_LOADED = "? model not loaded"
"""In place of a status: the run is sound, but its model is one that this process does not know."""


BLOCKS_NOTE = "valid holds 100 random blocks of 20 numbers inside the range, not 8,001 to 9,999"
"""Beside a run on blocks: its accuracy is no match for the others'."""


DEVICE_NOTE = "its figures are what the device says"
"""Beside a run that a student's device has trained: the server trains none of it again."""


def row(line: RunSummary, jobs: Mapping[str, Job]) -> dict[str, Any]:
    """Return what a list shows of one run; a figure is None until it is known."""
    return {
        "run": line.id,
        "name": name_of(line),
        "given": line.given,
        "pinned": line.pinned,
        "shipped": line.shipped,
        "student": owner(line.id),
        "created": None if line.shipped else line.created or None,
        "settings": _settings(line.config) if line.config else "",
        "state": _state(line, jobs),
        "step": _steps(line),
        "valid loss": line.valid_loss,
        "accuracy": line.accuracy,
        "on train": line.train_accuracy,
        "damaged": bool(line.problem),
        "link": f"/train?run={line.id}",
        "remark": _remark(line),
    }


def name_of(line: RunSummary) -> str:
    """Name a run in a list; a damaged one by its id."""
    if line.config is None:
        return line.id
    return shown_name(line.config, line.given, line.shipped)


def _state(line: RunSummary, jobs: Mapping[str, Job]) -> str:
    if line.shipped and line.status == "finished":
        return "◆ pre-trained"
    if line.unknown_model:
        return NOT_LOADED
    status = line.status
    if not line.problem:  # as on the run's own page
        status = live_status(line.status, jobs.get(line.id))
    return MARKS.get(status, status)


def _remark(line: RunSummary) -> str:
    """Say what is wrong with a run; the other columns show how a good run ended."""
    if line.problem or line.status in ("diverged", "failed"):
        return line.reason or line.problem or line.message
    of_device = bool(line.browser) and owner(line.id) is not None
    blocks = line.config is not None and line.config.split != NOTEBOOK.split
    notes = [line.browser, *[DEVICE_NOTE] * of_device, *[BLOCKS_NOTE] * blocks]
    return "; ".join(filter(None, notes))


def _steps(line: RunSummary) -> str:
    return f"{line.step:,} of {line.n_steps:,}" if line.n_steps else ""


def _settings(config: RunConfig) -> str:
    epochs = plural(config.epochs, "epoch")
    return f"bptt {config.bptt}, lr {rate(config.lr)}, {epochs}, seed {config.seed}"
