"""Reads from the gradient of a loss which token it wants at each answer, and in what way.

The gradient of cross-entropy by an answer's logits is softmax(logits), less one at the target. So
the target is the only entry below zero, however a loop shapes, shifts or writes its loss.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

CLOSE = 1e-4  # of the largest entry of a gradient; a loss in float32 is within 1e-6
CLOSE_HALF = 3e-2  # in float16 and bfloat16
SMOOTHED = (0.05, 0.1, 0.2, 0.3)  # shares of label smoothing that are tried
NO_TARGET = -1
TELLS_SOFTMAX = 3  # classes: with fewer, gradients through one softmax and two are proportional

Kind = Literal[
    "cross-entropy", "softmax twice", "no logarithm", "no softmax", "reshaped", "unknown"
]


@dataclass(frozen=True)
class Wanted:
    """What a loss wants of the answers."""

    kind: Kind
    dim: int = -1  # of the classes in the answers
    targets: Tensor | None = None  # the answers' shape without `dim`; NO_TARGET where none
    weight: float = 0.0  # of one answer: 1 / n of a mean over n, 1 of a sum


def wanted(answers: Tensor, grad: Tensor, x_shape: tuple[int, ...]) -> Wanted:
    """Say what the gradient of a loss by the answers means; `x_shape` is that of the ids read."""
    close = CLOSE if grad.element_size() >= 4 and answers.element_size() >= 4 else CLOSE_HALF
    answers, grad = answers.detach().double().cpu(), grad.detach().double().cpu()
    if answers.dim() < 2:  # a number for each row
        return Wanted("unknown")
    for dim in _dims(answers):
        found = _read(answers.movedim(dim, -1), grad.movedim(dim, -1), close)
        if found is not None:
            kind, targets, weight = found
            return Wanted(kind, dim, targets, weight)
    for seen, at in _other_shapes(answers, x_shape):
        other = [each.reshape(seen).movedim(at, -1) for each in (answers, grad)]
        found = _read(other[0], other[1], close)
        if found is not None:
            return Wanted("reshaped")
    return Wanted("unknown")


def are_probabilities(answers: Tensor, dim: int) -> bool:
    """Return whether answers are shares that sum to one, as after a softmax."""
    sums = answers.detach().double().sum(dim)
    return bool((answers >= 0).all()) and torch.allclose(sums, torch.ones_like(sums), atol=1e-3)


def softmax_elsewhere(answers: Tensor, grad: Tensor, y: Tensor | None) -> bool:
    """Return whether a loss on y takes the softmax over rows or steps, and then cross-entropy."""
    if y is None or y.shape != answers.shape[:-1]:
        return False
    for dim in range(answers.dim() - 1):
        logits = answers.detach().double().requires_grad_()
        value = torch.nn.functional.cross_entropy(logits.softmax(dim).flatten(0, -2), y.flatten())
        (model,) = torch.autograd.grad(value, logits)
        weight = float((grad * model).sum() / (model * model).sum().clamp(min=1e-30))
        if float((grad - weight * model).abs().max()) <= 1e-2 * float(grad.abs().max()):
            return True
    return False


def _dims(answers: Tensor) -> list[int]:
    return [-1] if answers.dim() < 3 else [-1, 1, 0]


def _other_shapes(
    answers: Tensor, x_shape: tuple[int, ...]
) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield shapes with the classes elsewhere, which a loss may have made by `view`."""
    n = answers.shape[-1]
    rest = answers.numel() // n
    yield (n, rest), 0
    if len(x_shape) == 2:
        for first, second in (x_shape, x_shape[::-1]):
            if first * second * n == answers.numel():
                yield (first, n, second), 1
                yield (n, first, second), 0


def _read(answers: Tensor, grad: Tensor, close: float) -> tuple[Kind, Tensor, float] | None:
    """Try each way in which a loss may use logits whose classes are in the last dimension."""
    n = answers.shape[-1]
    if n < 2:
        return None
    flat, slopes = answers.reshape(-1, n), grad.reshape(-1, n)
    largest = slopes.abs().amax(-1)
    counted = largest > 1e-9 * largest.max()
    if not counted.any() or not slopes.isfinite().all():
        return None
    rows, slopes = flat[counted], slopes[counted]
    p = rows.softmax(-1)
    fit = min(_ways(p, slopes), key=lambda way: way.off)
    if fit.off > close:
        return None
    places = torch.full(counted.shape, NO_TARGET)
    places[counted] = fit.targets
    no_logarithm = fit.kind == "cross-entropy" and _falls(fit.weights, p, fit.targets)
    kind: Kind = "no logarithm" if no_logarithm else fit.kind
    return kind, places.reshape(answers.shape[:-1]), float(fit.weights.median())


@dataclass(frozen=True)
class Way:
    """One way in which a loss may use logits, fitted to its gradients."""

    kind: Kind
    targets: Tensor  # (n,)
    weights: Tensor  # (n,) of each answer in the loss
    off: float  # the share of the gradient's largest entry that it leaves unexplained


def _ways(p: Tensor, slopes: Tensor) -> Iterator[Way]:
    """Fit each way of `Kind`; p (n, classes) are the softmax of the answers."""
    targets = slopes.argmin(-1)
    mark = torch.nn.functional.one_hot(targets, p.shape[-1]).to(p)
    yield _fitted("cross-entropy", p - mark, slopes, targets)
    if p.shape[-1] >= TELLS_SOFTMAX:
        yield _fitted("softmax twice", _through_softmax(p, p.softmax(-1) - mark), slopes, targets)
    yield _fitted("no softmax", -mark, slopes, targets)
    for share in SMOOTHED:
        smooth = (1 - share) * mark + share / p.shape[-1]
        yield _fitted("cross-entropy", p - smooth, slopes, targets)


def _fitted(kind: Kind, model: Tensor, slopes: Tensor, targets: Tensor) -> Way:
    at = targets[:, None]
    weights = slopes.gather(-1, at)[:, 0] / model.gather(-1, at)[:, 0].clamp(max=-1e-12)
    off = (slopes - weights[:, None] * model).abs().amax(-1) / slopes.abs().amax(-1)
    return Way(kind, targets, weights, float(off.quantile(0.98)))


def _through_softmax(p: Tensor, slope: Tensor) -> Tensor:
    """Carry a gradient by probabilities back to the logits: p (n, classes)."""
    return p * (slope - (p * slope).sum(-1, keepdim=True))


def _falls(weights: Tensor, p: Tensor, targets: Tensor) -> bool:
    """Return whether answers count as much as they are sure: the loss is -p and not -log p."""
    sure = p.gather(-1, targets[:, None])[:, 0]
    spread = (weights / weights.mean()).std(correction=0)
    even = (weights / sure / (weights / sure).mean()).std(correction=0)
    return bool(len(weights) > 2 and spread > 0.01 and even < 0.1 * spread)
