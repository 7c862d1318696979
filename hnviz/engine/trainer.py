"""Trains a run: stores its events, snapshots and checkpoints, and obeys its buttons.

The engine's trainers (`serve`, at the end) and the command line both use it, so their runs are
identical.
"""

import logging
import math
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from hnviz.config import ConfigError
from hnviz.data import BatchLayout, Choice, TokenStream, stream_of
from hnviz.data.numbers import WAYS
from hnviz.estimate import measured_in
from hnviz.events import (
    BatchEnd,
    Ended,
    EpochEnd,
    Event,
    Resumed,
    RunStarted,
    TrainPass,
    failed,
    stopped,
)
from hnviz.learn import DeviceError, Learner, RangeTest, device_of
from hnviz.runs import DamagedRun, RunBusy, RunFolder, RunWriteError, RunWriter
from hnviz.schedule import snapshot_steps

STOP = "stop"  # end the run
LEAVE = "leave"  # end the training now, to resume it later
MAX_WAIT_SECONDS = 3600.0  # after which a waiting thread checks again

RESUME_SECONDS = 1.0  # between rolling checkpoints, at least
RESUME_SHARE = 20  # checkpoints take at most 1/20 of the time: those of large models are rarer

REPORT_SECONDS = 0.2
LAST_SECONDS = 1.0  # for storing a checkpoint after the engine is gone

Listener = Callable[[Event], None]
EXPECTED = (ConfigError, DeviceError, DamagedRun, RunWriteError)
"""Errors whose message is already a sentence for the page."""

log = logging.getLogger(__name__)


class Control:
    """A run's buttons. One thread presses them; another checks them before every step."""

    def __init__(
        self,
        *,
        paused: bool = False,
        steps: int = 0,
        speed: float | None = None,
        on_rest: Callable[[], None] = lambda: None,
    ) -> None:
        """Start paused or not, with `steps` single steps to do and at most `speed` steps/s.

        `on_rest` is called whenever a paused run has done and stored all requested steps.
        """
        self._changed = threading.Condition()
        self._paused = paused
        self._steps = steps  # single steps still to do
        self._speed = speed
        self._last_step = -math.inf
        self.rest = on_rest
        self._ending: str | None = None

    # Called by the thread that presses the buttons

    def pause(self) -> None:
        """Pause the run before its next step."""
        self._set(paused=True)

    def go_on(self) -> None:
        """Continue a paused run."""
        self._set(paused=False, steps=0)

    def step(self) -> None:
        """Pause the run, and let it do one more step."""
        with self._changed:
            self._set(paused=True, steps=self._steps + 1)

    def set_speed(self, steps_per_second: float | None) -> None:
        """Limit the run to `speed` steps a second; None means no limit."""
        self._set(speed=steps_per_second)

    def stop(self) -> None:
        """Stop the run."""
        self._set(ending=STOP)

    def leave(self) -> None:
        """End training now, so that the run can resume later."""
        self._set(ending=LEAVE)

    def _set(self, **values: object) -> None:
        with self._changed:
            for name, value in values.items():
                setattr(self, f"_{name}", value)
            self._changed.notify_all()

    # Called by the thread that trains

    @property
    def ending(self) -> str | None:
        """STOP, LEAVE, or None while the run should continue."""
        return self._ending

    @property
    def steps_left(self) -> int:
        """Single steps still to do."""
        return self._steps

    def seconds_to_wait(self) -> float:
        """Return how long the next step must wait: 0 for not at all, inf while paused."""
        with self._changed:
            if self._paused:
                return 0.0 if self._steps else math.inf
            turn = -math.inf if self._speed is None else self._last_step + 1 / self._speed
            return max(0.0, turn - time.monotonic())

    def wait(self) -> None:
        """Sleep until the next step may start or a button is pressed."""
        with self._changed:
            if self._ending is None and (seconds := self.seconds_to_wait()) > 0:
                self._changed.wait(min(seconds, MAX_WAIT_SECONDS))

    def begin_step(self) -> None:
        """Record the time from which the speed limit counts."""
        self._last_step = time.monotonic()

    def step_done(self) -> None:
        """Count one step as done; it may be a single step."""
        with self._changed:
            self._steps = max(0, self._steps - 1)


def run_in_folder(
    folder: RunFolder, control: Control | None = None, listen: Listener | None = None
) -> Ended | None:
    """Train a run from its last stored state until it ends; None if it will resume later.

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
    measured = measured_in(folder.path.parent)
    config = replace(folder.config, device=device_of(folder.config, measured))
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
    """Record a learner's events in a run's folder until the run ends; None if it will resume later.

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
    ended = failed(step, sentence(error, step))
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
        self.snapshot_steps: frozenset[int] = frozenset()  # none for a range test
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
            if math.isinf(self.control.seconds_to_wait()):  # nobody has asked for a step meanwhile
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


def load_texts() -> None:
    """Split the notebook's text both ways before any run: forked trainers share the result."""
    for way in WAYS:
        stream_of(Choice(split=way))


def serve(pipe: Connection) -> None:
    """Wait for a run, train it and report; end when the pipe closes."""
    load_texts()
    try:
        path, begin = pipe.recv()
    except EOFError:
        return
    reporter = _Reporter(pipe)

    def rest() -> None:
        reporter.forget()  # otherwise a pause would count as slow steps
        with suppress(OSError):  # the engine is gone: `_obey` leaves the run resumable, not failed
            pipe.send(("rest",))

    control = Control(**begin, on_rest=rest)
    threading.Thread(target=_obey, args=(pipe, control), daemon=True).start()
    status = "failed"
    try:
        ended = run_in_folder(RunFolder(Path(path)), control, reporter)
        status = ended.status if ended else "left"
    except (DamagedRun, RunBusy, RunWriteError) as error:
        log.error("%s", error)
    with suppress(OSError):
        pipe.send(("over", status, control.steps_left))


def _obey(pipe: Connection, control: Control) -> None:
    """Pass the engine's orders to the control. If the engine is gone, leave the run."""
    with suppress(EOFError, OSError):
        while True:
            order, *values = pipe.recv()
            getattr(control, order)(*values)
    control.leave()
    time.sleep(LAST_SECONDS)
    os._exit(1)  # a step is still running, but its result is not needed


class _Reporter:
    """Regularly reports the run's progress, speed and cost per step to the engine."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._since: tuple[int, float, float] | None = None  # step, time, processor time

    def forget(self) -> None:
        """Start measuring again at the next step."""
        self._since = None

    def __call__(self, event: Event) -> None:
        if not isinstance(event, BatchEnd):
            return
        now = (event.step + 1, time.monotonic(), time.process_time())
        if self._since is None:
            self._since = now
        steps, seconds, busy = (new - old for new, old in zip(now, self._since, strict=True))
        if steps and seconds >= REPORT_SECONDS:
            self._since = now
            with suppress(OSError):
                self._pipe.send(("at", now[0], steps / seconds, busy / steps))
