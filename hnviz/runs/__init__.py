"""Runs: their records, and their folders on disk. Does not import torch."""

from hnviz.runs.errors import DamagedRun, RunBusy, RunNotFound, RunWriteError, SnapshotNotFound
from hnviz.runs.folder import RunFolder
from hnviz.runs.record import RESUMABLE, STATUSES, RunFollower, RunRecord
from hnviz.runs.reference import (
    five_seeds_table,
    lr_table,
    notebook_accuracy,
    notebook_table,
    one_recipe_table,
    recipes_table,
    reference_range,
)
from hnviz.runs.shipped import BLOCKS, ship, shipped_configs
from hnviz.runs.store import SHIPPED_DIR, RunStore, RunSummary, default_runs_dir
from hnviz.runs.writer import RunWriter

__all__ = [
    "BLOCKS",
    "RESUMABLE",
    "SHIPPED_DIR",
    "STATUSES",
    "DamagedRun",
    "RunBusy",
    "RunFolder",
    "RunFollower",
    "RunNotFound",
    "RunRecord",
    "RunStore",
    "RunSummary",
    "RunWriteError",
    "RunWriter",
    "SnapshotNotFound",
    "default_runs_dir",
    "five_seeds_table",
    "lr_table",
    "notebook_accuracy",
    "notebook_table",
    "one_recipe_table",
    "recipes_table",
    "reference_range",
    "ship",
    "shipped_configs",
]
