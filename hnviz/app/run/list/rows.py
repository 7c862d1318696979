"""What the list of runs shows of each run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from hnviz.catalogue import recipe_for
from hnviz.config import RunConfig
from hnviz.engine.client import Job, live_status
from hnviz.figures.sentences import plural, scientific
from hnviz.figures.split_words import split_words
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

_RARE = {
    "bs": "bs",
    "nh": "nh",
    "pct_start": "warm-up",
    "bn_init": "batch norm from",
    "reset_state": "state reset before",
    "form": "form",
}
_AT_MOST = 50  # own runs in the list; older ones stay on disk and keep their links


def listed(lines: Sequence[RunSummary]) -> list[RunSummary]:
    """Choose the runs that a list shows: the user's newest, and the pre-trained ones."""
    own = [line for line in lines if not line.shipped][:_AT_MOST]
    return own + [line for line in lines if line.shipped]


def row(line: RunSummary, jobs: Mapping[str, Job]) -> dict[str, Any]:
    """Return what a list shows of one run; a figure is None until it is known."""
    return {
        "run": line.id,
        "settings": _settings(line),
        "state": _state(line, jobs),
        "step": _steps(line),
        "valid loss": line.valid_loss,
        "accuracy": line.accuracy,
        "on train": line.train_accuracy,
        "damaged": bool(line.problem),
        "link": f"/train?run={line.id}",
        "remark": _remark(line),
    }


def _state(line: RunSummary, jobs: Mapping[str, Job]) -> str:
    if line.shipped and line.status == "finished":
        return "◆ pre-trained"
    status = line.status
    if not line.problem:  # as on the run's own page
        status = live_status(line.status, jobs.get(line.id))
    return MARKS.get(status, status)


def _remark(line: RunSummary) -> str:
    """Say what is wrong with a run; the other columns show how a good run ended."""
    return line.problem or (line.message if line.status in ("diverged", "failed") else "")


def _steps(line: RunSummary) -> str:
    return f"{line.step:,} of {line.n_steps:,}" if line.n_steps else ""


def _settings(line: RunSummary) -> str:
    config = line.config
    if config is None:
        return ""
    epochs = plural(config.epochs, "epoch")
    first = f"seed {config.seed}, bptt {config.bptt}, lr {scientific(config.lr)}, {epochs}"
    note = split_words(config).note
    return ", ".join([note, first, *_others(config)] if note else [first, *_others(config)])


def _others(config: RunConfig) -> list[str]:
    """List the rarer settings that are not the recipe's, so that two runs never look alike."""
    recipe = asdict(recipe_for(config.model))
    usual = {"bn_init": "ones", "reset_state": "never", "form": "plain", **recipe}
    return [
        f"{word} {getattr(config, name)}"
        for name, word in _RARE.items()
        if getattr(config, name) != usual[name]
    ]
