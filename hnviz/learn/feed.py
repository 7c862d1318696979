"""A split's mini-batches, arranged once and held on the device."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hnviz.config import RunConfig
from hnviz.data import BatchLayout, batches


@dataclass(frozen=True, slots=True)
class Feed:
    """All mini-batches of a pass, as views of two tensors that hold the whole layout."""

    x: tuple[Tensor, ...]  # each (bs, bptt)
    y: tuple[Tensor, ...]  # each (bs, bptt); (bs,) if the model answers only the last token

    @classmethod
    def lay_out(
        cls, ids: NDArray[np.int64], config: RunConfig, predicts: str, device: str
    ) -> "Feed":
        """Cut a stream of ids as the config says, and copy all of it to the device."""
        layout = BatchLayout(len(ids), config.bs, config.bptt)
        _, xs, ys = zip(*batches(ids, layout), strict=True)
        x, y = (torch.from_numpy(np.stack(each)).to(device) for each in (xs, ys))
        if predicts == "last":
            y = y[:, :, -1].contiguous()
        return cls(x.unbind(), y.unbind())

    @property
    def n_answers(self) -> int:
        """How many tokens a mini-batch predicts."""
        return self.y[0].numel()

    def __len__(self) -> int:
        return len(self.x)
