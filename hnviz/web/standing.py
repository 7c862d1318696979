"""The server's way to runs and to the engine.

Nothing here imports Streamlit, so routes and pages can share it.
"""

from dataclasses import dataclass
from functools import cache

from hnviz.engine.client import Engine, live_status, shared_engine
from hnviz.runs import RunFolder, RunRecord, RunStore, default_runs_dir
from hnviz.runs.folder import read_label
from hnviz.web.release import release

OBSERVE_SECONDS = 20.0
"""Processor time after which a question is given up that does not get further."""

BEGUN = frozenset({"queued", "running", "paused"})
"""The statuses of a run that has not ended."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A run at one moment: its record, and what the engine knows beyond it."""

    record: RunRecord
    status: str  # a record's status, or "paused"
    shipped: bool = False
    place: int = 0  # in the queue, from 1
    wait_seconds: float | None = None  # until it begins
    seconds_left: float | None = None  # of training
    speed: float | None = None  # limit on steps a second; None for full speed
    at_rest: bool = False  # paused, and no step is under way
    given: str = ""  # the name that its user gave it

    @property
    def is_live(self) -> bool:
        """Return whether the run can still change."""
        return self.status in BEGUN


def engine() -> Engine:
    """Return this process's engine. Starts it if needed, and never waits."""
    shared = shared_engine()
    shared.start()
    return shared


@cache
def store() -> RunStore:
    """Return the run folders that the engine writes, and the pre-trained ones."""
    return RunStore(default_runs_dir())


def standing(run_id: str) -> Standing:
    """Return a run as it is now. Raises RunNotFound or DamagedRun."""
    folder = store().folder(run_id)
    # Ask the engine first: once a run is resumed, the end in its folder is out of date.
    job = None if folder.shipped else engine().job(run_id)
    record = store().record(run_id)
    return Standing(
        record=record,
        status=live_status(record.status, job),
        shipped=folder.shipped,
        place=job.place or 0 if job else 0,
        wait_seconds=job.wait_seconds if job else None,
        seconds_left=job.seconds_left if job else None,
        speed=job.speed if job else None,
        at_rest=job is not None and job.at_rest,
        given="" if folder.shipped else read_label(folder.path).name,
    )


def snapshot_version(folder: RunFolder, step: int) -> str | None:
    """Return an address's `v`: "<stamp>-<release>"; None if there is no such snapshot.

    A resumed run may write a snapshot again, and releases share addresses.
    """
    try:
        status = folder.snapshot_path(step).stat()
    except OSError:
        return None
    return f"{status.st_mtime_ns:x}.{status.st_size:x}-{release()}"
