"""Watches a loop that is being recorded: its first training steps and its first pass over valid.

The loop does nothing for it. `hnviz.record` makes a LoopWatch and calls it where a step, an epoch
and the loop end. Hooks are two functions of this module, at the outermost module alone: a copy or a
pickle of the model names them, and they do nothing there. Nothing here raises into the loop, and
nothing waits for the device before `report`, which another thread may call.

It only looks: it makes no trial, so it does not see whether answers look ahead or mix rows.
"""

import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from hnviz.doctor import seen
from hnviz.doctor import valid as of_valid
from hnviz.doctor.alignment import FEW, Alignment, as_rows, go_on
from hnviz.doctor.batch import Batch, is_ids
from hnviz.doctor.kind import embeddings, kind_of, means
from hnviz.doctor.report import Finding, Report, unknown, wrong
from hnviz.doctor.watch import Call, Eye, Step, is_compiled
from hnviz.given import said

STEPS = 3  # training steps that are watched
MOST_NUMBERS = 2**24  # that are kept of them: 64 MB
MOST_CALLS = 2_000  # of the model, in one step

Tensors = Sequence[Tensor]


def nothing() -> Tensors:
    """Return the state of a model that keeps none."""
    return ()


class LoopWatch(Eye):
    """Takes what a recorder sees of a loop, and says what follows from it."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: object = None,
        state: Callable[[], Tensors] = nothing,
        ready: Callable[[], None] = nothing,  # type: ignore[assignment]
    ) -> None:
        """`state` returns what the model keeps; `ready` is called when a report says more."""
        self._model, self._state, self._ready = weakref.ref(model), state, ready
        self._open, self._failed, self._crowded = True, "", False
        self.over = False  # nothing more will be seen
        self._room = MOST_NUMBERS
        self._deep = False  # look into the model: it returns its loss
        self._ignored = self._blank = 0
        self._names: dict[int, str] = {}
        self._trainable: set[int] = set()
        self._began: dict[int, tuple[Tensor, Tensor]] = {}  # what no optimizer has, and its copy
        self._same: dict[int, Tensor] = {}  # bool: has it not changed
        self._inner: list[Callable[[], None]] = []
        self._ys: list[Tensor | None] = []
        self._pass, self._valid = Pass(), Pass()
        self._trained = self._passed = False  # still known when the steps are forgotten
        self._found: list[Finding] | None = None  # in the training steps
        self._sizes = Sizes()
        super().__init__(optimizer)
        self._closing(model.register_forward_hook(leaving, with_kwargs=True, always_call=True))
        self._last = model.register_forward_pre_hook(entering, with_kwargs=True)
        _watches[id(model)] = self

    # What a recorder calls

    def batch(self, y: object = None) -> None:
        """End a training step whose targets were y."""
        if self._pass.shapes:
            self._pass = Pass()
        if not self._open:
            return
        if self._now.calls:
            self.safe(self._step)(y)
        else:  # a step that was ended already, or one without the model
            self._blank += 1
        none = not self.steps and self._blank == STEPS
        if none or self._failed or len(self.steps) == STEPS:
            self._end()

    def epoch(self) -> None:
        """End an epoch, and with it the first pass over valid."""
        self._valid = self._valid if self._valid.shapes else self._pass
        self._pass = Pass()
        self._passed = self._trained
        if self._passed and not self._open:
            self.stop()

    def stop(self) -> None:
        """Take all hooks away, also in the middle of a step."""
        if self._open:
            if self._now.reaches_back:
                self.safe(self._step)(None)
            self._end()
        else:
            self._ready()
        self._last.remove()
        self.over = True

    def report(self) -> Report:
        """Say what was seen so far, and drop it. Waits for the device."""
        if self._open:
            return Report.of(seen.never_detached([*self.steps, self._now]))
        if self._found is None:
            self._found = [*self._of_training()]
            self.forget()
        return Report.of([*self._found, *self._tried(self._of_valid())], self.checked)

    def forget(self) -> None:
        """Drop what has been seen."""
        super().forget()
        self._ys.clear()
        self._began.clear()
        self._same.clear()

    # What the hooks see

    def watches(self, module: nn.Module) -> bool:
        """Return whether this is the model, and not a copy of it."""
        return self._model() is module

    def waits(self, module: nn.Module) -> bool:
        """Return whether to skip a call: it trains, and the first steps are over."""
        return module.training and not self._open

    def enter(self, module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Begin a call; of one outside training only the ids that valid has."""
        if self._depth:
            return super().enter(module, given, named)
        if not module.training:
            self._pass.add(Batch.of_call(given, named))
        if not self._open:
            return
        if not (module.training and torch.is_grad_enabled()) or _is_captured(given):
            self._ignored += 1
            return
        if len(self._now.calls) >= MOST_CALLS:
            raise RuntimeError(f"a step calls the model more than {MOST_CALLS:,} times")
        if not self._now.calls:
            self._follow_new(module)
        super().enter(module, given, named)
        self._now.calls[-1].ids = self._ids(given, named)
        self._now.calls[-1].states = (self._kept(),)
        if self._deep and not is_compiled(module):
            self._look_into(module)

    def leave(self, answer: Any) -> Call | None:
        """End a call."""
        if self._ignored and not self._depth:
            self._ignored -= 1
            return None
        call = super().leave(answer)
        if call is not None and self._depth == 0:
            self._look_out()
            call.states = (*call.states, self._kept())
            if self._now.reaches_back and not any(step.reaches_back for step in self.steps):
                self._ready()  # torch is about to raise
        return call

    def _step(self, y: object) -> None:
        step = self.step()
        self._trained, self._ignored = True, 0
        self._look_out()
        ids = isinstance(y, Tensor) and is_ids(y)
        self._ys.append(self._copy(y) if ids else None)  # type: ignore[arg-type]
        self._deep = not any(call.asked() for call in step.calls)

    def _end(self) -> None:
        self.safe(self._compare)()
        self._look_out()
        self.close()
        if self._passed or not self.steps:
            self._last.remove()
            self.over = True
        self._open = False
        self._ready()

    def _compare(self) -> None:
        """Note what only the model has: another thread may not have the model."""
        model = self._model()
        self._same = {at: (was == now).all() for at, (now, was) in self._began.items()}
        self._began.clear()
        if model is not None:
            self._trainable &= {id(each) for each in model.parameters() if each.requires_grad}
            self._sizes.has_norm = seen.has_batch_norm(model)
            self._sizes.embeddings = embeddings(model)

    def _follow_new(self, model: nn.Module) -> None:
        """Look at weights that the model or the optimizer was given since."""
        self._given = {id(weight) for weight in self.updated()}
        for name, weight in model.named_parameters():
            if id(weight) not in self._names:
                self._names[id(weight)] = name.removeprefix("_orig_mod.")
                if weight.requires_grad:
                    self._trainable.add(id(weight))
                    self.follow([weight])

    def _look_into(self, model: nn.Module) -> None:
        """Set hooks inside the model, for one call: what copies it finds none."""
        todo = [*model.children()]
        while todo:
            module = todo.pop()
            enter, leave = self.safe(self.enter), self.safe(lambda _m, _g, out: self.leave(out))
            for handle in (
                module.register_forward_pre_hook(enter, with_kwargs=True),
                module.register_forward_hook(leave, always_call=True),
            ):
                self._inner.append(handle.remove)
            if not is_compiled(module) and getattr(module, "_compiled_call_impl", None) is None:
                todo += module.children()

    def _look_out(self) -> None:
        for close in self._inner:
            close()
        self._inner.clear()

    def _ids(self, given: tuple[Any, ...], named: Mapping[str, Any]) -> Batch | None:
        found = Batch.of_call(given, named)
        if found is None:
            return None
        return Batch(None, self._copy(found.x), None if found.y is None else self._copy(found.y))

    def _kept(self) -> tuple[Tensor, ...]:
        return tuple(self._copy(each) for each in self._state())

    def _copy(self, tensor: Tensor) -> Tensor:
        """Copy a tensor; without room only its shape."""
        if tensor.numel() > self._room:
            self._crowded = True
            return torch.empty(tensor.shape, dtype=tensor.dtype, device="meta")
        self._room -= tensor.numel()
        return tensor.detach().clone()

    _view = _copy  # a loop may write into what it hands over

    def _begins(self, weight: Tensor) -> None:
        at, room = id(weight), weight.numel() <= self._room
        other = bool(self._given) and at not in self._given  # no weight of the optimizer's
        if other and room and at in self._names and at not in self._began:
            self._began[at] = (weight, self._copy(weight))

    def safe(self, function: Callable[..., Any]) -> Callable[..., None]:
        """Return a hook that raises nothing."""

        def run(*given: Any) -> None:
            try:
                function(*given)
            except Exception as error:  # whatever it is, the loop goes on
                self._failed = self._failed or said(error)

        return run

    # What follows

    def names(self) -> Mapping[int, str]:
        """Return the names of the model's weights, by their ids."""
        return self._names

    def trainable(self) -> set[int]:
        """Return the ids of the model's weights that should get a gradient."""
        return self._trainable

    def left(self, weights: Mapping[int, Tensor]) -> list[int]:
        """List the weights that the optimizer does not have and that no update changed.

        A loop may have another optimizer, of which its recorder does not know.
        """
        updated = any(step.updates for step in self.steps)
        return [at for at in weights if updated and at in self._same and bool(self._same[at])]

    def _tried(self, findings: Iterator[Finding]) -> Iterator[Finding]:
        try:
            yield from findings
        except Exception as error:  # whatever a loop does, its recorder goes on
            yield unknown("raised", f"The steps could not be read: {said(error)}")

    def _of_training(self) -> Iterator[Finding]:
        if self._failed:
            yield unknown("raised", f"The steps could not be read: {self._failed}")
            return
        if not any(call.grads for step in self.steps for call in step.calls):
            yield unknown(
                "no-call",
                "No step called the model in train mode and took a gradient, so nothing could be "
                "seen.",
                "model",
            )
            return
        self.checked = True
        if self._sizes.has_norm:
            yield seen.batch_norm()
        yield from self._tried(seen.of_weights(self))
        if self._crowded:
            many = f"{MOST_NUMBERS:,}"
            yield unknown("too-large", f"Three steps have more than {many} numbers to look at.")
        else:
            yield from self._tried(self._of_targets())

    def _of_targets(self) -> Iterator[Finding]:
        pairs = [(step, read(step, y)) for step, y in zip(self.steps, self._ys, strict=True)]
        known = [(step, one) for step, one in pairs if one is not None]
        if not known:
            yield unknown("unreadable", "The model was given no token ids.", "model")
            return
        of = [each for each in known if each[0].answers()] or known
        steps, batches = [step for step, _ in of], [one.batch for _, one in of]
        yield from seen.of_targets(steps, batches)
        each = [with_targets(step, batch) for step, batch in zip(steps, batches, strict=True)]
        kind = kind_of(seen.answers_of(steps[0], each[0]), each, self._sizes.embeddings)
        self._sizes.of_train(each[0], kind.data)
        whole = len(of) == len(self.steps) and all(one.is_whole for _, one in known)
        going = go_on(each, kind.data) if whole and means("rows-at-random", kind) else None
        if going is not None and going < FEW and handed_on(steps):
            yield at_random(going)

    def _of_valid(self) -> Iterator[Finding]:
        sizes = self._sizes.of_valid(self._valid)
        if sizes:
            first = self._valid.first if len(sizes) == 1 else None
            yield from of_valid.of_sizes(sizes, first, self._sizes.n, self._sizes.time)


