"""The thread that writes what a loop hands over: the loop only appends to a queue.

All arithmetic is done here: the loss is read from its tensor, answers are counted, weights become
arrays. On CUDA only this thread waits for the device.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from math import isfinite, isnan
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray
from torch import Tensor

from hnviz.doctor.recorded import LoopWatch
from hnviz.doctor.report import Finding, Report
from hnviz.doctor.seen import no_number
from hnviz.events import BatchEnd, Ended, EpochEnd, Event, RunStarted, SnapshotSaved
from hnviz.given import said
from hnviz.learn.learner import SMOOTHING
from hnviz.learn.opened import Opened
from hnviz.learn.state import is_state
from hnviz.recording.own import answer_question, store_answers
from hnviz.recording.settings import Plan
from hnviz.runs import RunBusy, RunFolder, RunStore, RunWriteError, RunWriter
from hnviz.runs.asking import answer_from_here, questions
from hnviz.runs.files import CONFIG, write_tensors
from hnviz.runs.folder import Label, new_info, write_label
from hnviz.runs.recorded import Recorded
from hnviz.runs.stop import drop_stop, is_asked_to_stop
from hnviz.runs.store import versions

WAIT_SECONDS = 0.05  # between two looks at the queue
ANSWER_SECONDS = 0.1  # between two looks for questions, once the loop has ended
STOP_SECONDS = 1.0  # between two looks for a request to stop
MOST_WAITING = 512  # mini-batches in the queue
MOST_NUMBERS = 2**24  # of the answers that wait: 64 MB
CLOSE_SECONDS = 30.0  # to write what is still in the queue


@dataclass(frozen=True, slots=True)
class Batch:
    """A mini-batch as the loop hands it over."""

    step: int
    loss: Tensor | float
    logits: Tensor | None
    y: Tensor | None
    lr: float
    momentum: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Copies of the weights and of the carried state, on the model's device."""

    step: int
    tensors: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Epoch:
    """The end of an epoch: what the loop measured on valid."""

    step: int
    valid_loss: float
    accuracy: float
    time: float


@dataclass(frozen=True, slots=True)
class Start:
    """The run's settings, and what its folder says about the model."""

    plan: Plan
    recorded: Recorded
    runs_dir: Path
    n_weights: int
    device: str
    name: str = ""
    opened: Opened | None = None  # a network that only its class computes


@dataclass(frozen=True, slots=True)
class Look:
    """The doctor has seen enough of the loop to say more of it."""

    watch: LoopWatch


@dataclass(frozen=True, slots=True)
class End:
    """The last item."""

    status: str
    step: int
    message: str


Item = Start | Batch | Snapshot | Epoch | Look | End


@dataclass
class Sums:
    """What is added up while mini-batches come in."""

    smooth: float = 0.0
    seen: int = 0  # mini-batches
    right: float = 0.0  # of this epoch
    counted: int = 0  # of this epoch, with a known accuracy
    epochs: int = 0
    odd: int = 0  # mini-batches whose loss is nan or infinite
    first_odd: int = -1  # the first one's step
    since: float = field(default_factory=time.time)

    def take(self, step: int, loss: float, accuracy: float) -> float:
        """Add a mini-batch; return the smoothed loss, of all losses that are finite."""
        if isfinite(loss):
            self.seen += 1
            self.smooth = SMOOTHING * self.smooth + (1 - SMOOTHING) * loss
        else:
            self.first_odd = self.first_odd if self.odd else step
            self.odd += 1
        if not isnan(accuracy):
            self.right += accuracy
            self.counted += 1
        return self.smoothed

    @property
    def smoothed(self) -> float:
        """The debiased exponential average of the losses."""
        return self.smooth / (1 - SMOOTHING**self.seen) if self.seen else float("nan")

    def end_epoch(self, epoch: Epoch) -> EpochEnd:
        """Return the event of an epoch's end, and begin the next."""
        event = EpochEnd(
            epoch=self.epochs,
            step=epoch.step,
            train_loss=self.smoothed,
            valid_loss=epoch.valid_loss,
            accuracy=epoch.accuracy,
            train_accuracy=self.right / self.counted if self.counted else float("nan"),
            seconds=epoch.time - self.since,
        )
        self.epochs += 1
        self.right, self.counted, self.since = 0.0, 0, epoch.time
        return event


