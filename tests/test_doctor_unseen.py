"""Bugs in loops that somebody wrote who had not read the doctor's checks: three of each.

The first run found 35 of 36. The other one, a valid whose ids count down, is left out: in this text
of arithmetic the mirrored ids are nearly as likely as the ids themselves.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

import hnviz

N_IDS, BS, BPTT = 17, 6, 9
Pair = tuple[Tensor, Tensor]
State = Any  # a tensor, or h and c of an LSTM
Loss = Callable[[Tensor, Tensor], Tensor]
Given = dict[str, Any]  # arguments of hnviz.check


def text(n: int, seed: int) -> Tensor:
    """Each id is three times the last one, and 0 to 3 more."""
    chance, ids = random.Random(seed), [1]
    for _ in range(n):
        ids.append((3 * ids[-1] + chance.randrange(4)) % N_IDS)
    return torch.tensor(ids)


TRAIN, VALID = text(4000, 0), text(1200, 5)


@dataclass
class Rows:
    """Mini-batches whose rows go on in the next one."""

    ids: Tensor
    bs: int = BS
    shift: int = 1  # of y
    shuffled: bool = False

    def __iter__(self) -> Iterator[Pair]:
        n = (len(self.ids) - 2) // self.bs // BPTT * BPTT
        x, y = (
            self.ids[at : at + n * self.bs].view(self.bs, n).split(BPTT, dim=1)
            for at in (0, self.shift)
        )
        pairs = list(zip(x, y, strict=True))
        if self.shuffled:
            random.shuffle(pairs)
        yield from pairs


# Networks


class Inside(nn.Module):
    """A GRU that keeps its state in an attribute."""

    def __init__(self, *, detached: bool = True, batch_first: bool = True) -> None:
        super().__init__()
        self.e = nn.Embedding(N_IDS, 20)
        self.r = nn.GRU(20, 24, batch_first=batch_first)
        self.o = nn.Linear(24, N_IDS)
        self.h: Tensor | None = None
        self.detached = detached

    def forward(self, x: Tensor) -> Tensor:
        out, h = self.r(self.e(x), self.h)
        self.h = h.detach() if self.detached else h
        return self.o(out)


class Handed(nn.Module):
    """A cell written by hand, whose state is an argument."""

    def __init__(self) -> None:
        super().__init__()
        self.emb, self.w, self.out = (
            nn.Embedding(N_IDS, 22),
            nn.Linear(44, 22),
            nn.Linear(22, N_IDS),
        )

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        ys = []
        for t in range(x.size(1)):
            h = torch.tanh(self.w(torch.cat([self.emb(x[:, t]), h], -1)))
            ys.append(self.out(h))
        return torch.stack(ys, 1), h


class Lstm(nn.Module):
    """Two layers, whose h and c are an argument."""

    def __init__(self, *, batch_first: bool = True, layers: int = 2) -> None:
        super().__init__()
        self.table = nn.Embedding(N_IDS, 18)
        self.lstm = nn.LSTM(18, 18, layers, batch_first=batch_first)
        self.head: nn.Module = nn.Linear(18, N_IDS)

    def forward(self, x: Tensor, state: State = None) -> tuple[Tensor, State]:
        out, state = self.lstm(self.table(x), state)
        return self.head(out), state


class Whole(nn.Module):
    """Reads a window with any layer; the state begins again in each."""

    def __init__(
        self, layer: Callable[[Tensor], Tensor], *parts: nn.Module, wide: int = 16
    ) -> None:
        super().__init__()
        self.e, self.o = nn.Embedding(N_IDS, 16), nn.Linear(wide, N_IDS)
        self.parts, self.layer = nn.ModuleList(parts), layer

    def forward(self, x: Tensor) -> Tensor:
        return self.o(self.layer(self.e(x)))


def attending(**options: Any) -> Whole:
    attention = nn.MultiheadAttention(16, 2, batch_first=True)

    def layer(v: Tensor) -> Tensor:
        mask = torch.ones(v.shape[1], v.shape[1]).triu(1).bool() if options.get("masked") else None
        return v + attention(v, v, v, need_weights=False, attn_mask=mask)[0]

    return Whole(layer, attention)


# Loops


def entropy(z: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(z.flatten(0, 1), y.flatten())


def detached(state: State) -> State:
    return tuple(map(detached, state)) if isinstance(state, tuple) else state.detach()


def plain(
    model: nn.Module,
    loss: Loss = entropy,
    *,
    loader: Any = None,
    optimizer: torch.optim.Optimizer | None = None,
    zeroed: bool = True,
    **options: Any,
) -> Given:
    optimizer = optimizer or torch.optim.Adam(model.parameters(), 1e-2)

    def step(x: Tensor, y: Tensor) -> None:
        if zeroed:
            optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    loader = Rows(TRAIN) if loader is None else loader
    return {"step": step, "loader": loader, "model": model, "optimizer": optimizer, **options}


def handing(
    model: nn.Module,
    state: State = None,
    loss: Loss = entropy,
    *,
    carry: Callable[[State], State] = detached,
    loader: Any = None,
    optimizer: torch.optim.Optimizer | None = None,
    **options: Any,
) -> Given:
    optimizer = optimizer or torch.optim.Adam(model.parameters(), 1e-3)
    box = {"state": state}

    def step(batch_x: Tensor, batch_y: Tensor) -> float:
        optimizer.zero_grad(set_to_none=True)
        z, s = model(batch_x, box["state"])
        mean = loss(z, batch_y)
        mean.backward(retain_graph=True)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        box["state"] = carry(s)
        return float(mean)

    loader = Rows(TRAIN) if loader is None else loader
    return {"step": step, "loader": loader, "model": model, "optimizer": optimizer, **options}


class Trainer:
    """As in fastai: what a step needs is in attributes, and gradients are zeroed last."""

    def __init__(self, model: nn.Module, loss: Loss = entropy, *, zeroed: bool = True) -> None:
        self.model, self.loss, self.zeroed = model, loss, zeroed
        self.opt = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9)

    def one_batch(self, xb: Tensor, yb: Tensor) -> None:
        self.pred = self.model(xb)
        self.l = self.loss(self.pred, yb)
        self.l.backward()
        self.opt.step()
        if self.zeroed:
            self.opt.zero_grad()

    def given(self, **options: Any) -> Given:
        loader = options.pop("loader", None) or Rows(TRAIN)
        return {
            "step": self.one_batch,
            "loader": loader,
            "model": self.model,
            "optimizer": self.opt,
            **options,
        }


ZEROS = torch.zeros(BS, 22)


class Windows(Dataset[Pair]):
    """Windows side by side, for a loader that shuffles them."""

    def __len__(self) -> int:
        return 300

    def __getitem__(self, at: int) -> Pair:
        return TRAIN[9 * at : 9 * at + 9], TRAIN[9 * at + 1 : 9 * at + 10]


class Drawn:
    """Rows that begin anywhere."""

    def __iter__(self) -> Iterator[Pair]:
        for _ in range(40):
            at = torch.randint(0, len(TRAIN) - 20, (BS,)).tolist()
            yield tuple(  # type: ignore[misc]  # two
                torch.stack([TRAIN[i + late : i + late + BPTT] for i in at]) for late in (0, 1)
            )


class OneRow(Inside):
    def forward(self, x: Tensor) -> Tensor:
        h = None if self.h is None else self.h.expand(-1, len(x), -1).contiguous()
        out, h = self.r(self.e(x), h)
        self.h = h[:, 0:1].detach()
        return self.o(out)


class Softmax(Inside):
    def forward(self, x: Tensor) -> Tensor:
        return F.softmax(super().forward(x), dim=2)


class Dropping(Inside):
    def forward(self, x: Tensor) -> Tensor:
        out, h = self.r(F.dropout(self.e(x), 0.3, self.training), self.h)
        self.h = h.detach()
        return self.o(F.dropout(out, 0.3, self.training))


def layer_of(module: nn.Module) -> Callable[[Tensor], Tensor]:
    return lambda v: module(v)[0]


def with_layer(module: nn.Module, wide: int = 16) -> Whole:
    return Whole(layer_of(module), module, wide=wide)


def convolved() -> Whole:
    around, cell = nn.Conv1d(16, 16, 3, padding=1), nn.LSTM(16, 16, batch_first=True)
    return Whole(lambda v: cell(around(v.mT).mT)[0], around, cell)


def partly(*parts: str) -> Given:
    model = Inside()
    weights = [w for part in parts for w in model.get_submodule(part).parameters()]
    return plain(model, optimizer=torch.optim.Adam(weights, 1e-2))


def replaced_head() -> Given:
    model = Handed()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    model.out = nn.Linear(22, N_IDS)
    return handing(model, ZEROS, optimizer=optimizer)


def no_bias() -> Given:
    model = Lstm()
    groups: list[dict[str, Any]] = [
        {"params": model.lstm.parameters()},
        {"params": model.head.weight},
    ]
    return handing(model, optimizer=torch.optim.Adam(groups))


def log_of_x() -> Given:
    model, box = Lstm(), [None]
    optimizer = torch.optim.Adam(model.parameters())

    def step(x: Tensor, y: Tensor) -> None:
        z, state = model(x, box[0])
        box[0] = detached(state)
        F.nll_loss(F.log_softmax(z, -1).transpose(1, 2), x).backward()
        optimizer.step()
        optimizer.zero_grad()

    return {"step": step, "loader": Rows(TRAIN), "model": model, "optimizer": optimizer}


def ends_with_softmax() -> Given:
    model = Lstm()
    model.head = nn.Sequential(nn.Linear(18, N_IDS), nn.Softmax(dim=-1))
    return handing(model)


def renumbered(order: Callable[[], Tensor]) -> Rows:
    return Rows(order()[VALID])


def shuffled_ids() -> Tensor:
    return torch.randperm(N_IDS, generator=torch.Generator().manual_seed(2))


def as_they_come() -> Tensor:
    seen = list(dict.fromkeys(VALID.tolist()))
    return torch.tensor([seen.index(one) for one in range(N_IDS)])


BUGS: dict[str, list[Callable[[], Given]]] = {
    "rows-at-random": [
        lambda: plain(Inside(), loader=Rows(TRAIN, shuffled=True)),
        lambda: handing(
            Handed(), ZEROS, loader=DataLoader(Windows(), BS, shuffle=True, drop_last=True)
        ),
        lambda: handing(Lstm(), loader=Drawn()),
    ],
    "batch-first": [
        lambda: plain(Inside(batch_first=False)),
        lambda: handing(Lstm(batch_first=False, layers=1), carry=lambda state: None),
        lambda: Trainer(with_layer(nn.RNN(16, 16))).given(loader=Rows(TRAIN, bs=BPTT)),
    ],
    "never-detached": [
        lambda: plain(Inside(detached=False)),
        lambda: handing(Handed(), ZEROS, carry=lambda state: state),
        lambda: handing(Lstm(), carry=lambda state: state),
    ],
    "not-shifted": [
        lambda: plain(Inside(), loader=Rows(TRAIN, shift=0)),
        lambda: handing(Handed(), ZEROS, loader=[(x, x.clone()) for x, _ in Rows(TRAIN)]),
        log_of_x,
    ],
    "shifted-twice": [
        lambda: plain(Inside(), loader=Rows(TRAIN, shift=2)),
        lambda: plain(Inside(), lambda z, y: entropy(z[:, :-1], y[:, 1:])),
        lambda: handing(
            Lstm(), None, lambda z, y: entropy(z[:, :-1], torch.roll(y, -1, 1)[:, :-1])
        ),
    ],
    "one-row": [
        lambda: handing(Handed(), ZEROS, carry=lambda s: s[:1].detach().expand(BS, -1)),
        lambda: handing(
            Lstm(), carry=lambda s: tuple(t[:, -1:].detach().repeat(1, BS, 1) for t in s)
        ),
        lambda: plain(OneRow()),
    ],
    "looks-ahead": [
        lambda: plain(with_layer(nn.GRU(16, 16, batch_first=True, bidirectional=True), 32)),
        lambda: Trainer(attending()).given(),
        lambda: plain(convolved()),
    ],
    "not-updated": [lambda: partly("e", "o"), replaced_head, no_bias],
    "softmax-twice": [
        lambda: plain(Inside(), lambda z, y: entropy(z.softmax(-1), y)),
        lambda: Trainer(Softmax()).given(),
        ends_with_softmax,
    ],
    "not-zeroed": [
        lambda: plain(Inside(), zeroed=False),
        lambda: Trainer(Inside(), zeroed=False).given(),
        lambda: plain(attending(masked=True), zeroed=False),
    ],
    "reshaped": [
        lambda: plain(Inside(), lambda z, y: entropy(z.permute(1, 0, 2), y)),
        lambda: plain(Inside(), lambda z, y: F.cross_entropy(z.reshape(BS, N_IDS, BPTT), y)),
        lambda: handing(Handed(), ZEROS, lambda z, y: entropy(z, y.t())),
    ],
    "own-vocabulary": [
        lambda: plain(Inside(), valid=renumbered(shuffled_ids)),
        lambda: handing(Handed(), ZEROS, valid=renumbered(as_they_come)),
    ],
}

SOUND: list[Callable[[], Given]] = [
    lambda: plain(Inside(), valid=Rows(VALID)),
    lambda: handing(Handed(), ZEROS),
    lambda: handing(Lstm()),
    lambda: Trainer(Inside()).given(),
    lambda: plain(Dropping()),
    lambda: plain(attending(masked=True), loader=Rows(TRAIN, shuffled=True)),
    lambda: plain(with_layer(nn.GRU(16, 16, batch_first=True)), loader=Rows(TRAIN, shuffled=True)),
]


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)
    random.seed(0)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        pytest.param(name, made, id=f"{name}-{at}")
        for name, variants in BUGS.items()
        for at, made in enumerate(variants)
    ],
)
def test_a_bug_is_found(name: str, made: Callable[[], Given]) -> None:
    assert hnviz.check(**made()).wrong == (name,)


@pytest.mark.parametrize("made", SOUND)
def test_in_a_sound_loop_nothing_is_wrong(made: Callable[[], Given]) -> None:
    assert hnviz.check(**made()).wrong == ()
