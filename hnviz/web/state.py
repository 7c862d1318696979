"""The state of one server: its runs, its engine, and a run as it is now.

Nothing here imports Streamlit, so routes and pages can share it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hnviz.engine.client import Engine, Job, live_status, shared_engine
from hnviz.runs import RunFolder, RunRecord, RunStore, default_runs_dir
from hnviz.runs.answers import KeptAnswers, release
from hnviz.runs.files import stamp
from hnviz.runs.folder import read_label
from hnviz.web.http import Cache

BEGUN = frozenset({"queued", "running", "paused"})
"""The statuses of a run that has not ended."""


@dataclass(frozen=True, slots=True)
class CurrentRun:
    """A run as it is now: its record, and what only the engine knows about it."""

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

    @property
    def resumable(self) -> bool:
        """Return whether a run that has ended can go on."""
        return self.record.resumable and not self.is_live and not self.shipped


class ServerState:
    """Runs, engine and cache of one server. Made once, and passed to everything that answers."""

    def __init__(
        self, store: RunStore | None = None, engine: Callable[[], Engine] | None = None
    ) -> None:
        """`store`: the run folders that the engine writes, and the pre-trained ones.

        Without arguments it has the runs and the engine of this process.
        """
        self.store, self._engine = store or RunStore(default_runs_dir()), engine or shared_engine
        self.cache, self.kept = Cache(), KeptAnswers(self.store.root)

    @property
    def engine(self) -> Engine:
        """The engine. Starts it if needed, without waiting."""
        engine = self._engine()
        engine.start()
        return engine

    def jobs(self) -> Mapping[str, Job]:
        """Return what the engine does with each run, without starting it."""
        return {job.run_id: job for job in self._engine().jobs()}

    def current(self, run_id: str) -> CurrentRun:
        """Return a run as it is now. Raises RunNotFound or DamagedRun."""
        folder = self.store.folder(run_id)
        # Ask the engine first: once a run is resumed, the end in its folder is out of date.
        job = None if folder.shipped else self.engine.job(run_id)
        record = self.store.record(folder)
        return CurrentRun(
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

    def version(self, run_id: str, step: int | str) -> str | None:
        """Return "<step>.<version>" of a run's snapshot; None if there is none.

        Snapshots that were copied together may have one time and size: the "last" step is named.
        """
        try:
            folder = self.store.folder(run_id)
            found = folder.resolve_step(step) if step == "last" else int(step)
            version = snapshot_version(folder, found)
            return f"{found}.{version}" if version else None
        except ValueError:  # the run or its snapshots are gone
            return None


def snapshot_version(folder: RunFolder, step: int) -> str | None:
    """Return an address's `v`: "<stamp>-<release>"; None if there is no such snapshot.

    A resumed run may write a snapshot again, and releases share addresses.
    """
    found = stamp(folder.snapshot_path(step))
    return f"{found}-{release()}" if found else None
