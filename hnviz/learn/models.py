"""The notebook's six models, each one step from the last. This file is the lesson.

Call a model as ``logits, state = model(x, state)``. x holds ids, (bs, bptt); `state` is the hidden
state before the first token, and the returned one is the state after the last. A model stores no
state: the caller decides whether to keep it, to detach it, or to start again from
``model.init_state(bs)``.

`hnviz.learn.beyond` has the other models, and the list of all.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hnviz.learn.state import State


class LanguageModel(nn.Module):
    """What a training loop needs from a model besides its call."""

    predicts: ClassVar[str]  # "last": logits (bs, nv); "every": logits (bs, bptt, nv)
    stateful: ClassVar[bool]  # the state carries over from mini-batch to mini-batch

    def __init__(self, nv: int, nh: int) -> None:
        super().__init__()

    def init_state(self, bs: int) -> State:
        """Return a hidden state of zeros, on the weights' device: a tensor, or a tuple of them."""
        raise NotImplementedError


class Model0(LanguageModel):
    """Reads three tokens with three written-out layers, and answers once, after the last."""

    predicts, stateful = "last", False

    def __init__(self, nv: int, nh: int) -> None:
        super().__init__(nv, nh)
        self.i_h = nn.Embedding(nv, nh)  # green arrow
        self.h_h = nn.Linear(nh, nh)  # brown arrow
        self.h_o = nn.Linear(nh, nv)  # blue arrow
        self.bn = nn.BatchNorm1d(nh)

    def init_state(self, bs: int) -> Tensor:
        return self.h_h.bias.new_zeros(bs, self.h_h.out_features)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = h + self.i_h(x[:, 0])  # (bs, nh)
        h = self.bn(F.relu(self.h_h(h)))
        if x.shape[1] > 1:
            h = h + self.i_h(x[:, 1])
            h = self.bn(F.relu(self.h_h(h)))
        if x.shape[1] > 2:
            h = h + self.i_h(x[:, 2])
            h = self.bn(F.relu(self.h_h(h)))
        return self.h_o(h), h  # (bs, nv), (bs, nh)


class Model1(LanguageModel):
    """The same network with a loop in place of the copies, for a window of any length."""

    predicts, stateful = "last", False

    def __init__(self, nv: int, nh: int) -> None:
        super().__init__(nv, nh)
        self.i_h = nn.Embedding(nv, nh)  # green arrow
        self.h_h = nn.Linear(nh, nh)  # brown arrow
        self.h_o = nn.Linear(nh, nv)  # blue arrow
        self.bn = nn.BatchNorm1d(nh)

    def init_state(self, bs: int) -> Tensor:
        return self.h_h.bias.new_zeros(bs, self.h_h.out_features)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        for t in range(x.shape[1]):
            h = h + self.i_h(x[:, t])  # (bs, nh)
            h = self.bn(F.relu(self.h_h(h)))
        return self.h_o(h), h  # (bs, nv), (bs, nh)


class Model2(LanguageModel):
    """Answers after every token; batch norm moves out of the recurrence."""

    predicts, stateful = "every", False

    def __init__(self, nv: int, nh: int) -> None:
        super().__init__(nv, nh)
        self.i_h = nn.Embedding(nv, nh)  # green arrow
        self.h_h = nn.Linear(nh, nh)  # brown arrow
        self.h_o = nn.Linear(nh, nv)  # blue arrow
        self.bn = nn.BatchNorm1d(nh)

    def init_state(self, bs: int) -> Tensor:
        return self.h_h.bias.new_zeros(bs, self.h_h.out_features)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        res = []
        for t in range(x.shape[1]):
            h = h + self.i_h(x[:, t])  # (bs, nh)
            h = F.relu(self.h_h(h))
            res.append(self.h_o(self.bn(h)))  # (bs, nv): statistics of this step alone
        return torch.stack(res, dim=1), h  # (bs, bptt, nv), (bs, nh)


class Model3(LanguageModel):
    """Keeps its hidden state from one mini-batch to the next, where Model2 forgets it."""

    predicts, stateful = "every", True

    def __init__(self, nv: int, nh: int) -> None:
        super().__init__(nv, nh)
        self.i_h = nn.Embedding(nv, nh)  # green arrow
        self.h_h = nn.Linear(nh, nh)  # brown arrow
        self.h_o = nn.Linear(nh, nv)  # blue arrow
        self.bn = nn.BatchNorm1d(nh)

    def init_state(self, bs: int) -> Tensor:
        return self.h_h.bias.new_zeros(bs, self.h_h.out_features)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        res = []
        for t in range(x.shape[1]):
            h = h + self.i_h(x[:, t])  # (bs, nh)
            h = F.relu(self.h_h(h))
            res.append(self.bn(h))  # (bs, nh): statistics of this step alone
        return self.h_o(torch.stack(res, dim=1)), h  # (bs, bptt, nv), (bs, nh)


class Model4(LanguageModel):
    """Leaves the loop to nn.RNN, which uses tanh and a separate matrix for the input."""

    predicts, stateful = "every", True

    def __init__(self, nv: int, nh: int) -> None:
        super().__init__(nv, nh)
        self.i_h = nn.Embedding(nv, nh)  # green arrow
        self.rnn = nn.RNN(nh, nh, batch_first=True)  # brown arrow
        self.h_o = nn.Linear(nh, nv)  # blue arrow
        self.bn = nn.BatchNorm1d(nh)

    def init_state(self, bs: int) -> Tensor:
        return self.h_o.bias.new_zeros(1, bs, self.rnn.hidden_size)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        res, h = self.rnn(self.i_h(x), h)  # (bs, bptt, nh), (1, bs, nh)
        res = self.bn(res.flatten(0, 1)).view_as(res)  # statistics of all steps at once
        return self.h_o(res), h  # (bs, bptt, nv), (1, bs, nh)


class Model5(LanguageModel):
    """Stacks two layers of nn.GRU, whose gates decide what a unit keeps and what it takes in."""

    predicts, stateful = "every", True

    def __init__(self, nv: int, nh: int) -> None:
        super().__init__(nv, nh)
        self.i_h = nn.Embedding(nv, nh)  # green arrow
        self.rnn = nn.GRU(nh, nh, num_layers=2, batch_first=True)  # brown arrow
        self.h_o = nn.Linear(nh, nv)  # blue arrow
        self.bn = nn.BatchNorm1d(nh)

    def init_state(self, bs: int) -> Tensor:
        return self.h_o.bias.new_zeros(2, bs, self.rnn.hidden_size)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        res, h = self.rnn(self.i_h(x), h)  # (bs, bptt, nh), (2, bs, nh)
        res = self.bn(res.flatten(0, 1)).view_as(res)  # statistics of all steps at once
        return self.h_o(res), h  # (bs, bptt, nv), (2, bs, nh)
