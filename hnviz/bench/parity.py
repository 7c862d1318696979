"""Trains the small network of `hnviz.tasks.parity`, in about a minute on one processor.

    python -c "from hnviz.bench.parity import write; write('hnviz/tasks/data/parity.json')"

Sixteen networks learn parity at once, from different first weights. A penalty on the sum of the
absolute weights pushes useless ones to zero. Among the networks that, with weights rounded to two
decimals, answer all inputs up to twelve bits correctly, the one with the most zeros is chosen.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from hnviz.tasks.parity import LENGTH, Network

SEEDS = 16
UNITS = 4
STEPS, ROWS = 5000, 64
LR, CLIP = 1e-2, 1.0
PENALTY = 1.5e-3
SHORTEST = 3  # bits of the first inputs; they grow to LENGTH in the first 70 % of the steps
FIRST = 0.75  # first weights are uniform between plus and minus this
DECIMALS = 2
PARTS = {
    "embed": (2, UNITS),
    "recur": (UNITS, UNITS),
    "bias": (UNITS,),
    "out": (2, UNITS),
    "out_bias": (2,),
}


def write(path: str | Path) -> None:
    """Train, choose and write the weights as JSON. Raises ValueError if every network fails."""
    torch.set_num_threads(1)
    parts = _trained()
    good: list[tuple[int, int, Network]] = []
    for seed in range(SEEDS):
        weights = {
            name: np.round(part[seed].double().numpy(), DECIMALS) + 0.0
            for name, part in parts.items()
        }
        network = Network(**weights)
        if network.wrong() == 0:
            good.append((-network.n_zero, seed, network))
    if not good:
        raise ValueError(f"none of {SEEDS} networks got all inputs right")
    _, seed, network = min(good, key=lambda each: each[:2])
    held = {name: getattr(network, name).tolist() for name in PARTS}
    recipe = {"seed": seed, "of": SEEDS, "right": len(good), "steps": STEPS, "lr": LR}
    text = json.dumps({**recipe, "penalty": PENALTY, "weights": held}, indent=1)
    Path(path).write_text(text + "\n", encoding="utf-8")


def _trained() -> dict[str, Tensor]:
    """Train all networks side by side; the first dimension of each part is the seed."""
    chances = [torch.Generator().manual_seed(seed) for seed in range(SEEDS)]

    def first(shape: tuple[int, ...]) -> Tensor:
        drawn = [torch.rand(shape, generator=chance) for chance in chances]
        return ((2 * torch.stack(drawn) - 1) * FIRST).requires_grad_()

    parts = {name: first(shape) for name, shape in PARTS.items()}
    learned = list(parts.values())
    adam = torch.optim.Adam(learned, lr=LR)
    schedule = torch.optim.lr_scheduler.OneCycleLR(adam, LR, total_steps=STEPS, pct_start=0.1)
    chance = torch.Generator().manual_seed(0)
    for step in range(STEPS):
        length = SHORTEST + min(LENGTH - SHORTEST, step * 14 // STEPS)
        bits = torch.randint(0, 2, (ROWS, length), generator=chance)
        sizes = torch.stack([part.abs().flatten(1).sum(dim=1) for part in learned]).sum(dim=0)
        loss = _loss(parts, bits) + PENALTY * sizes
        adam.zero_grad()
        loss.sum().backward()
        _clip(learned)
        adam.step()
        schedule.step()
    return {name: part.detach() for name, part in parts.items()}


def _loss(parts: dict[str, Tensor], bits: Tensor) -> Tensor:
    """Return the mean loss of each network, (SEEDS,), on bits (ROWS, length)."""
    odd = bits.cumsum(dim=1) % 2
    state, total = torch.zeros(SEEDS, ROWS, UNITS), torch.zeros(SEEDS)
    for t in range(bits.shape[1]):
        given = parts["embed"][:, bits[:, t]] + parts["bias"][:, None]
        state = torch.tanh(state @ parts["recur"].mT + given)
        logits = state @ parts["out"].mT + parts["out_bias"][:, None]
        wanted = odd[:, t].repeat(SEEDS)
        losses = F.cross_entropy(logits.flatten(0, 1), wanted, reduction="none")
        total = total + losses.view(SEEDS, ROWS).mean(dim=1)
    return total / bits.shape[1]


def _clip(learned: list[Tensor]) -> None:
    """Clip each network's gradient by its own norm."""
    gradients = [part.grad for part in learned if part.grad is not None]
    norms = torch.stack([each.pow(2).flatten(1).sum(dim=1) for each in gradients]).sum(dim=0).sqrt()
    for each in gradients:
        each.div_(norms.clamp(min=CLIP).view(-1, *[1] * (each.dim() - 1)))
