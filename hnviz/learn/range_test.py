"""The training loop of a learning rate range test (`hnviz.lr_finder` explains its purpose)."""

import time
from collections.abc import Iterator, Mapping
from math import inf, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.config import RunConfig
from hnviz.data import TokenStream
from hnviz.events import Ended, Event
from hnviz.learn.learner import Learner, Tensors
from hnviz.lr_finder import DIVERGED, STEPS, ramp, rate_text


class RangeTest(Learner):
    """A learner whose lr rises until the loss does. It never reads valid."""

    def __init__(
        self, config: RunConfig, stream: TokenStream | None = None, *, chunk: int | None = None
    ) -> None:
        """Build the model of a config from `hnviz.lr_finder.range_test`.

        Raises DeviceError. `chunk` is as in `Learner`.
        """
        super().__init__(config, stream, chunk=chunk)
        plan = ramp()
        self.n_steps = STEPS
        self._lr, self._momentum = plan.lr.tolist(), plan.momentum.tolist()
        self._lowest = inf  # lowest smoothed loss so far

    def events(self) -> Iterator[Event]:
        """Train until the smoothed loss is DIVERGED times its lowest, or lr is at its highest.

        The events are `RunStarted`, each `BatchEnd`, and `Ended`. A test that nobody stops ends as
        "finished".
        """
        if self.step == self.pending == 0:
            yield self._started()
        while self.step < STEPS:
            if not self._pending:
                self._train_chunk()
            loss, accuracy = self._pending.popleft()
            lr = rate_text(self._lr[self.step])
            if not isfinite(loss):
                yield self._finished(f"the loss became {loss} at lr {lr}")
                return
            batch = self._batch_end(loss, accuracy)
            yield batch
            self._lowest = min(self._lowest, batch.smooth_loss)
            if batch.smooth_loss > DIVERGED * self._lowest:
                times = f"the smoothed loss rose to {DIVERGED:g} times its lowest"
                yield self._finished(f"{times} at lr {lr}")
                return
        yield self._finished(f"all {STEPS} mini-batches are done")

    def checkpoint(self) -> Tensors:
        """Copy everything that `restore` needs, including the lowest loss."""
        return super().checkpoint() | {"lowest": np.array([self._lowest])}

    def restore(self, checkpoint: Mapping[str, NDArray[Any]]) -> None:
        """Return to where `checkpoint` was called. Raises ValueError for another config."""
        super().restore(checkpoint)
        (self._lowest,) = checkpoint.get("lowest", np.array([inf])).tolist()  # 0.5.0 stored none

    def _finished(self, message: str) -> Ended:
        return Ended(status="finished", step=self.step, message=message, time=time.time())

    def _chunk_end(self) -> int:
        return min(super()._chunk_end(), STEPS)
