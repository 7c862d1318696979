"""The process that times training steps for an estimate."""

import logging
import sys
import time
from multiprocessing.connection import Connection

import torch

from hnviz.config import RunConfig
from hnviz.engine.priority import stand_back
from hnviz.engine.trainer import NICE
from hnviz.events import BatchEnd
from hnviz.learn import Learner

WARM_UPS = 2  # steps that are slower than the others
TIMED_SECONDS = 0.3  # of each config, and at least one step


def serve(pipe: Connection) -> None:
    """Time a step of each config that comes through the pipe; send two times for each."""
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s stopwatch %(message)s")
    torch.set_num_threads(1)
    stand_back(NICE)  # a trainer waits for others, too
    try:
        configs = [RunConfig.from_dict(each) for each in pipe.recv()]
    except EOFError:
        return
    pipe.send([step_seconds(config) for config in configs])


def step_seconds(config: RunConfig) -> tuple[float, float]:
    """Return how long a training step keeps a core busy, and how long it takes by the clock.

    The second is longer on a machine that others use.
    """
    learner = Learner(config, chunk=1)
    marks = [_now()]
    for event in learner.events():
        if isinstance(event, BatchEnd):
            marks.append(_now())
            if len(marks) > WARM_UPS + 1 and marks[-1][1] - marks[WARM_UPS][1] > TIMED_SECONDS:
                break
    first = min(WARM_UPS, len(marks) - 2)
    n_steps = len(marks) - 1 - first
    busy, taken = (
        (last - old) / n_steps for last, old in zip(marks[-1], marks[first], strict=True)
    )
    return (taken if learner.device != "cpu" else busy), taken


def _now() -> tuple[float, float]:
    return time.process_time(), time.perf_counter()
