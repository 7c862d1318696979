"""Records a loop that trains a network: `rec = hnviz.record(model, text=...)`.

Nothing here raises into the loop. What goes wrong is said once, as a warning, and the loop goes on.
"""

import atexit
import inspect
import threading
import warnings
import weakref
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import time
from types import FrameType, TracebackType
from typing import Any

import torch
from torch import Tensor, nn

from hnviz.config import RunConfig
from hnviz.data import CorpusError, stream_of
from hnviz.doctor.recorded import LoopWatch
from hnviz.doctor.report import Report
from hnviz.doctor.watch import is_compiled
from hnviz.events import ENDS
from hnviz.given import UnreadableError, kind, said
from hnviz.learn import model_class
from hnviz.learn.finding import Reader, reader_of
from hnviz.learn.opened import Opened, source_of
from hnviz.learn.state import named as state_named
from hnviz.learn.twin import generators_kept, held, state_in, unwrapped
from hnviz.models.catalogue import entry
from hnviz.own.network import LOOP, OWN, Network, hash_of, know
from hnviz.recording.naming import Named, named, units
from hnviz.recording.own import named_zeros, own_network
from hnviz.recording.settings import Options, Plan, names_in, plan
from hnviz.recording.text import choose_text
from hnviz.recording.thread import Batch, End, Epoch, Look, Snapshot, Start, WriterThread
from hnviz.runs import default_runs_dir
from hnviz.runs.recorded import Recorded
from hnviz.schedule import MAX_SNAPSHOTS, snapshot_steps

NAN = float("nan")
OWN_CODE = Path(__file__).parents[1]
MOST_SNAPSHOTS = 120  # of one run; those that the recorder takes itself are fewer


class RecordingWarning(UserWarning):
    """Says what is not recorded, and why."""


