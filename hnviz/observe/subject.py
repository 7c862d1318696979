"""What is observed: a model as one snapshot left it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from hnviz.config import RunConfig
from hnviz.data import Vocab, human_numbers_stream
from hnviz.learn import LanguageModel, load_model


@dataclass(frozen=True, eq=False)
class Subject:
    """A copy of a run's model, in eval mode: observing moves none of batch norm's statistics."""

    config: RunConfig
    vocab: Vocab
    model: LanguageModel

    @classmethod
    def load(
        cls, config: RunConfig, snapshot: Mapping[str, NDArray[Any]], vocab: Vocab | None = None
    ) -> "Subject":
        """Make the model from a snapshot; the vocab is human numbers' unless another is given.

        Raises ValueError for a snapshot that does not fit.
        """
        vocab = vocab or human_numbers_stream().vocab
        return cls(config, vocab, load_model(config, len(vocab), snapshot))

    @property
    def window(self) -> int | None:
        """Tokens after which the state starts again from zeros, as in training; None for never."""
        return None if self.model.stateful else self.config.bptt

    def answer(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read x, (bs, steps), from a state or from zeros; return the last logits and the state.

        Logits have the shape (bs, nv).
        """
        with torch.no_grad():
            logits, state = self.model(x, self.model.init_state(len(x)) if state is None else state)
        return logits if self.model.predicts == "last" else logits[:, -1], state
