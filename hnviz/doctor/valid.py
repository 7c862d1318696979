"""What can be said about valid: its mini-batches, its ids, and the state that it leaves."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from hnviz.doctor.alignment import as_rows
from hnviz.doctor.batch import Batch, one_pass
from hnviz.doctor.dependence import reaches
from hnviz.doctor.kind import LoopKind
from hnviz.doctor.report import Finding, choice, unknown
from hnviz.doctor.trials import Act, TrialError, Trials, changed, replaced
from hnviz.doctor.vocabulary import Ids, named_vocabularies, of_vocabularies
from hnviz.given import UnreadableError

MAX_TOKENS = 1_000_000  # of a pass that are read to count them


@dataclass(frozen=True)
class Valid:
    """The loader of valid, and what reads a mini-batch of it, if the loop has such a function."""

    loader: Iterable[Any]
    function: Callable[..., Any] | None = None

    @classmethod
    def of(cls, given: Any) -> "Valid | None":
        """Read the argument `valid`: a loader, or a pair of a loader and a function."""
        if given is None:
            return None
        if isinstance(given, tuple) and len(given) == 2 and callable(given[1]):
            return cls(*given)
        return cls(given)

    def act(self, model: nn.Module, batch: Batch) -> Act:
        """Return what reads a mini-batch of valid, as the loop does, in eval mode."""
        function = self.function

        def read_one() -> None:
            model.eval()
            with torch.no_grad():
                if function is None:
                    model(batch.x)
                else:
                    function(*batch.arguments(function))
            model.train()

        return read_one


def read(loader: Iterable[Any], place: str = "loader") -> list[Batch]:
    """Read the mini-batches of a pass, of a long one the first. Raises UnreadableError."""
    found, n = list[Batch](), 0
    for given in one_pass(loader, place):
        found.append(Batch.of(given, place))
        n += found[-1].x.numel()
        if n > MAX_TOKENS:
            break
    return found


def of_sizes(
    sizes: Sequence[int], first: torch.Tensor | None, train: int, time: int
) -> Iterator[Finding]:
    """Look at how many tokens mini-batches of valid and of train have; `first` is valid's first."""
    if not sizes:
        yield choice(
            "small-valid",
            "Valid gives no mini-batch: it is smaller than one, and what is left over is dropped.",
            "valid",
            "grid",
        )
    elif len(sizes) == 1 and sizes[0] < train:
        yield choice(
            "small-valid",
            f"Valid is smaller than a mini-batch: it has {sizes[0]:,} tokens, and a mini-batch of "
            f"train {train:,}.",
            "valid",
            "grid",
        )
    elif len(sizes) == 1 and first is not None and (again := _read_again(first, time)):
        yield choice(
            "small-valid",
            f"Valid is smaller than a mini-batch: each row repeats the one above from its token "
            f"{again} on.",
            "valid",
            "grid",
        )
    elif min(sizes) < max(sizes):
        yield choice(
            "unequal-batches",
            f"Valid's mini-batches have {min(sizes):,} to {max(sizes):,} tokens: a mean of their "
            f"means counts a token of the smallest {max(sizes) / min(sizes):.1f} times as much.",
            "valid",
            "grid",
        )


def _read_again(ids: torch.Tensor, time: int) -> int:
    """Return the step from which on each row reads what the next row reads; 0 if none does."""
    x = as_rows(ids, time)
    rows, steps = x.shape
    for start in range(1, steps - 1) if rows > 2 else ():
        n = steps - start
        same = (x[:-1, start:] == x[1:, :n]).all(1)
        if float(same.double().mean()) > 0.6 and n >= min(4, steps // 2):
            return start
    return 0


def of_ids(
    train: Sequence[Batch], valid: Sequence[Batch], time: int, kind: LoopKind
) -> Iterator[Finding]:
    """Compare the numbering of train and valid; an id that fills up rows is no word."""
    if not valid or not train:
        return
    n_ids, ids = kind.n_ids, [_rows(each, time) for each in (train, valid)]
    if n_ids is not None:
        n_ids = max(n_ids, *(int(row.max()) + 1 for row in ids[0]))
        filling = range(kind.n_classes or n_ids, n_ids)
        ids = [[row[~np.isin(row, filling)] for row in rows] for rows in ids]
    one, other = ([row for row in rows if len(row)] for rows in ids)
    found = of_vocabularies(one, other, n_ids) if one and other else None
    if found:
        yield found


def outside(valid: Sequence[Batch], kind: LoopKind) -> bool:
    """Return whether valid has ids that the model does not know."""
    n_ids = kind.n_ids
    return n_ids is not None and any(int(batch.x.max()) >= n_ids for batch in valid)


def of_loaders(train: object, valid: object) -> Iterator[Finding]:
    """Compare the vocabularies that the loaders name."""
    if found := named_vocabularies(train, valid):
        yield found


def _rows(batches: Sequence[Batch], time: int) -> list[Ids]:
    """Join each row over mini-batches of as many rows."""
    n = len(as_rows(batches[0].x, time))
    each = [as_rows(batch.x, time).numpy() for batch in batches]
    each = [rows for rows in each if len(rows) == n]
    return [np.concatenate([rows[row] for rows in each]).astype(np.int64) for row in range(n)]


def of_state(
    loop: tuple[Trials, bool], train: Sequence[Batch], valid: Batch, how: Valid, resets: Act | None
) -> Iterator[Finding]:
    """Test whether the state at valid's end begins the next mini-batch of train.

    `loop` is its trials, and whether it calls the model with the ids alone.
    """
    (trials, only_ids), time = loop, loop[0].form.time
    run, model = trials.loop.run, trials.loop.watch.model
    if how.function is None and not only_ids:
        yield unknown(
            "no-valid-step",
            "The step gives the model more than the ids, such as a state or lengths, so valid was "
            "not read: give valid=(loader, function), where function reads a mini-batch of it.",
            "valid",
        )
        return
    reset: list[Act] = [] if resets is None else [resets]

    def answers(batch: Batch) -> torch.Tensor:
        acts: list[Act] = [partial(run, train[0]), *reset, how.act(model, batch), *reset]
        return trials.answers(acts, train[1])

    everywhere = torch.ones(as_rows(valid.x, time).shape, dtype=torch.bool)
    try:
        base = answers(valid)
        found = reaches(
            lambda text: changed(base, answers(replaced(valid, everywhere, time, text)))
        )
    except (TrialError, UnreadableError) as error:
        yield unknown("no-valid-trial", f"Valid could not be read by the loop: {error}.", "valid")
        return
    if found:
        yield choice(
            "state-from-valid",
            "The state at valid's end begins the next epoch of train.",
            "valid",
            "reach",
        )