class Recorder:
    """Records one training. Make it with `hnviz.record`."""

    def __init__(self, model: nn.Module, text: Any, options: Options) -> None:
        self._place = line_of_loop()
        called, model = model, unwrapped(model)
        for other in list(_open):  # of a loop that was stopped, in a notebook
            if other.records(model):
                other.close("stopped", "another record of the same model has begun")
        self._model = weakref.ref(model)
        self._options = options
        self._warned: set[str] = set()
        self._optimizer = self._usable(options.get("optimizer"))
        self._highest = _highest(self._optimizer)  # before a schedule lowers it
        self._step = self._snapshots = 0
        self._recorded = -1  # the step of the last mini-batch
        self._started = self._closed = False
        self._due: frozenset[int] = frozenset({0})
        self._first: Snapshot | None = None  # until the run's settings are known
        self._reader: Reader | None = None
        self._weights: tuple[str, ...] = ()  # names, of the tensors that a snapshot holds
        self._zeros: dict[str, Tensor] = {}  # a state of one row
        self._opened: Opened | None = None  # a network that only its class computes
        self._lock = threading.Lock()
        self._thread = WriterThread(self._warn)
        self.found = Named()
        self._prepare(model, text)
        self._watch = self._watching(called)
        _open.add(self)

    # What a loop calls

    def batch(
        self,
        loss: Tensor | float,
        logits: Tensor | None = None,
        y: Tensor | None = None,
        *,
        lr: float | None = None,
        step: int | None = None,
    ) -> None:
        """Record one mini-batch; call it after the optimizer's step.

        `loss` is the mean of the mini-batch before that step, in nats. With `logits`, (rows, steps,
        nv), and `y`, (rows, steps), the share of right answers is recorded too. `step` is the
        number of the mini-batch, from 0, for a loop that does not hand over each. Does not wait for
        the device. Never raises.
        """
        try:
            if not self._started:
                self._start(y)
            at = self._step if step is None else max(step, self._recorded + 1)
            group = self._optimizer.param_groups[0] if self._optimizer is not None else _NO_GROUP
            self._thread.put_batch(
                Batch(
                    at,
                    loss.detach() if isinstance(loss, Tensor) else loss,
                    logits.detach() if logits is not None else None,
                    y,
                    group.get("lr", NAN) if lr is None else lr,
                    _momentum(group),
                )
            )
            self._recorded = at
            self._count(at + 1)
            if self._watch is not None:
                self._look_at(y)
        except Exception as error:
            self._warn(f"a mini-batch was not recorded: {said(error)}")

    def snapshot(self) -> None:
        """Record the weights, and the state that the model carries. Never raises.

        The recorder takes snapshots itself: before training, early in it, and at epochs' ends.
        """
        try:
            model = self._model()
            if model is None or not self._weights or self._thread.over:
                return
            if self._snapshots >= MOST_SNAPSHOTS:
                return self._warn(
                    f"a run has at most {MOST_SNAPSHOTS} snapshots: no more are taken"
                )
            taken = Snapshot(self._step, self._copies(model))
            self._snapshots += 1
            if self._started:
                self._thread.put(taken)
            else:
                self._first = taken
        except Exception as error:
            self._warn(f"a snapshot was not recorded: {said(error)}")

    def epoch(self, valid_loss: Any = NAN, accuracy: Any = NAN) -> None:
        """Record the end of an epoch, with what the loop measured on valid. Never raises."""
        try:
            if not self._started:
                self._start(None)
            figures = float(valid_loss), float(accuracy)
            self._thread.put(Epoch(self._step, *figures, time()))
            if self._watch is not None:
                self._watch.epoch()
                self._watch = None if self._watch.over else self._watch
            if self._step not in self._due and self._snapshots < MAX_SNAPSHOTS:
                self.snapshot()
        except Exception as error:
            self._warn(f"the end of an epoch was not recorded: {said(error)}")

    def stepped(self, done: int) -> None:
        """Say that `done` steps are done, for a loop that hands over few of them. Never raises."""
        try:
            if not self._started:
                self._start(None)
            self._count(done)
            if self._watch is not None:
                self._look_at(None)
        except Exception as error:
            self._warn(f"a step was not recorded: {said(error)}")

    def close(self, status: str = "finished", message: str = "") -> None:
        """End the record and wait until it is written. `status` is one of hnviz.events.ENDS."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        _open.discard(self)
        with suppress(Exception):
            if self._watch is not None:
                self._watch.stop()
                self._watch = None
        with suppress(Exception):
            status = status if status in ENDS else "finished"
            end = End(status, self._step, message or f"the loop trained {self._step:,} steps")
            self._thread.close(end)

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        elif isinstance(error, Exception):
            self.close("failed", f"the loop raised {said(error)}")
        else:
            self.close("stopped", f"the loop was stopped after step {self._step:,}")

    # What a person may look at

    def records(self, model: nn.Module) -> bool:
        """Return whether this is the record of a model."""
        return self._model() is unwrapped(model)

    @property
    def folder(self) -> Path | None:
        """The run's folder; None before the first mini-batch is written."""
        found = self._thread.folder
        return found.path if found is not None else None

    @property
    def left_out(self) -> int:
        """How many mini-batches came too fast to be written."""
        return self._thread.left_out

    @property
    def n_snapshots(self) -> int:
        """How many snapshots were taken."""
        return self._snapshots

    @property
    def doctor(self) -> Report | None:
        """What the doctor says of the loop; None before it has looked, at the third step."""
        return self._thread.report

    def __repr__(self) -> str:
        where = self.folder or "no folder yet"
        steps = "1 step" if self._step == 1 else f"{self._step:,} steps"
        report = self.doctor
        said = [each.line for each in report.findings if each.level != "unknown"] if report else ()
        return "\n".join([f"hnviz has recorded {steps} in {where}.", *self.found.seen, *said])

    # Internals

    def _warn(self, sentence: str) -> None:
        """Say something once, whatever the filters for warnings are."""
        if sentence not in self._warned and len(self._warned) < 20:
            self._warned.add(sentence)
            with suppress(Exception):
                text = f"hnviz.record: {sentence}. The loop goes on."
                file, line = line_of_loop() or self._place or ("hnviz.record", 1)
                warnings.warn_explicit(text, RecordingWarning, file, line)

    def _count(self, done: int) -> None:
        """Note how many steps are done, and take a snapshot where one is due."""
        if done > self._step:
            self._step = done
            if done in self._due:
                self.snapshot()

    def _look_at(self, y: Tensor | None) -> None:
        """End a step that the doctor watches."""
        watch = self._watch
        if watch is None:
            return
        try:
            if self._thread.over:
                watch.stop()
                watch.forget()
            else:
                watch.batch(y)
        except Exception as error:
            self._warn(f"a step was not watched: {said(error)}")
        if watch.over:
            self._watch = None

    def _usable(self, optimizer: Any) -> Any:
        """Return an optimizer; None, and a warning, for what has no settings to read."""
        if optimizer is None or getattr(optimizer, "param_groups", None):
            return optimizer
        wanted = f"optimizer must be a torch.optim.Optimizer; got {kind(optimizer)}"
        return self._warn(f"{wanted}. The lr and the momentum are not recorded")

    def _prepare(self, model: nn.Module, text: Any) -> None:
        """Look into the model and take the first snapshot; says what is not found."""
        try:
            with generators_kept():
                self._look(model)
        except UnreadableError as error:
            self.found = Named(seen=(f"{error}.",))
            self._warn(f"{error}. Only the curves are recorded")
        except Exception as error:
            self._warn(f"the model could not be read: {said(error)}. Only the curves are recorded")
        self._text = self._chosen(text)
        self.snapshot()

    def _watching(self, called: nn.Module) -> LoopWatch | None:
        """Let the doctor look at the first steps; of a compiled model from outside."""
        model = called if is_compiled(called) else unwrapped(called)
        if not self._options.get("watch", True):
            return None
        try:
            return LoopWatch(model, self._optimizer, self._kept, self._ready)
        except Exception as error:  # a class may forbid hooks in its own way
            self._warn(f"the loop is not watched: {said(error)}")
            return None

    def _kept(self) -> list[Tensor]:
        """Return the state that the model keeps now."""
        model, places = self._model(), self._reader.twin.kept if self._reader else {}
        if model is None:
            return []
        return [each for place in places for each in state_in(held(model, place))]

    def _ready(self) -> None:
        if self._watch is not None:
            self._thread.put(Look(self._watch))

    def _look(self, model: nn.Module) -> None:
        bptt = self._options.get("bptt")
        self._reader = reader_of(model, names_in(self._options), bptt)
        self.found = named(self._reader)
        if self.found.network is not None:
            know(self.found.network, LOOP)
            made = model_class(self.found.model)(2, units(self._reader.twin, self.found.names))
            self._weights = tuple(made.state_dict())
            self._zeros = state_named(entry(self.found.model).state, made.init_state(1))
        else:
            self._open_own(self._reader, hash_of(source_of(model)))

    def _open_own(self, reader: Reader, code: str) -> None:
        """Follow a network that only its class computes, on a text; or say that it is not."""
        network = own_network(reader, self.found.names, code)
        if network is None:
            return self._warn(f"{self.found.seen[0].rstrip('.')}. Only the curves are recorded")
        know(network, LOOP)
        text = "Pictures show it on the texts that they begin with."
        self.found = replace(self.found, network=network, seen=(*self.found.seen, text))
        self._opened = Opened(reader)
        self._weights = reader.twin.weights
        self._zeros = named_zeros(reader)

    def _chosen(self, text: Any) -> RunConfig:
        """Return settings with the text; the usual one if this one cannot be used."""
        nv = self._reader.twin.nv if self._reader else None
        try:
            return choose_text(text, self._options, nv)
        except (CorpusError, ValueError, TypeError) as error:
            self._weights, self._opened = (), None  # its ids would be other words
            self._warn(f"{error}. Only the curves are recorded")
            return RunConfig()

    def _start(self, y: Tensor | None) -> None:
        """Settle the run's settings, at the first mini-batch."""
        self._started = True
        model = self._model()
        planned = self._plan(y)
        for note in planned.notes:
            self._warn(note)
        weights = list(model.parameters()) if model is not None else []
        self._due = frozenset(snapshot_steps(planned.n_steps, planned.n_batches))
        built_in = bool(self.found.built_in)
        network = None if built_in else self.found.network or _unknown(model)
        source = source_of(model)
        self._thread.put(
            Start(
                planned,
                Recorded(
                    class_name=type(model).__name__ if model is not None else "unknown",
                    network=network,
                    source=source,
                    source_hash=hash_of(source),
                    seen=self.found.seen,
                ),
                Path(self._options.get("runs_dir") or default_runs_dir()),
                sum(weight.numel() for weight in weights),
                weights[0].device.type if weights else "cpu",
                str(self._options.get("name", "")),
                self._opened,
            )
        )
        if self._first is not None:
            self._thread.put(self._first)
            self._first = None

    def _plan(self, y: Tensor | None) -> Plan:
        reader = self._reader
        network = self.found.network or _unknown(self._model())
        know(network, LOOP)
        shown: dict[str, Any] = {"lr": self._highest}
        if reader is not None and self.found.network is not None:
            shown["nh"] = self._zeros["state"].shape[-1]
            shown["bptt"] = reader.steps if reader.reads != "any" else None
        if y is not None and y.dim() == 2:
            swap = reader is not None and reader.twin.steps_first
            shown |= dict(zip(("bptt", "bs") if swap else ("bs", "bptt"), y.shape, strict=True))
        elif y is not None and y.dim() == 1:
            shown["bs"] = y.shape[0]
        name = self.found.model or network.name
        config = RunConfig.for_model(name, corpus=self._text.corpus, split=self._text.split)
        return plan(config, stream_of(config), self._options, shown)

    def _copies(self, model: nn.Module) -> dict[str, Tensor]:
        """Copy the weights, by their names, and the carried state on the model's device."""
        weights = model.state_dict()
        copies = {name: weights[name].detach().clone() for name in self._weights}
        return copies | self._state(model)

    def _state(self, model: nn.Module) -> dict[str, Tensor]:
        """Return the state that the model carries now; zeros where it holds none."""
        carried = self._kept()
        rows = carried[0].shape[-2] if carried else int(self._options.get("bs", 1))
        zeros = {
            name: each.expand(*each.shape[:-2], rows, -1) for name, each in self._zeros.items()
        }
        state = {
            name: each.detach().reshape(zero.shape).clone()
            for (name, zero), each in zip(zeros.items(), carried, strict=False)
            if each.numel() == zero.numel()
        }
        return zeros | (state if len(state) == len(zeros) else {})


