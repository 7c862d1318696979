"""The optimizer: Adam, which gets lr and momentum at each step."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor
from torch.optim.adamw import adamw

BETA2 = 0.99
EPS = 1e-8
WEIGHT_DECAY = 0.01


class Adam:
    """Adam with fastai's weight decay: ``p *= 1 - lr * wd`` before each step.

    The decay applies to all weights, including biases and batch norm. This class calls the function
    behind torch.optim.AdamW directly: its own `step` spends a tenth of a small model's time on
    bookkeeping.
    """

    def __init__(self, weights: Iterable[Tensor]) -> None:
        self.weights = list(weights)
        self._moments = {  # named as in torch.optim.AdamW; one tensor per weight
            "exp_avg": [torch.zeros_like(weight) for weight in self.weights],
            "exp_avg_sq": [torch.zeros_like(weight) for weight in self.weights],
            "step": [torch.zeros((), device=weight.device) for weight in self.weights],
        }

    @torch.no_grad()
    def step(self, lr: float, momentum: float) -> None:
        """Update the weights and clear their gradients; `momentum` is beta1."""
        grads = [w.grad if w.grad is not None else torch.zeros_like(w) for w in self.weights]
        adamw(
            self.weights,
            grads,
            self._moments["exp_avg"],
            self._moments["exp_avg_sq"],
            [],
            self._moments["step"],
            fused=True,
            amsgrad=False,
            maximize=False,
            lr=lr,
            beta1=momentum,
            beta2=BETA2,
            weight_decay=WEIGHT_DECAY,
            eps=EPS,
        )
        for weight in self.weights:
            weight.grad = None

    def state_dict(self) -> dict[str, Tensor]:
        """Return the moments by name; "exp_avg.0" belongs to the first weight."""
        return {
            f"{name}.{index}": tensor
            for name, tensors in self._moments.items()
            for index, tensor in enumerate(tensors)
        }

    @torch.no_grad()
    def load_state_dict(self, tensors: Mapping[str, Tensor]) -> None:
        """Load moments. Raises KeyError or RuntimeError if they belong to other weights."""
        for name, tensor in self.state_dict().items():
            tensor.copy_(tensors[name])
