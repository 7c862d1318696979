"""A model as it was at one snapshot, ready to observe."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hnviz.config import RunConfig
from hnviz.data import TokenStream, Vocab, stream_of
from hnviz.learn import LanguageModel, load_model
from hnviz.learn.opened import Opened
from hnviz.learn.state import State
from hnviz.models.catalogue import entry


@dataclass(frozen=True, eq=False)
class Subject:
    """A copy of a run's model in eval mode: observing does not change batch norm's statistics."""

    config: RunConfig
    vocab: Vocab
    model: LanguageModel

    @classmethod
    def load(
        cls, config: RunConfig, snapshot: Mapping[str, NDArray[Any]], vocab: Vocab | None = None
    ) -> "Subject":
        """Build the model from a snapshot, by default with the vocabulary of the run's text.

        Raises ValueError if the snapshot does not fit.
        """
        vocab = vocab or stream_of(config).vocab
        return cls(config, vocab, load_model(config, len(vocab), snapshot))

    @property
    def stream(self) -> TokenStream:
        """Both splits of the run's text."""
        return stream_of(self.config)

    @property
    def window(self) -> int | None:
        """Tokens after which the state is reset to zeros, as in training; None for never."""
        return None if self.model.stateful else self.config.bptt

    def check_graph(self) -> None:
        """Raise ValueError for a module of the user's own that cuts its own graph."""
        if isinstance(self.model, Opened) and self.model.detaches:
            raise ValueError(
                f"{self.config.called} detaches its state itself, in each call: no gradient goes "
                "back through its state from one call to the call before"
            )

    def part(self, role: str) -> nn.Module:
        """Return the submodule that has a role in the catalogue."""
        return self.model.get_submodule(entry(self.config.model).part(role).name)

    def answer(self, x: Tensor, state: State | None = None) -> tuple[Tensor, Any]:
        """Read x, (bs, steps), from a state or from zeros; return the last logits and state.

        Logits have the shape (bs, nv).
        """
        with torch.no_grad():
            logits, state = self.model(x, self.model.init_state(len(x)) if state is None else state)
        return logits if self.model.predicts == "last" else logits[:, -1], state