class Pass:
    """The mini-batches of a pass over valid: how large they are, and the ids of the first."""

    def __init__(self) -> None:
        self.shapes = Counter[tuple[int, ...]]()
        self.first: Tensor | None = None

    def add(self, read: Batch | None) -> None:
        """Add a mini-batch."""
        if read is not None:
            self.shapes[tuple(read.x.shape)] += 1
            if self.first is None:
                self.first = read.x.detach().clone()


@dataclass
class Sizes:
    """What remains of the training steps, to compare valid with."""

    n: int = 0  # tokens of a mini-batch of train
    rows: int = 0
    time: int = 1
    has_norm: bool = False
    embeddings: tuple[int, ...] = ()  # how many ids each one knows

    def of_train(self, batch: Batch, data: Alignment) -> None:
        """Take the sizes of a mini-batch of train."""
        self.n, self.time = batch.x.numel(), data.time
        self.rows = len(as_rows(batch.x, data.time))

    def of_valid(self, read: Pass) -> list[int]:
        """List the tokens of valid's mini-batches; of three alike two are enough.

        A single row where train has several is no valid: a loop lets a network go on so.
        """
        found: list[int] = []
        for shape, many in read.shapes.items():
            rows = 1 if len(shape) == 1 else shape[1 - self.time]
            if self.n and (rows > 1 or self.rows == 1):
                found += min(many, 2) * [torch.Size(shape).numel()]
        return found


