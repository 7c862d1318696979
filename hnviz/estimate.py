"""What a run needs, from its settings alone. No torch."""

from math import prod

from hnviz.catalogue import entry
from hnviz.config import RunConfig
from hnviz.data import stream_of

FLOAT = 4  # bytes
SLACK = 2**16  # bytes: names, counters, the random numbers' state


def snapshot_bytes(config: RunConfig) -> int:
    """Return about how many bytes a snapshot has: weights, batch norm's statistics, the state."""
    model = entry(config.model)
    weights = model.n_weights(len(stream_of(config).vocab), config.nh) + 2 * config.nh
    state = prod((len(model.state), model.n_layers, config.bs, config.nh)) if model.stateful else 0
    return FLOAT * (weights + state) + SLACK


def checkpoint_bytes(config: RunConfig) -> int:
    """Return about how many bytes a checkpoint has: a snapshot, and Adam's two moments."""
    return 3 * snapshot_bytes(config)
