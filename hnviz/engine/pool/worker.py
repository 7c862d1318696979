"""How a worker trains the runs that it is given.

It trains them one after the other, as the local engine's trainers do, or runs of one shape together
as lanes of one program (`hnviz.learn.lanes`), in the time of a few runs. A run in a lane has no
checkpoint: if it is stopped before its end and resumed, it starts again from its first step.
"""

import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from hnviz.data import BatchLayout, CorpusError, stream_of
from hnviz.engine.trainer import Control, fail, run_in_folder
from hnviz.events import BatchEnd, Event, RunStarted, diverged, finished, stopped
from hnviz.learn.lanes import Lanes, Read
from hnviz.models.catalogue import has_lanes
from hnviz.runs import DamagedRun, RunBusy, RunFolder, RunWriteError, RunWriter
from hnviz.runs.files import CONFIG
from hnviz.runs.stop import drop_stop, is_asked_to_stop
from hnviz.runs.texts import look_beside
from hnviz.schedule import Schedule, one_cycle, snapshot_steps

LOOK_SECONDS = 0.1  # between two checks for a request to stop
REPORT_SECONDS = 0.2  # about, between two reads of the lanes' figures and of such requests
FIRST_STEPS = 4  # after these, the time of a step is known

log = logging.getLogger(__name__)


def serve(pipe: Connection) -> None:
    """Train the runs whose folders arrive through the pipe; end when it closes."""
    try:
        paths = [Path(path) for path in pipe.recv()]
    except EOFError:
        return
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()
    look_beside(paths[0].parent)
    folders = [RunFolder(path) for path in paths if (path / CONFIG).is_file()]  # skips deleted runs
    first = folders[0].config if folders else None
    if first and not first.added and has_lanes(first.model):
        train_together(folders)
    else:
        train_runs([str(folder.path) for folder in folders])


def _end_with(pipe: Connection) -> None:
    with suppress(EOFError, OSError):
        pipe.recv()
    os._exit(1)  # the engine is gone: the runs are interrupted


def train_runs(paths: Sequence[str]) -> str:
    """Train the runs in these folders, one after the other, as the local engine's trainers do.

    Each goes on from its checkpoint; runs that were asked to stop are skipped. Returns "", or a
    sentence that says why no run can be trained here.
    """
    torch.set_num_threads(1)
    seen = [path for path in map(Path, paths) if (path / CONFIG).is_file()]
    if paths and not seen:  # if some are there, the others were deleted
        return (
            f"a worker does not see the runs in {Path(paths[0]).parent}; put them in a folder on a "
            "disk that all workers share"
        )
    for path in seen:
        look_beside(path.parent)
        if not is_asked_to_stop(path):
            _train(RunFolder(path))
        drop_stop(path)
    return ""


def _train(folder: RunFolder) -> None:
    control = Control()
    try:
        with _stopped_on_request(folder.path, control):
            run_in_folder(folder, control)
    except (DamagedRun, RunBusy, RunWriteError) as error:
        log.warning("%s", error)  # the run's folder shows how far it has got


@contextmanager
def _stopped_on_request(folder: Path, control: Control) -> Iterator[None]:
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_SECONDS):
            if is_asked_to_stop(folder):
                return control.stop()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def train_together(folders: Sequence[RunFolder]) -> None:
    """Train runs of one shape to their ends, or until they are asked to stop.

    If a GPU's memory is too small for all of them, each half trains from its first step.
    """
    if left := _left(folders):
        half = len(left) // 2
        for part in (left[:half], left[half:]):
            torch.cuda.empty_cache()  # a capture cannot use memory that torch holds for reuse
            train_together(part)


def _left(folders: Sequence[RunFolder]) -> list[RunFolder]:
    """Train runs as one program; return those that did not fit into the GPU's memory."""
    scribes = [scribe for folder in folders if (scribe := _begun(folder))]
    try:
        if scribes:
            _Program(scribes).drive()
    except Exception as error:
        if isinstance(error, torch.OutOfMemoryError) and len(folders) > 1:
            return [each.writer.folder for each in scribes if not each.is_over]
        for scribe in scribes:
            scribe.fail(error)
    finally:
        for scribe in scribes:
            scribe.close()
    return []


def _begun(folder: RunFolder) -> "_Scribe | None":
    """Begin to write a run; None if it was asked to stop, or cannot be written."""
    if is_asked_to_stop(folder.path):
        drop_stop(folder.path)
        return None
    try:
        writer = folder.writer()
    except (RunBusy, RunWriteError) as error:
        log.warning("%s", error)
        return None
    try:
        folder.check_sources()
        writer.drop_resume()
        return _Scribe(writer)
    except (DamagedRun, CorpusError) as error:
        fail(writer, 0, error)
        writer.close()
        return None


