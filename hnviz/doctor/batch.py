"""Mini-batches as a loader of any kind gives them: where the ids are, and how to replace them."""

import copy
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from hnviz.given import UnreadableError, kind


@dataclass(frozen=True)
class Batch:
    """One mini-batch, as the loader gave it."""

    given: Any
    x: Tensor  # ids; (rows, steps) or (steps, rows), or one row (steps,)
    y: Tensor | None  # ids of the targets, None if the loader gives none

    @classmethod
    def of(cls, given: Any, place: str = "loader") -> "Batch":
        """Find the ids in what a loader gave. Raises UnreadableError."""
        tensors = [each for each in _parts(given) if isinstance(each, Tensor)]
        ids = [each for each in tensors if is_ids(each)]
        if not ids or ids[0] is not tensors[0]:
            wanted = "a mini-batch must begin with a tensor of token ids, which are whole numbers"
            raise UnreadableError(f"{wanted}; {place} gives {_said(given)}", place)
        x, others = ids[0], ids[1:]
        like = (each for each in others if each.numel() == x.numel())
        return cls(given, x, next(like, others[0] if others else None))

    @classmethod
    def of_call(cls, given: tuple[Any, ...], named: Mapping[str, Any]) -> "Batch | None":
        """Find the ids among a model's arguments, where they may follow a state."""
        ids = [
            each
            for part in (given, named)
            for each in _parts(part)
            if isinstance(each, Tensor) and is_ids(each)
        ]
        like = (each for each in ids[1:] if each.shape == ids[0].shape)
        return cls(None, ids[0], next(like, None)) if ids else None

    def with_x(self, x: Tensor) -> "Batch":
        """Replace the ids that are read; all else remains."""
        return Batch(_replaced(self.given, self.x, x), x, self.y)

    def with_y(self, y: Tensor) -> "Batch":
        """Replace the targets; all else remains."""
        return Batch(_replaced(self.given, self.y, y), self.x, y)

    def arguments(self, step: Callable[..., Any]) -> tuple[Any, ...]:
        """Return what a step is called with: the mini-batch, or its parts if it takes several."""
        parts = _listed(self.given)
        return tuple(parts) if parts is not None and _takes(step, len(parts)) else (self.given,)


def first(loader: Iterable[Any], n: int) -> list[Batch]:
    """Read the first `n` mini-batches of a pass. Raises UnreadableError."""
    return [Batch.of(each) for each in islice(one_pass(loader), n)]


def one_pass(loader: Iterable[Any], place: str = "loader") -> Iterator[Any]:
    """Begin a pass without moving an iterator of the loop's. Raises UnreadableError."""
    if not isinstance(loader, Iterable):
        raise UnreadableError(
            f"the argument {place} must give mini-batches; got {kind(loader)}", place
        )
    if isinstance(loader, Iterator):
        try:
            return copy.copy(loader)
        except TypeError:
            only = f"the argument {place} is an iterator, which can be read only once"
            raise UnreadableError(f"{only}: give what it is made from", place) from None
    return iter(loader)


def _parts(given: Any) -> Iterator[Any]:
    if isinstance(given, Mapping):
        wanted = ("input_ids", "x", "text", "input", "inputs", "labels", "y", "target", "targets")
        named = [given[name] for name in wanted if name in given]
        yield from named or given.values()
    elif (listed := _listed(given)) is not None:
        for each in listed:
            yield from _parts(each)
    else:
        yield given


def _listed(given: Any) -> list[Any] | None:
    return [*given] if isinstance(given, list | tuple) else None


def is_ids(each: Tensor) -> bool:
    """Return whether a tensor may be token ids: whole numbers, of one dimension or two."""
    whole = not (each.is_floating_point() or each.is_complex())
    return whole and each.dtype != torch.bool and 1 <= each.dim() <= 2 and each.numel() > 0


def _replaced(given: Any, old: Tensor | None, new: Tensor) -> Any:
    if given is old:
        return new
    if isinstance(given, Mapping):
        return {name: _replaced(each, old, new) for name, each in given.items()}
    if isinstance(given, tuple) and hasattr(given, "_fields"):
        return type(given)(*(_replaced(each, old, new) for each in given))
    if isinstance(given, list | tuple):
        return type(given)(_replaced(each, old, new) for each in given)
    return given


def _takes(step: Callable[..., Any], n: int) -> bool:
    """Return whether a step takes `n` parts of a mini-batch, and not the mini-batch whole."""
    try:
        asked = inspect.signature(step).parameters.values()
    except (TypeError, ValueError):  # it has no signature
        return n == 2
    if any(each.kind is each.VAR_POSITIONAL for each in asked):
        return True
    places = [
        each for each in asked if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
    ]
    needed = sum(each.default is each.empty for each in places)
    targets = n > 1 and len(places) > 1 and places[1].name.startswith(("y", "target", "label"))
    return needed <= n <= len(places) and (needed == n or targets)


def _said(given: Any) -> str:
    if isinstance(given, Tensor):
        return f"a tensor of {given.dtype} and shape {tuple(given.shape)}"
    if parts := _listed(given):
        return f"{kind(given)} that begins with {_said(parts[0])}"
    return kind(given)