class WriterThread:
    """Writes a run's folder from a queue; what cannot be written is said once, and ends it."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        self.folder: RunFolder | None = None
        self.report: Report | None = None  # what the doctor says of the loop
        self.left_out = 0  # mini-batches that found no room
        self._warn = warn
        self._queue: deque[Item] = deque()
        # Numbers of answers, put and taken: one sum that both threads change would lose some.
        self._given = self._taken = 0
        self._writer: RunWriter | None = None
        self._opened: Opened | None = None
        self._recorded: Recorded | None = None
        self._answering: FileLock | None = None
        self._sums = Sums()
        self._watched = Report(())  # what the doctor has seen of the first steps
        self._no_number: tuple[Finding, ...] = ()  # the first loss that was none
        self._over = False
        self._looked = 0.0
        self._closing, self._written = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="hnviz.record", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether nothing more is written."""
        return self._over

    def put(self, item: Item) -> None:
        """Hand over anything but a mini-batch."""
        if not self._over:
            self._queue.append(item)

    def put_batch(self, batch: Batch) -> None:
        """Hand over a mini-batch; without room it is left out, and counted."""
        if self._over:
            return
        size = batch.logits.numel() if batch.logits is not None else 0
        waiting = self._given - self._taken
        if len(self._queue) >= MOST_WAITING or waiting + size > MOST_NUMBERS:
            self.left_out += 1
            return
        self._given += size
        self._queue.append(batch)

    def close(self, end: End) -> None:
        """Write everything that waits, and the end. Waits for the thread."""
        self.put(end)
        self._closing.set()
        if threading.current_thread() is not self._thread:
            self._written.wait(CLOSE_SECONDS)

    def _run(self) -> None:
        self._record()
        while self._answering is not None:  # as long as the process lives
            time.sleep(ANSWER_SECONDS)
            self._answer()

    def _record(self) -> None:
        while not self._over:
            self._closing.wait(WAIT_SECONDS)
            try:
                self._drain()
            except (RunWriteError, RunBusy) as error:
                self._give_up(str(error))
            except Exception as error:  # whatever it is, the loop goes on
                self._give_up(said(error))

    def _drain(self) -> None:
        while self._queue:
            item = self._queue.popleft()
            if isinstance(item, Batch) and item.logits is not None:
                self._taken += item.logits.numel()
            self._take(item)
            if self._over:
                return
        if self._writer is not None:
            self._writer.flush()
            self._look_for_stop()
        self._answer()
        if self._closing.is_set() and not self._queue:
            self._finish()

    def _take(self, item: Item) -> None:
        match item:
            case Start():
                self._start(item)
            case Batch():
                self._write(self._batch_end(item))
            case Snapshot():
                self._save(item)
            case Epoch():
                self._write(self._sums.end_epoch(item))
            case Look():
                self._look(item.watch)
            case End():
                self._write(_ended(replace(item, message=f"{item.message}{self._missing()}")))
                self._finish()

    def _look(self, watch: LoopWatch) -> None:
        """Say what the doctor finds; here, because reading it waits for the device."""
        self._watched = watch.report()
        self._report()

    def _report(self) -> None:
        """Put together what the doctor says, and say what is wrong."""
        report = self._watched
        self.report = Report.of([*self._no_number, *report.findings], report.checked)
        for each in self.report.findings:
            if each.level == "wrong":
                place = f" ({each.place})" if each.place else ""
                self._warn(f"wrong{place}: {each.sentence.rstrip('.')}")
        if self._recorded is not None and self.folder is not None:
            lines = tuple(each.line for each in self.report.findings)
            replace(self._recorded, doctor=lines).save(self.folder.path)

    def _missing(self) -> str:
        """Say what the curves lack, for the end of the run's last sentence."""
        said, odd = "", self._sums.odd
        if self.left_out:
            said += f"; {self.left_out:,} mini-batches were left out: they came too fast to write"
        if odd:
            many = "1 mini-batch" if odd == 1 else f"{odd:,} mini-batches"
            said += f"; the loss of {many} was no number, first at step {self._sums.first_odd:,}"
        return said

    def _save(self, taken: Snapshot) -> None:
        if self._writer is None or self.folder is None:
            return
        if self._opened is None:
            return self._writer.save_snapshot(taken.step, _arrays(taken.tensors))
        write_tensors(self.folder.snapshot_path(taken.step), _arrays(taken.tensors))
        try:
            weights = {n: t for n, t in taken.tensors.items() if not is_state(n)}
            self._opened.load_state_dict(weights)
            store_answers(self.folder, taken.step, self._opened)
        except RunWriteError:
            raise
        except Exception as error:  # the user's class may raise anything
            self._warn(f"the states of step {taken.step} are not recorded: {said(error)}")
            self._opened = None
        self._writer.append(SnapshotSaved(step=taken.step))

    def _answer(self) -> None:
        """Answer what pages ask about a network that only its class computes."""
        if self._opened is None or self.folder is None or self._answering is None:
            return
        try:
            for each in questions(self.folder.path):
                answer_question(self.folder, each, self._opened)
        except Exception as error:  # a full disk, or a folder that was deleted
            self._warn(f"questions are no longer answered: {said(error)}")
            self._answering.release()
            self._answering = None

    def _write(self, event: Event) -> None:
        if self._writer is not None:
            self._writer.append(event)

    def _start(self, start: Start) -> None:
        config, self._opened = start.plan.config, start.opened
        self._recorded = start.recorded

        def fill(folder: Path) -> None:
            new_info(config, versions()).save(folder / CONFIG)
            start.recorded.save(folder)

        folder = RunStore(start.runs_dir).add(config, fill)
        if self._opened is not None:
            self._answering = answer_from_here(folder.path)
        self._writer = folder.writer()
        if start.name:
            with suppress(ValueError):
                write_label(folder.path, Label(start.name))
        self._write(
            RunStarted(
                n_batches=start.plan.n_batches,
                n_steps=start.plan.n_steps,
                n_weights=start.n_weights,
                device=start.device,
                time=time.time(),
            )
        )
        self._writer.flush()
        self.folder = folder  # complete: another thread may look at it

    def _batch_end(self, batch: Batch) -> BatchEnd:
        loss = float(batch.loss)
        accuracy = accuracy_of(batch.logits, batch.y)
        if not isfinite(loss) and not self._sums.odd:
            self._no_number = (no_number(batch.step, f"the loss is {loss:g}"),)
            self._report()
        return BatchEnd(
            step=batch.step,
            loss=loss,
            smooth_loss=self._sums.take(batch.step, loss, accuracy),
            accuracy=accuracy,
            lr=batch.lr,
            momentum=batch.momentum,
        )

    def _look_for_stop(self) -> None:
        if self.folder is None or time.monotonic() - self._looked < STOP_SECONDS:
            return
        self._looked = time.monotonic()
        if is_asked_to_stop(self.folder.path):
            step = self.folder.read().step
            self._write(_ended(End("stopped", step, "recording was stopped; the loop goes on")))
            self._finish()

    def _give_up(self, reason: str) -> None:
        self._warn(f"nothing more is recorded: {reason}")
        if self._writer is not None and self.folder is not None:
            with suppress(RunWriteError):
                step = self._sums.seen + self.left_out
                self._writer.append(_ended(End("failed", step, f"recording failed: {reason}")))
        self._finish()

    def _finish(self) -> None:
        self._over = True
        self._queue.clear()
        if self._writer is not None:
            with suppress(RunWriteError):
                self._writer.close()
        if self.folder is not None:
            drop_stop(self.folder.path)
        self._written.set()


