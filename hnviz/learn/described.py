"""A recorded network, built from its description: `hnviz.own.network`."""

from functools import lru_cache
from typing import ClassVar

import torch
from torch import Tensor, nn

from hnviz.learn.models import LanguageModel
from hnviz.learn.state import State, seen
from hnviz.models.spec import NORMS, Part
from hnviz.own.network import Network

SQUASHED = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "identity": lambda each: each,
}


class Described(LanguageModel):
    """Reads with the parts of a network, whose weights have the names of the user's class."""

    described: ClassVar[Network]

    def __init__(self, nv: int, nh: int) -> None:
        super().__init__(nv, nh)
        network = self.described
        for part in network.parts:
            _put(self, part.name, _module(network, part, nv, nh))
        self._paths = {part.role: part.name for part in network.parts}
        if any(weight.tied for weight in network.part("h_o").weights):
            self._part("h_o").weight = self._part("i_h").weight
        self._nh = nh

    def _part(self, role: str) -> nn.Module:
        return self.get_submodule(self._paths[role])

    def _normed(self, h: Tensor) -> Tensor:
        """Normalise the units of each slot, (..., nh)."""
        norm = self._part(next(role for role in NORMS if role in self._paths))
        normed: Tensor = norm(h.flatten(0, -2)).view_as(h)
        return normed

    def init_state(self, bs: int) -> State:
        weight = next(self.parameters())
        if self.described.cell == "Linear":
            return weight.new_zeros(bs, self._nh)
        h = weight.new_zeros(self.described.n_layers, bs, self._nh)
        return (h, h.clone()) if self.described.cell == "LSTM" else h

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        embedded = self._part("i_h")(x)  # (bs, bptt, ne)
        if self.described.cell == "Linear":
            res, state = self._loop(embedded, state)
        else:
            res, state = self._part("h_h")(embedded, state)  # (bs, bptt, nh), (n_layers, bs, nh)
        if self.described.predicts == "last":
            res = res[:, -1]
        if self.described.norm_at == "head":
            res = self._normed(res)
        return self._part("h_o")(res), state

    def _loop(self, embedded: Tensor, h: State) -> tuple[Tensor, State]:
        squash, cell, res = SQUASHED[self.described.squash], self._part("h_h"), list[Tensor]()
        new = seen(h)[0]  # (bs, nh)
        for t in range(embedded.shape[1]):
            new = squash(cell(new + embedded[:, t]))
            if self.described.norm_at == "loop":
                new = self._normed(new)
            res.append(new)
        return torch.stack(res, dim=1), new


@lru_cache(maxsize=64)
def described(network: Network) -> type[Described]:
    """Return a network's class, which takes (nv, nh) like every model's."""
    about = {"described": network, "predicts": network.predicts, "stateful": network.stateful}
    return type(network.class_name, (Described,), about)


def _put(root: nn.Module, path: str, module: nn.Module) -> None:
    """Set a submodule at a path such as "encoder.embedding"."""
    *folders, name = path.split(".")
    for folder in folders:
        if folder not in dict(root.named_children()):
            _put(root, folder, nn.Module())
        root = root.get_submodule(folder)
    if hasattr(root, name):
        raise ValueError(f"no part of a network can have the name {path}: torch uses it")
    root.add_module(name, module)


def _module(network: Network, part: Part, nv: int, nh: int) -> nn.Module:
    """Return a part as a module of torch, with weights of the shapes that its entry says."""
    shapes = {weight.name: weight.shape(nv, nh) for weight in part.weights}
    bias = any("bias" in name for name in shapes)
    match part.role:
        case "i_h":
            return nn.Embedding(shapes["weight"][0], shapes["weight"][1])
        case "bn":
            return nn.BatchNorm1d(nh, eps=network.eps, affine="weight" in shapes)
        case "ln":
            return nn.LayerNorm(
                nh, eps=network.eps, elementwise_affine="weight" in shapes, bias=bias
            )
        case "h_h" if network.cell != "Linear":
            options = {"nonlinearity": network.squash} if network.cell == "RNN" else {}
            given = shapes["weight_ih_l0"][1]
            made: nn.Module = getattr(nn, network.cell)(
                given, nh, network.n_layers, bias=bias, batch_first=True, **options
            )
            return made
    out, given = shapes["weight"]
    return nn.Linear(given, out, bias=bias)