def line_of_loop() -> tuple[str, int] | None:
    """Return the file and line that called hnviz; None in a thread of hnviz's own."""
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and Path(frame.f_code.co_filename).is_relative_to(OWN_CODE):
        frame = frame.f_back
    if frame is None or frame.f_code.co_filename == threading.__file__:
        return None
    return frame.f_code.co_filename, frame.f_lineno


_NO_GROUP: Mapping[str, Any] = {}
_open: "weakref.WeakSet[Recorder]" = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for each in list(_open):
        each.close("stopped", "the process ended before the record was closed")


def _momentum(group: Mapping[str, Any]) -> float:
    betas = group.get("betas")
    return float(betas[0]) if betas else float(group.get("momentum", NAN))


def _highest(optimizer: torch.optim.Optimizer | None) -> float | None:
    """Return the highest learning rate that an optimizer knows of."""
    if optimizer is None:
        return None
    group = optimizer.param_groups[0]
    found = group.get("max_lr", group.get("initial_lr", group.get("lr")))
    return float(found) if found else None


def _unknown(model: nn.Module | None) -> Network:
    """Describe a network of which only the class's name is known."""
    name = type(model).__name__ if model is not None else "unknown"
    return Network(class_name=name, cell=OWN, parts=(), predicts="every", stateful=True)