@dataclass(frozen=True)
class Read:
    """What a step has read, put together from its calls of the model."""

    batch: Batch
    is_whole: bool  # it is all that the step has read


def read(step: Step, y: Tensor | None) -> Read | None:
    """Return what a step has trained on; None if the model was given no ids."""
    calls = [call for call in step.calls if call.grads]
    each = [call.ids for call in calls if call.ids is not None]
    if not each:
        return None
    x = each[-1].x
    tokens = x.dim() == 1 or x.shape[1] == 1  # of one step of time
    joined = len(each) > 1 and tokens and all(one.x.shape == x.shape for one in each)
    if joined:
        x = torch.cat([one.x.reshape(-1, 1) for one in each], 1)
    target = each[-1].y if y is None and not joined else y
    return Read(Batch(None, x, target), joined or len(each) == 1)


def with_targets(step: Step, batch: Batch) -> Batch:
    """Add the targets that the loss wants, for a loop that does not hand them over."""
    answers = seen.answers_of(step, batch) if batch.y is None else None
    found = answers.want.targets if answers else None
    if found is None or found.shape != batch.x.shape or bool((found < 0).any()):
        return batch
    return Batch(None, batch.x, found)


def at_random(going: float) -> Finding:
    """Say that a share of the rows goes on, and the state of all."""
    return wrong(
        "rows-at-random",
        f"The state is carried on, but only {100 * going:.0f} % of the rows go on where the "
        "mini-batch before stopped: each row begins with the memory of another text.",
        "loader",
        "rows",
    )


