"""Training into a run folder: when to store what, and how a run is paused, slowed and ended.

The engine's trainers and the command line both record, so that their runs are the same.
"""

import logging
import math
import time
from collections.abc import Callable

from hnviz.config import ConfigError
from hnviz.data import BatchLayout, TokenStream, human_numbers_stream
from hnviz.engine.control import STOP, Control, stopped
from hnviz.events import BatchEnd, Ended, EpochEnd, Event, Resumed, RunStarted
from hnviz.learn import DeviceError, Learner
from hnviz.runs import DamagedRun, RunFolder, RunWriteError, RunWriter
from hnviz.schedule import snapshot_steps

RESUME_SECONDS = 1.0  # between two rolling checkpoints
RESUME_SHARE = 20  # a checkpoint may take one part in so many of the time: large models wait

Listener = Callable[[Event], None]
EXPECTED = (ConfigError, DeviceError, DamagedRun, RunWriteError)
"""Errors whose message is a sentence for the page already."""

log = logging.getLogger(__name__)


def run_in_folder(
    folder: RunFolder, control: Control | None = None, listen: Listener | None = None
) -> Ended | None:
    """Train a run from where its folder stands, until it ends; None if it was only left.

    Whatever goes wrong ends the run as failed, with a sentence. Raises RunBusy or RunWriteError
    if the folder cannot be written to at all, DamagedRun if its config or its events cannot be
    read.
    """
    with folder.writer() as writer:
        step = folder.read().step
        try:
            learner = learner_for(folder)
        except Exception as error:
            return _fail(writer, step, error)
        return record(learner, writer, control or Control(), listen)


def learner_for(folder: RunFolder, stream: TokenStream | None = None) -> Learner:
    """Make a run's learner, as its last checkpoint left it, or as it starts.

    Raises DeviceError, or DamagedRun for a checkpoint that cannot be read.
    """
    stream, config = stream or human_numbers_stream(), folder.config
    n_batches = BatchLayout(len(stream.train), config.bs, config.bptt).n_batches
    flush_at = snapshot_steps(n_batches * config.epochs, n_batches)
    learner = Learner(config, stream, flush_at=flush_at)
    checkpoint = folder.load_resume()
    if checkpoint is not None:
        try:
            learner.restore(checkpoint)
        except ValueError as error:
            log.warning("%s", error)
            raise folder.damaged(
                f"resume.safetensors is no checkpoint of a run of {config.model} with its "
                "settings; delete it to start the run anew"
            ) from error
    return learner


def record(
    learner: Learner, writer: RunWriter, control: Control, listen: Listener | None = None
) -> Ended | None:
    """Drive a learner into its run folder until the run has ended; None if it was only left.

    `listen` hears every event after it was handed to the writer.
    """
    recorder = _Recorder(learner, writer, control, listen or (lambda event: None))
    try:
        return recorder.drive()
    except Exception as error:  # a model may raise anything; the run then ends with a sentence
        ended = _fail(writer, learner.step, error)
        recorder.listen(ended)
        return ended


def _fail(writer: RunWriter, step: int, error: Exception) -> Ended:
    """End a run as failed, and say so in its folder if there is room for it."""
    if not isinstance(error, EXPECTED):
        log.exception("the run %s failed", writer.folder.id)
    ended = Ended(status="failed", step=step, message=sentence(error, step), time=time.time())
    try:
        writer.append(ended)
        writer.flush()
    except RunWriteError as full:
        log.warning("the end of a run could not be noted: %s", full)
    return ended


def sentence(error: Exception, step: int) -> str:
    """Say in one line what went wrong."""
    if isinstance(error, EXPECTED):
        return str(error)
    text = str(error).split("\n")[0].strip()
    return f"failed at step {step}: {type(error).__name__}: {text or 'no more is known'}"


class _Recorder:
    """The state of one recording."""

    def __init__(
        self, learner: Learner, writer: RunWriter, control: Control, listen: Listener
    ) -> None:
        self.learner, self.writer, self.control, self.listen = learner, writer, control, listen
        self.snapshot_steps = frozenset(snapshot_steps(learner.n_steps, learner.n_batches))
        self.last: Event | None = None
        self.resume_step: int | None = None  # at which the last checkpoint was taken
        self.resume_time = time.monotonic()
        self.resume_cost = 0.0  # seconds that the last checkpoint took

    def drive(self) -> Ended | None:
        learner = self.learner
        if learner.step or learner.pending:
            self.say(Resumed(resumed_at=learner.step, time=time.time()))
            self.last = None
        events = learner.events()
        while self.may_go_on():
            event = next(events)
            self.say(event)
            if isinstance(event, Ended):
                return self.close(event)
            self.store(event)
        return self.leave()

    def say(self, event: Event) -> None:
        self.writer.append(event)
        self.last = event
        self.listen(event)

    def may_go_on(self) -> bool:
        """Wait for the next step's turn; False if the run is to end or to be left."""
        if self.next_is_no_step():
            return self.control.ending is None
        while self.control.ending is None:
            seconds = self.control.seconds_to_wait()
            if seconds == 0:
                self.control.begin_step()
                return True
            self.settle(for_long=math.isinf(seconds))
            self.control.wait()
        return False

    def next_is_no_step(self) -> bool:
        """Tell whether the learner will speak next without an update of the weights."""
        learner = self.learner
        match self.last:
            case None:
                return learner.step == learner.pending == 0
            case BatchEnd():
                return learner.step % learner.n_batches == 0  # the valid pass
            case EpochEnd():
                return learner.step == learner.n_steps  # the end
        return False

    def settle(self, *, for_long: bool) -> None:
        """Bring everything to disk before a wait, so that others see it or can take it over."""
        self.writer.flush()
        if for_long:
            if self.resume_step != self.learner.step:
                self.save_resume()
            self.control.rest()

    def store(self, event: Event) -> None:
        """Take snapshots and checkpoints where they are due."""
        learner = self.learner
        if isinstance(event, BatchEnd):
            self.control.step_done()
        at_snapshot = isinstance(event, (RunStarted, BatchEnd)) and not learner.pending
        if at_snapshot and learner.step in self.snapshot_steps:
            self.writer.save_snapshot(learner.step, learner.snapshot())
        elapsed = time.monotonic() - self.resume_time
        wanted = elapsed >= RESUME_SECONDS or isinstance(event, EpochEnd)
        if wanted and elapsed >= RESUME_SHARE * self.resume_cost:
            self.save_resume()

    def save_resume(self) -> None:
        begun = time.monotonic()
        self.writer.save_resume(self.learner.checkpoint())
        self.resume_time = time.monotonic()
        self.resume_cost = self.resume_time - begun
        self.resume_step = self.learner.step

    def close(self, ended: Ended) -> Ended:
        """Finish a run that can go no further."""
        self.writer.flush()
        self.writer.drop_resume()
        return ended

    def leave(self) -> Ended | None:
        """Store what going on needs; a run that was stopped is told to have ended."""
        learner = self.learner
        self.save_resume()
        if self.control.ending != STOP:
            return None
        ended = stopped(learner.step, learner.n_steps)
        self.say(ended)
        self.writer.flush()
        return ended
