"""Training loops in the notebook's way, and correct ones of other kinds, for the doctor's tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hnviz.data import NOTEBOOK, BatchLayout, Choice, batches, stream_of
from hnviz.learn import MODELS, LanguageModel
from hnviz.learn.state import mapped

BS, BPTT, NH = 8, 6, 16
Pairs = list[tuple[Tensor, Tensor]]


@cache
def ids(split: str) -> Tensor:
    """The ids of the numbers in words, train or valid, (n,)."""
    return torch.from_numpy(stream_of(Choice(NOTEBOOK.corpus)).ids(split).copy())


@cache
def n_words() -> int:
    return len(stream_of(Choice(NOTEBOOK.corpus)).vocab)


@cache
def laid_out(split: str = "train", bs: int = BS, bptt: int = BPTT, n: int = 100) -> Pairs:
    """The first `n` mini-batches of a split, as the notebook's loader gives them."""
    text = ids(split).numpy()
    layout = BatchLayout(len(text), bs, bptt)
    return [
        (torch.from_numpy(x), torch.from_numpy(y))
        for index, x, y in batches(text, layout)
        if index < n
    ]


def at_random(split: str = "train", bs: int = BS, bptt: int = BPTT) -> Pairs:
    """Rows cut out of the text at random."""
    text, chance = ids(split), torch.Generator().manual_seed(1)
    found = []
    for _ in range(20):
        starts = torch.randint(len(text) - bptt - 1, (bs,), generator=chance)
        rows = torch.stack([text[start : start + bptt + 1] for start in starts.tolist()])
        found.append((rows[:, :-1], rows[:, 1:]))
    return found


def with_rows(model: Any, bs: int = BS) -> Any:
    """A network of tests/loops.py, with the state of so many rows."""
    h = model.h
    cut = [each[..., :bs, :].clone() for each in (h if isinstance(h, list) else [h])]
    model.h = cut if isinstance(h, list) else cut[0]
    return model


def cross_entropy(logits: Tensor, y: Tensor) -> Tensor:
    """The mean loss of all answers."""
    return F.cross_entropy(logits.flatten(0, 1), y.flatten())


@dataclass
class Loop:
    """What `hnviz.check` is given."""

    step: Callable[..., Any]
    loader: Any
    model: nn.Module
    optimizer: Any = None

    def given(self) -> tuple[Any, Any, nn.Module, Any]:
        return self.step, self.loader, self.model, self.optimizer


Made = tuple[Loop, dict[str, Any]]
"""A loop, and options of `hnviz.check`."""


def plain(
    model: nn.Module,
    loss: Callable[[Any, Tensor], Tensor] = cross_entropy,
    loader: Any = None,
    weights: Sequence[Tensor] | None = None,
) -> Loop:
    """A loop whose model is called with the ids alone."""
    optimizer = torch.optim.Adam(model.parameters() if weights is None else weights, 1e-3)

    def step(x: Tensor, y: Tensor) -> None:
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    return Loop(step, laid_out() if loader is None else loader, model, optimizer)


class Lesson(Loop):
    """The loop of hnviz's own models: the caller keeps the state, from train into valid too."""

    def __init__(self, name: str, bs: int = BS, bptt: int = BPTT) -> None:
        torch.manual_seed(0)
        self.net: LanguageModel = MODELS[name](n_words(), NH)
        self.state = self.net.init_state(bs)
        adam = torch.optim.Adam(self.net.parameters(), 1e-3)
        super().__init__(self.train, laid_out("train", bs, bptt), self.net, adam)
        self.valid = (laid_out("valid", bs, bptt), self.read)

    def read(self, x: Tensor, y: Tensor) -> Tensor:
        logits, state = self.net(x, self.state)
        if self.net.stateful:
            self.state = mapped(state, Tensor.detach)
        y = y[:, -1] if self.net.predicts == "last" else y
        return F.cross_entropy(logits.flatten(0, -2), y.flatten())

    def train(self, x: Tensor, y: Tensor) -> None:
        self.read(x, y).backward()
        self.optimizer.step()
        self.optimizer.zero_grad()


# Correct loops of other kinds: each takes a seed, which gives its weights and its texts


