"""The training loop: it yields events, and works only when asked for the next one."""

import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from hnviz.config import RunConfig
from hnviz.data import TokenStream, stream_of
from hnviz.events import (
    BatchEnd,
    Ended,
    EpochEnd,
    Event,
    RunStarted,
    TrainPass,
    diverged,
    finished,
)
from hnviz.learn.adam import Adam
from hnviz.learn.build import be_exact_on_cuda, build_model, device_of
from hnviz.learn.feed import Feed
from hnviz.learn.penalty import penalty_of
from hnviz.learn.state import from_named, mapped, named
from hnviz.learn.tally import Tally
from hnviz.models.catalogue import entry
from hnviz.schedule import one_cycle

SMOOTHING = 0.98  # of the exponential average that the notebook prints as train_loss
GPU_CHUNK = 16  # steps between reads of the losses; each read waits for the device

Tensors = dict[str, NDArray[Any]]


class Learner:
    """One run: a model, its optimizer, and its progress.

    `step` counts the updates whose `BatchEnd` has been yielded. On the cpu these are all updates;
    on a GPU, `pending` more are done but not yet yielded.
    """

    def __init__(
        self,
        config: RunConfig,
        stream: TokenStream | None = None,
        *,
        flush_at: Collection[int] = frozenset(),
        chunk: int | None = None,
    ) -> None:
        """Arrange the data and build the model. Raises DeviceError.

        `flush_at` holds the steps at which the caller needs the weights: `pending` is 0 there.
        `chunk` is the number of steps between reads of the losses: 1 on the cpu, more on a GPU.
        """
        stream = stream or stream_of(config)
        self.config = config
        self.device = device_of(config)
        if self.device == "cuda":
            be_exact_on_cuda()
        self.model = build_model(config, len(stream.vocab)).to(self.device)
        self.step = 0
        self._train = Feed.lay_out(stream.train, config, self.model.predicts, self.device)
        self._valid = Feed.lay_out(stream.valid, config, self.model.predicts, self.device)
        self._vocab = stream.vocab
        self._tally = Tally(self._train, stream.vocab)
        self._valid_tally = Tally(self._valid, stream.vocab)
        self.n_batches = len(self._train)
        self.n_steps = self.n_batches * config.epochs
        schedule = one_cycle(self.n_steps, config.lr, config.pct_start)
        self._lr, self._momentum = schedule.lr.tolist(), schedule.momentum.tolist()
        self._adam = Adam(self.model.parameters())
        self._penalty = penalty_of(self.model, entry(config.model))
        self._state = self.model.init_state(config.bs)  # remains zero if the model is not stateful
        self._flush_at = frozenset(flush_at)
        self._chunk = chunk or (1 if self.device == "cpu" else GPU_CHUNK)
        self._pending: deque[tuple[float, float]] = deque()  # loss, accuracy; not yet yielded
        self._epochs = 0  # valid passes done
        self._smooth = 0.0  # exponential average of the losses, not yet debiased
        self._right = 0.0  # sum of this epoch's accuracies on train
        self._seconds = 0.0  # of computing in this epoch, without pauses

    @property
    def pending(self) -> int:
        """The number of steps that are computed but not yet yielded."""
        return len(self._pending)

    def events(self) -> Iterator[Event]:
        """Train from the current step, and yield every step, every epoch and the end.

        The first event at step 0 is `RunStarted`; the last is `Ended`, "finished" or "diverged".
        A `TrainPass` comes before "finished".
        """
        if self.step == self.pending == 0:
            yield self._started()
        while True:
            if self._pending:
                loss, accuracy = self._pending[0]
                if not isfinite(loss):
                    yield self._diverged(f"the loss became {loss}")
                    return
                self._pending.popleft()
                yield self._batch_end(loss, accuracy)
            elif self._epochs < self.step // self.n_batches:
                loss, accuracy = self._valid_pass()
                if not isfinite(loss):
                    yield self._diverged(f"the valid loss became {loss}")
                    return
                yield self._epoch_end(loss, accuracy)
            elif self.step < self.n_steps:
                self._train_chunk()
            else:
                yield self.train_pass()
                yield finished(self.n_steps)
                return

    def checkpoint(self) -> Tensors:
        """Copy everything that `restore` needs to continue bit for bit; call it after any event."""
        tensors = {
            **self._named_state(),
            **generator_states(self.device),
            **_named("model.", self.model.state_dict()),
            **_named("adam.", self._adam.state_dict()),
            **_named("tally.", self._tally.state_dict(self._noted())),
        }
        return _copies(tensors) | {
            "progress": np.array([self.step, self._epochs], dtype=np.int64),
            "sums": np.array([self._smooth, self._right, self._seconds]),
            "pending": np.array(self._pending, dtype=np.float64).reshape(-1, 2),
        }

    def restore(self, checkpoint: Mapping[str, NDArray[Any]]) -> None:
        """Return to where `checkpoint` was called on a learner of the same config.

        Raises ValueError for a checkpoint from another config.
        """
        tensors = {name: torch.tensor(array) for name, array in checkpoint.items()}
        try:
            self.model.load_state_dict(_under("model.", tensors))
            self._adam.load_state_dict(_under("adam.", tensors))
            stored = from_named(entry(self.config.model).state, tensors)
            self._state = mapped(stored, lambda tensor: tensor.to(self.device))
            set_generators(self.device, tensors)
            self.step, self._epochs = checkpoint["progress"].tolist()
            self._smooth, self._right, self._seconds = checkpoint["sums"].tolist()
            self._pending = deque(map(tuple, checkpoint["pending"].tolist()))
            self._tally.load_state_dict(_under("tally.", tensors), self._noted())
        except (KeyError, RuntimeError) as error:
            detail = str(error).splitlines()[-1].strip()
            raise ValueError(
                f"the checkpoint does not belong to a run of {self.config.model}: {detail}"
            ) from error

    def _noted(self) -> int:
        """Return how many mini-batches of this epoch have their answers recorded."""
        return self.step + self.pending - self._epochs * self.n_batches

    def snapshot(self) -> Tensors:
        """Copy the weights and, as "state", the carried hidden state.

        If `pending` is 0, these are the values after `step` updates.
        """
        return _copies(self.model.state_dict() | self._named_state())

    def _train_chunk(self) -> None:
        """Do the next steps, then read all their losses from the device in one copy."""
        started = time.perf_counter()
        figures = [self._train_step(step) for step in range(self.step, self._chunk_end())]
        self._pending.extend(self._read(figures))
        self._seconds += time.perf_counter() - started

    def _chunk_end(self) -> int:
        """Return the step before which to stop and read: at a full chunk, an epoch, or a flush."""
        epoch_end = (self.step // self.n_batches + 1) * self.n_batches
        last = min(self.step + self._chunk, epoch_end)
        return next((step for step in range(self.step + 1, last) if step in self._flush_at), last)

    def _train_step(self, step: int) -> tuple[Tensor, Tensor]:
        """Train on one mini-batch; return the result of `_forward`."""
        batch = step % self.n_batches
        if batch == 0 and self.config.reset_state in ("train", "both"):
            self._reset_state()
        loss, right = self._forward(self._train, self._tally, batch)
        (loss + self._penalty.take() if self._penalty else loss).backward()
        self._adam.step(self._lr[step], self._momentum[step])
        return loss.detach(), right

    def _valid_pass(self) -> tuple[float, float]:
        """Return the loss and accuracy on valid, each a mean of mini-batch means."""
        started = time.perf_counter()
        if self.config.reset_state in ("valid", "both"):
            self._reset_state()
        loss, accuracy = self._eval_pass(self._valid, self._valid_tally)
        self._seconds += time.perf_counter() - started
        return loss, accuracy

    def train_pass(self) -> TrainPass:
        """Read train with the present weights; the run's progress does not change."""
        tally, carried = Tally(self._train, self._vocab), self._state
        self._reset_state()
        loss, accuracy = self._eval_pass(self._train, tally)
        self._state = carried
        return TrainPass(step=self.step, loss=loss, accuracy=accuracy, kinds=tally.figures())

    @torch.no_grad()
    def _eval_pass(self, feed: Feed, tally: Tally) -> tuple[float, float]:
        """Read a split from the present state; return its loss and accuracy."""
        self.model.eval()
        figures = [self._forward(feed, tally, batch) for batch in range(len(feed))]
        self.model.train()
        loss, accuracy = np.mean(self._read(figures), axis=0).tolist()
        return loss, accuracy

    def _forward(self, feed: Feed, tally: Tally, batch: int) -> tuple[Tensor, Tensor]:
        """Read one mini-batch, train or valid; return its mean loss and how many answers are right.

        Both remain on the device, since reading them would wait for it.
        """
        logits, state = self.model(feed.x[batch], self._state)
        if self.model.stateful:
            # Gradients stop here: this is what "truncated" means.
            self._state = mapped(state, Tensor.detach)
        # The two halves of F.cross_entropy: `tally` takes each answer's loss between them.
        logits = logits.flatten(0, -2)
        log_p = torch.log_softmax(logits, dim=-1)
        loss = F.nll_loss(log_p, feed.y[batch].flatten())
        return loss, tally.take(batch, logits, log_p)

    def _read(self, figures: Sequence[tuple[Tensor, Tensor]]) -> list[tuple[float, float]]:
        """Fetch the losses and accuracies of several mini-batches in one copy."""
        if len(figures) == 1:  # in this case two small reads cost less
            fetched = [[each.item() for each in figures[0]]]
        else:
            fetched = torch.stack([each for pair in figures for each in pair]).view(-1, 2).tolist()
        return [(loss, right / self._train.n_answers) for loss, right in fetched]

    def _named_state(self) -> dict[str, Tensor]:
        return named(entry(self.config.model).state, self._state)

    def _reset_state(self) -> None:
        self._state = self.model.init_state(self.config.bs)

    def _started(self) -> RunStarted:
        return RunStarted(
            n_batches=self.n_batches,
            n_steps=self.n_steps,
            n_weights=sum(weight.numel() for weight in self._adam.weights),
            device=self.device,
            time=time.time(),
        )

    def _batch_end(self, loss: float, accuracy: float) -> BatchEnd:
        step = self.step
        self.step += 1
        self._smooth = SMOOTHING * self._smooth + (1 - SMOOTHING) * loss
        self._right += accuracy
        return BatchEnd(
            step=step,
            loss=loss,
            smooth_loss=self._smooth_loss(),
            accuracy=accuracy,
            lr=self._lr[step],
            momentum=self._momentum[step],
        )

    def _epoch_end(self, valid_loss: float, accuracy: float) -> EpochEnd:
        event = EpochEnd(
            epoch=self._epochs,
            step=self.step,
            train_loss=self._smooth_loss(),
            valid_loss=valid_loss,
            accuracy=accuracy,
            train_accuracy=self._right / self.n_batches,
            seconds=self._seconds,
            train_kinds=self._tally.figures(),
            valid_kinds=self._valid_tally.figures(),
        )
        self._epochs += 1
        self._right = self._seconds = 0.0
        return event

    def _smooth_loss(self) -> float:
        return self._smooth / (1 - SMOOTHING**self.step)

    def _diverged(self, what: str) -> Ended:
        return diverged(self.step, what, self.config.lr)


def generator_states(device: str) -> dict[str, Tensor]:
    """Copy the states of torch's random generators: the cpu's, and the device's, for dropout."""
    states = {"rng": torch.get_rng_state()}
    if device != "cpu":
        states["rng.device"] = torch.get_device_module(device).get_rng_state()
    return states


def set_generators(device: str, states: Mapping[str, Tensor]) -> None:
    """Restore `generator_states`: a browser has none, another device no "rng.device"."""
    if "rng" in states:
        torch.set_rng_state(states["rng"])
    if device != "cpu" and "rng.device" in states:
        torch.get_device_module(device).set_rng_state(states["rng.device"])


def _named(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in tensors.items()}


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


def _copies(tensors: Mapping[str, Tensor]) -> Tensors:
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}


def last_epoch(events: Iterable[Event]) -> EpochEnd | None:
    """Train to the end; return the last epoch, or None if the run does not finish."""
    last, ended = None, None
    for event in events:
        last = event if isinstance(event, EpochEnd) else last
        ended = event
    return last if isinstance(ended, Ended) and ended.status == "finished" else None


def fit(config: RunConfig, stream: TokenStream | None = None) -> Iterator[Event]:
    """Train a model as the config says; yield the events. Raises DeviceError."""
    return Learner(config, stream).events()
