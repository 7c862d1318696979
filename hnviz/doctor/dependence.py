"""What answers depend on: later tokens, other rows, the mini-batch before."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from hnviz.doctor.alignment import as_rows
from hnviz.doctor.batch import Batch
from hnviz.doctor.kind import LoopKind, means
from hnviz.doctor.report import Finding, unknown, wrong
from hnviz.doctor.trials import TEXTS, TrialError, Trials, changed, replaced


@dataclass(frozen=True)
class Influence:
    """What was found; `carried` is None where it could not be seen."""

    findings: tuple[Finding, ...]
    carried: bool | None = None
    remembers: bool = True  # an answer depends on an earlier token of its window
    made: bool = True  # the trials that say so


class Probe:
    """Two mini-batches, of which some tokens are replaced."""

    def __init__(self, trials: Trials, batches: Sequence[Batch]) -> None:
        first, last = batches[0], batches[1] if len(batches) > 1 else batches[0]
        self.trials, self.time = trials, trials.form.time
        rows = [len(as_rows(each.x, self.time)) for each in (first, last)]
        alike = len(batches) > 1 and rows[0] == rows[1]
        self.first, self.last = (first if alike else None), last
        self.rows, self.steps = as_rows(last.x, self.time).shape
        self.base = self._answers(self.first, self.last)  # (rows, n, classes)

    def steady(self) -> bool:
        """Return whether the same trial gives the same answers again."""
        return not changed(self.base, self._answers(self.first, self.last)).any()

    def of_tokens(self, places: Tensor, text: int) -> Tensor:
        """Mark the answers that change with these tokens of their own mini-batch."""
        other = replaced(self.last, places, self.time, text)
        return changed(self.base, self._answers(self.first, other))

    def of_earlier(self, places: Tensor, text: int) -> Tensor:
        """Mark the answers that change with these rows of the mini-batch before."""
        if self.first is None:
            raise TrialError("there is one mini-batch only")
        steps = as_rows(self.first.x, self.time).shape[1]  # a loader may give other lengths
        other = replaced(self.first, places[:, :1].expand(-1, steps), self.time, text)
        return changed(self.base, self._answers(other, self.last))

    def of_targets(self) -> Tensor:
        """Mark the answers that change with the targets, which the model must not see."""
        last, y = self.last, self.last.y
        if y is None or y is last.x:
            return torch.zeros(())
        other = last.with_y(y.flatten().roll(1).view_as(y))
        return changed(self.base, self._answers(self.first, other))

    def mask(self, rows: Sequence[int] | None = None) -> Tensor:
        """Mark all tokens of some rows, bool (rows, steps); without rows all tokens."""
        found = torch.zeros(self.rows, self.steps, dtype=torch.bool)
        found[slice(None) if rows is None else list(rows)] = True
        return found

    def sets_of_rows(self) -> list[list[int]]:
        """Return rows to replace: the first, the last, all but one."""
        middle = self.rows // 2
        return [[0], [self.rows - 1], [row for row in range(self.rows) if row != middle]][:TEXTS]

    def _answers(self, first: Batch | None, last: Batch) -> Tensor:
        before = [] if first is None else [partial(self.trials.loop.run, first)]
        return self.trials.answers(before, last)


def influence(trials: Trials, batches: Sequence[Batch], kind: LoopKind) -> Influence:
    """Test what answers depend on."""
    try:
        probe = Probe(trials, batches)
        if not probe.steady():
            return Influence((unknown("unsteady", UNSTEADY, "step"),), made=False)
        found = list(_in_a_mini_batch(probe, kind))
        remembers = _remembers(probe)
        carried = None if probe.first is None else bool(probe.of_earlier(probe.mask(), 0).any())
        if carried and not found:
            found += _across(probe)
    except TrialError as error:
        failed = unknown("no-trial", f"No trial could be made: {error}.", "step")
        return Influence((failed,), made=False)
    if not remembers:
        found.append(unknown("no-state", NO_STATE, "model"))
    return Influence(tuple(found), carried, remembers)


def _in_a_mini_batch(probe: Probe, kind: LoopKind) -> Iterator[Finding]:
    mixed = [
        rows
        for text, rows in enumerate(probe.sets_of_rows())
        if probe.rows > 1 and _others(probe.of_tokens(probe.mask(rows), text), rows)
    ]
    if mixed:
        yield _mixed(probe)
    elif not means("looks-ahead", kind):
        return
    elif probe.of_targets().any():
        yield wrong(
            "looks-ahead",
            "Answers change with the targets: the model is given what it has to guess.",
            "step",
            "attention",
        )
    elif _looks_ahead(probe):
        yield wrong(
            "looks-ahead",
            "Answers change when a later token is replaced: the model looks ahead, at what it has "
            "to guess.",
            "model",
            "attention",
        )


def _others(marks: Tensor, rows: Sequence[int]) -> bool:
    """Return whether an answer of another row is marked."""
    kept = torch.ones(len(marks), dtype=torch.bool)
    kept[list(rows)] = False
    return bool(marks[kept].any())


def _mixed(probe: Probe) -> Finding:
    first, last = (probe.of_tokens(probe.mask([row]), 0) for row in (0, probe.rows - 1))
    n = first.shape[1]
    if int(first.sum()) <= n and int(last.sum()) <= n:
        return wrong("reshaped", SCRAMBLED, "model", "lines")
    if not _others(last, [probe.rows - 1]) or not _others(first, [0]):
        return wrong("batch-first", DOWN, _recurrent(probe), "grid")
    return wrong("rows-mixed", MIXED, "model", "grid")


def _recurrent(probe: Probe) -> str:
    model = probe.trials.loop.watch.model
    for name, module in model.named_modules():
        if hasattr(module, "batch_first"):
            return f"model.{name}: {type(module).__name__}(batch_first={module.batch_first})"
    return "model"


def _looks_ahead(probe: Probe) -> bool:
    n = probe.base.shape[1]
    if n < 2 or n < probe.steps - 1:  # one answer after all tokens
        return False
    for text, at in enumerate(sorted({0, n // 2, n - 2})):
        later = torch.arange(probe.steps).expand(probe.rows, -1) > at
        if later.any() and probe.of_tokens(later, text)[:, : at + 1].any():
            return True
    return False


def _remembers(probe: Probe) -> bool:
    if probe.steps < 2:
        return True
    earlier = torch.arange(probe.steps).expand(probe.rows, -1) < probe.steps - 1
    n = probe.base.shape[1]
    if n == probe.steps - 1:
        earlier = torch.arange(probe.steps).expand(probe.rows, -1) < probe.steps - 2
    return any(bool(probe.of_tokens(earlier, text)[:, -1].any()) for text in range(TEXTS))


def _across(probe: Probe) -> Iterator[Finding]:
    for text, rows in enumerate(probe.sets_of_rows()):
        if probe.rows > 1 and _others(probe.of_earlier(probe.mask(rows), text), rows):
            yield wrong("one-row", ONE_ROW, "step", "reach")
            return


def reaches(probe: Callable[[int], Tensor]) -> bool:
    """Return whether any text that is put in changes an answer."""
    return any(bool(probe(text).any()) for text in range(TEXTS))


UNSTEADY = (
    "The same mini-batch gives different answers each time, from the same weights and random "
    "numbers, so what answers depend on was not seen."
)
NO_STATE = (
    "No answer depends on an earlier token: the model has no state to look at, or does not read it."
)
SCRAMBLED = (
    "The answer to one token is in another token's place: inside the model, a tensor was reshaped "
    "where its dimensions should be swapped."
)
DOWN = (
    "Answers depend on the rows above and not on the words before: the model takes rows for time. "
    "Set batch_first to match the mini-batches, or swap their dimensions."
)
MIXED = (
    "Answers of a row change when other rows of the mini-batch are replaced: the model mixes rows."
)
ONE_ROW = (
    "Answers of a row change when other rows of the mini-batch before are replaced: a row must "
    "begin from its own state, and begins from another row's."
)
