"""Training loops in the notebook's way, for the tests of the doctor."""

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
