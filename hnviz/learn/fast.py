"""Faster forms of Model2 and Model3: the same weights and arithmetic, in another order.

In both models, only ``h`` must be computed step by step. The embedding, batch norm and the output
layer know all their inputs at once, so each needs one call for the whole window. Tests check that
logits, gradients and running statistics equal the plain form's: to 1e-5 over a recipe's window,
and to 1e-9 in double precision.
"""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hnviz.learn.models import LanguageModel, Model2, Model3


def run_window(model: Model2 | Model3, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """Run Model2's or Model3's network over a window; shapes as in their `forward`."""
    # h_h(h + e) is h @ W.T + h_h(e), and h_h(e) can be computed for every word in advance.
    arrived = F.embedding(x, model.h_h(model.i_h.weight))  # (bs, bptt, nh)
    weight = model.h_h.weight.t()
    res = []
    for step in arrived.unbind(1):  # indexing would cost a copy per step in the backward pass
        h = F.relu(torch.addmm(step, h, weight))
        res.append(h)
    return model.h_o(norm_steps(model.bn, torch.stack(res, dim=1))), h


def norm_steps(bn: nn.BatchNorm1d, x: Tensor) -> Tensor:
    """Apply batch norm to each step of x, (bs, bptt, nh), as if called step by step.

    In train mode the running statistics r change as `bptt` calls would change them: with
    bn.momentum m and the statistics s_t of step t, r becomes
    ``(1-m)**T * r + sum_t m * (1-m)**(T-1-t) * s_t``.
    """
    if not bn.training:
        return bn(x.flatten(0, 1)).view_as(x)
    n_steps, nh, m = x.shape[1], x.shape[2], cast(float, bn.momentum)
    # Each unit of each step is a separate channel; with momentum 1, torch leaves exactly this
    # window's statistics in `mean` and `var`.
    mean, var = x.new_empty(2, n_steps * nh).fill_(1.0)
    out = F.batch_norm(
        x.flatten(1),
        mean,
        var,
        bn.weight.repeat(n_steps),
        bn.bias.repeat(n_steps),
        training=True,
        momentum=1.0,
        eps=bn.eps,
    ).view_as(x)
    with torch.no_grad():
        age = torch.arange(n_steps - 1, -1, -1, dtype=x.dtype, device=x.device)  # T-1-t
        share = m * (1 - m) ** age  # (bptt,)
        for name, measured in (("running_mean", mean), ("running_var", var)):
            running = bn.get_buffer(name).mul_((1 - m) ** n_steps)
            running.add_(share @ measured.view(n_steps, nh))
        bn.get_buffer("num_batches_tracked").add_(n_steps)
    return out


class FastModel2(Model2):
    """Model2, vectorised over time."""

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        return run_window(self, x, h)


class FastModel3(Model3):
    """Model3, vectorised over time."""

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        return run_window(self, x, h)


FAST: dict[str, type[LanguageModel]] = {"Model2": FastModel2, "Model3": FastModel3}
"""The fast forms by model; the other models are fast enough as they are."""
