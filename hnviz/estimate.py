"""What a run needs, estimated from its settings, and the most that one may need here. No torch.

The constants are from runs of one step: peak memory and processor time of all six models, nh 64 to
1024, up to 500,000 slots, on one thread of an AMD EPYC with torch 2.13. Estimates of memory lie
between the measured value and 1.6 times it.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from math import inf, log, prod
from pathlib import Path

import psutil

from hnviz.config import RunConfig
from hnviz.data import BatchLayout, stream_of
from hnviz.data.stream import SPLITS
from hnviz.models.catalogue import entry
from hnviz.schedule import MAX_BATCHES, MAX_SNAPSHOTS

FLOAT = 4  # bytes
SLACK = 2**16  # bytes of a file of tensors: names, counters, the random numbers' state
PROCESS_BYTES = 260 * 10**6  # of a trainer that has loaded torch and both texts
OBSERVER_BYTES = 400 * 10**6  # of an observer with full caches
CUDA_BYTES = 360 * 10**6  # more of either, where torch is built for CUDA; with torch 2.15
READ_COPIES = 6  # of all states of train, in the largest question: a PCA in double precision
MOST_READ = 250_000_000  # floats: larger splits are not read as a whole
EVENT_BYTES = 200  # of one mini-batch in events.jsonl
LAYOUT_BYTES = 40  # per slot: the token's id, its target, and the kinds of both
KEPT_BY_UNIT, KEPT_BY_GATE = 6, 2  # floats that the backward pass needs, per slot and unit
KEPT_BY_WORD = 4  # floats per answer and vocabulary entry
COPIES = 10  # of the weights: gradients, Adam's moments, and a checkpoint on its way to the disk
RATE = 40e9  # multiplications and additions a second; small layers reach half, large ones more
LARGE_STEP = 1e10  # sums and products: a quarter of a second of one processor
CALL_SECONDS = 4e-4  # of one layer at one step, however small it is

MEGABYTE, GIGABYTE = 10**6, 10**9
MOST_STEPS = 2_000_000
MOST_DISK = 2 * GIGABYTE
MOST_HOURS = 48.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run needs, about."""

    memory: float  # bytes, of its trainer
    observer: float  # bytes, of the process that answers questions about it
    disk: float  # bytes, of its folder
    steps: float
    hours: float  # at full speed on one core
    checks: float  # mini-batches of valid that are read, forward only


def cost(config: RunConfig) -> Cost:
    """Estimate what a run needs."""
    model, stream = entry(config.model), stream_of(config)
    layouts = [BatchLayout(len(stream.ids(split)), config.bs, config.bptt) for split in SPLITS]
    steps = layouts[0].n_batches * config.epochs
    slots, units = config.bs * config.bptt, model.n_layers * config.nh
    answers = slots if model.predicts == "every" else config.bs
    n_weights = model.n_weights(len(stream.vocab), config.nh)
    kept = slots * units * (KEPT_BY_UNIT + KEPT_BY_GATE * len(model.gates))
    floats = kept + KEPT_BY_WORD * answers * len(stream.vocab) + COPIES * n_weights
    n_slots = sum(layout.n_batches * slots for layout in layouts)
    flops = step_flops(config)
    seconds = CALL_SECONDS * config.bptt * model.n_layers + flops / RATE
    n_tokens = len(stream.ids("train"))
    states = n_tokens * units if reads_whole(n_tokens, units + len(stream.vocab)) else 0
    return Cost(
        observer=observer_bytes() + READ_COPIES * FLOAT * states,
        memory=trainer_bytes() + LAYOUT_BYTES * n_slots + FLOAT * floats,
        disk=MAX_SNAPSHOTS * snapshot_bytes(config)
        + 2 * checkpoint_bytes(config)
        + EVENT_BYTES * min(steps, MAX_BATCHES),
        steps=steps,
        hours=steps * seconds / 3600,
        checks=layouts[1].n_batches * config.epochs,
    )


def trainer_bytes() -> int:
    """Return about how many bytes a trainer has before its run begins."""
    return PROCESS_BYTES + CUDA_BYTES * _is_built_for_cuda()


def observer_bytes() -> int:
    """Return about how many bytes an observer with full caches has."""
    return OBSERVER_BYTES + CUDA_BYTES * _is_built_for_cuda()


@cache
def _is_built_for_cuda() -> bool:
    """Look at torch's files: loading torch would take seconds."""
    spec = find_spec("torch")
    folder = Path(spec.origin).parent / "lib" if spec and spec.origin else None
    return folder is not None and any(folder.glob("*torch_cuda*"))


def step_flops(config: RunConfig) -> float:
    """Return about how many sums and products one training step takes: forward 2, backward 4."""
    n_weights = entry(config.model).n_weights(len(stream_of(config).vocab), config.nh)
    return 6.0 * config.bs * config.bptt * n_weights


MEASURED = "step_seconds.json"
"""The file in the folder of the runs to which ``hnviz bench devices`` writes what it measured."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One training step of a network of some size, on the processor and on the graphics card."""

    model: str
    nh: int
    flops: float  # as `step_flops` counts them
    cpu: float  # seconds
    cuda: float  # seconds


def measured_in(runs_dir: Path) -> list[Measured]:
    """Read the steps that were measured; none without the file, or if it cannot be read."""
    try:
        content = json.loads((runs_dir / MEASURED).read_text(encoding="utf-8"))
        found = [Measured(**each) for each in content["steps"]]
        return [each for each in found if min(each.flops, each.cpu, each.cuda) > 0]
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return []