def _ended(end: End) -> Ended:
    return Ended(status=end.status, step=end.step, message=end.message, time=time.time())


def _arrays(tensors: Mapping[str, Tensor]) -> dict[str, NDArray[Any]]:
    """Return tensors as arrays; halves become float32, which numpy knows."""
    found = {}
    for name, tensor in tensors.items():
        tensor = tensor.detach().cpu()
        wide = tensor.float() if tensor.is_floating_point() else tensor
        found[name] = np.ascontiguousarray(wide.numpy())
    return found


def accuracy_of(logits: Tensor | None, y: Tensor | None) -> float:
    """Return the share of right answers; nan if there are none to count.

    That is so where the scores are no numbers, the targets no ids, or both do not fit each other.

    logits: (..., nv), or (rows, nv, steps) as cross_entropy takes them; y: the same without nv. A
    model that answers only the last token is compared with the last token of each row.
    """
    if logits is None or y is None or logits.shape == y.shape or logits.shape[-1:] == (1,):
        return float("nan")
    if y.is_floating_point() or not logits.is_floating_point():
        return float("nan")
    with torch.no_grad():
        if y.dim() == logits.dim() == 2 and logits.shape[0] != y.numel():
            y = y[:, -1] if logits.shape[0] == y.shape[0] else y[-1]  # rows first, or steps first
        if logits.dim() == 3 and logits.shape[:2] != y.shape and logits.shape[::2] == y.shape:
            logits = logits.transpose(1, 2)
        if logits.shape[:-1].numel() != y.numel() or not y.numel():
            return float("nan")
        best, guesses = logits.max(-1)  # max is nan where a score is; argmax would say id 0
        if not best.isfinite().all():
            return float("nan")
        return float((guesses.flatten() == y.flatten()).float().mean())
