"""What follows from watching a few training steps: gradients, weights, targets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import e, log
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from hnviz.doctor.alignment import Alignment, alignment, is_scrambled, of_data
from hnviz.doctor.batch import Batch
from hnviz.doctor.report import Finding, choice, unknown, wrong
from hnviz.doctor.targets import Wanted, are_probabilities, softmax_elsewhere, wanted
from hnviz.doctor.watch import Call, Step
from hnviz.given import said, some

SHOWN = 3  # names of weights in a sentence


class Watched(Protocol):
    """What was seen of a loop, and of which weights."""

    steps: list[Step]

    def names(self) -> Mapping[int, str]:
        """Return the names of the model's weights, by their ids."""

    def trainable(self) -> set[int]:
        """Return the ids of the model's weights that should get a gradient."""

    def left(self, weights: Mapping[int, Tensor]) -> list[int]:
        """List those of some weights that nothing updates."""


def of_watch(watch: Watched, batches: Sequence[Batch]) -> Iterator[Finding]:
    """Say what is wrong in the watched steps; `batches` are what they read."""
    if not any(step.calls for step in watch.steps):
        yield unknown(
            "no-call",
            "The step called no part of the model that was given, so nothing could be seen.",
            "model",
        )
        return
    yield from of_weights(watch)
    yield from of_targets(watch.steps, batches)


def of_weights(watch: Watched) -> Iterator[Finding]:
    """Say what is wrong with gradients, and with the weights that they reach."""
    yield from _no_number(watch.steps)
    yield from never_detached(watch.steps)
    yield from _residue(watch.steps)
    yield from _weights(watch)


def of_targets(steps: Sequence[Step], batches: Sequence[Batch]) -> Iterator[Finding]:
    """Say what is wrong with the targets that the loss wants, in the first step that shows it."""
    for step, batch, after in zip(steps, batches, [*batches[1:], None], strict=False):
        found = list(_targets(step, batch, after))
        yield from found
        if found:
            return


def never_detached(steps: Sequence[Step]) -> Iterator[Finding]:
    """Say that a graph reaches back into the step before."""
    for step in steps:
        if step.reaches_back:
            yield wrong(
                "never-detached",
                "The graph of a mini-batch reaches back into the mini-batch before: the state that "
                "is handed on was not detached, so each step would cost more than the last.",
                step.reaches_back,
                "reach",
            )
            return


def no_number(step: int, what: str) -> Finding:
    """Say at which step, counted from 0, `what` was first no number."""
    return wrong(
        "no-number",
        f"At step {step:,}, counted from 0, {what}: lower the learning rate, clip the gradient, or "
        "look for the logarithm of 0.",
        "step",
        "curves",
    )


def _no_number(steps: Sequence[Step]) -> Iterator[Finding]:
    for number, step in enumerate(steps):
        grads = (grad for call in step.answers() for grad in call.grads.values())
        if not all(bool(grad.isfinite().all()) for grad in grads if not grad.is_meta):
            yield no_number(number, "the gradient of the loss is no number")
            return


def _residue(steps: Sequence[Step]) -> Iterator[Finding]:
    if any(step.residue for step in steps):
        yield wrong(
            "not-zeroed",
            "Gradients of an earlier mini-batch were still there when the next ones were added: "
            "call optimizer.zero_grad() once for each update.",
            steps[0].calls[-1].place if steps[0].calls else "",
            "reach",
        )


def _weights(watch: Watched) -> Iterator[Finding]:
    known = watch.names()
    weights = {at: leaf for step in watch.steps for at, leaf in step.leaves.items()}
    lasting = [at for at in weights if at in known or _times(watch, at) > 1]
    named = {at: known.get(at, f"a tensor of shape {tuple(weights[at].shape)}") for at in lasting}
    left = [named[at] for at in watch.left({at: weights[at] for at in lasting})]
    if left:
        yield wrong(
            "not-updated",
            f"A gradient reaches {some(left, SHOWN)}, and the optimizer does not update what it "
            "reaches: make the optimizer from all of model.parameters().",
            "optimizer",
            "weights",
        )
    got = {at for step in watch.steps for at in step.got} or set(weights)
    none = watch.trainable() - got
    cut = [name for at, name in known.items() if at in none]
    if cut and got & known.keys():
        yield wrong(
            "no-gradient",
            f"No gradient reaches {some(cut, SHOWN)}: look for detach, no_grad, or a part that "
            "is not used.",
            f"model.{cut[0]}",
            "weights",
        )


def _times(watch: Watched, leaf: int) -> int:
    return sum(leaf in step.leaves for step in watch.steps)


@dataclass(frozen=True)
class Answers:
    """The answers of a step, in the model's own shape, and what the loss wants of them."""

    output: int  # which of the model's outputs they are
    values: Tensor
    grads: Tensor  # of the loss by them
    want: Wanted


def answers_of(step: Step, batch: Batch) -> Answers | None:
    """Find the output of which a loss on tokens is made: the first that fits one."""
    calls = step.answers()
    each = [
        _answers(calls, output, batch)
        for output in sorted({o for c in calls for o in c.grads if c.outputs[o].dim()})
    ]
    fits = (answers for answers in each if answers.want.kind != "unknown")
    return next(fits, each[0] if each else None)


def _answers(calls: list[Call], output: int, batch: Batch) -> Answers:
    pairs = [(call.outputs[output], call.grads[output]) for call in calls if output in call.grads]
    values, grads = pairs[-1]
    if len(pairs) > 1 and values.dim() == 2 and len(values) in (*batch.x.shape, 1):
        values, grads = (torch.stack(each, 1) for each in zip(*pairs, strict=True))
    return Answers(output, values, grads, wanted(values, grads, tuple(batch.x.shape)))


