"""How the targets lie to the tokens that are read: shifted by one, and in the same places."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from hnviz.doctor.batch import Batch
from hnviz.doctor.targets import NO_TARGET

ALL = 0.98  # of the places that agree, so that a few may be unknown words
FEW = 0.7  # fewer agree: rows do not go on

Kind = Literal["next", "same", "second", "scrambled", "unknown"]
SHIFTS: tuple[tuple[int, Kind], ...] = ((1, "next"), (0, "same"), (2, "second"))


@dataclass(frozen=True)
class Alignment:
    """What the targets are."""

    kind: Kind  # the next token, the same, or the second next one
    time: int = 1  # the dimension of the ids that is time


def as_rows(ids: Tensor, time: int) -> Tensor:
    """Return ids as (rows, steps)."""
    ids = ids.detach().cpu()
    return ids[None] if ids.dim() == 1 else ids if time == 1 else ids.t()


def alignment(
    targets: Tensor, batch: Batch, following: Batch | None, time: int | None = None
) -> Alignment:
    """Compare targets with what is read; `time` is known or None.

    Targets are in any shape that has one for each id read, or one for each row.
    """
    times = (1, 0) if time is None and batch.x.dim() == 2 else (1 if time is None else time,)
    for shift, kind in SHIFTS:
        for at in times:
            x = as_rows(batch.x, at)
            after = None if following is None else as_rows(following.x, at)
            for each in _in_rows(targets.cpu(), x, at):
                if _agree(each, x, after, shift):
                    return Alignment(kind, at)
    return Alignment("unknown", times[0])


def is_scrambled(targets: Tensor, batch: Batch, after: Batch | None, time: int) -> bool:
    """Return whether targets are those of a mini-batch, or the next tokens, in other places."""
    right = [] if batch.y is None else [batch.y.detach().cpu().flatten()]
    if after is not None and after.x.shape == batch.x.shape:
        x, then = as_rows(batch.x, time), as_rows(after.x, time)
        right.append(torch.cat([x[:, 1:], then[:, :1]], 1).flatten())
    one = targets.cpu().flatten()
    if right and torch.equal(one, right[-1]):
        return False
    return any(
        one.numel() == other.numel()
        and not torch.equal(one, other)
        and torch.equal(one.sort().values, other.sort().values)
        for other in right
    )


def _in_rows(targets: Tensor, x: Tensor, time: int) -> list[Tensor]:
    """Return the arrangements (rows, steps) that targets may have; (rows, 1) for the last only."""
    rows, steps = x.shape
    if targets.dim() == 2:
        each = as_rows(targets, time)
        turned = as_rows(targets, 1 - time)
        return [one for one in (each, turned) if one.shape[0] == rows]
    if targets.numel() == rows and steps > 1:
        return [targets.reshape(rows, 1)]
    if targets.numel() == x.numel():
        plain = targets.reshape(rows, steps)
        return [plain if time == 1 else targets.reshape(steps, rows).t()]
    return []


def _agree(targets: Tensor, x: Tensor, after: Tensor | None, shift: int) -> bool:
    """Return whether targets (rows, n) are the tokens `shift` after those read, x (rows, steps)."""
    steps, n = x.shape[1], targets.shape[1]
    if after is not None and after.shape[0] == x.shape[0]:
        x = torch.cat([x, after], 1)
    start = steps - 1 if n == 1 else 0  # one answer for the whole row comes after its last token
    n = min(n, x.shape[1] - start - shift)
    if n < 1:
        return False
    n = (
        n if start else min(n, max(steps - shift, 1))
    )  # what follows the mini-batch may be another text
    wanted, there = targets[:, :n], x[:, start + shift : start + shift + n]
    counted = wanted != NO_TARGET
    return bool(counted.any()) and share(wanted[counted] == there[counted]) >= ALL


def share(agree: Tensor) -> float:
    """Return the share of True."""
    return float(agree.double().mean()) if agree.numel() else 0.0


def of_data(batches: Sequence[Batch], time: int | None = None) -> Alignment:
    """Compare the targets that the loader gives with the tokens read."""
    first, following = batches[0], batches[1] if len(batches) > 1 else None
    if first.y is None:
        return Alignment("unknown", 1 if time is None else time)
    return alignment(first.y, first, following, time)


def go_on(batches: Sequence[Batch], data: Alignment) -> float | None:
    """Return the share of rows that a mini-batch continues where the one before stopped.

    None if that cannot be seen: with one mini-batch, or targets that are the tokens themselves.
    """
    pairs = pairwise(batches)
    known = [each for one, after in pairs if (each := _continued(one, after, data)) is not None]
    return sum(known) / len(known) if known else None


def overlaps(batches: Sequence[Batch], data: Alignment) -> bool:
    """Return whether each row begins inside the row before, so that it reads tokens again."""
    pairs = [
        tuple(as_rows(each.x, data.time) for each in (one, after))
        for one, after in pairwise(batches)
        if one.x.shape == after.x.shape
    ]
    steps = pairs[0][0].shape[1] if pairs else 0
    return any(
        all(share(x[:, -n:] == after[:, :n]) >= ALL for x, after in pairs) for n in range(2, steps)
    )


def _continued(first: Batch, second: Batch, data: Alignment) -> float | None:
    x, after = as_rows(first.x, data.time), as_rows(second.x, data.time)
    if len(x) != len(after):
        return None
    shuffled = first.y is not None and first.y.dim() == 2 and data.kind == "unknown"
    y = (
        []
        if first.y is None or shuffled or data.kind == "same"
        else _in_rows(first.y.cpu(), x, data.time)
    )
    at = -2 if data.kind == "second" else -1  # the target that is the next mini-batch's first token
    wrapped = y and share(y[0][:, at] == x[:, 0]) >= ALL  # y was rolled within its window
    if y and not wrapped and y[0].shape[1] >= -at:
        return share(y[0][:, at] == after[:, 0])
    overlap = share(x[:, -1] == after[:, 0])  # windows that share a token go on, too
    return overlap if overlap >= ALL and data.kind != "same" else None
