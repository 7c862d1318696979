"""Networks of other people's notebooks, for the recorder: written out as those have them."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

nv, nh, bs, sl = 39, 64, 64, 16


class BatchNorm1dFlat(nn.BatchNorm1d):
    """fastai 1's: it flattens all but the last dimension."""

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() == 2:
            return super().forward(x)
        *f, last = x.shape
        return super().forward(x.contiguous().view(-1, last)).view(*f, last)


class Notebook(nn.Module):
    """The parts of the lesson's first four networks."""

    def __init__(self) -> None:
        super().__init__()
        self.i_h = nn.Embedding(nv, nh)
        self.h_h = nn.Linear(nh, nh)
        self.h_o = nn.Linear(nh, nv)
        self.bn = nn.BatchNorm1d(nh)


class Model0(Notebook):
    def forward(self, x: Tensor) -> Tensor:
        h = self.bn(F.relu(self.h_h(self.i_h(x[:, 0]))))
        if x.shape[1] > 1:
            h = h + self.i_h(x[:, 1])
            h = self.bn(F.relu(self.h_h(h)))
        if x.shape[1] > 2:
            h = h + self.i_h(x[:, 2])
            h = self.bn(F.relu(self.h_h(h)))
        return self.h_o(h)


class Model1(Notebook):
    def forward(self, x: Tensor) -> Tensor:
        h = torch.zeros(x.shape[0], nh).to(device=x.device)
        for i in range(x.shape[1]):
            h = h + self.i_h(x[:, i])
            h = self.bn(F.relu(self.h_h(h)))
        return self.h_o(h)


class Model2(Notebook):
    def forward(self, x: Tensor) -> Tensor:
        h = torch.zeros(x.shape[0], nh).to(device=x.device)
        res = []
        for i in range(x.shape[1]):
            h = h + self.i_h(x[:, i])
            h = F.relu(self.h_h(h))
            res.append(self.h_o(self.bn(h)))
        return torch.stack(res, dim=1)


class Model3(Notebook):
    def __init__(self) -> None:
        super().__init__()
        self.h = torch.zeros(bs, nh)

    def forward(self, x: Tensor) -> Tensor:
        res = []
        h = self.h
        for i in range(x.shape[1]):
            h = h + self.i_h(x[:, i])
            h = F.relu(self.h_h(h))
            res.append(self.bn(h))
        self.h = h.detach()
        return self.h_o(torch.stack(res, dim=1))


