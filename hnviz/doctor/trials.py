"""Trials: a loop's own step is run again with some tokens replaced, and its answers compared.

Each trial starts from the same weights, states and random numbers, in eval mode, in float64 where
the model can, and without an update. So an answer changes only if it depends on what was replaced.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from hnviz.doctor.alignment import as_rows
from hnviz.doctor.batch import Batch
from hnviz.doctor.snapshot import Snapshot
from hnviz.doctor.watch import Step, Watch
from hnviz.given import one_line

TEXTS = 3  # other texts that are put in, one after the other
CHANGED = {torch.float64: 1e-9, torch.float32: 1e-5}  # of the largest answer
CHANGED_HALF = 2e-2

Act = Callable[[], None]


@dataclass(frozen=True)
class Loop:
    """What runs a training step, and what puts everything back."""

    step: Callable[..., Any]
    watch: Watch
    snapshot: Snapshot

    def run(self, batch: Batch) -> None:
        """Train on one mini-batch, as the loop does."""
        self.step(*batch.arguments(self.step))


@dataclass(frozen=True)
class Form:
    """How the answers of a step lie, as `canonical` needs it."""

    output: int  # which of the model's outputs they are
    dim: int  # of the classes
    time: int  # the dimension of the ids that is time


class TrialError(Exception):
    """A trial raised, or gave no answer."""


class Trials:
    """Runs a step on mini-batches from one start; `answers` returns what the last one answered."""

    def __init__(self, loop: Loop, form: Form) -> None:
        self.loop, self.form = loop, form
        self.exact = True  # float64

    def answers(self, acts: Sequence[Act], last: Batch) -> Tensor:
        """Run some acts, then a step; return its answers, (rows, steps, classes).

        `steps` is 1 where a row has one answer. Raises TrialError.
        """
        if self.exact:
            try:
                return self._answers(acts, last)
            except TrialError:
                self.exact = False
        return self._answers(acts, last)

    def _answers(self, acts: Sequence[Act], last: Batch) -> Tensor:
        try:
            with self._start():
                step = self._seen(acts, last)
            return canonical(step, last, self.form)
        except TrialError:
            raise
        except Exception as error:
            raise TrialError(one_line(error)) from error

    def _seen(self, acts: Sequence[Act], last: Batch) -> Step:
        """Run some acts and a step, all from the same weights; return what was seen of the step."""
        watch = self.loop.watch
        weights = watch.weights()
        start = [weight.detach().clone() for weight in weights]
        for act in acts:
            act()
            watch.forget()
            for weight, first in zip(weights, start, strict=True):
                weight.data.copy_(first)  # a loop may update them without an optimizer
        with suppress(Exception):  # its answers are there before its backward pass raises
            self.loop.run(last)
        return watch.step()

    @contextmanager
    def _start(self) -> Iterator[None]:
        """Begin where the loop is: eval, float64, no updates; put everything back afterwards."""
        watch = self.loop.watch
        self.loop.snapshot.restore()
        watch.forget()
        watch.forced_eval = True
        try:
            for optimizer in watch.optimizers:
                optimizer.step = _no_update
            if self.exact:
                self._to_double(watch.model)
            # cuDNN has no backward pass of an RNN in eval mode
            with warnings.catch_warnings(), torch.backends.cudnn.flags(enabled=False):
                warnings.simplefilter("ignore")
                yield
        finally:
            watch.forced_eval = False
            self.loop.snapshot.restore()

    def _to_double(self, model: nn.Module) -> None:
        torch.set_default_dtype(torch.float64)
        model.double()
        for tensor in self.loop.snapshot.tensors:
            if tensor.dtype == torch.float32:
                tensor.grad = None
                tensor.data = tensor.data.double()
        for weight in model.parameters():
            weight.grad = None


def _no_update(closure: Callable[[], Any] | None = None, **_: object) -> Any:
    return closure() if closure is not None else None


def canonical(step: Step, batch: Batch, form: Form) -> Tensor:
    """Return the answers of a step as (rows, steps, classes). Raises TrialError."""
    rows = len(as_rows(batch.x, form.time))
    answers = output_of(step, rows, form.output)
    if answers is None:
        raise TrialError("the step gave no answer")
    answers = answers.detach().movedim(form.dim, -1).cpu()
    if answers.isnan().any():
        raise TrialError("its answers are no numbers")
    if answers.dim() < 2:  # a number for each row
        answers = answers.reshape(-1, 1)
    if answers.dim() == 3:
        turned = answers.shape[0] != rows or (answers.shape[1] == rows and form.time == 0)
        return answers.transpose(0, 1) if turned else answers
    if len(answers) == rows:
        return answers[:, None]
    if len(answers) % rows:
        raise TrialError(f"its answers have the shape {tuple(answers.shape)}")
    n = len(answers) // rows
    shape = (rows, n, -1) if form.time == 1 else (n, rows, -1)
    return answers.reshape(shape) if form.time == 1 else answers.reshape(shape).transpose(0, 1)


def output_of(step: Step, rows: int, output: int) -> Tensor | None:
    """Return the answers of a step in the model's own shape; of a call for each token, stacked.

    Without a gradient, as in a trial that stops before its backward pass, the last module that was
    called has them.
    """
    last = step.calls[-1].module if step.calls else None
    calls = step.answers() or [call for call in step.calls if call.module == last]
    outputs = [call.outputs[output] for call in calls if output < len(call.outputs)]
    if len(outputs) > 1 and outputs[0].dim() == 2 and len(outputs[0]) == rows:
        return torch.stack(outputs, 1)
    return outputs[-1] if outputs else None


def replaced(batch: Batch, places: Tensor, time: int, text: int) -> Batch:
    """Put other tokens of the mini-batch into places, bool (rows, steps).

    Raises TrialError if the mini-batch has one token only.
    """
    known, at = batch.x.unique(return_inverse=True)
    if len(known) < 2:
        raise TrialError("all tokens of the mini-batch are the same")
    chance = torch.Generator().manual_seed(text)
    by = torch.randint(1, len(known), batch.x.shape, generator=chance).to(at.device)
    other = known[(at + by) % len(known)]
    here = (places if time == 1 else places.t()).reshape(batch.x.shape).to(batch.x.device)
    return batch.with_x(torch.where(here, other, batch.x))


def changed(one: Tensor, other: Tensor) -> Tensor:
    """Mark the answers that differ, bool (rows, steps)."""
    limit = CHANGED.get(one.dtype, CHANGED_HALF) * float(one.abs().max().clamp(min=1e-30))
    return ((one - other).abs() > limit).any(-1)
