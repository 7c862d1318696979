"""The models written out for many lanes at once: the first dimension of each tensor is the lane."""

from collections.abc import Mapping

import torch
from torch import Size, Tensor

from hnviz.learn.state import State, tensors
from hnviz.models.catalogue import ModelEntry

BN_EPS, BN_MOMENTUM = 1e-5, 0.1  # torch's defaults


def named_parts(weights: Tensor, shapes: Mapping[str, Size]) -> dict[str, Tensor]:
    """Return views of a buffer, (R, P): each weight's shape, with the lanes in front."""
    parts = weights.split([shape.numel() for shape in shapes.values()], dim=1)
    return {
        name: part.view(len(weights), *shape)
        for (name, shape), part in zip(shapes.items(), parts, strict=True)
    }


def forward(
    known: ModelEntry,
    named: Mapping[str, Tensor],
    norm: "Norm",
    x: Tensor,
    state: State,
) -> tuple[Tensor, State]:
    """Read one mini-batch of ids, (bs, bptt), in every lane.

    Returns logits, (R, bs, nv) or (R, bs, bptt, nv), and the state after the last token.
    """
    given = named["i_h.weight"][:, x]  # (R, bs, bptt, nh)
    if (recurrent := known.recurrent) is not None:
        kind = "relu" if known.nonlinearity == "relu" else recurrent.kind
        read, after = _stacked(kind, named, given, tensors(state))
        read = norm(read.flatten(1, 2)).view_as(read)
        return _product(read, named, "h_o"), after if len(after) > 1 else after[0]
    (h,) = tensors(state)
    squash = torch.tanh if known.nonlinearity == "tanh" else torch.relu
    out = []
    for step in given.unbind(2):  # an index per step would sum a whole window's gradient each time
        h = squash(_product(h + step, named, "h_h"))
        if known.norm_in_loop:
            h = norm(h)
        if known.predicts == "every":
            out.append(h if known.norm_in_loop else norm(h))
    return _product(torch.stack(out, dim=2) if out else h, named, "h_o"), h


class Norm:
    """Batch norm of every lane, with statistics over its second dimension."""

    def __init__(
        self, named: Mapping[str, Tensor], stats: dict[str, Tensor], training: bool
    ) -> None:
        self.weight, self.bias = (named[f"bn.{name}"].unsqueeze(1) for name in ("weight", "bias"))
        self.stats, self.training = stats, training

    def __call__(self, values: Tensor) -> Tensor:
        """Normalise (R, n, nh); in training, put the new running statistics into `stats`."""
        mean, var = self.stats["running_mean"], self.stats["running_var"]
        if self.training:
            n = values.shape[1]
            new_var, new_mean = torch.var_mean(values, dim=1, correction=0)
            with torch.no_grad():
                self.stats["running_mean"] = mean.lerp(new_mean, BN_MOMENTUM)
                self.stats["running_var"] = var.lerp(new_var * n / (n - 1), BN_MOMENTUM)
            mean, var = new_mean, new_var
        scaled = (values - mean.unsqueeze(1)) * torch.rsqrt(var + BN_EPS).unsqueeze(1)
        return scaled * self.weight + self.bias


def _product(values: Tensor, named: Mapping[str, Tensor], name: str) -> Tensor:
    """Apply each lane's linear layer to (R, ..., n)."""
    return _linear(values, named[f"{name}.weight"], named[f"{name}.bias"])


def _linear(values: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    flat = values.flatten(1, -2)
    out = torch.baddbmm(bias.unsqueeze(1), flat, weight.transpose(1, 2))
    return out.view(*values.shape[:-1], weight.shape[1])


def _stacked(
    kind: str, named: Mapping[str, Tensor], given: Tensor, state: tuple[Tensor, ...]
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Read a window, (R, bs, bptt, nh), with all layers of a torch RNN.

    `state` holds tensors (R, layers, bs, nh). Returns the last layer's outputs and the new state.
    """
    after: list[list[Tensor]] = [[] for _ in state]
    for layer in range(state[0].shape[1]):
        weights = {
            name: named[f"rnn.{name}_l{layer}"]
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        }
        inputs = _linear(given, weights["weight_ih"], weights["bias_ih"])
        now = tuple(each[:, layer] for each in state)
        out = []
        for step in inputs.unbind(2):
            recurrent = _linear(now[0], weights["weight_hh"], weights["bias_hh"])
            now = _CELLS[kind](step, recurrent, now)
            out.append(now[0])
        given = torch.stack(out, dim=2)
        for tensor, kept in zip(now, after, strict=True):
            kept.append(tensor)
    return given, tuple(torch.stack(kept, dim=1) for kept in after)


def _rnn(given: Tensor, recurrent: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return ((given + recurrent).tanh(),)


def _relu(given: Tensor, recurrent: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return ((given + recurrent).relu(),)


def _gru(given: Tensor, recurrent: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    (h,) = state
    r_in, z_in, n_in = given.chunk(3, dim=-1)
    r_h, z_h, n_h = recurrent.chunk(3, dim=-1)
    r, z = (r_in + r_h).sigmoid(), (z_in + z_h).sigmoid()
    n = (n_in + r * n_h).tanh()
    return ((1 - z) * n + z * h,)


def _lstm(given: Tensor, recurrent: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    _, c = state
    i, f, g, o = (given + recurrent).chunk(4, dim=-1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


_CELLS = {"relu": _relu, "RNN": _rnn, "GRU": _gru, "LSTM": _lstm}


def answers(logits: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss of each answer of each lane, and whether it is right; (R, n) both."""
    logits = logits.flatten(1, -2)  # (R, n, nv)
    true = y.flatten().view(1, -1, 1).expand(len(logits), -1, 1)
    losses = -logits.log_softmax(-1).gather(2, true).squeeze(2)
    given = logits.detach()
    right = given.gather(2, true) >= given.amax(2, keepdim=True)
    return losses, right.squeeze(2)


def chosen(lanes: Tensor, new: Tensor, old: Tensor) -> Tensor:
    """Return the new values in the marked lanes, (R,), and the old ones elsewhere."""
    return torch.where(lanes.view(-1, *[1] * (new.dim() - 1)), new, old)
