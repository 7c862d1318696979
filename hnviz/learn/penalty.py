"""What training adds to the loss besides cross-entropy: activation regularisation."""

from torch import Tensor, nn

from hnviz.learn.models import LanguageModel
from hnviz.learn.state import State
from hnviz.models.spec import ModelEntry, Penalty


def penalty_of(model: LanguageModel, net: ModelEntry) -> "ActivationPenalty | None":
    """Return the listener for a model's penalty; None for a model without one."""
    return ActivationPenalty(model, net, net.penalty) if net.penalty else None


class ActivationPenalty:
    """Listens to a model's recurrent part and dropout during training; `Penalty` has the factors.

    Large outputs cost (AR), and so do outputs that move far from token to token (TAR). The loss
    that a run reports is only the cross-entropy.
    """

    def __init__(self, model: LanguageModel, net: ModelEntry, penalty: Penalty) -> None:
        """Raises ValueError if the model has no recurrent part of torch or no dropout."""
        if net.recurrent is None:
            raise ValueError(f"{net.name} has a penalty, but no recurrent part of torch")
        self.penalty = penalty
        self._parts: list[Tensor] = []
        getattr(model, net.recurrent.name).register_forward_hook(self._moves)
        getattr(model, net.part("drop").name).register_forward_hook(self._size)

    def take(self) -> Tensor:
        """Return what the last mini-batch adds to the loss."""
        parts, self._parts = self._parts, []
        return sum(parts[1:], start=parts[0])

    def _moves(self, module: nn.Module, _: object, result: tuple[Tensor, State]) -> None:
        raw = result[0]  # (bs, bptt, nh)
        if module.training and raw.shape[1] > 1:
            self._parts.append(self.penalty.beta * (raw[:, 1:] - raw[:, :-1]).square().mean())

    def _size(self, module: nn.Module, _: object, out: Tensor) -> None:
        if module.training:
            self._parts.append(self.penalty.alpha * out.square().mean())
