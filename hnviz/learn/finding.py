"""Finds out how the user's model is called, and where it keeps its state: by running its copy."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from inspect import signature
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn

from hnviz.given import UnreadableError, said, some
from hnviz.learn.twin import (
    Answer,
    Place,
    State,
    Twin,
    copied,
    held,
    looked_at,
    state_in,
    takes_state,
)

ROWS = 3
WINDOWS = (5, 3, 8, 16, 20, 32, 35, 64, 70, 72, 128)
"""Tokens of a row to try: a class may read only windows of its own length."""
APART = 1e-5  # two answers differ if any number does by more


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Names of submodules, "" to look for them."""

    embedding: str = ""
    cell: str = ""
    head: str = ""
    norm: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """A copy that can be read, and what it reads."""

    twin: Twin
    names: Names  # the embedding is known
    steps: int  # of a row that was read
    reads: str  # "any" number of tokens at once, "up to" `steps`, or "only" `steps`
    predicts: str  # "last" or "every"

    @property
    def stateful(self) -> bool:
        """Whether the state goes on from call to call."""
        return bool(self.twin.kept) or self.twin.handed

    def ids(self, rows: int = ROWS, seed: int = 0) -> Tensor:
        """Return random tokens, (rows, steps)."""
        chance = torch.Generator().manual_seed(seed)
        return torch.randint(self.twin.nv, (rows, self.steps), generator=chance)


def reader_of(model: nn.Module, names: Names, bptt: int | None = None) -> Reader:
    """Find how a model is read. Raises UnreadableError, which says what was seen."""
    module = copied(model)
    path, nv = _embedding(module, names)
    tried: list[str] = []
    windows = ((bptt,) if bptt else ()) + WINDOWS
    for steps_first, steps in product((False, True), windows):
        for rows in _rows_to_try(module):
            twin = Twin(module, nv, steps_first=steps_first)
            try:
                found = _called(twin, rows, steps)
                if found is None:
                    tried.append(
                        f"forward needs {second(module)}, and no state that was tried for it fits"
                    )
                elif not _mixes(found, steps):
                    return _measured(found, replace(names, embedding=path), steps)
            except UnreadableError as error:
                tried.insert(0, str(error))  # it says more than an error of torch
            except Exception as error:  # the class may raise anything
                tried.append(said(error))
    reason = tried[0] if tried else "the answer of a row depends on the other rows"
    raise UnreadableError(f"the model could not be read with rows of token ids: {reason}")


def second(module: nn.Module) -> str:
    """Name the argument that follows the tokens; "" if forward takes no other."""
    return "" if takes_state(module) is False else [*signature(module.forward).parameters][1]


def _embedding(module: nn.Module, names: Names) -> tuple[str, int]:
    """Return the embedding's name and its number of tokens; checks the other names, too."""
    parts = dict(module.named_modules())
    for name in filter(None, (names.cell, names.head, names.norm)):
        if name not in parts:
            raise UnreadableError(f"no part is named {name!r}; {seen(module)}")
    found = {path: each for path, each in parts.items() if isinstance(each, nn.Embedding)}
    if names.embedding and names.embedding not in found:
        raise UnreadableError(f"no nn.Embedding is named {names.embedding!r}; {seen(module)}")
    if not found:
        raise UnreadableError(f"no nn.Embedding was found; {seen(module)}")
    path = names.embedding or next(iter(found))
    return path, found[path].num_embeddings


def seen(module: nn.Module) -> str:
    """Say which parts a model has."""
    parts = [f"{path} ({type(each).__name__})" for path, each in module.named_modules() if path]
    return f"the model has {some(parts, 8) or 'no parts'}"


def _rows_to_try(module: nn.Module) -> Iterator[int]:
    """Yield the numbers of rows that a state may be made for."""
    yield ROWS
    sizes = set()
    for place in looked_at(module):
        for each in state_in(held(module, place)):
            if each.dim() >= 2:
                sizes.add(each.shape[-2])
    yield from sorted(sizes - {ROWS})


def _called(twin: Twin, rows: int, steps: int) -> Twin | None:
    """Call a copy once, and find its state; None if it cannot be called with that many rows."""
    x = torch.arange(rows * steps).view(rows, steps) % twin.nv
    wants = takes_state(twin.module)
    kept = None if wants is True else _with_kept(twin, x)
    if wants is False or (kept is not None and kept.kept):
        return kept
    return _with_handed(twin, x) or kept


