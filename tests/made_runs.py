"""Run folders made without training: many runs whose figures follow from their number."""

import json
from math import exp
from pathlib import Path

from hnviz.config import RunConfig
from hnviz.events import BatchEnd, Ended, EpochEnd, Event, KindFigures, RunStarted
from hnviz.runs import RunFolder
from hnviz.runs.events import encode
from hnviz.runs.files import CONFIG, EVENTS
from hnviz.runs.folder import RunInfo
from hnviz.schedule import one_cycle

EPOCHS = 8


def make_run(root: Path, number: int, steps: int = 800, **settings: object) -> RunFolder:
    """Write a finished run of so many steps; its loss and accuracy depend on its number."""
    config = RunConfig(**{"seed": number, "epochs": EPOCHS, **settings})
    clock = f"{number // 3600:02d}{number // 60 % 60:02d}{number % 60:02d}"
    folder = root / f"20260101-{clock}-{config.model}-{number:04x}"
    folder.mkdir(parents=True)
    RunInfo(config, {"python": "3"}, "cpu", 1767225600.0 + number).save(folder / CONFIG)
    (folder / EVENTS).write_bytes(b"".join(map(encode, events(number, steps, config))))
    return RunFolder(folder)


def moved(folder: RunFolder, **there: object) -> RunFolder:
    """Write settings of another machine into a run's folder. This one may not know them."""
    path = folder.path / CONFIG
    content = json.loads(path.read_bytes())
    content["config"] |= there
    path.write_text(json.dumps(content))
    return folder


def add_runs_of_other_machines(root: Path) -> set[str]:
    """Add finished runs on devices that are not here; return their ids."""
    devices = ("cuda", "mps", "cuda:3")
    return {moved(make_run(root, 80 + n, 8), device=each).id for n, each in enumerate(devices)}


def events(number: int, steps: int, config: RunConfig) -> list[Event]:
    """The events of such a run."""
    each = steps // EPOCHS
    schedule = one_cycle(steps, config.lr, config.pct_start)
    told: list[Event] = [
        RunStarted(n_batches=each, n_steps=steps, n_weights=1, device="cpu", time=0.0)
    ]
    for step in range(steps):
        loss = 3.6 * exp(-step / steps * (2 + number % 7)) + 0.1 * ((step * 7 + number) % 5)
        told.append(
            BatchEnd(
                step=step,
                loss=loss,
                smooth_loss=loss,
                accuracy=1 - loss / 5,
                lr=float(schedule.lr[step]),
                momentum=float(schedule.momentum[step]),
            )
        )
        if (step + 1) % each == 0:
            told.append(epoch(number, (step + 1) // each - 1, step + 1, loss))
    told.append(Ended(status="finished", step=steps, message="all steps are done", time=1.0))
    return told


def epoch(number: int, at: int, step: int, loss: float) -> EpochEnd:
    share = 0.2 + 0.08 * at + 0.0004 * (number % 100)
    return EpochEnd(
        epoch=at,
        step=step,
        train_loss=loss,
        valid_loss=loss + 0.5,
        accuracy=share,
        train_accuracy=share + 0.05,
        seconds=2.0,
        train_kinds={"ones": KindFigures(100, 50 + at, 1.0)},
        valid_kinds={"ones": KindFigures(100, 40 + at, 1.0)},
    )
