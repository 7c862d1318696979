"""What a model's entry in the catalogue is made of: its recipe, its parts, their weights."""

from dataclasses import dataclass
from math import prod

ROLES = {
    "i_h": "input to hidden",
    "h_h": "hidden to hidden",
    "h_o": "hidden to output",
    "bn": "batch norm",
}
"""The roles of a model's parts; pictures draw the first three in green, brown and blue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The settings of one model's `fit_one_cycle`.

    The notebook's for its six models; for a model beyond them, what `hnviz.bench.search` found.
    """

    bptt: int
    epochs: int
    lr: float  # peak of the one-cycle schedule
    pct_start: float = 0.3  # share of all steps in which lr rises
    bs: int = 64
    nh: int = 64


@dataclass(frozen=True, slots=True)
class Weight:
    """One parameter tensor; its dimensions are in terms of nv and nh: "nv", "3*nh"."""

    name: str  # as in the module's state_dict, without the part's name
    dims: tuple[str, ...]

    def shape(self, nv: int, nh: int) -> tuple[int, ...]:
        """Return the dimensions as numbers."""
        sizes = {"nv": nv, "nh": nh}
        return tuple(
            prod(sizes.get(factor) or int(factor) for factor in dim.split("*")) for dim in self.dims
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One submodule of a model."""

    name: str  # its attribute in the model
    role: str  # one of ROLES
    kind: str  # its class in torch.nn
    weights: tuple[Weight, ...]

    def n_weights(self, nv: int, nh: int) -> int:
        """Count the numbers that this part learns."""
        return sum(prod(weight.shape(nv, nh)) for weight in self.weights)
