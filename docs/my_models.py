"""A model of your own: the minimal gated unit, which is a GRU with one gate in place of two.

    python -m hnviz train --models docs/my_models.py --model MGU
    python -m hnviz app --models docs/my_models.py

The file needs a class and an entry of the same name for each model. The class computes; the entry
says what it is made of, for the pages. docs/own_models.md explains each field.
"""

import torch
from torch import Tensor, nn

from hnviz.learn import LanguageModel
from hnviz.models.spec import Cell, Gate, ModelEntry, Part, Recipe, Weight


class MGU(LanguageModel):
    """One gate decides what a unit forgets, and how much of the old state the candidate reads."""

    predicts, stateful = "every", True

    def __init__(self, nv: int, nh: int) -> None:
        super().__init__(nv, nh)
        self.i_h = nn.Embedding(nv, nh)  # green: input to hidden
        self.forget = nn.Linear(nh, nh)  # brown: hidden to hidden
        self.candidate = nn.Linear(nh, nh)  # brown, too
        self.h_o = nn.Linear(nh, nv)  # blue: hidden to output
        self.bn = nn.BatchNorm1d(nh)

    def init_state(self, bs: int) -> Tensor:
        return self.h_o.bias.new_zeros(bs, self.h_o.in_features)

    def gates(self, layer: int, given: Tensor, before: Tensor) -> tuple[Tensor, ...]:
        f = self.forget(given + before).sigmoid()  # (n, nh)
        return f, self.candidate(given + f * before).tanh()

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        res = []
        for t in range(x.shape[1]):
            f, n = self.gates(0, self.i_h(x[:, t]), h)  # (bs, nh) each
            h = (1 - f) * h + f * n
            res.append(self.bn(h))
        return self.h_o(torch.stack(res, dim=1)), h  # (bs, bptt, nv), (bs, nh)


LAYER = (Weight("weight", ("nh", "nh")), Weight("bias", ("nh",)))

ENTRY = ModelEntry(
    name="MGU",
    title="a GRU with one gate",
    follows="Model3",
    network_change="has a gate, which mixes the old state with a candidate; Model3 replaces the "
    "whole state at every token",
    reason="Zhou and others (2016, arXiv:1603.09420) asked how few gates are enough. Compare its "
    "gate with the two of Model5, and its accuracy with Model3's, which has none.",
    predicts="every",
    stateful=True,
    recipe=Recipe(bptt=20, epochs=20, lr=1e-2),
    parts=(
        Part("i_h", "i_h", "Embedding", (Weight("weight", ("nv", "nh")),)),
        Part("forget", "h_h", "Linear", LAYER),
        Part("candidate", "h_h", "Linear", LAYER),
        Part("h_o", "h_o", "Linear", (Weight("weight", ("nv", "nh")), Weight("bias", ("nv",)))),
        Part("bn", "bn", "BatchNorm1d", (Weight("weight", ("nh",)), Weight("bias", ("nh",)))),
    ),
    cell=Cell(
        gates=(
            Gate(
                name="forget",
                title="forget gate",
                letter="f",
                squash="sigmoid",
                equation=r"f = \sigma(W_f\,(x + h) + b_f)",
                meaning="how much of each unit is replaced",
            ),
            Gate(
                name="candidate",
                title="candidate",
                letter="n",
                squash="tanh",
                equation=r"n = \tanh(W_n\,(x + f \odot h) + b_n)",
                meaning="what each unit would be if all of it were replaced",
            ),
        ),
        equation=r"h' = (1 - f) \odot h + f \odot n",
        meaning="the mix of both",
        in_words="A unit's new state is (1 \N{MINUS SIGN} forget) · old + forget · candidate.",
    ),
    nonlinearity="tanh",
)
