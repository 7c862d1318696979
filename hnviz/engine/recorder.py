"""Train into a run folder: store events, snapshots and checkpoints; pause, slow and end the run.

The engine's trainers and the command line both use this, so their runs are the same.
"""

import logging
import math
import time
from collections.abc import Callable

from hnviz.config import ConfigError
from hnviz.data import BatchLayout, TokenStream, stream_of
from hnviz.engine.control import STOP, Control, stopped
from hnviz.events import BatchEnd, Ended, EpochEnd, Event, Resumed, RunStarted, TrainPass
from hnviz.learn import DeviceError, Learner, RangeTest
from hnviz.runs import DamagedRun, RunFolder, RunWriteError, RunWriter
from hnviz.schedule import snapshot_steps

RESUME_SECONDS = 1.0  # between rolling checkpoints, at least
RESUME_SHARE = 20  # checkpoints take at most 1/20 of the time: those of large models are rarer

Listener = Callable[[Event], None]
EXPECTED = (ConfigError, DeviceError, DamagedRun, RunWriteError)
"""Errors whose message is already a sentence for the page."""

log = logging.getLogger(__name__)


def run_in_folder(
    folder: RunFolder, control: Control | None = None, listen: Listener | None = None
) -> Ended | None:
    """Train a run from its folder's last state until it ends; None if it is to resume later.

    Any error ends the run as failed, with a sentence. Raises RunBusy or RunWriteError if the
    folder cannot be written to at all, DamagedRun if its config or events cannot be read.
    """
    with folder.writer() as writer:
        step = folder.read().step
        try:
            folder.check_sources()
            learner = learner_for(folder)
        except Exception as error:
            return fail(writer, step, error)
        return record(learner, writer, control or Control(), listen)


def learner_for(folder: RunFolder, stream: TokenStream | None = None) -> Learner:
    """Make a run's learner, from its last checkpoint or from the start.

    Raises DeviceError, or DamagedRun for a checkpoint that cannot be read.
    """
    config = folder.config
    stream = stream or stream_of(config)
    if folder.is_range_test:
        learner: Learner = RangeTest(config, stream)
    else:
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
                f"resume.safetensors is not a checkpoint of a run of {config.model} with these "
                "settings; start the run again"
            ) from error
    return learner


def record(
    learner: Learner, writer: RunWriter, control: Control, listen: Listener | None = None
) -> Ended | None:
    """Record a learner's events in a run folder until the run ends; None if it is to resume later.

    `listen` gets every event after the writer has it.
    """
    recorder = _Recorder(learner, writer, control, listen or (lambda event: None))
    try:
        return recorder.drive()
    except Exception as error:  # a model may raise anything; the run then ends with a sentence
        ended = fail(writer, learner.step, error)
        recorder.listen(ended)
        return ended


def fail(writer: RunWriter, step: int, error: Exception) -> Ended:
    """End a run as failed, and record that in its folder if there is room."""
    if not isinstance(error, EXPECTED):
        log.exception("the run %s failed", writer.folder.id)
    ended = Ended(status="failed", step=step, message=sentence(error, step), time=time.time())
    try:
        writer.append(ended)
        writer.flush()
    except RunWriteError as full:
        log.warning("the end of a run could not be recorded: %s", full)
    return ended


def sentence(error: Exception, step: int) -> str:
    """Describe an error in one line."""
    if isinstance(error, EXPECTED):
        return str(error)
    text = str(error).split("\n")[0].strip()
    return f"failed at step {step}: {type(error).__name__}: {text or 'no details'}"


class _Recorder:
    """The state of one recording."""

    def __init__(
        self, learner: Learner, writer: RunWriter, control: Control, listen: Listener
    ) -> None:
        self.learner, self.writer, self.control, self.listen = learner, writer, control, listen
        self.snapshot_steps: frozenset[int] = frozenset()  # nobody looks into a range test
        if not isinstance(learner, RangeTest):
            self.snapshot_steps |= {*snapshot_steps(learner.n_steps, learner.n_batches)}
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
        """Wait until the next step may start; False if the run should stop or leave."""
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
        """Return whether the learner's next event needs no update of the weights."""
        learner = self.learner
        match self.last:
            case None:
                return learner.step == learner.pending == 0
            case BatchEnd():
                return learner.step % learner.n_batches == 0  # the valid pass
            case EpochEnd():
                return learner.step == learner.n_steps  # the pass over train
            case TrainPass():
                return True  # the end
        return False

    def settle(self, *, for_long: bool) -> None:
        """Write everything to disk before a wait, for readers and for a later resume."""
        self.writer.flush()
        if for_long:
            if self.resume_step != self.learner.step:
                self.save_resume()
            self.control.rest()

    def store(self, event: Event) -> None:
        """Store a snapshot or checkpoint if one is due."""
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
        """Finish a run that cannot continue."""
        self.writer.flush()
        self.writer.drop_resume()
        return ended

    def leave(self) -> Ended | None:
        """Store a checkpoint; if the run was stopped, record its end."""
        learner = self.learner
        self.save_resume()
        if self.control.ending != STOP:
            return None
        ended = stopped(learner.step, learner.n_steps)
        self.say(ended)
        self.writer.flush()
        return ended
