"""Watches a loop that is being recorded: three training steps and one pass over valid.

A recorder calls three functions, and none of them raises:

    watch = LoopWatch(model, optimizer)   # before the first step
    watch.step(x, y)                      # after each training step, once it has updated
    watch.valid(x, y)                     # after each mini-batch of valid
    watch.report()                        # what is wrong, and what is a choice

After three steps it takes its hooks away. It only looks: it makes no trial, so it does not see
whether answers look ahead or mix rows.
"""

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn

from hnviz.doctor import seen
from hnviz.doctor import valid as of_valid
from hnviz.doctor.alignment import FEW, go_on
from hnviz.doctor.batch import Batch
from hnviz.doctor.report import Finding, Report, unknown, wrong
from hnviz.doctor.watch import Watch
from hnviz.given import UnreadableError, said

STEPS = 3  # training steps that are watched


class LoopWatch:
    """Takes what a recorder sees of a loop, and says what follows from it."""

    def __init__(self, model: nn.Module, optimizer: object = None) -> None:
        self._watch = Watch(model, optimizer)
        self._train: list[Batch] = []
        self._valid: list[Batch] = []
        self._open, self._failed = True, ""

    def step(self, x: object, y: object = None) -> None:
        """End a training step that read x, ids (rows, steps), for the targets y."""
        if self._open:
            self._watch.step()
            self._keep(self._train, x, y)
            if len(self._watch.steps) == STEPS:
                self.close()

    def valid(self, x: object, y: object = None) -> None:
        """End a mini-batch of the first pass over valid."""
        self._watch.pause()
        self._keep(self._valid, x, y)

    def close(self) -> None:
        """Take all hooks away."""
        self._open = False
        self._watch.close()

    def report(self) -> Report:
        """Say what was seen so far."""
        try:
            return Report.of(self._findings())
        except Exception as error:  # whatever a loop does, its recorder goes on
            return Report.of([unknown("raised", f"The steps could not be read: {said(error)}")])

    def _keep(self, batches: list[Batch], x: object, y: object) -> None:
        try:
            batches.append(Batch.of((x, y)))
        except UnreadableError as error:
            self._failed = str(error)

    def _findings(self) -> Iterator[Finding]:
        if self._failed or not self._train:
            yield unknown("unreadable", self._failed or "No training step was seen.", "loader")
            return
        steps, model = self._watch.steps, self._watch.model
        yield from seen.of_watch(self._watch, self._train)
        if seen.has_batch_norm(model):
            yield seen.batch_norm()
        answers = seen.answers_of(steps[0], self._train[0])
        data = seen.data_of(answers, self._train)
        going = go_on(self._train, data)
        if going is not None and going < FEW and _handed_on(self._watch):
            yield at_random(going)
        if self._valid:
            yield from of_valid.of_sizes(self._valid, self._train[0], data.time)


def at_random(going: float) -> Finding:
    """Say that a share of the rows goes on, and the state of all."""
    return wrong(
        "rows-at-random",
        f"The state is carried on, but only {100 * going:.0f} % of the rows go on where the "
        "mini-batch before stopped: each row begins with the memory of another text.",
        "loader",
        "rows",
    )


def _handed_on(watch: Watch) -> bool:
    """Return whether the model is given a state that it returned in the step before."""
    return any(
        _same(given, output)
        for before, after in pairwise(watch.steps)
        for given in (tensor for call in after.calls for tensor in call.given)
        for output in (tensor for call in before.calls for tensor in call.outputs)
    )


def _same(given: Tensor, output: Tensor) -> bool:
    alike = given.is_floating_point() and given.shape == output.shape
    return alike and bool(given.any()) and torch.equal(given.detach(), output.detach())
