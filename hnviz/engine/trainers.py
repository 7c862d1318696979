"""The engine's side of training: tasks, and the processes that run them."""

import logging
import math
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection

from hnviz.config import RunConfig
from hnviz.engine.protocol import EngineError
from hnviz.engine.scheduler import ACTIVE, PARKED, WAITING, Limits, Scheduler, Task, n_steps
from hnviz.engine.workers import Worker, Workers
from hnviz.estimate import measured_in, uses_gpu
from hnviz.events import failed, stopped
from hnviz.runs import DamagedRun, RunBusy, RunNotFound, RunRecord, RunStore, RunWriteError
from hnviz.runs.stop import Ending, end_writer

STOP_SECONDS = 2.0  # for a step to finish before its process is killed
LOOK_SECONDS = 0.02  # between two checks of whether a process without an engine has ended
UNREADABLE = (DamagedRun, RunNotFound)

Done = Callable[[EngineError | None], None]
"""Called once a run has stopped, or with the reason why it cannot be stopped."""

log = logging.getLogger(__name__)


class Trainers:
    """Starts runs, passes on the users' controls, and records how runs end."""

    def __init__(self, store: RunStore, limits: Limits, workers: Workers) -> None:
        self.scheduler = Scheduler(limits)
        self.devices: tuple[str, ...] | None = None  # None until the machine has been examined
        self._store = store
        self._workers = workers
        self._processes: dict[Connection, tuple[Task, Worker]] = {}
        self._endings: dict[str, str] = {}  # the last message of each trainer, by run
        self._kill_at: dict[str, float] = {}
        self._speeds: dict[str, float | None] = {}  # as last set, for a resumed run
        self._on_end: dict[str, list[Done]] = {}
        self._orphans = Orphans(store, self._note_orphans_end)

    # Called for users

    def train(self, config: RunConfig, viewer: str, *, range_test: bool = False) -> str:
        """Start or queue a new run; return its id. Raises EngineError or RunWriteError."""
        task = self._checked(config, viewer)
        task.run_id = self._store.create(config, range_test=range_test).id
        self.scheduler.add(task)
        return task.run_id

    def resume(self, run_id: str, viewer: str) -> None:
        """Resume a stopped, interrupted or paused run.

        Raises EngineError, RunNotFound or DamagedRun.
        """
        if run_id in self.scheduler.tasks:
            if not self.scheduler.tasks[run_id].paused:
                raise EngineError(f"the run {run_id} is already running", "conflict")
            return self.go_on(run_id)
        folder, record = self._store.folder(run_id), self._store.record(run_id)
        if folder.shipped or not record.resumable:
            raise EngineError(
                f"the run {run_id} cannot be resumed: {_in_words(record)}", "conflict"
            )
        self._add(run_id, self._checked(record.config, viewer), record.step)

    def start_again(self, run_id: str, viewer: str) -> None:
        """Train a run that has not finished from its first step, without its checkpoint.

        Raises EngineError, RunNotFound, DamagedRun or RunWriteError.
        """
        folder, record = self._store.folder(run_id), self._store.record(run_id)
        if run_id in self.scheduler.tasks or folder.shipped or not record.resumable:
            raise EngineError(
                f"the run {run_id} cannot start again: {_in_words(record)}", "conflict"
            )
        task = self._checked(record.config, viewer)
        try:
            with folder.writer() as writer:
                writer.drop_resume()
        except RunBusy as error:
            raise EngineError(str(error), "conflict") from error
        self._add(run_id, task)

    def pause(self, run_id: str) -> None:
        """Pause a run before its next step."""
        task = self._task(run_id)
        task.paused, task.steps = True, 0
        task.idle_since = None  # until its process reports that it is at rest
        if task.state == WAITING:
            self.scheduler.park(task)
        self._tell(task, "pause")

    def go_on(self, run_id: str) -> None:
        """Continue a paused run; if it gave its slot back, it joins the end of the queue."""
        task = self._task(run_id)
        task.paused, task.steps = False, 0
        task.idle_since = None if task.speed is None else time.monotonic()
        if task.state == PARKED:
            self.scheduler.enqueue(task)
        self._tell(task, "go_on")

    def step(self, run_id: str) -> None:
        """Pause a run and let it do one more step."""
        task = self._task(run_id)
        task.paused, task.idle_since = True, None
        if task.state == ACTIVE and not task.leaving:
            return self._tell(task, "step")
        task.steps += 1
        if task.state == PARKED:
            self.scheduler.enqueue(task)

    def set_speed(self, run_id: str, speed: float | None) -> None:
        """Limit a run to `speed` steps a second; None means no limit."""
        if speed is not None and not 0 < speed < math.inf:
            raise EngineError(
                f"the speed must be a number of steps/s above 0; got {speed!r}", "wrong"
            )
        task, now = self._task(run_id), time.monotonic()
        task.speed = self._speeds[run_id] = speed
        if not task.paused:
            task.idle_since = None if speed is None else task.idle_since or now
        self._tell(task, "set_speed", speed)
        if task.state == ACTIVE and not task.paused and self.scheduler.is_one_too_many(task, now):
            self._let_go(task)  # others hold its slot, so it joins the queue again

    def stop(self, run_id: str, done: Done) -> None:
        """Stop a run, and call `done` once it has stopped, or cannot be."""
        known = self.scheduler.tasks.get(run_id)
        record = self._store.record(run_id)
        if record.recorded:
            raise EngineError(
                f"the run {run_id} cannot be stopped: {_in_words(record)}", "conflict"
            )
        if known is None and record.alive:
            return self._orphans.stop(run_id, done)
        task = known if known is not None and known.stopping else self._task(run_id)
        self._on_end.setdefault(run_id, []).append(done)
        task.stopping = True
        if task.state == ACTIVE:
            self._kill_at.setdefault(run_id, time.monotonic() + STOP_SECONDS)
            self._tell(task, "stop")
        else:
            self._end_as_stopped(task)

    # Called for the processes

    def pipes(self) -> list[Connection]:
        """Return the pipes from the trainers."""
        return list(self._processes)

    def hear(self, pipe: Connection) -> None:
        """Handle a message from a trainer, or its end."""
        task, worker = self._processes[pipe]
        try:
            kind, *values = pipe.recv()
        except (EOFError, OSError):
            del self._processes[pipe]
            worker.end(patience=1.0)
            return self._gone(task)
        if kind == "at":
            task.hear(*values)
        elif kind == "rest":
            task.idle_since = time.monotonic()
        elif kind == "over":
            self._endings[task.run_id], steps = values
            task.steps += steps  # requested while it was about to leave

    def tick(self) -> None:
        """Do what is due: park long-paused runs, kill processes that hang, start the next run."""
        now = time.monotonic()
        for task in self.scheduler.to_park(now):
            self._let_go(task)
        for task, worker in list(self._processes.values()):
            if now >= self._kill_at.get(task.run_id, math.inf):
                worker.kill()
        while first := self.scheduler.next_to_start(now):
            self._start(first)
        self._orphans.tick()

    def next_deadline(self) -> float:
        """Return the seconds until `tick` is due."""
        now = time.monotonic()
        kills = [at - now for at in self._kill_at.values()]
        parts = (self.scheduler.next_deadline(now), self._orphans.next_deadline())
        return max(0.0, min([*parts, *kills]))

    def end(self, patience: float) -> None:
        """Let every trainer store a checkpoint, then end it."""
        deadline = time.monotonic() + patience
        workers = [worker for _, worker in self._processes.values()]
        for worker in workers:
            worker.pipe.close()
        for worker in workers:
            worker.end(max(0.0, deadline - time.monotonic()))

    # Internals

    def _checked(self, config: RunConfig, viewer: str) -> Task:
        """Return a task for a run that has no id yet. Raises EngineError if it cannot wait here."""
        if problem := self.scheduler.limits.budget.problem(config):
            raise EngineError(problem, "wrong")
        gpu = self._check_device(config)
        self.scheduler.check_room(gpu, time.monotonic(), viewer)
        return Task(run_id="", n_steps=n_steps(config), gpu=gpu, viewer=viewer)

    def _check_device(self, config: RunConfig) -> bool:
        """Return whether a run needs the GPU. Raises EngineError for a missing device."""
        devices = self.devices or ()
        if devices and config.device not in ("auto", *devices):
            raise EngineError(
                f"device {config.device!r} is not available: this machine can use "
                f"{' and '.join(devices)}; choose one of these, or auto",
                "conflict",
            )
        return uses_gpu(config, devices, measured_in(self._store.root))

    def _add(self, run_id: str, task: Task, step: int = 0) -> None:
        task.run_id, task.step, task.speed = run_id, step, self._speeds.get(run_id)
        self.scheduler.add(task)

    def _task(self, run_id: str) -> Task:
        task = self.scheduler.tasks.get(run_id)
        if task is None or task.stopping:
            record = self._store.record(run_id)
            raise EngineError(
                f"the run {run_id} is neither running nor queued: {_in_words(record)}", "conflict"
            )
        return task

    def _tell(self, task: Task, *order: object) -> None:
        for each, worker in self._processes.values():
            if each is task and not (task.leaving and order[0] != "stop"):
                worker.tell(*order)

    def _let_go(self, task: Task) -> None:
        self._tell(task, "leave")
        task.leaving = True

    def _start(self, task: Task) -> None:
        try:
            folder = self._store.folder(task.run_id)
            worker = self._workers.trainer(spawn=folder.config.device == "mps")
        except UNREADABLE as error:
            log.warning("a run could not start: %s", error)
            return self._close(task)
        except OSError as error:
            self._note_end(task, failure=f"the process for the run could not start: {error}")
            return self._close(task)
        begin = {"paused": task.paused, "steps": task.steps, "speed": task.speed}
        worker.tell(str(folder.path), begin)
        task.steps = 0
        task.idle_since = None if task.paused or task.speed is None else time.monotonic()
        self._processes[worker.pipe] = (task, worker)

    def _gone(self, task: Task) -> None:
        """Decide what to do with a run whose process has ended."""
        ending = self._endings.pop(task.run_id, None)
        self._kill_at.pop(task.run_id, None)
        task.leaving = False
        if task.stopping and ending in (None, "left"):
            self._end_as_stopped(task)
        elif ending != "left":
            self._close(task)  # the run has ended, or was killed, which its folder shows
        elif task.paused and not task.steps:
            self.scheduler.park(task)
        else:
            self.scheduler.enqueue(task)

    def _end_as_stopped(self, task: Task) -> None:
        self._note_end(task)
        self._close(task)

    def _note_orphans_end(self, run_id: str) -> None:
        with suppress(*UNREADABLE):  # perhaps its folder has been deleted
            record = self._store.record(run_id)
            if record.ended is None:
                self._note_end(Task(run_id=run_id, n_steps=n_steps(record.config)))

    def _note_end(self, task: Task, failure: str | None = None) -> None:
        """Record that a run stopped or failed, if its trainer is not there to do so."""
        try:
            step = self._store.record(task.run_id).step
            ended = failed(step, failure) if failure else stopped(step, task.n_steps)
            with self._store.folder(task.run_id).writer() as writer:
                writer.append(ended)
        except (*UNREADABLE, RunBusy, RunWriteError) as error:
            log.warning("the end of a run could not be recorded: %s", error)

    def _close(self, task: Task) -> None:
        self.scheduler.remove(task)
        for done in self._on_end.pop(task.run_id, []):
            done(None)


