"""Where a model is right: by position in the window, and the places with the highest loss."""

from collections import Counter
from typing import Annotated, Any

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.data import KINDS, BatchLayout, kind_of
from hnviz.observe.passes import split_pass
from hnviz.observe.progress import reported
from hnviz.observe.question import Range, Split, question
from hnviz.observe.subject import Subject
from hnviz.questions.view import Reply

ROWS = 512  # windows read at once; more would not fit in the processor's cache
MOST_PLACES = 50
BEFORE, AFTER = 9, 4  # words of context around a place
MOST_MIXED = 3


@question(slow=True)
def ask_accuracy_by_position(
    subject: Subject, split: Split = "valid", reset: bool = False
) -> Reply:
    """Return the share of right answers at each position of a window, over the text's `split`.

    With `reset` (true; default false) every mini-batch starts from a state of zeros.
    arrays: "accuracy", float64 (bptt,). meta: "split", "reset"; "mean", over all positions.
    """
    accuracy = accuracy_by_position(subject, subject.stream.ids(split), reset=reset)
    meta = {"split": split, "reset": reset, "mean": float(accuracy.mean())}
    return Reply({"accuracy": accuracy}, meta)


@question(slow=True)
def ask_worst_places(
    subject: Subject,
    split: Split = "valid",
    kind: Annotated[str, KINDS] = "ones",
    top: Annotated[int, Range(1, MOST_PLACES)] = 8,
) -> Reply:
    """Return where words of one `kind` have the highest loss in one pass over `split`, from zeros.

    meta: "n" and "right", how many words of that kind there are and how many were right;
    "places", the `top` worst, each with "position" in the text, "before", "after", "truth",
    "said", "p_truth", "p_said" and "loss"; "mixed", the most frequent mistakes as
    [truth, said, times].
    """
    return Reply({}, worst_places(subject, split, kind, top))


def accuracy_by_position(
    subject: Subject, ids: NDArray[np.int64], *, reset: bool
) -> NDArray[np.float64]:
    """Return the share of right answers at each position of a window, (bptt,), over one pass.

    The text has the run's own layout. The pass starts from zeros; with `reset`, so does each
    mini-batch. Raises ValueError for a model that answers only the last position.
    """
    if subject.model.predicts == "last":
        raise ValueError(
            f"{subject.config.called} answers only after the last token of its window, so it has "
            "no accuracy at the other positions"
        )
    layout = BatchLayout(len(ids), subject.config.bs, subject.config.bptt)
    right = np.zeros(layout.bptt, dtype=np.int64)
    state, each = None, 1
    if reset:
        each = max(1, ROWS // layout.bs)  # windows that start from zeros are independent
    for first in reported(range(0, layout.n_batches, each), "mini-batches"):
        numbers = range(first, min(first + each, layout.n_batches))
        parts = [layout.batch(ids, number) for number in numbers]
        x = torch.from_numpy(np.concatenate([part.x for part in parts]))  # (rows, bptt)
        y = np.concatenate([part.y for part in parts])
        with torch.no_grad():
            begun = subject.model.init_state(len(x)) if reset or state is None else state
            logits, state = subject.model(x, begun)
        right += (logits.argmax(-1).numpy() == y).sum(axis=0)
    return right / (layout.n_batches * layout.bs)


def worst_places(subject: Subject, split: str, kind: str, top: int) -> dict[str, Any]:
    """Rank the words of a kind by loss in one pass over a split, from a state of zeros."""
    itos = subject.vocab.itos
    ids, _, logits = split_pass(subject, split)
    is_kind = np.array([kind_of(token) == kind for token in itos])
    place = (
        np.flatnonzero(is_kind[ids[1:]]) + 1
    )  # of the words themselves; the first token is never predicted
    log_p = _log_softmax(logits[place - 1])
    loss, said = -log_p[np.arange(len(place)), ids[place]], log_p.argmax(axis=1)
    wrong = said != ids[place]
    mixed = Counter(zip(ids[place][wrong].tolist(), said[wrong].tolist(), strict=True))
    places = [
        {
            "position": int(place[row]),
            "before": [itos[index] for index in ids[max(0, place[row] - BEFORE) : place[row]]],
            "truth": itos[ids[place[row]]],
            "after": [itos[index] for index in ids[place[row] + 1 : place[row] + 1 + AFTER]],
            "said": itos[said[row]],
            "p_truth": float(np.exp(-loss[row])),
            "p_said": float(np.exp(log_p[row, said[row]])),
            "loss": float(loss[row]),
        }
        for row in np.argsort(-loss, kind="stable")[:top].tolist()
    ]
    return {
        "n": len(place),
        "right": int(len(place) - wrong.sum()),
        "places": places,
        "mixed": [(itos[a], itos[b], times) for (a, b), times in mixed.most_common(MOST_MIXED)],
    }


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