def handed_on(steps: Sequence[Step]) -> bool:
    """Return whether the model begins a step with a state with which it ended the one before."""
    return any(
        _same(begins, ends)
        for before, after in pairwise(steps)
        for call in after.calls
        for begins in (*call.given, *(call.states[0] if call.states else ()))
        for one in before.calls
        for ends in (*one.outputs, *(one.states[1] if len(one.states) > 1 else ()))
    )


def _same(begins: Tensor, ends: Tensor) -> bool:
    alike = begins.is_floating_point() and begins.shape == ends.shape
    return alike and bool(begins.any()) and torch.equal(begins, ends)


def _is_captured(given: tuple[Any, ...]) -> bool:
    """Return whether a CUDA graph is made of a call, which computes nothing yet."""
    on_card = any(isinstance(each, Tensor) and each.is_cuda for each in given)
    return on_card and torch.cuda.is_current_stream_capturing()


_watches: "weakref.WeakValueDictionary[int, LoopWatch]" = weakref.WeakValueDictionary()


def _watch_of(module: nn.Module) -> LoopWatch | None:
    """Return what watches a module; None for a copy, and while torch makes a program of it."""
    if torch.compiler.is_compiling() or torch.jit.is_tracing():
        return None
    watch = _watches.get(id(module))
    return watch if watch is not None and watch.watches(module) else None


def entering(module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Be the hook before a call of a recorded model."""
    watch = _watch_of(module)
    if watch is not None and not watch.waits(module):
        watch.safe(watch.enter)(module, given, named)


def leaving(module: nn.Module, given: object, named: object, answer: Any) -> None:
    """Be the hook after a call of a recorded model."""
    watch = _watch_of(module)
    if watch is not None:
        watch.safe(watch.leave)(answer)