class _Scribe:
    """Writes one run's folder."""

    def __init__(self, writer: RunWriter) -> None:
        self.writer, self.config = writer, writer.folder.config
        self.is_over = False
        self.step = 0
        config = self.config
        n_batches = BatchLayout(len(stream_of(config).train), config.bs, config.bptt).n_batches
        self.n_steps = n_batches * config.epochs
        self.plan = one_cycle(self.n_steps, config.lr, config.pct_start)
        self.snapshots = frozenset(snapshot_steps(self.n_steps, n_batches))

    def say(self, event: Event) -> None:
        """Record an event. A folder that cannot be written ends its own run only."""
        if self.is_over:
            return
        try:
            self.writer.append(event)
        except RunWriteError as error:
            self.fail(error)

    def end(self, event: Event) -> None:
        """Record the last event."""
        self.say(event)
        self.is_over = True
        with suppress(RunWriteError):
            self.writer.flush()

    def fail(self, error: Exception) -> None:
        """End the run as failed, if it has not ended."""
        if not self.is_over:
            self.is_over = True
            fail(self.writer, self.step, error)

    def close(self) -> None:
        """Release the folder."""
        drop_stop(self.writer.folder.path)
        with suppress(RunWriteError):
            self.writer.close()


class _Program:
    """The training of all lanes, and their scribes."""

    def __init__(self, scribes: Sequence[_Scribe]) -> None:
        self.scribes = scribes
        self.lanes = Lanes([scribe.config for scribe in scribes], kinds=True)
        self.stops = sorted(frozenset().union(*(scribe.snapshots for scribe in scribes)))
        self.epochs = [0] * len(scribes)  # reported so far, per lane
        self.step_seconds = REPORT_SECONDS / FIRST_STEPS  # seconds of a step

    def drive(self) -> None:
        """Train until all runs are over."""
        lanes = self.lanes
        for scribe in self.scribes:
            scribe.say(self.started(scribe.n_steps))
        self.save_snapshots()
        while any(not scribe.is_over for scribe in self.scribes):
            begun, first = time.monotonic(), lanes.step
            read = lanes.advance(self.next_look())
            self.step_seconds = (time.monotonic() - begun) / (lanes.step - first)
            self.tell(read)
            self.save_snapshots()
            if lanes.step % lanes.n_batches == 0:
                lanes.end_epoch()
                self.tell_epochs()
            self.obey()

    def started(self, n_steps: int) -> RunStarted:
        """Return a run's first event."""
        lanes = self.lanes
        return RunStarted(
            n_batches=lanes.n_batches,
            n_steps=n_steps,
            n_weights=lanes.weights.shape[1],
            device=lanes.device,
            time=time.time(),
        )

    def next_look(self) -> int:
        """Return the step at which to read the figures next: soon, and no later than a snapshot."""
        soon = self.lanes.step + max(1, int(REPORT_SECONDS / max(self.step_seconds, 1e-9)))
        return min([soon, *(step for step in self.stops if step > self.lanes.step)])

    def tell(self, read: Read) -> None:
        """Record mini-batches, and the end of each lane whose loss is no longer a number."""
        n_read = read.loss.shape[1]
        for index, (scribe, lane) in enumerate(zip(self.scribes, self.lanes.lanes, strict=True)):
            last = read.first + n_read if lane.diverged is None else lane.diverged
            for step in range(read.first, min(last, scribe.n_steps)):
                scribe.say(_batch_end(scribe.plan, read, index, step))
            scribe.step = min(last, scribe.n_steps)
            if lane.diverged is not None:
                scribe.end(diverged(lane.diverged, lane.what, scribe.config.lr))

    def save_snapshots(self) -> None:
        """Store the weights of the lanes that take a snapshot at this step."""
        for index, scribe in enumerate(self.scribes):
            if self.lanes.step in scribe.snapshots and not scribe.is_over:
                try:
                    scribe.writer.save_snapshot(self.lanes.step, self.lanes.snapshot(index))
                except RunWriteError as error:
                    scribe.fail(error)

    def tell_epochs(self) -> None:
        """Record the epoch that has just ended, and the end of each lane that it completes."""
        passes = self.lanes.train_passes() if self.one_finishes() else []
        for index, (scribe, lane) in enumerate(zip(self.scribes, self.lanes.lanes, strict=True)):
            for epoch in lane.epochs[self.epochs[index] :]:
                scribe.say(epoch)
            self.epochs[index] = len(lane.epochs)
            if lane.diverged is not None:
                scribe.end(diverged(lane.diverged, lane.what, scribe.config.lr))
            elif lane.is_over and not scribe.is_over:
                scribe.say(passes[index])
                scribe.end(finished(scribe.n_steps))

    def one_finishes(self) -> bool:
        """Return whether the epoch that has just ended is the last one of an active run."""
        step = self.lanes.step
        return any(each.n_steps == step and not each.is_over for each in self.scribes)

    def obey(self) -> None:
        """Stop the runs that were asked to stop."""
        for scribe in self.scribes:
            if not scribe.is_over and is_asked_to_stop(scribe.writer.folder.path):
                scribe.end(stopped(scribe.step, scribe.n_steps))


def _batch_end(plan: Schedule, read: Read, lane: int, step: int) -> BatchEnd:
    at = step - read.first
    return BatchEnd(
        step=step,
        loss=float(read.loss[lane, at]),
        smooth_loss=float(read.smooth_loss[lane, at]),
        accuracy=float(read.accuracy[lane, at]),
        lr=float(plan.lr[step]),
        momentum=float(plan.momentum[step]),
    )
