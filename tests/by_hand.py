"""The events of a run as one types them, and a run's folder that holds them."""

from hnviz.events import BatchEnd, Ended, EpochEnd, Event, Resumed, RunStarted, SnapshotSaved
from hnviz.runs import RunFolder

STARTED = RunStarted(n_batches=2, n_steps=4, n_weights=10, device="cpu", time=1.0)


def batch(step: int, loss: float = 0.5) -> BatchEnd:
    return BatchEnd(step=step, loss=loss, smooth_loss=loss, accuracy=0.25, lr=1e-3, momentum=0.9)


def epoch(number: int = 0, accuracy: float = 0.5, step: int | None = None) -> EpochEnd:
    figures = {"train_loss": 0.4, "valid_loss": 0.6, "accuracy": accuracy, "train_accuracy": 0.7}
    at = 2 * (number + 1) if step is None else step
    return EpochEnd(epoch=number, step=at, seconds=0.1, **figures)


def epoch_at(step: int) -> EpochEnd:
    return epoch(step=step)


def ended(status: str, step: int) -> Ended:
    return Ended(status=status, step=step, message="over", time=2.0)


def resumed(step: int) -> Resumed:
    return Resumed(resumed_at=step, time=3.0)


FULL: list[Event] = [
    *(STARTED, SnapshotSaved(step=0)),
    *(batch(0), batch(1), epoch(0), batch(2), batch(3), epoch(1)),
    ended("finished", 4),
]


def write(folder: RunFolder, events: list[Event]) -> RunFolder:
    with folder.writer() as writer:
        for event in events:
            writer.append(event)
    return folder