class Reads(nn.Module):
    """A GRU over rows of ids; `lengths` packs them, `state` is handed in and returned."""

    def __init__(self, n_ids: int, n_answers: int, **options: bool) -> None:
        super().__init__()
        self.words = nn.Embedding(n_ids, NH)
        self.rnn = nn.GRU(NH, NH, batch_first=True, **options)
        self.head = nn.Linear(NH * (1 + self.rnn.bidirectional), n_answers)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        out, state = self.rnn(self.words(x), state)
        return self.head(out), state


class EachToken(Reads):
    """Answers at each token, from a new state in each call."""

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(x)[0]


class Last(Reads):
    """Answers once for each row; of one answer without its axis."""

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        return self.head(self.rnn(self.words(x))[0][:, -1]).squeeze(-1)


class Packed(Reads):
    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:  # type: ignore[override]
        rows = nn.utils.rnn.pack_padded_sequence(
            self.words(x), lengths, batch_first=True, enforce_sorted=False
        )
        return self.head(self.rnn(rows)[1][-1])


class Translates(nn.Module):
    """An encoder and a decoder that is given the words before the one that it guesses."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder = Reads(N_IDS, 1), Reads(N_IDS, N_IDS)
        del self.encoder.head

    def forward(self, x: Tensor, before: Tensor) -> Tensor:
        _, state = self.encoder.rnn(self.encoder.words(x))
        return self.decoder(before, state)[0]


class FastWeights(nn.Module):
    """Its state, handed in and returned, has three axes: rows, and a table for each."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.head = nn.Embedding(n_words(), NH), nn.Linear(NH, n_words())
        self.keys = nn.Linear(NH, 3 * NH)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        table = torch.zeros(len(x), NH, NH) if state is None else state
        out = []
        for token in self.words(x).unbind(1):
            key, value, query = self.keys(token).chunk(3, -1)
            table = 0.9 * table + key.tanh()[:, :, None] * value[:, None]
            out.append(self.head(torch.einsum("rkv,rk->rv", table, query)))
        return torch.stack(out, 1), table


N_IDS = 20
N_BATCHES = 12


def random_rows(seed: int, n: int = N_BATCHES) -> list[Tensor]:
    """Rows of ids from 2 on, each drawn from a few that are near the one before."""
    chance, found = torch.Generator().manual_seed(seed), []
    for _ in range(n):
        ids = torch.randint(2, N_IDS, (BS, 1), generator=chance)
        steps = torch.randint(0, 3, (BS, BPTT), generator=chance).cumsum(1)
        found.append((ids + steps - 2) % (N_IDS - 2) + 2)
    return found


def with_answers(
    model: nn.Module, answer: Callable[[Tensor], Tensor], seed: int, loss: Any = None
) -> Made:
    """A loop whose answers are no words: they follow from the ids of a row."""
    train, valid = ([(x, answer(x)) for x in random_rows(each)] for each in (seed, seed + 50))
    return plain(model, loss or of_rows, train), {"valid": valid}


