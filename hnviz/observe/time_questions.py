"""The questions of the Through time page."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.data import BatchLayout
from hnviz.models.catalogue import entry
from hnviz.observe.backward_costs import backward_costs, second_backward_error
from hnviz.observe.handover import handover
from hnviz.observe.looking_back import looked_back
from hnviz.observe.params import Params, numbered, only, whole
from hnviz.observe.reply import Reply
from hnviz.observe.subject import Subject
from hnviz.observe.through_time import WINDOWS, Windows, state_gradients
from hnviz.observe.undetached import undetached

LONGEST_TEXT = 44  # tokens of a map: its sides have no room for more words
LONGEST_WINDOW = 80  # steps of a mini-batch in the cost measurement
FIRST = 5  # default first of the three mini-batches


def ask_state_gradients(subject: Subject, params: Params) -> Reply:
    """Return the norm of dLoss/dh after each step of mini-batches `first` to `first` + 2 of train.

    With `every` (true; default false) from the loss of all steps, else of the last. Raises
    ValueError for a model that has attention in place of a state. arrays:
    "reset" and, for a model that carries its state, "detach" and "keep", float64 (3 * bptt,).
    meta: "batches", "bptt", "bs", "loss"; "n_before", how many mini-batches produced the first
    state; "n_batches", those of the whole text.
    """
    only(params, "first", "every")
    if entry(subject.config.model).attends:
        raise ValueError(
            f"{subject.config.model} has no state through which a gradient could go back: it goes "
            "to each word of the window directly"
        )
    every = params.get("every", False)
    if not isinstance(every, bool):
        raise ValueError(f"every must be true or false; got {every!r}")
    ids, config = subject.stream.train, subject.config
    n_batches = BatchLayout(len(ids), config.bs, config.bptt).n_batches
    first = whole(params, "first", FIRST, 0, 2**31)
    windows = Windows.cut(subject, ids, first)
    found = state_gradients(subject, windows, every=every)
    arrays: dict[str, NDArray[Any]] = {"reset": found.reset}
    if found.detach is not None and found.keep is not None:
        arrays |= {"detach": found.detach, "keep": found.keep}
    meta = {
        "batches": list(range(first, first + WINDOWS)),
        "bptt": config.bptt,
        "bs": config.bs,
        "loss": found.loss,
        "n_before": windows.n_before,
        "n_batches": n_batches,
    }
    return Reply(arrays, meta)


def ask_second_backward(subject: Subject, params: Params) -> Reply:
    """Return torch's error for a second backward through an uncut graph: meta "error"."""
    only(params)
    return Reply({}, {"error": second_backward_error(subject, subject.stream.train)})


def ask_backward_costs(subject: Subject, params: Params) -> Reply:
    """Measure three mini-batches of `bptt` steps now.

    meta: "bptt", and for each way to go back ("detach" and "keep", or "reset") its "seconds" per
    mini-batch and the bytes "saved" for the backward pass.
    """
    only(params, "bptt")
    longest = entry(subject.config.model).max_bptt or LONGEST_WINDOW
    bptt = whole(params, "bptt", min(subject.config.bptt, longest), 1, longest)
    costs = backward_costs(subject, subject.stream.train, bptt)
    return Reply({}, {"bptt": bptt, **{name: cost._asdict() for name, cost in costs.items()}})


def ask_undetached(subject: Subject, params: Params) -> Reply:
    """Measure now what a state that is never detached costs, mini-batch by mini-batch.

    meta: "bptt", "bs", "steps", each with its "seconds" and the bytes "saved"; "error", torch's
    where it is not told to keep the graph.
    """
    only(params)
    config, train = subject.config, subject.stream.train
    steps = [cost._asdict() for cost in undetached(subject, train)]
    error = second_backward_error(subject, train)
    return Reply({}, {"bptt": config.bptt, "bs": config.bs, "steps": steps, "error": error})


def ask_look_back(subject: Subject, params: Params) -> Reply:
    """Return how much each of `ids` mattered to the answer after each token, or only after `row`.

    arrays: "norms", float64 (n_rows, n_tokens), of d logit / d embedding. meta: "rows", and
    "answers", the word said after each.
    """
    only(params, "ids", "row")
    if "ids" not in params:
        raise ValueError("look_back needs ids, a list of whole numbers")
    ids = numbered(subject, params)
    if not 1 <= len(ids) <= LONGEST_TEXT:
        raise ValueError(f"look_back reads from 1 to {LONGEST_TEXT} tokens; got {len(ids):,}")
    rows = np.arange(len(ids))
    if "row" in params:
        rows = np.array([whole(params, "row", None, 0, len(ids) - 1)])
    norms, answers = looked_back(subject, ids, rows)
    words = [subject.vocab.itos[index] for index in answers.tolist()]
    return Reply({"norms": norms}, {"rows": rows.tolist(), "answers": words})


def ask_handover(subject: Subject, params: Params) -> Reply:
    """Compare valid with the state that train left, and from zeros.

    arrays: of its first mini-batch, "carried", "reset", right answers by position, and "agree", the
    rows in which both answers are the same; float64 (bptt,), shares. Of the first mini-batches,
    "batches_carried" and "batches_reset", right answers; float64 (n,), shares.
    meta: "bs"; "last", train's last mini-batch; "n_read", how many mini-batches produced its state.
    """
    only(params)
    stream, config = subject.stream, subject.config
    found = handover(subject, stream.train, stream.valid)
    last = BatchLayout(len(stream.train), config.bs, config.bptt).n_batches - 1
    arrays = {name: each for name, each in found._asdict().items() if name != "n_read"}
    return Reply(arrays, {"bs": config.bs, "last": last, "n_read": found.n_read})


TIME_QUESTIONS: dict[str, Callable[[Subject, Params], Reply]] = {
    "backward_costs": ask_backward_costs,
    "handover": ask_handover,
    "look_back": ask_look_back,
    "second_backward": ask_second_backward,
    "state_gradients": ask_state_gradients,
    "undetached": ask_undetached,
}
