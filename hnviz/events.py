"""What a run says while it trains: one frozen record an event, one JSON object a line on disk.

Steps count updates of the weights: `step` 0 is before the first. A mini-batch's loss is measured
with the weights that its step starts from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The run's size, known once the data are laid out. The first event of every run."""

    kind: ClassVar[str] = "started"
    n_batches: int  # steps an epoch
    n_steps: int  # steps in all
    n_weights: int
    device: str  # where it really runs: "cpu", "cuda", "mps"
    time: float  # seconds since 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEnd:
    """One mini-batch was learnt from."""

    kind: ClassVar[str] = "batch"
    step: int  # its number in the run, from 0
    loss: float  # mean cross-entropy a token, nats
    smooth_loss: float  # the notebook's train_loss: debiased exponential average, factor .98
    accuracy: float  # share of this mini-batch's answers that were right, before the update
    lr: float
    momentum: float  # Adam's beta1


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochEnd:
    """One pass over train, and then over valid, is done."""

    kind: ClassVar[str] = "epoch"
    epoch: int  # from 0
    step: int  # updates so far
    train_loss: float  # smooth_loss at the epoch's end
    valid_loss: float
    accuracy: float  # on valid: the notebook's column
    train_accuracy: float  # mean over the epoch's mini-batches, each before its update
    seconds: float  # train and valid pass


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSaved:
    """The weights after `step` updates stand in snapshots/<step>.safetensors."""

    kind: ClassVar[str] = "snapshot"
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """A later attempt goes on from here; what the earlier one wrote past it no longer counts."""

    kind: ClassVar[str] = "resumed"
    resumed_at: int  # updates that are kept
    time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The run is over. The last event of every run that was not killed."""

    kind: ClassVar[str] = "ended"
    status: str  # "finished", "stopped", "diverged", "failed"
    step: int  # updates done
    message: str  # a sentence for the page
    time: float


Event = RunStarted | BatchEnd | EpochEnd | SnapshotSaved | Resumed | Ended

_CLASSES: dict[str, type[Event]] = {
    cls.kind: cls for cls in (RunStarted, BatchEnd, EpochEnd, SnapshotSaved, Resumed, Ended)
}
_FIELDS = {kind: tuple(field.name for field in fields(cls)) for kind, cls in _CLASSES.items()}


def to_dict(event: Event) -> dict[str, Any]:
    """Return an event as JSON can hold it; its kind is the key "event"."""
    return {"event": event.kind, **{name: getattr(event, name) for name in _FIELDS[event.kind]}}


def from_dict(values: Mapping[str, Any]) -> Event:
    """Read an event back. Raises ValueError for what is none, naming what came."""
    kind = values.get("event") if isinstance(values, Mapping) else None
    if not isinstance(kind, str) or kind not in _CLASSES:
        raise ValueError(f"no event is named {kind!r}")
    cls = _CLASSES[kind]
    names = _FIELDS[kind]
    if values.keys() - {"event"} != set(names):
        raise ValueError(
            f"a {cls.kind!r} event has the fields {', '.join(sorted(names))}; "
            f"got {', '.join(sorted(values.keys() - {'event'}))}"
        )
    return cls(**{name: values[name] for name in names})
