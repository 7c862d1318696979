"""One forward pass on a mini-batch, line by line, and figures of one of its tensors."""

from typing import Annotated, Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from hnviz.models.catalogue import entry
from hnviz.observe.packing import Packer, Sizes, describe_trace, label
from hnviz.observe.question import Range, question
from hnviz.observe.reading import Place, read
from hnviz.observe.subject import Subject
from hnviz.observe.tracing import Trace, trace
from hnviz.questions.params import Param, checked
from hnviz.questions.view import Reply

LEVELS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
"""Which values to return: the lowest, quantiles, and the highest."""


@question()
def ask_cursor(subject: Subject, at: Place) -> Reply:
    """Run forward on mini-batch `batch` of `split`, and return the tensors that each line made.

    It reads at most 64 rows and 20 tokens; a carried state comes from the previous mini-batches.
    arrays: "values", int8, the concatenated tensors; "ids", (rows, steps). meta: "source";
    "steps", the lines as they ran; "tensors", the layout of values; "scales"; "window", the run's
    bptt; "batch", "split".
    """
    reading = read(subject, at)
    ran = trace(subject.model, reading.x, reading.state, entry(subject.config.model).roles)
    packer = Packer(Sizes(*reading.x.shape))
    described = describe_trace(ran, packer)
    meta = {
        **described,
        "tensors": packer.described,
        "scales": packer.scales(),
        "window": subject.config.bptt,
        **at._asdict(),
    }
    return Reply({"values": packer.values(), "ids": reading.x.numpy()}, meta)


Number = Annotated[int, Range(0)]


@question()
def ask_pinned(subject: Subject, line: Number | None = None, tensor: Number | None = None) -> Reply:
    """Run the code cursor's mini-batch, and describe one tensor made by a line.

    `line` counts the lines that ran, and `tensor` the tensors of that line, both from 0, as in
    "cursor"; by default it is the state after three tokens, or after the first. The gradient is
    that of the mini-batch's mean cross-entropy, in eval mode: how much the loss would change if a
    value grew by 1. arrays: "levels", float32 (7,), the value at each of LEVELS; "gradient", the
    same of the gradient, empty where the loss does not depend on the tensor. meta: "line" and
    "tensor"; "number", of the line in its file; "loops", the loops' variables; "label", "shape";
    "norm" and "gradient_norm" (or None), Euclidean; "zeros", the share of values that are exactly
    0; "loss".
    """
    reading = read(subject, Place())
    roles = entry(subject.config.model).roles
    ran = trace(subject.model, reading.x, reading.state, roles, gradients=True)
    line, tensor = _place(ran, line, tensor)
    step = ran.steps[line]
    pinned = step.made[tensor]
    logits = ran.steps[-1].made[-1].tensor
    loss = _loss(logits, reading.y)
    gradient = _gradient(loss, pinned.tensor)
    values = pinned.value.astype(np.float64)
    meta: dict[str, Any] = {
        "line": line,
        "tensor": tensor,
        "number": ran.source.first_line + step.line,
        "loops": step.loops,
        "label": label(ran, step, pinned),
        "shape": list(values.shape),
        "norm": float(np.linalg.norm(values)),
        "gradient_norm": None if gradient is None else float(np.linalg.norm(gradient)),
        "zeros": float((values == 0).mean()) if values.size else 0.0,
        "loss": loss.item(),
    }
    return Reply({"levels": _levels(values), "gradient": _levels(gradient)}, meta)


def _place(ran: Trace, line: int | None, tensor: int | None) -> tuple[int, int]:
    """Return the requested line and tensor, or those of the state."""
    given = _opening(ran) if line is None else line
    line = checked("line", Param("int", 0, 0, len(ran.steps) - 1), given)
    last = len(ran.steps[line].made) - 1
    if last < 0:
        raise ValueError(f"line {line} made no tensor; choose another one")
    return line, checked("tensor", Param("int", 0, 0, last), last if tensor is None else tensor)


def _opening(ran: Trace) -> int:
    making = [at for at, step in enumerate(ran.steps) if step.made]
    states = [at for at in making if any(each.role == "h_h" for each in ran.steps[at].made)]
    third = [at for at in states if 2 in ran.steps[at].loops.values()]
    return (third or states or making)[0]


def _loss(logits: Tensor | None, y: Tensor) -> Tensor:
    """Return the mean loss of all answers, or of those after the last token."""
    if logits is None:
        raise ValueError("forward returned no tensor of logits")
    if logits.ndim == 2:
        return F.cross_entropy(logits, y[:, -1])
    return F.cross_entropy(logits.flatten(0, 1), y.flatten())


def _gradient(loss: Tensor, tensor: Tensor | None) -> NDArray[np.float64] | None:
    if tensor is None or not tensor.requires_grad:
        return None  # token ids, or a state from outside
    (found,) = torch.autograd.grad(loss, tensor, allow_unused=True)
    return None if found is None else found.numpy().astype(np.float64)


def _levels(values: NDArray[np.float64] | None) -> NDArray[np.float32]:
    if values is None or not values.size:
        return np.zeros(0, np.float32)
    return np.quantile(values, LEVELS).astype(np.float32)
