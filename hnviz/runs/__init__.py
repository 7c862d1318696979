"""Runs: what is known of them, and how they lie on disk. Free of torch."""

from hnviz.runs.errors import DamagedRun, RunBusy, RunNotFound, RunWriteError, SnapshotNotFound
from hnviz.runs.folder import RunFolder
from hnviz.runs.follower import RunFollower
from hnviz.runs.record import RESUMABLE, STATUSES, RunRecord
from hnviz.runs.reference import notebook_table, reference_range
from hnviz.runs.shipped import ship
from hnviz.runs.store import SHIPPED_DIR, RunStore, default_runs_dir
from hnviz.runs.summary import RunSummary
from hnviz.runs.writer import RunWriter

__all__ = [
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
    "notebook_table",
    "reference_range",
    "ship",
]
