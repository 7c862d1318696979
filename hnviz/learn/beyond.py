"""The models beyond the notebook's six, and the list of all models.

A new model is a class here, its name in `MODELS`, and an entry in `hnviz.models.catalogue`. A state
of several tensors, such as an LSTM's, is a tuple; the entry names its tensors. A model with its own
gates has a method ``gates(layer, given, before)``, which returns them in the entry's order.
docs/own_models.md explains every step.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hnviz.learn.attention import Attention, mlp
from hnviz.learn.models import (
    LanguageModel,
    Model0,
    Model1,
    Model2,
    Model3,
    Model4,
    Model5,
)
from hnviz.learn.state import State


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
    """Carries no state: in two layers, each token looks at those before it in its window."""

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
        LSTM,
        Model3BN,
        Transformer,
        Model5Reg,
        IRNN,
        Model3Tanh,
    )
}
"""Every model by name; each has an entry in `hnviz.models.catalogue.CATALOGUE`."""
