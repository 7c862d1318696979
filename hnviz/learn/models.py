"""The models: six, each one step from the last, and others beyond them. This file is the lesson.

Call a model as ``logits, state = model(x, state)``. x holds ids, (bs, bptt); `state` is the hidden
state before the first token, and the returned one is the state after the last. A model stores no
state: the caller decides to keep it, to detach it or to start again from
``model.init_state(bs)``.

A new model needs only a class here and an entry in `hnviz.catalogue`. A state of several tensors,
such as an LSTM's, is a tuple; the entry names its tensors. A model with its own gates has a method
``gates(layer, given, before)``, which returns them in the entry's order.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hnviz.learn.attention import Attention, mlp
from hnviz.learn.state import State


class LanguageModel(nn.Module):
    """What a training loop needs from a model, besides calling it."""

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


class LSTM(LanguageModel):
    """Stacks two layers of nn.LSTM, which carries a cell c beside the state h."""

    predicts, stateful = "every", True

    def __init__(self, nv: int, nh: int) -> None:
        super().__init__(nv, nh)
        self.i_h = nn.Embedding(nv, nh)  # green arrow
        self.rnn = nn.LSTM(nh, nh, num_layers=2, batch_first=True)  # brown arrow
        self.h_o = nn.Linear(nh, nv)  # blue arrow
        self.bn = nn.BatchNorm1d(nh)

    def init_state(self, bs: int) -> State:
        h = self.h_o.bias.new_zeros(2, bs, self.rnn.hidden_size)
        return h, h.clone()  # c has the same shape

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        res, (h, c) = self.rnn(self.i_h(x), state)  # (bs, bptt, nh), (2, bs, nh) each
        res = self.bn(res.flatten(0, 1)).view_as(res)  # statistics of all steps at once
        return self.h_o(res), (h, c)  # (bs, bptt, nv), (2, bs, nh) each


class Model3BN(Model3):
    """Model3 with batch norm back inside the loop: the state that goes on is normalised."""

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        res = []
        for t in range(x.shape[1]):
            h = h + self.i_h(x[:, t])  # (bs, nh)
            h = self.bn(F.relu(self.h_h(h)))
            res.append(h)  # (bs, nh): what is read out is what goes on
        return self.h_o(torch.stack(res, dim=1)), h  # (bs, bptt, nv), (bs, nh)


class Transformer(LanguageModel):
    """Carries no state: each token looks at those before it in its window, in two layers."""

    predicts, stateful = "every", False

    def __init__(self, nv: int, nh: int) -> None:
        super().__init__(nv, nh)
        self.i_h = nn.Embedding(nv, nh)  # green arrow
        self.position = nn.Embedding(70, nh)  # green arrow: the place in the window
        self.attention = nn.ModuleList(Attention(nh) for _ in range(2))  # brown arrows
        self.mlp = nn.ModuleList(mlp(nh) for _ in range(2))  # brown arrows
        self.h_o = nn.Linear(nh, nv)  # blue arrow
        self.ln = nn.LayerNorm(nh)

    def init_state(self, bs: int) -> State:
        h = self.h_o.bias.new_zeros(2, bs, self.h_o.in_features)
        return h, h[:, None][:, :0]  # (2, 0, bs, nh): no token has been read

    def forward(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        _, past = state  # (2, t, bs, nh): what each layer read at the window's t tokens so far
        t, n = past.shape[1], x.shape[1]
        h = self.i_h(x) + self.position(torch.arange(t, t + n, device=x.device))  # (bs, n, nh)
        read, after = [], []
        for layer in range(2):
            read.append(torch.cat([past[layer].transpose(0, 1), h], dim=1))  # (bs, t + n, nh)
            mixed, shares = self.attention[layer](h, read[layer])  # (bs, n, nh), (bs, n, t + n)
            h = h + mixed
            h = h + self.mlp[layer](h)
            after.append(h[:, -1])  # (bs, nh)
        past = torch.stack(read).transpose(1, 2)  # (2, t + n, bs, nh)
        return self.h_o(self.ln(h)), (torch.stack(after), past)  # (bs, n, nv), (2, bs, nh) and past


class Model5Reg(LanguageModel):
    """Model5 with dropout and tied weights in place of batch norm; `Penalty` steadies its state."""

    predicts, stateful = "every", True

    def __init__(self, nv: int, nh: int) -> None:
        super().__init__(nv, nh)
        self.i_h = nn.Embedding(nv, nh)  # green arrow
        self.rnn = nn.GRU(nh, nh, num_layers=2, batch_first=True)  # brown arrow
        self.h_o = nn.Linear(nh, nv)  # blue arrow
        self.h_o.weight = self.i_h.weight  # tied: a word is said with the numbers it is read with
        self.drop = nn.Dropout(0.5)

    def init_state(self, bs: int) -> Tensor:
        return self.h_o.bias.new_zeros(2, bs, self.rnn.hidden_size)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        res, h = self.rnn(self.i_h(x), h)  # (bs, bptt, nh), (2, bs, nh)
        return self.h_o(self.drop(res)), h  # (bs, bptt, nv), (2, bs, nh)


class IRNN(Model4):
    """Model4 with relu: a state from zeros each window, at first passed on by the identity."""

    predicts, stateful = "every", False

    def __init__(self, nv: int, nh: int) -> None:
        super().__init__(nv, nh)  # forward and init_state are Model4's
        self.rnn = nn.RNN(nh, nh, nonlinearity="relu", batch_first=True)  # brown arrow
        nn.init.eye_(self.rnn.get_parameter("weight_hh_l0"))
        nn.init.zeros_(self.rnn.get_parameter("bias_ih_l0"))
        nn.init.zeros_(self.rnn.get_parameter("bias_hh_l0"))


class Model3Tanh(Model3):
    """Model3 with tanh in place of relu: no unit of the state can leave -1 to 1."""

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        res = []
        for t in range(x.shape[1]):
            h = h + self.i_h(x[:, t])  # (bs, nh)
            h = torch.tanh(self.h_h(h))
            res.append(self.bn(h))  # (bs, nh): statistics of this step alone
        return self.h_o(torch.stack(res, dim=1)), h  # (bs, bptt, nv), (bs, nh)


MODELS: dict[str, type[LanguageModel]] = {
    model.__name__: model
    for model in (
        *(Model0, Model1, Model2, Model3, Model4, Model5),
        *(LSTM, Model3BN, Transformer, Model5Reg, IRNN, Model3Tanh),
    )
}
"""Every model by name; each has an entry in `hnviz.catalogue.CATALOGUE`."""
