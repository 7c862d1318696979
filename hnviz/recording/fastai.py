"""fastai 2's training, recorded: `Learner(dls, model, ..., cbs=hnviz.FastaiCallback())`."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from hnviz.recording import record
from hnviz.recording.optional import from_package
from hnviz.recording.recorder import NAN, Recorder

PARTS = 100  # of a schedule in which its peak is looked for

Callback: Any = from_package("fastai.callback.core", "Callback", "fastai")


class FastaiCallback(Callback):
    """Records each `fit` of a learner as a run; takes the text and options of `hnviz.record`.

    The learning rate finder and predictions are not recorded.
    """

    order = 70  # after fastai's own: its figures of the epoch are there

    def __init__(self, text: Any = "human_numbers", **options: Any) -> None:
        super().__init__()
        self.text, self.options = text, options
        self.rec: Recorder | None = None

    def before_fit(self) -> None:
        """Begin a run."""
        self.run = not hasattr(self.learn, "lr_finder") and not hasattr(self, "gather_preds")
        if not self.run:
            return
        if self.rec is not None:  # an error ended the last fit, and fastai did not say so
            self.rec.close("stopped")
        size: dict[str, Any] = {"epochs": self.n_epoch, "n_batches": len(self.dls.train)}
        size |= self._peak()
        options = {"optimizer": Groups(self.opt), **size, **self.options}
        self.rec = record(self.learn.model, self.text, **options)

    def _peak(self) -> dict[str, float]:
        """Return the highest learning rate of fastai's schedule; nothing without one."""
        schedules = (getattr(each, "scheds", {}) for each in self.learn.cbs)
        found = next((each["lr"] for each in schedules if "lr" in each), None)
        points = [point / PARTS for point in range(PARTS + 1)]
        return {"lr": max(float(np.max(found(each))) for each in points)} if found else {}

    def after_batch(self) -> None:
        """Record a mini-batch of train."""
        if self.training and self.rec is not None:
            pred = self.pred[0] if isinstance(self.pred, list | tuple) else self.pred
            self.rec.batch(self.loss, pred, self.yb[0] if self.yb else None)

    def after_epoch(self) -> None:
        """Record what fastai measured on valid: its loss, and the first accuracy."""
        if self.rec is None:
            return
        values = self.recorder.values[-1] if self.recorder.values else ()
        figures = dict(zip(self.recorder.metric_names[1:], values, strict=False))
        accuracy = next((figures[name] for name in figures if "acc" in name), NAN)
        self.rec.epoch(figures.get("valid_loss", NAN), accuracy)

    def after_cancel_fit(self) -> None:
        """End the run as stopped."""
        self._close("stopped")

    def after_fit(self) -> None:
        """End the run."""
        self._close("finished")

    def _close(self, status: str) -> None:
        if self.rec is not None:
            self.rec.close(status)


class Groups:
    """Shows the settings of fastai's optimizer as torch's optimizers do."""

    def __init__(self, opt: Any) -> None:
        self._opt = opt

    @property
    def param_groups(self) -> list[Mapping[str, float]]:
        """Return lr and momentum of the last group, which has the head."""
        last = self._opt.hypers[-1]
        return [{"lr": float(last["lr"]), "momentum": float(last.get("mom", NAN))}]
