"""Checkpoints of the state: its value before every 256th token of a split, for each snapshot.

The state at a token depends on all tokens before it. From a checkpoint, a model reads at most 255
tokens instead. Checkpoints are made on first use and kept.

A checkpoint far into the text does not need the whole text before it. A network forgets: if you
read the block before the checkpoint from different states, the results agree. Eight states test
this: the state after the text's first 64 tokens, and those after 64 tokens, read from zeros, at
seven places spread over the text. If all eight agree at the end, so does a reading from the first
token, unless the network keeps something for 256 tokens that none of the eight has seen. If they
still differ after 1,024 tokens, the text is read on from the last checkpoint.
"""

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hnviz.learn.state import State, rows_of, tensors
from hnviz.observe.passes import SAME
from hnviz.observe.subject import Subject

EVERY = 256  # tokens from one checkpoint to the next: a block
WITNESSES = 8  # states from which a block is read
HEARD = 64  # tokens that each of them has read
TRIED = (1, 4)  # blocks to read from these states
READ_ON = 2  # blocks: this near to a checkpoint, reading one row is faster than eight

Ids = NDArray[np.int64]


@dataclass
class _Kept:
    """The known states of one split: at most 120 kB for train with two layers of 64."""

    ids: Ids
    states: dict[int, State]  # k -> the state of one row before token 256 * k
    witnesses: list[State] = field(default_factory=list)  # empty, or one state of eight rows


# An entry disappears with its subject.
_kept: WeakKeyDictionary[Subject, dict[str, _Kept]] = WeakKeyDictionary()


def nearest(subject: Subject, split: str, token: int) -> tuple[int, State]:
    """Return the last checkpoint at or before a token of a split, and its state of one row.

    The state is the one before the checkpoint's token; at 0 it is zeros.
    """
    splits = _kept.setdefault(subject, {})
    if split not in splits:
        ids = subject.stream.ids(split)
        splits[split] = _Kept(ids, {0: subject.model.init_state(1)})
    kept, wanted = splits[split], token // EVERY
    if wanted not in kept.states:
        last = max(each for each in kept.states if each < wanted)
        with torch.inference_mode():
            if wanted - last <= READ_ON or not _jump(subject, kept, wanted, last):
                _read_on(subject, kept, wanted, last)
    return wanted * EVERY, kept.states[wanted]


def _read_on(subject: Subject, kept: _Kept, wanted: int, last: int) -> None:
    """Read block by block from one checkpoint to another."""
    for block in range(last, wanted):
        x = torch.tensor(_block(kept.ids, block)[None])
        kept.states[block + 1] = subject.model(x, kept.states[block])[1]


def _jump(subject: Subject, kept: _Kept, wanted: int, last: int) -> bool:
    """Make a checkpoint from just the blocks before it; False if the network does not forget."""
    if not kept.witnesses:
        kept.witnesses.append(witnesses(subject, kept.ids))
    for n in TRIED:
        if wanted - n <= last:
            return False
        state = kept.witnesses[0]
        for block in range(wanted - n, wanted):
            x = torch.tensor(_block(kept.ids, block))
            _, state = subject.model(x.expand(WITNESSES, -1), state)
        if all(map(agree, tensors(state))):
            kept.states[wanted] = rows_of(state, slice(0, 1))
            return True
    return False


def witnesses(subject: Subject, ids: Ids) -> State:
    """Read some tokens from zeros, at the start of a text and at places spread over it: 8 rows."""
    places = np.linspace(0, len(ids) - HEARD, WITNESSES, dtype=np.int64)
    x = torch.tensor(np.stack([ids[at : at + HEARD] for at in places]))
    state: State = subject.model(x, subject.model.init_state(WITNESSES))[1]
    return state


def _block(ids: Ids, number: int) -> Ids:
    return ids[number * EVERY : (number + 1) * EVERY]


def agree(ends: Tensor) -> bool:
    """Return whether all rows are the same state, within float32 precision."""
    first = ends[..., :1, :]
    return bool((ends - first).abs().max() <= SAME * max(1.0, float(first.abs().max())))
