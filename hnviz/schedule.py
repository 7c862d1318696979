"""The plan of a run: lr and momentum of each step, and the steps with a snapshot or an event."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

DIV = 25.0  # the first lr is the peak / 25 ...
FINAL_DIV = 25e4  # ... and the last is nearly the peak / 250,000
MOMENTUM = (0.95, 0.85)  # Adam's beta1 falls while lr rises, then rises again
MAX_SNAPSHOTS = 48
MAX_BATCHES = 20_000  # in the events of a run: ten times the columns of a screen


class Schedule(NamedTuple):
    """The optimizer's settings at each step; both arrays are float64 of shape (n_steps,)."""

    lr: NDArray[np.float64]
    momentum: NDArray[np.float64]  # Adam's beta1


def one_cycle(
    n_steps: int, lr: float, pct_start: float, steps: ArrayLike | None = None
) -> Schedule:
    """Return fastai 1.0.61's one-cycle schedule, with its peak, `lr`, at `pct_start` of the steps.

    Half a cosine up from lr / 25, then half a cosine down towards lr / 250,000. With `steps`, whole
    numbers in rising order, the arrays hold only these: a chart of a long run needs few.
    """
    n_up = int(n_steps * pct_start)
    n_down = n_steps - n_up
    at = np.arange(n_steps) if steps is None else np.asarray(steps)
    up, down = at[at < n_up] / max(n_up, 1), (at[at >= n_up] - n_up) / max(n_down, 1)
    high, low = MOMENTUM
    return Schedule(
        lr=np.concatenate([_cosine(lr / DIV, lr, up), _cosine(lr, lr / FINAL_DIV, down)]),
        momentum=np.concatenate([_cosine(high, low, up), _cosine(low, high, down)]),
    )


def peak(n_steps: int, pct_start: float) -> int:
    """Return the step at which lr is highest, and the momentum lowest."""
    return min(int(n_steps * pct_start), n_steps - 1)


def _cosine(start: float, end: float, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Go from start to end along half a cosine; `share` is the progress, 0 to 1."""
    return end + (start - end) / 2 * (1 + np.cos(np.pi * share))


def snapshot_steps(n_steps: int, n_batches: int) -> tuple[int, ...]:
    """Choose the steps after which a run's weights are saved, in rising order.

    Always 0 and `n_steps`; about 32 between them, more of them early, when the network learns most;
    and the ends of epochs: all of them, or every second, third, ... of a long run.
    """
    early = {0, n_steps, *(round(step) for step in np.geomspace(1, n_steps, 31).tolist())}
    room = MAX_SNAPSHOTS - len(early)
    apart = n_batches * -(-n_steps // (n_batches * (room + 1)))  # whole epochs, in steps
    return tuple(sorted(early.union(range(apart, n_steps, apart))))


def batch_stride(n_steps: int, most: int = MAX_BATCHES) -> int:
    """Return the steps from one mini-batch to the next in the events of a run, or in a chart.

    1 up to `most` steps, otherwise the power of two that leaves at most `most`. So the mini-batches
    of a chart are always among those of the events, which also hold the last before other events.
    """
    return 1 << (-(-max(1, n_steps) // most) - 1).bit_length()
