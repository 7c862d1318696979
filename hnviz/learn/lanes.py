"""Many runs of one shape as one program, which does the same step in every lane.

One training step of these models takes hundreds of small kernels, and a GPU spends more time
waiting for their launches than computing. Here the weights of R runs lie in one buffer, (R, P), and
each kernel does the work of all lanes: products are `baddbmm`, cells are written out, and Adam is
four lines. On a GPU the step is captured once as a CUDA graph.

Nothing is summed across lanes, so a lane that becomes nan does not change the others by a single
bit. A lane equals its single run up to the order of sums in a product (tests/test_lanes.py).
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hnviz.config import OF_ONE_LANE, RunConfig
from hnviz.data import stream_of
from hnviz.data.stream import SPLITS
from hnviz.events import EpochEnd, TrainPass
from hnviz.learn.adam import BETA2, EPS, WEIGHT_DECAY
from hnviz.learn.build import be_exact_on_cuda, build_model, resolve_device
from hnviz.learn.feed import Feed
from hnviz.learn.lane_models import Norm, answers, chosen, forward, named_parts
from hnviz.learn.learner import SMOOTHING
from hnviz.learn.models import LanguageModel
from hnviz.learn.state import State, mapped, named, tensors
from hnviz.learn.tally import LaneTally
from hnviz.models.catalogue import entry, has_lanes
from hnviz.schedule import one_cycle

RING = 256  # losses held on the device between two reads
WARM_UPS = 3  # steps before a capture, as torch's notes on CUDA graphs advise

Figures = NDArray[np.float64]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Lane:
    """The progress of one run."""

    config: RunConfig
    n_steps: int
    epochs: list[EpochEnd] = field(default_factory=list)
    diverged: int | None = None  # the step at which a loss was no longer a number
    what: str = ""  # which loss, and its value

    @property
    def is_over(self) -> bool:
        """Return whether nothing more will be reported about it."""
        return self.diverged is not None or len(self.epochs) == self.config.epochs

    def diverge(self, step: int, what: str) -> None:
        """Note that a loss is not a number: it will never be one again."""
        self.diverged, self.what = step, what


class Read(NamedTuple):
    """Figures of some mini-batches, named as in `BatchEnd`; each array is (R, n)."""

    first: int  # step
    loss: Figures
    smooth_loss: Figures
    accuracy: Figures


class Reports:
    """Adds up the figures of all lanes, as a learner does for its run."""

    def __init__(self, lanes: Sequence[Lane], n_batches: int, tallies: Sequence[LaneTally]) -> None:
        """`tallies` are those of train and valid, or empty for no figures by kind."""
        self.lanes, self._tallies = lanes, tallies
        self._n_batches = n_batches
        self.sums = np.zeros((2, len(lanes)))  # smooth loss, not yet debiased; epoch's accuracies
        self._seconds = 0.0  # of this epoch

    def read(self, first: int, losses: Figures, accuracies: Figures, seconds: float) -> Read:
        """Add the mini-batches from step `first` on, (R, n) each, and the seconds they took."""
        self._seconds += seconds
        smooth, right = self.sums
        smoothed = np.empty_like(losses)
        for index in range(losses.shape[1]):
            step, found = first + index, losses[:, index]
            for at in np.flatnonzero(~np.isfinite(found)).tolist():
                if not self.lanes[at].is_over:
                    self.lanes[at].diverge(step, f"the loss became {found[at]}")
            smooth = SMOOTHING * smooth + (1 - SMOOTHING) * found
            smoothed[:, index] = smooth / (1 - SMOOTHING ** (step + 1))
        self.sums = np.stack([smooth, right + accuracies.sum(1)])
        return Read(first, losses, smoothed, accuracies)

    def end_epoch(self, step: int, losses: Figures, accuracies: Figures, seconds: float) -> None:
        """Add the results on valid, (R,) each, for the lanes that still train."""
        self._seconds += seconds
        smooth, right = self.sums
        for index, lane in enumerate(self.lanes):
            if lane.is_over:
                continue
            if not isfinite(losses[index]):
                lane.diverge(step, f"the valid loss became {losses[index]}")
                continue
            train_kinds, valid_kinds = [each.figures(index) for each in self._tallies] or [{}, {}]
            lane.epochs.append(
                EpochEnd(
                    epoch=len(lane.epochs),
                    step=step,
                    train_loss=float(smooth[index] / (1 - SMOOTHING**step)),
                    valid_loss=float(losses[index]),
                    accuracy=float(accuracies[index]),
                    train_accuracy=float(right[index] / self._n_batches),
                    seconds=self._seconds,
                    train_kinds=train_kinds,
                    valid_kinds=valid_kinds,
                )
            )
        self.sums[1], self._seconds = 0.0, 0.0


class Lanes:
    """Runs that train together. `step` counts the updates done so far."""

    def __init__(
        self, configs: Sequence[RunConfig], *, graph: bool | None = None, kinds: bool = False
    ) -> None:
        """Build all models; with `kinds`, count answers by kind.

        `graph` says whether to capture the step, by default on a GPU. Raises DeviceError, and
        ValueError for configs of different shapes.
        """
        _check_shapes(configs)
        self.config = first = configs[0]
        self.known = entry(first.model)
        self.device = resolve_device(first.device)
        if self.device == "cuda":
            be_exact_on_cuda()
        stream = stream_of(first)
        models = [build_model(replace(each, form="plain"), len(stream.vocab)) for each in configs]
        self._train, self._valid = (
            Feed.lay_out(stream.ids(split), first, self.known.predicts, self.device)
            for split in SPLITS
        )
        feeds = (self._train, self._valid) if kinds else ()
        self._vocab = stream.vocab
        self._tallies = [LaneTally(feed, self._vocab, len(configs)) for feed in feeds]
        self._xs, self._ys = torch.stack(self._train.x), torch.stack(self._train.y)
        self.lanes = [Lane(each, each.epochs * len(self._train)) for each in configs]
        self.n_steps = max(lane.n_steps for lane in self.lanes)
        self.n_batches = len(self._train)
        self.step = 0
        self.reports = Reports(self.lanes, self.n_batches, self._tallies)
        self._hold(models)
        self._capture = self.device == "cuda" if graph is None else graph
        self._replay: Callable[[], None] | None = None

    def _hold(self, models: Sequence[LanguageModel]) -> None:
        """Allocate weights, statistics, state and a step's records on the device."""
        device, n_lanes = self.device, len(models)
        self._shapes = {name: each.shape for name, each in models[0].named_parameters()}
        flat = [torch.cat([w.detach().flatten() for w in model.parameters()]) for model in models]
        self.weights = torch.stack(flat).to(device).requires_grad_()
        self.stats = {
            name: torch.stack([model.get_buffer(f"bn.{name}") for model in models]).to(device)
            for name in ("running_mean", "running_var")
        }
        self.state = mapped(
            models[0].init_state(self.config.bs),
            lambda each: each.new_zeros(n_lanes, *each.shape, device=device),
        )
        self._moments = torch.zeros(2, *self.weights.shape, device=device)
        self._counter = torch.zeros(1, dtype=torch.int64, device=device)
        plan = torch.from_numpy(self._schedules()).to(torch.get_default_dtype())
        self._plan = plan.to(device)  # (3, R, n_steps)
        self._ring = torch.zeros(2, n_lanes, RING, device=device)

    def _schedules(self) -> NDArray[np.float64]:
        """Return lr, beta1, and whether the lane still trains, for each lane and step."""
        found = np.zeros((3, len(self.lanes), self.n_steps))
        found[1] = 0.5  # for a lane that is over: Adam divides by 1 - beta1
        for index, lane in enumerate(self.lanes):
            planned = one_cycle(lane.n_steps, lane.config.lr, lane.config.pct_start)
            found[:, index, : lane.n_steps] = planned.lr, planned.momentum, np.ones(lane.n_steps)
        return found

    # --- Training -------------------------------------------------------------------------------

    def run(self, until: int | None = None) -> list[Lane]:
        """Train up to a step, by default the last; return the lanes."""
        last = self.n_steps if until is None else min(until, self.n_steps)
        while self.step < last:
            self.advance(last)
            if self.step % self.n_batches == 0:
                self.end_epoch()
        return self.lanes

    def advance(self, until: int) -> Read:
        """Train up to a step, the epoch's end, or the end of the ring."""
        first, begun = self.step, time.perf_counter()
        epoch_end = (first // self.n_batches + 1) * self.n_batches
        last = min(until, epoch_end, first + RING)
        if first % self.n_batches == 0 and self.config.reset_state in ("train", "both"):
            self._reset()
        while self.step < last:
            self._one_step()
            self.step += 1
        places = [step % RING for step in range(first, last)]
        losses, right = self._ring[:, :, places].cpu().double().numpy()  # waits for the device
        accuracies = right / self._train.n_answers
        return self.reports.read(first, losses, accuracies, time.perf_counter() - begun)

    def _one_step(self) -> None:
        if not self._capture:
            self._train_step()
        elif self._replay is not None:
            self._replay()
        elif self.step < WARM_UPS:  # buffers that torch makes lazily must exist before a capture
            self._warm_up()
        else:
            self._replay = self._captured()
            self._replay()  # a capture only records

    @cached_property
    def _side(self) -> torch.cuda.Stream:
        """One stream for all warm-ups, since each stream has its own memory pool."""
        return torch.cuda.Stream()

    def _warm_up(self) -> None:
        now, side = torch.cuda.current_stream(), self._side
        side.wait_stream(now)
        with torch.cuda.stream(side):
            self._train_step()
        now.wait_stream(side)

    def _captured(self) -> Callable[[], None]:
        """Capture a step; if the device cannot, steps are the same but slower."""
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):
                self._train_step()
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            log.warning("the training step could not be captured, so it is slower: %s", error)
            return self._train_step
        return graph.replay

    def _train_step(self) -> None:
        """Do one step of every lane; everything it reads and writes stays on the device."""
        batch = self._counter % len(self._xs)
        x, y = self._xs.index_select(0, batch)[0], self._ys.index_select(0, batch)[0]
        lr, beta1, trains = (
            each.index_select(1, self._counter) for each in self._plan
        )  # (R, 1) each
        stats = dict(self.stats)
        logits, state = self.read(x, stats, self.state, training=True)
        losses, right = answers(logits, y)  # (R, n)
        (gradient,) = torch.autograd.grad(losses.mean(1).sum(), self.weights)
        with torch.no_grad():
            place = self._counter % RING
            self._ring[0].index_copy_(1, place, losses.detach().mean(1, keepdim=True))
            self._ring[1].index_copy_(1, place, right.sum(1, keepdim=True).to(losses.dtype))
            if self._tallies:
                self._tallies[0].take(batch, losses, right)
            self._adam(gradient, lr, beta1, trains)
            goes_on = trains[:, 0] > 0
            for name, values in stats.items():
                self.stats[name].copy_(chosen(goes_on, values, self.stats[name]))
            if self.known.stateful:
                for old, new in zip(tensors(self.state), tensors(state), strict=True):
                    old.copy_(chosen(goes_on, new.detach(), old))
            self._counter += 1

    def read(
        self, x: Tensor, stats: dict[str, Tensor], state: State, *, training: bool
    ) -> tuple[Tensor, State]:
        """Return logits and the state after a mini-batch, in every lane."""
        named = named_parts(self.weights, self._shapes)
        return forward(self.known, named, Norm(named, stats, training), x, state)

    def _adam(self, gradient: Tensor, lr: Tensor, beta1: Tensor, trains: Tensor) -> None:
        """Update the weights as `hnviz.learn.adam` does; lr and beta1 are (R, 1)."""
        mean, square = self._moments
        number = (self._counter + 1).to(lr.dtype)
        mean.copy_(torch.lerp(mean, gradient, 1 - beta1))
        square.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
        scale = (square / (1 - BETA2**number)).sqrt() + EPS
        moved = self.weights * (1 - lr * WEIGHT_DECAY) - lr / (1 - beta1**number) * mean / scale
        self.weights.copy_(torch.where(trains > 0, moved, self.weights))

    @torch.no_grad()
    def end_epoch(self) -> None:
        """Read valid in every lane, and record the figures of those that still train."""
        begun = time.perf_counter()
        if self.config.reset_state in ("valid", "both"):
            self._reset()
        tally = self._tallies[1] if self._tallies else None
        losses, accuracies, state = self._eval_pass(self._valid, tally, self.state)
        goes_on = self._plan[2, :, self.step - 1] > 0
        if self.known.stateful:
            for old, new in zip(tensors(self.state), tensors(state), strict=True):
                old.copy_(chosen(goes_on, new, old))
        taken = time.perf_counter() - begun
        self.reports.end_epoch(self.step, losses, accuracies, taken)

    @torch.no_grad()
    def train_passes(self) -> list[TrainPass]:
        """Read train in every lane with its present weights, as `Learner.train_pass` does."""
        tally = LaneTally(self._train, self._vocab, len(self.lanes))
        zeros = mapped(self.state, torch.zeros_like)
        losses, accuracies, _ = self._eval_pass(self._train, tally, zeros)
        return [
            TrainPass(step=self.step, loss=loss, accuracy=accuracy, kinds=tally.figures(index))
            for index, (loss, accuracy) in enumerate(
                zip(losses.tolist(), accuracies.tolist(), strict=True)
            )
        ]

    def _eval_pass(
        self, feed: Feed, tally: LaneTally | None, state: State
    ) -> tuple[Figures, Figures, State]:
        """Read a split from a state; return each lane's loss and accuracy, and the new state."""
        found = []
        for batch, (x, y) in enumerate(zip(feed.x, feed.y, strict=True)):
            logits, after = self.read(x, self.stats, state, training=False)
            state = after if self.known.stateful else state
            losses, right = answers(logits, y)
            if tally:
                tally.take(torch.tensor([batch], device=self.device), losses, right)
            found.append(torch.stack([losses.mean(1), right.sum(1).to(losses.dtype)]))
        means = torch.stack(found).cpu().double().mean(0).numpy()  # over mini-batches
        return means[0], means[1] / feed.n_answers, state

    def _reset(self) -> None:
        for each in tensors(self.state):
            each.zero_()

    # --- Checkpoints ----------------------------------------------------------------------------

    def checkpoint(self) -> dict[str, Tensor]:
        """Copy everything that `restore` needs to continue bit for bit, after `run`."""
        found = {"weights": self.weights.detach(), "moments": self._moments, "step": self._counter}
        found |= self.stats
        found |= {f"state.{i}": each for i, each in enumerate(tensors(self.state))}
        found["sums"] = torch.from_numpy(self.reports.sums)
        return {name: tensor.clone() for name, tensor in found.items()}

    @torch.no_grad()
    def restore(self, checkpoint: Mapping[str, Tensor]) -> None:
        """Return to where `checkpoint` was called; the lanes' `epochs` do not change."""
        self.weights.copy_(checkpoint["weights"])
        self._moments.copy_(checkpoint["moments"])
        self._counter.copy_(checkpoint["step"])
        for name, values in self.stats.items():
            values.copy_(checkpoint[name])
        for i, each in enumerate(tensors(self.state)):
            each.copy_(checkpoint[f"state.{i}"])
        self.step = int(self._counter)
        self.reports.sums = checkpoint["sums"].clone().numpy()

    def weights_of(self, index: int) -> dict[str, Tensor]:
        """Return one lane's weights and statistics, named as in its model's state_dict."""
        named = {
            name: each[index].detach()
            for name, each in named_parts(self.weights, self._shapes).items()
        }
        return named | {f"bn.{name}": values[index] for name, values in self.stats.items()}

    def snapshot(self, index: int) -> dict[str, NDArray[Any]]:
        """Return one lane's weights and state, named as in `Learner.snapshot`."""
        state = mapped(self.state, lambda each: each[index])
        of_each = 1 if self.known.norm_over == "slots" else self.config.bptt
        tracked = {"bn.num_batches_tracked": torch.tensor(of_each * self.step)}
        found = self.weights_of(index) | tracked | named(self.known.state, state)
        return {name: tensor.cpu().numpy().copy() for name, tensor in found.items()}


def _check_shapes(configs: Sequence[RunConfig]) -> None:
    """Raise ValueError for runs that cannot train together."""
    first = configs[0]
    if first.added:
        raise ValueError(f"runs that train together have no setting {', '.join(first.added)}")
    if not has_lanes(first.model):
        raise ValueError(f"runs of {first.model} cannot train together: it is not written out here")
    for config in configs:
        for name, value in config.shape.items():
            if value != first.shape[name]:
                raise ValueError(
                    f"runs that train together may differ only in {', '.join(OF_ONE_LANE)}; "
                    f"{name} is {first.shape[name]!r} in one and {value!r} in another"
                )