def of_rows(answers: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(answers.flatten(0, -2), y.flatten())


def handing(model: nn.Module, loader: Pairs, begins: Callable[[Any], Any] = lambda h: h) -> Made:
    """A loop that keeps the state that its model returns."""
    optimizer, kept = torch.optim.Adam(model.parameters(), 1e-3), list[Any]([None])

    def step(x: Tensor, y: Tensor) -> None:
        optimizer.zero_grad()
        logits, state = model(x, kept[0])
        cross_entropy(logits, y).backward()
        optimizer.step()
        kept[0] = begins(state.detach())

    return Loop(step, loader, model, optimizer), {}


def tagged(x: Tensor) -> Tensor:
    """Say of each token whether it is even, and whether the one after it is."""
    return x % 2 + 2 * (x.roll(-1, 1) % 2)


def so_far(x: Tensor) -> Tensor:
    return x.cumsum(1) % 3


def letters(seed: int) -> Made:
    text = torch.tensor([*" ".join(map(str, ids("train")[3000 * seed :][:3000].tolist())).encode()])
    rows = (text - int(text.min()))[: BS * 241].view(BS, -1)
    pairs = zip(rows[:, :-1].split(BPTT, 1), rows[:, 1:].split(BPTT, 1), strict=True)
    return handing(Reads(int(rows.max()) + 1, int(rows.max()) + 1), [*pairs])


def translating(seed: int) -> Made:
    """The target is the source backwards, between a first and a last mark."""
    mark = torch.zeros(BS, 1, dtype=torch.long)
    train, valid = (
        [(x, torch.cat([mark, x.flip(1), mark + 1], 1)) for x in random_rows(each)]
        for each in (seed, seed + 50)
    )
    model = Translates()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def step(x: Tensor, y: Tensor) -> None:
        optimizer.zero_grad()
        cross_entropy(model(x, y[:, :-1]), y[:, 1:]).backward()
        optimizer.step()

    return Loop(step, train, model, optimizer), {"valid": valid}


def packed(seed: int) -> Made:
    chance, model = torch.Generator().manual_seed(seed), Packed(N_IDS, 3)
    loaders = []
    for each in (seed, seed + 50):
        lengths = [torch.randint(1, BPTT + 1, (BS,), generator=chance) for _ in range(N_BATCHES)]
        rows = [
            x * (torch.arange(BPTT) < n[:, None])
            for x, n in zip(random_rows(each), lengths, strict=True)
        ]
        loaders.append([(x, n, x.sum(1) % 3) for x, n in zip(rows, lengths, strict=True)])
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def step(x: Tensor, lengths: Tensor, y: Tensor) -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(x, lengths), y).backward()
        optimizer.step()

    return Loop(step, loaders[0], model, optimizer), {"valid": loaders[1]}


def padded(seed: int) -> Made:
    """Sentences of a language; the last id of the embedding fills them up, and is no answer."""
    chance, loaders = torch.Generator().manual_seed(seed), []
    for each in (seed, seed + 50):
        pairs = []
        for row in random_rows(each):
            n = torch.randint(3, BPTT + 1, (BS, 1), generator=chance)
            ids = row.where(torch.arange(BPTT) < n, N_IDS)
            pairs.append((ids[:, :-1], ids[:, 1:]))
        loaders.append(pairs)

    def loss(logits: Tensor, y: Tensor) -> Tensor:
        return F.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=N_IDS)

    return plain(EachToken(N_IDS + 1, N_IDS), loss, loaders[0]), {"valid": loaders[1]}


class Halves(Reads):
    """Returns the state after half of a window, where the next window begins."""

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        first, half = super().forward(x[:, : BPTT // 2], state)
        return torch.cat([first, super().forward(x[:, BPTT // 2 :], half)[0]], 1), half


def overlapping(seed: int) -> Made:
    """Each window begins in the middle of the one before."""
    rows = ids("train")[1000 * seed : 1000 * seed + 800].view(BS, -1)
    starts = range(0, rows.shape[1] - BPTT, BPTT // 2)
    pairs = [(rows[:, at : at + BPTT], rows[:, at + 1 : at + BPTT + 1]) for at in starts]
    return handing(Halves(n_words(), n_words()), pairs)


CORRECT: dict[str, Callable[[int], Made]] = {
    "words": lambda _: (Lesson("Model5"), {}),
    "letters": letters,
    "tagger": lambda seed: with_answers(EachToken(N_IDS, 3), so_far, seed),
    "tagger both ways": lambda seed: with_answers(
        EachToken(N_IDS, 4, bidirectional=True), tagged, seed
    ),
    "2 classes": lambda seed: with_answers(Last(N_IDS, 2), lambda x: x.sum(1) % 2, seed),
    "5 classes": lambda seed: with_answers(Last(N_IDS, 5), lambda x: x.sum(1) % 5, seed),
    "regression": lambda seed: with_answers(
        Last(N_IDS, 1), lambda x: x.float().mean(1), seed, F.mse_loss
    ),
    "translation": translating,
    "packed": packed,
    "padded": padded,
    "overlapping": overlapping,
    "three axes": lambda _: handing(FastWeights(), laid_out()),
}
"""What a check may say of them is a choice, or that it cannot tell: nothing is wrong."""