class Model4(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.i_h = nn.Embedding(nv, nh)
        self.rnn = nn.RNN(nh, nh, batch_first=True)
        self.h_o = nn.Linear(nh, nv)
        self.bn = BatchNorm1dFlat(nh)
        self.h = torch.zeros(1, bs, nh)

    def forward(self, x: Tensor) -> Tensor:
        res, h = self.rnn(self.i_h(x), self.h)
        self.h = h.detach()
        return self.h_o(self.bn(res))


class Model5(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.i_h = nn.Embedding(nv, nh)
        self.rnn = nn.GRU(nh, nh, 2, batch_first=True)
        self.h_o = nn.Linear(nh, nv)
        self.bn = BatchNorm1dFlat(nh)
        self.h = torch.zeros(2, bs, nh)

    def forward(self, x: Tensor) -> Tensor:
        res, h = self.rnn(self.i_h(x), self.h)
        self.h = h.detach()
        return self.h_o(self.bn(res))


LESSON = (Model0, Model1, Model2, Model3, Model4, Model5)


class Book(nn.Module):
    """The parts of fastbook's first four networks; fastai's Module calls super().__init__."""

    def __init__(self, vocab_sz: int, n_hidden: int) -> None:
        super().__init__()
        self.i_h = nn.Embedding(vocab_sz, n_hidden)
        self.h_h = nn.Linear(n_hidden, n_hidden)
        self.h_o = nn.Linear(n_hidden, vocab_sz)


class LMModel1(Book):
    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.h_h(self.i_h(x[:, 0])))
        h = h + self.i_h(x[:, 1])
        h = F.relu(self.h_h(h))
        h = h + self.i_h(x[:, 2])
        h = F.relu(self.h_h(h))
        return self.h_o(h)


class LMModel2(Book):
    def forward(self, x: Tensor) -> Tensor:
        h = 0
        for i in range(3):
            h = h + self.i_h(x[:, i])
            h = F.relu(self.h_h(h))
        return self.h_o(h)


class LMModel3(Book):
    def __init__(self, vocab_sz: int, n_hidden: int) -> None:
        super().__init__(vocab_sz, n_hidden)
        self.h: Any = 0

    def forward(self, x: Tensor) -> Tensor:
        for i in range(3):
            self.h = self.h + self.i_h(x[:, i])
            self.h = F.relu(self.h_h(self.h))
        out = self.h_o(self.h)
        self.h = self.h.detach()
        return out

    def reset(self) -> None:
        self.h = 0


class LMModel4(Book):
    def __init__(self, vocab_sz: int, n_hidden: int) -> None:
        super().__init__(vocab_sz, n_hidden)
        self.h: Any = 0

    def forward(self, x: Tensor) -> Tensor:
        outs = []
        for i in range(sl):
            self.h = self.h + self.i_h(x[:, i])
            self.h = F.relu(self.h_h(self.h))
            outs.append(self.h_o(self.h))
        self.h = self.h.detach()
        return torch.stack(outs, dim=1)

    def reset(self) -> None:
        self.h = 0


class LMModel5(nn.Module):
    def __init__(self, vocab_sz: int, n_hidden: int, n_layers: int) -> None:
        super().__init__()
        self.i_h = nn.Embedding(vocab_sz, n_hidden)
        self.rnn = nn.RNN(n_hidden, n_hidden, n_layers, batch_first=True)
        self.h_o = nn.Linear(n_hidden, vocab_sz)
        self.h = torch.zeros(n_layers, bs, n_hidden)

    def forward(self, x: Tensor) -> Tensor:
        res, h = self.rnn(self.i_h(x), self.h)
        self.h = h.detach()
        return self.h_o(res)

    def reset(self) -> None:
        self.h.zero_()


class LMModel6(nn.Module):
    def __init__(self, vocab_sz: int, n_hidden: int, n_layers: int) -> None:
        super().__init__()
        self.i_h = nn.Embedding(vocab_sz, n_hidden)
        self.rnn = nn.LSTM(n_hidden, n_hidden, n_layers, batch_first=True)
        self.h_o = nn.Linear(n_hidden, vocab_sz)
        self.h = [torch.zeros(n_layers, bs, n_hidden) for _ in range(2)]

    def forward(self, x: Tensor) -> Tensor:
        res, h = self.rnn(self.i_h(x), self.h)
        self.h = [h_.detach() for h_ in h]
        return self.h_o(res)

    def reset(self) -> None:
        for h in self.h:
            h.zero_()


class LMModel7(nn.Module):
    def __init__(self, vocab_sz: int, n_hidden: int, n_layers: int, p: float) -> None:
        super().__init__()
        self.i_h = nn.Embedding(vocab_sz, n_hidden)
        self.rnn = nn.LSTM(n_hidden, n_hidden, n_layers, batch_first=True)
        self.drop = nn.Dropout(p)
        self.h_o = nn.Linear(n_hidden, vocab_sz)
        self.h_o.weight = self.i_h.weight
        self.h = [torch.zeros(n_layers, bs, n_hidden) for _ in range(2)]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        raw, h = self.rnn(self.i_h(x), self.h)
        out = self.drop(raw)
        self.h = [h_.detach() for h_ in h]
        return self.h_o(out), raw, out

    def reset(self) -> None:
        for h in self.h:
            h.zero_()


def book(vocab_sz: int = nv, n_hidden: int = nh) -> list[nn.Module]:
    """Return fastbook's seven networks."""
    plain = (LMModel1, LMModel2, LMModel3, LMModel4)
    return [
        *(made(vocab_sz, n_hidden) for made in plain),
        LMModel5(vocab_sz, n_hidden, 2),
        LMModel6(vocab_sz, n_hidden, 2),
        LMModel7(vocab_sz, n_hidden, 2, 0.5),
    ]
