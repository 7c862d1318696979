"""A Transformer's two kinds of layer: one mixes tokens, the other processes them one by one.

Both normalise their input, and their output is added to it: Vaswani et al., "Attention Is All You
Need", 2017, with the norm first, as in GPT-2.
"""

from math import inf, sqrt

import torch
from torch import Tensor, nn


class Attention(nn.Module):
    """Each token looks at itself and at those before it, and takes a share of each one's value.

    There is one head: each token has a query, a key and a value. How much a token takes of
    another's value depends on how well its query matches the other's key.
    """

    def __init__(self, nh: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(nh)
        self.query = nn.Linear(nh, nh)
        self.key = nn.Linear(nh, nh)
        self.value = nn.Linear(nh, nh)
        self.merge = nn.Linear(nh, nh)

    def forward(self, now: Tensor, so_far: Tensor) -> tuple[Tensor, Tensor]:
        """Let the tokens `now`, the last n of `so_far`, look back: (bs, n, nh), (bs, t, nh).

        Returns what each token takes, (bs, n, nh), and its shares, (bs, n, t), which sum to 1;
        later tokens have none.
        """
        n, t = now.shape[1], so_far.shape[1]
        query, normed = self.query(self.norm(now)), self.norm(so_far)
        scores = query @ self.key(normed).transpose(1, 2) / sqrt(now.shape[2])  # (bs, n, t)
        later = torch.ones(n, t, dtype=torch.bool, device=now.device).triu(t - n + 1)
        shares = scores.masked_fill(later, -inf).softmax(-1)
        return self.merge(shares @ self.value(normed)), shares


def mlp(nh: int) -> nn.Sequential:
    """Make two layers with a relu between them, twice as wide; they see one token at a time."""
    return nn.Sequential(nn.LayerNorm(nh), nn.Linear(nh, 2 * nh), nn.ReLU(), nn.Linear(2 * nh, nh))
