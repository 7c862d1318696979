"""Compares the training steps per second of many runs as one program with a single run's."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch

from hnviz.config import RunConfig
from hnviz.learn import Learner
from hnviz.learn.lanes import WARM_UPS, Lanes

MODEL = "Model5"
ON_CPU, ON_GPU = (1, 2, 4, 8), (1, 8, 64, 256, 1024)
SECONDS = 4.0  # to time each part, at least


@dataclass(frozen=True, slots=True)
class Rate:
    """Steps a second of all lanes together."""

    n_lanes: int
    together: float
    alone: float  # of one run, in the same call

    def __str__(self) -> str:
        return (
            f"{self.n_lanes:5} lanes: {self.together:9.0f} steps a second, "
            f"{self.together / self.alone:6.2f} times one run's {self.alone:.0f}"
        )


def machine(device: str) -> str:
    """Return the name of a device's processor."""
    if device == "cuda":
        return f"{torch.cuda.get_device_name()}, torch {torch.__version__}"
    return f"{torch.get_num_threads()} thread(s) of the cpu, torch {torch.__version__}"


def rates(device: str) -> Iterator[Rate]:
    """Time Model5's recipe as one run, and in lanes with other seeds and lr. Raises DeviceError."""
    config = RunConfig.for_model(MODEL, device=device, epochs=1000)
    alone = _alone(config)
    for n_lanes in ON_GPU if device == "cuda" else ON_CPU:
        runs = [replace(config, seed=n, lr=config.lr * (1 + n / n_lanes)) for n in range(n_lanes)]
        yield Rate(n_lanes, n_lanes * _together(Lanes(runs)), alone)


def _alone(config: RunConfig) -> float:
    learner = Learner(config)
    events = learner.events()
    while learner.step < WARM_UPS:
        next(events)
    begun, first = time.perf_counter(), learner.step
    while (taken := time.perf_counter() - begun) < SECONDS:
        next(events)
    return (learner.step - first) / taken


def _together(lanes: Lanes) -> float:
    lanes.run(WARM_UPS + 1)  # includes the capture
    begun, first = time.perf_counter(), lanes.step
    while (taken := time.perf_counter() - begun) < SECONDS:
        lanes.run(lanes.step + 20)  # ends with a read, so the device has done them
    return (lanes.step - first) / taken
