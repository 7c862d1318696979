"""The places of a text where one kind of word costs most loss."""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.data import kind_of
from hnviz.observe.passes import split_pass
from hnviz.observe.subject import Subject

BEFORE, AFTER = 9, 4  # words of context around a place
MOST_MIXED = 3


def worst_places(subject: Subject, split: str, kind: str, top: int) -> dict[str, Any]:
    """Rank the words of a kind by loss in one pass over a split, from a state of zeros."""
    itos = subject.vocab.itos
    ids, _, logits = split_pass(subject, split)
    is_kind = np.array([kind_of(token) == kind for token in itos])
    place = (
        np.flatnonzero(is_kind[ids[1:]]) + 1
    )  # of the words themselves; the first token is given
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
