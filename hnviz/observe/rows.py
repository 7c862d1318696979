"""Rows of a mini-batch as a network reads them, word by word: one small reading machine a row.

The mini-batches are those of any layout of a split, as the page Feed cuts it. A model that carries
its state begins each with the state that its row had after the one before; in the first one, and
for other models in all, it begins from zeros.

The state before a mini-batch far into the text does not need all of its row before it: see
`hnviz.observe.checkpoints`. If eight different states agree after the row's last 256 tokens, or
after its last 1,024, that is the state; otherwise the whole row is read.
"""

from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hnviz.data import BatchLayout, ShuffledLayout
from hnviz.learn.state import State, mapped, rows_of, seen, tensors
from hnviz.observe.checkpoints import EVERY, TRIED, WITNESSES, agree, witnesses
from hnviz.observe.progress import reported
from hnviz.observe.question import Range, Split, question
from hnviz.observe.subject import Subject
from hnviz.questions.params import Of
from hnviz.questions.view import Reply

MOST_ROWS = 8  # read at once
MOST_SIDE = 512  # rows or steps of a mini-batch
BEST = 3  # likeliest next words
MOST_READ = 100_000  # tokens of a row, for a network that does not forget

MOST_STEPS: Any = Of(
    "the longest window that the model reads, at most 512",
    lambda asked: asked.net.max_bptt or MOST_SIDE,
)
LAST_ROW: Any = Of("the last row", lambda asked: asked.values["bs"] - 1)


class Cut(NamedTuple):
    """A split, cut into mini-batches."""

    split: Split = "train"
    bs: Annotated[int, Range(1, MOST_SIDE)] = 4
    bptt: Annotated[int, Range(1, MOST_STEPS)] = 8
    random: bool = False


class Part(NamedTuple):
    """Some rows of a mini-batch."""

    batch: Annotated[int, Range(0)] = 0
    first: Annotated[int, Range(0, LAST_ROW)] = 0
    rows: Annotated[int, Range(1, MOST_ROWS)] = 4


@question()
def ask_rows(subject: Subject, cut: Cut, part: Part) -> Reply:
    """Read rows of a mini-batch word by word: `rows` of them from `first` on, fewer at the end.

    The split is cut into mini-batches of `bs` rows by `bptt` tokens, in order or at `random`.

    arrays, for R rows of S tokens: "x", int64 (R, S), the tokens; "y", int64 (R, S), the next token
    of each; "states", float32 (n_layers, R, S + 1, nh), before the first token and after each;
    "best", int64 (R, S, 3), the likeliest next words, fewer in a smaller vocabulary, and "shares",
    float32 (R, S, 3), their probabilities: -1 and 0 without an answer; a model that predicts once a
    window answers only after the last token. meta: "batch", "first"; "before", how many tokens of
    its row the state before the first token has read; "n_batches".
    """
    ids, batch = subject.stream.ids(cut.split), part.batch
    layout = (ShuffledLayout if cut.random else BatchLayout)(len(ids), cut.bs, cut.bptt)
    if batch >= layout.n_batches:
        last = layout.n_batches - 1
        raise ValueError(f"batch must be a whole number from 0 to {last:,}; got {batch:,}")
    chosen = slice(part.first, min(cut.bs, part.first + part.rows))
    at = layout.positions(batch)[chosen]
    x, y = ids[at], ids[(at + 1) % len(ids)]
    before = batch * cut.bptt if subject.model.stateful else 0
    if before:
        state = _state_after(subject, _Row(layout, ids, chosen, batch))
    else:
        state = subject.model.init_state(len(x))
    meta = {"batch": batch, "first": part.first, "before": before, "n_batches": layout.n_batches}
    return Reply({"x": x, "y": y, **_read(subject, x, state)}, meta)


def _read(subject: Subject, x: NDArray[np.int64], state: State) -> dict[str, NDArray[Any]]:
    """Read rows from a state, all side by side, token by token."""
    after, said = [seen(state)], []
    for step in range(x.shape[1]):
        logits, state = subject.answer(torch.tensor(x[:, step : step + 1]), state)
        after.append(seen(state))
        said.append(logits)
    logits = torch.stack(said, dim=1)  # (rows, steps, nv)
    shares, best = logits.double().softmax(-1).topk(min(BEST, logits.shape[-1]))
    told = np.full((1, x.shape[1], 1), subject.model.predicts == "every")
    told[:, -1] = True
    return {
        "states": torch.stack(after, dim=2).numpy().astype(np.float32),
        "best": np.where(told, best.numpy(), -1),
        "shares": np.where(told, shares.numpy(), 0).astype(np.float32),
    }


class _Row(NamedTuple):
    """Some rows of a layout, and the mini-batch before which they stop."""

    layout: BatchLayout
    ids: NDArray[np.int64]
    chosen: slice
    batch: int

    def last(self, n: int) -> Tensor:
        """Return the last n tokens that the rows have read, or all of them, (rows, n)."""
        bptt = self.layout.bptt
        first = max(0, self.batch - -(-n // bptt))
        windows = [self.layout.positions(each)[self.chosen] for each in range(first, self.batch)]
        return torch.tensor(self.ids[np.concatenate(windows, axis=1)[:, -n:]])


def _state_after(subject: Subject, row: _Row) -> State:
    """Return the state after all that some rows have read before a mini-batch, from zeros."""
    n = row.batch * row.layout.bptt
    with torch.inference_mode():
        for blocks in TRIED:
            if n < 2 * blocks * EVERY:  # then reading it all is as fast
                break
            state = _forgotten(subject, row, blocks * EVERY)
            if state is not None:
                return state
        if n > MOST_READ:
            raise ValueError(
                f"this network does not forget, and {n:,} words come before this mini-batch in its "
                f"row: choose a mini-batch with at most {MOST_READ:,}"
            )
        x = row.last(n)
        state = subject.model.init_state(len(x))
        for piece in reported(x.split(EVERY, dim=1), "tokens", [EVERY] * -(-n // EVERY)):
            _, state = subject.model(piece, state)
        return state


def _forgotten(subject: Subject, row: _Row, n: int) -> State | None:
    """Read the last n tokens from eight states each; None if they do not end alike."""
    x = row.last(n)
    rows = len(x)
    heard = mapped(witnesses(subject, row.ids), lambda each: each.repeat_interleave(rows, dim=-2))
    _, state = subject.model(x.repeat(WITNESSES, 1), heard)
    ends = (each.unflatten(-2, (WITNESSES, rows)) for each in tensors(state))
    if all(agree(each.transpose(-2, -3)) for each in ends):
        return rows_of(state, slice(0, rows))
    return None
