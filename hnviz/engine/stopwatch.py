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
MOST_STEPS, MOST_SECONDS = 20, 0.15  # of a config; at least one step is timed


def serve(pipe: Connection) -> None:
    """Time a step of each config that comes through the pipe; send a list of seconds for each."""
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s stopwatch %(message)s")
    torch.set_num_threads(1)
    stand_back(NICE)  # a trainer waits for others, too
    try:
        configs = [RunConfig.from_dict(each) for each in pipe.recv()]
    except EOFError:
        return
    pipe.send([step_seconds(config) for config in configs])


def step_seconds(config: RunConfig) -> list[float]:
    """Return how long each of some training steps takes, the first ones left out."""
    learner = Learner(config, chunk=1)
    events = learner.events()
    taken: list[float] = []
    began = before = time.perf_counter()
    for event in events:
        now = time.perf_counter()
        if isinstance(event, BatchEnd):
            taken.append(now - before)
        before = time.perf_counter()
        if len(taken) == WARM_UPS:
            began = before
        steps = len(taken) - WARM_UPS
        if steps >= MOST_STEPS or (steps > 0 and now - began > MOST_SECONDS):
            break
    return taken[WARM_UPS:] or taken
