"""What an answer looks back at: the gradient of its logit for each earlier word."""

from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hnviz.learn import LanguageModel
from hnviz.models.catalogue import entry
from hnviz.observe.question import LAST_ID, Ids, Range, question
from hnviz.observe.subject import Subject
from hnviz.observe.through_time import frozen_copy, steps
from hnviz.questions.params import Of
from hnviz.questions.view import Reply

LONGEST_TEXT = 44  # tokens in a map: its sides have no room for more words

LAST_ROW: Any = Of("the last token", lambda asked: len(asked.values["ids"]) - 1)


class LookedBack(NamedTuple):
    """Norm of d logit / d embedding, (n_rows, n_tokens), and each row's answer, (n_rows,).

    Row r is for the answer after token rows[r]. Later tokens have 0, and so do tokens before the
    window of a model that carries no state.
    """

    norms: NDArray[np.float64]
    answers: NDArray[np.int64]


@question()
def ask_look_back(
    subject: Subject,
    ids: Annotated[Ids, Range(0, LAST_ID, 1, LONGEST_TEXT)],
    row: Annotated[int, Range(0, LAST_ROW)] | None = None,
) -> Reply:
    """Return how much each of `ids` mattered to the answer after each token, or only after `row`.

    arrays: "norms", float64 (n_rows, n_tokens), of d logit / d embedding. meta: "rows", and
    "answers", the word said after each.
    """
    rows = np.arange(len(ids)) if row is None else np.array([row])
    norms, answers = looked_back(subject, ids, rows)
    words = [subject.vocab.itos[index] for index in answers.tolist()]
    return Reply({"norms": norms}, {"rows": rows.tolist(), "answers": words})


def looked_back(subject: Subject, ids: NDArray[np.int64], rows: NDArray[np.int64]) -> LookedBack:
    """Measure how much each token of the text mattered to the answers after the tokens `rows`.

    The logit is that of the likeliest token; the embedding is a token's input vector. The model
    reads the text in eval mode from zeros; a model that carries no state reads the last bptt
    tokens before each answer.
    """
    window = subject.window or len(ids)
    norms = np.zeros((len(rows), len(ids)))
    answers = np.zeros(len(rows), dtype=np.int64)
    model = frozen_copy(subject)
    words = model.get_submodule(entry(subject.config.model).part("i_h").name)
    early = np.flatnonzero(rows < window)
    if len(early):
        size = int(rows[early].max()) + 1
        found = _backward(model, words, np.tile(ids[:size], (len(early), 1)), rows[early])
        norms[early, :size], answers[early] = found
    late = np.flatnonzero(rows >= window)
    if len(late):
        places = rows[late, None] + np.arange(1 - window, 1)  # (n, window)
        ends = np.full(len(late), window - 1)
        norms[late[:, None], places], answers[late] = _backward(model, words, ids[places], ends)
    return LookedBack(norms, answers)


def _backward(
    model: LanguageModel, words: nn.Module, ids: NDArray[np.int64], at: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Go back from one answer in each row of ids, (n, size): the one after token at[row]."""
    x = torch.from_numpy(ids)
    with _Embeddings(words) as embeddings:
        logits = _logits(model, x)[torch.arange(len(x)), torch.from_numpy(at)]  # (n, nv)
    best, answers = logits.max(-1)
    gradients = torch.autograd.grad(best.sum(), embeddings.seen)  # rows are independent
    norms = torch.cat([each.reshape(len(x), -1, each.shape[-1]) for each in gradients], 1).norm(
        dim=-1
    )
    return norms.double().numpy(), answers.numpy()


def _logits(model: LanguageModel, x: Tensor) -> Tensor:
    """Return the logits after every token, (n, size, nv)."""
    state = model.init_state(len(x))
    if model.predicts == "every":
        return model(x, state)[0]
    return torch.stack([said for said, _ in steps(model, x, state)], dim=1)


class _Embeddings:
    """Records the words' input vectors while a model reads, so that gradients can reach them."""

    def __init__(self, words: nn.Module) -> None:
        self.seen: list[Tensor] = []
        self._words = words

    def __enter__(self) -> "_Embeddings":
        self._handle = self._words.register_forward_hook(self._take)
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.remove()

    def _take(self, _: nn.Module, __: tuple[Tensor, ...], result: Tensor) -> Tensor:
        self.seen.append(result.detach().requires_grad_())
        return self.seen[-1]
