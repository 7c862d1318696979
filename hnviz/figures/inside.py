"""What is inside a run's accuracy and loss: its answers by kind of token, epoch by epoch."""

from typing import TYPE_CHECKING, Any

from hnviz.data import KINDS

if TYPE_CHECKING:
    from hnviz.runs import RunRecord

SHOWN = KINDS[:-1]  # xxbos, the one special token that is ever a target, has no bar
MOST_EPOCHS = 100  # of a longer run every n-th is drawn, and the last
MOST_COUNTED = 10  # snapshots whose counting is asked for


def epochs_by_kind(record: "RunRecord") -> dict[str, Any]:
    """Pack a run's epochs for the browser; empty lists for a run of before they were counted.

    "epochs", each {epoch, step, accuracy, loss, train, valid}, the two a list of [n, right, loss]
    for every kind of "kinds", the loss a sum; "special" counts answers without a bar, by split.
    """
    told = [epoch for epoch in record.epochs if epoch.train_kinds and epoch.valid_kinds]
    every = -(-len(told) // MOST_EPOCHS) or 1
    shown = told[::-every][::-1]  # the last one is always there
    none = (0, 0, 0.0)
    return {
        "kinds": list(SHOWN),
        "planned": record.config.epochs,
        "epochs": [
            {
                "epoch": epoch.epoch,
                "step": epoch.step,
                "accuracy": epoch.accuracy,
                "loss": epoch.valid_loss,
                "train": [_rounded(epoch.train_kinds.get(kind, none)) for kind in SHOWN],
                "valid": [_rounded(epoch.valid_kinds.get(kind, none)) for kind in SHOWN],
            }
            for epoch in shown
        ],
        "special": {
            "train": told[-1].train_kinds.get("special", none)[0] if told else 0,
            "valid": told[-1].valid_kinds.get("special", none)[0] if told else 0,
        },
    }


def _rounded(figures: tuple[int, int, float]) -> list[float]:
    n, right, loss = figures
    return [n, right, float(f"{loss:.6g}")]


def counted_steps(record: "RunRecord", *, live: bool) -> list[int]:
    """Choose the snapshots whose counting is worth a question: few, and the newest first.

    Those before the first step and at every n-th epoch's end, n from the planned epochs alone, so
    that a live run's stay; of a run that has ended the last one too.
    """
    every = -(-record.config.epochs // MOST_COUNTED)
    snapshots = set(record.snapshots)
    ends = [epoch.step for epoch in record.epochs if epoch.step in snapshots]
    chosen = {epoch.step for epoch in record.epochs if (epoch.epoch + 1) % every == 0} & snapshots
    chosen |= {0} & snapshots
    if not live:
        chosen |= set(ends[-1:])
    return sorted(chosen, reverse=True)