def uses_gpu(
    config: RunConfig, devices: Collection[str], measured: Sequence[Measured] = ()
) -> bool:
    """Return whether a run trains on one of a machine's graphics cards.

    For "auto", the step of the same model whose number of sums and products is nearest decides: the
    card if it was faster there. Without one, "auto" takes the card for large steps only. Those of
    the notebook's networks are hundreds of small kernels, for whose launches a card waits.
    """
    if config.device != "auto" or "cuda" not in devices:
        return config.device == "cuda"
    flops = step_flops(config)
    alike = [each for each in measured if each.model == config.model]
    if not alike:
        return flops >= LARGE_STEP
    nearest = min(alike, key=lambda each: abs(log(each.flops / flops)))
    return nearest.cuda < nearest.cpu


def reads_whole(n_tokens: int, floats: int) -> bool:
    """Return whether questions about a whole split are answered: so many floats for each token."""
    return n_tokens * floats <= MOST_READ


def snapshot_bytes(config: RunConfig) -> int:
    """Return about how many bytes a snapshot has: weights, batch norm's statistics, the state."""
    model = entry(config.model)
    weights = model.n_weights(len(stream_of(config).vocab), config.nh) + 2 * config.nh
    state = prod((len(model.state), model.n_layers, config.bs, config.nh)) if model.stateful else 0
    return FLOAT * (weights + state) + SLACK


def checkpoint_bytes(config: RunConfig) -> int:
    """Return about how many bytes a checkpoint has: a snapshot, and Adam's two moments."""
    return 3 * snapshot_bytes(config)


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that one run may need, on this machine or on another one."""

    memory: float
    disk: float = MOST_DISK
    steps: float = MOST_STEPS
    hours: float = MOST_HOURS
    where: str = "here"  # in sentences: the machine that has these bounds

    @classmethod
    def here(cls, trainers: int, runs_dir: Path, environ: Mapping[str, str]) -> "Budget":
        """Share half of this machine's memory among its trainers; take a tenth of the free disk.

        HNVIZ_MAX_RUN_MB, _MAX_RUN_DISK_MB, _MAX_RUN_STEPS and _MAX_RUN_HOURS set other bounds.
        Raises ValueError.
        """
        memory, disk = _memory() / 2 / trainers, min(MOST_DISK, _free_disk(runs_dir) / 10)
        return cls(
            memory=at_least(1, environ, "HNVIZ_MAX_RUN_MB", memory / MEGABYTE) * MEGABYTE,
            disk=at_least(1, environ, "HNVIZ_MAX_RUN_DISK_MB", disk / MEGABYTE) * MEGABYTE,
            steps=at_least(1, environ, "HNVIZ_MAX_RUN_STEPS", MOST_STEPS),
            hours=at_least(0, environ, "HNVIZ_MAX_RUN_HOURS", MOST_HOURS),
        )

    @property
    def observer(self) -> float:
        """An observer may have as much memory as a trainer."""
        return self.memory

    def problem(self, config: RunConfig) -> str | None:
        """Return what a run needs too much of, and how to make it smaller; None if it fits."""
        need = cost(config)
        for name, unit, cure in _KINDS:
            needed, most = getattr(need, name), getattr(self, name)
            if needed > most:
                return f"{_compared(unit, needed, most)} {self.where}; {cure}"
        return None


UNBOUNDED = Budget(inf, inf, inf, inf)


Unit = Callable[[float, int], str]
"""Writes an amount with its unit, to so many digits."""


def _compared(unit: Unit, needed: float, most: float) -> str:
    """Write both amounts with as many digits as tell them apart."""
    digits = next((each for each in range(3, 9) if unit(needed, each) != unit(most, each)), 9)
    needs, may = unit(needed, digits), unit(most, digits)
    return f"this run would need about {needs}, and one run may take {may}"


def _bytes(what: str) -> Unit:
    def written(value: float, digits: int) -> str:
        if value < GIGABYTE:
            return f"{value / MEGABYTE:,.{digits - 3}f} MB of {what}"
        return f"{value / GIGABYTE:.{digits}g} GB of {what}"

    return written


_KINDS: tuple[tuple[str, Unit, str], ...] = (
    ("steps", lambda value, _: f"{value:,.0f} steps", "raise bs or bptt, or lower epochs"),
    ("memory", _bytes("memory"), "lower bs, bptt or nh"),
    ("observer", _bytes("memory for its pictures"), "lower nh"),
    ("disk", _bytes("disk for its snapshots"), "lower nh"),
    ("hours", lambda value, digits: f"{value:.{digits}g} hours", "lower epochs, nh or bptt"),
)
"""Field of Cost and Budget, how its amounts are written, and what makes a run smaller."""


def at_least(low: float, environ: Mapping[str, str], name: str, default: float) -> float:
    """Read a number from an environment variable. Raises ValueError."""
    text = environ.get(name) or default
    try:
        value = float(text)
    except ValueError:
        value = inf
    if not low <= value < inf:
        raise ValueError(f"{name} must be a number of at least {low:g}; got {text!r}")
    return value


CGROUP = Path("/sys/fs/cgroup")
LIMITS_OF_CONTAINERS = ("memory.max", "memory/memory.limit_in_bytes")
"""Where version 2 of control groups and version 1 have a container's memory, in bytes."""


def _memory() -> float:
    """Return this machine's memory in bytes, or what its container may use of it."""
    least = float(psutil.virtual_memory().total)
    for name in LIMITS_OF_CONTAINERS:
        with suppress(OSError, ValueError):  # no such file; "max"
            least = min(least, float((CGROUP / name).read_text(encoding="ascii")))
    return least


def _free_disk(folder: Path) -> float:
    """Return the free bytes where a folder is, or will be."""
    for place in (folder, *folder.absolute().parents):
        try:
            return float(psutil.disk_usage(str(place)).free)
        except OSError:
            continue
    return inf
