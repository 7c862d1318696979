"""Parity at lengths that training never showed, for networks whose step is linear or is not.

`lengths` trains each network on up to 40 random bits from five seeds, and makes the shipped table
hnviz/runs/data/parity.csv, in about five minutes on one processor:

    python -m hnviz bench parity

A network reads bits alone and answers after each whether the ones so far are even or odd; no answer
is ever in its input. It is scored on the answer after the last of 40, 100, 400 and 1,000 bits.

MinGRU's step, h' = (1 - z) h + z new, is linear in h, since z and new see only the input, and its
factor 1 - z lies between 0 and 1. No such network of finite precision, however many layers it has,
does parity at every length: Grazzi et al., Unlocking state-tracking in linear RNNs through negative
eigenvalues, 2024, arXiv 2411.12537. `reach` 2 gives the factor 1 - 2z, between -1 and 1, and
changes nothing else. The steps of nn.GRU and nn.RNN are not linear in h.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hnviz.bench.search import FIVE
from hnviz.bench.tables import write_rows

TRAINED = 40  # bits of the longest training inputs
SHORTEST = 3  # bits of the first inputs; they grow to TRAINED in the first 70 % of the steps
BITS = (40, 100, 400, 1000)
N_SCORED = 1000  # inputs
UNITS = 32
STEPS, ROWS = 2000, 64
LR, CLIP = 1e-2, 1.0


class MinGRU(nn.Module):
    """Layers whose gate and new value see only the input; see the module's docstring."""

    def __init__(self, units: int, layers: int, reach: int = 1) -> None:
        super().__init__()
        self.gates = nn.ModuleList(nn.Linear(units, units) for _ in range(layers))
        self.news = nn.ModuleList(nn.Linear(units, units) for _ in range(layers))
        self.reach = reach

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Read x, (rows, steps, units), from zeros; return all states and the last, as nn.GRU."""
        for gate, new in zip(self.gates, self.news, strict=True):
            z = torch.sigmoid(gate(x))
            factor, added = 1 - self.reach * z, z * torch.tanh(new(x))  # (rows, steps, units)
            h, states = torch.zeros_like(x[:, 0]), []
            for f, a in zip(factor.unbind(1), added.unbind(1), strict=True):
                h = torch.addcmul(a, f, h)
                states.append(h)
            x = torch.stack(states, dim=1)
        return x, h


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of network in the table."""

    name: str
    layers: int
    make: Callable[[int, int], nn.Module]  # takes units and layers


KINDS = (
    Kind("MinGRU", 1, MinGRU),
    Kind("MinGRU", 3, MinGRU),
    Kind("MinGRU, factor to -1", 1, lambda units, layers: MinGRU(units, layers, reach=2)),
    Kind("MinGRU, factor to -1", 3, lambda units, layers: MinGRU(units, layers, reach=2)),
    Kind("GRU", 1, lambda units, layers: nn.GRU(units, units, layers, batch_first=True)),
    Kind("tanh RNN", 1, lambda units, layers: nn.RNN(units, units, layers, batch_first=True)),
)


class Reader(nn.Module):
    """A recurrent part between an embedding of the two bits and an answer after each."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.embed = nn.Embedding(2, UNITS)
        self.recur = kind.make(UNITS, kind.layers)
        self.out = nn.Linear(UNITS, 2)

    def forward(self, bits: Tensor) -> Tensor:
        """Return the logits of even and odd after each bit, (rows, steps, 2)."""
        states, _ = self.recur(self.embed(bits))
        logits: Tensor = self.out(states)
        return logits


@dataclass(frozen=True, slots=True)
class Scored:
    """How many of n answers after so many bits are right."""

    model: str
    layers: int
    seed: int
    bits: int
    right: int
    n: int


def lengths(path: str | Path) -> Iterator[Scored]:
    """Train, score and write the table; yield each row when it is ready."""
    torch.set_num_threads(1)
    rows = []
    for kind in KINDS:
        for seed in FIVE:
            for row in scored(trained(kind, seed), kind, seed):
                rows.append(row)
                yield row
    write_rows(path, Scored, rows)


def trained(kind: Kind, seed: int, steps: int = STEPS) -> Reader:
    """Train a network from a seed, which also draws its inputs."""
    torch.manual_seed(seed)
    network, chance = Reader(kind), torch.Generator().manual_seed(seed)
    adam = torch.optim.Adam(network.parameters(), lr=LR)
    schedule = torch.optim.lr_scheduler.OneCycleLR(adam, LR, total_steps=steps, pct_start=0.1)
    for step in range(steps):
        length = SHORTEST + min(TRAINED - SHORTEST, step * (TRAINED - SHORTEST) * 10 // (steps * 7))
        bits = torch.randint(0, 2, (ROWS, length), generator=chance)
        loss = F.cross_entropy(network(bits).flatten(0, 1), odd(bits).flatten())
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        adam.step()
        schedule.step()
    return network


def odd(bits: Tensor) -> Tensor:
    """Return 1 after each bit where the ones so far are odd, else 0."""
    return bits.cumsum(dim=1) % 2


def scored(network: Reader, kind: Kind, seed: int, n: int = N_SCORED) -> Iterator[Scored]:
    """Score the answers after the last bit of n inputs that no training draws."""
    bits = scored_bits(n)
    with torch.inference_mode():
        right = (network(bits).argmax(-1) == odd(bits)).sum(dim=0)  # (steps,)
    for length in BITS:
        yield Scored(kind.name, kind.layers, seed, length, int(right[length - 1]), n)


def scored_bits(n: int) -> Tensor:
    """Return the inputs that every network is scored on, (n, the most bits)."""
    chance = torch.Generator().manual_seed(len(FIVE))
    return torch.randint(0, 2, (n, max(BITS)), generator=chance)
