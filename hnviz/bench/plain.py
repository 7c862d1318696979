"""The loop that you would write in a notebook. It shares only penalties with hnviz's own."""

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from hnviz.config import RunConfig
from hnviz.data import BatchLayout, batches, stream_of
from hnviz.learn import LanguageModel, model_class
from hnviz.learn.penalty import penalty_of
from hnviz.learn.state import mapped
from hnviz.models.catalogue import entry
from hnviz.schedule import one_cycle

Pairs = list[tuple[Tensor, Tensor]]  # x and y of every mini-batch


def plain_loop(config: RunConfig) -> Iterator[list[float]]:
    """Train the plain form of a model on the cpu with the notebook's recipe.

    Yields its list of losses after each step, and [valid loss, accuracy] after an epoch.
    """
    stream = stream_of(config)
    torch.manual_seed(config.seed)
    model = model_class(config.model)(len(stream.vocab), config.nh)
    train, valid = _mini_batches(stream.train, config), _mini_batches(stream.valid, config)
    lr, momentum = one_cycle(len(train) * config.epochs, config.lr, config.pct_start)
    schedule = iter(zip(lr.tolist(), momentum.tolist(), strict=True))
    penalty = penalty_of(model, entry(config.model))
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01, fused=True)
    state = model.init_state(config.bs)
    losses: list[float] = []
    for _ in range(config.epochs):
        model.train()
        for x, y in train:
            group = optimizer.param_groups[0]
            group["lr"], beta1 = next(schedule)
            group["betas"] = (beta1, 0.99)
            logits, after = model(x, state)
            if model.stateful:
                state = mapped(after, Tensor.detach)
            loss, _ = _loss(model, logits, y)
            (loss + penalty.take() if penalty else loss).backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
            yield losses
        model.eval()
        figures = []
        with torch.no_grad():
            for x, y in valid:
                logits, after = model(x, state)
                if model.stateful:
                    state = after
                loss, y = _loss(model, logits, y)
                figures.append((loss.item(), (logits.argmax(-1) == y).float().mean().item()))
        yield np.mean(figures, axis=0).tolist()


def _mini_batches(ids: NDArray[np.int64], config: RunConfig) -> Pairs:
    layout = BatchLayout(len(ids), config.bs, config.bptt)
    return [(torch.from_numpy(b.x), torch.from_numpy(b.y)) for b in batches(ids, layout)]


def _loss(model: LanguageModel, logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss, and the targets that it uses."""
    if model.predicts == "last":
        y = y[:, -1]
    return F.cross_entropy(logits.flatten(0, -2), y.flatten()), y
