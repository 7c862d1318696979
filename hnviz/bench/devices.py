"""Times a training step on the processor and on the graphics card, by size.

`auto` then trains each run on the faster one: `hnviz.estimate` reads the file that `write` makes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from hnviz.config import RunConfig
from hnviz.engine.timing import step_seconds
from hnviz.estimate import MEASURED, Measured, step_flops

SIZES = (64, 256, 1024)  # hidden units; each size takes about 16 times the work of the one before


def step_seconds_by_size(
    models: Iterable[str], sizes: Sequence[int] = SIZES, card: str = "cuda"
) -> Iterator[Measured]:
    """Time a step of each model's recipe at each size, in seconds. Raises DeviceError."""
    torch.set_num_threads(1)  # as in every trainer
    for model in models:
        for nh in sizes:
            configs = [RunConfig.for_model(model, nh=nh, device=each) for each in ("cpu", card)]
            on_cpu, on_card = (step_seconds(config)[0] for config in configs)
            yield Measured(model, nh, step_flops(configs[0]), on_cpu, on_card)


def write(
    runs_dir: Path, steps: Iterable[Measured], names: Mapping[str, str], torch_version: str
) -> None:
    """Write the measurements, the devices' names and torch's version."""
    runs_dir.mkdir(parents=True, exist_ok=True)
    content = {**names, "torch": torch_version, "steps": [asdict(each) for each in steps]}
    (runs_dir / MEASURED).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