def _in_words(record: RunRecord) -> str:
    status = record.status
    if record.recorded:
        return "only the loop that trained it, outside hnviz, can do that"
    if status == "running":
        return "another process is writing it"
    return f"it {'has' if status in ('finished', 'diverged', 'failed') else 'was'} {status}"


class Orphans:
    """Stops runs whose process belongs to no engine, or to another one; each may take seconds."""

    def __init__(self, store: RunStore, note_end: Callable[[str], None]) -> None:
        self._store, self._note_end = store, note_end
        self._endings: dict[str, tuple[Ending, list[Done]]] = {}

    def stop(self, run_id: str, done: Done) -> None:
        """Begin stopping a run, and call `done` later. Raises EngineError or RunNotFound."""
        if run_id in self._endings:
            return self._endings[run_id][1].append(done)
        ending = end_writer(self._store.folder(run_id).path)
        if ending is None:
            raise _refused(run_id)
        self._endings[run_id] = ending, [done]

    def tick(self) -> None:
        """Check which have ended."""
        for run_id, (ending, waiting) in list(self._endings.items()):
            ended = ending.poll()
            if ended is None:
                continue
            del self._endings[run_id]
            if ended:
                self._note_end(run_id)
            for done in waiting:
                done(None if ended else _refused(run_id))

    def next_deadline(self) -> float:
        """Return the seconds until `tick` is due."""
        return LOOK_SECONDS if self._endings else math.inf


def _refused(run_id: str) -> EngineError:
    return EngineError(f"the run {run_id} cannot be stopped from here", "conflict")
