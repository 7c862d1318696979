"""What is known of a loop, and which checks mean something for a loop of its kind."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import nn

from hnviz.doctor.alignment import Alignment, overlaps
from hnviz.doctor.batch import Batch
from hnviz.doctor.report import Finding, skipped
from hnviz.doctor.seen import Answers, data_of, lie
from hnviz.doctor.targets import TELLS_SOFTMAX


@dataclass(frozen=True)
class LoopKind:
    """What is known of a loop; a field is None or empty where it was not seen."""

    data: Alignment  # of the targets that the loader gives
    n_classes: int | None = None  # that an answer chooses among
    n_ids: int | None = None  # that the model can read, if answers are words
    words: bool = False  # these are the words of the text that is read
    shifted: bool = False  # the targets are later tokens of that text
    overlaps: bool = False  # a row begins inside the row of the mini-batch before


def kind_of(answers: Answers | None, batches: Sequence[Batch], sizes: Sequence[int]) -> LoopKind:
    """Say what a loop is; `sizes` are the rows of the model's embeddings."""
    data, n_classes = data_of(answers, batches), None
    after = batches[1] if len(batches) > 1 else None
    lies = (data.kind, lie(answers, batches[0], after).kind)
    if answers is not None and answers.want.targets is not None:
        n_classes = answers.values.shape[answers.want.dim]
    words = n_classes in sizes or any(each in ("next", "same", "second") for each in lies)
    fitting = [size for size in sizes if n_classes is not None and size >= n_classes]
    return LoopKind(
        data,
        n_classes,
        min(fitting, default=n_classes) if words else None,
        words=words,
        shifted=any(each in ("next", "second") for each in lies),
        overlaps=overlaps(batches, data),
    )


def embeddings(model: nn.Module) -> tuple[int, ...]:
    """Return how many ids each embedding of a model knows."""
    each = (module for module in model.modules() if isinstance(module, nn.Embedding))
    return tuple(module.num_embeddings for module in each)


Need = tuple[Callable[[LoopKind], bool], str]
"""Whether a check means something, and why it does not where it does not."""

CLASSES = "the answers are not known to be words of the text that is read"
NEEDS: dict[str, tuple[Need, ...]] = {
    "softmax-twice": (
        (
            lambda kind: kind.n_classes != TELLS_SOFTMAX - 1,
            "of two classes, one softmax and two have gradients in the same proportions",
        ),
    ),
    "looks-ahead": (
        (lambda kind: kind.shifted, "the targets are not known to be later tokens of the text"),
    ),
    "rows-at-random": (
        (lambda kind: kind.words, CLASSES),
        (lambda kind: not kind.overlaps, "each row begins inside the row before"),
    ),
    "own-vocabulary": ((lambda kind: kind.words, CLASSES),),
}
"""What checks need to know of a loop; those that are not here mean something for all loops."""


def means(check: str, kind: LoopKind) -> bool:
    """Return whether a check means something for a loop."""
    return all(fits(kind) for fits, _ in NEEDS[check])


def not_looked_at(kind: LoopKind) -> Iterator[Finding]:
    """Say which checks mean nothing for a loop, and why."""
    for check, needs in NEEDS.items():
        why = [each for fits, each in needs if not fits(kind)]
        if why:
            yield skipped(check, f"{check}, because {why[0]}.")