def lie(answers: Answers | None, batch: Batch, after: Batch | None) -> Alignment:
    """Say how the targets that a loss wants lie to the tokens; else those that the loader gives."""
    data = of_data([batch] if after is None else [batch, after])
    if answers is None or answers.want.targets is None:
        return data
    time = data.time if data.kind in ("next", "second") else None
    return alignment(answers.want.targets, batch, after, time)


def data_of(answers: Answers | None, batches: Sequence[Batch]) -> Alignment:
    """Say how the targets that the loader gives lie; the loss says which dimension is time."""
    data = of_data(batches)
    if data.kind in ("next", "second"):
        return data
    return of_data(batches, lie(answers, batches[0], batches[1] if len(batches) > 1 else None).time)


def _targets(step: Step, batch: Batch, after: Batch | None) -> Iterator[Finding]:
    answers, calls = answers_of(step, batch), step.answers()
    place = calls[-1].place if calls else ""
    if answers is None:
        yield unknown("no-loss", "No gradient came back to the model's answers.", place)
        return
    if not answers.grads.isfinite().all():  # it says nothing of the loss's form
        return
    yield from _loss(answers, batch.y, place)
    want, lies = answers.want, lie(answers, batch, after)
    if want.targets is None:
        return
    if lies.kind == "same":
        yield wrong(
            "not-shifted",
            "The target of each token is the token itself: y must be x shifted by one, so that the "
            "network has to guess the next token.",
            place,
            "guess",
        )
    elif lies.kind == "second":
        yield wrong(
            "shifted-twice",
            "The target of each token is the token after the next: y is shifted twice, once too "
            "often.",
            place,
            "guess",
        )
    elif lies.kind == "unknown" and is_scrambled(want.targets, batch, after, lies.time):
        yield _reshaped(place)


def _loss(answers: Answers, y: Tensor | None, place: str) -> Iterator[Finding]:
    want, values = answers.want, answers.values
    if want.kind == "reshaped":
        yield _reshaped(place)
    elif want.kind == "unknown" and softmax_elsewhere(answers.values, answers.grads, y):
        yield _softmax_twice(place)
    elif want.kind == "unknown":
        yield unknown(
            "other-loss",
            "The gradient of the loss is not that of cross-entropy on the model's answers, so the "
            "targets were not seen.",
            place,
        )
    elif want.kind == "softmax twice" or (
        want.kind == "cross-entropy"
        and any(are_probabilities(values, dim) for dim in range(values.dim()))
    ):
        yield _softmax_twice(place)
    elif want.kind == "no logarithm":
        yield wrong(
            "no-logarithm",
            "The loss takes minus the probability of the target, and not minus its logarithm: use "
            "cross_entropy on logits, or nll_loss on log_softmax.",
            place,
            "curves",
        )
    elif want.kind == "no softmax" and not any(
        are_probabilities(each, want.dim) for each in (values, values.exp())
    ):
        yield wrong(
            "no-softmax",
            "The loss takes minus the logit of the target, without a softmax, so nothing lowers "
            "the other logits: use cross_entropy.",
            place,
            "curves",
        )
    yield from _sum(want, place)


def of_loss(loss: Callable[..., Any], answers: Answers, y: Tensor | None) -> Iterator[Finding]:
    """Call a loss on made-up answers: those of the true y must cost 0, and even ones ln n."""
    dim, values = answers.want.dim, answers.values.detach()
    if y is None or y.shape != values.movedim(dim, -1).shape[:-1]:
        return
    n, even = values.shape[dim], torch.zeros_like(values)
    true = 100 * nn.functional.one_hot(y, n).movedim(-1, dim).to(even)
    try:
        on_true, on_even = (float(loss(each.clone(), y)) for each in (true, even))
    except Exception as error:
        yield unknown("loss-raised", f"The call loss(answers, y) raised {said(error)}", "loss")
        return
    if abs(on_true) < 0.01 or abs(on_even - log(n)) > 0.01:
        return
    if abs(on_true - log(e + n - 1) + 1) < 0.01:
        yield _softmax_twice("loss")
    else:
        yield _reshaped("loss")


def _sum(want: Wanted, place: str) -> Iterator[Finding]:
    n = 0 if want.targets is None else int((want.targets >= 0).sum())
    if n > 1 and want.kind == "cross-entropy" and abs(want.weight - 1) < 1e-3:
        yield choice(
            "summed-loss",
            f"The loss is the sum over {n:,} answers, so its gradient is {n:,} times that of their "
            "mean.",
            place,
            "curves",
        )


def _softmax_twice(place: str) -> Finding:
    return wrong(
        "softmax-twice",
        "The answers go through softmax before cross_entropy, which takes the softmax of logits: "
        "all probabilities become nearly equal, and the loss cannot reach 0.",
        place,
        "curves",
    )


def _reshaped(place: str) -> Finding:
    return wrong(
        "reshaped",
        "The targets meet the answers of other places: logits were reshaped where their dimensions "
        "should be swapped, or flattened in another order than y.",
        place,
        "lines",
    )


def has_batch_norm(model: nn.Module) -> bool:
    """Return whether a model has batch norm with running statistics."""
    kinds = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
    return any(isinstance(each, kinds) and each.track_running_stats for each in model.modules())


def batch_norm() -> Finding:
    """Say what batch norm makes an answer depend on."""
    return choice(
        "batch-norm",
        "Batch norm: in train mode an answer also depends on the other rows of its mini-batch, in "
        "eval mode on running statistics of train.",
        "model",
        "lines",
    )