def _with_kept(twin: Twin, x: Tensor) -> Twin:
    """Call with tokens alone; the tensors that the model has changed in itself are its state."""
    before = {
        place: [each.clone() for each in state_in(held(twin.module, place))]
        for place in looked_at(twin.module)
    }
    twin.read(x)
    kept: dict[Place, int] = {}
    zeros: list[Tensor] = []
    for place, old in before.items():
        value = held(twin.module, place)
        now = state_in(value)
        rows = [each.shape[-2] if each.dim() >= 2 else 0 for each in now]
        if now and rows == [len(x)] * len(now) and not _same(now, old):
            kept[place] = len(now) if isinstance(value, list | tuple) else 0
            zeros += [torch.zeros_like(each[..., :1, :]) for each in now]
    return replace(twin, kept=kept, zeros=tuple(zeros))


def _same(now: State, before: list[Tensor]) -> bool:
    return len(now) == len(before) and all(map(torch.equal, now, before))


def _with_handed(twin: Twin, x: Tensor) -> Twin | None:
    """Call with a state, and hand what comes back in again: it must change the answer."""
    for state in _states_to_try(twin.module, len(x)):
        made = replace(twin, handed=True)
        with suppress(Exception), torch.no_grad():
            given = x.t() if twin.steps_first else x
            out = made.module(given, state)
            first, others = made.split(out, x.shape)
            after = others[0] if others else None
            rows = [each.shape[-2] if each.dim() >= 2 else 0 for each in state_in(after)]
            if not rows or rows != [len(x)] * len(rows):
                continue
            packed = (
                list if isinstance(after, list) else tuple if isinstance(after, tuple) else None
            )
            made = replace(made, packed=packed)
            again = made.read(x, state_in(after))
            if _apart(first, again.logits):
                zeros = tuple(each[..., :1, :] * 0 for each in state_in(after))
                return replace(made, zeros=zeros)
    return None


def _states_to_try(module: nn.Module, rows: int) -> Iterator[Any]:
    """Yield states that a model may take at first: none, or zeros of a likely shape."""
    yield None
    for each in module.modules():
        if isinstance(each, nn.RNNBase):
            h = torch.zeros(each.num_layers, rows, each.hidden_size)
            yield (h, h.clone()) if isinstance(each, nn.LSTM) else h
        if isinstance(each, nn.RNNCellBase):
            h = torch.zeros(rows, each.hidden_size)
            yield (h, h.clone()) if isinstance(each, nn.LSTMCell) else h
    widths = {each.in_features for each in module.modules() if isinstance(each, nn.Linear)}
    widths |= {each.embedding_dim for each in module.modules() if isinstance(each, nn.Embedding)}
    for width in sorted(widths):
        yield torch.zeros(rows, width)
        yield torch.zeros(1, rows, width)


def _apart(one: Tensor, other: Tensor) -> bool:
    return one.shape != other.shape or bool((one - other).abs().max() > APART)


def _mixes(twin: Twin, steps: int) -> bool:
    """Return whether a row's answer depends on another row: then rows and steps are swapped."""
    x = torch.arange(ROWS * steps).view(ROWS, steps) % twin.nv
    other = x.clone()
    other[1] = (other[1] + 1) % twin.nv
    return _apart(twin.read(x).logits[::2], twin.read(other).logits[::2])


def _measured(twin: Twin, names: Names, steps: int) -> Reader:
    """Find how many tokens of a row count, and after which the model answers."""
    reader = Reader(twin, names, steps, "any", "every")
    x = reader.ids()
    answer = twin.read(x)
    used = 0
    for step in range(steps):
        other = x.clone()
        other[:, step] = (other[:, step] + 1) % twin.nv
        if _differs(answer, twin.read(other)):
            used = step + 1
    if not used:
        raise UnreadableError("the answers do not depend on the tokens that the model reads")
    predicts = "every" if answer.logits.dim() == 3 else "last"
    return replace(reader, steps=used, reads=_reads(twin, used), predicts=predicts)


def _differs(one: Answer, other: Answer) -> bool:
    pairs = zip((one.logits, *one.state), (other.logits, *other.state), strict=True)
    return any(_apart(left, right) for left, right in pairs)


def _reads(twin: Twin, used: int) -> str:
    """Return how many tokens a model reads at once: "any" number, "up to" `used`, or "only"."""
    shorter = longer = False
    with suppress(Exception):  # too few tokens, or too many, may raise anything
        shorter = twin.read(torch.zeros(ROWS, 1, dtype=torch.long)) is not None
    with suppress(Exception):
        x = torch.arange(ROWS * (used + 1)).view(ROWS, used + 1) % twin.nv
        other = x.clone()
        other[:, -1] = (other[:, -1] + 1) % twin.nv
        longer = _differs(twin.read(x), twin.read(other))
    return "any" if shorter and longer else "up to" if shorter else "only"


def state_like(twin: Twin, rows: int, seed: int) -> State:
    """Return a random state, for tests of what a model computes."""
    chance = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(each.shape, generator=chance) / 2 for each in twin.start(rows))
