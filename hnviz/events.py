"""What a run reports while it trains: a frozen record for each event, a line of JSON on disk.

Steps count updates of the weights; step 0 is before the first. A mini-batch's loss is measured
with the weights before its update.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, NamedTuple, get_args


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The run's size, known once the data is arranged. The first event of every run."""

    kind: ClassVar[str] = "started"
    n_batches: int  # steps per epoch
    n_steps: int  # total steps
    n_weights: int
    device: str  # in use: "cpu", "cuda" or "mps"
    time: float  # seconds since 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEnd:
    """The run trained on one mini-batch."""

    kind: ClassVar[str] = "batch"
    step: int  # number of the mini-batch in the run, from 0
    loss: float  # mean cross-entropy per token, nats
    smooth_loss: float  # the notebook's train_loss: debiased exponential average, factor .98
    accuracy: float  # share of right answers in this mini-batch, before the update
    lr: float
    momentum: float  # Adam's beta1


class KindFigures(NamedTuple):
    """The answers whose true token was of one kind; [n, right, loss] on disk."""

    n: int
    right: int
    loss: float  # sum of their cross-entropies, nats


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochEnd:
    """One pass over train, then one over valid, is done."""

    kind: ClassVar[str] = "epoch"
    epoch: int  # from 0, as the notebook prints it
    step: int  # updates so far
    train_loss: float  # running: smooth_loss at the epoch's end
    valid_loss: float
    accuracy: float  # on valid, as in the notebook's column
    train_accuracy: float  # running: mean over the epoch's mini-batches, each before its update
    seconds: float  # for both passes
    # The same answers as above, by kind of the true token. Older runs have none.
    train_kinds: dict[str, KindFigures] = field(default_factory=dict)
    valid_kinds: dict[str, KindFigures] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Which epoch it is, counted from 1 as pages, reports and commands show it."""
        return self.epoch + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainPass:
    """Train was read once more at the end of the run, as valid is: in eval mode, without updates.

    The hidden state starts from zeros. Older runs have no such event.
    """

    kind: ClassVar[str] = "train_pass"
    step: int  # updates done: the weights are the last
    loss: float  # mean of the mini-batches' means, nats
    accuracy: float
    kinds: dict[str, KindFigures] = field(default_factory=dict)  # as of an epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotSaved:
    """The weights after `step` updates are in snapshots/<step>.safetensors."""

    kind: ClassVar[str] = "snapshot"
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """A later attempt continues from here; what an earlier one wrote past it no longer counts."""

    kind: ClassVar[str] = "resumed"
    resumed_at: int  # updates kept
    time: float


ENDS = ("finished", "stopped", "diverged", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The run has ended. The last event of every run that was not killed."""

    kind: ClassVar[str] = "ended"
    status: str  # one of ENDS
    step: int  # updates done
    message: str  # a sentence for the page
    time: float


Event = RunStarted | BatchEnd | EpochEnd | TrainPass | SnapshotSaved | Resumed | Ended

_CLASSES: dict[str, type[Event]] = {cls.kind: cls for cls in get_args(Event)}
_FIELDS = {kind: tuple(each.name for each in fields(cls)) for kind, cls in _CLASSES.items()}
_OPTIONAL = {
    kind: {each.name for each in fields(cls) if each.default_factory is not MISSING}
    for kind, cls in _CLASSES.items()
}


def to_dict(event: Event) -> dict[str, Any]:
    """Return an event in a form that JSON can hold; the key "event" is its kind."""
    return {"event": event.kind, **{name: getattr(event, name) for name in _FIELDS[event.kind]}}


def from_dict(values: Mapping[str, Any]) -> Event:
    """Read an event back. Raises ValueError, naming what came, if it is not one."""
    kind = values.get("event") if isinstance(values, Mapping) else None
    if not isinstance(kind, str) or kind not in _CLASSES:
        raise ValueError(f"no event is named {kind!r:.60}")
    cls = _CLASSES[kind]
    names, given = _FIELDS[kind], values.keys() - {"event"}
    if not set(names) - _OPTIONAL[kind] <= given <= set(names):
        raise ValueError(
            f"a {cls.kind!r} event has the fields {', '.join(sorted(names))}; "
            f"got {', '.join(sorted(given)):.200}"
        )
    known = {name: values[name] for name in names if name in given}
    for name in _OPTIONAL[kind] & given:
        known[name] = _by_kind(f"{name} of {kind!r}", known[name])
    return cls(**known)


def _by_kind(name: str, told: Any) -> dict[str, KindFigures]:
    """Read `KindFigures` back. Raises ValueError."""
    if not isinstance(told, Mapping):
        raise ValueError(f"{name} cannot be {told!r:.60}")
    for kind, figures in told.items():
        types = [type(each) for each in figures] if isinstance(figures, (list, tuple)) else []
        if types not in ([int, int, float], [int, int, int]):  # JSON may write 2.0 as 2
            raise ValueError(f"{name} cannot have {figures!r:.60} for {kind!r:.60}")
    return {kind: KindFigures(*figures) for kind, figures in told.items()}
